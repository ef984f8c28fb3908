// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/siginfo.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest-init/signals.h"
#include "guest-init/tasks.h"

_Static_assert(sizeof(struct siginfo_record) == SIGINFO_BYTES, "found by its stack's address");

const char *siginfo_code_name(int number, int code)
{
	static const struct {
		int number, code; /* number 0: of any signal */
		const char *name;
	} names[] = {
		{ SIGBUS, BUS_ADRALN, "BUS_ADRALN" },
		{ SIGBUS, BUS_ADRERR, "BUS_ADRERR" },
		{ SIGBUS, BUS_OBJERR, "BUS_OBJERR" },
		{ SIGBUS, BUS_MCEERR_AR, "BUS_MCEERR_AR" },
		{ SIGBUS, BUS_MCEERR_AO, "BUS_MCEERR_AO" },
		{ SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR" },
		{ SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR" },
		{ 0, SI_USER, "SI_USER" },
		{ 0, SI_TKILL, "SI_TKILL" },
		{ 0, SI_KERNEL, "SI_KERNEL" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((!names[i].number || names[i].number == number) && names[i].code == code)
			return names[i].name;
	return NULL;
}

struct siginfo_record *siginfo_new(struct guest *g)
{
	char *memory = task_shared_memory(g, 2 * SIGINFO_BYTES);

	if (!memory)
		return NULL;
	return (void *)(memory +
			(SIGINFO_BYTES - (uintptr_t)memory % SIGINFO_BYTES) % SIGINFO_BYTES);
}

/*
 * Touches no memory of the task's own, for that may be what is lost: the C library
 * would, but for bare system calls. The signal is blocked in here, so what kill()
 * sends comes when this returns: the task dies before it can try the same again.
 */
static void on_signal(int number, siginfo_t *info, void *context)
{
	struct siginfo_record *record =
		(void *)((uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)(SIGINFO_BYTES - 1));

	(void)context;
	record->code = info->si_code;
	record->address = (uintptr_t)info->si_addr;
	record->number = number;
	syscall(SYS_kill, (long)syscall(SYS_getpid), number);
}

void siginfo_catch(struct siginfo_record *record)
{
	const stack_t stack = { .ss_sp = record->stack, .ss_size = sizeof(record->stack) };
	struct sigaction action = { .sa_sigaction = on_signal,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND };

	sigaltstack(&stack, NULL);
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
}

void siginfo_result(const struct siginfo_record *record, struct frame_writer *f)
{
	const char *name = siginfo_code_name(record->number, record->code);
	char text[24];

	if (!record->number)
		return;
	frame_str(f, "signal", signal_name(record->number));
	snprintf(text, sizeof(text), "%d", record->code);
	frame_str(f, "si_code", name ? name : text);
	snprintf(text, sizeof(text), "0x%" PRIx64, record->address);
	frame_str(f, "si_address", text);
}
