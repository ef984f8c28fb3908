// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/replay-at.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "console/console-file.h"
#include "page/layout.h"

enum {
	REPORTS_BYTES = 256 << 20,
	CONSOLE_BYTES = 256 << 20,
};

/* What every message of the kernel goes through, of Linux 3.5 and later. */
#define PRINTK_CORE "vprintk_emit"

void replay_at_clear(struct replay_at *where)
{
	if (!where)
		return;
	free(where->what);
	where->what = NULL;
}

static bool find_function(struct symbolizer *symbols, const char *name, uint64_t *address)
{
	struct symbol_place place;

	if (!symbolizer_find(symbols, name, 0, 0, NULL, false, &place))
		return false;
	*address = place.address;
	return true;
}

/* A place in console.log as what the guest had printed by then: of a long one the middle is out. */
static int set_console(struct replay_at *where, const struct recorded *r, uint64_t offset,
		       uint64_t file_bytes, struct symbolizer *symbols, struct err *err)
{
	const json_t *console = json_get_object(r->machine, "console");
	int64_t bytes = json_get_int(console, "bytes", 0);
	int64_t head = json_get_int(console, "head_bytes", 0);
	int64_t kept = json_get_int(console, "kept_bytes", 0);

	if (!find_function(symbols, PRINTK_CORE, &where->address))
		return err_set(err, ERR_HOST,
			       "the kernel of %s has no function %s, where its messages would be "
			       "seen",
			       r->dir, PRINTK_CORE);
	where->console_bytes = offset;
	if (kept < bytes && offset >= (uint64_t)head)
		where->console_bytes = (uint64_t)bytes - (file_bytes - offset);
	return 0;
}

/* ---- a time ---- */

/* "3.25", "3.25s", "3s": not "3", which is a report. */
static bool parse_time(const char *at, double *seconds)
{
	char *end;

	if (!isdigit((unsigned char)at[0]) || at[strspn(at, "0123456789.s")] ||
	    !at[strcspn(at, ".s")])
		return false;
	*seconds = strtod(at, &end);
	return !*end || str_eq(end, "s");
}

/* "[    3.251234] ..." of a line. */
static bool line_time(const char *line, double *seconds)
{
	char *end;

	if (line[0] != '[')
		return false;
	*seconds = strtod(line + 1, &end);
	return end > line + 1 && (*end == ']' || *end == '.');
}

/* There is one where something is looked for in it. */
static char *read_console(const struct recorded *r, size_t *length, struct err *err)
{
	char *console = console_read(r->dir, CONSOLE_BYTES, length, err);

	if (!console && err->kind == ERR_NONE)
		err_set(err, ERR_INPUT, "%s: it has no " CONSOLE_FILE, r->dir);
	return console;
}

static int find_time(struct replay_at *where, double seconds, const struct recorded *r,
		     struct symbolizer *symbols, struct err *err)
{
	size_t length = 0;
	_cleanup_free_ char *console = read_console(r, &length, err);
	double time = 0;
	int number = 1;

	if (!console)
		return -1;
	for (const char *line = console; line < console + length; number++) {
		const char *newline = memchr(line, '\n', (size_t)(console + length - line));

		if (line_time(line, &time) && time >= seconds) {
			where->what = xasprintf("the first message at or after %.6f s: line %d of "
						"its console, at %.6f s",
						seconds, number, time);
			return set_console(where, r, (uint64_t)(line - console), length, symbols,
					   err);
		}
		if (!newline)
			break;
		line = newline + 1;
	}
	return err_set(err, ERR_INPUT,
		       "--at %.6f: the kernel printed nothing any more by then, its last message "
		       "is of %.6f s",
		       seconds, time);
}

/* ---- a report ---- */

static bool is_in_console(const json_t *report)
{
	return !str_eq(json_get_str(report, "kind", ""), "probe");
}

