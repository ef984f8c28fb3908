// SPDX-License-Identifier: GPL-2.0-or-later
/* A run on a terminal: the word and why, then what happened, the unexpected first. */
#include <ctype.h>
#include <inttypes.h>

#include "base/json.h"
#include "page/exact-text.h"
#include "page/layout.h"
#include "page/run-data.h"
#include "verdict/expect.h"
#include "verdict/fault-accounts.h"
#include "verdict/recovery.h"
#include "verdict/trace.h"
#include "verdict/verdict.h"

#define MAX_REPORTS 12
#define MAX_FRAMES  16

static void add_head(struct page *p, const char *word, const char *name, const char *question)
{
	_cleanup_free_ char *upper = xstrdup(word);

	for (char *c = upper; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	page_add(p, page_tone_of(word), upper);
	page_to(p, PAGE_LABEL);
	page_add(p, TONE_STRONG, name);
	page_line(p);
	if (question && *question) {
		page_to(p, PAGE_LABEL);
		page_wrap(p, TONE_PLAIN, question, PAGE_LABEL);
		page_line(p);
	}
}

static char *joined(const json_t *array, const char *separator)
{
	_cleanup_strv_ struct strv v = { 0 };

	if (json_is_array(array))
		json_to_strv(array, &v);
	return strv_join(&v, separator);
}

static void add_answer(struct page *p, const struct run_facts *run)
{
	bool complete;
	_cleanup_free_ char *answer = page_answer(run, &complete), *lacks = page_answer_lacks(run);

	if (!answer)
		return;
	page_label(p, "answer");
	page_wrap(p, TONE_INFO, answer, PAGE_LABEL);
	page_line(p);
	if (complete)
		return;
	page_to(p, PAGE_LABEL);
	page_add(p, TONE_BAD, "not shown by this run: ");
	page_wrap(p, TONE_BAD, lacks, PAGE_LABEL);
	page_line(p);
}

/* What init tried with all faults disarmed. */
static void add_recovery(struct page *p, const struct run_facts *run)
{
	const struct frames frames = { .list = run->frames };
	_cleanup_strbuf_ struct strbuf text = { 0 };
	enum recovery recovery = recovery_judge(&frames, &text);

	if (recovery == RECOVERY_UNKNOWN)
		return;
	page_label(p, "in the end");
	page_wrap(p, recovery == RECOVERY_DONE ? TONE_PLAIN : TONE_BAD, text.data, PAGE_LABEL);
	page_line(p);
}

static void add_machine(struct page *p, const struct run_facts *run)
{
	const json_t *source = json_object_get(run->kernel, "source");
	_cleanup_free_ char *kconfig = joined(json_object_get(run->plan, "kconfig"), "+");
	_cleanup_strbuf_ struct strbuf text = { 0 };
	char memory[24], wall[24];
	int64_t cpus = json_get_int(run->plan, "cpus", 1);

	page_label(p, "kernel");
	page_addf(p, TONE_PLAIN, "Linux %s", json_get_str(source, "release", "?"));
	page_to(p, p->column + 2);
	page_wrap(p, TONE_INFO, kconfig, PAGE_LABEL);
	page_line(p);
	page_format_bytes(json_get_num(run->plan, "memory_bytes", 0), memory);
	strbuf_addf(&text, "%" PRId64 " CPU%s, %s, %s mode, seed %" PRId64, cpus,
		    cpus == 1 ? "" : "s", memory, json_get_str(run->run, "mode", "?"),
		    json_get_int(run->run, "seed", 0));
	if (run->machine) {
		page_format_ms(json_get_num(run->machine, "wall_ms", 0), wall);
		strbuf_addf(&text, "; QEMU %s %s, %s in %s",
			    json_get_str(run->machine, "qemu_version", "?"),
			    json_get_str(run->machine, "accel", "?"),
			    json_get_str(run->machine, "end", "?"), wall);
	}
	page_label(p, "machine");
	page_wrap(p, TONE_PLAIN, text.data, PAGE_LABEL);
	page_line(p);
}

/* What it did not do itself. */
static void add_snapshot(struct page *p, const struct run_facts *run)
{
	const json_t *snapshot = json_object_get(run->plan, "snapshot");
	_cleanup_strbuf_ struct strbuf text = { 0 };
	char boot[24], on[24];

	if (!snapshot)
		return;
	page_format_ms(json_get_num(snapshot, "boot_ms", 0), boot);
	page_format_ms(json_get_num(run->machine, "running_ms", 0), on);
	strbuf_addf(
		&text,
		"snapshot %.12s: all up to the checkpoint was done before, by a boot of %s with "
		"seed %" PRId64 "; this guest went on after %s",
		json_get_str(snapshot, "key", "?"), boot, json_get_int(snapshot, "seed", 0),
		run->machine ? on : "?");
	page_label(p, "from");
	page_wrap(p, TONE_PLAIN, text.data, PAGE_LABEL);
	page_line(p);
}

static void add_reason(struct page *p, const json_t *reason, const char *label)
{
	const char *word = json_get_str(reason, "verdict", "?");
	const char *where = json_get_str(reason, "where", NULL);

	page_label(p, label);
	if (p->style.verbose) {
		page_fit(p, page_tone_of(word), word, PAGE_LABEL);
		page_add(p, TONE_PLAIN, " ");
	}
	page_wrap(p, TONE_PLAIN, json_get_str(reason, "what", ""), PAGE_LABEL + 2);
	if (where) {
		page_add(p, TONE_PLAIN, " ");
		page_wrap(p, TONE_DIM, where, PAGE_LABEL + 2);
	}
	page_line(p);
}

/* What speaks for the word itself. What is milder mostly follows from it, and shows below. */
static void add_reasons(struct page *p, const json_t *verdict, const char *word)
{
	size_t i, shown = 0, milder = 0;
	json_t *reason, *note;

	json_array_foreach (json_object_get(verdict, "reasons"), i, reason) {
		if (p->style.verbose || str_eq(json_get_str(reason, "verdict", ""), word))
			add_reason(p, reason, shown++ ? "" : "why");
		else
			milder++;
	}
	if (milder) {
		page_to(p, PAGE_LABEL);
		page_addf(p, TONE_DIM, "and %zu milder reason%s", milder, milder == 1 ? "" : "s");
		page_line(p);
	}
	json_array_foreach (json_object_get(verdict, "notes"), i, note) {
		page_label(p, i ? "" : "note");
		page_wrap(p, TONE_DIM, json_string_value(note), PAGE_LABEL);
		page_line(p);
	}
}

/* The state of a step as the frames have it: 1 done, -1 failed, 0 begun, -2 never begun. */
static int step_state(const struct run_facts *run, int64_t index)
{
	int state = -2;
	json_t *frame;
	size_t i;

	json_array_foreach (run->frames, i, frame) {
		const char *k = json_get_str(frame, "k", "");

		if (json_get_int(frame, "i", -1) != index)
			continue;
		if (str_eq(k, "step") && state == -2)
			state = 0;
		else if (str_eq(k, "step-end"))
			state = json_get_bool(frame, "ok", false) && state != -1 ? 1 : -1;
	}
	return state;
}

static void add_steps(struct page *p, const struct run_facts *run)
{
	static const struct {
		const char *mark;
		enum tone tone;
	} states[] = {
		{ "-", TONE_DIM }, { "✗", TONE_BAD }, { "…", TONE_WARN }, { "✓", TONE_GOOD }
	};
	const json_t *steps = json_object_get(run->plan, "steps");
	json_t *step;
	size_t i;

	if (!json_array_size(steps))
		return;
	page_label(p, "steps");
	json_array_foreach (steps, i, step) {
		int state = step_state(run, json_get_int(step, "i", (int64_t)i)) + 2;
		const char *verb = json_get_str(step, "verb", "?");

		if (i && p->column + 5 + (int)strlen(verb) > p->style.width) {
			page_line(p);
			page_to(p, PAGE_LABEL);
		} else if (i) {
			page_to(p, p->column + 2);
		}
		page_add(p, states[state].tone, states[state].mark);
		page_addf(p, state == 3 ? TONE_PLAIN : states[state].tone, " %s", verb);
	}
	page_line(p);
}

static void add_task(struct page *p, const json_t *end)
{
	double cpu_ms =
		(json_get_num(end, "utime_us", 0) + json_get_num(end, "stime_us", 0)) / 1000;
	_cleanup_free_ char *text = NULL;
	char size[24], time[24];

	page_format_bytes(json_get_num(end, "maxrss_kib", 0) * 1024, size);
	page_format_ms(cpu_ms, time);
	text = xasprintf("%s at most, %s of CPU, %" PRId64 " faults", size, time,
			 json_get_int(end, "minflt", 0) + json_get_int(end, "majflt", 0));
	page_to(p, p->column + 2);
	page_wrap(p, TONE_DIM, text, PAGE_LABEL + 2);
}

static void add_tasks(struct page *p, const struct run_facts *run)
{
	struct frames frames = { .list = run->frames };
	const char *label = "tasks";
	json_t *frame;
	size_t i;

	json_array_foreach (run->frames, i, frame) {
		const char *name = json_get_str(frame, "name", "?");
		const json_t *end;
		_cleanup_free_ char *text = NULL;

		if (!str_eq(json_get_str(frame, "k", ""), "task"))
			continue;
		end = frames_find(&frames, "task-end", "name", name);
		text = end ? expect_task_end_text(end) : xstrdup("never ended");
		page_label(p, label);
		label = "";
		page_add(p, TONE_STRONG, name);
		page_addf(p, end ? TONE_PLAIN : TONE_BAD, " %s", text);
		if (end)
			add_task(p, end);
		page_line(p);
		run_page_results(p, run, name);
	}
}

static void add_injections(struct page *p, const struct run_facts *run)
{
	struct frames frames = { .list = run->frames };
	_cleanup_json_ json_t *faults = fault_accounts(&frames, run->machine);
	json_t *fault;
	size_t i;

	json_array_foreach (faults, i, fault) {
		int64_t fired = json_get_int(fault, "fired", 0);
		int64_t index = json_get_int(fault, "i", -1);
		const char *device = json_get_str(fault, "device", "");
		_cleanup_free_ char *text = NULL;
		const json_t *step = index < 0 ? NULL
					       : json_array_get(json_object_get(run->plan, "steps"),
								(size_t)index);

		page_label(p, i ? "" : "injected");
		page_add(p, TONE_STRONG, json_get_str(fault, "fault", "?"));
		if (*device)
			page_addf(p, TONE_PLAIN, " on %s", device);
		text = xasprintf("fired %" PRId64 " time%s%s", fired, fired == 1 ? "" : "s",
				 json_get_bool(fault, "final", false) ? ""
				 : json_get_bool(fault, "lost", false)
					 ? " at least, the count was lost"
					 : " so far, no final count");
		page_add(p, fired ? TONE_PLAIN : TONE_BAD, ":");
		page_to(p, p->column + 1);
		page_wrap(p, fired ? TONE_PLAIN : TONE_BAD, text, PAGE_LABEL + 2);
		if (json_array_size(faults) > 1 && step)
			page_addf(p, TONE_DIM, "  case.yaml:%" PRId64,
				  json_get_int(step, "line", 0));
		page_line(p);
	}
}

static void add_facts(struct page *p, const struct run_facts *run)
{
	const char *label = "facts";
	json_t *frame;
	size_t i;

	json_array_foreach (run->frames, i, frame) {
		bool holds = json_get_bool(frame, "holds", false);
		bool unchecked = json_get_bool(frame, "unchecked", false);

		if (!str_eq(json_get_str(frame, "k", ""), "fact"))
			continue;
		page_label(p, label);
		label = "";
		page_add(p,
			 holds	     ? TONE_GOOD
			 : unchecked ? TONE_DIM
				     : TONE_BAD,
			 holds	     ? "✓ "
			 : unchecked ? "- "
				     : "✗ ");
		page_wrap(p, TONE_PLAIN, json_get_str(frame, "fact", "?"), PAGE_LABEL + 2);
		page_add(p, TONE_PLAIN, " ");
		page_wrap(p, TONE_DIM, json_get_str(frame, "found", ""), PAGE_LABEL + 2);
		page_line(p);
	}
}

/* "symbol+0x1f/0x40 [module]", as the kernel prints it. */
static void add_frame(struct page *p, const json_t *frame)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const char *module = json_get_str(frame, "module", NULL);

	strbuf_adds(&text, json_get_str(frame, "symbol", "?"));
	if (json_is_integer(json_object_get(frame, "offset")))
		strbuf_addf(&text, "+0x%" PRIx64 "/0x%" PRIx64, json_get_int(frame, "offset", 0),
			    json_get_int(frame, "size", 0));
	if (module)
		strbuf_addf(&text, " [%s]", module);
	page_to(p, PAGE_LABEL + 7);
	page_wrap(p, TONE_PLAIN, text.data, PAGE_LABEL + 9);
	if (json_get_str(frame, "file", NULL)) {
		_cleanup_free_ char *place =
			xasprintf("%s:%" PRId64, json_get_str(frame, "file", ""),
				  json_get_int(frame, "line", 0));

		page_right(p, TONE_DIM, place, p->style.width);
	}
	page_line(p);
}

