// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Backwards from each place that hands a value over, along every path, to the instruction that
 * put it into its register.
 */
#include "case/bpf-values.h"

#include "base/str.h"

#define REGISTERS    16	   /* as many as an instruction can name */
#define MAX_INSNS    65536 /* more is nobody's test, and would take long */
#define LAST_SCRATCH 5	   /* a call leaves its result in r0, and nothing known up to r5 */

/* Look before instruction `at` for what is in the register. */
struct place {
	size_t at;
	unsigned int reg;
};

struct search {
	const struct bpf_insn *insns;
	size_t insn_count;
	bool *seen; /* of each place, at * REGISTERS + reg */
	struct place *todo;
	size_t count, capacity;
	struct bpf_values *values;
};

static void look_at(struct search *s, size_t at, unsigned int reg)
{
	bool *seen = &s->seen[at * REGISTERS + reg];

	if (!*seen)
		*vec_push(&s->todo, &s->count, &s->capacity) =
			(struct place){ .at = at, .reg = reg };
	*seen = true;
}

static void add_value(struct bpf_values *values, int64_t value)
{
	for (size_t i = 0; i < values->count; i++)
		if (values->items[i] == value)
			return;
	*vec_push(&values->items, &values->count, &values->capacity) = value;
}

static bool is_jump_class(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_JMP || BPF_CLASS(insn->code) == BPF_JMP32;
}

static bool is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL);
}

static bool is_exit(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_EXIT);
}

static bool jumps_to(const struct search *s, size_t from, size_t at)
{
	const struct bpf_insn *insn = &s->insns[from];
	bool is_long = insn->code == (BPF_JMP32 | BPF_JA);

	return is_jump_class(insn) && !is_call(insn) && !is_exit(insn) &&
	       (int64_t)from + 1 + (is_long ? insn->imm : insn->off) == (int64_t)at;
}

static bool falls_through(const struct bpf_insn *insn)
{
	return !is_exit(insn) && !(is_jump_class(insn) && BPF_OP(insn->code) == BPF_JA);
}

static bool overrides(const struct bpf_insn *insn)
{
	return is_call(insn) && !insn->src_reg && insn->imm == BPF_FUNC_override_return;
}

bool bpf_insns_override(const struct bpf_insn *insns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (overrides(&insns[i]))
			return true;
	return false;
}

/* The second half of a 64-bit load is no instruction of its own: 0. */
static bool is_load64(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

/* What was in memory before, for those that ask for it; cmpxchg leaves it in r0. */
static bool fetches_into(const struct bpf_insn *insn, unsigned int reg)
{
	bool is_atomic = BPF_CLASS(insn->code) == BPF_STX && BPF_MODE(insn->code) == BPF_ATOMIC;

	if (!is_atomic || !(insn->imm & BPF_FETCH))
		return false;
	return reg == (insn->imm == BPF_CMPXCHG ? BPF_REG_0 : insn->src_reg);
}

/* Does the instruction change the register; and to a number that stands in it? */
static bool sets_register(struct search *s, size_t at, unsigned int reg)
{
	const struct bpf_insn *insn = &s->insns[at];
	unsigned int class = BPF_CLASS(insn->code);
	bool is_alu = class == BPF_ALU || class == BPF_ALU64;

	if ((is_call(insn) && reg <= LAST_SCRATCH) || fetches_into(insn, reg)) {
		s->values->computed = true;
		return true;
	}
	if (insn->dst_reg != reg || (!is_alu && class != BPF_LDX && !is_load64(insn)))
		return false;
	if (is_load64(insn) && !insn->src_reg && at + 1 < s->insn_count)
		add_value(s->values,
			  (int64_t)(((uint64_t)(uint32_t)insn[1].imm << 32) | (uint32_t)insn->imm));
	else if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_K))
		add_value(s->values, insn->imm);
	else if (insn->code == (BPF_ALU | BPF_MOV | BPF_K))
		add_value(s->values, (uint32_t)insn->imm);
	else if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) && !insn->off)
		look_at(s, at, insn->src_reg);
	else
		s->values->computed = true;
	return true;
}

/* All ways by which one comes to the place. */
static void look_before(struct search *s, struct place place)
{
	/* The arguments of the program. */
	if (place.at == 0)
		s->values->computed = true;
	for (size_t from = 0; from < s->insn_count; from++) {
		bool comes = (from + 1 == place.at && falls_through(&s->insns[from])) ||
			     jumps_to(s, from, place.at);

		if (comes && !sets_register(s, from, place.reg))
			look_at(s, from, place.reg);
	}
}

void bpf_values_collect(const struct bpf_insn *insns, size_t count, bool returned,
			struct bpf_values *values)
{
	struct search s = { .insns = insns, .insn_count = count, .values = values };

	if (count > MAX_INSNS) {
		values->computed = true;
		return;
	}
	s.seen = xcalloc((count + 1) * REGISTERS, sizeof(*s.seen));
	for (size_t i = 0; i < count; i++) {
		values->calls |= is_call(&insns[i]) && insns[i].src_reg == BPF_PSEUDO_CALL;
		if (returned ? is_exit(&insns[i]) : overrides(&insns[i]))
			look_at(&s, i, returned ? BPF_REG_0 : BPF_REG_2);
	}
	while (s.count)
		look_before(&s, s.todo[--s.count]);
	free(s.todo);
	free(s.seen);
}

void bpf_values_clear(struct bpf_values *values)
{
	free(values->items);
	*values = (struct bpf_values){ 0 };
}
