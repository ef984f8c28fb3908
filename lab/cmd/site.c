/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab site: the history as a folder of HTML files. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/options.h"
#include "history/history.h"
#include "history/known.h"
#include "page/page.h"
#include "page/site.h"

enum {
	NIGHTS = 30,	     /* that rates and trends are of, when nothing is said */
	TITLES_MAX = 2000,   /* the newest */
	RUNS_OF_CASE = 30,   /* with a page: the newest that did not pass */
	RUNS_OF_TITLE = 3,   /* beside the first and the last */
	NUMBERS_MAX = 20000, /* of a case, a line each */
	EXAMPLES_MAX = 20000,
	TEXT_WIDTH = 100,
	MANIFEST_MAX_BYTES = 256 << 20,
};

static const char *const folder_names[] = { "case", "report", "run" };

struct building {
	const struct cmd_env *env;
	struct history *h;
	const char *folder;
	char *runs_folder; /* FOLDER/run, as realpath() has it */
	struct site site;
	json_t *pages;	  /* {path below the folder: true}: written this time */
	json_t *runs;	  /* {id: true} */
	json_t *examples; /* {title: a report} */
	json_t *reports;
	int64_t since;
};

static void building_clear(struct building *b)
{
	history_close(b->h);
	free(b->runs_folder);
	json_decref(b->pages);
	json_decref(b->runs);
	json_decref(b->examples);
	json_decref(b->reports);
}

/* Takes html; NULL: it could not be made. */
static int write_page(struct building *b, const char *path, char *html, struct err *err)
{
	_cleanup_free_ char *whole = path_join(b->folder, path);
	int ret = html ? file_write_atomic(whole, html, strlen(html), err) : -1;

	free(html);
	if (ret < 0)
		return -1;
	json_object_set_new(b->pages, path, json_true());
	progress_update(b->env->progress, "pages", json_object_size(b->pages), 0, -1);
	return cancel_requested() ? err_set(err, ERR_CANCELLED, "stopped") : 0;
}

/* ---- which runs have a page ---- */

static void want_run(struct building *b, const char *id)
{
	if (id && *id)
		json_object_set_new(b->runs, id, json_true());
}

static void want_runs_of_alarm(struct building *b, const json_t *alarm)
{
	want_run(b, json_get_str(json_get_object(alarm, "good"), "run", NULL));
	want_run(b, json_get_str(json_get_object(alarm, "bad"), "run", NULL));
}

static int keep_example(void *context, const struct history_trace *trace)
{
	struct building *b = context;
	const char *title = json_get_str(trace->report, "title", "");

	if (!json_object_get(b->examples, title))
		json_object_set(b->examples, title, (json_t *)trace->report);
	return json_object_size(b->examples) >= EXAMPLES_MAX;
}

/* ---- pages ---- */

static int write_case(struct building *b, const char *name, struct err *err)
{
	_cleanup_json_ json_t *test = history_case(b->h, name, b->since, err);
	_cleanup_json_ json_t *numbers =
		test ? history_numbers(b->h, name, NULL, b->since, NUMBERS_MAX, err) : NULL;
	_cleanup_json_ json_t *runs =
		numbers ? history_runs(b->h, name, b->since, RUNS_OF_CASE, err) : NULL;
	_cleanup_free_ char *path = site_case_path(name);
	json_t *run;
	size_t i;

	if (!runs)
		return -1;
	json_array_foreach (runs, i, run)
		want_run(b, json_get_str(run, "run", NULL));
	return write_page(b, path, site_case_html(&b->site, test, numbers, runs), err);
}

static int write_cases(struct building *b, const json_t *all, struct err *err)
{
	_cleanup_strv_ struct strv names = { 0 };
	json_t *series;
	size_t i;

	json_array_foreach (json_get_array(all, "series"), i, series) {
		const char *name = json_get_str(series, "case", "");

		if (!strv_has(&names, name))
			strv_add(&names, name);
	}
	for (i = 0; i < names.count; i++)
		if (write_case(b, names.items[i], err) < 0)
			return -1;
	return 0;
}

