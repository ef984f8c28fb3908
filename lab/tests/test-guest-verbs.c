// SPDX-License-Identifier: GPL-2.0-or-later
/* The parts of guest-init that need no guest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case/step-table.h"
#include "guest-init/devices.h"
#include "guest-init/errno-name.h"
#include "guest-init/io.h"
#include "guest-init/memory.h"
#include "guest-init/signals.h"
#include "guest-init/swap.h"
#include "guest-init/verbs.h"

static void test_verb_table_has_every_step(void **state)
{
	assert_int_equal(verb_count, ARRAY_SIZE(step_table));
	for (size_t i = 0; i < verb_count; i++) {
		assert_string_equal(verb_table[i].name, step_table[i].verb);
		assert_ptr_equal(verb_find(step_table[i].verb), &verb_table[i]);
	}
	assert_null(verb_find("no-such-verb"));
}

/* Facts wait for the last device: a verb is marked exactly when its row makes one. */
static void test_verb_table_knows_what_makes_a_device(void **state)
{
	for (size_t i = 0; i < verb_count; i++) {
		bool makes = false;

		for (size_t a = 0; a < STEP_MAX_ARGS && step_table[i].args[a].name; a++)
			makes |= step_table[i].args[a].type == ARG_NEW_DEVICE;
		assert_int_equal(verb_table[i].makes_device, makes);
	}
}

