// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two pieces of code, instruction by instruction: all bytes alike but those of an
 * address, and the addresses refer to the same.
 */
#include "symbols/code-compare.h"

/* From here on a number is rather a per-CPU variable than an offset. */
#define PERCPU_LEAST 0x4000
#define KERNEL_MAP   0xffffffff80000000 /* physical address 0 of the kernel's code model */
#define SNIPPET_MAX  16			/* instructions */

/* One of an instruction's two fields that may hold an address. */
struct field {
	size_t offset, size; /* bytes in the instruction; size 0: it has none */
	uint64_t value;
	bool is_relative; /* told from the instruction's own address */
	bool is_access, is_indexed, is_percpu, is_switch;
};

struct fields {
	struct field displacement, immediate;
};

struct piece {
	uint64_t start, size; /* of the code it is in */
	uint64_t address;     /* of the instruction */
	const uint8_t *bytes;
	size_t left;
};

static uint64_t read_signed(const uint8_t *bytes, size_t size)
{
	int32_t narrow;
	uint64_t wide;

	if (size == 8) {
		memcpy(&wide, bytes, sizeof(wide));
		return wide;
	}
	if (size == 1)
		return (uint64_t)(int8_t)bytes[0];
	if (size != 4)
		return 0;
	memcpy(&narrow, bytes, sizeof(narrow));
	return (uint64_t)narrow;
}

static const cs_x86_op *memory_operand(const cs_x86 *x86)
{
	for (size_t i = 0; i < x86->op_count; i++)
		if (x86->operands[i].type == X86_OP_MEM)
			return &x86->operands[i];
	return NULL;
}

static void find_displacement(const cs_insn *insn, struct field *f)
{
	const cs_x86 *x86 = &insn->detail->x86;
	const cs_x86_op *op = memory_operand(x86);

	f->size = x86->encoding.disp_offset ? x86->encoding.disp_size : 0;
	/* Of an operand of 16 bits the decoder says 2, which addresses of 64 bits do not have. */
	if (f->size == 2)
		f->size = 4;
	f->offset = x86->encoding.disp_offset;
	if (!op || (f->size != 4 && f->size != 8) || f->offset + f->size > insn->size) {
		f->size = 0;
		return;
	}
	f->value = read_signed(insn->bytes + f->offset, f->size);
	f->is_relative = op->mem.base == X86_REG_RIP;
	if (f->is_relative)
		f->value += insn->address + insn->size;
	f->is_access = insn->id != X86_INS_LEA;
	f->is_indexed = !f->is_relative &&
			(op->mem.base != X86_REG_INVALID || op->mem.index != X86_REG_INVALID);
	/* With an index it may be a member of what was allocated for each CPU. */
	f->is_percpu =
		op->mem.segment == X86_REG_GS && (!f->is_indexed || f->value >= PERCPU_LEAST);
	f->is_switch = op->mem.index != X86_REG_INVALID && op->mem.scale == 8;
}

static bool is_branch(const cs_insn *insn)
{
	for (size_t i = 0; i < insn->detail->groups_count; i++)
		if (insn->detail->groups[i] == X86_GRP_BRANCH_RELATIVE)
			return true;
	return false;
}

/* Of a mask of bits, that may look like an address. */
static bool is_mask(const cs_insn *insn)
{
	return insn->id == X86_INS_TEST || insn->id == X86_INS_AND || insn->id == X86_INS_OR ||
	       insn->id == X86_INS_XOR;
}

static void find_immediate(const cs_insn *insn, struct field *f)
{
	const cs_x86 *x86 = &insn->detail->x86;

	f->offset = x86->encoding.imm_offset;
	f->size = f->offset ? x86->encoding.imm_size : 0;
	f->is_relative = is_branch(insn);
	if (f->is_relative && !f->size) {
		/* The decoder does not say where: it is the end of the instruction. */
		f->size = insn->size > 4 ? 4 : 1;
		f->offset = insn->size - f->size;
	}
	if (f->offset + f->size > insn->size || is_mask(insn) ||
	    (f->size != 4 && f->size != 8 && !f->is_relative)) {
		f->size = 0;
		return;
	}
	f->value = read_signed(insn->bytes + f->offset, f->size);
	if (f->is_relative)
		f->value += insn->address + insn->size;
}

