// SPDX-License-Identifier: GPL-2.0-or-later
/* Is it known that the toggle took effect? Without that nothing is the same on both sides of it. */
#include "base/json.h"
#include "compare/compare-internal.h"
#include "compare/pairs.h"
#include "console/frames.h"

static bool facts_declared(const struct compare_side *side)
{
	return json_array_size(json_object_get(side->runs[0].plan, "facts")) > 0;
}

static bool facts_seen(const struct compare_side *side)
{
	const struct frames frames = { .list = side->runs[0].frames };

	return frames_find(&frames, "fact", NULL, NULL) != NULL;
}

/* A case without a device has nothing that a fact of one could be looked at on. */
static bool facts_unchecked(const struct compare_side *side)
{
	json_t *frame;
	size_t i;

	json_array_foreach (side->runs[0].frames, i, frame)
		if (str_eq(json_get_str(frame, "k", ""), "fact") &&
		    json_get_bool(frame, "unchecked", false))
			return true;
	return false;
}

/* Why nobody knows whether the running kernels of two sides differ. */
static const char *unproven_because(const struct compare_side *a, const struct compare_side *b)
{
	if (!json_equal(json_object_get(a->runs[0].plan, "append"),
			json_object_get(b->runs[0].plan, "append")) &&
	    compare_command_lines(&a->runs[0], &b->runs[0]) == COMPARE_WORDS_UNTOLD)
		return "it ignores a module's parameter that it does not know, and an older init "
		       "told of no other words";
	if (str_eq(a->runs[0].config ? a->runs[0].config : "",
		   b->runs[0].config ? b->runs[0].config : ""))
		return "another compiler or other flags built them, of one source and .config";
	if (!facts_declared(a) && !facts_declared(b))
		return "no runtime fact is declared, so only the .config does";
	if (!facts_declared(a) || !facts_declared(b))
		return "runtime facts are declared of one only, so only the .config does";
	if (!facts_seen(a) || !facts_seen(b))
		return "not all runs came as far as the runtime facts, so only the .config does";
	if (facts_unchecked(a) || facts_unchecked(b))
		return "the case has no device that their runtime facts could be looked at on, so "
		       "only the .config does";
	return "the facts that they declare may hold of both, so only the .config does";
}

/* Yours. */
static char *unproven_text(const struct compare_side *a, const struct compare_side *b)
{
	return xasprintf("nobody knows whether the running kernels of %s and %s differ: %s",
			 a->name, b->name, unproven_because(a, b));
}

char *compare_toggle_text(const struct compare_sides *c, const json_t *out)
{
	const char *real = json_get_str(out, "toggle_real", "no");

	if (c->unproven[0])
		return unproven_text(c->unproven[0], c->unproven[1]);
	if (!str_eq(real, "yes") && !str_eq(real, "code"))
		return xstrdup(c->cases ? "they are different cases" : "nothing was toggled");
	if (c->untoggled[0])
		return xasprintf("the toggle was real but for %s and %s, which have one kernel",
				 c->untoggled[0]->name, c->untoggled[1]->name);
	return xstrdup(str_eq(real, "code") ? "the toggle was real, for the kernels' code differs"
					    : "the toggle was real");
}

static void say_unproven(struct compare_sides *c, size_t a, size_t b)
{
	_cleanup_free_ char *toggle = unproven_text(&c->sides[a], &c->sides[b]);

	compare_about_pair(c, a, b);
	compare_reason(c, "broken", NULL, "no difference was seen, but %s", toggle);
	compare_about_all(c);
}

/* "Same" is a claim about the toggle, so the toggle must be known to have worked. */
void compare_look_at_proof(struct compare_sides *c, const json_t *out)
{
	struct fact_pair pairs[COMPARE_MAX_PAIRS];
	size_t count = compare_pairs(c->sides, c->count, pairs);

	if (!c->unproven[0])
		return;
	/* Where chance was not looked for, "same" is not said anyway. */
	for (size_t i = 0; i < count; i++)
		if (c->unproven_pairs[pairs[i].base][pairs[i].side] &&
		    compare_pair_is_alike(c, out, &pairs[i]))
			say_unproven(c, pairs[i].base, pairs[i].side);
	/* Two that are not held against each other: nor is "all are the same" said. */
	if (!c->chance && !json_array_size(c->reasons))
		say_unproven(c, (size_t)(c->unproven[0] - c->sides),
			     (size_t)(c->unproven[1] - c->sides));
}
