// SPDX-License-Identifier: GPL-2.0-or-later
/* Which values a BPF program makes a function return, by its instructions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "case/bpf-values.h"

#define INSN(c, dst, src, o, i)                                                                    \
	{                                                                                          \
		.code = (c), .dst_reg = (dst), .src_reg = (src), .off = (o), .imm = (i)            \
	}
#define SET(reg, value)	  INSN(BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, value)
#define SET32(reg, value) INSN(BPF_ALU | BPF_MOV | BPF_K, reg, 0, 0, value)
#define COPY(to, from)	  INSN(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0)
#define ADD(reg, value)	  INSN(BPF_ALU64 | BPF_ADD | BPF_K, reg, 0, 0, value)
#define LOAD(to, from)	  INSN(BPF_LDX | BPF_MEM | BPF_DW, to, from, 0, 0)
#define IF_ZERO(reg, to)  INSN(BPF_JMP | BPF_JEQ | BPF_K, reg, 0, to, 0)
#define CALL(helper)	  INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define CALL_OWN	  INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0)
#define ATOMIC(with, op)  INSN(BPF_STX | BPF_ATOMIC | BPF_DW, 10, with, -8, op)
#define OVERRIDE	  CALL(BPF_FUNC_override_return)
#define EXIT		  INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

static const struct row {
	const char *name;
	struct bpf_insn insns[8];
	size_t count;
	bool returned;
	int64_t values[3];
	size_t value_count;
	bool computed, calls;
} rows[] = {
	{ "nothing", { SET(2, -5), SET(0, 0), EXIT }, 3, false, { 0 }, 0, false, false },
	{ "a number", { SET(2, -5), OVERRIDE, SET(0, 0), EXIT }, 4, false, { -5 }, 1 },
	{ "32 bits of it", { SET32(2, -5), OVERRIDE, EXIT }, 3, false, { 4294967291 }, 1 },
	{ "a long number",
	  { INSN(BPF_LD | BPF_IMM | BPF_DW, 2, 0, 0, -5), INSN(0, 0, 0, 0, -1), OVERRIDE, EXIT },
	  4,
	  false,
	  { -5 },
	  1 },
	{ "one from elsewhere", { SET(6, 1), COPY(2, 6), OVERRIDE, EXIT }, 4, false, { 1 }, 1 },
	{ "of two ways one",
	  { SET(2, -5), IF_ZERO(1, 1), SET(2, -12), OVERRIDE, EXIT },
	  5,
	  false,
	  { -12, -5 },
	  2 },
	{ "of two calls one each",
	  { SET(2, -5), OVERRIDE, SET(2, -12), OVERRIDE, EXIT },
	  5,
	  false,
	  { -5, -12 },
	  2 },
	{ "a sum", { SET(2, -5), ADD(2, 1), OVERRIDE, EXIT }, 4, false, { 0 }, 0, true },
	{ "from memory", { LOAD(2, 1), OVERRIDE, EXIT }, 3, false, { 0 }, 0, true },
	{ "an argument", { OVERRIDE, EXIT }, 2, false, { 0 }, 0, true },
	{ "what a helper leaves",
	  { SET(2, -5), CALL(7), OVERRIDE, EXIT },
	  4,
	  false,
	  { 0 },
	  0,
	  true },
	{ "what was in memory",
	  { SET(2, -5), ATOMIC(2, BPF_XCHG), OVERRIDE, EXIT },
	  4,
	  false,
	  { 0 },
	  0,
	  true },
	{ "what is only added to memory",
	  { SET(2, -5), ATOMIC(2, BPF_ADD), OVERRIDE, EXIT },
	  4,
	  false,
	  { -5 },
	  1 },
	{ "what it returns", { SET(0, -1), EXIT }, 2, true, { -1 }, 1 },
	{ "what cmpxchg found",
	  { SET(0, -1), ATOMIC(2, BPF_CMPXCHG), EXIT },
	  3,
	  true,
	  { 0 },
	  0,
	  true },
	{ "what cmpxchg put there",
	  { SET(2, -5), ATOMIC(2, BPF_CMPXCHG), OVERRIDE, EXIT },
	  4,
	  false,
	  { -5 },
	  1 },
	{ "what its function returns", { CALL_OWN, EXIT }, 2, true, { 0 }, 0, true, true },
	{ "a function of its own", { CALL_OWN, SET(0, 0), EXIT }, 3, false, { 0 }, 0, false, true },
};

static bool has(const struct bpf_values *values, int64_t value)
{
	for (size_t i = 0; i < values->count; i++)
		if (values->items[i] == value)
			return true;
	return false;
}

static void test_bpf_values(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct bpf_values values = { 0 };

		bpf_values_collect(row->insns, row->count, row->returned, &values);
		if (values.count != row->value_count || values.computed != row->computed ||
		    values.calls != row->calls)
			fail_msg("%s: %zu values%s%s", row->name, values.count,
				 values.computed ? ", computed ones" : "",
				 values.calls ? ", calls" : "");
		for (size_t k = 0; k < row->value_count; k++)
			if (!has(&values, row->values[k]))
				fail_msg("%s: no %lld", row->name, (long long)row->values[k]);
		bpf_values_clear(&values);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bpf_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
