/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/night-inputs.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "cmd/prepare.h"

/* ---- copying ---- */

/* inputs/FOLDER/NAME, or with a number where another file has that. Yours. */
static char *free_place(const struct night *n, const char *folder, const char *name)
{
	for (unsigned i = 1;; i++) {
		_cleanup_free_ char *number = i > 1 ? xasprintf("%u-", i) : xstrdup("");
		char *place = xasprintf("inputs/%s/%s%s", folder, number, name);
		_cleanup_free_ char *path = path_join(n->dir, place);

		if (!path_exists(path))
			return place;
		free(place);
	}
}

/* What the jobs say of it has to be true of the copy. */
static bool is_of_job(const struct case_file *test, const struct night_job *job)
{
	return str_eq(test->name, job->case_name) && test->cpus == job->cpus &&
	       test->memory_bytes == job->memory_bytes;
}

static int copy_case(const struct night *n, const struct night_job *job, json_t *cases,
		     struct err *err)
{
	_cleanup_case_ struct case_file *test = case_read(job->case_path, NULL, err);
	_cleanup_free_ char *folder = free_place(n, "cases", job->case_name);
	_cleanup_free_ char *copy = path_join(folder, path_base(job->case_path));
	_cleanup_free_ char *path = path_join(n->dir, copy);

	if (!test)
		return -1;
	if (!is_of_job(test, job))
		return err_set(err, ERR_INPUT,
			       "%s was edited while the night was planned; expected to begin again",
			       job->case_path);
	json_set_str(cases, job->case_path, copy);
	return plan_copy_case(test, path, err);
}

char *night_inputs_fragment_path(const struct night *n, const char *name)
{
	_cleanup_free_ char *own = case_fragment_path(name, n->env->data_dir);

	return path_exists(own) ? take_ptr(&own) : xstrdup(name);
}

static int copy_fragment(const struct night *n, const char *name, json_t *fragments,
			 struct err *err)
{
	_cleanup_free_ char *from = night_inputs_fragment_path(n, name);
	_cleanup_free_ char *copy = free_place(n, "kconfigs", path_base(from));
	_cleanup_free_ char *path = path_join(n->dir, copy);

	json_set_str(fragments, name, copy);
	return file_copy(from, path, err);
}

static int copy_all(const struct night *n, json_t *cases, json_t *fragments, struct err *err)
{
	for (size_t i = 0; i < n->jobs.count; i++)
		if (!json_object_get(cases, n->jobs.list[i].case_path) &&
		    copy_case(n, &n->jobs.list[i], cases, err) < 0)
			return -1;
	for (size_t k = 0; k < n->jobs.kernel_count; k++) {
		const struct strv *names = &n->jobs.kernels[k].fragments;

		for (size_t i = 0; i < names->count; i++)
			if (!json_object_get(fragments, names->items[i]) &&
			    copy_fragment(n, names->items[i], fragments, err) < 0)
				return -1;
	}
	return 0;
}

int night_inputs_copy(struct night *n, struct err *err)
{
	_cleanup_free_ char *folder = path_join(n->dir, "inputs/kconfigs");
	_cleanup_json_ json_t *cases = json_object(), *fragments = json_object();

	if (file_mkdir_p(folder, err) < 0 || copy_all(n, cases, fragments, err) < 0)
		return -1;
	/* The record that names them is. */
	if (syncfs(n->lock_fd) < 0)
		return err_set_errno(err, ERR_HOST, errno, "%s", n->dir);
	n->inputs = json_object();
	json_object_set(n->inputs, "cases", cases);
	json_object_set(n->inputs, "fragments", fragments);
	return 0;
}

/* ---- using the copies ---- */

static int check_copies(const struct night *n, const json_t *copies, struct err *err)
{
	const char *key;
	json_t *copy;

	json_object_foreach ((json_t *)copies, key, copy) {
		const char *name = json_string_value(copy);
		_cleanup_free_ char *path = path_join(n->dir, name ? name : "inputs");

		if (!path_exists(path))
			return err_set(err, ERR_HOST, "%s is gone; expected the night's copy of %s",
				       path, key);
	}
	return 0;
}

int night_inputs_check(const struct night *n, struct err *err)
{
	const json_t *copies;
	const char *kind;

	json_object_foreach (n->inputs, kind, copies)
		if (check_copies(n, copies, err) < 0)
			return -1;
	return 0;
}

/* The key itself where it has none. Yours. */
static char *find_copy(const struct night *n, const char *kind, const char *key)
{
	const char *copy = json_get_str(json_get_object(n->inputs, kind), key, NULL);

	return copy ? path_join(n->dir, copy) : xstrdup(key);
}

char *night_inputs_case(const struct night *n, const struct night_job *job)
{
	return find_copy(n, "cases", job->case_path);
}

void night_inputs_fragments(const struct night *n, const struct night_kernel *kernel,
			    struct strv *files)
{
	for (size_t i = 0; i < kernel->fragments.count; i++)
		strv_add_take(files, find_copy(n, "fragments", kernel->fragments.items[i]));
}

void night_inputs_rename(const struct night_kernel *kernel, json_t *manifest)
{
	json_t *fragment;
	size_t i;

	json_array_foreach (json_get_array(manifest, "fragments"), i, fragment)
		if (i < kernel->fragments.count)
			json_set_str(fragment, "name", kernel->fragments.items[i]);
}
