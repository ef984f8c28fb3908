// SPDX-License-Identifier: GPL-2.0-or-later
/* The memhog: a task that wants memory, and knows what it wrote there. */
#include "guest-init/memhog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest-init/code-pages.h"
#include "guest-init/devices.h"
#include "guest-init/tasks.h"
#include "guest-init/verbs.h"

/* Its exit codes beside 0. */
#define MEMHOG_EXIT_WRONG  1
#define MEMHOG_EXIT_NO_MAP 2

/* Of guest time; a memhog that holds does so for long, and a reread takes longer than this. */
#define MEMHOG_POLL_MS 5

/* A request to read all of it again. A real-time one: cases may send the others. */
#define MEMHOG_REQUEST SIGRTMIN

struct memhog {
	uint64_t size_bytes;
	uint64_t rounds;
	uint64_t for_ns;	      /* rounds go on for so long; 0: `rounds` of them */
	bool shared;		      /* with nobody, but in the page cache */
	const char *file, *code_file; /* or NULL */
	uint64_t code_count;
	struct code_pages code;
	char file_path[PATH_MAX], code_path[PATH_MAX];
	struct memhog_shared *shared_memory;
};

/* ---- the task -------------------------------------------------------------- */

static void memhog_write_page(const struct memhog *hog, char *page, size_t page_size,
			      uint64_t round, uint64_t number)
{
	struct memhog_shared *s = hog->shared_memory;

	if (hog->code.base) {
		if (code_pages_call(&hog->code, number) != number % hog->code.count)
			s->code_wrong++;
		s->code_calls++;
	}
	memory_fill_page(page, page_size, s->seed, round, number);
	s->findings.pages_written++;
}

static void memhog_round(char *base, size_t page_size, const struct memhog *hog, uint64_t round)
{
	struct memhog_findings *findings = &hog->shared_memory->findings;
	uint64_t start_ns = frame_clock_ns();
	uint64_t written_ns;

	for (uint64_t i = 0; i < findings->pages; i++)
		memhog_write_page(hog, base + i * page_size, page_size, round, i);
	written_ns = frame_clock_ns();
	findings->write_ns += written_ns - start_ns;
	findings->pages_write_timed += findings->pages;
	if (hog->shared_memory->reread)
		memory_verify(base, page_size, hog->shared_memory->seed, round, findings);
	findings->verify_ns += frame_clock_ns() - written_ns;
	findings->rounds++;
}

