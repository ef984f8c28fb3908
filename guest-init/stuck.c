// SPDX-License-Identifier: GPL-2.0-or-later
/* What a task does that did not end in time: the whole into frames, the gist into the step's error.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest-init/io.h"
#include "guest-init/snapshot.h"
#include "guest-init/tasks.h"

#define PROC_MAX_BYTES 4096

/* The letter after the command's name in /proc/PID/stat (proc(5)); the name may hold any byte. '?':
 * there is none. */
static char task_state(pid_t pid)
{
	char path[64];
	size_t length = 0;
	char *text, *end;
	char state = '?';

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	text = io_read_file(path, PROC_MAX_BYTES, &length);
	end = text ? strrchr(text, ')') : NULL;
	if (end && end[1] == ' ' && end[2])
		state = end[2];
	free(text);
	return state;
}

/* ", in FUNCTION" where the kernel says in which one it waits, or "". */
static void task_place(pid_t pid, char *place, size_t size)
{
	char path[64];
	size_t length = 0;
	char *text;

	snprintf(path, sizeof(path), "/proc/%d/wchan", (int)pid);
	text = io_read_file(path, PROC_MAX_BYTES, &length);
	place[0] = '\0';
	if (text && text[0] && strcmp(text, "0") != 0)
		snprintf(place, size, ", in %s", text);
	free(text);
}

int task_still_runs(struct guest *g, const struct plan_step *step, const struct task *task,
		    const char *what, uint64_t timeout_ms)
{
	/* stat has its processor time: whether it runs or waits, and for whom. */
	static const char *const files[] = { "stat", "status", "wchan", "syscall", "stack" };
	char label[64], place[160], path[64];

	snprintf(label, sizeof(label), "%s still runs", task->name ? task->name : "it");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)task->pid, files[i]);
		snapshot_file(g, step, label, path);
	}
	task_place(task->pid, place, sizeof(place));
	return step_fail(g, ETIMEDOUT, "%s still ran after %" PRIu64 " ms (state %c%s)", what,
			 timeout_ms, task_state(task->pid), place);
}
