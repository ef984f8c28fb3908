/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel's list of functions that may be made to fail, with the values that each may
 * return then: what ALLOW_ERROR_INJECTION(function, TYPE) left in its vmlinux.
 *
 * The numbers of the types are not the same in every kernel: EI_ETYPE_NONE, the first
 * one, was taken out in Linux 6.3. But system calls have always been of the type ERRNO,
 * so their entries tell what that is here. A list without them tells nothing.
 */
#ifndef KLAB_SYMBOLS_ERROR_LIST_H
#define KLAB_SYMBOLS_ERROR_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum error_type {
	ERROR_TYPE_UNKNOWN, /* not listed, or nobody can tell before the boot */
	ERROR_TYPE_NULL,
	ERROR_TYPE_ERRNO,
	ERROR_TYPE_ERRNO_NULL,
	ERROR_TYPE_TRUE,
};

struct error_list;

/*
 * Of a vmlinux (an ELF file; not the compressed one of the store). Yours:
 * error_list_free(). ERR_INPUT when it is none, or has no symbols.
 */
struct error_list *error_list_read(const char *vmlinux_path, struct err *err);
void error_list_free(struct error_list *list); /* NULL-safe */

/* Of a function by any of its names. */
enum error_type error_list_type(const struct error_list *list, const char *function);

/* Would the kernel take the value as it is (adjust_error_retval() of kernel/fail_function.c)? */
bool error_type_takes(enum error_type type, int64_t value);
/* Which values these are, for people: "0 (NULL)". */
const char *error_type_values(enum error_type type);

#endif
