/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The few things we add to jansson: errors with file:line:column, atomic writing, safe getters. */
#ifndef KLAB_BASE_JSON_H
#define KLAB_BASE_JSON_H

#include <jansson.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

static inline void json_decref_p(json_t **j)
{
	json_decref(*j);
}
#define _cleanup_json_ _cleanup_(json_decref_p)

/*
 * Reads one JSON value from a file of at most max_bytes. New reference; NULL on
 * error: ERR_INPUT when its text is wrong, ERR_HOST when it cannot be read.
 */
json_t *json_read_file(const char *path, size_t max_bytes, struct err *err);
/* Writes by rename, indented by one, keys in order of insertion, newline at the end. */
int json_write_file(const char *path, const json_t *value, struct err *err);

/* The same, and on the disk when it returns 0. */
int json_write_file_synced(const char *path, const json_t *value, struct err *err);

/* Getters that never fail: the default where the key is missing or of another type. Borrowed. */
const char *json_get_str(const json_t *object, const char *key, const char *otherwise);
int64_t json_get_int(const json_t *object, const char *key, int64_t otherwise);
double json_get_num(const json_t *object, const char *key, double otherwise);
bool json_get_bool(const json_t *object, const char *key, bool otherwise);
json_t *json_get_array(const json_t *object, const char *key);	/* NULL if none */
json_t *json_get_object(const json_t *object, const char *key);	/* NULL if none */

/* Sets a string; each byte that is no UTF-8 becomes U+FFFD, so that output is always valid JSON. NULL: not set. */
void json_set_str(json_t *object, const char *key, const char *value);
void json_set_strn(json_t *object, const char *key, const char *value, size_t length);
void json_set_int(json_t *object, const char *key, int64_t value);
void json_set_bool(json_t *object, const char *key, bool value);
json_t *json_strv(const struct strv *v);			/* new reference */
void json_to_strv(const json_t *array, struct strv *v);		/* appends its strings */

#endif
