// SPDX-License-Identifier: GPL-2.0-or-later
/* Which unit an address is in, and which functions were inlined where in it. */
#include <dwarf.h>

#include "base/str.h"
#include "symbols/image.h"

#define MAX_DIE_DEPTH 256 /* deeper than any compiler nests; bounds our own recursion */

static int range_compare(const void *a, const void *b)
{
	const struct image_range *x = a, *y = b;

	return x->low < y->low ? -1 : x->low > y->low;
}

static int subprogram_compare(const void *a, const void *b)
{
	const struct image_subprogram *x = a, *y = b;

	return x->low < y->low ? -1 : x->low > y->low;
}

static void unit_add_ranges(struct image *image, Dwarf_Die *die, size_t unit)
{
	Dwarf_Addr base, low, high;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(die, at, &base, &low, &high)) > 0) {
		struct image_range *r;

		if (low >= high)
			continue;
		r = vec_push(&image->ranges, &image->range_count, &image->range_capacity);
		*r = (struct image_range){ .low = low, .high = high, .unit = unit };
	}
}

/*
 * The tree's own path in the build: scripts/decode_stacktrace.sh takes it from
 * kernel_init's file, which is init/main.c in every kernel.
 */
static void image_note_prefix(struct image *image, Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);
	_cleanup_free_ char *full = NULL;
	Dwarf_Attribute attr;
	const char *dir;

	if (image->prefix || !name || !str_ends(name, "init/main.c"))
		return;
	dir = dwarf_formstring(dwarf_attr(die, DW_AT_comp_dir, &attr));
	full = name[0] == '/' || !dir ? xstrdup(name) : xasprintf("%s/%s", dir, name);
	if (str_ends(full, "/init/main.c"))
		image->prefix = xstrndup(full, strlen(full) - strlen("init/main.c"));
}

int image_units_init(struct image *image)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;

	while (dwarf_get_units(image->dwarf, cu, &cu, NULL, &type, &die, NULL) == 0) {
		struct image_unit *u;

		if (type != DW_UT_compile && type != DW_UT_partial && type != DW_UT_skeleton)
			continue;
		u = vec_push(&image->units, &image->unit_count, &image->unit_capacity);
		u->offset = dwarf_dieoffset(&die);
		unit_add_ranges(image, &die, image->unit_count - 1);
		image_note_prefix(image, &die);
	}
	if (image->range_count == 0)
		return -1;
	qsort(image->ranges, image->range_count, sizeof(*image->ranges), range_compare);
	return 0;
}

const char *image_short_file(const struct image *image, const char *file)
{
	if (!file)
		return NULL;
	if (image->prefix && str_starts(file, image->prefix))
		return file + strlen(image->prefix);
	while (str_starts(file, "./"))
		file += 2;
	return file;
}

static const char *die_name(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_name, &attr));

	return name ? name : "??";
}

struct unit_walk {
	struct image *image;
	struct image_unit *unit;
	Dwarf_Files *files;
	size_t file_count;
};

static const char *call_file(const struct unit_walk *w, Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	Dwarf_Word index;

	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attr), &index) || !w->files ||
	    index >= w->file_count)
		return NULL;
	return dwarf_filesrc(w->files, index, NULL, NULL);
}

static void walk_add_inline(struct unit_walk *w, Dwarf_Die *die, unsigned int depth)
{
	const char *name = die_name(die), *file = call_file(w, die);
	Dwarf_Addr base, low, high;
	Dwarf_Attribute attr;
	Dwarf_Word line = 0;
	ptrdiff_t at = 0;

	dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attr), &line);
	while ((at = dwarf_ranges(die, at, &base, &low, &high)) > 0) {
		struct image_inline *i;

		if (low >= high)
			continue;
		i = vec_push(&w->unit->inlines, &w->unit->inline_count, &w->unit->inline_capacity);
		*i = (struct image_inline){ .name = name,
					    .low = low,
					    .high = high,
					    .depth = depth,
					    .call_file = file,
					    .call_line = (int)line };
	}
}

