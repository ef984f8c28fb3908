/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/night-changes.h"

#include <stdlib.h>

#include "base/child.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "cmd/night-inputs.h"
#include "history/known.h"

enum { RESULT_MAX_BYTES = 64 << 20 };

/* ---- before the first job ---- */

/* It has to be one now, and is read at the end: it may get better until then. */
static int keep_known(struct night *n, struct err *err)
{
	const char *path = n->opt->known ? n->opt->known : json_get_str(n->plan, "known", NULL);
	_cleanup_known_bugs_ struct known_bugs known = { 0 };
	_cleanup_free_ char *absolute = NULL;

	if (!path)
		return 0;
	if (known_bugs_read(&known, path, err) < 0)
		return -1;
	absolute = realpath(path, NULL);
	json_set_str(n->plan, "known", absolute ? absolute : path);
	return 0;
}

int night_changes_begin(struct night *n, struct err *err)
{
	int64_t newest;

	if (n->opt->bisect)
		json_set_bool(n->plan, "bisect", true);
	if (keep_known(n, err) < 0)
		return -1;
	if (!n->history || n->changes)
		return 0;
	if (history_last_alarm(n->history, &newest, err) < 0)
		return -1;
	n->changes = json_object();
	json_set_int(n->changes, "after_alarm", newest);
	return 0;
}

/* ---- the look ---- */

/* The night's first job of a series; NULL: others ran it. */
static const struct night_job *job_of(const struct night *n, const json_t *series)
{
	const char *append = json_get_str(series, "append", "");
	_cleanup_free_ char *name =
		xasprintf("%s %s %s %s%s%s", json_get_str(series, "case", ""),
			  json_get_str(series, "line", ""), json_get_str(series, "config", ""),
			  json_get_str(series, "mode", ""), *append ? " " : "", append);

	for (size_t i = 0; i < n->jobs.count; i++)
		if (str_eq(n->jobs.list[i].series, name))
			return &n->jobs.list[i];
	return NULL;
}

/* Whether the night ran any series of those that an alarm is about. */
static bool is_about(const struct night *n, const json_t *alarm)
{
	json_t *other;
	size_t i;

	if (job_of(n, json_object_get(alarm, "series")))
		return true;
	json_array_foreach (json_get_array(alarm, "others"), i, other)
		if (job_of(n, json_object_get(other, "series")))
			return true;
	return false;
}

/* Raised since the night began, by whoever looked first, about what it ran. A series more of a
 * cause that was told is no news. */
static bool is_ours(const struct night *n, const json_t *alarm)
{
	return json_get_int(alarm, "id", 0) > json_get_int(n->changes, "after_alarm", 0) &&
	       strncmp(json_get_str(alarm, "raised", ""), n->began, strlen("2026-11-28")) >= 0 &&
	       is_about(n, alarm);
}

static void sort_alarms(struct night *n, const json_t *alarms)
{
	json_t *ours = json_array(), *alarm;
	int64_t older = 0, silenced = 0;
	size_t i;

	json_array_foreach (alarms, i, alarm)
		if (known_bug_silences(alarm))
			silenced++;
		else if (is_ours(n, alarm))
			json_array_append(ours, alarm);
		else
			older++;
	json_object_set_new(n->changes, "alarms", ours);
	json_set_int(n->changes, "older", older);
	json_set_int(n->changes, "silenced", silenced);
}

static int look(struct night *n, struct err *err)
{
	const char *path = json_get_str(n->plan, "known", NULL);
	_cleanup_known_bugs_ struct known_bugs known = { 0 };
	_cleanup_json_ json_t *alarms = NULL;

	if ((path && known_bugs_read(&known, path, err) < 0) ||
	    history_watch(n->history, HISTORY_ALARMS_A_YEAR, NULL, err) < 0)
		return -1;
	alarms = history_alarms(n->history, &known, err);
	if (!alarms)
		return -1;
	sort_alarms(n, alarms);
	return 0;
}

int night_changes_look(struct night *n, struct err *err)
{
	struct err why = ERR_INIT;

	if (!n->history || json_object_get(n->changes, "alarms"))
		return 0;
	json_object_del(n->changes, "error");
	if (look(n, &why) < 0)
		json_set_str(n->changes, "error", why.msg);
	return night_save(n, false, err);
}

/* ---- bisects ---- */

static bool has_same_bytes(const char *a, const char *b)
{
	char hash_a[HASH_HEX_SIZE], hash_b[HASH_HEX_SIZE];

	return hash_file(a, hash_a, NULL) == 0 && hash_file(b, hash_b, NULL) == 0 &&
	       str_eq(hash_a, hash_b);
}

/* A case goes by its name where that is what the night ran. Yours. */
static char *case_word(const struct night *n, const struct night_job *job, const char *name)
{
	_cleanup_free_ char *copy = night_inputs_case(n, job);

	if (!has_same_bytes(copy, job->case_path))
		return take_ptr(&copy);
	return xstrdup(str_starts(job->case_path, n->env->data_dir) ? name : job->case_path);
}

/* Config fragments go by their names where these are what the night ran, else by its copies. */
static void add_kconfig(const struct night *n, const struct night_kernel *kernel, const char *name,
			struct strv *words)
{
	_cleanup_strv_ struct strv copies = { 0 };
	bool same = true;

	night_inputs_fragments(n, kernel, &copies);
	for (size_t i = 0; i < copies.count; i++) {
		_cleanup_free_ char *now =
			night_inputs_fragment_path(n, kernel->fragments.items[i]);

		same = same && has_same_bytes(copies.items[i], now);
	}
	if (same)
		strv_add(words, name);
	for (size_t i = 0; !same && i < copies.count; i++) {
		if (i)
			strv_add(words, "--kconfig");
		strv_add(words, copies.items[i]);
	}
}

