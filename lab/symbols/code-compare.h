/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do code and addresses of two paired images mean the same? The parts of kernel-diff.c. */
#ifndef KLAB_SYMBOLS_CODE_COMPARE_H
#define KLAB_SYMBOLS_CODE_COMPARE_H

#include <capstone/capstone.h>

#include "base/str.h"
#include "symbols/code-image.h"

#define CODE_DEPTH_MAX 4

struct code_compare {
	struct code_image a, b;
	csh decoder;
	cs_insn *first, *second; /* room for an instruction of each */
	struct code_tables *tables;
	int depth; /* of constants that refer to constants */
};

/* code-refs.c: is what stands at x in the first image what stands at y in the second? */
bool code_refs_same(struct code_compare *c, uint64_t x, uint64_t y);
/* The same of an address whose content is read or written, which no end of an array is. */
bool code_accesses_same(struct code_compare *c, uint64_t x, uint64_t y);
/* The same of an address to which an index is added, that may point before an array. */
bool code_indexed_refs_same(struct code_compare *c, uint64_t x, uint64_t y);
/* Two tables of a switch in functions at these addresses: do their entries, one by one, agree? */
bool code_switch_tables_same(struct code_compare *c, uint64_t x, uint64_t y, uint64_t function_x,
			     uint64_t function_y);

/* code-body.c: the instructions of two pieces of code. */
bool code_bodies_same(struct code_compare *c, uint64_t x, uint64_t size_x, uint64_t y,
		      uint64_t size_y);
/* Code that has no symbol, up to where it surely goes elsewhere. */
bool code_snippets_same(struct code_compare *c, uint64_t x, uint64_t y);

/* code-tables.c: reads the tables of both; names of those that cannot be compared are added. */
struct code_tables *code_tables_read(struct code_compare *c, struct strv *not_compared);
void code_tables_free(struct code_tables *tables);
/* What the tables say of two pieces of code. */
bool code_tables_same(struct code_compare *c, uint64_t x, uint64_t size_x, uint64_t y,
		      uint64_t size_y);

#endif
