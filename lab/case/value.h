/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a YAML node to a value of the wanted type. Every function returns false
 * after it has told what is wrong and what was expected; `what` is the name of
 * the key or argument, for the message.
 */
#ifndef KLAB_CASE_VALUE_H
#define KLAB_CASE_VALUE_H

#include <stdint.h>

#include "case/mistakes.h"
#include "case/yaml.h"

#define VALUE_MAX_TEXT	      4096	   /* bytes of any text but a script */
#define VALUE_MAX_SCRIPT      (256 * 1024) /* bytes */
#define VALUE_MAX_NAME	      31
#define VALUE_MAX_DURATION_MS (7ULL * 24 * 3600 * 1000)

/* A scalar that is not empty and not longer than max_bytes. */
bool value_text(struct mistakes *m, const struct yaml_node *n, const char *what, size_t max_bytes,
		const char *expected);
bool value_i64(struct mistakes *m, const struct yaml_node *n, const char *what, int64_t min,
	       int64_t max, int64_t *out);
/* A number, or a size such as 40M. */
bool value_number(struct mistakes *m, const struct yaml_node *n, const char *what, int64_t *out);
/* multiple_of 0: any. */
bool value_size(struct mistakes *m, const struct yaml_node *n, const char *what, uint64_t min,
		uint64_t max, uint64_t multiple_of, uint64_t *out);
bool value_duration(struct mistakes *m, const struct yaml_node *n, const char *what,
		    uint64_t min_ms, uint64_t *out_ms);
/* "0.1%": parts per million, at most 100%. */
bool value_ppm(struct mistakes *m, const struct yaml_node *n, const char *what, int64_t *out);
bool value_bool(struct mistakes *m, const struct yaml_node *n, const char *what, bool *out);
/* A network interface: at most 15 characters, none of them a blank, `/` or `:`. */
bool value_interface(struct mistakes *m, const struct yaml_node *n, const char *what);
/* An IPv4 address; with `prefix` "10.0.0.1/24". */
bool value_address(struct mistakes *m, const struct yaml_node *n, const char *what, bool prefix);
/* A name that a symbol of the kernel can have. */
bool value_function(struct mistakes *m, const struct yaml_node *n, const char *what);
/* Letters, digits, '-' and '_', at most VALUE_MAX_NAME. */
bool value_name(struct mistakes *m, const struct yaml_node *n, const char *what);
/* A version of Linux: 6.6 or 6.6.57, as of kernel-version.h. */
bool value_version(struct mistakes *m, const struct yaml_node *n, const char *what, int *out);
/* SIGKILL, KILL or 9. */
bool value_signal(struct mistakes *m, const struct yaml_node *n, const char *what, int *out);
/*
 * An error: EINVAL or 22. With `any`, what a function returns: -EINVAL, or any
 * number, for those that do not return an error.
 */
bool value_errno(struct mistakes *m, const struct yaml_node *n, const char *what, bool any,
		 int64_t *out);
/* A list of texts, or one text alone; appends them. Wrong ones are told and left out. */
bool value_words(struct mistakes *m, const struct yaml_node *n, const char *what, struct strv *out);

/* "16M" where it comes out even, else bytes. Yours. */
char *value_format_size(uint64_t bytes);

/* Number of a signal by its name, with or without SIG; 0 when there is none such. */
int signal_number(const char *name);
/* Number of an error by its name, EINVAL; 0 when there is none such. */
int errno_number(const char *name);

#endif
