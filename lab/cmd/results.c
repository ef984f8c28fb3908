/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/results.h"

#include <stdio.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/night.h"
#include "cmd/output.h"
#include "page/results.h"

enum { JSON_MAX_BYTES = 64 << 20, SENDMAIL_MS = 60000, SENDMAIL_MAX_BYTES = 64 << 10 };

/* ---- from the files of a run ---- */

static json_t *read_json(const char *run_dir, const char *name)
{
	_cleanup_free_ char *path = path_join(run_dir, name);

	return path_exists(path) ? json_read_file(path, JSON_MAX_BYTES, NULL) : NULL;
}

static void add_reports(json_t *result, const json_t *reports)
{
	json_t *list = json_array(), *report, *one;
	size_t i;

	json_array_foreach (reports, i, report) {
		if (json_get_bool(report, "info", false))
			continue;
		one = json_object();
		json_set_str(one, "title", json_get_str(report, "title", ""));
		json_set_str(one, "kind", json_get_str(report, "kind", ""));
		json_array_append_new(list, one);
	}
	json_object_set_new(result, "reports", list);
}

static void add_verdict(json_t *result, const json_t *verdict)
{
	json_t *why = json_array(), *reason;
	size_t i;

	json_array_foreach (json_get_array(verdict, "reasons"), i, reason)
		if (json_get_str(reason, "what", NULL))
			json_array_append(why, json_object_get(reason, "what"));
	/* A run that has none, or whose file cannot be read, is no pass. */
	json_set_str(result, "verdict", json_get_str(verdict, "verdict", "incomplete"));
	json_object_set_new(result, "why", why);
}

static void add_kernel(json_t *result, const json_t *kernel)
{
	const json_t *source = json_get_object(kernel, "source"), *fragment;
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_free_ char *kconfig = NULL;
	size_t i;

	json_array_foreach (json_get_array(kernel, "fragments"), i, fragment)
		strv_add(&names, json_get_str(fragment, "name", "?"));
	kconfig = strv_join(&names, "+");
	json_set_str(result, "kconfig", kconfig);
	json_set_str(result, "kernel", json_get_str(kernel, "key", NULL));
	json_set_str(result, "release", json_get_str(source, "release", NULL));
	json_set_str(result, "commit", json_get_str(source, "commit", NULL));
	json_set_str(result, "tree_hash", json_get_str(source, "tree_hash", NULL));
	json_set_str(result, "compiler",
		     json_get_str(json_get_object(kernel, "toolchain"), "version", NULL));
	json_object_set(result, "build_ms", json_object_get(kernel, "build_ms"));
	if (!json_get_str(result, "source", NULL))
		json_set_str(result, "source", json_get_str(source, "path", NULL));
}

static void add_run(json_t *result, const char *run_dir)
{
	_cleanup_json_ json_t *run = read_json(run_dir, "run.json");
	_cleanup_json_ json_t *verdict = read_json(run_dir, "verdict.json");
	_cleanup_json_ json_t *reports = read_json(run_dir, "reports.json");
	_cleanup_json_ json_t *kernel = read_json(run_dir, "kernel.json");
	_cleanup_json_ json_t *machine = read_json(run_dir, "machine.json");

	json_set_str(result, "dir", run_dir);
	json_set_str(result, "case", json_get_str(run, "case", "?"));
	json_set_str(result, "mode", json_get_str(run, "mode", NULL));
	json_set_int(result, "seed", json_get_int(run, "seed", 0));
	json_set_str(result, "started", json_get_str(run, "started", NULL));
	json_set_str(result, "host", json_get_str(run, "host", NULL));
	json_set_int(result, "wall_ms", json_get_int(machine, "wall_ms", 0));
	json_set_str(result, "error", json_get_str(run, "error", NULL));
	add_verdict(result, verdict);
	add_reports(result, reports);
	add_kernel(result, kernel);
}

/* ---- a night ---- */

static bool has_file(const char *run_dir, const char *name)
{
	_cleanup_free_ char *path = path_join(run_dir, name);

	return path_exists(path);
}

/* Of a run whose folder is no longer there: what the night knows. */
static void add_known_verdict(json_t *result, const json_t *had)
{
	const char *what = json_get_str(had, "what", NULL);
	json_t *why = json_array();

	if (what)
		json_array_append_new(why, json_string(what));
	json_set_str(result, "verdict", json_get_str(had, "verdict", NULL));
	json_set_int(result, "wall_ms", json_get_int(had, "wall_ms", 0));
	json_object_set_new(result, "why", why);
}

/* What the night settled of its source, also for what was never built: one source is one checkout.
 */
static void add_source(json_t *result, const json_t *record, const char *name)
{
	const json_t *source;
	size_t i;

	json_array_foreach (json_get_array(record, "sources"), i, source)
		if (str_eq(json_get_str(source, "source", ""), name)) {
			json_set_str(result, "commit", json_get_str(source, "commit", NULL));
			json_set_str(result, "tree_hash", json_get_str(source, "hash", NULL));
		}
}

