/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/fragments.h"

#include <ctype.h>

#include "base/file.h"
#include "base/json.h"

enum { FRAGMENT_MAX_BYTES = 4 << 20 };

static const char suffix[] = ".config";
static const char prefix[] = "CONFIG_";
static const char not_set[] = " is not set";
static const char fact_mark[] = "# fact:";
static const char since_mark[] = "# since ";
static const char before_mark[] = "# before ";

/* Where the parser is, for messages. */
struct place {
	const char *path;
	int line;
	int since, before; /* of the line that is read: as in struct fragment_line */
};

static int mistake(struct err *err, const struct place *at, size_t column, const char *what)
{
	return err_set(err, ERR_INPUT, "%s:%d:%zu: %s", at->path, at->line, column + 1, what);
}

static size_t symbol_length(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

/* ---- values ---- */

static int check_string(const char *line, size_t start, const struct place *at, struct err *err)
{
	size_t i = start + 1;

	for (; line[i] && line[i] != '"'; i++) {
		if (line[i] == '\t')
			return mistake(err, at, i, "a control character");
		if (line[i] == '\\' && line[i + 1])
			i++;
	}
	if (!line[i])
		return mistake(err, at, start, "the string does not end: expected a closing \"");
	if (line[i + 1])
		return mistake(err, at, i + 1, "expected nothing after the string");
	return 0;
}

static int check_value(const char *line, size_t start, const struct place *at, struct err *err)
{
	const char *v = line + start;
	size_t digits;

	if (v[0] == '"')
		return check_string(line, start, at, err);
	if (v[0] && strchr("ymn", v[0]) && !v[1])
		return 0;
	if (v[0] == '0' && (v[1] == 'x' || v[1] == 'X')) {
		digits = strspn(v + 2, "0123456789abcdefABCDEF");
		if (digits && !v[2 + digits])
			return 0;
		return mistake(err, at, start + 2 + digits, "expected a hexadecimal digit");
	}
	digits = strspn(v + (v[0] == '-'), "0123456789") + (v[0] == '-');
	if (digits > (v[0] == '-') && !v[digits])
		return 0;
	return mistake(err, at, start, "expected y, m, n, a number or a \"string\"");
}

/* ---- facts ---- */

static int check_fact(const char *line, const struct place *at, char **fact, struct err *err)
{
	static const char *const verbs[] = { "exists", "absent", "readable", "unreadable",
					     "equals" };
	_cleanup_strv_ struct strv words = { 0 };
	const char *text = line + strlen(fact_mark);
	bool known = false;

	text += strspn(text, " \t");
	strv_split(&words, text, ' ');
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		known = known || str_eq(words.items[0], verbs[i]);
	if (!known)
		return mistake(err, at, (size_t)(text - line),
			       "expected exists, absent, readable, unreadable or equals");
	if (words.count < 2 || words.items[1][0] != '/')
		return mistake(err, at, (size_t)(text - line) + strlen(words.items[0]) + 1,
			       "expected a path in the guest");
	if (str_eq(words.items[0], "equals") ? words.count < 3 : words.count != 2)
		return mistake(
			err, at,
			(size_t)(text - line) + strlen(words.items[0]) + 2 + strlen(words.items[1]),
			str_eq(words.items[0], "equals") ? "expected the value after the path"
							 : "expected nothing after the path");
	*fact = xstrdup(text);
	return 0;
}

/* ---- lines ---- */

static void add_line(struct fragment_set *set, const char *symbol, size_t length, const char *value,
		     const struct place *at)
{
	struct fragment_line *l = vec_push(&set->lines, &set->line_count, &set->line_capacity);

	l->symbol = xstrndup(symbol, length);
	l->value = xstrdup(value);
	l->fragment = set->count - 1;
	l->line = at->line;
	l->since = at->since;
	l->before = at->before;
}

/* CONFIG_NAME=VALUE from `start` on. */
static int parse_setting(struct fragment_set *set, const char *line, size_t start,
			 const struct place *at, struct err *err)
{
	const char *symbol = line + start;
	size_t n = 0, equals;

	if (str_starts(symbol, prefix)) {
		symbol += strlen(prefix);
		n = symbol_length(symbol);
	}
	equals = start + strlen(prefix) + n;
	if (!n)
		return mistake(
			err, at, (size_t)(symbol - line),
			"expected CONFIG_NAME=value, \"# CONFIG_NAME is not set\" or a comment");
	if (line[equals] != '=')
		return mistake(err, at, equals, "expected = after the option's name");
	if (check_value(line, equals + 1, at, err) < 0)
		return -1;
	add_line(set, symbol, n, line + equals + 1, at);
	return 0;
}

/*
 * "# since 6.4: CONFIG_X=y", a comment to the kernel's own tools. `mark` is what it
 * begins with. One that names an option and is written in another way is a mistake, not
 * a comment: it would be lost.
 */
static int parse_condition(struct fragment_set *set, const char *line, const char *mark,
			   const struct place *at, struct err *err)
{
	struct place own = *at;
	size_t start = strlen(mark);
	int major, minor, length = 0;

	if (sscanf(line + start, "%3d.%3d:%n", &major, &minor, &length) != 2 || !length) {
		if (!strstr(line, prefix))
			return 0;
		return mistake(err, at, start,
			       "expected a version of Linux and a colon, such as 6.4:");
	}
	if (mark == since_mark)
		own.since = FRAGMENT_VERSION(major, minor);
	else
		own.before = FRAGMENT_VERSION(major, minor);
	start += (size_t)length;
	start += strspn(line + start, " ");
	return parse_setting(set, line, start, &own, err);
}

static int parse_comment(struct fragment_set *set, const char *line, const struct place *at,
			 struct err *err)
{
	const char *symbol;
	size_t n;

	if (str_starts(line, fact_mark)) {
		char *fact = NULL;

		if (check_fact(line, at, &fact, err) < 0)
			return -1;
		strv_add_take(&set->items[set->count - 1].facts, fact);
		return 0;
	}
	if (str_starts(line, since_mark))
		return parse_condition(set, line, since_mark, at, err);
	if (str_starts(line, before_mark))
		return parse_condition(set, line, before_mark, at, err);
	if (line[1] != ' ' || !str_starts(line + 2, prefix))
		return 0;
	symbol = line + 2 + strlen(prefix);
	n = symbol_length(symbol);
	/* "# CONFIG_X=y" and prose about an option are comments. */
	if (n && str_eq(symbol + n, not_set))
		add_line(set, symbol, n, "n", at);
	return 0;
}

static int parse(struct fragment_set *set, const char *path, const char *bytes, size_t length,
		 struct err *err)
{
	struct place at = { .path = path };
	const char *end = bytes + length;

	for (const char *p = bytes; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((newline ? newline : end) - p);
		_cleanup_free_ char *line = xstrndup(p, n);
		int result = 0;

		at.line++;
		if (strlen(line) != n)
			return mistake(err, &at, strlen(line), "a NUL byte: this is no text");
		while (n && strchr(" \t\r", line[n - 1]))
			line[--n] = '\0';
		for (size_t i = 0; i < n; i++)
			if ((unsigned char)line[i] < ' ' && line[i] != '\t')
				return mistake(err, &at, i, "a control character");
		if (line[0] == '#')
			result = parse_comment(set, line, &at, err);
		else if (n)
			result = parse_setting(set, line, 0, &at, err);
		if (result < 0)
			return -1;
		p = newline ? newline + 1 : end;
	}
	return 0;
}

/* ---- laying one over the other ---- */

static int compare_places(const struct fragment_line *x, const struct fragment_line *y)
{
	if (x->fragment != y->fragment)
		return x->fragment < y->fragment ? -1 : 1;
	return x->line - y->line;
}

static int compare_lines(const void *a, const void *b)
{
	const struct fragment_line *x = a, *y = b;
	int order = strcmp(x->symbol, y->symbol);

	if (order)
		return order;
	if (x->since != y->since)
		return x->since - y->since;
	if (x->before != y->before)
		return x->before - y->before;
	return compare_places(x, y);
}

static void replace_line(struct fragment_line *before, const struct fragment_line *l)
{
	free(before->symbol);
	free(before->value);
	*before = *l;
}

/* Keeps the last fragment's word on each symbol; one fragment must not say two things. */
static int override(struct fragment_set *set, struct err *err)
{
	size_t kept = 0;
	int result = 0;

	if (set->line_count)
		qsort(set->lines, set->line_count, sizeof(*set->lines), compare_lines);
	for (size_t i = 0; i < set->line_count; i++) {
		struct fragment_line *l = &set->lines[i];
		struct fragment_line *before = kept ? &set->lines[kept - 1] : NULL;
		bool same = before && str_eq(before->symbol, l->symbol);
		bool same_span = same && before->since == l->since && before->before == l->before;

		/* Of other versions: which of them holds is not known yet, so neither promises. */
		if (same && !str_eq(before->value, l->value)) {
			set->items[before->fragment].overridden = true;
			if (!same_span && before->fragment != l->fragment)
				set->items[l->fragment].overridden = true;
			if (same_span && before->fragment == l->fragment)
				result = err_set(err, ERR_INPUT,
						 "%s:%d:1: CONFIG_%s is %s already in line %d",
						 set->items[l->fragment].path, l->line, l->symbol,
						 before->value, before->line);
		}
		if (same_span)
			replace_line(before, l);
		else
			set->lines[kept++] = *l;
	}
	set->line_count = kept;
	return result;
}

bool fragments_need_version(const struct fragment_set *set)
{
	for (size_t i = 0; i < set->line_count; i++)
		if (set->lines[i].since || set->lines[i].before)
			return true;
	return false;
}

/* Says that a line is not asked for, and forgets it. */
static void leave_out(const struct fragment_set *set, struct fragment_line *l,
		      struct strv *left_out)
{
	_cleanup_free_ char *origin = fragments_origin(set, l);
	int version = l->since ? l->since : l->before;

	strv_addf(left_out, "%s %s=%s (%s %d.%d)", origin, l->symbol, l->value,
		  l->since ? "since" : "before", version / 1000, version % 1000);
	free(l->symbol);
	free(l->value);
}

void fragments_for_version(struct fragment_set *set, int version, struct strv *left_out)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->line_count; i++) {
		struct fragment_line *l = &set->lines[i];
		struct fragment_line *before = kept ? &set->lines[kept - 1] : NULL;

		if (l->since > version || (l->before && l->before <= version)) {
			leave_out(set, l, left_out);
		} else if (!before || !str_eq(before->symbol, l->symbol)) {
			set->lines[kept++] = *l;
		} else if (compare_places(before, l) < 0) {
			replace_line(before, l);
		} else {
			free(l->symbol);
			free(l->value);
		}
	}
	set->line_count = kept;
}

