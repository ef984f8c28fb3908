/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/ui.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "page/layout.h"

#define BAR_EVERY_MS  100
#define LINE_EVERY_MS 15000
#define BAR_MIN_CELLS 10
#define BAR_MAX_CELLS 40

struct ui {
	struct progress base;
	bool quiet;
	bool terminal;
	bool shown;	  /* a bar stands on the current line */
	uint64_t last_ms; /* of the last bar or line */
	char what[80];	  /* of the last bar or line */
};

static void format_eta(struct strbuf *out, int eta_s)
{
	if (eta_s >= 3600)
		strbuf_addf(out, "%d:%02d:%02d left", eta_s / 3600, eta_s / 60 % 60, eta_s % 60);
	else if (eta_s >= 0)
		strbuf_addf(out, "%d:%02d left", eta_s / 60, eta_s % 60);
}

static int percent_of(uint64_t done, uint64_t total)
{
	if (done >= total)
		return 100;
	return (int)((double)done * 100.0 / (double)total);
}

void ui_format_bar(struct strbuf *out, int columns, const char *what, uint64_t done, uint64_t total,
		   int eta_s)
{
	_cleanup_strbuf_ struct strbuf tail = { 0 };
	size_t start = out->length;
	int cells, percent;

	if (total == 0) {
		strbuf_addf(out, "%s ...", what);
		if (done)
			strbuf_addf(out, " %llu", (unsigned long long)done);
	} else {
		percent = percent_of(done, total);
		strbuf_addf(&tail, "] %3d %% %llu/%llu ", percent, (unsigned long long)done,
			    (unsigned long long)total);
		format_eta(&tail, eta_s);
		strbuf_addf(out, "%s [", what);
		cells = columns - (int)(out->length - start) - (int)tail.length;
		if (cells > BAR_MAX_CELLS)
			cells = BAR_MAX_CELLS;
		for (int i = 0; cells >= BAR_MIN_CELLS && i < cells; i++)
			strbuf_addc(out, i < cells * percent / 100 ? '#' : '.');
		strbuf_add(out, tail.data, tail.length);
	}
	/* A line wider than the terminal would wrap, and never be erased. */
	if (columns > 0 && out->length - start > (size_t)columns) {
		out->length = start + (size_t)columns;
		out->data[out->length] = '\0';
	}
}

void ui_format_line(struct strbuf *out, const char *what, uint64_t done, uint64_t total, int eta_s)
{
	strbuf_adds(out, what);
	if (total == 0 && done)
		strbuf_addf(out, ": %llu", (unsigned long long)done);
	if (total == 0)
		return;
	strbuf_addf(out, ": %llu/%llu (%d %%)", (unsigned long long)done, (unsigned long long)total,
		    percent_of(done, total));
	if (eta_s >= 0) {
		strbuf_adds(out, ", ");
		format_eta(out, eta_s);
	}
}

int ui_terminal_columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return 80;
}

static void erase_bar(struct ui *ui)
{
	if (ui->shown)
		fputs("\r\033[K", stderr);
	ui->shown = false;
}

void ui_format_note(struct strbuf *out, int columns, const char *text)
{
	const struct page_style style = { .width = columns };
	_cleanup_free_ char *wrapped = NULL;
	struct page p;

	page_init(&p, &style);
	page_wrap(&p, TONE_PLAIN, text, 2);
	wrapped = page_take(&p);
	strbuf_adds(out, wrapped);
}

static void ui_note(struct progress *p, const char *text)
{
	struct ui *ui = (struct ui *)p;
	_cleanup_strbuf_ struct strbuf wrapped = { 0 };

	if (ui->quiet)
		return;
	erase_bar(ui);
	if (ui->terminal)
		ui_format_note(&wrapped, ui_terminal_columns(), text);
	fprintf(stderr, "%s\n", ui->terminal ? wrapped.data : text);
}

static void ui_update(struct progress *p, const char *what, uint64_t done, uint64_t total,
		      int eta_s)
{
	struct ui *ui = (struct ui *)p;
	uint64_t now_ms = clock_monotonic_ms();
	uint64_t every_ms = ui->terminal ? BAR_EVERY_MS : LINE_EVERY_MS;
	bool is_new = strncmp(what, ui->what, sizeof(ui->what) - 1) != 0;
	_cleanup_strbuf_ struct strbuf line = { 0 };

	if (ui->quiet || (!is_new && now_ms - ui->last_ms < every_ms))
		return;
	snprintf(ui->what, sizeof(ui->what), "%s", what);
	ui->last_ms = now_ms;
	if (!ui->terminal) {
		ui_format_line(&line, what, done, total, eta_s);
		fprintf(stderr, "%s\n", line.data);
		return;
	}
	/* The last column stays free: some terminals wrap as soon as it is written. */
	ui_format_bar(&line, ui_terminal_columns() - 1, what, done, total, eta_s);
	fprintf(stderr, "\r%s\033[K", line.data);
	fflush(stderr);
	ui->shown = true;
}

static void ui_end(struct progress *p)
{
	struct ui *ui = (struct ui *)p;

	if (ui->quiet)
		return;
	erase_bar(ui);
	fflush(stderr);
	ui->what[0] = '\0';
}

bool ui_is_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && !str_eq(term, "dumb");
}

struct progress *ui_progress(void)
{
	static struct ui ui;

	if (!ui.base.note) {
		ui.base = (struct progress){ .note = ui_note, .update = ui_update, .end = ui_end };
		ui.terminal = ui_is_terminal();
	}
	return &ui.base;
}

void ui_configure(struct progress *p, bool quiet)
{
	struct ui *ui = (struct ui *)p;

	ui->quiet = quiet;
}