static json_t *result_of_job(const json_t *record, const json_t *job, const char *night_dir)
{
	const json_t *kernel = json_array_get(json_get_array(record, "kernels"),
					      (size_t)json_get_int(job, "kernel", 0));
	const json_t *had = json_get_object(job, "result");
	const char *dir = json_get_str(had, "dir", NULL);
	_cleanup_free_ char *run_dir = dir ? path_join(night_dir, path_base(dir)) : NULL;
	json_t *result = json_object();

	json_set_str(result, "id", json_get_str(job, "id", "?"));
	json_set_str(result, "series", json_get_str(job, "series", NULL));
	json_set_str(result, "case", json_get_str(job, "case", "?"));
	json_set_str(result, "source", json_get_str(kernel, "source", NULL));
	add_source(result, record, json_get_str(kernel, "source", ""));
	json_set_str(result, "kconfig", json_get_str(kernel, "kconfig", NULL));
	json_set_str(result, "mode", json_get_str(job, "mode", NULL));
	json_set_int(result, "seed", json_get_int(job, "seed", 0));
	if (run_dir && (has_file(run_dir, "run.json") || !json_get_str(had, "verdict", NULL)))
		add_run(result, run_dir);
	if (run_dir && json_get_str(had, "verdict", NULL) && !has_file(run_dir, "verdict.json"))
		add_known_verdict(result, had);
	if (json_get_str(had, "error", NULL))
		json_set_str(result, "error", json_get_str(had, "error", NULL));
	if (json_get_bool(had, "build_failed", false))
		json_set_bool(result, "build_failed", true);
	if (!had)
		json_set_str(result, "not_run", json_get_str(job, "not_run", "not yet"));
	return result;
}

json_t *results_of_record(const json_t *record, const char *night_dir)
{
	static const char *const keys[] = { "id",   "state", "began",	"ended", "spent_ms",
					    "klab", "plan",  "changes", "aside" };
	json_t *all = json_object(), *list = json_array(), *job;
	size_t i;

	json_set_str(all, "name", json_get_str(json_get_object(record, "plan"), "name", "nightly"));
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (json_object_get(record, keys[i]))
			json_object_set(all, keys[i], json_object_get(record, keys[i]));
	json_array_foreach (json_get_array(record, "jobs"), i, job)
		json_array_append_new(list, result_of_job(record, job, night_dir));
	json_object_set_new(all, "results", list);
	return all;
}

json_t *results_of_night(const char *night_dir, struct err *err)
{
	_cleanup_free_ char *path = path_join(night_dir, "nightly.json");
	_cleanup_json_ json_t *record = json_read_file(path, NIGHT_RECORD_MAX_BYTES, err);

	return record ? results_of_record(record, night_dir) : NULL;
}

void results_print(const json_t *all, const char *night_dir, const struct options *opt)
{
	struct page_style style = page_style_of(STDOUT_FILENO);
	_cleanup_free_ char *text = NULL;

	if (opt->json) {
		output_json(all);
		return;
	}
	style.verbose = opt->verbose;
	text = page_results_text(all, &style);
	printf("%s\nkept in    %s\n", text, night_dir);
}

json_t *results_of_runs(const struct strv *run_dirs, struct err *err)
{
	json_t *all = json_object(), *list = json_array();

	json_set_str(all, "name", "klab");
	json_set_str(all, "state", "done");
	json_set_str(all, "klab", KLAB_VERSION);
	for (size_t i = 0; i < run_dirs->count; i++) {
		json_t *result = json_object();

		json_set_str(result, "id", path_base(run_dirs->items[i]));
		add_run(result, run_dirs->items[i]);
		json_array_append_new(list, result);
	}
	json_object_set_new(all, "results", list);
	return all;
}

/* ---- where they go ---- */

int results_write(const json_t *all, const struct strv *formats, const char *dir, struct err *err)
{
	for (size_t i = 0; i < formats->count; i++) {
		const char *equals = strchr(formats->items[i], '=');
		_cleanup_free_ char *name =
			xstrndup(formats->items[i], strcspn(formats->items[i], "="));
		const struct page_results_format *format = page_results_format(name, err);
		_cleanup_free_ char *path = NULL, *text = NULL;

		if (!format)
			return -1;
		text = format->format(all);
		if (!equals && !dir) {
			fputs(text, stdout);
			continue;
		}
		path = equals ? xstrdup(equals + 1) : path_join(dir, format->file);
		if (file_write_atomic(path, text, strlen(text), err) < 0)
			return err_add(err, "--format %s", name);
	}
	return 0;
}

int results_mail(const json_t *all, const char *address, struct err *err)
{
	static const char *const argv[] = { "sendmail", "-t", NULL };
	_cleanup_free_ char *text = page_results_mail(all);
	_cleanup_free_ char *mail =
		xasprintf("To: %s\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
			  "Content-Transfer-Encoding: 8bit\n%s",
			  address, text);
	_cleanup_fclose_ FILE *file = tmpfile();
	struct child_spec spec = { .argv = argv };

	if (!file || fputs(mail, file) < 0 || fflush(file) != 0)
		return err_set(err, ERR_HOST, "--mail-to: no room for the mail");
	rewind(file);
	spec.stdin_fd = fileno(file);
	if (child_run_ok(&spec, SENDMAIL_MS, SENDMAIL_MAX_BYTES, NULL, err) < 0)
		return err_add(err, "--mail-to %s", address);
	return 0;
}
