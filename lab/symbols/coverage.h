/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which functions of its kernel a guest ran: coverage.json of docs/formats.md, made and read.
 *
 * A function ran when one of its instructions did. Not seen are the very first ones of a boot,
 * which run at physical addresses; and what was inlined is part of the function that it is in.
 */
#ifndef KLAB_SYMBOLS_COVERAGE_H
#define KLAB_SYMBOLS_COVERAGE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "machine/coverage.h"
#include "symbols/system-map.h"

/* From where to where the kernel's functions are. ERR_INPUT when the map has none. */
int coverage_text_range(const struct system_map *map, uint64_t *address, uint64_t *bytes,
			struct err *err);

/* from: "boot" or "checkpoint", where it was begun to be looked at. New reference. */
json_t *coverage_make_json(const struct machine_coverage *bits, const struct system_map *map,
			   const char *from);

/* The later ones count for more. */
enum coverage_when { COVERAGE_NEVER, COVERAGE_BOOT, COVERAGE_CASE };

struct coverage_function {
	uint64_t address;
	enum coverage_when when;
};

struct coverage {
	struct coverage_function *ran; /* by address */
	size_t count, capacity;
	size_t boot, in_case; /* how many ran in the boot alone, and how many in the case */
};

/* Reads it; any JSON may come. ERR_INPUT, without a file's name, when it is none. */
int coverage_read(struct coverage *c, const json_t *json, struct err *err);
/* Adds what ran in another run of the same kernel. */
void coverage_merge(struct coverage *c, const struct coverage *more);
void coverage_clear(struct coverage *c);
#define _cleanup_coverage_ _cleanup_(coverage_clear)

/* When did a function run that has its code there? */
enum coverage_when coverage_find(const struct coverage *c, uint64_t address, uint64_t size_bytes);

#endif