/* The suggested command, as it has to be for this night: its case may be a file of its own, its
 * runs stand beside the night. */
static void make_command(const struct night *n, const json_t *alarm, struct strv *words)
{
	const struct night_job *job = job_of(n, json_object_get(alarm, "series"));
	const json_t *suggested = json_get_array(alarm, "bisect");
	size_t base_length = (size_t)(path_base(n->dir) - n->dir), i;
	_cleanup_free_ char *base =
		base_length > 1 ? xstrndup(n->dir, base_length - 1) : xstrdup(".");
	bool is_kconfig = false;
	json_t *json;

	json_array_foreach (suggested, i, json) {
		const char *word = json_string_value(json);

		if (i == 2 && job)
			strv_add_take(words, case_word(n, job, word));
		else if (is_kconfig && job)
			add_kconfig(n, &n->jobs.kernels[job->kernel], word, words);
		else
			strv_add(words, word);
		is_kconfig = str_eq(word, "--kconfig");
	}
	if (n->opt->machine) {
		strv_add(words, "--machine");
		strv_add(words, n->opt->machine);
	}
	strv_add(words, "-o");
	strv_add(words, base);
}

/* `klab bisect`, by its exit code, its output and the line that says why there is none. */
static void take_outcome(json_t *bisected, const struct child_exit *ex, const struct strbuf *out,
			 const struct strbuf *said)
{
	static const char *const keys[] = { "word",	  "probability", "target",
					    "candidates", "builds",	 "runs",
					    "commits",	  "comparison",	 "dir" };
	_cleanup_json_ json_t *all =
		out->length ? json_loadb(out->data, out->length, 0, NULL) : NULL;
	_cleanup_strv_ struct strv lines = { 0 };
	json_t *result;

	if (ex->timed_out) {
		json_set_str(bisected, "why",
			     "the budget ended it; what it has is kept, and goes on with:");
		json_set_bool(bisected, "goes_on", true);
		return;
	}
	if (!all) {
		strv_split(&lines, said->data ? said->data : "", '\n');
		while (lines.count > 1 && !*lines.items[lines.count - 1])
			free(lines.items[--lines.count]);
		json_set_str(bisected, "why",
			     lines.count && *lines.items[lines.count - 1]
				     ? lines.items[lines.count - 1]
				     : "its process ended without a word");
		return;
	}
	result = json_object();
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (json_object_get(all, keys[i]))
			json_object_set(result, keys[i], json_object_get(all, keys[i]));
	json_object_set_new(bisected, "result", result);
}

/* left_ms 0: as long as it takes. */
static int run_command(const struct night *n, const struct strv *words, uint64_t left_ms,
		       json_t *bisected, struct err *err)
{
	_cleanup_free_ char *program = path_own_program(err);
	_cleanup_strv_ struct strv jobs = { 0 };
	_cleanup_free_ const char **argv = xcalloc(words->count + 4, sizeof(*argv));
	const struct child_spec spec = { .argv = argv };
	_cleanup_strbuf_ struct strbuf out = { 0 }, said = { 0 };
	struct child_exit ex;

	if (!program)
		return -1;
	strv_addf(&jobs, "-j%d", n->processors);
	for (size_t i = 1; i < words->count; i++)
		argv[i] = words->items[i];
	argv[0] = program;
	argv[words->count] = jobs.items[0];
	argv[words->count + 1] = "--json";
	if (child_run(&spec, left_ms, RESULT_MAX_BYTES, &out, &said, &ex, err) < 0)
		return -1;
	take_outcome(bisected, &ex, &out, &said);
	return 0;
}

static int bisect_alarm(struct night *n, json_t *alarm, struct err *err)
{
	uint64_t spent_ms = night_elapsed_ms(n);
	uint64_t left_ms = n->budget_ms > spent_ms ? n->budget_ms - spent_ms : 0;
	_cleanup_json_ json_t *bisected = json_object();
	_cleanup_strv_ struct strv words = { 0 };
	_cleanup_strbuf_ struct strbuf line = { 0 };
	struct err why = ERR_INIT;

	make_command(n, alarm, &words);
	for (size_t i = 0; i < words.count; i++) {
		strbuf_adds(&line, i ? " " : "");
		strbuf_add_shell(&line, words.items[i]);
	}
	json_object_set_new(bisected, "command", json_strv(&words));
	if (n->budget_ms && !left_ms) {
		json_set_str(bisected, "why", "the budget was spent; it begins with:");
		json_set_bool(bisected, "goes_on", true);
	} else {
		progress_note(n->env->progress, "%s%s", line.data,
			      night_is_on_slurm(n) ? "  # on this machine, and not on Slurm" : "");
		if (run_command(n, &words, left_ms, bisected, &why) < 0) {
			if (why.kind == ERR_CANCELLED)
				return err_set(err, ERR_CANCELLED,
					       "%s: stopped; `klab nightly --resume` goes on",
					       n->dir);
			json_set_str(bisected, "why", why.msg);
		}
	}
	json_object_set(alarm, "bisected", bisected);
	return night_save(n, false, err);
}

int night_changes_bisect(struct night *n, struct err *err)
{
	json_t *alarm;
	size_t i;

	if (!json_get_bool(n->plan, "bisect", false))
		return 0;
	json_array_foreach (json_get_array(n->changes, "alarms"), i, alarm)
		if (json_get_array(alarm, "bisect") && !json_object_get(alarm, "bisected") &&
		    bisect_alarm(n, alarm, err) < 0)
			return -1;
	return 0;
}
