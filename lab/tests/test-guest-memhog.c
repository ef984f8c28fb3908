// SPDX-License-Identifier: GPL-2.0-or-later
/* Tasks that want memory or disk, started by the guest's own code in this process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/file.h"
#include "guest-init/core-file.h"
#include "guest-init/memhog.h"
#include "guest-init/sample.h"
#include "guest-init/siginfo.h"
#include "guest-init/tasks.h"
#include "guest-init/verbs.h"
#include "guest-world.h"

/* A guest that hangs in here would hang the tests. */
#define PATIENCE_S 100

static int setup(void **state)
{
	guest_world_setup(state);
	alarm(PATIENCE_S);
	return 0;
}

static int teardown(void **state)
{
	struct guest_world *w = *state;

	for (size_t i = 0; i < GUEST_MAX_TASKS; i++)
		if (w->guest.tasks[i].pid)
			task_drop(&w->guest, &w->guest.tasks[i]);
	alarm(0);
	return guest_world_teardown(state);
}

#define ARGS(...)                                                                                  \
	(const struct plan_arg[]){ __VA_ARGS__ },                                                  \
		sizeof((const struct plan_arg[]){ __VA_ARGS__ }) / sizeof(struct plan_arg)

static int do_step(struct guest_world *w, const char *verb, const struct plan_arg *args,
		   size_t count)
{
	const struct plan_step step = {
		.index = 4, .verb = verb, .args = args, .arg_count = count
	};

	memset(&w->guest.failure, 0, sizeof(w->guest.failure));
	return verb_find(verb)->run(&w->guest, &step);
}

static const json_t *data_of(struct guest_world *w)
{
	guest_world_frames(w);
	return json_object_get(guest_world_frame(w, "result"), "data");
}

static void test_memhog_reads_again_on_request(void **state)
{
	struct guest_world *w = *state;
	const json_t *data;

	assert_int_equal(do_step(w, "memhog",
				 ARGS({ "as", "hog" }, { "size", "40960" }, { "mode", "private" },
				      { "hold", "1" }, { "reread", "0" })),
			 0);
	assert_int_equal(do_step(w, "wait", ARGS({ "task", "hog" }, { "until", "holding" })), 0);
	assert_int_equal(do_step(w, "verify", ARGS({ "task", "hog" })), 0);
	data = data_of(w);
	assert_int_equal(json_get_int(data, "pages_written", -1), 10);
	assert_int_equal(json_get_int(data, "pages_verified", -1), 10);
	assert_int_equal(json_get_int(data, "rereads", -1), 1);
	assert_int_equal(json_get_int(data, "reread_wrong", -1), 0);
	/* It never read by itself, so there is no speed of that. */
	assert_null(json_object_get(data, "verify_kib_per_s"));
	assert_int_equal(do_step(w, "verify", ARGS({ "task", "hog" })), 0);
	assert_int_equal(json_get_int(data_of(w), "rereads", -1), 2);
}

/* What another one wrote into its file is wrong, and told once it is asked. */
static void test_memhog_finds_what_changed(void **state)
{
	struct guest_world *w = *state;
	_cleanup_free_ char *path = path_join(w->dir, "mapped");
	const json_t *data;
	FILE *f;

	assert_int_equal(do_step(w, "memhog",
				 ARGS({ "as", "hog" }, { "size", "40960" }, { "mode", "private" },
				      { "file", path }, { "hold", "1" })),
			 0);
	assert_int_equal(do_step(w, "wait", ARGS({ "task", "hog" }, { "until", "holding" })), 0);
	f = fopen(path, "r+");
	assert_non_null(f);
	fseek(f, 3 * 4096 + 8, SEEK_SET);
	fputc('x', f);
	fclose(f);
	assert_int_equal(do_step(w, "verify", ARGS({ "task", "hog" })), 0);
	data = data_of(w);
	assert_int_equal(json_get_int(data, "pages_wrong", -1), 1);
	assert_int_equal(json_get_int(data, "reread_wrong", -1), 1);
	assert_int_equal(json_get_int(data, "first_wrong", -1), 3);
}

/* A mapping beyond the end of its file: the kernel's word on the SIGBUS is kept. */
static void test_memhog_keeps_siginfo(void **state)
{
	struct guest_world *w = *state;
	_cleanup_free_ char *path = path_join(w->dir, "mapped");
	const json_t *data;
	struct task *task;

	assert_int_equal(do_step(w, "memhog",
				 ARGS({ "as", "hog" }, { "size", "40960" }, { "mode", "private" },
				      { "file", path }, { "hold", "1" })),
			 0);
	assert_int_equal(do_step(w, "wait", ARGS({ "task", "hog" }, { "until", "holding" })), 0);
	assert_int_equal(truncate(path, 2 * 4096), 0);
	/* That it dies is no failure of the step. */
	assert_int_equal(do_step(w, "verify", ARGS({ "task", "hog" })), 0);
	task = task_find(&w->guest, "hog");
	assert_true(task->ended && WIFSIGNALED(task->status));
	assert_int_equal(WTERMSIG(task->status), SIGBUS);
	data = data_of(w);
	assert_string_equal(json_get_str(data, "signal", ""), "SIGBUS");
	assert_string_equal(json_get_str(data, "si_code", ""), "BUS_ADRERR");
	assert_int_equal(json_get_int(data, "si_page", -1), 2);
	assert_int_equal(json_get_int(data, "rereads", -1), 0);
	assert_int_equal(do_step(w, "verify", ARGS({ "task", "hog" })), -1);
	assert_int_equal(w->guest.failure.errno_value, ESRCH);
}

