// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/counters.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest-init/io.h"
#include "guest-init/mounts.h"
#include "guest-init/perf.h"

#define TRACING	   MOUNTS_DEBUGFS "/tracing/"
#define NEEDS	   "(the kernel needs PERF_EVENTS, and EVENT_TRACING by way of FTRACE)"
#define MAX_CPUS   256
#define MAX_FILTER 200

struct counter {
	int count;
	int fds[MAX_CPUS];
};

void counter_close(struct counter *counter)
{
	for (int i = 0; counter && i < counter->count; i++)
		close(counter->fds[i]);
	free(counter);
}

struct counter *counter_open(struct guest *g, const char *event, const char *filter)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	struct counter *counter = calloc(1, sizeof(*counter));
	char path[PATH_MAX];
	int64_t id;

	snprintf(path, sizeof(path), TRACING "events/%s/id", event);
	if (!counter || io_read_number(path, &id)) {
		step_fail(g, errno, "read %s " NEEDS, path);
		goto failed;
	}
	for (int cpu = 0; cpu < cpus && cpu < MAX_CPUS; cpu++) {
		int fd = perf_open_tracepoint(id, cpu, filter);

		if (fd < 0 && (errno == ENODEV || errno == EINVAL) && counter->count)
			continue; /* a processor that is not there */
		if (fd < 0) {
			step_fail(g, errno, "count the event %s%s%s " NEEDS, event,
				  filter ? ", " : "", filter ? filter : "");
			goto failed;
		}
		counter->fds[counter->count++] = fd;
	}
	return counter;
failed:
	counter_close(counter);
	return NULL;
}

int counter_read(const struct counter *counter, int64_t *count)
{
	int64_t sum = 0;

	for (int i = 0; i < counter->count; i++) {
		uint64_t one;
		ssize_t n = read(counter->fds[i], &one, sizeof(one));

		if (n != sizeof(one)) {
			if (n >= 0)
				errno = EIO;
			return -1;
		}
		sum += (int64_t)one;
	}
	*count = sum;
	return 0;
}

/* ---- returns of functions ---- */

/* As /proc/kallsyms has it: NAME, or NAME and a suffix. */
static bool find_function(const char *name, char *found, size_t size)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	const size_t length = strlen(name);
	bool exact = false, any = false;
	char line[512], symbol[256], type;

	while (file && !exact && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*s %c %255s", &type, symbol) != 2 ||
		    (type != 't' && type != 'T') || strncmp(symbol, name, length) != 0 ||
		    (symbol[length] && symbol[length] != '.'))
			continue;
		/* What is never called is no match: the cold half of a function. */
		if (strstr(symbol, ".cold"))
			continue;
		exact = !symbol[length];
		any = true;
		snprintf(found, size, "%s", symbol);
	}
	if (file)
		fclose(file);
	return any;
}

/* The first of "a|b" that there is; `name` is what it is called there. */
static bool find_any(const char *names, char *name, size_t name_size, char *found, size_t size)
{
	for (const char *at = names; *at; at += strspn(at, "|")) {
		size_t length = strcspn(at, "|");

		snprintf(name, name_size, "%.*s", (int)length, at);
		if (find_function(name, found, size))
			return true;
		at += length;
	}
	return false;
}

struct counter *counter_open_return(struct guest *g, const char *function, const char *filter)
{
	static int number;
	char name[100], symbol[256], line[600], event[300];

	if (!find_any(function, name, sizeof(name), symbol, sizeof(symbol))) {
		step_fail(g, ENOENT, "the kernel has no function %s (it needs KALLSYMS)", function);
		return NULL;
	}
	number++;
	snprintf(line, sizeof(line), "r:klab/%s_%d %s ret=$retval:s32", name, number, symbol);
	if (io_write_value(TRACING "kprobe_events", line, O_APPEND)) {
		step_fail(g, errno,
			  "write '%s' into " TRACING "kprobe_events "
			  "(the kernel needs KPROBE_EVENTS)",
			  line);
		return NULL;
	}
	snprintf(event, sizeof(event), "klab/%s_%d", name, number);
	return counter_open(g, event, filter);
}

/* ---- bios ---- */

void bio_counts_close(struct bio_counts *counts)
{
	counter_close(counts->done);
	counter_close(counts->failed);
	counter_close(counts->requeued);
	*counts = (struct bio_counts){ 0 };
}

int bio_counts_open(struct guest *g, const struct device *device, struct bio_counts *counts)
{
	char path[PATH_MAX], text[32], all[MAX_FILTER], failed[MAX_FILTER];
	unsigned int major, minor, number;

	*counts = (struct bio_counts){ 0 };
	snprintf(path, sizeof(path), "/sys/class/block/%s/dev", device->kernel);
	if (io_read_text(path, text, sizeof(text)) || sscanf(text, "%u:%u", &major, &minor) != 2)
		return step_fail(g, errno, "read %s", path);
	number = major << 20 | minor; /* the kernel's own dev_t */
	snprintf(all, sizeof(all), "dev == %u", number);
	snprintf(failed, sizeof(failed), "dev == %u && error != 0", number);
	counts->done = counter_open(g, "block/block_bio_complete", all);
	if (counts->done)
		counts->failed = counter_open(g, "block/block_bio_complete", failed);
	if (counts->failed)
		counts->requeued = counter_open(g, "block/block_rq_requeue", all);
	if (counts->requeued)
		return 0;
	bio_counts_close(counts);
	return -1;
}
