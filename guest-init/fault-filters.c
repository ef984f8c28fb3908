// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/fault-filters.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest-init/io.h"
#include "guest-init/panic.h"
#include "guest-init/tasks.h"

#define KALLSYMS_MAX_BYTES (64u << 20)
#define STACK_DEPTH_MAX	   "32" /* MAX_STACK_TRACE_DEPTH in lib/fault-inject.c */

/* ---- one task ---- */

static int mark_task(const struct guest *g, const struct task *task, int value)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/proc/%d/make-it-fail", guest_root(g), (int)task->pid);
	return io_write_number(path, value);
}

static int set_task(struct guest *g, const struct plan_step *step, const char *attributes,
		    struct fault_attr_state *state)
{
	char path[PATH_MAX];
	struct task *task;

	if (!plan_arg(step, "task"))
		return 0;
	task = task_running_of_step(g, step);
	if (!task)
		return -1;
	state->task = task->name;
	if (mark_task(g, task, 1))
		return step_fail(g, errno, "set make-it-fail of task %s", task->name);
	snprintf(path, sizeof(path), "%s/task-filter", attributes);
	if (io_write_value(path, "1", 0))
		return step_fail(g, errno, "write 1 into %s", path);
	return 0;
}

/* ---- one slab cache ---- */

static const char *cache_path(const struct guest *g, const char *cache, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/sys/kernel/slab/%s/failslab", guest_root(g), cache);
	return path;
}

static const char *cache_reason(int error)
{
	switch (error) {
	case ENOENT:
		return " (see /sys/kernel/slab)";
	case EINVAL:
		return " (it is merged with others of its size: boot with slab_nomerge)";
	case EACCES:
		return " (Linux 5.9 to 6.2 take it at boot only: SLUB_DEBUG, and "
		       "slub_debug=a,CACHE)";
	default:
		return "";
	}
}

static int set_cache(struct guest *g, const struct plan_step *step, const char *attributes,
		     struct fault_attr_state *state)
{
	const char *cache = plan_arg(step, "cache");
	char path[PATH_MAX];
	int64_t marked = 0;

	if (!cache)
		return 0;
	if (io_read_number(cache_path(g, cache, path), &marked) == 0 && !marked &&
	    io_write_number(path, 1) == 0)
		state->cache = cache;
	else if (!marked)
		return step_fail(g, errno, "mark the slab cache %s%s", cache, cache_reason(errno));
	state->cache_filter = true;
	snprintf(path, sizeof(path), "%s/cache-filter", attributes);
	if (io_write_value(path, "1", 0))
		return step_fail(g, errno, "write 1 into %s", path);
	return 0;
}

/* ---- callers ---- */

/* "ffffffff81000000 T name": true with the address; *next is the line after it. */
static bool read_symbol(const char *line, uint64_t *address, const char **name, size_t *length,
			const char **next)
{
	size_t bytes = strcspn(line, "\n");
	char *end;

	*next = line + bytes + (line[bytes] == '\n');
	*address = strtoull(line, &end, 16);
	if (end == line || end[0] != ' ' || !end[1] || end[2] != ' ')
		return false;
	*name = end + 3;
	/* A module's symbol goes on with a tab and the module. */
	*length = strcspn(*name, "\t\n");
	return end[1] == 'T' || end[1] == 't' || end[1] == 'W' || end[1] == 'w';
}

int fault_filters_find_function(const char *kallsyms, const char *name, uint64_t *start,
				uint64_t *end)
{
	size_t name_length = strlen(name), length;
	uint64_t address;
	const char *symbol, *next;
	bool found = false;

	*end = UINT64_MAX;
	for (const char *line = kallsyms; *line; line = next) {
		if (!read_symbol(line, &address, &symbol, &length, &next) ||
		    length != name_length || memcmp(symbol, name, length) != 0)
			continue;
		if (found) {
			errno = ENOTUNIQ;
			return -1;
		}
		found = true;
		*start = address;
	}
	if (!found) {
		errno = ENOENT;
		return -1;
	}
	/* The next symbol of all: those of a module are not in order. */
	for (const char *line = kallsyms; *line; line = next)
		if (read_symbol(line, &address, &symbol, &length, &next) && address > *start &&
		    address < *end)
			*end = address;
	return 0;
}

