// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A report for KCIDB, the database of kernel test results, by its schema 5.0. Objects go by ids
 * that begin with the origin; who submits sets the one that was given to him in place of `klab`.
 */
#include <ctype.h>

#include "base/file.h"
#include "base/json.h"
#include "page/results.h"
#include "page/safe.h"

static const char origin[] = "klab";

enum { EXCERPT_MAX_BYTES = 16384 }; /* more characters than that the schema refuses */

struct report {
	const json_t *all;
	json_t *checkouts, *builds, *tests;
	json_t *known;	 /* {id: the checkout or build} */
	json_t *kernels; /* {id of a build that goes by its source and config: its kernel} */
};

static void set_safe(json_t *object, const char *key, const char *value)
{
	_cleanup_free_ char *safe = value ? page_safe(value) : NULL;

	json_set_str(object, key, safe);
}

/* Cut where a character begins. */
static void set_excerpt(json_t *object, const char *text)
{
	_cleanup_free_ char *safe = page_safe(text);
	size_t length = strnlen(safe, EXCERPT_MAX_BYTES + 1);

	if (length > EXCERPT_MAX_BYTES) {
		length = EXCERPT_MAX_BYTES;
		while (length && ((unsigned char)safe[length] & 0xc0) == 0x80)
			length--;
	}
	json_set_strn(object, "log_excerpt", safe, length);
}

/* New reference; *id is yours. Each object begins so. */
static json_t *object_new(const char *id)
{
	json_t *object = json_object();

	set_safe(object, "id", id);
	json_set_str(object, "origin", origin);
	return object;
}

/* The one that is there already, or a new one at the end of `list`. Borrowed. */
static json_t *find_object(struct report *r, json_t *list, const char *id, bool *is_new)
{
	json_t *object = json_object_get(r->known, id);

	*is_new = !object;
	if (object)
		return object;
	object = object_new(id);
	json_object_set(r->known, id, object);
	json_array_append_new(list, object);
	return object;
}

static bool is_commit(const char *text)
{
	return text && strlen(text) == 40 && strspn(text, "0123456789abcdef") == 40;
}

/* The source; by its content, or where that is not known by its name. Yours. */
static char *checkout_id(const json_t *result)
{
	const char *source = json_get_str(result, "source", "?");

	return xasprintf("%s:%s", origin, json_get_str(result, "tree_hash", path_base(source)));
}

static void add_checkout(struct report *r, const json_t *result, const char *id)
{
	const char *commit = json_get_str(result, "commit", NULL);
	bool is_new;
	json_t *checkout = find_object(r, r->checkouts, id, &is_new);

	if (!is_new)
		return;
	if (is_commit(commit))
		json_set_str(checkout, "git_commit_hash", commit);
	set_safe(checkout, "git_commit_name", json_get_str(result, "release", NULL));
	set_safe(checkout, "comment", json_get_str(result, "source", "?"));
	json_set_bool(checkout, "valid", true);
}

/* By what it is of: what goes for a kernel that could not be had. Yours. */
static char *wanted_id(const json_t *result)
{
	_cleanup_free_ char *checkout = checkout_id(result);

	return xasprintf("%s %s", checkout, json_get_str(result, "kconfig", ""));
}

/* Of a result that has none, that of another one of the same source and config. */
static char *build_id(const struct report *r, const json_t *result)
{
	_cleanup_free_ char *wanted = wanted_id(result);
	const char *other = json_get_str(r->kernels, wanted, NULL);
	const char *kernel = json_get_str(result, "kernel", other);

	return kernel ? xasprintf("%s:%s", origin, kernel) : take_ptr(&wanted);
}

/* Of one that is not there, and that did not fail, nobody knows yet whether it would build. */
static void set_build_status(json_t *build, const json_t *result)
{
	if (json_get_str(result, "kernel", NULL)) {
		json_set_str(build, "status", "PASS");
	} else if (json_get_bool(result, "build_failed", false)) {
		json_set_str(build, "status", "FAIL");
		set_excerpt(build, json_get_str(result, "error", ""));
	}
}

