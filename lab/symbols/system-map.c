// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbols/system-map.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/str.h"

#define MAP_MAX_BYTES  (64u << 20)
#define LIST_ENTRY     "_eil_addr_"
#define FUNCTION_TYPES "tTwW" /* as of nm: text, and what another file may define anew */

static void add_name(struct system_map_names *names, const char *name)
{
	*vec_push(&names->items, &names->count, &names->capacity) = name;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_names(struct system_map_names *names)
{
	if (names->count)
		qsort(names->items, names->count, sizeof(*names->items), compare_names);
}

/* "ffffffff81000000 T NAME", ended by a NUL. */
static void read_line(struct system_map *map, char *line)
{
	size_t digits = strspn(line, "0123456789abcdef");
	char *name;

	if (!digits || strlen(line) < digits + 4 || line[digits] != ' ' || line[digits + 2] != ' ')
		return;
	name = line + digits + 3;
	if (strchr(FUNCTION_TYPES, line[digits + 1]))
		add_name(&map->functions, name);
	if (!str_starts(name, LIST_ENTRY))
		return;
	name += strlen(LIST_ENTRY);
	/* What a compiler puts behind the name of a variable to tell it from others. */
	name[strcspn(name, ".")] = '\0';
	add_name(&map->injectable, name);
}

int system_map_read(struct system_map *map, const char *path, struct err *err)
{
	char *next;

	*map = (struct system_map)SYSTEM_MAP_INIT;
	map->text = file_read(path, MAP_MAX_BYTES, NULL, err);
	if (!map->text)
		return -1;
	for (char *line = map->text; *line; line = next) {
		next = strchrnul(line, '\n');
		if (*next)
			*next++ = '\0';
		read_line(map, line);
	}
	if (!map->functions.count) {
		system_map_clear(map);
		return err_set(err, ERR_INPUT, "%s: no System.map: expected ADDRESS TYPE NAME",
			       path);
	}
	sort_names(&map->functions);
	sort_names(&map->injectable);
	return 0;
}

void system_map_clear(struct system_map *map)
{
	free(map->text);
	free(map->functions.items);
	free(map->injectable.items);
	*map = (struct system_map)SYSTEM_MAP_INIT;
}

bool system_map_has(const struct system_map_names *names, const char *name)
{
	return names->count &&
	       bsearch(&name, names->items, names->count, sizeof(*names->items), compare_names);
}
