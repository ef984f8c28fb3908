/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One ELF image (vmlinux or a module): its functions by name and by address, its DWARF by unit. */
#ifndef KLAB_SYMBOLS_IMAGE_H
#define KLAB_SYMBOLS_IMAGE_H

#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

#include "symbols/symbols.h"

struct image_function {
	const char *name; /* borrowed from the ELF string table */
	uint64_t address;
	uint64_t size;	   /* to the next symbol of the section, as kallsyms counts it */
	uint64_t elf_size; /* st_size */
};

struct image_inline {
	const char *name;
	uint64_t low, high;    /* high exclusive */
	unsigned int depth;    /* 1: directly in the function */
	const char *call_file; /* where it was inlined from */
	int call_line;
};

struct image_subprogram {
	const char *name;
	uint64_t low, high;
	size_t first_inline, inline_count; /* in the unit's `inlines` */
};

struct image_unit {
	Dwarf_Off offset; /* of the unit's DIE */
	bool decoded;
	struct image_subprogram *subprograms; /* by low */
	size_t subprogram_count, subprogram_capacity;
	struct image_inline *inlines;
	size_t inline_count, inline_capacity;
};

struct image_range {
	uint64_t low, high;
	size_t unit;
};

struct image {
	char *module;	     /* NULL: vmlinux */
	Dwfl *dwfl;	     /* relocates modules: both are read the same way */
	Dwarf *dwarf;	     /* NULL: no debug information */
	uint64_t dwarf_bias; /* address = DWARF's address + bias */
	char *prefix;	     /* the build's path of the tree, with "/" at the end; NULL: none */
	struct image_function *by_address, *by_name;
	size_t function_count, function_capacity;
	struct image_unit *units;
	size_t unit_count, unit_capacity;
	struct image_range *ranges; /* by low */
	size_t range_count, range_capacity;
	struct image_line_cache *cache;
};

struct image *image_open(const char *path, const char *module, struct err *err);
void image_free(struct image *image);

/* The function at the address, or NULL. */
const struct image_function *image_function_at(const struct image *image, uint64_t address);
/* The functions of a name: first and count in by_name. NULL: none. */
const struct image_function *image_functions_named(const struct image *image, const char *name,
						   size_t *count);
/* Lines of an address, innermost first; false when the DWARF does not know it. */
bool image_lines_at(struct image *image, uint64_t address, struct symbol_place *out);

/* DWARF side (dwarf-units.c). */
int image_units_init(struct image *image); /* finds units and their ranges; -1: no usable DWARF */
struct image_unit *image_unit_at(struct image *image, uint64_t address);   /* decoded; NULL: none */
bool image_has_source_function(struct image *image, const char *name); /* of C; inlined ones too */
const char *image_short_file(const struct image *image, const char *file); /* prefix taken off */

#endif
