// SPDX-License-Identifier: GPL-2.0-or-later
/* The run directory's first and last words: docs/formats.md, "The run directory". */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "plan/plan.h"

#define RUN_JSON_MAX_BYTES (1024 * 1024)

/* 65536 names a second: this many refusals in a row mean something else than bad luck. */
#define RUN_DIR_TRIES 1000

static int random_u16(uint16_t *out, struct err *err)
{
	ssize_t n;

	do
		n = getrandom(out, sizeof(*out), 0);
	while (n < 0 && errno == EINTR);
	return n == sizeof(*out) ? 0 : err_set_errno(err, ERR_HOST, errno, "getrandom");
}

/* mkdir() decides who gets a name, however many runs start in the same second. */
static char *make_unique(const char *base, const char *test, struct err *err)
{
	time_t now = (time_t)clock_realtime_s();
	char stamp[32];
	struct tm tm;
	int i;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	for (i = 0; i < RUN_DIR_TRIES; i++) {
		_cleanup_free_ char *id = NULL, *path = NULL;
		uint16_t tail;

		if (random_u16(&tail, err) < 0)
			return NULL;
		id = xasprintf("%s-%s-%04x", stamp, test, tail);
		path = path_join(base, id);
		if (mkdir(path, 0777) == 0)
			return take_ptr(&path);
		if (errno != EEXIST) {
			err_set_errno(err, ERR_HOST, errno, "cannot make the run directory %s",
				      path);
			return NULL;
		}
	}
	err_set(err, ERR_HOST, "no free name for a run directory below %s", base);
	return NULL;
}

static int write_run_json(const char *run_dir, const struct plan *p, struct err *err)
{
	_cleanup_json_ json_t *run = json_object();
	_cleanup_free_ char *path = path_join(run_dir, "run.json");
	char host[256] = "", started[32];

	gethostname(host, sizeof(host) - 1);
	clock_format_utc(-1, started);
	json_set_str(run, "id", path_base(run_dir));
	json_set_str(run, "case", p->test->name);
	json_set_str(run, "state", "incomplete");
	json_set_str(run, "mode", plan_mode_name(p->mode));
	json_set_int(run, "seed", (int64_t)p->seed);
	if (p->snapshot)
		json_set_str(run, "snapshot", p->snapshot->key);
	json_set_str(run, "host", host);
	json_set_str(run, "started", started);
	json_set_str(run, "klab", KLAB_VERSION);
	return json_write_file(path, run, err);
}

static int copy_source(const char *dir, const struct case_file *test, const char *source,
		       struct err *err)
{
	_cleanup_free_ char *from = path_join(test->dir, source);
	_cleanup_free_ char *to = path_join(dir, source);
	_cleanup_free_ char *folder = xstrndup(to, (size_t)(path_base(to) - to));

	if (file_mkdir_p(folder, err) < 0)
		return -1;
	return file_copy(from, to, err);
}

/* Without its C files and BPF objects, a case could not be repeated from there. */
static int copy_sources(const char *dir, const struct case_file *test, struct err *err)
{
	size_t i, k;

	for (i = 0; i < test->step_count; i++) {
		const struct step_def *def = test->steps[i].def;

		for (k = 0; k < STEP_MAX_ARGS && def->args[k].name; k++) {
			const char *source = case_step_arg(&test->steps[i], def->args[k].name);

			if ((def->args[k].type == ARG_SOURCE || def->args[k].type == ARG_OBJECT) &&
			    source && copy_source(dir, test, source, err) < 0)
				return -1;
		}
	}
	return 0;
}

int plan_copy_case(const struct case_file *test, const char *path, struct err *err)
{
	_cleanup_free_ char *dir = xstrndup(path, (size_t)(path_base(path) - path));

	if (file_mkdir_p(dir, err) < 0 ||
	    file_write_atomic(path, test->bytes, test->length, err) < 0)
		return -1;
	return copy_sources(dir, test, err);
}

static int fill(const char *run_dir, const struct plan *p, struct err *err)
{
	_cleanup_free_ char *case_path = path_join(run_dir, "case.yaml");
	_cleanup_free_ char *plan_path = path_join(run_dir, "plan.json");
	_cleanup_json_ json_t *plan = plan_to_json(p);

	/* run.json first: whoever looks in finds the state of this run, or none. */
	if (write_run_json(run_dir, p, err) < 0 || plan_copy_case(p->test, case_path, err) < 0)
		return -1;
	return json_write_file(plan_path, plan, err);
}

char *plan_run_dir_make(const char *base, const struct plan *p, struct err *err)
{
	_cleanup_free_ char *run_dir = NULL;

	if (file_mkdir_p(base, err) < 0)
		return NULL;
	run_dir = make_unique(base, p->test->name, err);
	if (!run_dir)
		return NULL;
	if (fill(run_dir, p, err) < 0) {
		rmdir(run_dir); /* only when nothing is in it: no run began */
		return NULL;
	}
	return take_ptr(&run_dir);
}

/* The path, or the nearest folder above it that is there; yours. */
static char *nearest_there(const char *path)
{
	char *there = xstrdup(path);
	struct stat st;

	while (lstat(there, &st) < 0 && errno == ENOENT && !str_eq(there, ".")) {
		const char *slash = strrchr(there, '/');
		char *above =
			!slash ? xstrdup(".")
			       : xstrndup(there, slash == there ? 1 : (size_t)(slash - there));

		free(there);
		there = above;
	}
	return there;
}

int plan_run_dir_check(const char *base, struct err *err)
{
	_cleanup_free_ char *there = nearest_there(base);
	_cleanup_free_ char *probe = NULL;
	struct stat st;

	if (stat(there, &st) < 0)
		return err_set_errno(err, errno == ENOTDIR ? ERR_INPUT : ERR_HOST, errno, "%s",
				     there);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_INPUT, "%s is no folder", there);
	probe = path_join(there, ".klab-XXXXXX");
	if (!mkdtemp(probe))
		return err_set_errno(err, ERR_HOST, errno, "cannot make a folder in %s", there);
	rmdir(probe);
	return 0;
}

int plan_run_dir_update(const char *run_dir, const json_t *values, struct err *err)
{
	_cleanup_free_ char *path = path_join(run_dir, "run.json");
	_cleanup_json_ json_t *run = json_read_file(path, RUN_JSON_MAX_BYTES, err);

	if (!run)
		return -1;
	if (!json_is_object(run) || !json_is_object(values))
		return err_set(err, ERR_HOST, "%s: expected an object", path);
	if (json_object_update(run, (json_t *)values) < 0)
		return err_set(err, ERR_HOST, "%s: cannot be changed", path);
	return json_write_file(path, run, err);
}
