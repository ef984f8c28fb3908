// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deterministic runs of one seed on two sides: all that differs between them is
 * the toggle's doing, so they are laid beside each other line by line.
 */
#include <inttypes.h>

#include "base/file.h"
#include "base/json.h"
#include "compare/compare-internal.h"
#include "compare/lines.h"
#include "compare/pairs.h"

#define MAX_PAIRS 1024
#define MAX_SEEDS 8 /* that are named */

static bool is_deterministic(const struct run_facts *run)
{
	return str_eq(json_get_str(run->plan, "mode", ""), "deterministic");
}

static int64_t seed_of(const struct run_facts *run)
{
	return json_get_int(run->run, "seed", -1);
}

/* What beats and facts say is not what the case did: the toggle's own proof is told by itself, and
 * so is the command line. */
static bool is_told(const json_t *frame)
{
	const char *kind = json_get_str(frame, "k", "");

	return !str_eq(kind, "beat") && !str_eq(kind, "fact") &&
	       !str_eq(json_get_str(frame, "file", ""), "/proc/cmdline");
}

static void frames_text(const struct run_facts *run, struct strbuf *out)
{
	json_t *frame;
	size_t i;

	json_array_foreach (run->frames, i, frame) {
		_cleanup_json_ json_t *bare = json_copy(frame);
		_cleanup_free_ char *line = NULL;

		if (!is_told(frame))
			continue;
		/* When it came moves with each instruction more before it. */
		json_object_del(bare, "t");
		json_object_del(bare, "seq");
		json_object_del(bare, "cmdline");
		json_object_del(bare, "unknown");
		line = json_dumps(bare, JSON_COMPACT | JSON_SORT_KEYS);
		if (!line)
			continue;
		strbuf_adds(out, line);
		strbuf_addc(out, '\n');
	}
}

static json_t *compare_frames(const struct run_facts *a, const struct run_facts *b)
{
	_cleanup_strbuf_ struct strbuf x = { 0 };
	_cleanup_strbuf_ struct strbuf y = { 0 };

	frames_text(a, &x);
	frames_text(b, &y);
	return lines_compare(x.length ? x.data : "", x.length, y.length ? y.data : "", y.length,
			     MASK_DURATIONS);
}

/* Of one kernel nothing was linked anew: another address is another address. */
static enum line_masks masks_for(const struct run_facts *a, const struct run_facts *b)
{
	const char *key = json_get_str(a->kernel, "key", "");

	return *key && str_eq(key, json_get_str(b->kernel, "key", "")) ? MASK_TIMES : MASK_RELINK;
}

static bool part_differs(const json_t *part)
{
	const json_t *only = json_object_get(part, "only");

	return json_integer_value(json_array_get(only, 0)) ||
	       json_integer_value(json_array_get(only, 1));
}

static bool part_sets_aside(const json_t *part)
{
	return json_get_int(part, "times", 0) || json_get_int(part, "relinked", 0) ||
	       json_get_int(part, "pids", 0);
}

/* Not all of it was laid beside each other. */
static bool part_is_unseen(const json_t *part)
{
	return !json_is_object(part) || json_get_bool(part, "cut", false);
}

static json_t *pair_of_strings(const char *a, const char *b)
{
	json_t *pair = json_array();

	json_array_append_new(pair, json_string(a));
	json_array_append_new(pair, json_string(b));
	return pair;
}

static json_t *compare_pair(const struct run_facts *a, const struct run_facts *b,
			    struct fact_pair sides)
{
	size_t a_length = 0, b_length = 0;
	_cleanup_free_ char *a_console = run_facts_console(a, &a_length);
	_cleanup_free_ char *b_console = run_facts_console(b, &b_length);
	enum verdict a_word = compare_run_word(a), b_word = compare_run_word(b);
	json_t *row = json_object(), *console = json_null(), *frames = compare_frames(a, b);

	if (a_console && b_console)
		console = lines_compare(a_console, a_length, b_console, b_length, masks_for(a, b));
	json_set_int(row, "seed", seed_of(a));
	json_set_int(row, "side", (int64_t)sides.side);
	if (sides.base)
		json_set_int(row, "against", (int64_t)sides.base);
	json_object_set_new(row, "runs", pair_of_strings(path_base(a->dir), path_base(b->dir)));
	json_object_set_new(row, "verdicts",
			    pair_of_strings(verdict_name(a_word), verdict_name(b_word)));
	json_set_bool(row, "differs",
		      a_word != b_word || part_differs(console) || part_differs(frames));
	json_object_set_new(row, "console", console);
	json_object_set_new(row, "frames", frames);
	return row;
}