int fragments_add(struct fragment_set *set, const char *name, const char *path, const char *bytes,
		  size_t length, struct err *err)
{
	struct fragment *f = vec_push(&set->items, &set->count, &set->capacity);

	f->name = xstrdup(name);
	f->path = xstrdup(path);
	hash_bytes(bytes, length, f->sha256);
	if (parse(set, path, bytes, length, err) < 0)
		return -1;
	return override(set, err);
}

static int unknown_fragment(const char *name, const char *dir, struct err *err)
{
	_cleanup_strv_ struct strv files = { 0 };
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_free_ char *all = NULL;
	const char *near;

	if (file_list_dir(dir, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.count; i++)
		if (str_ends(files.items[i], suffix))
			strv_add_take(&names, xstrndup(files.items[i],
						       strlen(files.items[i]) - strlen(suffix)));
	near = str_nearest(name, (const char *const *)names.items, names.count);
	all = strv_join(&names, ", ");
	if (near)
		return err_set(err, ERR_INPUT,
			       "no fragment \"%s\": did you mean %s? (there are %s)", name, near,
			       all);
	return err_set(err, ERR_INPUT, "no fragment \"%s\": there are %s, or give a path", name,
		       all);
}

int fragments_read(struct fragment_set *set, const struct strv *names, const char *data_dir,
		   struct err *err)
{
	_cleanup_free_ char *dir = path_join(data_dir, "kconfigs");

	*set = (struct fragment_set){ 0 };
	for (size_t i = 0; i < names->count; i++) {
		const char *name = names->items[i];
		_cleanup_free_ char *file = xasprintf("%s%s", name, suffix);
		_cleanup_free_ char *path = path_join(dir, file);
		_cleanup_free_ char *bytes = NULL;
		size_t length = 0;
		int result = -1;

		/* Ours first, so that a file called "base" in the current folder is no surprise. */
		if (strchr(name, '/') || !path_exists(path)) {
			free(path);
			path = xstrdup(name);
		}
		if (!path_exists(path))
			unknown_fragment(name, dir, err);
		else
			bytes = file_read(path, FRAGMENT_MAX_BYTES, &length, err);
		if (bytes)
			result = fragments_add(set, name, path, bytes, length, err);
		else if (err && err->kind == ERR_HOST)
			err->kind = ERR_INPUT; /* a path the user gave */
		if (result < 0) {
			fragments_clear(set);
			return -1;
		}
	}
	return 0;
}

void fragments_clear(struct fragment_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		free(set->items[i].name);
		free(set->items[i].path);
		strv_clear(&set->items[i].facts);
	}
	for (size_t i = 0; i < set->line_count; i++) {
		free(set->lines[i].symbol);
		free(set->lines[i].value);
	}
	free(set->items);
	free(set->lines);
	*set = (struct fragment_set){ 0 };
}

