/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of the report parser share. */
#ifndef KLAB_TESTS_REPORT_WORLD_H
#define KLAB_TESTS_REPORT_WORLD_H

#include <jansson.h>

#include "base/str.h"

extern const char oops[];	/* a whole one, of x86, in the log's first second */

json_t *parse_text(const char *text);	/* new reference */
/* The text's lines, each `times` in a row, in the second `at` instead of the one they have. */
void add_at(struct strbuf *log, unsigned at, const char *text, unsigned times);
/*
 * Everything `want` says must hold of `got`; what it does not name is free; null:
 * must not be there.
 */
void assert_holds(const char *where, const json_t *want, const json_t *got);

#endif
