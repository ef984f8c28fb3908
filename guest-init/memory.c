// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "guest-init/tasks.h"
#include "guest-init/verbs.h"

/* memhog's exit codes beside 0. */
#define MEMHOG_EXIT_WRONG  1
#define MEMHOG_EXIT_NO_MAP 2

struct memhog {
	uint64_t size_bytes;
	uint64_t rounds;
	uint64_t seed;
	bool hold;
	struct memhog_findings *findings;
};

/* splitmix64: every bit of the input changes half of the output. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* The first word of a page; each further one adds an odd number, so no two are equal. */
static uint64_t page_word(uint64_t seed, uint64_t round, uint64_t number)
{
	return mix(mix(mix(seed) ^ round) ^ number);
}

#define WORD_STEP 0x9e3779b97f4a7c15u

void memory_fill_page(void *page, size_t page_size, uint64_t seed, uint64_t round, uint64_t number)
{
	uint64_t *words = page;
	uint64_t word = page_word(seed, round, number);

	for (size_t i = 0; i < page_size / sizeof(*words); i++, word += WORD_STEP)
		words[i] = word;
}

bool memory_check_page(const void *page, size_t page_size, uint64_t seed, uint64_t round,
		       uint64_t number)
{
	const uint64_t *words = page;
	uint64_t word = page_word(seed, round, number);
	uint64_t differs = 0;

	for (size_t i = 0; i < page_size / sizeof(*words); i++, word += WORD_STEP)
		differs |= words[i] ^ word;
	return differs == 0;
}

void memory_verify(const char *base, size_t page_size, uint64_t seed, uint64_t round,
		   struct memhog_findings *findings)
{
	for (uint64_t i = 0; i < findings->pages; i++) {
		const char *page = base + i * page_size;

		findings->pages_verified++;
		if (memory_check_page(page, page_size, seed, round, i))
			continue;
		if (findings->pages_wrong++ == 0)
			findings->first_wrong = i;
		for (uint64_t earlier = 0; earlier < round; earlier++) {
			if (memory_check_page(page, page_size, seed, earlier, i)) {
				findings->pages_stale++;
				break;
			}
		}
	}
}

static void memhog_round(char *base, size_t page_size, const struct memhog *hog, uint64_t round)
{
	struct memhog_findings *findings = hog->findings;
	uint64_t start_ns = frame_clock_ns();
	uint64_t written_ns;

	for (uint64_t i = 0; i < findings->pages; i++) {
		memory_fill_page(base + i * page_size, page_size, hog->seed, round, i);
		findings->pages_written++;
	}
	written_ns = frame_clock_ns();
	findings->write_ns += written_ns - start_ns;
	findings->pages_write_timed += findings->pages;
	memory_verify(base, page_size, hog->seed, round, findings);
	findings->verify_ns += frame_clock_ns() - written_ns;
	findings->rounds++;
}

/* The child. A fault that hits it (SIGBUS, SIGKILL) ends it: that is what the case looks at. */
static int memhog_main(void *argument)
{
	const struct memhog *hog = argument;
	const size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	struct memhog_findings *findings = hog->findings;
	char *base;

	prctl(PR_SET_NAME, "memhog");
	base = mmap(NULL, hog->size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	if (base == MAP_FAILED) {
		findings->map_errno = errno;
		return MEMHOG_EXIT_NO_MAP;
	}
	findings->pages = hog->size_bytes / page_size;
	for (uint64_t round = 0; round < hog->rounds; round++)
		memhog_round(base, page_size, hog, round);
	findings->holding = hog->hold;
	while (hog->hold)
		pause();
	return findings->pages_wrong ? MEMHOG_EXIT_WRONG : 0;
}

static void memhog_result(struct task *task, struct frame_writer *f)
{
	const struct memhog_findings *findings = task->context;
	const uint64_t page_kib = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;

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
	if (findings->rounds) {
		uint64_t write_us = findings->write_ns / 1000 + 1;
		uint64_t verify_us = findings->verify_ns / 1000 + 1;
		uint64_t kib = findings->pages_write_timed * page_kib;

		frame_int(f, "write_us", (int64_t)write_us);
		frame_int(f, "verify_us", (int64_t)verify_us);
		frame_int(f, "write_kib_per_s", (int64_t)(kib * 1000000 / write_us));
	}
}

int verb_memhog(struct guest *g, const struct plan_step *step)
{
	struct memhog hog = { 0 };
	struct task_spec spec = { .main = memhog_main, .argument = &hog, .result = memhog_result };

	spec.name = step_need(g, step, "as");
	if (!spec.name || !step_need(g, step, "size"))
		return -1;
	hog.size_bytes = (uint64_t)plan_arg_int(step, "size", 0);
	hog.rounds = (uint64_t)plan_arg_int(step, "rounds", 1);
	hog.hold = plan_arg_int(step, "hold", 0) != 0;
	hog.seed = g->plan.seed;
	hog.findings = mmap(NULL, sizeof(*hog.findings), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (hog.findings == MAP_FAILED)
		return step_fail(g, errno, "memory shared with the task");
	/* Touched here first: its page is charged to init, not to the task's group. */
	memset(hog.findings, 0, sizeof(*hog.findings));
	spec.cgroup = plan_arg(step, "cgroup");
	spec.context = hog.findings;
	return task_start(g, step, &spec) ? 0 : -1;
}
