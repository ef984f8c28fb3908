/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/config-diff.h"

#include "base/file.h"
#include "base/json.h"
#include "build/build.h"

enum { CONFIG_MAX_BYTES = 16 << 20 };

static int compare_values(const void *a, const void *b)
{
	return strcmp(((const struct config_value *)a)->symbol,
		      ((const struct config_value *)b)->symbol);
}

static void parse_line(struct config_values *v, const char *line, size_t length)
{
	static const char not_set[] = " is not set";
	bool off = length > 2 && line[0] == '#' && line[1] == ' ';
	const char *name = line + (off ? 2 : 0);
	const char *end = line + length;
	const char *stop;
	struct config_value *item;

	if (!str_starts(name, "CONFIG_"))
		return;
	name += strlen("CONFIG_");
	stop = memchr(name, off ? ' ' : '=', (size_t)(end - name));
	if (!stop || (off && ((size_t)(end - stop) != strlen(not_set) ||
			      memcmp(stop, not_set, strlen(not_set)) != 0)))
		return;
	item = vec_push(&v->items, &v->count, &v->capacity);
	item->symbol = xstrndup(name, (size_t)(stop - name));
	item->value = off ? xstrdup("n") : xstrndup(stop + 1, (size_t)(end - stop - 1));
}

void config_parse(struct config_values *v, const char *text)
{
	*v = (struct config_values){ 0 };
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");

		parse_line(v, line, n);
		line += n + (line[n] == '\n');
	}
	if (v->count)
		qsort(v->items, v->count, sizeof(*v->items), compare_values);
}

void config_values_clear(struct config_values *v)
{
	for (size_t i = 0; i < v->count; i++) {
		free(v->items[i].symbol);
		free(v->items[i].value);
	}
	free(v->items);
	*v = (struct config_values){ 0 };
}

const char *config_value(const struct config_values *v, const char *symbol)
{
	struct config_value key = { .symbol = (char *)(uintptr_t)symbol };
	const struct config_value *found =
		v->count ? bsearch(&key, v->items, v->count, sizeof(key), compare_values) : NULL;

	return found ? found->value : NULL;
}

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "n", b ? b : "n") == 0;
}

void config_changed(const char *before, const char *after, struct strv *symbols)
{
	struct config_values a, b;

	config_parse(&a, before);
	config_parse(&b, after);
	for (size_t i = 0; i < a.count; i++)
		if (!same(a.items[i].value, config_value(&b, a.items[i].symbol)))
			strv_add(symbols, a.items[i].symbol);
	for (size_t i = 0; i < b.count; i++)
		if (!config_value(&a, b.items[i].symbol) && !same(b.items[i].value, NULL))
			strv_add(symbols, b.items[i].symbol);
	strv_sort(symbols);
	config_values_clear(&a);
	config_values_clear(&b);
}

/* ---- for the comparison of runs ---- */

static json_t *diff_all(const struct config_values *sides, size_t count)
{
	_cleanup_strv_ struct strv symbols = { 0 };
	json_t *array = json_array();

	for (size_t s = 0; s < count; s++)
		for (size_t i = 0; i < sides[s].count; i++)
			strv_add(&symbols, sides[s].items[i].symbol);
	strv_sort(&symbols);
	for (size_t i = 0; i < symbols.count; i++) {
		const char *first = config_value(&sides[0], symbols.items[i]);
		bool differs = false;
		json_t *values;

		if (i && str_eq(symbols.items[i], symbols.items[i - 1]))
			continue;
		for (size_t s = 1; s < count; s++) {
			const char *other = config_value(&sides[s], symbols.items[i]);

			differs =
				differs || !first != !other || (first && strcmp(first, other) != 0);
		}
		if (!differs)
			continue;
		values = json_array();
		for (size_t s = 0; s < count; s++) {
			const char *value = config_value(&sides[s], symbols.items[i]);

			json_array_append_new(values, value ? json_string(value) : json_null());
		}
		json_array_append_new(array, json_pack("{s:s, s:o}", "symbol", symbols.items[i],
						       "sides", values));
	}
	return array;
}

json_t *build_config_diff(const char *const *config_paths, size_t count, struct err *err)
{
	struct config_values *sides = xcalloc(count + 1, sizeof(*sides));
	json_t *diff = NULL;
	size_t read = 0;

	for (; read < count; read++) {
		size_t length = 0;
		_cleanup_free_ char *text =
			file_read(config_paths[read], CONFIG_MAX_BYTES, &length, err);

		if (!text)
			break;
		config_parse(&sides[read], text);
	}
	if (read == count)
		diff = count ? diff_all(sides, count) : json_array();
	for (size_t i = 0; i < read; i++)
		config_values_clear(&sides[i]);
	free(sides);
	return diff;
}
