// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbols/system-map.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/str.h"

#define MAP_MAX_BYTES  (64u << 20)
#define LIST_ENTRY     "_eil_addr_"
#define FUNCTION_TYPES "tTwW" /* as of nm: text, and what another file may define anew */

static int by_address_and_name(const void *a, const void *b)
{
	const struct system_map_function *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_name(struct system_map_names *names, const char *name)
{
	*vec_push(&names->items, &names->count, &names->capacity) = name;
}

static void sort_names(struct system_map_names *names)
{
	if (names->count)
		qsort(names->items, names->count, sizeof(*names->items), by_name);
}

/* "ffffffff81000000 T NAME", ended by a NUL. */
static void read_line(char *line, struct system_map *map, struct system_map_names *listed)
{
	size_t digits = strspn(line, "0123456789abcdef");
	char *name;

	if (!digits || strlen(line) < digits + 4 || line[digits] != ' ' || line[digits + 2] != ' ')
		return;
	name = line + digits + 3;
	if (strchr(FUNCTION_TYPES, line[digits + 1]))
		*vec_push(&map->by_address, &map->count, &map->capacity) =
			(struct system_map_function){ strtoull(line, NULL, 16), name };
	if (!str_starts(name, LIST_ENTRY))
		return;
	name += strlen(LIST_ENTRY);
	/* What a compiler puts behind the name of a variable to tell it from others. */
	name[strcspn(name, ".")] = '\0';
	add_name(listed, name);
}

static void read_lines(struct system_map *map, struct system_map_names *listed)
{
	char *next;

	for (char *line = map->text; *line; line = next) {
		next = strchrnul(line, '\n');
		if (*next)
			*next++ = '\0';
		read_line(line, map, listed);
	}
}

/* The names of all functions at the addresses of those that are listed. */
static void find_injectable(struct system_map *map, const struct system_map_names *listed)
{
	for (size_t from = 0, to; from < map->count; from = to) {
		bool is_listed = false;

		for (to = from; to < map->count &&
				map->by_address[to].address == map->by_address[from].address;
		     to++)
			is_listed = is_listed || system_map_has(listed, map->by_address[to].name);
		for (size_t i = from; is_listed && i < to; i++)
			add_name(&map->injectable, map->by_address[i].name);
	}
	sort_names(&map->injectable);
}

int system_map_read(struct system_map *map, const char *path, struct err *err)
{
	struct system_map_names listed = { 0 };

	*map = (struct system_map)SYSTEM_MAP_INIT;
	map->text = file_read(path, MAP_MAX_BYTES, NULL, err);
	if (!map->text)
		return -1;
	read_lines(map, &listed);
	if (map->count)
		qsort(map->by_address, map->count, sizeof(*map->by_address), by_address_and_name);
	for (size_t i = 0; i < map->count; i++)
		add_name(&map->functions, map->by_address[i].name);
	sort_names(&map->functions);
	sort_names(&listed);
	find_injectable(map, &listed);
	free(listed.items);
	if (map->functions.count)
		return 0;
	system_map_clear(map);
	return err_set(err, ERR_INPUT, "%s: no System.map: expected ADDRESS TYPE NAME", path);
}

void system_map_clear(struct system_map *map)
{
	free(map->text);
	free(map->by_address);
	free(map->functions.items);
	free(map->injectable.items);
	*map = (struct system_map)SYSTEM_MAP_INIT;
}

bool system_map_has(const struct system_map_names *names, const char *name)
{
	return names->count &&
	       bsearch(&name, names->items, names->count, sizeof(*names->items), by_name);
}
