/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses and `func+0x1a/0x40` -> file:line with inlined functions, from the
 * DWARF of a vmlinux and of its modules (DWARF 5, https://dwarfstd.org, read
 * with elfutils' libdw). Compilation units are decoded when an address in them
 * is first asked for, and kept.
 */
#ifndef KLAB_SYMBOLS_SYMBOLS_H
#define KLAB_SYMBOLS_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct symbol_line {
	const char *function; /* borrowed from the symbolizer; never NULL */
	const char *file;     /* as the kernel's tree names it ("mm/page_io.c"); NULL: not known */
	int line;	      /* 0: not known */
	bool is_inline;	      /* inlined into the next entry's function */
};

struct symbol_place {
	const struct symbol_line *lines; /* innermost first; owned by the symbolizer */
	size_t count;
	uint64_t address; /* that was looked up, in the image as linked */
	bool ambiguous;	  /* several functions fit name and size: this is one */
};

struct symbolizer;

/*
 * Opens a vmlinux (an ELF file; not the compressed one of the store). ERR_INPUT
 * when it is not an ELF file or has no symbols; without DWARF only names are
 * known, see symbolizer_has_lines(). Yours: symbolizer_free().
 */
struct symbolizer *symbolizer_open(const char *vmlinux_path, struct err *err);
void symbolizer_free(struct symbolizer *s); /* NULL-safe */
bool symbolizer_has_lines(const struct symbolizer *s);

/*
 * Is there a function of this name in the kernel's source files? One that was inlined
 * wherever it is called has no symbol. Reads all of the DWARF, which takes seconds.
 */
bool symbolizer_has_source_function(struct symbolizer *s, const char *name);

/*
 * Names a module's .ko, which is opened when a frame marked [name] first asks
 * for it. `name` is the kernel's (dm_dust). Both are copied.
 */
void symbolizer_add_module(struct symbolizer *s, const char *name, const char *ko_path);
/* Modules that frames asked for and that have no symbols here, sorted, to `names`. */
void symbolizer_missing_modules(const struct symbolizer *s, struct strv *names);

/* "Kernel Offset: 0x1c000000": taken off raw addresses. Names need none. */
void symbolizer_set_offset(struct symbolizer *s, uint64_t kernel_offset);

/*
 * Looks up function+offset of a module (NULL: vmlinux). `size` is the figure
 * after the slash, 0: unknown; it picks one of several functions of that name.
 * `is_return` is true for the entries of a call trace: the address is the one
 * after the call, so offset - 1 is looked up. False when nothing is known.
 * *out is valid until the symbolizer is freed.
 */
bool symbolizer_find(struct symbolizer *s, const char *function, uint64_t offset, uint64_t size,
		     const char *module, bool is_return, struct symbol_place *out);

/* The same for a raw address of the running kernel; *function and *offset say where it is. */
bool symbolizer_find_address(struct symbolizer *s, uint64_t address, bool is_return,
			     const char **function, uint64_t *offset, struct symbol_place *out);

/* What a console line points at: `func+0x1a/0x40 [module]`, or a raw address. */
struct symbol_token {
	size_t start, end; /* its bytes in the line; module and "[<address>]" not in it */
	char *function;	   /* NULL: a raw address that is in no function */
	char *module;	   /* NULL: vmlinux */
	uint64_t offset, size;
	bool found; /* place is known */
	struct symbol_place place;
};

/*
 * The last place of a console line; false when it has none. Yours: symbol_token_clear().
 */
bool symbolizer_line_token(struct symbolizer *s, const char *line, size_t length,
			   struct symbol_token *token);
void symbol_token_clear(struct symbol_token *token);

/*
 * One console line in the shape of the kernel's scripts/decode_stacktrace.sh:
 * `func+0x1a/0x40` becomes `func (file:line caller-file:line)`, a `[<address>]`
 * before it goes. Other lines come back as they are. Yours, never NULL.
 */
char *symbolizer_line(struct symbolizer *s, const char *line, size_t length);

#endif
