// SPDX-License-Identifier: GPL-2.0-or-later
/* klab similar: which reports of earlier runs are like one. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "cmd/runs.h"
#include "compare/similar-reports.h"
#include "console/console-file.h"
#include "history/history.h"
#include "page/page.h"
#include "report/report.h"

#define MAX_CONSOLE_BYTES ((size_t)256 << 20)
#define MAX_REPORT_BYTES  ((size_t)128 << 20)

/* What is asked about. */
struct asked {
	char *name;	 /* without the number */
	size_t number;	 /* from 1; 0: the worst */
	char *dir;	 /* of a run; NULL: of a console */
	json_t *reports; /* all of it */
	json_t *report;	 /* borrowed from them */
};

static void asked_clear(struct asked *a)
{
	free(a->name);
	free(a->dir);
	json_decref(a->reports);
}

/* "RUN:3": what there is under the whole name is meant as it is. */
static void split_number(struct asked *a, const char *word)
{
	const char *colon = strrchr(word, ':');
	int64_t number;

	if (!path_exists(word) && colon && str_parse_i64(colon + 1, &number) && number > 0) {
		a->name = xstrndup(word, (size_t)(colon - word));
		a->number = (size_t)number;
		return;
	}
	a->name = xstrdup(word);
}

static bool is_console(const char *name)
{
	struct stat st;

	return str_eq(name, "-") || (stat(name, &st) == 0 && !S_ISDIR(st.st_mode));
}

static json_t *parse_console(const char *name, struct err *err)
{
	const char *path = str_eq(name, "-") ? "/dev/stdin" : name;
	size_t length;
	_cleanup_free_ char *text = console_read_file(path, MAX_CONSOLE_BYTES, &length, err);

	return text ? report_parse_all(text, length) : NULL;
}

/* NULL without an error: a run that never came so far. */
static json_t *read_reports(const char *dir, struct err *err)
{
	_cleanup_free_ char *path = path_join(dir, "reports.json");
	struct stat st;
	json_t *reports;

	if (stat(path, &st) < 0)
		return NULL;
	if (!S_ISREG(st.st_mode)) {
		err_set(err, ERR_INPUT, "%s: not a plain file", path);
		return NULL;
	}
	reports = json_read_file(path, MAX_REPORT_BYTES, err);
	if (!reports || json_is_array(reports))
		return reports;
	json_decref(reports);
	err_set(err, ERR_INPUT, "%s: not a JSON array", path);
	return NULL;
}

/* What has no trace cannot be looked for: that is the last choice. */
static int badness(const json_t *report)
{
	if (!json_array_size(json_get_array(report, "traces")))
		return 0;
	if (json_get_bool(report, "info", false))
		return 1;
	return json_get_bool(report, "panicked", false) ? 3 : 2;
}

/* What the kernel died of, else a bug, else what there is; the first of them. */
static json_t *worst_report(const json_t *reports)
{
	json_t *report, *worst = NULL;
	size_t i;

	json_array_foreach (reports, i, report)
		if (!worst || badness(report) > badness(worst))
			worst = report;
	return worst;
}

static int find_report(struct asked *a, struct err *err)
{
	const char *name = str_eq(a->name, "-") ? "standard input" : a->name;
	size_t count = json_array_size(a->reports);

	if (!count)
		return err_set(err, ERR_INPUT, "%s: no kernel report in it", name);
	if (a->number > count)
		return err_set(err, ERR_INPUT, "%s:%zu: expected a report from 1 to %zu", name,
			       a->number, count);
	a->report =
		a->number ? json_array_get(a->reports, a->number - 1) : worst_report(a->reports);
	if (!json_array_size(json_get_array(a->report, "traces")))
		return err_set(err, ERR_INPUT, "%s: '%s' has no call trace to be looked for", name,
			       json_get_str(a->report, "title", ""));
	return 0;
}

static int asked_read(struct asked *a, const struct options *opt, struct err *err)
{
	split_number(a, opt->args.items[0]);
	if (is_console(a->name)) {
		a->reports = parse_console(a->name, err);
		return a->reports ? find_report(a, err) : -1;
	}
	a->dir = runs_find_ended(opt->out_dir, a->name, err);
	if (!a->dir)
		return -1;
	a->reports = read_reports(a->dir, err);
	if (err->kind != ERR_NONE)
		return -1;
	if (!a->reports)
		return err_set(err, ERR_INPUT,
			       "%s: no reports.json: its klab was killed "
			       "(`klab rejudge` makes it)",
			       a->dir);
	return find_report(a, err);
}