/* Its id is yours. */
static char *add_build(struct report *r, const json_t *result)
{
	_cleanup_free_ char *checkout = checkout_id(result);
	int64_t build_ms = json_get_int(result, "build_ms", 0);
	char *id = build_id(r, result);
	bool is_new;
	json_t *build = find_object(r, r->builds, id, &is_new);

	add_checkout(r, result, checkout);
	if (is_new) {
		set_safe(build, "checkout_id", checkout);
		json_set_str(build, "architecture", "x86_64");
		set_safe(build, "config_name", json_get_str(result, "kconfig", ""));
	}
	if (json_get_str(result, "compiler", NULL))
		set_safe(build, "compiler", json_get_str(result, "compiler", NULL));
	if (build_ms > 0)
		json_object_set_new(build, "duration", json_real((double)build_ms / 1000));
	set_build_status(build, result);
	return id;
}

static void note_kernel(struct report *r, const json_t *result)
{
	_cleanup_free_ char *wanted = wanted_id(result);

	json_set_str(r->kernels, wanted, json_get_str(result, "kernel", NULL));
}

static const char *status_of(const json_t *result)
{
	if (json_get_str(result, "error", NULL))
		return "MISS";
	switch (page_outcome_of(result)) {
	case PAGE_FAILED:
		return "FAIL";
	case PAGE_UNABLE:
		return "ERROR";
	case PAGE_NOT_RUN:
		return "MISS";
	case PAGE_SKIPPED:
		return "SKIP";
	case PAGE_PASSED:
		break;
	}
	return "PASS";
}

/* Words of a path are letters, digits, '_' and '-'. Yours. */
static char *path_of(const json_t *result)
{
	char *path = xasprintf("klab.%s", json_get_str(result, "case", "?"));

	for (char *c = path + strlen("klab."); *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
			*c = '_';
	return path;
}

static json_t *misc_of(const json_t *result)
{
	static const char *const keys[] = { "mode", "seed", "release", "reports" };
	json_t *misc = json_object();

	json_set_str(misc, "verdict", page_result_word(result));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (json_object_get(result, keys[i]))
			json_object_set(misc, keys[i], json_object_get(result, keys[i]));
	return misc;
}

static void add_test(struct report *r, const json_t *result)
{
	const char *dir = json_get_str(result, "dir", NULL);
	_cleanup_free_ char *id =
		dir ? xasprintf("%s:%s", origin, path_base(dir))
		    : xasprintf("%s:%s %s", origin, json_get_str(r->all, "id", "runs"),
				json_get_str(result, "id", "?"));
	_cleanup_free_ char *build = add_build(r, result), *path = path_of(result);
	_cleanup_free_ char *why = NULL;
	_cleanup_strv_ struct strv lines = { 0 };
	json_t *test = object_new(id), *environment = json_object();

	page_result_reasons(result, &lines);
	why = strv_join(&lines, "; ");
	set_safe(test, "build_id", build);
	json_set_str(test, "path", path);
	json_set_str(test, "status", status_of(result));
	set_safe(test, "comment", page_result_label(result));
	if (*why)
		set_excerpt(test, why);
	json_set_str(test, "start_time", json_get_str(result, "started", NULL));
	if (dir)
		json_object_set_new(test, "duration",
				    json_real((double)json_get_int(result, "wall_ms", 0) / 1000));
	set_safe(environment, "comment", "a QEMU guest");
	json_object_set_new(test, "environment", environment);
	json_object_set_new(test, "misc", misc_of(result));
	json_array_append_new(r->tests, test);
}

char *page_results_kcidb(const json_t *all)
{
	struct report r = { .all = all,
			    .checkouts = json_array(),
			    .builds = json_array(),
			    .tests = json_array(),
			    .known = json_object(),
			    .kernels = json_object() };
	_cleanup_json_ json_t *report = json_object();
	_cleanup_free_ char *text = NULL;
	json_t *version = json_object(), *result;
	size_t i;

	json_array_foreach (json_get_array(all, "results"), i, result)
		if (json_get_str(result, "kernel", NULL))
			note_kernel(&r, result);
	json_array_foreach (json_get_array(all, "results"), i, result)
		add_test(&r, result);
	json_decref(r.known);
	json_decref(r.kernels);
	json_set_int(version, "major", 5);
	json_set_int(version, "minor", 0);
	json_object_set_new(report, "version", version);
	json_object_set_new(report, "checkouts", r.checkouts);
	json_object_set_new(report, "builds", r.builds);
	json_object_set_new(report, "tests", r.tests);
	text = json_dumps(report, JSON_INDENT(1));
	return xasprintf("%s\n", text);
}
