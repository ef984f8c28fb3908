// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The step bpf_object: programs that a user compiled. libbpf loads and attaches them,
 * in a program of its own (bpf-loader/main.c has what it says); init takes copies of
 * what it holds open, and ends it. So nothing that a fault may hit stands between here
 * and the programs, and closing is detaching.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest-init/bpf.h"
#include "guest-init/faults.h"
#include "guest-init/kprobes.h"
#include "guest-init/panic.h"
#include "guest-init/tasks.h"
#include "guest-init/verbs.h"

#define LOADER		"/klab/bin/bpf-loader"
#define LOAD_TIMEOUT_MS 30000
#define SAID_MAX_BYTES	32768

/* One program of an object; descriptors, -1: none. */
struct attached {
	int program, link;
	char name[128], section[200];
};

struct loader {
	const char *object, *program;
	int said; /* its standard output's other end */
	int pidfd;
	struct task *task;
	char text[SAID_MAX_BYTES]; /* what it said so far */
	size_t length;
};

/* ---- the account of a program ---- */

static int attached_count(struct guest *g, struct fault *fault)
{
	const struct attached *a = fault->context;
	uint64_t runs;

	(void)g;
	if (bpf_program_runs(a->program, &runs)) {
		guest_say("how often %s ran: %s", a->name, strerror(errno));
		return -1;
	}
	fault->fired = (int64_t)runs;
	return 0;
}

/* The program itself is kept: its count is asked for once more. */
static int attached_disarm(struct guest *g, struct fault *fault)
{
	struct attached *a = fault->context;
	int result = a->link < 0 ? 0 : close(a->link);

	(void)g;
	a->link = -1;
	return result;
}

static void attached_release(struct fault *fault)
{
	struct attached *a = fault->context;

	close(a->program);
	free(a);
	fault->context = NULL;
	fault->how = NULL;
}

static const struct fault_ops attached_ops = { attached_count, attached_disarm, attached_release };

/* ---- the loader ---- */

/* In the child. */
static int loader_main(void *argument)
{
	const struct loader *loader = argument;
	const char *argv[] = { LOADER, loader->object, loader->program, NULL };

	if (dup2(loader->said, STDOUT_FILENO) >= 0)
		execv(LOADER, (char *const *)argv);
	guest_say("exec %s: %s", LOADER, strerror(errno));
	return TASK_EXIT_NO_EXEC;
}

static int loader_start(struct guest *g, const struct plan_step *step, struct loader *loader)
{
	const struct task_spec spec = { .main = loader_main, .argument = loader };
	int pipes[2];

	if (access(LOADER, X_OK))
		return step_fail(g, errno, LOADER);
	if (pipe2(pipes, O_CLOEXEC) || fcntl(pipes[0], F_SETFL, O_NONBLOCK))
		return step_fail(g, errno, "a pipe to " LOADER);
	loader->said = pipes[1];
	loader->task = task_start(g, step, &spec);
	close(pipes[1]);
	loader->said = pipes[0];
	if (!loader->task)
		return -1;
	loader->pidfd = (int)syscall(SYS_pidfd_open, loader->task->pid, 0);
	return loader->pidfd < 0
		       ? step_fail(g, errno,
				   "pidfd_open of " LOADER " (the kernel needs Linux 5.8)")
		       : 0;
}

static bool loader_said_all(const struct loader *loader)
{
	return strncmp(loader->text, "error ", 6) == 0 || strstr(loader->text, "\nready\n") ||
	       strncmp(loader->text, "ready\n", 6) == 0;
}

/* Reads what the loader says until it is ready, or said why it cannot be. */
static int loader_listen(struct guest *g, struct loader *loader)
{
	const uint64_t deadline_ns = frame_clock_ns() + LOAD_TIMEOUT_MS * 1000000ull;
	bool ended = false;

	while (!loader_said_all(loader)) {
		ssize_t n = read(loader->said, loader->text + loader->length,
				 sizeof(loader->text) - 1 - loader->length);

		if (n > 0) {
			loader->length += (size_t)n;
			loader->text[loader->length] = '\0';
			continue;
		}
		if (loader->length == sizeof(loader->text) - 1)
			return step_fail(g, E2BIG, "what " LOADER " says");
		/* Once more after its end: it may have spoken before that. */
		if (ended)
			return step_fail(g, 0, LOADER ": %s", task_ending(loader->task));
		if (frame_clock_ns() > deadline_ns)
			return step_fail(g, ETIMEDOUT, "load %s", loader->object);
		ended = loader->task->ended;
		guest_pause_ms(g, 2);
	}
	if (strncmp(loader->text, "error ", 6) != 0)
		return 0;
	loader->text[strcspn(loader->text, "\n")] = '\0';
	return step_fail(g, 0, "%s", loader->text + 6);
}

/* A copy of a descriptor of the loader. */
static int loader_take_fd(const struct loader *loader, int fd)
{
	return (int)syscall(SYS_pidfd_getfd, loader->pidfd, fd, 0);
}

static void loader_end(struct guest *g, struct loader *loader)
{
	if (loader->pidfd >= 0)
		close(loader->pidfd);
	if (loader->said >= 0)
		close(loader->said);
	if (loader->task)
		task_drop(g, loader->task);
}

/* ---- arming ---- */

/* "program PROGRAM-FD LINK-FD NAME SECTION" becomes an account. */
static int arm_program(struct guest *g, const struct plan_step *step, const struct loader *loader,
		       const char *line)
{
	struct attached *a = calloc(1, sizeof(*a));
	struct fault *fault;
	int program, link;

	if (!a || sscanf(line, "program %d %d %127s %199[^\n]", &program, &link, a->name,
			 a->section) != 4) {
		free(a);
		return step_fail(g, 0, LOADER " said: %.*s", (int)strcspn(line, "\n"), line);
	}
	a->program = loader_take_fd(loader, program);
	a->link = loader_take_fd(loader, link);
	if (a->program < 0 || a->link < 0) {
		step_fail(g, errno, "take over %s (the kernel needs Linux 5.8)", a->name);
		free(a);
		return -1;
	}
	fault = fault_open(g, step, "bpf_object", a->name, &attached_ops, a);
	if (!fault) {
		free(a);
		return -1;
	}
	fault->how = a->section;
	fault_armed(g, fault);
	return 0;
}

static int object_arm(struct guest *g, const struct plan_step *step, struct loader *loader)
{
	if (loader_start(g, step, loader) || loader_listen(g, loader))
		return -1;
	for (const char *line = loader->text; strncmp(line, "ready\n", 6) != 0;
	     line += strcspn(line, "\n") + 1)
		if (arm_program(g, step, loader, line))
			return -1;
	return 0;
}

/* Has programs counted, once and for good, and their probes sit so that an override works. */
static int object_prepare(struct guest *g)
{
	static int counting = -1;

	if (counting < 0)
		counting = bpf_stats_enable();
	if (counting < 0)
		return step_fail(g, errno,
				 "have BPF programs counted (the kernel needs BPF_SYSCALL, and "
				 "Linux 5.8)");
	if (kprobes_keep_plain())
		return step_fail(g, errno, "write 0 into " KPROBES_OPTIMIZATION);
	return 0;
}

int verb_bpf_object(struct guest *g, const struct plan_step *step)
{
	static struct loader loader;
	int result;

	loader = (struct loader){ .object = step_need(g, step, "object"),
				  .program = plan_arg(step, "program"),
				  .said = -1,
				  .pidfd = -1 };
	if (!loader.object || object_prepare(g))
		return -1;
	result = object_arm(g, step, &loader);
	loader_end(g, &loader);
	return result;
}
