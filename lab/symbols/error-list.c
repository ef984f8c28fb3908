// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbols/error-list.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

#define ENTRY_SYMBOL "_eil_addr_"
#define LIST_START   "__start_error_injection_whitelist"
#define LIST_END     "__stop_error_injection_whitelist"
#define MAX_ERRNO    4095
#define NOT_KNOWN    INT32_MIN

/* struct error_injection_entry of a 64-bit kernel. */
struct entry {
	uint64_t function;
	int32_t type;
	uint32_t padding;
};

struct error_list {
	int fd;
	Elf *elf;
	Elf_Data *symbols;
	size_t symbol_count, strings; /* strings: the section of their names */
	uint64_t start;		      /* address of the first entry */
	const uint8_t *bytes;	      /* of `elf` */
	size_t count;
	int32_t type_errno; /* what EI_ETYPE_ERRNO is here, or NOT_KNOWN */
};

/* ---- the file ---- */

static int open_elf(struct error_list *list, const char *path, struct err *err)
{
	GElf_Ehdr header;

	list->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (list->fd < 0)
		return err_set_errno(err, ERR_INPUT, errno, "%s", path);
	elf_version(EV_CURRENT);
	list->elf = elf_begin(list->fd, ELF_C_READ_MMAP, NULL);
	if (list->elf && gelf_getehdr(list->elf, &header) &&
	    header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB)
		return 0;
	return err_set(err, ERR_INPUT, "%s: expected a vmlinux, a 64-bit little-endian ELF file",
		       path);
}

static int find_symbols(struct error_list *list, const char *path, struct err *err)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(list->elf, section))) {
		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_SYMTAB)
			continue;
		list->symbols = elf_getdata(section, NULL);
		if (!list->symbols || !header.sh_entsize)
			break;
		list->symbol_count = list->symbols->d_size / header.sh_entsize;
		list->strings = header.sh_link;
		return 0;
	}
	return err_set(err, ERR_INPUT, "%s: no symbol table: expected an unstripped vmlinux", path);
}

/* Name of the i-th symbol, "" where it has none. */
static const char *symbol_at(const struct error_list *list, size_t i, GElf_Sym *symbol)
{
	const char *name = NULL;

	if (gelf_getsym(list->symbols, (int)i, symbol) && symbol->st_shndx != SHN_UNDEF)
		name = elf_strptr(list->elf, list->strings, symbol->st_name);
	return name ? name : "";
}

static bool find_symbol(const struct error_list *list, const char *name, uint64_t *address)
{
	GElf_Sym symbol;

	for (size_t i = 1; i < list->symbol_count; i++)
		if (str_eq(symbol_at(list, i, &symbol), name)) {
			*address = symbol.st_value;
			return true;
		}
	return false;
}

/* What the file has for the memory from start to end; NULL: nothing. */
static const uint8_t *bytes_between(const struct error_list *list, uint64_t start, uint64_t end)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	Elf_Data *data;

	while ((section = elf_nextscn(list->elf, section))) {
		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_PROGBITS ||
		    !(header.sh_flags & SHF_ALLOC) || start < header.sh_addr ||
		    end - header.sh_addr > header.sh_size)
			continue;
		data = elf_rawdata(section, NULL);
		if (data && data->d_buf && data->d_size >= end - header.sh_addr)
			return (const uint8_t *)data->d_buf + (start - header.sh_addr);
	}
	return NULL;
}

/* ---- the list ---- */

static struct entry entry_at(const struct error_list *list, size_t i)
{
	struct entry entry;

	memcpy(&entry, list->bytes + i * sizeof(entry), sizeof(entry));
	return entry;
}

/* A kernel without the list is none of our errors: there is nothing in it. */
static void find_entries(struct error_list *list)
{
	uint64_t end;

	if (!find_symbol(list, LIST_START, &list->start) || !find_symbol(list, LIST_END, &end) ||
	    end <= list->start || (end - list->start) % sizeof(struct entry) != 0)
		return;
	list->bytes = bytes_between(list, list->start, end);
	if (list->bytes)
		list->count = (end - list->start) / sizeof(struct entry);
}

