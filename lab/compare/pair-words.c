// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Of more than two sides each pair has a word of its own: a run that is broken makes no comparison
 * of its side, and leaves the others what they are.
 */
#include <math.h>

#include "base/json.h"
#include "compare/compare-internal.h"
#include "compare/pairs.h"

static bool is_one_of(const struct fact_pair *pair, const json_t *index)
{
	size_t side = (size_t)json_integer_value(index);

	return side == pair->base || side == pair->side;
}

/* A reason of one side is one of all its pairs, one of two sides of that pair, others of all. */
static bool concerns(const json_t *reason, const struct fact_pair *pair)
{
	json_t *index;
	size_t i;

	json_array_foreach (json_object_get(reason, "sides"), i, index)
		if (!is_one_of(pair, index))
			return false;
	return true;
}

/* Is a reason for `undecided` about these two? One that is about all says what chance may have made
 * of some. */
static bool is_undecided(const struct compare_sides *c, const struct fact_pair *pair)
{
	json_t *reason;
	size_t i;

	json_array_foreach (c->reasons, i, reason)
		if (str_eq(json_get_str(reason, "verdict", ""), "undecided") &&
		    json_object_get(reason, "sides") && concerns(reason, pair))
			return true;
	return false;
}

static bool is_broken(const struct compare_sides *c, const struct fact_pair *pair)
{
	return c->broken_sides[pair->base] || c->broken_sides[pair->side] ||
	       c->broken_pairs[pair->base][pair->side];
}

/* ---- what was tested ---- */

const json_t *compare_pair_test(const json_t *row, const struct fact_pair *pair)
{
	json_t *cell;
	size_t i;

	if (!pair->base)
		return json_array_get(json_object_get(row, "sides"), pair->side);
	json_array_foreach (json_object_get(row, "crossed"), i, cell) {
		const json_t *sides = json_object_get(cell, "sides");

		if (json_integer_value(json_array_get(sides, 0)) == (json_int_t)pair->base &&
		    json_integer_value(json_array_get(sides, 1)) == (json_int_t)pair->side)
			return cell;
	}
	return NULL;
}

/* Would a difference of the size that is of interest have been seen in every rate? */
static bool wanted_was_seen(const struct compare_sides *c, const struct fact_pair *pair)
{
	double wanted = json_get_num(c->statistics, "rate_wanted", 0);
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(c->statistics, "rates"), i, row)
		if (!(json_get_num(compare_pair_test(row, pair), "detectable", NAN) <= wanted))
			return false;
	return i > 0;
}

/* Are so many numbers different that some of them are not listed? On which pairs nobody knows. */
static bool differences_are_left_out(const struct compare_sides *c)
{
	const json_t *rows = json_object_get(c->statistics, "numbers");
	size_t count = json_array_size(rows);

	return count && json_get_int(c->statistics, "numbers_left_out", 0) > 0 &&
	       json_get_bool(json_array_get(rows, count - 1), "different", false);
}

static const char *tested_word(const struct compare_sides *c, const struct fact_pair *pair)
{
	static const char *const kinds[] = { "rates", "numbers" };
	bool different = false;
	json_t *row;
	size_t i;

	if (c->chance)
		return "undecided";
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		json_array_foreach (json_object_get(c->statistics, kinds[k]), i, row) {
			if (!json_get_bool(compare_pair_test(row, pair), "different", false))
				continue;
			if (str_eq(json_get_str(row, "kind", ""), "unjudged"))
				return "broken";
			different = true;
		}
	if (different)
		return "different";
	return wanted_was_seen(c, pair) && !differences_are_left_out(c) ? "no-difference"
									: "undecided";
}

/* ---- what was seen of one run a side ---- */

static bool same_cells(const json_t *row, const struct fact_pair *pair)
{
	const json_t *sides = json_object_get(row, "sides");

	return json_equal(json_array_get(sides, pair->base), json_array_get(sides, pair->side));
}

static bool is_reported(const json_t *row, size_t side)
{
	json_t *n;
	size_t i;

	json_array_foreach (json_array_get(json_object_get(row, "sides"), side), i, n)
		if (json_integer_value(n) > 0)
			return true;
	return false;
}