static void test_device_expand_replaces_names(void **state)
{
	struct guest *g = calloc(1, sizeof(*g));
	char out[64];

	g->device_count = 2;
	g->devices[0] = (struct device){ .name = "a", .kernel = "sda" };
	g->devices[1] = (struct device){ .name = "log", .kernel = "sdb" };
	assert_int_equal(device_expand(g, "/x/{log}/{a}{a}", false, out, sizeof(out)), 0);
	assert_string_equal(out, "/x/sdb/sdasda");
	assert_int_equal(device_expand(g, "/x/{disk}/{lo}/{", false, out, sizeof(out)), 0);
	assert_string_equal(out, "/x/{disk}/{lo}/{");
	assert_int_equal(device_expand(g, "/x/{disk}", true, out, sizeof(out)), 0);
	assert_string_equal(out, "/x/sda");
	g->devices[1].name = "disk";
	assert_int_equal(device_expand(g, "/x/{disk}", true, out, sizeof(out)), 0);
	assert_string_equal(out, "/x/sdb");
	assert_int_equal(device_expand(g, "{a}{a}", false, out, 7), 0);
	assert_int_equal(device_expand(g, "{a}{a}", false, out, 6), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	free(g);
}

#define PATH_SIZE 512

/* A template for mkstemp() and mkdtemp() below TMPDIR. */
static void temporary_path(char path[PATH_SIZE])
{
	const char *folder = getenv("TMPDIR");

	snprintf(path, PATH_SIZE, "%s/klab-guest-XXXXXX", folder ? folder : "/tmp");
}

/* A file of `size` bytes; unlinked by the caller. */
static int temporary_file(char path[PATH_SIZE], off_t size)
{
	int fd;

	temporary_path(path);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	return fd;
}

static void test_swap_format_writes_the_kernels_header(void **state)
{
	const long page = sysconf(_SC_PAGESIZE);
	const off_t size = 100 * page + 17;
	char path[PATH_SIZE];
	int fd = temporary_file(path, size);
	unsigned char *bytes = calloc(1, (size_t)page + 1);
	uint32_t words[3];

	assert_int_equal(swap_format(path, (uint64_t)size), 0);
	assert_int_equal(pread(fd, bytes, (size_t)page, 0), page);
	assert_memory_equal(bytes + page - 10, "SWAPSPACE2", 10);
	memcpy(words, bytes + 1024, sizeof(words));
	assert_int_equal(words[0], 1);	/* version */
	assert_int_equal(words[1], 99); /* the last page that is there as a whole */
	assert_int_equal(words[2], 0);
	assert_int_equal(swap_format(path, (uint64_t)(9 * page)), ENOSPC);
	assert_int_equal(swap_format("/nonexistent/file", (uint64_t)size), ENOENT);
	free(bytes);
	close(fd);
	unlink(path);
}

static void test_memory_verify_tells_wrong_from_stale(void **state)
{
	enum { PAGE = 4096, PAGES = 8, SEED = 1, ROUND = 2 };
	struct memhog_findings findings = { .pages = PAGES };
	char *base = calloc(PAGES, PAGE);

	for (int i = 0; i < PAGES; i++)
		memory_fill_page(base + i * PAGE, PAGE, SEED, ROUND, (uint64_t)i);
	memory_verify(base, PAGE, SEED, ROUND, &findings);
	assert_int_equal(findings.pages_verified, PAGES);
	assert_int_equal(findings.pages_wrong, 0);

	base[3 * PAGE + 4095] ^= 1;				 /* one bit */
	memory_fill_page(base + 5 * PAGE, PAGE, SEED, 0, 5);	 /* of the first round */
	memory_fill_page(base + 6 * PAGE, PAGE, SEED, ROUND, 7); /* another page's */
	memory_verify(base, PAGE, SEED, ROUND, &findings);
	assert_int_equal(findings.pages_wrong, 3);
	assert_int_equal(findings.pages_stale, 1);
	assert_int_equal(findings.first_wrong, 3);
	free(base);
}

static void test_io_mkdir_p_makes_parents_and_refuses_files(void **state)
{
	char folder[PATH_SIZE], path[PATH_SIZE + 16];

	temporary_path(folder);
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a/b/c", folder);
	assert_int_equal(io_mkdir_p(path), 0);
	assert_int_equal(io_mkdir_p(path), 0);
	snprintf(path, sizeof(path), "%s/a/b/c/file", folder);
	assert_int_equal(io_write_value(path, "12\n", O_CREAT), 0);
	assert_int_equal(io_mkdir_p(path), -1);
	assert_int_equal(errno, ENOTDIR);
	unlink(path);
	for (int i = 0; i < 4; i++) {
		*strrchr(path, '/') = '\0';
		assert_int_equal(rmdir(path), 0);
	}
}

static void test_io_read_bounds_what_it_reads(void **state)
{
	char path[PATH_SIZE], text[8];
	int fd = temporary_file(path, 0);
	int64_t number = 0;
	size_t length;
	char *bytes;

	assert_int_equal(io_write_value(path, "-12345\n", O_TRUNC), 0);
	assert_int_equal(io_read_number(path, &number), 0);
	assert_int_equal(number, -12345);
	assert_int_equal(io_read_text(path, text, sizeof(text)), 0);
	assert_string_equal(text, "-12345");
	assert_int_equal(io_read_text(path, text, 7), -1);
	assert_int_equal(errno, EOVERFLOW);
	assert_int_equal(io_write_value(path, "12x", O_TRUNC), 0);
	assert_int_equal(io_read_number(path, &number), -1);

	assert_int_equal(ftruncate(fd, 10000), 0);
	bytes = io_read_file(path, 10000, &length);
	assert_int_equal(length, 10000);
	free(bytes);
	bytes = io_read_file(path, 9999, &length);
	assert_int_equal(length, 10000);
	free(bytes);
	bytes = io_read_file(path, 5000, &length);
	assert_int_equal(length, 5001);
	free(bytes);
	assert_null(io_read_file("/nonexistent", 1, &length));
	close(fd);
	unlink(path);
}

/* /dev/kmsg, trace_pipe, a FIFO: what is there, without waiting for more. */
static void test_io_read_takes_what_a_stream_has(void **state)
{
	char folder[PATH_SIZE], path[PATH_SIZE + 16];
	size_t length;
	char *bytes;
	int fd;

	temporary_path(folder);
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/f", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_null(io_read_file(path, 100, &length));
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(write(fd, "said", 4), 4);
	bytes = io_read_file(path, 100, &length);
	assert_non_null(bytes);
	assert_int_equal(length, 4);
	assert_string_equal(bytes, "said");
	free(bytes);
	close(fd);
	unlink(path);
	assert_int_equal(rmdir(folder), 0);
}

static void test_signal_parse_takes_names_and_numbers(void **state)
{
	assert_int_equal(signal_parse("SIGKILL"), SIGKILL);
	assert_int_equal(signal_parse("TERM"), SIGTERM);
	assert_int_equal(signal_parse("64"), 64);
	assert_int_equal(signal_parse("65"), -1);
	assert_int_equal(signal_parse("0"), -1);
	assert_int_equal(signal_parse("SIG"), -1);
	assert_int_equal(signal_parse(""), -1);
	assert_int_equal(signal_parse("9x"), -1);
	assert_string_equal(signal_name(SIGBUS), "SIGBUS");
	assert_string_equal(signal_name(40), "signal 40");
}

static void test_errno_name_has_the_usual_ones(void **state)
{
	assert_string_equal(errno_name(EIO), "EIO");
	assert_string_equal(errno_name(EHWPOISON), "EHWPOISON");
	assert_string_equal(errno_name(0), "errno 0");
	assert_string_equal(errno_name(4000), "errno 4000");
	assert_string_equal(errno_name(-1), "errno -1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verb_table_has_every_step),
		cmocka_unit_test(test_verb_table_knows_what_makes_a_device),
		cmocka_unit_test(test_device_expand_replaces_names),
		cmocka_unit_test(test_swap_format_writes_the_kernels_header),
		cmocka_unit_test(test_memory_verify_tells_wrong_from_stale),
		cmocka_unit_test(test_io_mkdir_p_makes_parents_and_refuses_files),
		cmocka_unit_test(test_io_read_bounds_what_it_reads),
		cmocka_unit_test(test_io_read_takes_what_a_stream_has),
		cmocka_unit_test(test_signal_parse_takes_names_and_numbers),
		cmocka_unit_test(test_errno_name_has_the_usual_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