static int write_report(struct building *b, const char *title, struct err *err)
{
	_cleanup_json_ json_t *report = history_report(b->h, title, err);
	_cleanup_free_ char *path = site_report_path(title);
	const json_t *newest = json_get_array(report, "newest_runs");

	if (!report)
		return -1;
	want_run(b, json_get_str(report, "first_run", NULL));
	want_run(b, json_get_str(report, "last_run", NULL));
	for (size_t i = 0; i < RUNS_OF_TITLE && i < json_array_size(newest); i++)
		want_run(b, json_string_value(json_array_get(newest, i)));
	return write_page(b, path,
			  site_report_html(&b->site, report, json_object_get(b->examples, title)),
			  err);
}

static int write_reports(struct building *b, struct err *err)
{
	json_t *report;
	size_t i;

	json_array_foreach (json_get_array(b->reports, "reports"), i, report)
		if (write_report(b, json_get_str(report, "title", ""), err) < 0)
			return -1;
	return write_page(b, "reports.html", site_reports_html(&b->site, b->reports), err);
}

/* What people look at, of what is there. */
static void list_files(const char *dir, struct strv *files)
{
	static const char *const names[] = { "console.log",  "console.log.zst", "reports.json",
					     "verdict.json", "frames.jsonl",	"case.yaml",
					     "qemu.argv",    "rerun.sh" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = path_join(dir, names[i]);

		if (path_exists(path))
			strv_add(files, names[i]);
	}
}

static int write_run(struct building *b, const char *id, struct err *err)
{
	_cleanup_json_ json_t *run = history_run(b->h, id, err);
	const char *dir = json_get_str(run, "folder", "");
	const struct page_style style = { .width = TEXT_WIDTH };
	_cleanup_(run_facts_clear)
	struct run_facts facts = { 0 };
	_cleanup_free_ char *path = site_run_path(id), *text = NULL, *folder = NULL;
	_cleanup_strv_ struct strv files = { 0 };

	if (!run)
		return -1;
	/* What cannot be read any more is in the history still. */
	if (path_exists(dir)) {
		folder = path_relative(b->runs_folder, dir);
		list_files(dir, &files);
		if (run_facts_load(&facts, dir, NULL) == 0)
			text = page_run_text(&facts, &style);
	}
	return write_page(b, path, site_run_html(&b->site, run, text, folder, &files), err);
}

static int write_runs(struct building *b, struct err *err)
{
	const char *id;
	json_t *unused;

	json_object_foreach (b->runs, id, unused)
		if (write_run(b, id, err) < 0)
			return -1;
	return 0;
}

static int make_folders(struct building *b, struct err *err)
{
	_cleanup_free_ char *runs = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(folder_names); i++) {
		_cleanup_free_ char *path = path_join(b->folder, folder_names[i]);

		if (file_mkdir_p(path, err) < 0)
			return -1;
	}
	runs = path_join(b->folder, "run");
	b->runs_folder = realpath(runs, NULL);
	return b->runs_folder ? 0 : err_set(err, ERR_HOST, "%s: cannot be found", runs);
}

static int read_titles(struct building *b, struct err *err)
{
	b->runs = json_object();
	b->examples = json_object();
	b->site.runs = b->runs;
	b->reports = history_reports(b->h, b->since, false, TITLES_MAX, err);
	return b->reports ? history_each_trace(b->h, keep_example, b, err) : -1;
}

/* Runs come last but for the page that links to those of alarms: then it is known which have one.
 */
static int write_site(struct building *b, const struct options *opt, int64_t last, struct err *err)
{
	_cleanup_known_bugs_ struct known_bugs known = { 0 };
	_cleanup_json_ json_t *all = NULL, *nightly = NULL, *alarms = NULL;
	json_t *alarm;
	size_t i;

	if ((opt->known && known_bugs_read(&known, opt->known, err) < 0) ||
	    history_watch(b->h, HISTORY_ALARMS_A_YEAR, NULL, err) < 0)
		return -1;
	all = history_overview(b->h, b->since, err);
	nightly = all ? history_overview(b->h, last, err) : NULL;
	alarms = nightly ? history_alarms(b->h, &known, err) : NULL;
	if (!alarms || make_folders(b, err) < 0 || read_titles(b, err) < 0)
		return -1;
	json_array_foreach (alarms, i, alarm)
		want_runs_of_alarm(b, alarm);
	if (write_cases(b, all, err) < 0 || write_reports(b, err) < 0 || write_runs(b, err) < 0)
		return -1;
	return write_page(b, "index.html",
			  site_index_html(&b->site, nightly, all, alarms, b->reports), err);
}

