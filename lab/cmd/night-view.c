/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/night-view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "cmd/ui.h"
#include "page/layout.h"

enum { DRAW_EVERY_MS = 250, LINE_EVERY_MS = 60000, BAR_CELLS = 30, MOST_WORKERS = 16 };

void night_view_init(struct night_view *v, bool quiet)
{
	*v = (struct night_view){ .quiet = quiet, .last_ms = clock_monotonic_ms() };
	v->terminal = ui_is_terminal();
	v->color = v->terminal && page_style_of(STDERR_FILENO).color;
}

/* ---- one result ---- */

/* "crash", "pass", or what stands for no verdict. */
static const char *word_of(const json_t *result)
{
	return json_get_str(result, "verdict", "error");
}

/* Words of a guest: made harmless. */
static void add_safe(struct strbuf *out, const char *text)
{
	_cleanup_free_ char *safe = page_safe(text);

	strbuf_adds(out, safe);
}

static void format_result(struct strbuf *out, const struct night *n, size_t job, bool color)
{
	const json_t *result = n->results[job];
	const char *what = json_get_str(result, "what", json_get_str(result, "error", NULL));
	bool passed = night_outcome_of(result) == NIGHT_PASSED;

	strbuf_addf(out, "%s%-10s%s ",
		    !color   ? ""
		    : passed ? "\033[32m"
			     : "\033[1;31m",
		    word_of(result), color ? "\033[0m" : "");
	add_safe(out, n->jobs.list[job].id);
	if (passed || !what)
		return;
	strbuf_adds(out, ": ");
	add_safe(out, what);
}

/* ---- how far it is ---- */

