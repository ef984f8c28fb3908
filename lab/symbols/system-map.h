/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel's System.map: which functions it has, and which of them may be made to
 * fail. ALLOW_ERROR_INJECTION(f) puts an entry of that name into a list of the
 * kernel's (include/asm-generic/error-injection.h), and the map has it too: what
 * /sys/kernel/debug/error_injection/list will hold is known before the boot. That
 * list is one of addresses: another name of the same function will do as well.
 */
#ifndef KLAB_SYMBOLS_SYSTEM_MAP_H
#define KLAB_SYMBOLS_SYSTEM_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* In alphabetical order; the names stand in `text`. */
struct system_map_names {
	const char **items;
	size_t count, capacity;
};

struct system_map_function {
	uint64_t address;
	const char *name;
};

struct system_map {
	char *text;
	struct system_map_function *by_address; /* all names; those of one address by the alphabet */
	size_t count, capacity;
	struct system_map_names functions;
	struct system_map_names injectable; /* by all their names; none: there is no such list */
};
#define SYSTEM_MAP_INIT { 0 }

/* 0, or -1: ERR_INPUT when it is no System.map. */
int system_map_read(struct system_map *map, const char *path, struct err *err);
void system_map_clear(struct system_map *map);
#define _cleanup_system_map_ _cleanup_(system_map_clear)

bool system_map_has(const struct system_map_names *names, const char *name);

#endif