/* "line 412 of the console", "line 7 of the frames". Yours; NULL: neither. */
static char *where_text(const json_t *row)
{
	static const char *const parts[] = { "console", "frames" };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const json_t *part = json_object_get(row, parts[i]);
		const json_t *line = json_object_get(json_object_get(part, "first"), "line");

		if (part_differs(part))
			return xasprintf("line %" JSON_INTEGER_FORMAT " of the %s",
					 json_integer_value(json_array_get(line, 0)), parts[i]);
	}
	return NULL;
}

/* A seed that differs is a finding: it, and how many more do. The page has what repeats it. */
static void tell_pair(struct compare_sides *c, const struct run_facts *a, const struct run_facts *b,
		      const json_t *row, size_t parting, size_t pairs)
{
	const char *side = c->sides[json_get_int(row, "side", 1)].name;
	const char *first = c->sides[json_get_int(row, "against", 0)].name;
	_cleanup_free_ char *where = where_text(row);
	enum verdict a_word = compare_run_word(a), b_word = compare_run_word(b);
	_cleanup_strbuf_ struct strbuf text = { 0 };

	if (a_word != b_word)
		strbuf_addf(&text, "%s on %s, %s on %s%s", verdict_name(a_word), first,
			    verdict_name(b_word), side, where ? "; " : "");
	if (where)
		strbuf_addf(&text, "%s and %s part at %s", first, side, where);
	if (pairs > 1)
		strbuf_addf(&text, "; %zu of %zu seeds part", parting, pairs);
	compare_reason(c, "different", b->dir, "seed %" PRId64 ": %s%s", seed_of(a), text.data,
		       c->outcomes_same ? "; verdicts, task ends and report titles are the same"
					: "");
}

/* Would the two be the same to the byte, were it not for the toggle? */
static bool is_pair(const struct run_facts *a, const struct run_facts *b)
{
	return is_deterministic(a) && is_deterministic(b) && seed_of(a) >= 0 &&
	       seed_of(a) == seed_of(b) &&
	       str_eq(json_get_str(a->machine, "qemu_version", ""),
		      json_get_str(b->machine, "qemu_version", "")) &&
	       !json_get_object(a->plan, "snapshot") == !json_get_object(b->plan, "snapshot");
}

/* The side's run of that seed, or NULL. */
static const struct run_facts *counterpart(const struct compare_side *side,
					   const struct run_facts *run)
{
	for (size_t r = 0; r < side->run_count; r++)
		if (is_pair(&side->runs[r], run))
			return &side->runs[r];
	return NULL;
}

bool compare_is_paired(const struct compare_sides *c)
{
	for (size_t s = 1; s < c->count; s++) {
		bool paired = false;

		for (size_t r = 0; r < c->sides[s].run_count && !paired; r++)
			paired = counterpart(&c->sides[0], &c->sides[s].runs[r]) != NULL;
		if (!paired)
			return false;
	}
	return true;
}

/* Deterministic runs of one side that the other has no counterpart of. */
static size_t unpaired_runs(const struct compare_side *of, const struct compare_side *with)
{
	size_t count = 0;

	for (size_t r = 0; r < of->run_count; r++)
		count += is_deterministic(&of->runs[r]) && !counterpart(with, &of->runs[r]);
	return count;
}

/* "seeds 1, 2, 3": those of a side's runs, each once. Yours. */
static char *seeds_text(const struct compare_side *side)
{
	_cleanup_strv_ struct strv seeds = { 0 };
	_cleanup_free_ char *list = NULL;

	for (size_t r = 0; r < side->run_count; r++) {
		_cleanup_free_ char *seed = xasprintf("%" PRId64, seed_of(&side->runs[r]));

		if (seeds.count < MAX_SEEDS && !strv_has(&seeds, seed))
			strv_add(&seeds, seed);
	}
	list = strv_join(&seeds, ", ");
	return xasprintf("%s %s%s", seeds.count == 1 ? "seed" : "seeds", list,
			 seeds.count == MAX_SEEDS ? "..." : "");
}

/* Has the other side no deterministic run of that seed, whatever else is the same? */
static bool lacks_seed(const struct compare_side *side, const struct run_facts *run)
{
	for (size_t r = 0; r < side->run_count; r++)
		if (is_deterministic(&side->runs[r]) && seed_of(&side->runs[r]) == seed_of(run))
			return false;
	return true;
}