static void add_trace(struct page *p, const json_t *trace)
{
	size_t i, shown = 0, left = 0;
	json_t *frame;

	json_array_foreach (json_object_get(trace, "frames"), i, frame) {
		if (!trace_frame_reliable(frame))
			continue;
		if (shown == MAX_FRAMES && !p->style.verbose) {
			left++;
			continue;
		}
		shown++;
		add_frame(p, frame);
	}
	if (left) {
		page_to(p, PAGE_LABEL + 7);
		page_addf(p, TONE_DIM, "… %zu more frames", left);
		page_line(p);
	}
}

/* "memory 40 MiB of 40 MiB", "swap 40 MiB": a limit beyond the exbibyte is none. */
static void add_usage(struct page *p, const json_t *details, const char *what, const char *before)
{
	const json_t *part = json_object_get(details, what);
	double limit = json_get_num(part, "limit_kib", 0) * 1024;
	char usage_text[24], limit_text[24];

	if (!json_is_object(part))
		return;
	page_format_bytes(json_get_num(part, "usage_kib", 0) * 1024, usage_text);
	page_format_bytes(limit, limit_text);
	page_addf(p, TONE_DIM, "%s %s %s%s%s", before, what, usage_text,
		  limit < 0x1p60 ? " of " : "", limit < 0x1p60 ? limit_text : "");
}

