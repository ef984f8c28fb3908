// SPDX-License-Identifier: GPL-2.0-or-later
/* What an instruction, as gdb writes it, does to the flags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "machine/step-flags.h"

static void test_step_flags(void **state)
{
	static const struct {
		const char *inst;
		enum step_flags flags;
	} rows[] = {
		{ "push   %rbp", STEP_KEEPS_FLAG },
		{ "nopl   0x0(%rax,%rax,1)", STEP_KEEPS_FLAG },
		{ "call   0xffffffff81000030 <cli>", STEP_KEEPS_FLAG },
		{ "lock cmpxchg %edx,(%rdi)", STEP_KEEPS_FLAG },
		{ "ret", STEP_KEEPS_FLAG },
		{ "inc    %eax", STEP_KEEPS_FLAG },
		{ "clflush (%rdi)", STEP_KEEPS_FLAG },
		{ "ud2", STEP_KEEPS_FLAG },
		{ "", STEP_KEEPS_FLAG },
		{ "rep", STEP_KEEPS_FLAG },
		{ "cli", STEP_SETS_FLAG },
		{ "sti", STEP_SETS_FLAG },
		{ "popfq", STEP_SETS_FLAG },
		{ "rex.W iret", STEP_SETS_FLAG },
		{ "iretq", STEP_SETS_FLAG },
		{ "sysretq", STEP_SETS_FLAG },
		{ "pushf", STEP_PUSHES_FLAGS },
		{ "pushfq", STEP_PUSHES_FLAGS },
		{ "int3", STEP_TRAPS },
		{ "int    $0x80", STEP_TRAPS },
		{ "hlt", STEP_WAITS },
		{ "mwait  %eax,%ecx", STEP_WAITS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (step_flags_of(rows[i].inst) != rows[i].flags)
			fail_msg("%s: %d, not %d", rows[i].inst, (int)step_flags_of(rows[i].inst),
				 (int)rows[i].flags);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_step_flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
