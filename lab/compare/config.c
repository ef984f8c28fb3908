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

json_t *compare_config(const struct compare_sides *c)
{
	json_t *configs[COMPARE_MAX_SIDES], *out = json_array();
	_cleanup_strv_ struct strv names = { 0 };

	for (size_t s = 0; s < c->count; s++)
		configs[s] = config_parse(c->sides[s].runs[0].config);
	all_symbols(configs, c->count, &names);
	for (size_t i = 0; i < names.count; i++) {
		json_t *first = json_object_get(configs[0], names.items[i]);
		bool same = true;
		json_t *row, *values;

		for (size_t s = 1; s < c->count && same; s++) {
			json_t *other = json_object_get(configs[s], names.items[i]);

			same = (!first && !other) || json_equal(first, other);
		}
		if (same)
			continue;
		row = json_object();
		values = compare_row(c->count);
		for (size_t s = 0; s < c->count; s++)
			if (json_object_get(configs[s], names.items[i]))
				json_array_set(values, s,
					       json_object_get(configs[s], names.items[i]));
		json_set_str(row, "symbol", names.items[i]);
		json_object_set_new(row, "sides", values);
		json_array_append_new(out, row);
	}
	for (size_t s = 0; s < c->count; s++)
		json_decref(configs[s]);
	return out;
}
