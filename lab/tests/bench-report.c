// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How fast the report parser is, on consoles made in memory: a clean one, one
 * packed with reports, and a hundred times as much of the latter. Prints MB/s
 * (1e6 bytes, the better of three rounds) by CPU time, which others on the machine disturb
 * least, and by the clock; exits 1 when a bound is missed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "report/report.h"

#define CLEAN_BYTES  (20u << 20)
#define SMALL_COUNT  300u
#define LARGE_COUNT  30000u
#define CLEAN_MIN    400.0 /* MB/s */
#define PACKED_MIN   40.0
#define SLOWDOWN_MAX 1.3 /* small against large, per byte */
#define FUNCTIONS    40u /* different bugs in the packed logs */
#define CHUNK_BYTES  (256u << 10)
#define BLOCK_BYTES  (16u << 20)

struct speed {
	double cpu, wall; /* MB/s */
	size_t reports;
};

static void add_clean_line(struct strbuf *log, unsigned i)
{
	static const char *const texts[] = {
		"pci 0000:00:%02x.0: reg 0x10: [mem 0xfeb%05x-0xfebfffff]",
		"e1000 0000:00:%02x.0 eth0: (PCI:33MHz:32-bit) 52:54:00:12:34:%02x",
		"EXT4-fs (sda%u): mounted filesystem with ordered data mode. Quota mode: none %x.",
		"systemd[1]: Started unit-%u.service - a service of user space, number %x.",
		"audit: type=1400 audit(1542865839.%03u:2): apparmor=\"STATUS\" operation=%x",
	};

	strbuf_addf(log, "[%5u.%06u] ", i / 1000, i % 1000 * 1000);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	strbuf_addf(log, texts[i % ARRAY_SIZE(texts)], i % 32, i);
#pragma GCC diagnostic pop
	strbuf_addc(log, '\n');
}

