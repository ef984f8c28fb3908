// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rust's symbols, both manglings (v0 and the older one that looks like C++'s), by
 * libiberty's rust_demangle_callback(). Names come from the console: v0 lets a
 * name of 500 bytes expand without end, so that what is longer than its buffer is
 * given up by a jump out of the library's printing.
 */
#include <setjmp.h>
#include <string.h>

#include <libiberty/demangle.h>
#undef ARRAY_SIZE /* ours is the same */

#include "report/internal.h"

#define MANGLED_MAX 512u /* the kernel's own KSYM_NAME_LEN */

struct plain {
	char *out;
	size_t length, size;
	jmp_buf full;
};

static void take_text(const char *text, size_t n, void *opaque)
{
	struct plain *p = opaque;

	if (n >= p->size - p->length)
		longjmp(p->full, 1);
	memcpy(p->out + p->length, text, n);
	p->length += n;
}

/*
 * "_R" of v0, "_ZN" of the older one. Not names with letters beyond ASCII ("u" before
 * the length): decoding them, the library holds memory that the jump would lose.
 */
static bool looks_mangled(struct span symbol)
{
	if (symbol.n < 6 || symbol.n >= MANGLED_MAX || symbol.p[0] != '_')
		return false;
	if (span_starts(symbol, "_ZN"))
		return is_digit(symbol.p[3]);
	if (symbol.p[1] != 'R')
		return false;
	for (size_t i = 2; i + 1 < symbol.n; i++)
		if (symbol.p[i] == 'u' && is_digit(symbol.p[i + 1]))
			return false;
	return true;
}

bool symbol_demangle(struct span symbol, char *out, size_t size)
{
	struct plain p = { .out = out, .size = size };
	char name[MANGLED_MAX];
	const char *dot = symbol.n ? memchr(symbol.p, '.', symbol.n) : NULL;

	/* ".cold", ".llvm.123" */
	if (dot)
		symbol.n = dot - symbol.p;
	if (!looks_mangled(symbol))
		return false;
	memcpy(name, symbol.p, symbol.n);
	name[symbol.n] = '\0';
	if (setjmp(p.full) || !rust_demangle_callback(name, 0, take_text, &p))
		return false;
	out[p.length] = '\0';
	return p.length > 0;
}
