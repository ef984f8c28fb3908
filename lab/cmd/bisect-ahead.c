// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/bisect-ahead.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/bisect-commit.h"
#include "cmd/bisect-session.h"

enum {
	STOP_MS = 20000,      /* it may have to end make, and that its compilers */
	PROCESSORS_LEAST = 4, /* on fewer, guest and build take from each other what they gain */
};

static void forget(struct bisect_ahead *a)
{
	child_stop(&a->child, STOP_MS);
	child_clear(&a->child);
}

void bisect_ahead_end(struct bisect_ahead *a, const struct cmd_env *env, size_t vertex)
{
	if (!a->child.pid)
		return;
	a->tried[a->vertex] = a->vertex == vertex;
	if (a->vertex == vertex) {
		progress_update(env->progress, "building the kernel, begun beside a guest", 0, 0,
				-1);
		child_wait(&a->child, 0, NULL, NULL); /* cancelled: that will be found again */
		progress_end(env->progress);
	}
	forget(a);
}

void bisect_ahead_clear(struct bisect_ahead *a)
{
	forget(a);
	free(a->tried);
}

/* ---- the next one ---- */

static bool is_busy(const struct bisect_ahead *a)
{
	struct pollfd p = { .fd = a->child.pidfd, .events = POLLIN };

	return a->child.pid && poll(&p, 1, 0) == 0;
}

/* The likelier of what may be next, when that is to be built. False: neither is. */
static bool choose(const struct session *s, const struct bisect_step *step, size_t *vertex)
{
	const struct bisect *b = &s->bisect;
	bool shown = posterior_silent(&b->posterior, step->vertex, step->runs) < 0.5;

	for (int i = 0; i < 2; i++, shown = !shown) {
		struct bisect_step next;

		bisect_foresee(b, step, shown, &next);
		*vertex = next.vertex;
		if (next.what == BISECT_TEST && !b->built[next.vertex] &&
		    !s->ahead.tried[next.vertex])
			return true;
	}
	return false;
}

static int start(struct session *s, const struct strv *words, size_t vertex)
{
	_cleanup_close_ int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	const struct child_spec spec = { .argv = (const char *const *)words->items,
					 .stdout_fd = null,
					 .stderr_fd = null };
	struct bisect_env env;
	int result;

	if (null < 0)
		return -1;
	bisect_env_enter(&env, &s->ranges, vertex);
	result = child_start(&s->ahead.child, &spec, NULL);
	bisect_env_leave(&env);
	return result;
}

/* As bisect_build_commit() does it. */
static void build_words(const struct session *s, size_t vertex, const char *klab,
			struct strv *words)
{
	_cleanup_free_ char *source = bisect_source_of(s, vertex);
	_cleanup_strv_ struct strv patches = { 0 };

	const char *const first[] = {
		"nice",	       "-n",	  "10",		  klab,	      "build",
		s->test->path, "--quiet", "--missing-ok", "--source", source
	};

	for (size_t i = 0; i < ARRAY_SIZE(first); i++)
		strv_add(words, first[i]);
	for (size_t i = 0; i < s->fragments.count; i++) {
		strv_add(words, "--kconfig");
		strv_add(words, s->fragments.items[i]);
	}
	bisect_patches_of(s, vertex, &patches);
	for (size_t i = 0; i < patches.count; i++) {
		strv_add(words, "--patch");
		strv_add(words, patches.items[i]);
	}
	if (s->opt.jobs) {
		strv_add(words, "--jobs");
		strv_addf(words, "%d", s->opt.jobs);
	}
}

static bool has_room(const struct options *opt)
{
	return opt->jobs ? opt->jobs > 1 : sysconf(_SC_NPROCESSORS_ONLN) >= PROCESSORS_LEAST;
}

void bisect_ahead_begin(struct session *s, const struct bisect_step *step)
{
	_cleanup_free_ char *klab = realpath("/proc/self/exe", NULL);
	_cleanup_strv_ struct strv words = { 0 };
	struct bisect_ahead *a = &s->ahead;
	size_t vertex;

	if (!has_room(&s->opt) || s->opt.probes.count || !klab || is_busy(a))
		return;
	forget(a);
	if (!a->tried)
		a->tried = xcalloc(s->history.graph.count, sizeof(*a->tried));
	if (!choose(s, step, &vertex))
		return;
	build_words(s, vertex, klab, &words);
	if (start(s, &words, vertex) < 0)
		return;
	a->vertex = vertex;
	a->tried[vertex] = true;
}
