// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/starved.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/str.h"

enum { SCHEDSTAT_BYTES = 128 };

static uint64_t thread_waited_ns(const char *task_dir, const char *thread)
{
	_cleanup_free_ char *path = xasprintf("%s/%s/schedstat", task_dir, thread);
	size_t length = 0;
	_cleanup_free_ char *text = file_read(path, SCHEDSTAT_BYTES, &length, NULL);
	unsigned long long ran = 0, waited = 0;

	/* A thread that has just ended is no longer there. */
	return text && sscanf(text, "%llu %llu", &ran, &waited) == 2 ? waited : 0;
}

uint64_t starved_ms(const char *proc, pid_t pid)
{
	_cleanup_free_ char *task_dir = xasprintf("%s/%d/task", proc, (int)pid);
	_cleanup_free_ char *main_thread = xasprintf("%d", (int)pid);
	_cleanup_strv_ struct strv threads = { 0 };
	uint64_t main_ns = 0, most_ns = 0;

	if (file_list_dir(task_dir, &threads, NULL) < 0)
		return 0;
	for (size_t i = 0; i < threads.count; i++) {
		uint64_t ns = thread_waited_ns(task_dir, threads.items[i]);

		if (str_eq(threads.items[i], main_thread))
			main_ns = ns;
		else if (ns > most_ns)
			most_ns = ns;
	}
	return (main_ns + most_ns) / 1000000;
}

/* Every second one, from the first. */
static void thin_out(struct starved_log *log)
{
	size_t kept = 0;

	for (size_t i = 0; i < log->count; i += 2)
		log->samples[kept++] = log->samples[i];
	log->count = kept;
	log->every_ms *= 2;
}

/* Next to nothing was waited for between the two: less than a fiftieth of the time. */
static bool is_flat(const struct starved_sample *a, const struct starved_sample *b)
{
	return (b->starved_ms - a->starved_ms) * 50 <= b->ms - a->ms;
}

void starved_log_add(struct starved_log *log, uint64_t ms, uint64_t starved_ms, bool last)
{
	const struct starved_sample now = { ms, starved_ms };

	if (!log->every_ms)
		log->every_ms = STARVED_EVERY_MS;
	if (log->count && ms < log->samples[log->count - 1].ms + (last ? 0 : log->every_ms))
		return;
	/* A quiet time needs its ends only. */
	if (log->count > 1 &&
	    is_flat(&log->samples[log->count - 2], &log->samples[log->count - 1]) &&
	    is_flat(&log->samples[log->count - 1], &now))
		log->count--;
	if (log->count == STARVED_SAMPLES)
		thin_out(log);
	log->samples[log->count++] = now;
}