static int write_address(struct guest *g, const char *attributes, const char *file, uint64_t value)
{
	char path[PATH_MAX], text[24];

	snprintf(path, sizeof(path), "%s/%s", attributes, file);
	snprintf(text, sizeof(text), "%" PRIu64, value);
	if (io_write_value(path, text, 0) == 0)
		return 0;
	return step_fail(g, errno, "write %s%s", path,
			 errno == ENOENT ? " (the kernel has no FAULT_INJECTION_STACKTRACE_FILTER; "
					   "x86-64 cannot have it before 6.4)"
					 : "");
}

/* The files of one range. */
static const char *const caller_files[][2] = {
	{ "require-start", "require-end" },
	{ "reject-start", "reject-end" },
};

/* One of `require` and `reject`; without the argument, the widest range: every caller, or none. */
static int set_caller(struct guest *g, const struct plan_step *step, const char *attributes,
		      const char *kallsyms, bool reject)
{
	const char *which = reject ? "reject" : "require";
	const char *function = plan_arg(step, which);
	uint64_t start = 0, end = reject ? 0 : ULONG_MAX;

	if (function && fault_filters_find_function(kallsyms, function, &start, &end))
		return step_fail(g, errno, "%s: no one function %s in /proc/kallsyms", which,
				 function);
	return write_address(g, attributes, caller_files[reject][0], start) ||
			       write_address(g, attributes, caller_files[reject][1], end)
		       ? -1
		       : 0;
}

static int set_callers(struct guest *g, const struct plan_step *step, const char *attributes,
		       struct fault_attr_state *state)
{
	const char *depth = plan_arg(step, "stacktrace_depth");
	char path[PATH_MAX], *kallsyms;
	size_t length;
	int result = 0;

	if (!plan_arg(step, "require") && !plan_arg(step, "reject"))
		return 0;
	/* Asked for first: what the kernel cannot do is the better answer than a missing symbol. */
	if (write_address(g, attributes, "stacktrace-depth",
			  strtoull(depth ? depth : STACK_DEPTH_MAX, NULL, 10)))
		return -1;
	state->callers = true;
	snprintf(path, sizeof(path), "%s/proc/kallsyms", guest_root(g));
	kallsyms = io_read_file(path, KALLSYMS_MAX_BYTES, &length);
	if (!kallsyms)
		return step_fail(g, errno, "read %s (the kernel needs KALLSYMS)", path);
	if (set_caller(g, step, attributes, kallsyms, false) ||
	    set_caller(g, step, attributes, kallsyms, true))
		result = -1;
	free(kallsyms);
	return result;
}

int fault_filters_set(struct guest *g, const struct plan_step *step, const char *attributes,
		      struct fault_attr_state *state)
{
	return set_task(g, step, attributes, state) || set_cache(g, step, attributes, state) ||
			       set_callers(g, step, attributes, state)
		       ? -1
		       : 0;
}

static void clear_file(const char *attributes, const char *file, const char *value)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", attributes, file);
	if (io_write_value(path, value, 0))
		guest_say("write %s into %s: %s", value, path, strerror(errno));
}

void fault_filters_clear(struct guest *g, const char *attributes, struct fault_attr_state *state)
{
	const struct task *task = state->task ? task_find(g, state->task) : NULL;
	char path[PATH_MAX];

	if (task && !task->ended && mark_task(g, task, 0) && errno != ENOENT && errno != ESRCH)
		guest_say("clear make-it-fail of task %s: %s", task->name, strerror(errno));
	if (state->cache && io_write_number(cache_path(g, state->cache, path), 0))
		guest_say("write 0 into %s: %s", path, strerror(errno));
	if (state->cache_filter)
		clear_file(attributes, "cache-filter", "0");
	if (state->callers) {
		clear_file(attributes, "require-start", "0");
		clear_file(attributes, "require-end", "18446744073709551615");
		clear_file(attributes, "reject-start", "0");
		clear_file(attributes, "reject-end", "0");
	}
	state->task = state->cache = NULL;
	state->cache_filter = state->callers = false;
}