static bool is_entry_of_system_call(const char *name)
{
	return str_starts(name, ENTRY_SYMBOL "__x64_sys_") ||
	       str_starts(name, ENTRY_SYMBOL "__ia32_sys_");
}

/* Where the entries of system calls do not agree, the list is not what it is taken for. */
static void find_type_errno(struct error_list *list)
{
	GElf_Sym symbol;

	list->type_errno = NOT_KNOWN;
	for (size_t i = 1; i < list->symbol_count && list->count; i++) {
		size_t at;
		int32_t type;

		if (!is_entry_of_system_call(symbol_at(list, i, &symbol)) ||
		    symbol.st_value < list->start)
			continue;
		at = (symbol.st_value - list->start) / sizeof(struct entry);
		if (at >= list->count)
			continue;
		type = entry_at(list, at).type;
		if (list->type_errno != NOT_KNOWN && list->type_errno != type) {
			list->count = 0;
			return;
		}
		list->type_errno = type;
	}
}

struct error_list *error_list_read(const char *vmlinux_path, struct err *err)
{
	struct error_list *list = xcalloc(1, sizeof(*list));

	if (open_elf(list, vmlinux_path, err) < 0 || find_symbols(list, vmlinux_path, err) < 0) {
		error_list_free(list);
		return NULL;
	}
	find_entries(list);
	find_type_errno(list);
	return list;
}

void error_list_free(struct error_list *list)
{
	if (!list)
		return;
	elf_end(list->elf);
	if (list->fd >= 0)
		close(list->fd);
	free(list);
}

/* ---- types ---- */

static enum error_type type_of_number(const struct error_list *list, int32_t number)
{
	int64_t type = (int64_t)number - list->type_errno + ERROR_TYPE_ERRNO;

	return list->type_errno == NOT_KNOWN || type < ERROR_TYPE_NULL || type > ERROR_TYPE_TRUE
		       ? ERROR_TYPE_UNKNOWN
		       : (enum error_type)type;
}

/* Of the function at the address: as the kernel does, the first entry that is for it. */
static enum error_type type_at(const struct error_list *list, uint64_t address)
{
	for (size_t i = 0; i < list->count; i++) {
		struct entry entry = entry_at(list, i);

		if (entry.function == address)
			return type_of_number(list, entry.type);
	}
	return ERROR_TYPE_UNKNOWN;
}

static bool may_be_function(const GElf_Sym *symbol)
{
	return GELF_ST_TYPE(symbol->st_info) == STT_FUNC ||
	       GELF_ST_TYPE(symbol->st_info) == STT_NOTYPE;
}

enum error_type error_list_type(const struct error_list *list, const char *function)
{
	enum error_type type = ERROR_TYPE_UNKNOWN, other;
	bool found = false;
	GElf_Sym symbol;

	for (size_t i = 1; i < list->symbol_count; i++) {
		if (!str_eq(symbol_at(list, i, &symbol), function) || !may_be_function(&symbol))
			continue;
		other = type_at(list, symbol.st_value);
		/* Which of several functions of that name the kernel takes is not known. */
		if (found && other != type)
			return ERROR_TYPE_UNKNOWN;
		type = other;
		found = true;
	}
	return type;
}

static bool is_errno(int64_t value)
{
	return value < 0 && value >= -MAX_ERRNO;
}

bool error_type_takes(enum error_type type, int64_t value)
{
	switch (type) {
	case ERROR_TYPE_NULL:
		return value == 0;
	case ERROR_TYPE_ERRNO:
		return is_errno(value);
	case ERROR_TYPE_ERRNO_NULL:
		return value == 0 || is_errno(value);
	case ERROR_TYPE_TRUE:
		return value == 1;
	case ERROR_TYPE_UNKNOWN:
		break;
	}
	return true;
}

const char *error_type_values(enum error_type type)
{
	switch (type) {
	case ERROR_TYPE_NULL:
		return "0 (NULL)";
	case ERROR_TYPE_ERRNO:
		return "an error, as -EIO";
	case ERROR_TYPE_ERRNO_NULL:
		return "an error, as -EIO, or 0 (NULL)";
	case ERROR_TYPE_TRUE:
		return "1 (true)";
	case ERROR_TYPE_UNKNOWN:
		break;
	}
	return "any value";
}
