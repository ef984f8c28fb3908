// SPDX-License-Identifier: GPL-2.0-or-later
/* Where an instruction, as gdb writes it, leads to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "machine/step-past.h"

static void test_step_past(void **state)
{
	static const struct {
		const char *inst;
		const char *places[STEP_PLACES];
	} rows[] = {
		{ "push   %rbp", { "*0x12" } },
		{ "nopl   0x0(%rax,%rax,1)", { "*0x12" } },
		{ "endbr64", { "*0x12" } },
		{ "pushf", { "*0x12" } },
		{ "cli", { "*0x12" } },
		{ "rep stos %al,%es:(%rdi)", { "*0x12" } },
		{ "lock cmpxchg %edx,(%rdi)", { "*0x12" } },
		{ "je     0xffffffff81000030 <f+32>", { "*0xffffffff81000030", "*0x12" } },
		{ "jmp    0xffffffff81000030 <f+32>", { "*0xffffffff81000030" } },
		{ "call   0xffffffff81000030 <g>", { "*0xffffffff81000030" } },
		{ "bnd call 0x30", { "*0x30" } },
		{ "callq  0x30 <g>", { "*0x30" } },
		{ "jmpq   0x30 <g>", { "*0x30" } },
		{ "loop   0x30 <f>", { "*0x30", "*0x12" } },
		{ "ret", { "**(unsigned long *)$rsp" } },
		{ "repz ret", { "**(unsigned long *)$rsp" } },
		{ "retq", { "**(unsigned long *)$rsp" } },
		{ "jmp    *%rax", { NULL } },
		{ "notrack jmp *%rax", { NULL } },
		{ "call   *0x10(%rax)", { NULL } },
		{ "iretq", { NULL } },
		{ "rex.W iret", { NULL } },
		{ "sysretq", { NULL } },
		{ "hlt", { NULL } },
		{ "ud2", { NULL } },
		{ "int3", { NULL } },
		{ "", { NULL } },
		{ "rep", { NULL } },
		{ "je", { NULL } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *places[STEP_PLACES] = { NULL };
		size_t count = step_past(rows[i].inst, "0x12", places);

		for (size_t k = 0; k < STEP_PLACES; k++) {
			const char *expected = rows[i].places[k];

			if (k >= count ? expected != NULL : !str_eq(places[k], expected))
				fail_msg("%s: %s, not %s", rows[i].inst,
					 k < count ? places[k] : "nothing",
					 expected ? expected : "nothing");
			if (k < count)
				free(places[k]);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_step_past),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
