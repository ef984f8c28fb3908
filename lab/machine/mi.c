// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/mi.h"

#include <ctype.h>

#include "base/json.h"
#include "base/str.h"

enum { MI_MAX_DEPTH = 16 };

struct mi_reader {
	const char *at, *end;
	int depth;
};

static bool is_next(const struct mi_reader *r, char c)
{
	return r->at < r->end && *r->at == c;
}

static bool take(struct mi_reader *r, char c)
{
	if (!is_next(r, c))
		return false;
	r->at++;
	return true;
}

/* A name: letters, digits, '-' and '_'; at least one of them. */
static size_t name_length(const struct mi_reader *r)
{
	const char *p = r->at;

	while (p < r->end && (isalnum((unsigned char)*p) || *p == '-' || *p == '_'))
		p++;
	return (size_t)(p - r->at);
}

/* Up to three octal digits after a backslash. */
static char take_octal(struct mi_reader *r)
{
	int value = 0;

	for (int i = 0; i < 3 && r->at < r->end && *r->at >= '0' && *r->at <= '7'; i++)
		value = value * 8 + (*r->at++ - '0');
	return (char)value;
}

static char take_escape(struct mi_reader *r)
{
	static const char letters[] = "abefnrtv";
	static const char meant[] = "\a\b\033\f\n\r\t\v";
	const char *found;

	if (*r->at >= '0' && *r->at <= '7')
		return take_octal(r);
	found = memchr(letters, *r->at, sizeof(letters) - 1);
	r->at++;
	return found ? meant[found - letters] : r->at[-1];
}

/* A C string; false when it has no end. */
static bool take_string(struct mi_reader *r, struct strbuf *out)
{
	if (!take(r, '"'))
		return false;
	while (r->at < r->end) {
		char c = *r->at++;

		if (c == '"')
			return true;
		if (c == '\\') {
			if (r->at == r->end)
				return false;
			c = take_escape(r);
		}
		strbuf_addc(out, c);
	}
	return false;
}

static json_t *take_value(struct mi_reader *r);

/* name=value into an object. */
static bool take_result(struct mi_reader *r, json_t *object)
{
	size_t length = name_length(r);
	_cleanup_free_ char *name = xstrndup(r->at, length);
	json_t *value;

	r->at += length;
	if (!length || !take(r, '='))
		return false;
	value = take_value(r);
	return value && json_object_set_new(object, name, value) == 0;
}

static json_t *take_tuple(struct mi_reader *r)
{
	_cleanup_json_ json_t *object = json_object();

	if (take(r, '}'))
		return json_incref(object);
	do {
		if (!take_result(r, object))
			return NULL;
	} while (take(r, ','));
	return take(r, '}') ? json_incref(object) : NULL;
}

/* [value,...] or [name=value,...]: of the latter the names, all alike, are left out. */
static json_t *take_list(struct mi_reader *r)
{
	_cleanup_json_ json_t *array = json_array();

	if (take(r, ']'))
		return json_incref(array);
	do {
		size_t length = name_length(r);
		json_t *value;

		r->at += length;
		if (length && !take(r, '='))
			return NULL;
		value = take_value(r);
		if (!value || json_array_append_new(array, value) < 0)
			return NULL;
	} while (take(r, ','));
	return take(r, ']') ? json_incref(array) : NULL;
}

static json_t *take_const(struct mi_reader *r)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	_cleanup_json_ json_t *holder = json_object();

	if (!take_string(r, &text))
		return NULL;
	json_set_strn(holder, "v", text.data ? text.data : "", text.length);
	return json_incref(json_object_get(holder, "v"));
}

static json_t *take_value(struct mi_reader *r)
{
	json_t *value;

	if (r->depth >= MI_MAX_DEPTH)
		return NULL;
	r->depth++;
	if (take(r, '{'))
		value = take_tuple(r);
	else if (take(r, '['))
		value = take_list(r);
	else
		value = take_const(r);
	r->depth--;
	return value;
}

/* After the sign: the word, and what it has with it. */
static bool take_record(struct mi_reader *r, struct mi_record *out)
{
	size_t length = name_length(r);

	if (!length || length >= sizeof(out->word))
		return false;
	memcpy(out->word, r->at, length);
	out->word[length] = '\0';
	r->at += length;
	while (take(r, ','))
		if (!take_result(r, out->results))
			return false;
	return r->at == r->end;
}

static bool take_line(struct mi_reader *r, struct mi_record *out)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	/* gdb ends the prompt with a blank. */
	if (r->end - r->at >= 5 && memcmp(r->at, "(gdb)", 5) == 0) {
		out->kind = MI_PROMPT;
		return r->end - r->at == 5 || (r->end - r->at == 6 && r->at[5] == ' ');
	}
	while (r->at < r->end && isdigit((unsigned char)*r->at))
		r->at++; /* a token: we give none */
	if (take(r, '^')) {
		out->kind = MI_RESULT;
		return take_record(r, out);
	}
	if (take(r, '*') || take(r, '+') || take(r, '=')) {
		out->kind = MI_ASYNC;
		return take_record(r, out);
	}
	out->kind = MI_STREAM;
	return (take(r, '~') || take(r, '@') || take(r, '&')) && take_string(r, &text) &&
	       r->at == r->end;
}

bool mi_parse(struct mi_record *r, const char *line, size_t length)
{
	struct mi_reader reader = { line, line + length, 0 };

	*r = (struct mi_record){ .results = json_object() };
	if (length && line[length - 1] == '\r')
		reader.end--;
	if (take_line(&reader, r))
		return true;
	mi_record_clear(r);
	return false;
}

void mi_record_clear(struct mi_record *r)
{
	if (!r)
		return;
	json_decref(r->results);
	*r = (struct mi_record){ 0 };
}

void mi_quote(struct strbuf *out, const char *text)
{
	strbuf_addc(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			strbuf_addc(out, '\\');
		strbuf_addc(out, *text);
	}
	strbuf_addc(out, '"');
}
