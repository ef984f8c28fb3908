/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/runs.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "page/page.h"

#define RUN_JSON_MAX (256u << 20)

struct entry {
	char *path;
	struct timespec when;
	bool is_search;
};

/* The file that makes a folder one of a kind. */
static const struct {
	enum runs_kind kind;
	const char *file, *name;
} kind_table[] = {
	{ RUNS_RUN, "run.json", "run" },
	{ RUNS_COMPARISON, "compare.json", "comparison" },
	{ RUNS_BISECT, "bisect.json", "bisect" },
	{ RUNS_CONFIG_SEARCH, "config.json", "config search" },
	{ RUNS_NIGHT, "nightly.json", "night" },
};

static bool is_kind(const char *dir, unsigned int kinds)
{
	for (size_t i = 0; i < ARRAY_SIZE(kind_table); i++) {
		_cleanup_free_ char *path = path_join(dir, kind_table[i].file);

		if ((kinds & kind_table[i].kind) && path_exists(path))
			return true;
	}
	return false;
}

/* When it was made: ids only know the second, so the file that is written once, and first, decides.
 */
static struct timespec made_when(const char *dir)
{
	static const char *const names[] = { "case.yaml",   "compare.json", "run.json",
					     "bisect.json", "config.json",  "plan.yaml" };
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = path_join(dir, names[i]);

		if (stat(path, &st) == 0)
			return st.st_mtim;
	}
	return (struct timespec){ 0 };
}

static int entry_compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->when.tv_sec != y->when.tv_sec)
		return x->when.tv_sec < y->when.tv_sec ? -1 : 1;
	if (x->when.tv_nsec != y->when.tv_nsec)
		return x->when.tv_nsec < y->when.tv_nsec ? -1 : 1;
	/* A clock's tick: what a search found is kept before the search is. */
	if (x->is_search != y->is_search)
		return x->is_search ? 1 : -1;
	return strcmp(x->path, y->path);
}

int runs_list(const char *base, unsigned int kinds, struct strv *paths, struct err *err)
{
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_free_ struct entry *entries = NULL;
	size_t count = 0;

	if (!path_exists(base))
		return 0;
	if (file_list_dir(base, &names, err) < 0)
		return -1;
	entries = xcalloc(names.count + 1, sizeof(*entries));
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(base, names.items[i]);

		if (!is_kind(path, kinds))
			continue;
		entries[count].when = made_when(path);
		entries[count].is_search = is_kind(path, RUNS_BISECT | RUNS_CONFIG_SEARCH);
		entries[count++].path = take_ptr(&path);
	}
	qsort(entries, count, sizeof(*entries), entry_compare);
	for (size_t i = 0; i < count; i++)
		strv_add_take(paths, entries[i].path);
	return 0;
}

/* "run, comparison or bisect". Yours. */
static char *kinds_name(unsigned int kinds)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(kind_table); i++) {
		if (!(kinds & kind_table[i].kind))
			continue;
		kinds &= ~(unsigned)kind_table[i].kind;
		strbuf_addf(&out, "%s%s",
			    !out.length ? ""
			    : kinds	? ", "
					: " or ",
			    kind_table[i].name);
	}
	return strbuf_take(&out);
}

/* Those whose ids begin so: a year of nights has a million. */
static void add_runs_of_nights(const char *base, const char *name, struct strv *paths)
{
	_cleanup_strv_ struct strv nights = { 0 };

	if (!isdigit((unsigned char)*name) || runs_list(base, RUNS_NIGHT, &nights, NULL) < 0)
		return;
	for (size_t i = 0; i < nights.count; i++) {
		_cleanup_strv_ struct strv names = { 0 };

		file_list_dir(nights.items[i], &names, NULL);
		for (size_t k = 0; k < names.count; k++) {
			_cleanup_free_ char *path = path_join(nights.items[i], names.items[k]);

			if (str_starts(names.items[k], name) && is_kind(path, RUNS_RUN))
				strv_add_take(paths, take_ptr(&path));
		}
	}
}

char *runs_find(const char *base, const char *name, unsigned int kinds, struct err *err)
{
	_cleanup_strv_ struct strv paths = { 0 };
	_cleanup_free_ char *wanted = kinds_name(kinds);
	const char *found = NULL;

	if (is_kind(name, kinds)) {
		size_t length = strlen(name);

		while (length > 1 && name[length - 1] == '/')
			length--;
		return xstrndup(name, length);
	}
	if (runs_list(base, kinds, &paths, err) < 0)
		return NULL;
	if (kinds & RUNS_RUN)
		add_runs_of_nights(base, name, &paths);
	if (str_eq(name, "last")) {
		if (paths.count)
			return xstrdup(paths.items[paths.count - 1]);
		err_set(err, ERR_INPUT, "%s: no %s in it yet", base, wanted);
		return NULL;
	}
	for (size_t i = 0; i < paths.count; i++) {
		const char *id = path_base(paths.items[i]);

		if (str_eq(id, name))
			return xstrdup(paths.items[i]);
		if (!str_starts(id, name))
			continue;
		if (found) {
			err_set(err, ERR_INPUT, "%s: more than one %s begins so: %s, %s", name,
				wanted, path_base(found), id);
			return NULL;
		}
		found = paths.items[i];
	}
	if (found)
		return xstrdup(found);
	err_set(err, ERR_INPUT,
		"%s: no such %s; expected a path, an id in %s or its unique start, or 'last'", name,
		wanted, base);
	return NULL;
}