static json_t *words_of(const json_t *out, size_t side)
{
	return json_object_get(json_array_get(json_object_get(out, "sides"), side), "verdicts");
}

/* How often one of several deterministic runs ended so is what their seeds make of it. */
static bool outcomes_differ(const json_t *out, const struct fact_pair *pair)
{
	json_t *row;
	size_t i;

	if (!json_equal(words_of(out, pair->base), words_of(out, pair->side)))
		return true;
	json_array_foreach (json_object_get(out, "tasks"), i, row)
		if (json_get_bool(row, "differs", false) && !same_cells(row, pair))
			return true;
	json_array_foreach (json_object_get(out, "reports"), i, row)
		if (json_get_bool(row, "differs", false) &&
		    is_reported(row, pair->base) != is_reported(row, pair->side))
			return true;
	return false;
}

/* Deterministic runs of the two that were laid beside each other: were there some, did any part? */
static bool are_paired(const json_t *out, const struct fact_pair *pair, bool *part)
{
	bool paired = false;
	json_t *row;
	size_t i;

	*part = false;
	json_array_foreach (json_object_get(out, "exact"), i, row)
		if (json_get_int(row, "side", 0) == (int64_t)pair->side &&
		    json_get_int(row, "against", 0) == (int64_t)pair->base) {
			paired = true;
			*part |= json_get_bool(row, "differs", false);
		}
	return paired;
}

/* Chance has no part in those that are paired, whatever the others are. */
static bool may_be_chance(const struct compare_sides *c, const json_t *out,
			  const struct fact_pair *pair)
{
	bool part;

	return c->chance && !are_paired(out, pair, &part);
}

static const char *seen_word(const struct compare_sides *c, const json_t *out,
			     const struct fact_pair *pair)
{
	bool part, chance = may_be_chance(c, out, pair);

	are_paired(out, pair, &part);
	if (part || (outcomes_differ(out, pair) && !chance))
		return "different";
	if (chance || is_undecided(c, pair) || json_get_int(out, "exact_left_out", 0) > 0)
		return "undecided";
	return c->cases ? "alike" : "same";
}

/* ---- all pairs ---- */

static const char *word_of(const struct compare_sides *c, const json_t *out,
			   const struct fact_pair *pair)
{
	if (is_broken(c, pair))
		return "broken";
	return c->statistics ? tested_word(c, pair) : seen_word(c, out, pair);
}

bool compare_pair_is_alike(const struct compare_sides *c, const json_t *out,
			   const struct fact_pair *pair)
{
	const char *word = word_of(c, out, pair);

	return !str_eq(word, "broken") && !str_eq(word, "different") &&
	       !may_be_chance(c, out, pair) && !is_undecided(c, pair);
}

static void add_word(json_t *rows, const struct fact_pair *pair, const char *word)
{
	json_array_append_new(rows, json_pack("{s:[I,I],s:s}", "sides", (json_int_t)pair->base,
					      (json_int_t)pair->side, "verdict", word));
}

static bool is_compared(const struct fact_pair *pairs, size_t count, size_t a, size_t b)
{
	for (size_t i = 0; i < count; i++)
		if (pairs[i].base == a && pairs[i].side == b)
			return true;
	return false;
}

/* Two that are not held against each other, and yet spoil the comparison: of one kernel, say. */
static void add_others(const struct compare_sides *c, const struct fact_pair *pairs, size_t count,
		       json_t *rows)
{
	for (size_t a = 0; a < c->count; a++)
		for (size_t b = a + 1; b < c->count; b++)
			if (c->broken_pairs[a][b] && !is_compared(pairs, count, a, b))
				add_word(rows, &(struct fact_pair){ a, b }, "broken");
}

void compare_pair_words(const struct compare_sides *c, json_t *out)
{
	struct fact_pair pairs[COMPARE_MAX_PAIRS];
	size_t count = compare_pairs(c->sides, c->count, pairs);
	json_t *rows;

	if (c->count <= 2)
		return;
	rows = json_array();
	for (size_t i = 0; i < count; i++)
		add_word(rows, &pairs[i], word_of(c, out, &pairs[i]));
	add_others(c, pairs, count, rows);
	json_object_set_new(out, "pairs", rows);
}
