// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/compare-world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"

#define FIXTURES "lab/tests/fixtures/compare/"

/* Any console: each run has the same. */
#define CONSOLE_DIR "lab/tests/fixtures/verdict/boots"

static bool is_fact(const json_t *frame)
{
	return str_eq(json_get_str(frame, "k", ""), "fact");
}

/* The first run's frames, but for facts, in which it keeps its own. */
static void copy_frames(struct run_facts *run, const json_t *from)
{
	json_t *frames = json_array(), *frame;
	size_t i;

	json_array_foreach (run->frames, i, frame)
		if (is_fact(frame))
			json_array_append(frames, frame);
	json_array_foreach (from, i, frame)
		if (!is_fact(frame))
			json_array_append_new(frames, json_deep_copy(frame));
	json_decref(run->frames);
	run->frames = frames;
}

void compare_world_make_exact(struct run_facts *runs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		json_set_str(runs[i].plan, "mode", "deterministic");
		json_set_int(runs[i].run, "seed", 1);
		free(runs[i].dir);
		runs[i].dir = xstrdup(CONSOLE_DIR);
		copy_frames(&runs[i], runs[0].frames);
	}
}

bool compare_world_says(const json_t *comparison, const char *word, const char *what)
{
	json_t *reason;
	size_t i;

	json_array_foreach (json_get_array(comparison, "reasons"), i, reason)
		if (str_eq(json_get_str(reason, "verdict", ""), word) &&
		    strstr(json_get_str(reason, "what", ""), what))
			return true;
	return false;
}

void compare_pair_load(struct compare_pair *p, const char *a, const char *b)
{
	const char *const dirs[] = { a, b };
	struct err err = ERR_INIT;

	memset(p, 0, sizeof(*p));
	for (int i = 0; i < 2; i++) {
		_cleanup_free_ char *dir = xasprintf(FIXTURES "%s", dirs[i]);

		if (run_facts_load(&p->runs[i], dir, &err) < 0)
			fail_msg("%s", err.msg);
		p->sides[i] = (struct compare_side){ dirs[i], &p->runs[i], 1 };
	}
}

void compare_pair_clear(struct compare_pair *p)
{
	run_facts_clear(&p->runs[0]);
	run_facts_clear(&p->runs[1]);
}

json_t *compare_world_compare(const struct compare_side *sides, size_t count)
{
	struct err err = ERR_INIT;
	json_t *out = compare_sides(sides, count, &err);

	if (!out)
		fail_msg("%s", err.msg);
	return out;
}

json_t *compare_pair_compare(struct compare_pair *p)
{
	return compare_world_compare(p->sides, 2);
}

void compare_world_assert(const json_t *comparison, const char *word, const char *reason)
{
	const json_t *first = json_array_get(json_get_array(comparison, "reasons"), 0);
	const char *what = json_get_str(first, "what", "");

	if (!str_eq(json_get_str(comparison, "verdict", ""), word) || !strstr(what, reason))
		fail_msg("%s because \"%s\", wanted %s because \"%s\"",
			 json_get_str(comparison, "verdict", ""), what, word, reason);
}

json_t *compare_world_frame(struct run_facts *run, const char *k, size_t *index)
{
	json_t *frame;
	size_t i;

	json_array_foreach (run->frames, i, frame)
		if (str_eq(json_get_str(frame, "k", ""), k)) {
			if (index)
				*index = i;
			return frame;
		}
	fail_msg("no frame %s", k);
	return NULL;
}
