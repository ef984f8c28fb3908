// SPDX-License-Identifier: GPL-2.0-or-later
/* Functions of an ELF image by name and address, and the lines of an address. */
#include <errno.h>
#include <gelf.h>

#include "base/file.h"
#include "base/str.h"
#include "symbols/image.h"

/* Answers are kept: a console asks for the same frames over and over. */
struct image_line_entry {
	uint64_t address;
	struct symbol_line *lines; /* NULL: the slot is empty */
	size_t count;
};

struct image_line_cache {
	struct image_line_entry *slots;
	size_t count, capacity; /* capacity is a power of two */
};

static int by_address(const void *a, const void *b)
{
	const struct image_function *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
	const struct image_function *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c ? c : by_address(a, b);
}

static void image_add_symbols(struct image *image, Dwfl_Module *module)
{
	int count = dwfl_module_getsymtab(module);

	for (int i = 1; i < count; i++) {
		struct image_function *f;
		GElf_Shdr header;
		GElf_Addr address;
		GElf_Word section;
		GElf_Sym sym;
		Dwarf_Addr bias;
		Elf *elf;
		const char *name;
		int type;

		name = dwfl_module_getsym_info(module, i, &sym, &address, &section, &elf, &bias);
		type = GELF_ST_TYPE(sym.st_info);
		if (!name || !*name || (type != STT_FUNC && type != STT_NOTYPE) ||
		    section == SHN_UNDEF || section >= SHN_LORESERVE)
			continue;
		if (!gelf_getshdr(elf_getscn(elf, section), &header) ||
		    !(header.sh_flags & SHF_EXECINSTR))
			continue;
		f = vec_push(&image->by_address, &image->function_count, &image->function_capacity);
		*f = (struct image_function){ .name = name,
					      .address = address,
					      .elf_size = sym.st_size };
	}
}

/* kallsyms has no sizes: it prints the distance to the next higher address. */
static void image_set_sizes(struct image *image)
{
	uint64_t next = 0;

	for (size_t i = image->function_count; i-- > 0;) {
		struct image_function *f = &image->by_address[i];

		if (i + 1 < image->function_count && image->by_address[i + 1].address != f->address)
			next = image->by_address[i + 1].address;
		f->size = next ? next - f->address : f->elf_size;
	}
}

static int image_read_symbols(struct image *image, Dwfl_Module *module, const char *path,
			      struct err *err)
{
	image_add_symbols(image, module);
	if (image->function_count == 0)
		return err_set(err, ERR_INPUT,
			       "%s: no symbol table: expected an unstripped vmlinux", path);
	qsort(image->by_address, image->function_count, sizeof(*image->by_address), by_address);
	image_set_sizes(image);
	image->by_name = xcalloc(image->function_count, sizeof(*image->by_name));
	memcpy(image->by_name, image->by_address, image->function_count * sizeof(*image->by_name));
	qsort(image->by_name, image->function_count, sizeof(*image->by_name), by_name);
	return 0;
}

/* Debug information is taken from the file itself, never searched for on the host. */
static int find_no_debuginfo(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
			     const char *file, const char *link, GElf_Word crc, char **found)
{
	return -1;
}

static const Dwfl_Callbacks image_callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = find_no_debuginfo,
	.section_address = dwfl_offline_section_address,
};

static int image_load(struct image *image, const char *path, struct err *err)
{
	Dwfl_Module *module;
	Dwarf_Addr bias = 0;

	if (access(path, R_OK))
		return err_set_errno(err, ERR_INPUT, errno, "%s", path);
	image->dwfl = dwfl_begin(&image_callbacks);
	module = image->dwfl ? dwfl_report_offline(image->dwfl, "image", path, -1) : NULL;
	if (!module)
		return err_set(err, ERR_INPUT,
			       "%s: not an ELF file (%s): expected a vmlinux or a module", path,
			       dwfl_errmsg(-1));
	dwfl_report_end(image->dwfl, NULL, NULL);
	if (image_read_symbols(image, module, path, err))
		return -1;
	image->dwarf = dwfl_module_getdwarf(module, &bias);
	image->dwarf_bias = bias;
	if (image->dwarf && image_units_init(image))
		image->dwarf = NULL;
	return 0;
}

struct image *image_open(const char *path, const char *module, struct err *err)
{
	struct image *image = xcalloc(1, sizeof(*image));

	image->module = xstrdup(module);
	image->cache = xcalloc(1, sizeof(*image->cache));
	if (image_load(image, path, err)) {
		image_free(image);
		return NULL;
	}
	return image;
}

void image_free(struct image *image)
{
	if (!image)
		return;
	for (size_t i = 0; i < image->cache->capacity; i++)
		free(image->cache->slots[i].lines);
	free(image->cache->slots);
	free(image->cache);
	for (size_t i = 0; i < image->unit_count; i++) {
		free(image->units[i].subprograms);
		free(image->units[i].inlines);
	}
	free(image->units);
	free(image->ranges);
	free(image->by_address);
	free(image->by_name);
	free(image->prefix);
	free(image->module);
	if (image->dwfl)
		dwfl_end(image->dwfl);
	free(image);
}

