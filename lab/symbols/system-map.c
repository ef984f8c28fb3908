// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbols/system-map.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/str.h"

#define MAP_MAX_BYTES  (64u << 20)
#define LIST_ENTRY     "_eil_addr_"
#define FUNCTION_TYPES "tTwW" /* as of nm: text, and what another file may define anew */

/* A function's address or, of an entry of the list, the name of its function alone. */
struct symbol {
	uint64_t address;
	const char *name;
};

struct symbols {
	struct symbol *items;
	size_t count, capacity;
};

static void add_symbol(struct symbols *symbols, uint64_t address, const char *name)
{
	*vec_push(&symbols->items, &symbols->count, &symbols->capacity) =
		(struct symbol){ .address = address, .name = name };
}

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
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
static void read_line(char *line, struct symbols *functions, struct symbols *listed)
{
	size_t digits = strspn(line, "0123456789abcdef");
	char *name;

	if (!digits || strlen(line) < digits + 4 || line[digits] != ' ' || line[digits + 2] != ' ')
		return;
	name = line + digits + 3;
	if (strchr(FUNCTION_TYPES, line[digits + 1]))
		add_symbol(functions, strtoull(line, NULL, 16), name);
	if (!str_starts(name, LIST_ENTRY))
		return;
	name += strlen(LIST_ENTRY);
	/* What a compiler puts behind the name of a variable to tell it from others. */
	name[strcspn(name, ".")] = '\0';
	add_symbol(listed, 0, name);
}

static void read_lines(char *text, struct symbols *functions, struct symbols *listed)
{
	char *next;

	for (char *line = text; *line; line = next) {
		next = strchrnul(line, '\n');
		if (*next)
			*next++ = '\0';
		read_line(line, functions, listed);
	}
}

/* The names of all functions at the addresses of those that are listed. */
static void find_injectable(struct system_map *map, const struct symbols *functions,
			    const struct symbols *listed)
{
	struct system_map_names marked = { 0 };
	struct symbols addresses = { 0 };

	for (size_t i = 0; i < listed->count; i++)
		add_name(&marked, listed->items[i].name);
	sort_names(&marked);
	for (size_t i = 0; i < functions->count; i++)
		if (system_map_has(&marked, functions->items[i].name))
			add_symbol(&addresses, functions->items[i].address, NULL);
	if (addresses.count)
		qsort(addresses.items, addresses.count, sizeof(*addresses.items), by_address);
	for (size_t i = 0; i < functions->count && addresses.count; i++)
		if (bsearch(&functions->items[i], addresses.items, addresses.count,
			    sizeof(*addresses.items), by_address))
			add_name(&map->injectable, functions->items[i].name);
	sort_names(&map->injectable);
	free(addresses.items);
	free(marked.items);
}

int system_map_read(struct system_map *map, const char *path, struct err *err)
{
	struct symbols functions = { 0 }, listed = { 0 };

	*map = (struct system_map)SYSTEM_MAP_INIT;
	map->text = file_read(path, MAP_MAX_BYTES, NULL, err);
	if (!map->text)
		return -1;
	read_lines(map->text, &functions, &listed);
	for (size_t i = 0; i < functions.count; i++)
		add_name(&map->functions, functions.items[i].name);
	sort_names(&map->functions);
	find_injectable(map, &functions, &listed);
	free(functions.items);
	free(listed.items);
	if (map->functions.count)
		return 0;
	system_map_clear(map);
	return err_set(err, ERR_INPUT, "%s: no System.map: expected ADDRESS TYPE NAME", path);
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
	       bsearch(&name, names->items, names->count, sizeof(*names->items), by_name);
}