static void find_fields(const cs_insn *insn, struct fields *f)
{
	*f = (struct fields){ 0 };
	find_displacement(insn, &f->displacement);
	find_immediate(insn, &f->immediate);
}

static bool in_field(const struct field *f, size_t offset)
{
	return offset - f->offset < f->size;
}

static bool rest_same(const cs_insn *x, const cs_insn *y, const struct fields *f)
{
	if (x->size != y->size)
		return false;
	for (size_t i = 0; i < x->size; i++)
		if (x->bytes[i] != y->bytes[i] && !in_field(&f->displacement, i) &&
		    !in_field(&f->immediate, i))
			return false;
	return true;
}

/*
 * Per-CPU variables are linked at small numbers. Where no segment register says
 * that it is one, a small constant is taken for what it is.
 */
static bool percpu_same(struct code_compare *c, const struct field *x, const struct field *y)
{
	const struct code_symbol *s, *t;

	if (x->value - c->a.percpu_low >= c->a.percpu_high - c->a.percpu_low ||
	    y->value - c->b.percpu_low >= c->b.percpu_high - c->b.percpu_low)
		return false;
	if (!x->is_percpu && (x->value < PERCPU_LEAST || y->value < PERCPU_LEAST))
		return false;
	s = code_image_around(&c->a, x->value);
	t = code_image_around(&c->b, y->value);
	return s && t && s->pair == t && x->value - s->address == y->value - t->address;
}

/* No addresses of the image, but they may be of per-CPU variables, or physical ones. */
static bool numbers_same(struct code_compare *c, const struct field *x, const struct field *y)
{
	uint64_t v = x->value + KERNEL_MAP, w = y->value + KERNEL_MAP;

	if (x->value == y->value)
		return true;
	if (code_image_has(&c->a, v) && code_image_has(&c->b, w))
		return code_refs_same(c, v, w);
	return percpu_same(c, x, y);
}

static bool fields_same(struct code_compare *c, const struct piece *p, const struct field *x,
			const struct piece *q, const struct field *y)
{
	if (x->size != y->size || x->is_relative != y->is_relative)
		return false;
	if (!x->size)
		return true;
	/* Its own code. */
	if (x->value - p->start < p->size)
		return x->value - p->start == y->value - q->start;
	if (x->is_percpu && c->a.percpu_high)
		return percpu_same(c, x, y);
	if (!x->is_relative && !code_image_has(&c->a, x->value) && !code_image_has(&c->b, y->value))
		return numbers_same(c, x, y);
	if (x->is_switch && !code_image_around(&c->a, x->value) &&
	    code_switch_tables_same(c, x->value, y->value, p->start, q->start))
		return true;
	if (x->is_indexed)
		return code_indexed_refs_same(c, x->value, y->value);
	return x->is_access ? code_accesses_same(c, x->value, y->value)
			    : code_refs_same(c, x->value, y->value);
}

static bool decode(struct code_compare *c, struct piece *p, cs_insn *insn)
{
	return cs_disasm_iter(c->decoder, &p->bytes, &p->left, &p->address, insn);
}

static bool is_label(const struct code_image *image, uint64_t address)
{
	size_t i = code_image_from(image, address);

	return i < image->symbol_count && image->symbols[i].address == address;
}

/* If one of them is a symbol, both are the same one. */
static bool maybe_symbols_same(struct code_compare *c, uint64_t x, uint64_t y)
{
	const struct field v = { .value = x }, w = { .value = y };

	if (!is_label(&c->a, x) && !is_label(&c->b, y))
		return true;
	if (code_image_has(&c->a, x) || code_image_has(&c->b, y))
		return code_refs_same(c, x, y);
	return x < PERCPU_LEAST || y < PERCPU_LEAST || percpu_same(c, &v, &w);
}

