// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest's init: a list of stages. Each does its part or, when the guest
 * cannot be used without it, ends the machine with a line on the console.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "guest-init/case-marks.h"
#include "guest-init/cgroups.h"
#include "guest-init/chance.h"
#include "guest-init/errno-name.h"
#include "guest-init/io.h"
#include "guest-init/kernel-log.h"
#include "guest-init/mounts.h"
#include "guest-init/panic.h"
#include "guest-init/port.h"
#include "guest-init/steps.h"
#include "guest-init/tasks.h"

#define PLAN_PATH	"/klab/plan"
#define TAINTED_PATH	"/proc/sys/kernel/tainted"
#define SYNC_TIMEOUT_MS 20000

/* No pages of init may go to the swap that a case makes fail, and the OOM killer must pass it by.
 */
static void stage_protect(struct guest *g)
{
	int fd;

	/* Without a console init starts with no descriptors: none of ours may be 0 to 2. */
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	guest_catch_fatal();
	tasks_init(g);
	/* On fault: what is never touched need not be there (since Linux 4.4; before, all of it).
	 */
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) && mlockall(MCL_CURRENT | MCL_FUTURE))
		guest_say("mlockall: %s: init may be swapped out", strerror(errno));
}

static void stage_mounts(struct guest *g)
{
	const char *what;

	if (mounts_make(&what))
		guest_die("mount %s: %s", what, strerror(errno));
	g->oom_protected = io_write_value("/proc/self/oom_score_adj", "-1000", 0) == 0;
	if (!g->oom_protected)
		guest_say("oom_score_adj: %s", strerror(errno));
}

static void stage_plan(struct guest *g)
{
	struct plan_error error;
	char *bytes;
	size_t length;

	bytes = io_read_file(PLAN_PATH, PLAN_MAX_BYTES, &length);
	if (!bytes)
		guest_die("%s: %s", PLAN_PATH, strerror(errno));
	if (guest_plan_parse(&g->plan, bytes, length, &error))
		guest_die("%s:%d: %s", PLAN_PATH, error.line, error.what);
	free(bytes);
	/* Its nonce is what makes a frame genuine: no task need know it. */
	if (unlink(PLAN_PATH))
		guest_die("remove %s: %s", PLAN_PATH, strerror(errno));
}

static void stage_port(struct guest *g)
{
	if (port_open(g))
		guest_die("%s: %s: the machine has no second serial port", PORT_PATH,
			  strerror(errno));
}

static void stage_cgroups(struct guest *g)
{
	char cmdline[4096];
	bool force_v1 = io_read_text("/proc/cmdline", cmdline, sizeof(cmdline)) == 0 &&
			strstr(cmdline, "klab.cgroup=1");

	cgroups_mount(g, force_v1);
}

static char **arguments; /* of main() */

static void add_word(char *text, size_t size, const char *word)
{
	size_t length = strlen(text);

	snprintf(text + length, size - length, "%s%s", length ? " " : "", word);
}

/* Words of the command line that no part of the kernel took: it hands them to init, as arguments
 * and as environment. All that it adds itself is HOME and TERM. */
static void unknown_words(char *text, size_t size)
{
	text[0] = '\0';
	for (char **word = arguments + 1; *word; word++)
		add_word(text, size, *word);
	for (char **word = environ; *word; word++)
		if (strncmp(*word, "HOME=", 5) != 0 && strncmp(*word, "TERM=", 5) != 0)
			add_word(text, size, *word);
}

static void stage_hello(struct guest *g)
{
	char cmdline[4096] = "", unknown[4096];
	struct utsname name;

	uname(&name);
	if (io_read_text("/proc/cmdline", cmdline, sizeof(cmdline)))
		guest_say("/proc/cmdline: %s", strerror(errno));
	frame_begin(&g->frames, "hello");
	frame_str(&g->frames, "init", GUEST_INIT_VERSION);
	frame_str(&g->frames, "release", name.release);
	frame_str(&g->frames, "version", name.version);
	frame_str(&g->frames, "cmdline", cmdline);
	unknown_words(unknown, sizeof(unknown));
	frame_str(&g->frames, "unknown", unknown);
	frame_int(&g->frames, "cgroup", g->cgroup_version);
	frame_end(&g->frames);
}

static int sync_all(void *argument)
{
	(void)argument;
	sync();
	return 0;
}

/* A disk that fails may hold sync() for ever. Before the end frame, so that it can be told. */
static void stage_sync(struct guest *g)
{
	g->unsynced = !guest_call_within(g, sync_all, NULL, SYNC_TIMEOUT_MS);
	if (g->unsynced)
		guest_say("sync() did not return within %d s", SYNC_TIMEOUT_MS / 1000);
}

static void stage_chance(struct guest *g)
{
	if (g->plan.exact)
		chance_apply(g->plan.seed, g->plan.skew);
}

/*
 * Whether the console shows what the kernel says is not init's to know: the host looks for the
 * line there. The taint tells of warnings and oopses, whatever became of the log.
 */
static void end_of_log(struct guest *g)
{
	static struct kernel_log_warnings warnings;
	static char times[KERNEL_LOG_WARNINGS_BYTES];
	int64_t tainted;
	bool written = kernel_log_end(KERNEL_LOG_PATH, g->plan.nonce) == 0;

	frame_bool(&g->frames, "log", written);
	if (!written)
		frame_str(&g->frames, "log_error", errno_name(errno));
	if (kernel_log_read_warnings(KERNEL_LOG_PATH, &warnings) == 0) {
		kernel_log_warnings_text(&warnings, times, sizeof(times));
		frame_str(&g->frames, "warnings_us", times);
	}
	if (io_read_number(TAINTED_PATH, &tainted) == 0)
		frame_int(&g->frames, "tainted", tainted);
}

static void stage_end(struct guest *g)
{
	frame_begin(&g->frames, "end");
	frame_int(&g->frames, "steps", g->steps_done);
	frame_int(&g->frames, "failed", g->failed_step);
	if (g->unsynced)
		frame_bool(&g->frames, "unsynced", true);
	end_of_log(g);
	frame_int(&g->frames, "frames", (int64_t)g->frames.sequence);
	frame_end(&g->frames);
	if (g->frames.failed)
		guest_say("%s: frames were lost", PORT_PATH);
	port_drain(g);
}

static void stage_off(struct guest *g)
{
	(void)g;
	/* How far it still comes is up to the host. */
	case_ends();
	guest_power_off();
}

static void (*const stages[])(struct guest *g) = {
	stage_protect, stage_mounts, stage_plan,    stage_port, stage_cgroups, stage_hello,
	stage_chance,  steps_run,    steps_cleanup, stage_sync, stage_end,     stage_off,
};

int main(int argc, char **argv)
{
	static struct guest guest = { .port_fd = -1, .failed_step = -1 };

	/* Anywhere else it would mount over things and switch the machine off. */
	if (getpid() != 1) {
		guest_say("runs as init (pid 1) of a klab guest only");
		return 2;
	}
	(void)argc;
	arguments = argv;
	for (size_t i = 0; i < ARRAY_SIZE(stages); i++)
		stages[i](&guest);
	return 1;
}