/* What stands beside each other in an OOM report, and is what one looks for in it. */
static void add_oom(struct page *p, const json_t *details)
{
	const json_t *killed = json_object_get(details, "killed");
	char rss[24];

	page_to(p, PAGE_LABEL + 5);
	add_usage(p, details, "memory", "");
	add_usage(p, details, "swap", ",");
	if (json_is_object(killed)) {
		page_format_bytes(json_get_num(killed, "anon_rss_kib", 0) * 1024, rss);
		page_addf(p, TONE_DIM, ", anon-rss %s", rss);
	}
	page_line(p);
}

static void add_report(struct page *p, const json_t *report, bool trace)
{
	_cleanup_free_ char *where =
		xasprintf("line %" PRId64, json_get_int(report, "start_line", 0));
	int64_t count = json_get_int(report, "count", 1);
	enum tone tone = json_get_bool(report, "info", false) ? TONE_PLAIN : TONE_BAD;
	const char *title = json_get_str(report, "title", "?");
	_cleanup_free_ char *times = xasprintf("%" PRId64 "×", count);
	int end = p->style.width;
	/* A large count is never cut: it takes more room. */
	int columns = page_columns(times) < 4 ? 4 : page_columns(times);
	int start = PAGE_LABEL + columns + 2;

	page_right(p, count > 1 ? TONE_STRONG : TONE_DIM, times, PAGE_LABEL + columns + 1);
	page_to(p, start);
	if (page_is_narrow(p)) {
		page_wrap(p, tone, title, start + 2);
		page_add(p, TONE_PLAIN, " ");
		page_wrap(p, TONE_DIM, where, start + 2);
	} else {
		page_fit(p, tone, title, end - start - 1 - (int)strlen(where));
		page_right(p, TONE_DIM, where, end);
	}
	page_line(p);
	if (str_eq(json_get_str(report, "kind", ""), "oom-kill"))
		add_oom(p, json_object_get(report, "details"));
	if (trace)
		add_trace(p, json_array_get(json_object_get(report, "traces"), 0));
}

