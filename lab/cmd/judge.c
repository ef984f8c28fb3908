/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stages right of the machine: from the files of a run directory to its verdict. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"
#include "base/json.h"
#include "cmd/pipeline.h"
#include "cmd/vmlinux.h"
#include "console/console-file.h"
#include "console/dropped.h"
#include "console/frames.h"
#include "console/log-end.h"
#include "console/log-times.h"
#include "plan/plan.h"
#include "report/probe.h"
#include "report/report.h"

#define RUN_JSON_MAX (64u << 20)
#define CHUNK_BYTES  (256u << 10)
#define PROBES_MAX   (256u << 20)
#define CONFIG_MAX   (8u << 20)

#define _cleanup_frames_ _cleanup_(frames_clear)

struct expects {
	struct case_expect *list;
	size_t count;
};

static void expects_clear(struct expects *e)
{
	plan_expects_free(e->list, e->count);
}

static json_t *read_json(const char *run_dir, const char *name, struct err *err)
{
	_cleanup_free_ char *path = path_join(run_dir, name);

	return json_read_file(path, RUN_JSON_MAX, err);
}

static int write_json(const char *run_dir, const char *name, const json_t *value, struct err *err)
{
	_cleanup_free_ char *path = path_join(run_dir, name);

	return json_write_file(path, value, err);
}

/* What is known of console.log beside its reports. */
struct console_facts {
	uint64_t read_bytes;
	struct console_dropped dropped;
	struct console_log_end log_end;
	struct console_log_times log_times;
};

static int feed_console(struct report_parser *parser, const char *run_dir,
			struct console_facts *facts, struct err *err)
{
	bool missing;
	_cleanup_close_ int fd = console_open(run_dir, &missing, err);
	_cleanup_free_ char *chunk = xmalloc(CHUNK_BYTES);
	ssize_t n;

	/* The run may have ended before the first byte. */
	if (fd < 0)
		return missing ? 0 : -1;
	while ((n = read(fd, chunk, CHUNK_BYTES)) != 0) {
		if (n < 0 && errno != EINTR)
			return err_set_errno(err, ERR_HOST, errno, "%s: console", run_dir);
		if (n > 0) {
			report_parser_feed(parser, chunk, (size_t)n);
			console_dropped_feed(&facts->dropped, chunk, (size_t)n);
			console_log_end_feed(&facts->log_end, chunk, (size_t)n);
			console_log_times_feed(&facts->log_times, chunk, (size_t)n);
			facts->read_bytes += (uint64_t)n;
		}
	}
	report_parser_end(parser);
	console_dropped_end(&facts->dropped);
	return 0;
}

/* Piece by piece: a console may be larger than what the runner may take. */
static json_t *parse_console(const char *run_dir, struct console_facts *facts, struct err *err)
{
	struct report_collector *collector = report_collector_new();
	struct report_parser *parser = report_parser_new(report_collector_add, collector);
	json_t *reports = NULL;

	if (feed_console(parser, run_dir, facts, err) == 0)
		reports = report_collector_json(collector);
	report_parser_free(parser);
	report_collector_free(collector);
	return reports;
}

/* Which line of a file an offset is in; offsets must grow. */
struct line_counter {
	FILE *file;
	int64_t offset, line;
};

static int64_t count_lines(void *ctx, int64_t offset)
{
	struct line_counter *c = ctx;
	int ch;

	while (c->file && c->offset < offset && (ch = getc(c->file)) != EOF) {
		c->offset++;
		c->line += ch == '\n';
	}
	return c->line;
}

/* What was seen from outside, when there were probes. */
static int add_probes(const char *run_dir, json_t *reports, struct err *err)
{
	_cleanup_free_ char *path = path_join(run_dir, "probes.jsonl");
	int console;
	bool missing;
	_cleanup_free_ char *bytes = NULL;
	_cleanup_fclose_ FILE *file = NULL;
	struct line_counter counter = { .line = 1 };
	size_t length;

	if (!path_exists(path))
		return 0;
	bytes = file_read(path, PROBES_MAX, &length, err);
	if (!bytes)
		return -1;
	console = console_open(run_dir, &missing, err);
	if (console < 0 && !missing)
		return -1;
	counter.file = file = console >= 0 ? fdopen(console, "r") : NULL;
	report_add_probes(reports, bytes, length, count_lines, &counter);
	return 0;
}