static void test_memhog_steps_refuse_other_tasks(void **state)
{
	struct guest_world *w = *state;

	assert_int_equal(do_step(w, "memhog",
				 ARGS({ "as", "hog" }, { "size", "4096" }, { "mode", "shared" })),
			 0);
	assert_int_equal(do_step(w, "verify", ARGS({ "task", "hog" })), -1);
	assert_int_equal(w->guest.failure.errno_value, EINVAL);
	assert_int_equal(do_step(w, "wait", ARGS({ "task", "hog" }, { "until", "holding" })), -1);
	assert_int_equal(w->guest.failure.errno_value, EINVAL);
}

#ifdef __x86_64__
static void test_memhog_calls_code_of_a_file(void **state)
{
	struct guest_world *w = *state;
	_cleanup_free_ char *path = path_join(w->dir, "code");
	const json_t *data;

	assert_int_equal(do_step(w, "memhog",
				 ARGS({ "as", "hog" }, { "size", "40960" }, { "mode", "private" },
				      { "code", path }, { "code_pages", "3" })),
			 0);
	assert_int_equal(do_step(w, "wait", ARGS({ "task", "hog" }, { "until", "end" })), 0);
	data = data_of(w);
	assert_int_equal(json_get_int(data, "code_calls", -1), 10);
	assert_int_equal(json_get_int(data, "code_wrong", -1), 0);
}
#endif

static void test_io_tells_the_error_of_each_call(void **state)
{
	struct guest_world *w = *state;
	_cleanup_free_ char *path = path_join(w->dir, "file");
	const json_t *data;

	assert_int_equal(do_step(w, "io",
				 ARGS({ "as", "w" }, { "path", path }, { "rw", "write" },
				      { "mode", "buffered" }, { "size", "16384" },
				      { "block", "8192" }, { "fsync", "1" })),
			 0);
	assert_int_equal(do_step(w, "wait", ARGS({ "task", "w" }, { "until", "end" })), 0);
	data = data_of(w);
	assert_int_equal(json_get_int(data, "calls", -1), 2);
	assert_int_equal(json_get_int(data, "bytes", -1), 16384);
	assert_string_equal(json_get_str(data, "sync_error", ""), "none");
	/* The second half is another's. */
	assert_int_equal(truncate(path, 8192), 0);
	assert_int_equal(truncate(path, 16384), 0);
	assert_int_equal(do_step(w, "io",
				 ARGS({ "as", "r" }, { "path", path }, { "rw", "read" },
				      { "mode", "mmap" }, { "size", "16384" }, { "verify", "1" })),
			 0);
	assert_int_equal(do_step(w, "wait", ARGS({ "task", "r" }, { "until", "end" })), 0);
	assert_int_equal(json_get_int(data_of(w), "pages_wrong", -1), 2);
	assert_int_equal(WEXITSTATUS(task_find(&w->guest, "r")->status), 1);
	assert_int_equal(do_step(w, "io",
				 ARGS({ "as", "full" }, { "path", "/dev/full" }, { "rw", "write" },
				      { "mode", "buffered" }, { "size", "8192" },
				      { "block", "4096" }, { "offset", "4096" })),
			 0);
	assert_int_equal(do_step(w, "wait", ARGS({ "task", "full" }, { "until", "end" })), 0);
	data = data_of(w);
	assert_int_equal(json_get_int(data, "errors", -1), 2);
	assert_string_equal(json_get_str(data, "call_error", ""), "ENOSPC");
	assert_int_equal(json_get_int(data, "first_error_at", -1), 4096);
	assert_int_equal(WEXITSTATUS(task_find(&w->guest, "full")->status), 3);
}

static void test_forks_counts_children(void **state)
{
	struct guest_world *w = *state;
	const json_t *data;

	assert_int_equal(do_step(w, "forks",
				 ARGS({ "as", "storm" }, { "count", "9" }, { "parallel", "3" },
				      { "size", "8192" })),
			 0);
	assert_int_equal(do_step(w, "wait", ARGS({ "task", "storm" }, { "until", "end" })), 0);
	data = data_of(w);
	assert_int_equal(json_get_int(data, "forks", -1), 9);
	assert_int_equal(json_get_int(data, "most_at_once", -1), 3);
	assert_int_equal(json_get_int(data, "children_failed", -1), 0);
	assert_string_equal(json_get_str(data, "error", ""), "none");
}

