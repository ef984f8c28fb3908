/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/slurm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/child.h"

enum {
	/* A controller that is busy lets its programs wait. */
	TIMEOUT_MS = 60000,
	OUTPUT_MAX_BYTES = 64 << 20,
	SCRIPT_MAX_BYTES = 1 << 20,
};

/* ---- submitting ---- */

/* The script is copied to the node that runs it. */
static int make_script(const char *const *argv, struct err *err)
{
	_cleanup_strbuf_ struct strbuf script = { 0 };
	int fd;

	strbuf_adds(&script, "#!/bin/sh\nexec ");
	for (; *argv; argv++) {
		strbuf_add_shell(&script, *argv);
		strbuf_addc(&script, ' ');
	}
	strbuf_adds(&script, "\"$SLURM_ARRAY_TASK_ID\"\n");
	fd = memfd_create("klab-slurm", MFD_CLOEXEC);
	if (fd < 0 || write(fd, script.data, script.length) != (ssize_t)script.length ||
	    lseek(fd, 0, SEEK_SET) < 0) {
		err_set_errno(err, ERR_HOST, errno, "a script for sbatch");
		cleanup_close_p(&fd);
		return -1;
	}
	return fd;
}

static int parse_id(const char *text, int64_t *id, struct err *err)
{
	_cleanup_free_ char *number = xstrndup(text, strcspn(text, ";\n"));

	if (str_parse_i64(number, id) && *id > 0)
		return 0;
	return err_set(err, ERR_HOST, "sbatch: '%s': expected the number of a job", number);
}

int slurm_submit(const struct slurm_array *array, int64_t *id, struct err *err)
{
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	_cleanup_close_ int script = make_script(array->argv, err);
	struct child_spec spec = { .stdin_fd = script, .tidies = true };
	const uint64_t mib = (array->memory_bytes + (1 << 20) - 1) >> 20;

	if (script < 0)
		return -1;
	strv_add(&argv, "sbatch");
	/* First, so that what follows holds: tasks are found again by what they are named. */
	for (size_t i = 0; array->extra && i < array->extra->count; i++)
		strv_add(&argv, array->extra->items[i]);
	strv_add(&argv, "--parsable");
	strv_add(&argv,
		 "--no-requeue"); /* lost tasks are submitted again, with what is left of them */
	strv_add_take(&argv, xasprintf("--job-name=%s", array->name));
	strv_add_take(&argv, xasprintf("--array=0-%u", array->tasks - 1));
	strv_add_take(&argv, xasprintf("--output=%s", array->log));
	strv_add_take(&argv, xasprintf("--cpus-per-task=%u", array->cpus));
	strv_add_take(&argv, xasprintf("--mem=%" PRIu64 "M", mib));
	strv_add_take(&argv, xasprintf("--time=%" PRIu64, array->minutes));
	spec.argv = (const char *const *)argv.items;
	if (child_run_ok(&spec, TIMEOUT_MS, SCRIPT_MAX_BYTES, &out, err) < 0)
		return -1;
	return parse_id(out.data ? out.data : "", id, err);
}

/* ---- what became of them ---- */

static int parse_line(const char *line, const char *prefix, struct slurm_tasks *tasks,
		      struct err *err)
{
	_cleanup_strv_ struct strv words = { 0 };
	struct slurm_task *task;
	int64_t id, number;

	strv_split(&words, line, ' ');
	/* Others' jobs may have any name, and are none of an array. */
	if (!words.count || !str_starts(words.items[0], prefix))
		return 0;
	if (words.count != 4 || !str_parse_i64(words.items[1], &id) ||
	    !str_parse_i64(words.items[2], &number) || number < 0 || number > UINT32_MAX)
		return err_set(err, ERR_HOST,
			       "squeue: '%s': expected an array's name, number, task and state",
			       line);
	task = vec_push(&tasks->list, &tasks->count, &tasks->capacity);
	task->name = xstrdup(words.items[0]);
	task->id = id;
	task->task = (unsigned)number;
	task->waits = str_eq(words.items[3], "PENDING");
	return 0;
}

static int compare_tasks(const void *a, const void *b)
{
	const struct slurm_task *x = a, *y = b;
	int names = strcmp(x->name, y->name);

	return names ? names : (x->task > y->task) - (x->task < y->task);
}

int slurm_parse(const char *text, const char *prefix, struct slurm_tasks *tasks, struct err *err)
{
	_cleanup_strv_ struct strv lines = { 0 };

	strv_split(&lines, text, '\n');
	for (size_t i = 0; i < lines.count; i++)
		if (parse_line(lines.items[i], prefix, tasks, err) < 0)
			return -1;
	if (tasks->count)
		qsort(tasks->list, tasks->count, sizeof(*tasks->list), compare_tasks);
	return 0;
}

int slurm_list(const char *prefix, struct slurm_tasks *tasks, struct err *err)
{
	static const char *const argv[] = {
		"squeue", "--me", "--noheader", "--array", "--format=%j %F %K %T", NULL
	};
	/* What would hide some of them. */
	static const char *const unset[] = {
		"SQUEUE_ACCOUNT",
		"SQUEUE_ARRAY",
		"SQUEUE_CLUSTERS",
		"SQUEUE_FORMAT",
		"SQUEUE_FORMAT2",
		"SQUEUE_LICENSES",
		"SQUEUE_NAMES",
		"SQUEUE_PARTITION",
		"SQUEUE_QOS",
		"SQUEUE_STATES",
		"SQUEUE_USERS",
		"SLURM_CLUSTERS",
		NULL,
	};
	const struct child_spec spec = { .argv = argv, .env_set = unset, .tidies = true };
	_cleanup_strbuf_ struct strbuf out = { 0 };

	if (child_run_ok(&spec, TIMEOUT_MS, OUTPUT_MAX_BYTES, &out, err) < 0)
		return -1;
	return slurm_parse(out.data ? out.data : "", prefix, tasks, err);
}

void slurm_tasks_clear(struct slurm_tasks *tasks)
{
	if (!tasks)
		return;
	for (size_t i = 0; i < tasks->count; i++)
		free(tasks->list[i].name);
	free(tasks->list);
	*tasks = (struct slurm_tasks){ 0 };
}

size_t slurm_count_running(const struct slurm_tasks *tasks)
{
	size_t running = 0;

	for (size_t i = 0; i < tasks->count; i++)
		running += !tasks->list[i].waits;
	return running ? running : 1;
}

const struct slurm_task *slurm_find(const struct slurm_tasks *tasks, const char *name,
				    unsigned task)
{
	struct slurm_task wanted = { .name = (char *)name, .task = task };

	return tasks->count ? bsearch(&wanted, tasks->list, tasks->count, sizeof(*tasks->list),
				      compare_tasks)
			    : NULL;
}

int slurm_cancel(const struct slurm_tasks *tasks, bool only_waiting, struct err *err)
{
	_cleanup_strv_ struct strv argv = { 0 };
	struct child_spec spec = { .tidies = true };
	int64_t last = 0;

	strv_add(&argv, "scancel");
	if (only_waiting)
		strv_add(&argv, "--state=PENDING");
	for (size_t i = 0; i < tasks->count; i++) {
		if (tasks->list[i].id != last)
			strv_add_take(&argv, xasprintf("%" PRId64, tasks->list[i].id));
		last = tasks->list[i].id;
	}
	spec.argv = (const char *const *)argv.items;
	if (!last)
		return 0;
	return child_run_ok(&spec, TIMEOUT_MS, OUTPUT_MAX_BYTES, NULL, err);
}
