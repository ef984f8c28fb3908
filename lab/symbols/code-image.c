// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the sections and symbols of a vmlinux. */
#include "symbols/code-image.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <unistd.h>

#include "base/str.h"

#define NESTED 16 /* symbols that are looked at for one around an address */

static int add_section(struct code_image *image, Elf_Scn *scn, const GElf_Shdr *header)
{
	struct code_section *s;
	Elf_Data *data = NULL;

	if (!(header->sh_flags & SHF_ALLOC) || !header->sh_size)
		return 0;
	if (header->sh_type != SHT_NOBITS) {
		data = elf_rawdata(scn, NULL);
		if (!data || !data->d_buf || data->d_size != header->sh_size)
			return -1;
	}
	s = vec_push(&image->sections, &image->section_count, &image->section_capacity);
	s->address = header->sh_addr;
	s->size = header->sh_size;
	s->bytes = data ? data->d_buf : NULL;
	s->is_code = header->sh_flags & SHF_EXECINSTR;
	/* Per-CPU variables of an SMP kernel are linked at 0. */
	if (s->address < 0x10000) {
		image->percpu_low = s->address;
		image->percpu_high = s->address + s->size;
		return 0;
	}
	if (!image->low || s->address < image->low)
		image->low = s->address;
	if (s->address + s->size > image->high)
		image->high = s->address + s->size;
	return 0;
}

static void add_symbol(struct code_image *image, const char *name, const char *file,
		       const GElf_Sym *sym)
{
	int type = GELF_ST_TYPE(sym->st_info);
	const struct code_section *section = code_image_section(image, sym->st_value);
	struct code_symbol *s;

	/* Labels at the end of a section are in none. */
	if (!*name || sym->st_shndx == SHN_UNDEF ||
	    (!section && !code_image_has(image, sym->st_value)))
		return;
	if (type != STT_FUNC && type != STT_OBJECT && type != STT_NOTYPE)
		return;
	/* Room in front of a function that has a symbol of its own. */
	if (str_starts(name, "__pfx_") || str_starts(name, "__cfi_"))
		return;
	s = vec_push(&image->symbols, &image->symbol_count, &image->symbol_capacity);
	s->name = name;
	s->file = GELF_ST_BIND(sym->st_info) == STB_LOCAL ? file : "";
	s->base = 1 + strcspn(name + 1, ".");
	s->address = sym->st_value;
	s->size = sym->st_size;
	s->is_function = section && section->is_code && s->size;
	s->is_cold = strstr(name + s->base, ".cold");
	s->is_numbered = !s->is_function && name[s->base];
}

static int add_symbols(struct code_image *image, Elf *elf, Elf_Scn *scn, const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t count = data && header->sh_entsize ? data->d_size / header->sh_entsize : 0;
	const char *file = "";

	for (size_t i = 1; i < count; i++) {
		const char *name;
		GElf_Sym sym;

		if (!gelf_getsym(data, (int)i, &sym))
			return -1;
		name = elf_strptr(elf, header->sh_link, sym.st_name);
		if (!name)
			return -1;
		if (GELF_ST_TYPE(sym.st_info) == STT_FILE)
			file = name;
		else
			add_symbol(image, name, file, &sym);
	}
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct code_symbol *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int read_elf(struct code_image *image, Elf *elf)
{
	GElf_Shdr header;
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(elf, scn)))
		if (!gelf_getshdr(scn, &header) || add_section(image, scn, &header) < 0)
			return -1;
	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &header) && header.sh_type == SHT_SYMTAB &&
		    add_symbols(image, elf, scn, &header) < 0)
			return -1;
	if (image->symbol_count)
		qsort(image->symbols, image->symbol_count, sizeof(*image->symbols), by_address);
	for (size_t i = 0; i < image->symbol_count; i++)
		if (image->symbols[i].is_function)
			return 0;
	return -1;
}

int code_image_open(struct code_image *image, const char *path, struct err *err)
{
	GElf_Ehdr header;

	*image = (struct code_image){ .fd = open(path, O_RDONLY | O_CLOEXEC) };
	if (image->fd < 0)
		return err_set_errno(err, ERR_INPUT, errno, "%s", path);
	elf_version(EV_CURRENT);
	image->elf = elf_begin(image->fd, ELF_C_READ_MMAP, NULL);
	if (!image->elf || !gelf_getehdr(image->elf, &header))
		return err_set(err, ERR_INPUT, "%s: is no ELF file", path);
	if (header.e_machine != EM_X86_64 || header.e_ident[EI_CLASS] != ELFCLASS64)
		return err_set(err, ERR_INPUT,
			       "%s: is not of x86-64, whose instructions alone can be compared",
			       path);
	if (read_elf(image, image->elf) < 0)
		return err_set(err, ERR_INPUT, "%s: has no functions, or is cut short", path);
	return 0;
}

void code_image_close(struct code_image *image)
{
	free(image->sections);
	free(image->symbols);
	if (image->elf)
		elf_end(image->elf);
	if (image->fd > 0)
		close(image->fd);
	*image = (struct code_image){ .fd = -1 };
}

const struct code_section *code_image_section(const struct code_image *image, uint64_t address)
{
	for (size_t i = 0; i < image->section_count; i++)
		if (address - image->sections[i].address < image->sections[i].size)
			return &image->sections[i];
	return NULL;
}

const uint8_t *code_image_bytes(const struct code_image *image, uint64_t address, size_t *length)
{
	const struct code_section *s = code_image_section(image, address);

	*length = s ? s->size - (address - s->address) : 0;
	return s && s->bytes ? s->bytes + (address - s->address) : NULL;
}

size_t code_image_from(const struct code_image *image, uint64_t address)
{
	size_t low = 0, high = image->symbol_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (image->symbols[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct code_symbol *code_image_around(const struct code_image *image, uint64_t address)
{
	size_t i = code_image_from(image, address + 1);

	for (size_t n = 0; i-- > 0 && n < NESTED; n++)
		if (address - image->symbols[i].address < image->symbols[i].size)
			return &image->symbols[i];
	return NULL;
}

bool code_image_has(const struct code_image *image, uint64_t address)
{
	return address >= image->low && address <= image->high;
}

bool code_image_has_code(const struct code_image *image, uint64_t address)
{
	const struct code_section *s = code_image_section(image, address);

	return s && s->is_code;
}

bool code_image_find(const struct code_image *image, const char *name, uint64_t *address)
{
	for (size_t i = 0; i < image->symbol_count; i++)
		if (str_eq(image->symbols[i].name, name)) {
			*address = image->symbols[i].address;
			return true;
		}
	return false;
}
