// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a run costs beside a bare QEMU with the same kernel, initramfs, command
 * line and devices, its serial ports going to files:
 *
 *	bench-machine KERNEL INITRAMFS [-n ROUNDS] [-m MIB] [-t TIMEOUT_S] [WORD...]
 *
 * The two take turns, ROUNDS times (default 5). WORDs are added to the kernel's
 * command line. Prints both medians and their ratio, as one JSON object, and the
 * runner's own peak memory.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "machine/machine.h"

enum { MOST_ROUNDS = 99 };

/* The machine's own command, with files in place of what a runner would read. */
static void bare_argv(const struct strv *from, const char *dir, struct strv *to)
{
	static const char *const dropped[] = { "-S", "-mon", "-add-fd" };
	int file = 0;

	for (size_t i = 0; i < from->count; i++) {
		const char *arg = from->items[i];
		const char *path = strstr(arg, ",path=/dev/fdset/");

		if (str_eq(arg, dropped[0]))
			continue;
		if (str_eq(arg, dropped[1]) || str_eq(arg, dropped[2]) ||
		    (str_eq(arg, "-chardev") && str_starts(from->items[i + 1], "socket,")))
			i++;
		else if (path)
			strv_addf(to, "%.*s,path=%s/bare-%d", (int)(path - arg), arg, dir, file++);
		else
			strv_add(to, arg);
	}
}

static int run_bare(const struct machine_spec *spec, uint64_t *us, struct err *err)
{
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_strv_ struct strv bare = { 0 };
	struct child_spec child = { 0 };
	uint64_t start_ns;
	int result;

	if (machine_find("qemu", err)->command(spec, &argv, err) < 0)
		return -1;
	bare_argv(&argv, spec->run_dir, &bare);
	child.argv = (const char *const *)bare.items;
	start_ns = clock_monotonic_ns();
	result = child_run_ok(&child, spec->timeout_ms, 1 << 20, NULL, err);
	*us = (clock_monotonic_ns() - start_ns) / 1000;
	return result;
}

static int run_machine(const struct machine_spec *spec, uint64_t *us, struct err *err)
{
	struct machine_result result;
	uint64_t start_ns = clock_monotonic_ns();

	if (machine_find("qemu", err)->run(spec, &result, NULL, err) < 0)
		return -1;
	*us = (clock_monotonic_ns() - start_ns) / 1000;
	if (result.end == MACHINE_END_POWEROFF || result.end == MACHINE_END_RESET)
		return 0;
	return err_set(err, ERR_HOST, "the guest ended by %s", machine_end_name(result.end));
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t median(uint64_t *values, int count)
{
	qsort(values, (size_t)count, sizeof(*values), compare_u64);
	return values[count / 2];
}

static int bench(const struct machine_spec *spec, int rounds, struct err *err)
{
	uint64_t bare[MOST_ROUNDS], ours[MOST_ROUNDS], ignored;
	struct rusage usage;

	/* The first run of either pays for what the other then has in the page cache. */
	if (run_bare(spec, &ignored, err) < 0 || run_machine(spec, &ignored, err) < 0)
		return -1;
	for (int i = 0; i < rounds; i++)
		if (run_bare(spec, &bare[i], err) < 0 || run_machine(spec, &ours[i], err) < 0)
			return -1;
	getrusage(RUSAGE_SELF, &usage);
	printf("{\"rounds\": %d, \"bare_us\": %" PRIu64 ", \"run_us\": %" PRIu64
	       ", \"ratio\": %.3f, \"runner_peak_kib\": %ld}\n",
	       rounds, median(bare, rounds), median(ours, rounds),
	       (double)median(ours, rounds) / (double)median(bare, rounds), usage.ru_maxrss);
	return 0;
}

/* -n, -m and -t with their values; everything else is a word. */
static bool take_option(char **argv, int *i, const char *name, int64_t *value)
{
	if (!str_eq(argv[*i], name) || !argv[*i + 1])
		return false;
	return str_parse_i64(argv[++*i], value) && *value > 0;
}

int main(int argc, char **argv)
{
	_cleanup_free_ char *dir = xasprintf("%s/klab-bench-XXXXXX", getenv("TMPDIR") ?: "/tmp");
	_cleanup_strv_ struct strv words = { 0 };
	struct machine_spec spec = { .append = &words, .cpus = 1, .run_dir = dir };
	int64_t rounds = 5, mib = 256, timeout_s = 600;
	struct err err = ERR_INIT;
	int result;

	if (argc < 3 || !mkdtemp(dir)) {
		fprintf(stderr,
			"usage: %s KERNEL INITRAMFS [-n ROUNDS] [-m MIB] [-t SECONDS] "
			"[WORD...]\n",
			argv[0]);
		return 2;
	}
	for (int i = 3; i < argc; i++)
		if (!take_option(argv, &i, "-n", &rounds) && !take_option(argv, &i, "-m", &mib) &&
		    !take_option(argv, &i, "-t", &timeout_s))
			strv_add(&words, argv[i]);
	spec.kernel_path = argv[1];
	spec.initramfs_path = argv[2];
	spec.memory_bytes = (uint64_t)mib << 20;
	spec.timeout_ms = (uint64_t)timeout_s * 1000;
	result = bench(&spec, rounds > MOST_ROUNDS ? MOST_ROUNDS : (int)rounds, &err);
	if (result < 0)
		fprintf(stderr, "%s\n", err.msg);
	file_remove_tree(dir, NULL);
	return result < 0 ? 3 : 0;
}
