// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A run directory, read. It may come from someone else, so every file is
 * bounded and of a checked shape; what a run that was cut short never wrote is
 * left NULL.
 */
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "compare/compare.h"
#include "console/console-file.h"

#define MAX_SMALL_BYTES	   ((size_t)8 << 20)   /* run, plan, kernel, machine, verdict, .config */
#define MAX_FRAMES_BYTES   ((size_t)128 << 20) /* twice what a guest may send: JSON escapes */
#define MAX_COVERAGE_BYTES ((size_t)64 << 20)  /* 45 bytes a function */
#define MAX_REPORT_BYTES   ((size_t)128 << 20)
/* What a run keeps of its console, and the line that says that it was cut. */
#define MAX_CONSOLE_BYTES (((size_t)64 << 20) + 4096)

/* 1: there is such a file, 0: there is none. Only a plain file is read: a pipe would block for
 * ever. */
static int look_for(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return 0;
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_INPUT, "%s: not a plain file", path);
	return 1;
}

static int load_json(const char *dir, const char *name, size_t max_bytes, json_type type,
		     json_t **out, struct err *err)
{
	_cleanup_free_ char *path = path_join(dir, name);
	int there = look_for(path, err);

	if (there <= 0)
		return there;
	*out = json_read_file(path, max_bytes, err);
	if (!*out)
		return -1;
	if (json_typeof(*out) != type)
		return err_set(err, ERR_INPUT, "%s: not a JSON %s", path,
			       type == JSON_ARRAY ? "array" : "object");
	return 0;
}

static int load_text(const char *dir, const char *name, char **out, struct err *err)
{
	_cleanup_free_ char *path = path_join(dir, name);
	int there = look_for(path, err);
	size_t length;

	if (there <= 0)
		return there;
	*out = file_read(path, MAX_SMALL_BYTES, &length, err);
	return *out ? 0 : -1;
}

static int load_frames(const char *dir, json_t *list, struct err *err)
{
	_cleanup_free_ char *path = path_join(dir, "frames.jsonl");
	int there = look_for(path, err);
	_cleanup_free_ char *text = NULL;
	size_t length, line = 1;

	if (there <= 0)
		return there;
	text = file_read(path, MAX_FRAMES_BYTES, &length, err);
	if (!text)
		return -1;
	for (size_t at = 0; at < length; line++) {
		const char *end = memchr(text + at, '\n', length - at);
		size_t n = end ? (size_t)(end - text) - at : length - at;
		json_error_t where;
		json_t *frame = json_loadb(text + at, n, JSON_ALLOW_NUL, &where);

		if (!json_is_object(frame)) {
			json_decref(frame);
			return err_set(err, ERR_INPUT, "%s:%zu: not a frame: %s", path, line,
				       frame ? "not a JSON object" : where.text);
		}
		json_array_append_new(list, frame);
		at += n + 1;
	}
	return 0;
}

int run_facts_load(struct run_facts *r, const char *run_dir, struct err *err)
{
	memset(r, 0, sizeof(*r));
	r->dir = xstrdup(run_dir);
	r->frames = json_array();
	if (load_json(run_dir, "run.json", MAX_SMALL_BYTES, JSON_OBJECT, &r->run, err) < 0 ||
	    load_json(run_dir, "plan.json", MAX_SMALL_BYTES, JSON_OBJECT, &r->plan, err) < 0 ||
	    load_json(run_dir, "kernel.json", MAX_SMALL_BYTES, JSON_OBJECT, &r->kernel, err) < 0 ||
	    load_json(run_dir, "machine.json", MAX_SMALL_BYTES, JSON_OBJECT, &r->machine, err) <
		    0 ||
	    load_json(run_dir, "verdict.json", MAX_SMALL_BYTES, JSON_OBJECT, &r->verdict, err) <
		    0 ||
	    load_json(run_dir, "reports.json", MAX_REPORT_BYTES, JSON_ARRAY, &r->reports, err) <
		    0 ||
	    load_json(run_dir, "initramfs.json", MAX_SMALL_BYTES, JSON_OBJECT, &r->initramfs, err) <
		    0 ||
	    load_json(run_dir, "coverage.json", MAX_COVERAGE_BYTES, JSON_OBJECT, &r->coverage,
		      err) < 0 ||
	    load_text(run_dir, "kernel.config", &r->config, err) < 0 ||
	    load_frames(run_dir, r->frames, err) < 0)
		goto fail;
	if (!r->run) {
		err_set(err, ERR_INPUT, "%s: no run directory: it has no run.json", run_dir);
		goto fail;
	}
	return 0;
fail:
	run_facts_clear(r);
	return -1;
}

char *run_facts_console(const struct run_facts *r, size_t *length)
{
	return console_read(r->dir, MAX_CONSOLE_BYTES, length, NULL);
}

void run_facts_clear(struct run_facts *r)
{
	free(r->dir);
	free(r->config);
	json_decref(r->run);
	json_decref(r->plan);
	json_decref(r->kernel);
	json_decref(r->machine);
	json_decref(r->verdict);
	json_decref(r->reports);
	json_decref(r->initramfs);
	json_decref(r->coverage);
	json_decref(r->frames);
	memset(r, 0, sizeof(*r));
}
