// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One n, by ptrace(2). The n is set between the stop at the call's entry and the
 * one at its exit, so that nothing but the call counts: not the write of n itself,
 * which copies from user space, not the page faults of the program, and not the
 * read back, which copies to user space.
 */
#include "guest-init/fail-nth.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest-init/io.h"

#define SYSCALL_STOP (SIGTRAP | 0x80) /* PTRACE_O_TRACESYSGOOD */

/* Until the next stop or the end, which stays to be reaped. */
static int next_stop(pid_t pid, siginfo_t *info)
{
	int result;

	do
		result = waitid(P_PID, (id_t)pid, info, WEXITED | WSTOPPED | WNOWAIT);
	while (result < 0 && errno == EINTR);
	return result;
}

static bool has_ended(const siginfo_t *info)
{
	return info->si_code == CLD_EXITED || info->si_code == CLD_KILLED ||
	       info->si_code == CLD_DUMPED;
}

/* Takes a stop off, and says with which signal the program goes on. */
static int stop_signal(pid_t pid, bool *is_syscall)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*is_syscall = WIFSTOPPED(status) && WSTOPSIG(status) == SYSCALL_STOP;
	/* Stops for an event of ptrace are no signal. */
	return *is_syscall || status >> 16 ? 0 : WSTOPSIG(status);
}

/* Lets the program run to its next entry or exit of a system call. False: it ended before. */
static bool to_syscall(pid_t pid, struct __ptrace_syscall_info *info)
{
	int deliver = 0;
	bool is_syscall;
	siginfo_t stop;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, deliver) || next_stop(pid, &stop) ||
		    has_ended(&stop))
			return false;
		deliver = stop_signal(pid, &is_syscall);
		if (is_syscall)
			return ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(*info), info) > 0;
	}
}

static bool to_entry(pid_t pid, const struct nth_program *program)
{
	struct __ptrace_syscall_info info;
	uint32_t seen = 0;

	while (to_syscall(pid, &info))
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY &&
		    info.entry.nr == (uint64_t)program->number && ++seen == program->at)
			return true;
	return false;
}

/* Lets it go, signals and all, until it ends. */
static int to_end(pid_t pid)
{
	int deliver = 0;
	bool is_syscall;
	siginfo_t stop;
	int status = 0;

	while (ptrace(PTRACE_CONT, pid, NULL, deliver) == 0 && next_stop(pid, &stop) == 0 &&
	       !has_ended(&stop))
		deliver = stop_signal(pid, &is_syscall);
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static int fail(const char **why, const char *text)
{
	*why = text;
	return -1;
}

/* From the entry of the call to its return, or to the end of the program. */
static int through_call(pid_t pid, uint32_t n, struct nth_outcome *outcome, const char **why)
{
	struct __ptrace_syscall_info info;
	char path[PATH_MAX];
	int64_t left;

	snprintf(path, sizeof(path), "/proc/%d/fail-nth", (int)pid);
	if (io_write_number(path, n))
		return fail(why, errno == ENOENT ? "the kernel needs FAULT_INJECTION: no fail-nth"
						 : "write fail-nth");
	outcome->returned = to_syscall(pid, &info) && info.op == PTRACE_SYSCALL_INFO_EXIT;
	if (outcome->returned)
		outcome->result = info.exit.rval;
	/* Of a program that has died as well: it is still to be reaped. */
	if (io_read_number(path, &left))
		return fail(why, "read fail-nth");
	outcome->injected = left == 0;
	if (outcome->returned && io_write_number(path, 0))
		return fail(why, "clear fail-nth");
	return 0;
}

static int trace(pid_t pid, const struct nth_program *program, struct nth_outcome *outcome,
		 const char **why)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC;
	bool is_syscall;
	siginfo_t stop;

	if (next_stop(pid, &stop) || has_ended(&stop))
		return fail(why, "the program ended before it began");
	stop_signal(pid, &is_syscall);
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, options))
		return fail(why, "trace the program");
	if (!to_entry(pid, program)) {
		errno = 0;
		return fail(why, "the program ended before it made the call");
	}
	return through_call(pid, outcome->n, outcome, why);
}

int nth_run(const struct nth_program *program, uint32_t n, struct nth_outcome *outcome,
	    const char **why)
{
	/* Telling the parent of a stop by a signal would take memory in the middle of the call. */
	const struct sigaction quiet = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP };
	int result, saved;
	pid_t pid;

	*outcome = (struct nth_outcome){ .n = n };
	sigaction(SIGCHLD, &quiet, NULL);
	pid = fork();
	if (pid < 0)
		return fail(why, "start the program");
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
			_exit(126);
		_exit(program->main(program->argument));
	}
	result = trace(pid, program, outcome, why);
	saved = errno;
	outcome->status = to_end(pid);
	errno = saved;
	return result;
}