const struct image_function *image_function_at(const struct image *image, uint64_t address)
{
	size_t low = 0, high = image->function_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (image->by_address[mid].address <= address)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0)
		return NULL;
	return address - image->by_address[low - 1].address < image->by_address[low - 1].size
		       ? &image->by_address[low - 1]
		       : NULL;
}

const struct image_function *image_functions_named(const struct image *image, const char *name,
						   size_t *count)
{
	size_t low = 0, high = image->function_count, end;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(image->by_name[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (end = low; end < image->function_count && str_eq(image->by_name[end].name, name);)
		end++;
	*count = end - low;
	return *count ? &image->by_name[low] : NULL;
}

static struct image_line_entry *cache_slot(struct image_line_cache *c, uint64_t address)
{
	size_t i = (size_t)((address * 0x9e3779b97f4a7c15u) >> 20) & (c->capacity - 1);

	while (c->slots[i].lines && c->slots[i].address != address)
		i = (i + 1) & (c->capacity - 1);
	return &c->slots[i];
}

static void cache_grow(struct image_line_cache *c)
{
	struct image_line_cache old = *c;

	if (c->count * 2 < c->capacity)
		return;
	c->capacity = old.capacity ? old.capacity * 2 : 1024;
	c->slots = xcalloc(c->capacity, sizeof(*c->slots));
	for (size_t i = 0; i < old.capacity; i++)
		if (old.slots[i].lines)
			*cache_slot(c, old.slots[i].address) = old.slots[i];
	free(old.slots);
}

static const struct image_subprogram *unit_subprogram_at(const struct image_unit *u,
							 uint64_t address)
{
	size_t low = 0, high = u->subprogram_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (u->subprograms[mid].low <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return low && address < u->subprograms[low - 1].high ? &u->subprograms[low - 1] : NULL;
}

static void source_line(struct image *image, const struct image_unit *u, uint64_t address,
			const char **file, int *line)
{
	Dwarf_Die cu;
	Dwarf_Line *l;

	*file = NULL;
	*line = 0;
	if (!dwarf_offdie(image->dwarf, u->offset, &cu))
		return;
	l = dwarf_getsrc_die(&cu, address);
	if (!l)
		return;
	*file = dwarf_linesrc(l, NULL, NULL);
	dwarf_lineno(l, line);
}

/* The chain of inlined functions around the address, deepest first, then the function itself. */
static size_t collect_lines(struct image *image, const struct image_unit *u, uint64_t address,
			    struct symbol_line **lines)
{
	uint64_t dwarf_address = address - image->dwarf_bias;
	const struct image_subprogram *p = unit_subprogram_at(u, dwarf_address);
	const struct image_function *f = image_function_at(image, address);
	const char *function = p ? p->name : f ? f->name : "??", *file;
	size_t count = 0, capacity = 0;
	struct symbol_line *l;
	int line;

	source_line(image, u, dwarf_address, &file, &line);
	for (unsigned int depth = 1; p; depth++) {
		const struct image_inline *in = NULL;

		for (size_t i = 0; i < p->inline_count && !in; i++) {
			const struct image_inline *x = &u->inlines[p->first_inline + i];

			if (x->depth == depth && x->low <= dwarf_address && dwarf_address < x->high)
				in = x;
		}
		if (!in)
			break;
		l = vec_push(lines, &count, &capacity);
		*l = (struct symbol_line){ .function = function,
					   .file = image_short_file(image, in->call_file),
					   .line = in->call_line,
					   .is_inline = depth > 1 };
		function = in->name;
	}
	l = vec_push(lines, &count, &capacity);
	*l = (struct symbol_line){ .function = function,
				   .file = image_short_file(image, file),
				   .line = line,
				   .is_inline = count > 1 };
	for (size_t i = 0; i < count / 2; i++) {
		struct symbol_line t = (*lines)[i];

		(*lines)[i] = (*lines)[count - 1 - i];
		(*lines)[count - 1 - i] = t;
	}
	return count;
}

bool image_lines_at(struct image *image, uint64_t address, struct symbol_place *out)
{
	struct image_line_entry *e;
	struct image_unit *u;

	if (!image->dwarf)
		return false;
	cache_grow(image->cache);
	e = cache_slot(image->cache, address);
	if (!e->lines) {
		u = image_unit_at(image, address - image->dwarf_bias);
		if (!u)
			return false;
		e->address = address;
		e->count = collect_lines(image, u, address, &e->lines);
		image->cache->count++;
	}
	out->lines = e->lines;
	out->count = e->count;
	out->address = address;
	return true;
}