/* CONFIG_HZ of the kernel; 0: there is no telling. */
static uint64_t kernel_hz(const char *run_dir)
{
	static const char key[] = "\nCONFIG_HZ=";
	_cleanup_free_ char *path = path_join(run_dir, "kernel.config");
	size_t length;
	_cleanup_free_ char *config = file_read(path, CONFIG_MAX, &length, NULL);
	const char *line = config ? strstr(config, key) : NULL;

	return line ? strtoull(line + strlen(key), NULL, 10) : 0;
}

/* `done` needs a machine that came to an end of its own; else nothing later can be complete. */
static const char *state_of(const json_t *machine, enum verdict word)
{
	const char *end = json_get_str(machine, "end", "");

	if (!machine || str_eq(end, "cancelled") || str_eq(end, "error"))
		return "incomplete";
	return word == VERDICT_INCOMPLETE ? "incomplete" : "done";
}

static int write_run_json(const char *run_dir, const json_t *machine, enum verdict word,
			  struct err *err)
{
	_cleanup_json_ json_t *values = json_object();

	json_set_str(values, "state", state_of(machine, word));
	json_set_str(values, "verdict", verdict_name(word));
	return plan_run_dir_update(run_dir, values, err);
}

/* The part of a run's frames that its snapshot brought; NULL: it is from none. */
static const struct frames_boot *boot_of(const json_t *plan, struct frames_boot *boot)
{
	const json_t *snapshot = json_object_get(plan, "snapshot");
	int64_t bytes = json_get_int(snapshot, "frames_bytes", 0);

	if (!snapshot)
		return NULL;
	boot->nonce = json_get_str(snapshot, "nonce", "");
	boot->bytes = bytes > 0 ? (uint64_t)bytes : 0;
	return boot;
}

int pipeline_judge(const char *run_dir, struct pipeline_outcome *outcome, struct err *err)
{
	_cleanup_json_ json_t *plan = read_json(run_dir, "plan.json", err);
	_cleanup_json_ json_t *machine = NULL;
	_cleanup_json_ json_t *reports = NULL;
	_cleanup_json_ json_t *verdict = NULL;
	_cleanup_frames_ struct frames frames = { 0 };
	_cleanup_(expects_clear)
	struct expects expects = { 0 };
	_cleanup_free_ char *machine_path = path_join(run_dir, "machine.json");
	struct frames_boot boot = { 0 };
	struct verdict_facts facts = { 0 };
	struct console_facts console = { 0 };

	if (!plan || plan_expects_from_json(plan, &expects.list, &expects.count, err) < 0 ||
	    frames_read_run(&frames, run_dir, boot_of(plan, &boot), json_get_str(plan, "nonce", ""),
			    err) < 0)
		return -1;
	if (path_exists(machine_path)) {
		machine = json_read_file(machine_path, RUN_JSON_MAX, err);
		if (!machine)
			return -1;
	}
	console_log_end_init(&console.log_end, json_get_str(plan, "nonce", ""));
	console_log_times_init(&console.log_times,
			       json_get_str(frames_find(&frames, "end", NULL, NULL), "warnings_us",
					    NULL));
	reports = parse_console(run_dir, &console, err);
	if (!reports || vmlinux_annotate_run(run_dir, reports, err) < 0 ||
	    add_probes(run_dir, reports, err) < 0 ||
	    write_json(run_dir, "reports.json", reports, err) < 0)
		return -1;
	facts = (struct verdict_facts){
		.machine = machine,
		.frames = &frames,
		.reports = reports,
		.console_read_bytes = &console.read_bytes,
		.console_dropped = console.dropped.messages,
		.console_log_ends = console.log_end.found,
		.console_lacks = console_log_times_missing(&console.log_times),
		.plan = plan,
		.kernel_hz = kernel_hz(run_dir),
		.expects = expects.list,
		.expect_count = expects.count,
	};
	verdict = verdict_judge(&facts, &outcome->verdict);
	outcome->booted = frames_find(&frames, "hello", NULL, NULL) != NULL;
	if (write_json(run_dir, "verdict.json", verdict, err) < 0)
		return -1;
	return write_run_json(run_dir, machine, outcome->verdict, err);
}
