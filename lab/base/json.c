/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/json.h"

#include "base/file.h"

json_t *json_read_file(const char *path, size_t max_bytes, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t length;
	json_error_t where;
	json_t *value;

	text = file_read(path, max_bytes, &length, err);
	if (!text)
		return NULL;
	value = json_loadb(text, length, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES,
			   &where);
	if (!value)
		err_set(err, ERR_INPUT, "%s:%d:%d: %s", path, where.line, where.column, where.text);
	return value;
}

static int json_into_strbuf(const char *bytes, size_t length, void *arg)
{
	strbuf_add(arg, bytes, length);
	return 0;
}

typedef int (*write_fn)(const char *path, const void *bytes, size_t length, struct err *err);

static int write_by(write_fn write, const char *path, const json_t *value, struct err *err)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	if (json_dump_callback(value, json_into_strbuf, &text, JSON_INDENT(1) | JSON_ENCODE_ANY) <
	    0)
		return err_set(err, ERR_HOST, "%s: a value cannot be written as JSON", path);
	strbuf_addc(&text, '\n');
	return write(path, text.data, text.length, err);
}

int json_write_file(const char *path, const json_t *value, struct err *err)
{
	return write_by(file_write_atomic, path, value, err);
}

int json_write_file_synced(const char *path, const json_t *value, struct err *err)
{
	return write_by(file_write_synced, path, value, err);
}

const char *json_get_str(const json_t *object, const char *key, const char *otherwise)
{
	const json_t *v = json_object_get(object, key);

	return json_is_string(v) ? json_string_value(v) : otherwise;
}

int64_t json_get_int(const json_t *object, const char *key, int64_t otherwise)
{
	const json_t *v = json_object_get(object, key);

	return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

double json_get_num(const json_t *object, const char *key, double otherwise)
{
	const json_t *v = json_object_get(object, key);

	return json_is_number(v) ? json_number_value(v) : otherwise;
}

bool json_get_bool(const json_t *object, const char *key, bool otherwise)
{
	const json_t *v = json_object_get(object, key);

	return json_is_boolean(v) ? json_is_true(v) : otherwise;
}

json_t *json_get_array(const json_t *object, const char *key)
{
	json_t *v = json_object_get(object, key);

	return json_is_array(v) ? v : NULL;
}

json_t *json_get_object(const json_t *object, const char *key)
{
	json_t *v = json_object_get(object, key);

	return json_is_object(v) ? v : NULL;
}

/*
 * Length of the UTF-8 sequence at s (RFC 3629: nothing overlong, no surrogates,
 * at most U+10FFFF), 0 when there is none.
 */
static size_t utf8_sequence(const unsigned char *s, size_t room)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t length;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		length = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		length = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		length = 4;
	else
		return 0;
	if (room < length)
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

/* New reference; each byte that belongs to no UTF-8 sequence is one U+FFFD. */
static json_t *json_clean_string(const char *value, size_t length)
{
	_cleanup_strbuf_ struct strbuf clean = { 0 };
	json_t *string = json_stringn(value, length);

	if (string)
		return string;
	for (size_t i = 0; i < length;) {
		size_t n = utf8_sequence((const unsigned char *)value + i, length - i);

		if (n)
			strbuf_add(&clean, value + i, n);
		else
			strbuf_adds(&clean, "\xef\xbf\xbd");
		i += n ? n : 1;
	}
	return json_stringn(clean.data, clean.length);
}

void json_set_strn(json_t *object, const char *key, const char *value, size_t length)
{
	if (value)
		json_object_set_new(object, key, json_clean_string(value, length));
}

void json_set_str(json_t *object, const char *key, const char *value)
{
	if (value)
		json_set_strn(object, key, value, strlen(value));
}

void json_set_int(json_t *object, const char *key, int64_t value)
{
	json_object_set_new(object, key, json_integer(value));
}

void json_set_bool(json_t *object, const char *key, bool value)
{
	json_object_set_new(object, key, json_boolean(value));
}

json_t *json_strv(const struct strv *v)
{
	json_t *array = json_array();

	for (size_t i = 0; i < v->count; i++)
		json_array_append_new(array, json_clean_string(v->items[i], strlen(v->items[i])));
	return array;
}

void json_to_strv(const json_t *array, struct strv *v)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *s = json_string_value(json_array_get(array, i));

		if (s)
			strv_add(v, s);
	}
}
