/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a task of a night on Slurm does. */
#include "cmd/night-slurm.h"

#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/night-runs.h"
#include "cmd/night-slurm-internal.h"

enum { STOP_HEARD_MS = 2000 };

const char *const night_work_names[] = { [NIGHT_BUILD] = "build", [NIGHT_GUEST] = "boot" };

char *night_slurm_array_path(const struct night *n, unsigned array)
{
	return xasprintf("%s/slurm/%u.json", n->dir, array);
}

char *night_slurm_done_path(const struct night *n, enum night_work work, size_t index,
			    const char *folder)
{
	return xasprintf("%s/slurm/%s/%s-%zu.json", n->dir, folder, night_work_names[work], index);
}

/*
 * Who ends a task signals all of its processes: QEMU may have heard of it before us, and then has
 * ended for no reason of its own.
 */
static bool is_stopped(const json_t *result)
{
	if (json_get_bool(result, "stopped", false))
		return true;
	if (night_outcome_of(result) == NIGHT_UNABLE && !cancel_requested())
		poll(&(struct pollfd){ .fd = cancel_fd(), .events = POLLIN }, 1, STOP_HEARD_MS);
	return cancel_requested();
}

/* A task that was taken for lost may be the second to end with a job: the first one counts. */
static int leave_result(const struct night *n, const json_t *result, const char *done,
			const char *taken, struct err *err)
{
	const char *dir = json_get_str(result, "dir", NULL);
	_cleanup_free_ char *run_dir = dir ? path_join(n->dir, dir) : NULL;

	if (!path_exists(done) && !path_exists(taken))
		return json_write_file_synced(done, result, err);
	if (!run_dir)
		return 0;
	printf("%s: another task was done with its job first: set aside\n", dir);
	return night_set_aside(n->dir, run_dir, err);
}

/* What was stopped has no result: it is done again. */
static int do_one(struct night *n, enum night_work work, size_t index, int processors,
		  struct err *err)
{
	_cleanup_free_ char *path = night_slurm_done_path(n, work, index, "done");
	_cleanup_free_ char *taken = night_slurm_done_path(n, work, index, "taken");
	_cleanup_json_ json_t *result = NULL;

	if (path_exists(path) || path_exists(taken))
		return 0;
	result = work == NIGHT_BUILD ? night_do_build(n, n->env, index, processors)
				     : night_do_boot(n, n->env, index);
	if (is_stopped(result))
		return err_set(err, ERR_CANCELLED, "stopped");
	return leave_result(n, result, path, taken, err);
}

int night_slurm_task(struct night *n, unsigned array, unsigned task, int processors,
		     struct err *err)
{
	_cleanup_free_ char *path = night_slurm_array_path(n, array);
	_cleanup_json_ json_t *record = json_read_file(path, SLURM_RECORD_MAX_BYTES, err);
	bool builds = str_eq(json_get_str(record, "work", ""), night_work_names[NIGHT_BUILD]);
	size_t count = builds ? n->jobs.kernel_count : n->jobs.count, i;
	json_t *index;

	if (!record)
		return -1;
	json_array_foreach (json_array_get(json_get_array(record, "tasks"), task), i, index) {
		json_int_t which = json_is_integer(index) ? json_integer_value(index) : -1;

		if (which < 0 || (size_t)which >= count)
			return err_set(err, ERR_INPUT, "%s: task %u: no such job in the night",
				       path, task);
		if (do_one(n, builds ? NIGHT_BUILD : NIGHT_GUEST, (size_t)which, processors, err) <
		    0)
			return -1;
	}
	return 0;
}