bool runs_is_going_on(const char *dir)
{
	bool busy = false;
	int fd = file_lock_dir(dir, &busy, NULL);

	if (fd >= 0)
		close(fd);
	return busy;
}

char *runs_find_ended(const char *base, const char *name, struct err *err)
{
	_cleanup_free_ char *dir = runs_find(base, name, RUNS_RUN, err);

	if (dir && runs_is_going_on(dir)) {
		err_set(err, ERR_HOST, "%s: another klab runs or replays it at this moment", dir);
		return NULL;
	}
	return take_ptr(&dir);
}

char *runs_make_folder(const char *base, const char *name, const char *kind, struct err *err)
{
	if (file_mkdir_p(base, err) < 0)
		return NULL;
	for (int attempt = 0; attempt < 100; attempt++) {
		_cleanup_free_ char *path = NULL;
		time_t now = (time_t)clock_realtime_s();
		unsigned short hex = 0;
		char stamp[32];
		struct tm tm;

		gmtime_r(&now, &tm);
		strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
		if (getrandom(&hex, sizeof(hex), 0) != sizeof(hex))
			hex = (unsigned short)clock_monotonic_ns();
		path = xasprintf("%s/%s-%s-%s-%04x", base, stamp, name, kind, hex);
		if (mkdir(path, 0777) == 0)
			return take_ptr(&path);
		if (errno != EEXIST) {
			err_set_errno(err, ERR_HOST, errno, "%s", path);
			return NULL;
		}
	}
	err_set(err, ERR_HOST, "%s: no free name for a folder", base);
	return NULL;
}

json_t *runs_take_unfinished(const char *base, enum runs_kind kind, const char *record_name,
			     const json_t *request, char **dir, int *lock_fd, struct err *err)
{
	_cleanup_strv_ struct strv dirs = { 0 };

	if (runs_list(base, kind, &dirs, err) < 0)
		return NULL;
	for (size_t i = dirs.count; i-- > 0;) {
		_cleanup_free_ char *path = path_join(dirs.items[i], record_name);
		_cleanup_json_ json_t *record = json_read_file(path, RUN_JSON_MAX, NULL);
		bool busy = false;
		int fd;

		if (!str_eq(json_get_str(record, "state", ""), "going on") ||
		    !json_equal(json_get_object(record, "request"), request))
			continue;
		fd = file_lock_dir(dirs.items[i], &busy, NULL);
		if (fd < 0)
			continue;
		*lock_fd = fd;
		*dir = xstrdup(dirs.items[i]);
		return take_ptr(&record);
	}
	return NULL;
}

int runs_read_outcome(const char *run_dir, json_t **verdict, json_t **reports, struct err *err)
{
	_cleanup_free_ char *verdict_path = path_join(run_dir, "verdict.json");
	_cleanup_free_ char *reports_path = path_join(run_dir, "reports.json");

	*verdict = json_read_file(verdict_path, RUN_JSON_MAX, err);
	*reports = *verdict ? json_read_file(reports_path, RUN_JSON_MAX, err) : NULL;
	return *reports ? 0 : -1;
}

/* What the case answers with this run, where it does. */
static int add_answer(json_t *all, const char *run_dir, struct err *err)
{
	_cleanup_(run_facts_clear)
	struct run_facts facts = { 0 };
	_cleanup_free_ char *answer = NULL;
	bool complete = false;

	if (run_facts_load(&facts, run_dir, err) < 0)
		return -1;
	answer = page_answer(&facts, &complete);
	json_set_str(all, "answer", answer);
	if (answer)
		json_set_bool(all, "answer_complete", complete);
	return 0;
}

json_t *runs_load_json(const char *run_dir, struct err *err)
{
	static const char *const names[] = { "run",	"kernel",  "machine",
					     "verdict", "reports", "coverage" };
	json_t *all = json_object();

	json_set_str(all, "dir", run_dir);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *file = xasprintf("%s/%s.json", run_dir, names[i]);
		json_t *value;

		/* An incomplete run has only its first files. */
		if (!path_exists(file))
			continue;
		value = json_read_file(file, RUN_JSON_MAX, err);
		if (!value) {
			json_decref(all);
			return NULL;
		}
		json_object_set_new(all, names[i], value);
	}
	if (add_answer(all, run_dir, err) < 0) {
		json_decref(all);
		return NULL;
	}
	return all;
}
