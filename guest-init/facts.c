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

/* What looking at a path gave. */
struct fact_look {
	bool unknown; /* we could not look: then no fact of it holds */
	bool exists, readable;
	bool longer; /* there is more than `found` has */
	char found[FACT_FOUND_BYTES + 1];
};

/* Our own lack of something, which says nothing about the file. */
static bool fact_is_our_failure(int errno_value)
{
	return errno_value == ENOMEM || errno_value == EMFILE || errno_value == ENFILE ||
	       errno_value == EINTR;
}

static void fact_failed(struct fact_look *look, int errno_value)
{
	look->unknown |= fact_is_our_failure(errno_value);
	snprintf(look->found, sizeof(look->found), "%s: %s", errno_name(errno_value),
		 strerror(errno_value));
}

/* The beginning of a file's content, or why there is none. */
static void fact_read(const char *path, struct fact_look *look)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = -1;

	if (fd >= 0)
		n = read(fd, look->found, FACT_FOUND_BYTES);
	/* A folder can be opened and listed: that is as good as read. Nor is a file that has
	 * nothing for now one that cannot be read. */
	if (fd >= 0 && n < 0 && (errno == EISDIR || errno == EAGAIN))
		n = 0;
	look->readable = n >= 0;
	if (n < 0) {
		fact_failed(look, errno);
	} else {
		look->longer = n == FACT_FOUND_BYTES;
		if (n > 0 && look->found[n - 1] == '\n')
			n--;
		look->found[n] = '\0';
	}
	if (fd >= 0)
		close(fd);
}

static void fact_look(const char *path, struct fact_look *look)
{
	struct stat st;

	look->exists = lstat(path, &st) == 0;
	/* What is only out of reach is not absent. */
	if (!look->exists && errno != ENOENT && errno != ENOTDIR)
		look->unknown = true;
	fact_read(path, look);
}

static bool fact_holds(const struct plan_fact *fact, const struct fact_look *look)
{
	if (look->unknown)
		return false;
	switch (fact->kind) {
	case FACT_EXISTS:
		return look->exists;
	case FACT_ABSENT:
		return !look->exists;
	case FACT_READABLE:
		return look->readable;
	case FACT_UNREADABLE:
		return !look->readable;
	case FACT_EQUALS:
		return look->readable && !look->longer && strcmp(look->found, fact->value) == 0;
	}
	return false;
}

/*
 * With {NAME} and patterns resolved; a pattern that matches nothing stays as it
 * is: absent. 0, or -1 with errno when nobody can say what it stands for.
 */
static int fact_path(struct guest *g, const struct plan_fact *fact, char *path, size_t size)
{
	glob_t matches;
	int result;

	if (device_expand(g, fact->path, true, path, size))
		return -1;
	/* Neither present nor absent: the case has no such device. */
	if (strchr(path, '{')) {
		errno = ENODEV;
		return -1;
	}
	if (!strpbrk(path, "*?["))
		return 0;
	result = glob(path, 0, NULL, &matches);
	if (result == 0) {
		snprintf(path, size, "%s", matches.gl_pathv[0]);
		globfree(&matches);
	} else if (result != GLOB_NOMATCH) {
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

static void fact_check(struct guest *g, const struct plan_fact *fact)
{
	struct fact_look look = { 0 };
	char path[PATH_MAX] = "";
	bool holds = false, unchecked = false;

	if (fact_path(g, fact, path, sizeof(path)) == 0) {
		fact_look(path, &look);
		holds = fact_holds(fact, &look);
	} else if (errno == ENODEV) {
		/* Without any device there is nothing that could show it, one way or the other. */
		unchecked = g->device_count == 0;
		snprintf(look.found, sizeof(look.found), "the case has no %sdevice",
			 unchecked ? "" : "such ");
	} else {
		fact_failed(&look, errno);
	}
	frame_begin(&g->frames, "fact");
	frame_str(&g->frames, "fact", fact->text);
	frame_str(&g->frames, "path", path);
	frame_bool(&g->frames, "holds", holds);
	if (unchecked)
		frame_bool(&g->frames, "unchecked", true);
	frame_str(&g->frames, "found", look.found);
	frame_end(&g->frames);
}

void facts_check(struct guest *g)
{
	for (size_t i = 0; i < g->plan.fact_count; i++)
		fact_check(g, &g->plan.facts[i]);
}