static void test_sample_goes_on_while_init_waits(void **state)
{
	struct guest_world *w = *state;
	_cleanup_free_ char *path = path_join(w->dir, "file");
	/* The plan, and so its steps, stay for as long as init lives. */
	const struct plan_arg args[] = {
		{ "files", path }, { "label", "s" }, { "every", "5" }, { "count", "3" }
	};
	const struct plan_step step = {
		.index = 4, .verb = "sample", .args = args, .arg_count = 4
	};
	const json_t *frames;

	guest_world_put(w, "file", "12\n");
	assert_int_equal(verb_sample(&w->guest, &step), 0);
	assert_int_equal(do_step(w, "sleep", ARGS({ "for", "200" })), 0);
	frames = guest_world_frames(w);
	assert_int_equal(json_array_size(frames), 3);
	for (size_t i = 0; i < 3; i++) {
		const json_t *frame = json_array_get(frames, i);

		assert_string_equal(json_get_str(frame, "k", ""), "snapshot");
		assert_string_equal(json_get_str(frame, "label", ""), "s");
		assert_string_equal(json_get_str(frame, "data", ""), "12\n");
		assert_int_equal(json_get_int(frame, "sample", -1), i);
	}
	samples_stop(&w->guest);
}

/* ---- cores ----------------------------------------------------------------- */

enum { CORE_PAGES = 4, CORE_BASE = 0x10000 };

/* A core of a memhog: three of its pages, of which one is zero and one is spoilt. */
static void write_core(const char *path, size_t length)
{
	Elf64_Ehdr header = { .e_ident = ELFMAG,
			      .e_phnum = 1,
			      .e_phoff = sizeof(header),
			      .e_phentsize = sizeof(Elf64_Phdr) };
	Elf64_Phdr segment = { .p_type = PT_LOAD,
			       .p_vaddr = CORE_BASE,
			       .p_offset = 4096,
			       .p_filesz = 3 * 4096,
			       .p_memsz = CORE_PAGES * 4096 };
	_Alignas(8) char bytes[4 * 4096] = { 0 };

	header.e_ident[EI_CLASS] = ELFCLASS64;
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + sizeof(header), &segment, sizeof(segment));
	memory_fill_page(bytes + 4096, 4096, 1, 0, 0);
	memory_fill_page(bytes + 3 * 4096, 4096, 1, 0, 2);
	bytes[3 * 4096 + 100] ^= 1;
	assert_int_equal(file_write_atomic(path, bytes, length, NULL), 0);
}

static void test_core_file_tells_pages_apart(void **state)
{
	struct guest_world *w = *state;
	_cleanup_free_ char *path = path_join(w->dir, "core");
	struct memhog_shared *hog = calloc(1, sizeof(*hog));
	struct core_findings core;

	hog->base = CORE_BASE;
	hog->seed = 1;
	hog->findings.pages = CORE_PAGES;
	hog->findings.rounds = 1;
	write_core(path, 4 * 4096);
	assert_int_equal(core_file_read(path, hog, &core), 0);
	assert_int_equal(core.bytes, 4 * 4096);
	assert_int_equal(core.expected_bytes, 4 * 4096);
	assert_int_equal(core.pages_right, 1);
	assert_int_equal(core.pages_zero, 1);
	assert_int_equal(core.pages_wrong, 1);
	assert_int_equal(core.pages_missing, 1);
	/* Cut short. */
	write_core(path, 2 * 4096);
	assert_int_equal(core_file_read(path, hog, &core), 0);
	assert_true(core.bytes < core.expected_bytes);
	assert_int_equal(core.pages_right, 1);
	assert_int_equal(core.pages_missing, 3);
	write_core(path, 20);
	assert_int_equal(core_file_read(path, hog, &core), ENODATA);
	assert_int_equal(core.pages_missing, CORE_PAGES);
	assert_int_equal(
		file_write_atomic(
			path,
			"#!/bin/sh\n# none, for sure, of all the kinds of core there are...\n", 66,
			NULL),
		0);
	assert_int_equal(core_file_read(path, NULL, &core), ENOEXEC);
	assert_int_equal(core_file_read("/nonexistent/core", NULL, &core), ENOENT);
	free(hog);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_memhog_reads_again_on_request),
		TEST(test_memhog_finds_what_changed),
		TEST(test_memhog_keeps_siginfo),
		TEST(test_memhog_steps_refuse_other_tasks),
#ifdef __x86_64__
		TEST(test_memhog_calls_code_of_a_file),
#endif
		TEST(test_io_tells_the_error_of_each_call),
		TEST(test_forks_counts_children),
		TEST(test_sample_goes_on_while_init_waits),
		TEST(test_core_file_tells_pages_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