static int take_report(struct replay_at *where, size_t index, const json_t *reports,
		       const struct recorded *r, struct symbolizer *symbols, struct err *err)
{
	const json_t *report = json_array_get(reports, index);
	_cleanup_free_ char *title = page_safe(json_get_str(report, "title", ""));
	int64_t start = json_get_int(report, "start", -1);
	size_t length = 0;
	_cleanup_free_ char *console = NULL;

	if (!is_in_console(report) || start < 0)
		return err_set(err, ERR_INPUT,
			       "report %zu, \"%s\", is none of the console: give the function, "
			       "--at %s",
			       index + 1, title,
			       json_get_str(json_get_object(report, "details"), "at", "FUNCTION"));
	console = read_console(r, &length, err);
	if (!console)
		return -1;
	where->what = xasprintf("report %zu of %zu, \"%s\": line %d of its console", index + 1,
				json_array_size(reports), title,
				(int)json_get_int(report, "start_line", 0));
	return set_console(where, r, (uint64_t)start, length, symbols, err);
}

/* A bug before what is only information. */
static int take_first(struct replay_at *where, const json_t *reports, const struct recorded *r,
		      struct symbolizer *symbols, struct err *err)
{
	for (int info = 0; info < 2; info++) {
		json_t *report;
		size_t i;

		json_array_foreach (reports, i, report)
			if (is_in_console(report) && json_get_bool(report, "info", false) == info)
				return take_report(where, i, reports, r, symbols, err);
	}
	return err_set(err, ERR_INPUT,
		       "%s has no report to stop at; --at TIME or --at FUNCTION stops elsewhere",
		       r->dir);
}

static bool has_title(const json_t *report, const char *title)
{
	json_t *other;
	size_t i;

	if (str_eq(json_get_str(report, "title", ""), title))
		return true;
	json_array_foreach (json_get_array(report, "alt_titles"), i, other)
		if (str_eq(json_string_value(other), title))
			return true;
	return false;
}

/* Index of the report by its whole title, or by a part that is in one title only; -1: none. */
static int find_title(const json_t *reports, const char *at, bool whole)
{
	int found = -1;
	json_t *report;
	size_t i;

	json_array_foreach (reports, i, report) {
		if (whole ? has_title(report, at)
			  : strstr(json_get_str(report, "title", ""), at) != NULL) {
			if (found >= 0 && !whole)
				return -1;
			if (found < 0)
				found = (int)i;
		}
	}
	return found;
}

static int take_number(struct replay_at *where, int64_t number, const json_t *reports,
		       const struct recorded *r, struct symbolizer *symbols, struct err *err)
{
	size_t count = json_array_size(reports);

	if (number < 1 || (uint64_t)number > count)
		return err_set(err, ERR_INPUT, "--at %lld: %s has %zu report%s", (long long)number,
			       r->dir, count, count == 1 ? "" : "s");
	return take_report(where, (size_t)number - 1, reports, r, symbols, err);
}

int replay_at_find(struct replay_at *where, const char *at, const struct recorded *r,
		   struct symbolizer *symbols, struct err *err)
{
	_cleanup_free_ char *path = path_join(r->dir, "reports.json");
	_cleanup_json_ json_t *reports =
		path_exists(path) ? json_read_file(path, REPORTS_BYTES, err) : json_array();
	double seconds;
	int64_t number;
	int found;

	if (!reports)
		return -1;
	if (!at)
		return take_first(where, reports, r, symbols, err);
	if (parse_time(at, &seconds))
		return find_time(where, seconds, r, symbols, err);
	if (str_parse_i64(at, &number))
		return take_number(where, number, reports, r, symbols, err);
	found = find_title(reports, at, true);
	if (found < 0 && find_function(symbols, at, &where->address)) {
		where->console_bytes = 0;
		where->what = xasprintf("the first call of %s", at);
		return 0;
	}
	if (found < 0)
		found = find_title(reports, at, false);
	if (found >= 0)
		return take_report(where, (size_t)found, reports, r, symbols, err);
	return err_set(err, ERR_INPUT,
		       "--at '%s': expected seconds as 3.25, a report of %s by its number or "
		       "title, or a function of its kernel (one that is not always inlined)",
		       at, r->dir);
}