static void add_reports(struct page *p, const struct run_facts *run)
{
	size_t i, shown = 0, left = 0;
	json_t *report;

	if (run->reports && !json_array_size(run->reports)) {
		page_label(p, "reports");
		page_add(p, TONE_DIM, "none");
		page_line(p);
	}
	/* Bugs first, the first of them with its trace: that is what one came to see. */
	for (int info = 0; info < 2; info++)
		json_array_foreach (run->reports, i, report) {
			if (json_get_bool(report, "info", false) != (info == 1))
				continue;
			if (shown == MAX_REPORTS && !p->style.verbose) {
				left++;
				continue;
			}
			page_label(p, shown ? "" : "reports");
			add_report(p, report, (!info && !shown) || p->style.verbose);
			shown++;
		}
	if (left) {
		page_to(p, PAGE_LABEL + 6);
		page_addf(p, TONE_DIM, "… %zu more", left);
		page_line(p);
	}
}

static void add_expectations(struct page *p, const json_t *verdict)
{
	json_t *e;
	size_t i;

	json_array_foreach (json_object_get(verdict, "expectations"), i, e) {
		bool met = json_get_bool(e, "met", false);

		page_label(p, i ? "" : "expected");
		page_add(p, met ? TONE_GOOD : TONE_BAD, met ? "✓ " : "✗ ");
		page_wrap(p, TONE_PLAIN, json_get_str(e, "expect", "?"), PAGE_LABEL + 2);
		page_line(p);
		page_to(p, PAGE_LABEL + 2);
		page_wrap(p, met ? TONE_DIM : TONE_BAD, json_get_str(e, "why", ""), PAGE_LABEL + 2);
		page_line(p);
	}
}

