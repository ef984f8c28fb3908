// SPDX-License-Identifier: GPL-2.0-or-later
/* Resolved .config files: which symbols have not the same value everywhere. */
#include <stdlib.h>

#include "base/json.h"
#include "compare/compare-internal.h"

#define NOT_SET " is not set"

/* {symbol: value} of a resolved .config; "n" where it says "is not set". New reference. */
static json_t *config_parse(const char *text)
{
	json_t *out = json_object();

	for (const char *p = text; p && *p;) {
		size_t n = strcspn(p, "\n");
		_cleanup_free_ char *line = xstrndup(p, n);
		char *equals = strchr(line, '=');

		if (str_starts(line, "CONFIG_") && equals) {
			*equals = '\0';
			json_set_str(out, line + strlen("CONFIG_"), equals + 1);
		} else if (str_starts(line, "# CONFIG_") && str_ends(line, NOT_SET)) {
			line[n - strlen(NOT_SET)] = '\0';
			json_set_str(out, line + strlen("# CONFIG_"), "n");
		}
		p += n + (p[n] == '\n');
	}
	return out;
}

/* All symbols of all sides, sorted. */
static void all_symbols(json_t *const *configs, size_t count, struct strv *names)
{
	_cleanup_json_ json_t *all = json_object();
	const char *symbol;
	json_t *value;

	for (size_t s = 0; s < count; s++)
		json_object_update(all, configs[s]);
	json_object_foreach (all, symbol, value)
		strv_add(names, symbol);
	strv_sort(names);
}

/* {symbol: value}: what the fragments of a side's kernel ask for; NULL: nobody can say. New
 * reference. */
static json_t *asked_of(const struct compare_side *side)
{
	const json_t *fragments = json_object_get(side->runs[0].kernel, "fragments");
	json_t *all, *fragment;
	size_t i;

	if (!json_array_size(fragments))
		return NULL;
	all = json_object();
	json_array_foreach (fragments, i, fragment) {
		json_t *asked = json_object_get(fragment, "asked");

		if (!json_is_object(asked) || json_object_update(all, asked) < 0) {
			json_decref(all);
			return NULL;
		}
	}
	return all;
}

static bool same_on_all(json_t *const *objects, size_t count, const char *key)
{
	const json_t *first = json_object_get(objects[0], key);

	for (size_t s = 1; s < count; s++) {
		const json_t *other = json_object_get(objects[s], key);

		if ((first || other) && !json_equal(first, other))
			return false;
	}
	return true;
}

/* A value a side, null where there is none. New reference. */
static json_t *values_of(json_t *const *objects, size_t count, const char *key)
{
	json_t *values = compare_row(count);

	for (size_t s = 0; s < count; s++)
		if (json_object_get(objects[s], key))
			json_array_set(values, s, json_object_get(objects[s], key));
	return values;
}

static json_t *config_row(json_t *const *configs, json_t *const *asked, bool asked_known,
			  size_t count, const char *symbol)
{
	json_t *row = json_object();

	json_set_str(row, "symbol", symbol);
	json_object_set_new(row, "sides", values_of(configs, count, symbol));
	if (asked_known) {
		json_object_set_new(row, "asked", values_of(asked, count, symbol));
		json_set_bool(row, "dragged", same_on_all(asked, count, symbol));
	}
	return row;
}

json_t *compare_config(const struct compare_sides *c)
{
	json_t *configs[COMPARE_MAX_SIDES], *asked[COMPARE_MAX_SIDES], *out = json_array();
	_cleanup_strv_ struct strv names = { 0 };
	bool asked_known = true;

	for (size_t s = 0; s < c->count; s++) {
		configs[s] = config_parse(c->sides[s].runs[0].config);
		asked[s] = asked_of(&c->sides[s]);
		asked_known = asked_known && asked[s];
	}
	all_symbols(configs, c->count, &names);
	for (size_t i = 0; i < names.count; i++)
		if (!same_on_all(configs, c->count, names.items[i]))
			json_array_append_new(out, config_row(configs, asked, asked_known, c->count,
							      names.items[i]));
	for (size_t s = 0; s < c->count; s++) {
		json_decref(configs[s]);
		json_decref(asked[s]);
	}
	return out;
}