char *fragments_text(const struct fragment_set *set)
{
	struct strbuf sb = { 0 };

	for (size_t i = 0; i < set->line_count; i++) {
		const struct fragment_line *l = &set->lines[i];

		if (str_eq(l->value, "n"))
			strbuf_addf(&sb, "# CONFIG_%s is not set\n", l->symbol);
		else
			strbuf_addf(&sb, "CONFIG_%s=%s\n", l->symbol, l->value);
	}
	return strbuf_take(&sb);
}

char *fragments_origin(const struct fragment_set *set, const struct fragment_line *line)
{
	return xasprintf("%s:%d", set->items[line->fragment].name, line->line);
}

void fragments_facts(const struct fragment_set *set, struct strv *facts)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct fragment *f = &set->items[i];

		for (size_t j = 0; !f->overridden && j < f->facts.count; j++)
			if (!strv_has(facts, f->facts.items[j]))
				strv_add(facts, f->facts.items[j]);
	}
}

json_t *fragments_json(const struct fragment_set *set)
{
	json_t *array = json_array();

	for (size_t i = 0; i < set->count; i++) {
		json_t *j = json_object();

		json_set_str(j, "name", set->items[i].name);
		json_set_str(j, "sha256", set->items[i].sha256);
		json_object_set_new(j, "asked", json_object());
		json_array_append_new(array, j);
	}
	for (size_t i = 0; i < set->line_count; i++) {
		const struct fragment_line *l = &set->lines[i];

		json_set_str(json_object_get(json_array_get(array, l->fragment), "asked"),
			     l->symbol, l->value);
	}
	return array;
}