static void add_unfinished(struct page *p, const struct run_facts *run)
{
	const char *error = json_get_str(run->machine, "error", "");

	page_label(p, "why");
	page_wrap(p, TONE_WARN,
		  *error ? error : "the run never came to its end: klab was stopped, or still runs",
		  PAGE_LABEL);
	page_line(p);
}

char *page_run_text(const struct run_facts *run, const struct page_style *style)
{
	bool done = str_eq(json_get_str(run->run, "state", ""), "done");
	const char *word =
		done ? json_get_str(run->verdict, "verdict", "incomplete") : "incomplete";
	struct page p;

	page_init(&p, style);
	add_head(&p, word, json_get_str(run->run, "case", "?"),
		 json_get_str(run->plan, "question", NULL));
	if (!done && !run->verdict)
		add_unfinished(&p, run);
	add_reasons(&p, run->verdict, word);
	add_answer(&p, run);
	add_machine(&p, run);
	add_snapshot(&p, run);
	exact_page_add(&p, json_object_get(run->run, "repeats"));
	add_steps(&p, run);
	add_tasks(&p, run);
	run_page_output(&p, run);
	run_page_snapshots(&p, run);
	run_page_coverage(&p, run);
	add_injections(&p, run);
	add_recovery(&p, run);
	add_facts(&p, run);
	add_reports(&p, run);
	add_expectations(&p, run->verdict);
	page_label(&p, "run");
	page_wrap(&p, TONE_DIM, run->dir, PAGE_LABEL);
	page_line(&p);
	return page_take(&p);
}