static void add_report(struct strbuf *log, unsigned i)
{
	static const char *const callers[] = {
		"netif_rx",
		"ip_rcv",
		"tcp_v4_rcv",
		"sock_sendmsg",
		"__sys_sendto",
		"vfs_write",
		"ksys_write",
		"__x64_sys_write",
		"x64_sys_call",
		"do_syscall_64",
		"entry_SYSCALL_64_after_hwframe",
	};
	unsigned t = i * 10;

#define LINE(...)                                                                                  \
	do {                                                                                       \
		strbuf_addf(log, "[%5u.%06u][ T%4u] ", t / 1000, t % 1000 * 1000, i % 5000);       \
		strbuf_addf(log, __VA_ARGS__);                                                     \
		strbuf_addc(log, '\n');                                                            \
	} while (0)
	LINE("------------[ cut here ]------------");
	LINE("WARNING: CPU: %u PID: %u at net/core/dev.c:%u bench_%u+0x1a/0x40", i % 4, i % 5000,
	     i % 997, i % FUNCTIONS);
	LINE("Modules linked in: virtio_net virtio_blk net_failover failover");
	LINE("CPU: %u PID: %u Comm: bench-%u Tainted: G        W          6.1.0 #1", i % 4,
	     i % 5000, i % 7);
	LINE("Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.16.2 04/01/2014");
	LINE("RIP: 0010:bench_%u+0x1a/0x40", i % FUNCTIONS);
	LINE("Code: 89 d6 0f 05 c3 66 2e 0f 1f 84 00 00 00 00 00 66 90 48 89 f8 <0f> 0b 48 89 f7");
	LINE("RSP: 0018:ffffc90000%06x EFLAGS: 00010246", i);
	for (unsigned k = 0; k < 4; k++)
		LINE("RAX: %016x RBX: %016x RCX: %016x", i, k, i * k);
	LINE("CR2: %016x CR3: 000000000260a000 CR4: 00000000000006f0", i);
	LINE("Call Trace:");
	LINE(" <TASK>");
	for (size_t k = 0; k < ARRAY_SIZE(callers); k++) {
		LINE(" ? %s+0x%x/0x1000", callers[k], i % 4096);
		LINE(" %s+0x%x/0x1000", callers[k], i % 4096);
	}
	LINE(" </TASK>");
	LINE("irq event stamp: %u", i);
	for (unsigned k = 0; k < 4; k++)
		LINE("hardirqs last  enabled at (%u): [<ffffffff81%06x>] bench_irq+0x1/0x2", i, k);
	LINE("---[ end trace %016x ]---", i);
#undef LINE
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* As `klab parse --json` does it. */
static struct speed measure(const struct strbuf *log, unsigned rounds)
{
	struct speed best = { 0 };

	for (unsigned i = 0; i < rounds; i++) {
		double cpu = cpu_s(), wall = clock_monotonic_ns() / 1e9, mb = log->length / 1e6;
		struct report_collector *c = report_collector_new();
		struct report_parser *p = report_parser_new(report_collector_add, c);
		json_t *all, *r;
		char *text;
		size_t k;

		for (size_t at = 0; at < log->length; at += CHUNK_BYTES)
			report_parser_feed(p, log->data + at,
					   log->length - at < CHUNK_BYTES ? log->length - at
									  : CHUNK_BYTES);
		report_parser_end(p);
		all = report_collector_json(c);
		text = json_dumps(all, JSON_INDENT(1));
		cpu = cpu_s() - cpu;
		wall = clock_monotonic_ns() / 1e9 - wall;
		best.cpu = mb / cpu > best.cpu ? mb / cpu : best.cpu;
		best.wall = mb / wall > best.wall ? mb / wall : best.wall;
		best.reports = 0;
		json_array_foreach (all, k, r)
			best.reports += json_get_int(r, "count", 0);
		free(text);
		json_decref(all);
		report_parser_free(p);
		report_collector_free(c);
	}
	return best;
}

static struct speed run(const char *name, struct strbuf *log, unsigned rounds)
{
	struct speed s = measure(log, rounds);

	printf("report, %-28s %7.1f MB %7zu reports %8.1f MB/s cpu %8.1f MB/s clock\n", name,
	       log->length / 1e6, s.reports, s.cpu, s.wall);
	strbuf_clear(log);
	return s;
}

/*
 * A long console for whoever reads standard output: kernel after kernel, what each says half clean,
 * half packed. How many reports it holds goes to standard error.
 */
static int write_console(uint64_t megabytes)
{
	_cleanup_strbuf_ struct strbuf block = { 0 };
	uint64_t bytes = 0, reports = 0;
	unsigned count = 0;

	for (unsigned i = 0; block.length < BLOCK_BYTES / 2; i++)
		add_clean_line(&block, i);
	for (; block.length < BLOCK_BYTES; count++)
		add_report(&block, count);
	strbuf_adds(&block, "[99999.000000] reboot: Restarting system\n");
	for (; bytes < megabytes * 1000000; bytes += block.length, reports += count)
		if (fwrite(block.data, 1, block.length, stdout) != block.length)
			return 1;
	fprintf(stderr, "%llu\n", (unsigned long long)reports);
	return fflush(stdout) != 0;
}

/* What `klab parse --json` prints of the first bytes of a console is JSON, and lies within them. */
static bool is_cut_valid(const char *bytes, size_t length)
{
	/* A copy of its own: what lies behind the cut must not be read. */
	char *copy = memcpy(xmalloc(length + 1), bytes, length);
	json_t *all = report_parse_all(copy, length), *again, *r;
	char *text = json_dumps(all, JSON_COMPACT);
	bool valid = text && (again = json_loads(text, 0, NULL));
	size_t i;

	if (valid) {
		json_array_foreach (again, i, r)
			valid = valid && json_get_str(r, "title", "")[0] &&
				json_get_str(r, "kind", "")[0] &&
				json_get_int(r, "start", -1) >= 0 &&
				json_get_int(r, "start", -1) <= json_get_int(r, "end", -1) &&
				json_get_int(r, "end", -1) <= (int64_t)length;
		json_decref(again);
	}
	free(text);
	free(copy);
	json_decref(all);
	return valid;
}

/* Each console cut at every byte. */
static int cut_consoles(char **paths)
{
	size_t cuts = 0;

	for (; *paths; paths++) {
		struct err err = ERR_INIT;
		size_t length;
		_cleanup_free_ char *log = file_read(*paths, 64u << 20, &length, &err);

		if (!log) {
			fprintf(stderr, "%s\n", err.msg);
			return 1;
		}
		for (size_t i = 0; i <= length; i++, cuts++) {
			if (is_cut_valid(log, i))
				continue;
			fprintf(stderr, "%s: no valid JSON of its first %zu bytes\n", *paths, i);
			return 1;
		}
		printf("%s: valid at each of %zu bytes\n", *paths, length);
		fflush(stdout);
	}
	return cuts == 0;
}

/*
 * bench-report: the figures. bench-report write N: a console of N MB and a bit to standard output.
 * bench-report cut FILE...: each console cut at every byte.
 */
int main(int argc, char **argv)
{
	struct strbuf log = { 0 };
	struct speed clean, small, large;

	if (argc == 3 && str_eq(argv[1], "write"))
		return write_console(strtoull(argv[2], NULL, 10));
	if (argc >= 3 && str_eq(argv[1], "cut"))
		return cut_consoles(argv + 2);
	for (unsigned i = 0; log.length < CLEAN_BYTES; i++)
		add_clean_line(&log, i);
	clean = run("clean", &log, 5);
	for (unsigned i = 0; i < SMALL_COUNT; i++)
		add_report(&log, i);
	small = run("packed, 300 reports", &log, 20);
	for (unsigned i = 0; i < LARGE_COUNT; i++)
		add_report(&log, i);
	large = run("packed, 30000 reports", &log, 3);
	printf("report, small against large, per byte: %.2f\n", large.cpu / small.cpu);
	return clean.reports || small.reports != SMALL_COUNT || large.reports != LARGE_COUNT ||
	       clean.cpu < CLEAN_MIN || small.cpu < PACKED_MIN || large.cpu < PACKED_MIN ||
	       large.cpu / small.cpu > SLOWDOWN_MAX || small.cpu / large.cpu > SLOWDOWN_MAX;
}