/* What may be a call or a pointer, anywhere in it: does it go to the same? */
static bool may_refer_same(struct code_compare *c, const struct piece *p, const struct piece *q,
			   size_t i)
{
	uint64_t x = read_signed(p->bytes + i, 4), y = read_signed(q->bytes + i, 4);

	return maybe_symbols_same(c, x, y) &&
	       maybe_symbols_same(c, x + p->address + i + 4, y + q->address + i + 4);
}

/* The bytes from i on differ, or some before them: is it for a reference that moved? Its end; 0:
 * no. */
static size_t moved_end(struct code_compare *c, const struct piece *p, const struct piece *q,
			size_t i)
{
	for (size_t start = i < 3 ? 0 : i - 3; start <= i && start + 4 <= p->left; start++) {
		uint64_t x = read_signed(p->bytes + start, 4), y = read_signed(q->bytes + start, 4);

		if (code_refs_same(c, x, y))
			return start + 4;
		x += p->address + start + 4;
		y += q->address + start + 4;
		/* Between the reference and the end of its instruction a constant may stand. */
		for (size_t constant = 0; constant <= 4; constant++)
			if (code_refs_same(c, x + constant, y + constant))
				return start + 4;
	}
	return 0;
}

/*
 * What begins with an instruction that the decoder does not know, up to the end:
 * where the next one starts, nobody can say.
 */
static bool rests_same(struct code_compare *c, struct piece *p, struct piece *q)
{
	if (p->left != q->left)
		return false;
	for (size_t i = 0; i < p->left;) {
		size_t end = i + 1;

		if (p->bytes[i] != q->bytes[i])
			end = moved_end(c, p, q, i);
		else if (i + 4 <= p->left && !may_refer_same(c, p, q, i))
			return false;
		if (!end)
			return false;
		i = end;
	}
	p->left = q->left = 0;
	return true;
}

/* One instruction of each; false: they differ. *last: it never goes on to the next one. */
static bool step_same(struct code_compare *c, struct piece *p, struct piece *q, bool *last)
{
	struct fields x, y;
	bool known = decode(c, p, c->first);

	if (decode(c, q, c->second) != known)
		return false;
	if (!known)
		return p->size && rests_same(c, p, q);
	find_fields(c->first, &x);
	find_fields(c->second, &y);
	*last = c->first->id == X86_INS_JMP || c->first->id == X86_INS_RET;
	return rest_same(c->first, c->second, &x) &&
	       fields_same(c, p, &x.displacement, q, &y.displacement) &&
	       fields_same(c, p, &x.immediate, q, &y.immediate);
}

static bool piece_at(const struct code_image *image, uint64_t address, uint64_t size,
		     struct piece *p)
{
	size_t length;

	*p = (struct piece){ .start = address, .size = size, .address = address };
	p->bytes = code_image_bytes(image, address, &length);
	p->left = size;
	return p->bytes && length >= size;
}

bool code_bodies_same(struct code_compare *c, uint64_t x, uint64_t size_x, uint64_t y,
		      uint64_t size_y)
{
	struct piece p, q;
	bool last;

	if (size_x != size_y || !piece_at(&c->a, x, size_x, &p) || !piece_at(&c->b, y, size_y, &q))
		return false;
	while (p.left && q.left)
		if (!step_same(c, &p, &q, &last))
			return false;
	return p.left == q.left;
}

bool code_snippets_same(struct code_compare *c, uint64_t x, uint64_t y)
{
	struct piece p, q;
	size_t have_x, have_y;
	bool last = false;

	code_image_bytes(&c->a, x, &have_x);
	code_image_bytes(&c->b, y, &have_y);
	if (!piece_at(&c->a, x, have_x, &p) || !piece_at(&c->b, y, have_y, &q))
		return false;
	/* Nothing here is in a function: only what is jumped to tells. */
	p.size = q.size = 0;
	for (int n = 0; n < SNIPPET_MAX && !last; n++)
		if (!step_same(c, &p, &q, &last))
			break;
	return last;
}
