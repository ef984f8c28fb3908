/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A folder of its own for each test, gone after it. Its path is the test's
 * *state. Brings cmocka and what that needs.
 */
#ifndef KLAB_TESTS_SCRATCH_H
#define KLAB_TESTS_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "base/str.h"

int scratch_setup(void **state);
int scratch_teardown(void **state);
#define scratch_test(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

/* Path of a name in the test's folder. Yours. */
char *scratch_path(void **state, const char *name);
/* Writes text to a name in the test's folder; fails the test when it cannot. */
void scratch_write(void **state, const char *name, const char *text);
/* The file's text, yours; fails the test when it cannot be read. */
char *scratch_read(void **state, const char *name);
/* Names in the test's folder, sorted, a blank between them. Yours. */
char *scratch_list(void **state);

/* Whether the process ends (or has ended) within the time. */
bool process_ends_within(pid_t pid, uint64_t timeout_ms);

#endif