/* ---- pages of before ---- */

/* "run/20261128-010203-swap-1a2b.html", of a folder of ours and no other. */
static bool is_page_path(const char *path)
{
	const char *name = path_base(path);

	for (size_t i = 0; i < ARRAY_SIZE(folder_names); i++)
		if (str_starts(path, folder_names[i]) && path + strlen(folder_names[i]) + 1 == name)
			return str_ends(name, ".html");
	return false;
}

static json_t *paths_json(const json_t *pages)
{
	json_t *list = json_array(), *unused;
	const char *path;

	json_object_foreach ((json_t *)pages, path, unused)
		json_array_append_new(list, json_string(path));
	return list;
}

static int remove_page(const struct building *b, const char *path, struct err *err)
{
	_cleanup_free_ char *whole = path_join(b->folder, path);
	struct stat st;

	if (lstat(whole, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	return file_remove_tree(whole, err);
}

/*
 * What the last time wrote, and this time did not, is of cases, reports and runs that are gone.
 * Only what FOLDER/pages.json lists is removed: others may keep files there.
 */
static int remove_old_pages(struct building *b, struct err *err)
{
	_cleanup_free_ char *path = path_join(b->folder, "pages.json");
	_cleanup_json_ json_t *before = json_read_file(path, MANIFEST_MAX_BYTES, NULL);
	_cleanup_json_ json_t *now = json_pack("{s:o}", "pages", paths_json(b->pages));
	json_t *page;
	size_t i;

	json_array_foreach (json_get_array(before, "pages"), i, page) {
		const char *name = json_string_value(page);

		if (name && is_page_path(name) && !json_object_get(b->pages, name) &&
		    remove_page(b, name, err) < 0)
			return -1;
	}
	return json_write_file(path, now, err);
}

static int site_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_(building_clear)
	struct building b = { .env = env };
	char night[16], since[16];
	int64_t last;

	if (options_parse(&opt, env, &cmd_site, argc, argv, 1, 1, err) < 0)
		return -1;
	b.folder = opt.args.items[0];
	b.h = history_open(opt.history, err);
	if (!b.h || history_last_night(b.h, &last, err) < 0)
		return -1;
	b.since = last - NIGHTS + 1;
	if (opt.since && history_night_parse(opt.since, &b.since, err) < 0)
		return err_add(err, "--since");
	history_night_format(last, night);
	history_night_format(b.since, since);
	b.site.night = night;
	b.site.since = since;
	b.pages = json_object();
	if (write_site(&b, &opt, last, err) < 0 || remove_old_pages(&b, err) < 0)
		return -1;
	progress_end(env->progress);
	printf("%s/index.html: %zu pages\n", b.folder, json_object_size(b.pages));
	return 0;
}

const struct cmd cmd_site = {
	.name = "site",
	.args = "FOLDER",
	.summary = "Writes the history as HTML files: cases by kernel, trends, reports, runs",
	.main = site_main,
	.options = OPT_HISTORY | OPT_KNOWN | OPT_SINCE | OPT_QUIET,
	.details =
		"index.html has what has changed, what is new, and each case by kernel and config\n"
		"with the rate of its failures; a page a case has its nights and the trends of "
		"its\n"
		"numbers, a page a report where it was seen first and last. The pages load "
		"nothing\n"
		"and need no script: any web server, or none, will do. Rates and trends are of "
		"the\n"
		"last 30 nights, or of those since --since. Written again after each night; pages "
		"of\n"
		"what is gone are removed, by FOLDER/pages.json.\n",
};