static bool same_dir(const char *a, const char *b)
{
	struct stat x, y;

	return a && stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* What a title has in the asked run alone is what was asked about. */
struct from_history {
	struct similar_reports *similar;
	const char *own; /* id of the run that is asked about; NULL: none */
};

static int add_title(void *ctx, const struct history_trace *trace)
{
	const struct from_history *from = ctx;
	const struct similar_title title = { trace->report, trace->first, trace->last, trace->runs,
					     trace->times };

	if (trace->runs > 1 || !str_eq(trace->first, from->own))
		similar_reports_add_title(from->similar, &title);
	return cancel_requested() ? 1 : 0;
}

/* The history where it is named, or is there; NULL without an error: none. */
static struct history *open_history(const struct options *opt, struct err *err)
{
	_cleanup_free_ char *path = opt->history ? NULL : history_default_path(err);

	if (!opt->history && (!path || !path_exists(path)))
		return NULL;
	return history_open(opt->history, err);
}

static int add_titles(struct similar_reports *s, struct history *h, const struct asked *a,
		      struct err *err)
{
	struct from_history from = { s, a->dir ? path_base(a->dir) : NULL };
	int64_t runs;

	if (history_each_trace(h, add_title, &from, err) < 0 ||
	    history_count_runs(h, &runs, err) < 0)
		return -1;
	similar_reports_add_runs(s, runs);
	return 0;
}

/* One run that cannot be read is no reason to say nothing of the others. */
static int add_runs(struct similar_reports *s, struct history *h, const struct asked *a,
		    const struct options *opt, struct err *err)
{
	_cleanup_strv_ struct strv dirs = { 0 };

	if (runs_list(opt->out_dir, RUNS_RUN, &dirs, err) < 0)
		return -1;
	for (size_t i = 0; i < dirs.count; i++) {
		struct err unread = ERR_INIT;
		bool own = same_dir(a->dir, dirs.items[i]);
		int known = h ? history_has_run(h, path_base(dirs.items[i]), err) : 0;
		json_t *reports;

		if (known < 0)
			return -1;
		if (known)
			continue;
		reports = own ? json_incref(a->reports) : read_reports(dirs.items[i], &unread);
		if (cancel_requested())
			return err_set(err, ERR_CANCELLED, "stopped");
		if (reports)
			similar_reports_add(s, path_base(dirs.items[i]), reports,
					    own ? a->report : NULL);
		else if (unread.kind != ERR_NONE)
			fprintf(stderr, "klab similar: left out: %s\n", unread.msg);
		json_decref(reports);
	}
	return 0;
}

/* What the history knows, and the runs that it does not. */
static int add_all(struct similar_reports *s, const struct asked *a, const struct options *opt,
		   struct err *err)
{
	_cleanup_history_ struct history *h = open_history(opt, err);

	if (err->kind != ERR_NONE || (h && add_titles(s, h, a, err) < 0))
		return -1;
	return add_runs(s, h, a, opt, err);
}

static int similar_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_(asked_clear)
	struct asked a = { 0 };
	_cleanup_json_ json_t *result = NULL;
	struct page_style style = page_style_of(STDOUT_FILENO);
	_cleanup_free_ char *text = NULL;
	struct similar_reports *s;
	int ret;

	if (options_parse(&opt, env, &cmd_similar, argc, argv, 1, 1, err) < 0 ||
	    asked_read(&a, &opt, err) < 0)
		return -1;
	s = similar_reports_new();
	ret = add_all(s, &a, &opt, err);
	if (!ret)
		result = similar_reports_rank(s, a.report, (size_t)opt.most);
	similar_reports_free(s);
	if (ret < 0)
		return -1;
	if (opt.json)
		return output_json(result);
	style.verbose = opt.verbose;
	text = page_similar_text(result, &style);
	fputs(text, stdout);
	return 0;
}

const struct cmd cmd_similar = {
	.name = "similar",
	.args = "REPORT",
	.summary = "Ranks the reports of earlier runs by how alike their call traces are",
	.main = similar_main,
	.options = OPT_OUT | OPT_HISTORY | OPT_JSON | OPT_VERBOSE | OPT_MOST,
	.details =
		"REPORT is a run (its worst report), RUN:N (its report N), or a console log, "
		"whose\n"
		"N-th report FILE:N is; - is standard input. 1.00 are the same functions in the\n"
		"same order; rare ones, and those near the top, count most. -v shows the traces\n"
		"beside each other. Looked at is what the history knows, where there is one, and "
		"the\n"
		"runs of DIR that it does not. Exit code: 0, also when none is similar; 2: there "
		"is no "
		"report.\n",
};