static bool any_lacks_seed(const struct compare_side *of, const struct compare_side *with)
{
	for (size_t r = 0; r < of->run_count; r++)
		if (is_deterministic(&of->runs[r]) && lacks_seed(with, &of->runs[r]))
			return true;
	return false;
}

/* Runs of other seeds differ by themselves: that is no comparison of the kernels. Where others
 * part, that is the answer, and these are a note. */
static void look_at_unpaired(struct compare_sides *c, struct fact_pair sides, bool parted)
{
	const struct compare_side *first = &c->sides[sides.base], *its = &c->sides[sides.side];
	size_t count = unpaired_runs(first, its) + unpaired_runs(its, first);
	const char *word = parted ? "note" : "broken";

	c->unpaired |= count > 0;
	if (!count)
		return;
	if (any_lacks_seed(first, its) || any_lacks_seed(its, first)) {
		_cleanup_free_ char *a = seeds_text(first), *b = seeds_text(its);

		c->other_seeds = true;
		compare_reason(c, word, NULL,
			       "not the same experiment: %s on %s, %s on %s; in deterministic mode "
			       "the seed decides what chance would, and only runs of one seed can "
			       "be laid beside each other",
			       a, first->name, b, its->name);
		return;
	}
	compare_reason(c, word, NULL,
		       "%zu of the deterministic runs of %s and %s cannot be laid beside one of "
		       "the other side: expected one QEMU, and all or none from a snapshot",
		       count, first->name, its->name);
}

/* The pairs of two sides: how many there are, how many part, and the first that does. */
struct pairs {
	size_t count, parting, unseen;
	bool set_aside;
	const struct run_facts *a, *b;
	const json_t *row;
};

static void look_at_pair(struct pairs *p, const struct run_facts *a, const struct run_facts *b,
			 const json_t *row)
{
	bool differs = json_get_bool(row, "differs", false);

	p->count++;
	p->parting += differs;
	p->unseen += part_is_unseen(json_object_get(row, "console")) ||
		     part_is_unseen(json_object_get(row, "frames"));
	p->set_aside |= part_sets_aside(json_object_get(row, "console")) ||
			part_sets_aside(json_object_get(row, "frames"));
	if (!differs || p->row)
		return;
	p->a = a;
	p->b = b;
	p->row = row;
}

static void look_at_sides(struct compare_sides *c, struct fact_pair sides, json_t *rows,
			  int64_t *left_out)
{
	const struct compare_side *base = &c->sides[sides.base], *its = &c->sides[sides.side];
	struct pairs pairs = { 0 };

	for (size_t r = 0; r < its->run_count; r++) {
		const struct run_facts *run = &its->runs[r];
		const struct run_facts *first = counterpart(base, run);
		json_t *row;

		if (!first)
			continue;
		if (json_array_size(rows) >= MAX_PAIRS) {
			(*left_out)++;
			continue;
		}
		row = compare_pair(first, run, sides);
		json_array_append_new(rows, row);
		look_at_pair(&pairs, first, run, row);
	}
	look_at_unpaired(c, sides, pairs.row != NULL);
	c->set_aside |= pairs.set_aside;
	if (pairs.row)
		tell_pair(c, pairs.a, pairs.b, pairs.row, pairs.parting, pairs.count);
	else if (pairs.unseen)
		compare_reason(
			c, "undecided", NULL,
			"not all that the guests said on %s could be laid beside that on %s, "
			"for %zu of %zu seeds",
			its->name, base->name, pairs.unseen, pairs.count);
}

void compare_divergence(struct compare_sides *c, json_t *out)
{
	struct fact_pair pairs[COMPARE_MAX_PAIRS];
	size_t count = compare_pairs(c->sides, c->count, pairs);
	json_t *rows = json_array();
	int64_t left_out = 0;

	for (size_t p = 0; p < count; p++) {
		compare_about_pair(c, pairs[p].base, pairs[p].side);
		look_at_sides(c, pairs[p], rows, &left_out);
	}
	compare_about_all(c);
	if (left_out)
		compare_reason(c, "undecided", NULL,
			       "%" PRId64 " pairs of one seed, beyond the first %d, were not laid "
			       "beside each other",
			       left_out, MAX_PAIRS);
	if (c->other_seeds)
		json_set_bool(out, "other_seeds", true);
	if (json_array_size(rows)) {
		json_object_set(out, "exact", rows);
		json_set_int(out, "exact_left_out", left_out);
	}
	json_decref(rows);
}