/* Its memory, or MAP_FAILED with errno. */
static char *memhog_map(const struct memhog *hog)
{
	int fd = -1, flags = hog->shared ? MAP_SHARED | MAP_ANONYMOUS : MAP_PRIVATE | MAP_ANONYMOUS;
	struct stat st;
	char *base;

	if (hog->file) {
		flags = MAP_SHARED;
		fd = open(hog->file, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
		if (fd < 0 || fstat(fd, &st) ||
		    (S_ISREG(st.st_mode) && ftruncate(fd, (off_t)hog->size_bytes)))
			return MAP_FAILED;
	}
	base = mmap(NULL, hog->size_bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (fd >= 0)
		close(fd);
	return base;
}

/* Reads all of it again whenever init asks. Until it is killed. */
static _Noreturn void memhog_hold(const char *base, size_t page_size, struct memhog_shared *s)
{
	sigset_t request;

	sigemptyset(&request);
	sigaddset(&request, MEMHOG_REQUEST);
	__atomic_store_n(&s->holding, true, __ATOMIC_SEQ_CST);
	for (;;) {
		uint64_t start_ns, wrong;

		if (sigwaitinfo(&request, NULL) < 0)
			continue;
		start_ns = frame_clock_ns();
		wrong = s->findings.pages_wrong;
		memory_verify(base, page_size, s->seed, s->findings.rounds - 1, &s->findings);
		s->reread_wrong = s->findings.pages_wrong - wrong;
		s->reread_ns = frame_clock_ns() - start_ns;
		__atomic_add_fetch(&s->rereads, 1, __ATOMIC_SEQ_CST);
	}
}

/* The child. A fault that hits it (SIGBUS, SIGKILL) ends it: that is what the case looks at. */
static int memhog_main(void *argument)
{
	struct memhog *hog = argument;
	struct memhog_shared *s = hog->shared_memory;
	const size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t deadline_ns = frame_clock_ns() + hog->for_ns;
	sigset_t request;
	char *base;

	prctl(PR_SET_NAME, "memhog");
	/* Not lost, and not deadly, before it waits for it. */
	sigemptyset(&request);
	sigaddset(&request, MEMHOG_REQUEST);
	sigprocmask(SIG_BLOCK, &request, NULL);
	siginfo_catch(s->signal);
	if (hog->code_file)
		s->findings.map_errno = code_pages_map(&hog->code, hog->code_file, hog->code_count);
	if (s->findings.map_errno)
		return MEMHOG_EXIT_NO_MAP;
	base = memhog_map(hog);
	if (base == MAP_FAILED) {
		s->findings.map_errno = errno;
		return MEMHOG_EXIT_NO_MAP;
	}
	s->base = (uintptr_t)base;
	s->findings.pages = hog->size_bytes / page_size;
	for (uint64_t round = 0;
	     hog->for_ns ? round == 0 || frame_clock_ns() < deadline_ns : round < hog->rounds;
	     round++)
		memhog_round(base, page_size, hog, round);
	if (s->hold)
		memhog_hold(base, page_size, s);
	return s->findings.pages_wrong ? MEMHOG_EXIT_WRONG : 0;
}

/* ---- what it found ---------------------------------------------------------- */

static void memhog_result_speed(const struct memhog_shared *s, struct frame_writer *f)
{
	const struct memhog_findings *findings = &s->findings;
	const uint64_t page_kib = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
	uint64_t write_us = findings->write_ns / 1000 + 1;
	uint64_t verify_us = findings->verify_ns / 1000 + 1;
	uint64_t kib = findings->pages_write_timed * page_kib;

	frame_int(f, "write_us", (int64_t)write_us);
	frame_int(f, "write_kib_per_s", (int64_t)(kib * 1000000 / write_us));
	if (!s->reread)
		return;
	frame_int(f, "verify_us", (int64_t)verify_us);
	frame_int(f, "verify_kib_per_s", (int64_t)(kib * 1000000 / verify_us));
}

static void memhog_result(struct task *task, struct frame_writer *f)
{
	const struct memhog_shared *s = task->context;
	const struct memhog_findings *findings = &s->findings;

	frame_int(f, "pages", (int64_t)findings->pages);
	frame_int(f, "pages_written", (int64_t)findings->pages_written);
	frame_int(f, "pages_verified", (int64_t)findings->pages_verified);
	frame_int(f, "pages_wrong", (int64_t)findings->pages_wrong);
	frame_int(f, "pages_stale", (int64_t)findings->pages_stale);
	if (findings->pages_wrong)
		frame_int(f, "first_wrong", (int64_t)findings->first_wrong);
	frame_int(f, "rounds", (int64_t)findings->rounds);
	if (findings->map_errno)
		frame_int(f, "map_errno", findings->map_errno);
	if (findings->rounds)
		memhog_result_speed(s, f);
	if (s->rereads_asked) {
		frame_int(f, "rereads", (int64_t)s->rereads);
		frame_int(f, "reread_wrong", (int64_t)s->reread_wrong);
		frame_int(f, "reread_us", (int64_t)(s->reread_ns / 1000));
	}
	if (s->code_calls) {
		frame_int(f, "code_calls", (int64_t)s->code_calls);
		frame_int(f, "code_wrong", (int64_t)s->code_wrong);
	}
	siginfo_result(s->signal, f);
	/* Which page of it, for its address is another one each time. */
	if (s->signal->number && s->signal->address >= s->base &&
	    s->signal->address < s->base + findings->pages * (uint64_t)sysconf(_SC_PAGESIZE))
		frame_int(f, "si_page",
			  (int64_t)((s->signal->address - s->base) /
				    (uint64_t)sysconf(_SC_PAGESIZE)));
}

struct memhog_shared *memhog_of_task(const struct task *task)
{
	return task->result == memhog_result ? task->context : NULL;
}

/* ---- the steps --------------------------------------------------------------- */

/* {NAME} in an argument that is a path. NULL where the step has none, or with step_fail(). */
static const char *memhog_path(struct guest *g, const struct plan_step *step, const char *name,
			       char path[PATH_MAX])
{
	const char *given = plan_arg(step, name);

	if (!given)
		return NULL;
	if (device_expand(g, given, false, path, PATH_MAX)) {
		step_fail(g, errno, "%s", given);
		return NULL;
	}
	return path;
}

static int memhog_read_args(struct guest *g, const struct plan_step *step, struct memhog *hog)
{
	const char *mode = step_need(g, step, "mode");

	if (!mode || !step_need(g, step, "size"))
		return -1;
	hog->size_bytes = (uint64_t)plan_arg_int(step, "size", 0);
	hog->rounds = (uint64_t)plan_arg_int(step, "rounds", 1);
	hog->for_ns = (uint64_t)plan_arg_int(step, "for", 0) * 1000000u;
	hog->shared = strcmp(mode, "shared") == 0;
	hog->code_count = (uint64_t)plan_arg_int(step, "code_pages", 1);
	hog->file = memhog_path(g, step, "file", hog->file_path);
	hog->code_file = memhog_path(g, step, "code", hog->code_path);
	return g->failure.what[0] ? -1 : 0;
}

int verb_memhog(struct guest *g, const struct plan_step *step)
{
	struct memhog hog = { 0 };
	struct task_spec spec = { .main = memhog_main, .argument = &hog, .result = memhog_result };

	spec.name = step_need(g, step, "as");
	if (!spec.name || memhog_read_args(g, step, &hog))
		return -1;
	hog.shared_memory = task_shared_memory(g, sizeof(*hog.shared_memory));
	if (!hog.shared_memory)
		return -1;
	hog.shared_memory->signal = siginfo_new(g);
	if (!hog.shared_memory->signal)
		return -1;
	hog.shared_memory->reread = plan_arg_int(step, "reread", 1) != 0;
	hog.shared_memory->hold = plan_arg_int(step, "hold", 0) != 0;
	hog.shared_memory->seed = g->plan.seed;
	spec.cgroup = plan_arg(step, "cgroup");
	spec.context = hog.shared_memory;
	return task_start(g, step, &spec) ? 0 : -1;
}

bool memhog_wait_holding(struct guest *g, struct task *task, uint64_t deadline_ns)
{
	struct memhog_shared *s = memhog_of_task(task);

	while (!task->ended && !__atomic_load_n(&s->holding, __ATOMIC_SEQ_CST)) {
		if (frame_clock_ns() >= deadline_ns)
			return false;
		guest_pause_ms(g, MEMHOG_POLL_MS);
	}
	return true;
}

/* Asks, and waits for the answer or the task's end. */
static int memhog_reread(struct guest *g, struct task *task, uint64_t deadline_ns)
{
	struct memhog_shared *s = memhog_of_task(task);

	s->rereads_asked++;
	if (kill(task->pid, MEMHOG_REQUEST))
		return step_fail(g, errno, "ask task %s to read its memory again", task->name);
	while (!task->ended && __atomic_load_n(&s->rereads, __ATOMIC_SEQ_CST) < s->rereads_asked) {
		if (frame_clock_ns() >= deadline_ns)
			return step_fail(g, ETIMEDOUT, "task %s still reads its memory",
					 task->name);
		guest_pause_ms(g, MEMHOG_POLL_MS);
	}
	return 0;
}

/* A task that dies of what it reads is a finding: how it ended is judged by itself. */
int verb_verify(struct guest *g, const struct plan_step *step)
{
	uint64_t timeout_ms = (uint64_t)plan_arg_int(step, "timeout", 60000);
	uint64_t deadline_ns = frame_clock_ns() + timeout_ms * 1000000u;
	struct task *task = task_of_step(g, step);
	struct memhog_shared *s = task ? memhog_of_task(task) : NULL;

	if (!task)
		return -1;
	if (!s || !s->hold)
		return step_fail(g, EINVAL, "task %s is no memhog that holds its memory",
				 task->name);
	if (task->ended)
		return step_fail(g, ESRCH, "task %s has ended already (%s)", task->name,
				 task_ending(task));
	if (!memhog_wait_holding(g, task, deadline_ns))
		return step_fail(g, ETIMEDOUT, "task %s has not written all after %" PRIu64 " ms",
				 task->name, timeout_ms);
	if (!task->ended && memhog_reread(g, task, deadline_ns))
		return -1;
	/* Of one that died, the result was told at its end. */
	if (!task->ended)
		task_report_result(g, task, step->index);
	return 0;
}