/* Inlined functions below a function's DIE; lexical blocks only pass through. */
static void walk_inlines(struct unit_walk *w, Dwarf_Die *parent, unsigned int depth,
			 unsigned int nesting)
{
	Dwarf_Die die;

	if (nesting > MAX_DIE_DEPTH || dwarf_child(parent, &die))
		return;
	do {
		int tag = dwarf_tag(&die);

		if (tag == DW_TAG_inlined_subroutine) {
			walk_add_inline(w, &die, depth);
			walk_inlines(w, &die, depth + 1, nesting + 1);
		} else if (tag == DW_TAG_lexical_block) {
			walk_inlines(w, &die, depth, nesting + 1);
		}
	} while (dwarf_siblingof(&die, &die) == 0);
}

/* A function may be in several pieces (.cold): each piece is an entry with the same inlines. */
static void walk_subprogram(struct unit_walk *w, Dwarf_Die *die)
{
	size_t first = w->unit->inline_count;
	const char *name = NULL;
	Dwarf_Addr base, low, high;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(die, at, &base, &low, &high)) > 0) {
		struct image_subprogram *p;

		if (low >= high)
			continue;
		if (!name) {
			name = die_name(die);
			walk_inlines(w, die, 1, 0);
		}
		p = vec_push(&w->unit->subprograms, &w->unit->subprogram_count,
			     &w->unit->subprogram_capacity);
		*p = (struct image_subprogram){ .name = name,
						.low = low,
						.high = high,
						.first_inline = first,
						.inline_count = w->unit->inline_count - first };
	}
}

/* C's functions are the unit's own children; Rust's are in namespaces, and in the types they are
 * of. */
static void walk_scope(struct unit_walk *w, Dwarf_Die *parent, unsigned int nesting)
{
	Dwarf_Die die;

	if (nesting > MAX_DIE_DEPTH || dwarf_child(parent, &die))
		return;
	do {
		int tag = dwarf_tag(&die);

		if (tag == DW_TAG_subprogram)
			walk_subprogram(w, &die);
		else if (tag == DW_TAG_namespace || (nesting && tag == DW_TAG_structure_type))
			walk_scope(w, &die, nesting + 1);
	} while (dwarf_siblingof(&die, &die) == 0);
}

static void unit_decode(struct image *image, struct image_unit *unit)
{
	struct unit_walk w = { .image = image, .unit = unit };
	Dwarf_Die cu;

	unit->decoded = true;
	if (!dwarf_offdie(image->dwarf, unit->offset, &cu))
		return;
	if (dwarf_getsrcfiles(&cu, &w.files, &w.file_count))
		w.files = NULL;
	walk_scope(&w, &cu, 0);
	if (unit->subprogram_count)
		qsort(unit->subprograms, unit->subprogram_count, sizeof(*unit->subprograms),
		      subprogram_compare);
}

struct image_unit *image_unit_at(struct image *image, uint64_t address)
{
	size_t low = 0, high = image->range_count;
	struct image_unit *unit;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (image->ranges[mid].low <= address)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0 || address >= image->ranges[low - 1].high)
		return NULL;
	unit = &image->units[image->ranges[low - 1].unit];
	if (!unit->decoded)
		unit_decode(image, unit);
	return unit;
}

bool image_has_source_function(struct image *image, const char *name)
{
	for (size_t i = 0; image->dwarf && i < image->unit_count; i++) {
		Dwarf_Die die;

		if (!dwarf_offdie(image->dwarf, image->units[i].offset, &die) ||
		    dwarf_child(&die, &die))
			continue;
		do {
			if (dwarf_tag(&die) == DW_TAG_subprogram &&
			    str_eq(dwarf_diename(&die), name))
				return true;
		} while (dwarf_siblingof(&die, &die) == 0);
	}
	return false;
}