static void add_time(struct strbuf *out, uint64_t ms)
{
	unsigned long long s = ms / 1000;

	strbuf_addf(out, "%llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
}

static uint64_t left_of(uint64_t cost_ms, const struct night_worker *w)
{
	uint64_t ms = clock_monotonic_ms() - w->began_ms;

	return cost_ms > ms ? cost_ms - ms : 0;
}

/* What is done, or runs, and until when. */
struct now {
	bool *done;
	uint64_t *kernel_ms, *free_ms;
};

static void now_clear(struct now *now)
{
	free(now->done);
	free(now->kernel_ms);
	free(now->free_ms);
}

static void now_fill(struct now *now, const struct night *n, const struct night_worker *workers,
		     size_t count)
{
	int used = 0;

	now->done = xcalloc(n->jobs.count + 1, sizeof(*now->done));
	now->kernel_ms = xcalloc(n->jobs.kernel_count + 1, sizeof(*now->kernel_ms));
	now->free_ms = xcalloc((size_t)n->processors, sizeof(*now->free_ms));
	for (size_t i = 0; i < n->jobs.count; i++)
		now->done[i] = n->results[i] != NULL;
	for (size_t k = 0; k < n->jobs.kernel_count; k++)
		now->kernel_ms[k] = n->kernels[k] == NIGHT_KERNEL_READY ? 0 : UINT64_MAX;
	for (size_t i = 0; i < count; i++) {
		const struct night_worker *w = &workers[i];

		if (w->work == NIGHT_BUILD)
			now->kernel_ms[w->index] = left_of(n->jobs.kernels[w->index].build_ms, w);
		if (w->work != NIGHT_GUEST)
			continue;
		now->done[w->index] = true;
		for (int c = 0; c < n->jobs.list[w->index].cpus && used < n->processors; c++)
			now->free_ms[used++] = left_of(n->jobs.list[w->index].cost_ms, w);
	}
}

static struct night_forecast forecast_of(const struct night *n, const struct night_worker *workers,
					 size_t count)
{
	uint64_t spent = night_elapsed_ms(n);
	uint64_t left = n->budget_ms > spent ? n->budget_ms - spent : 1;
	_cleanup_(now_clear)
	struct now now = { 0 };
	struct night_now known;

	now_fill(&now, n, workers, count);
	known = (struct night_now){ now.done, now.kernel_ms, now.free_ms };
	return night_jobs_forecast(&n->jobs, n->processors, n->budget_ms ? left : 0, &known, NULL);
}

static void format_state(struct strbuf *out, const struct night *n,
			 const struct night_worker *workers, size_t count)
{
	struct night_counts counts = night_count(n);
	struct night_forecast forecast = forecast_of(n, workers, count);

	strbuf_addf(out, "%zu of %zu done", counts.done, n->jobs.count);
	if (counts.of[NIGHT_FAILED])
		strbuf_addf(out, ", %zu failed", counts.of[NIGHT_FAILED]);
	if (counts.of[NIGHT_UNABLE])
		strbuf_addf(out, ", %zu could not be run", counts.of[NIGHT_UNABLE]);
	strbuf_adds(out, "; ");
	add_time(out, night_elapsed_ms(n));
	strbuf_adds(out, ", about ");
	add_time(out, forecast.total_ms);
	strbuf_adds(out, " left");
	if (forecast.beyond)
		strbuf_addf(out, ", %zu beyond the budget", forecast.beyond);
}

/* Cut to the terminal's width: a line that wraps cannot be drawn over. */
static void end_line(struct strbuf *out, size_t start, int columns)
{
	while (columns > 0 && page_columns(out->data + start) > columns) {
		/* Whole characters. */
		do
			out->length--;
		while (out->length > start &&
		       ((unsigned char)out->data[out->length] & 0xc0) == 0x80);
		out->data[out->length] = '\0';
	}
	strbuf_addc(out, '\n');
}

static void format_worker(struct strbuf *out, const struct night *n, const struct night_worker *w)
{
	const struct night_job *job = &n->jobs.list[w->index];
	uint64_t ms = clock_monotonic_ms() - w->began_ms;

	if (w->work == NIGHT_BUILD) {
		strbuf_adds(out, "build  ");
		add_time(out, ms);
		strbuf_addc(out, ' ');
		if (w->total)
			strbuf_addf(out, "%3llu %%  ",
				    (unsigned long long)(w->done * 100 / w->total));
		add_safe(out, n->jobs.kernels[w->index].source);
		strbuf_addc(out, ' ');
		add_safe(out, n->jobs.kernels[w->index].kconfig);
		return;
	}
	strbuf_adds(out, "guest  ");
	add_time(out, ms);
	strbuf_addf(out, " of about %llu s  ", (unsigned long long)(job->cost_ms + 999) / 1000);
	add_safe(out, job->id);
}

int night_view_format(struct strbuf *out, const struct night *n, const struct night_worker *workers,
		      size_t count, int columns)
{
	size_t done = night_count(n).done, start = out->length;
	int lines = 2;

	strbuf_addc(out, '[');
	for (size_t i = 0; i < BAR_CELLS; i++)
		strbuf_addc(out, i < BAR_CELLS * done / n->jobs.count ? '#' : '.');
	strbuf_adds(out, "] ");
	add_safe(out, json_get_str(n->plan, "name", ""));
	end_line(out, start, columns);
	start = out->length;
	format_state(out, n, workers, count);
	end_line(out, start, columns);
	for (size_t i = 0; i < count && lines < 2 + MOST_WORKERS; i++) {
		if (workers[i].work == NIGHT_IDLE)
			continue;
		start = out->length;
		strbuf_adds(out, "  ");
		format_worker(out, n, &workers[i]);
		end_line(out, start, columns);
		lines++;
	}
	return lines;
}

/* ---- drawing ---- */

static void erase(struct night_view *v)
{
	if (v->lines)
		fprintf(stderr, "\033[%dA\033[J", v->lines);
	v->lines = 0;
}

void night_view_tell(struct night_view *v, const struct night *n, size_t job)
{
	bool passed = night_outcome_of(n->results[job]) == NIGHT_PASSED;
	_cleanup_strbuf_ struct strbuf line = { 0 };

	/* What passed is counted; the rest is what one looks for. */
	if (v->quiet || (v->terminal && passed))
		return;
	erase(v);
	format_result(&line, n, job, v->color);
	if (!v->terminal)
		strbuf_addf(&line, " (%zu of %zu)", night_count(n).done, n->jobs.count);
	fprintf(stderr, "%s\n", line.data);
	if (v->terminal)
		v->last_ms = 0;
}

void night_view_update(struct night_view *v, const struct night *n,
		       const struct night_worker *workers, size_t count)
{
	uint64_t now_ms = clock_monotonic_ms();
	_cleanup_strbuf_ struct strbuf text = { 0 };
	int lines;

	if (v->quiet || now_ms - v->last_ms < (v->terminal ? DRAW_EVERY_MS : LINE_EVERY_MS))
		return;
	v->last_ms = now_ms;
	if (!v->terminal) {
		format_state(&text, n, workers, count);
		fprintf(stderr, "%s\n", text.data);
		return;
	}
	/* The last column stays free: some terminals wrap as soon as it is written. */
	lines = night_view_format(&text, n, workers, count, ui_terminal_columns() - 1);
	erase(v);
	fputs(text.data, stderr);
	fflush(stderr);
	v->lines = lines;
}

void night_view_note(struct night_view *v, const char *format, ...)
{
	va_list args;

	if (v->quiet)
		return;
	erase(v);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

void night_view_end(struct night_view *v)
{
	erase(v);
	fflush(stderr);
}
