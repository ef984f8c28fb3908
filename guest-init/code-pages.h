/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file of code, a function a page, so that a task can have text on a disk of
 * the case: each call may be a page fault in a file mapping.
 */
#ifndef GUEST_CODE_PAGES_H
#define GUEST_CODE_PAGES_H

#include <stdint.h>

struct code_pages {
	char *base; /* NULL: none */
	uint64_t count;
};

/*
 * Writes `count` functions into a file or device, drops them from the page cache
 * and maps them. 0, or an errno: ENOSYS on a processor whose code is not known here.
 */
int code_pages_map(struct code_pages *code, const char *path, uint64_t count);
/* Calls the function of a page, by its number modulo the count; what it returns is its number. */
uint32_t code_pages_call(const struct code_pages *code, uint64_t number);

#endif
