// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest-init/devices.h"
#include "guest-init/errno-name.h"

#define FACT_FOUND_BYTES 256

/* What is at a path. `found` is the beginning of its content, or why there is none. */
static void fact_look(const char *path, bool *exists, bool *readable, char found[FACT_FOUND_BYTES])
{
	struct stat st;
	ssize_t n = -1;
	int fd;

	*exists = lstat(path, &st) == 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0) {
		n = read(fd, found, FACT_FOUND_BYTES - 1);
		/* A folder can be opened and listed: that is as good as read. */
		if (n < 0 && errno == EISDIR)
			n = 0;
	}
	*readable = n >= 0;
	if (n < 0)
		snprintf(found, FACT_FOUND_BYTES, "%s: %s", errno_name(errno), strerror(errno));
	else
		found[n] = '\0';
	if (fd >= 0)
		close(fd);
	if (n > 0 && found[n - 1] == '\n')
		found[n - 1] = '\0';
}

static bool fact_holds(const struct plan_fact *fact, const char *path, char found[FACT_FOUND_BYTES])
{
	bool exists, readable;

	fact_look(path, &exists, &readable, found);
	switch (fact->kind) {
	case FACT_EXISTS:
		return exists;
	case FACT_ABSENT:
		return !exists;
	case FACT_READABLE:
		return readable;
	case FACT_UNREADABLE:
		return !readable;
	case FACT_EQUALS:
		return readable && strcmp(found, fact->value) == 0;
	}
	return false;
}

/* With {NAME} and patterns resolved; a pattern that matches nothing stays as it is: absent. */
static int fact_path(struct guest *g, const struct plan_fact *fact, char *path, size_t size)
{
	glob_t matches;

	if (device_expand(g, fact->path, true, path, size))
		return -1;
	if (!strpbrk(path, "*?["))
		return 0;
	if (glob(path, 0, NULL, &matches) == 0) {
		snprintf(path, size, "%s", matches.gl_pathv[0]);
		globfree(&matches);
	}
	return 0;
}

static void fact_check(struct guest *g, const struct plan_fact *fact)
{
	char found[FACT_FOUND_BYTES] = "";
	char path[PATH_MAX] = "";
	bool holds = false;

	if (fact_path(g, fact, path, sizeof(path)))
		snprintf(found, sizeof(found), "the path is too long");
	else if (strchr(path, '{'))
		/* Neither present nor absent: it cannot be looked at, so it does not hold. */
		snprintf(found, sizeof(found), "the case has no such device");
	else
		holds = fact_holds(fact, path, found);
	frame_begin(&g->frames, "fact");
	frame_str(&g->frames, "fact", fact->text);
	frame_str(&g->frames, "path", path);
	frame_bool(&g->frames, "holds", holds);
	frame_str(&g->frames, "found", found);
	frame_end(&g->frames);
}

void facts_check(struct guest *g)
{
	for (size_t i = 0; i < g->plan.fact_count; i++)
		fact_check(g, &g->plan.facts[i]);
}
