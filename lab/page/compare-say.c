// SPDX-License-Identifier: GPL-2.0-or-later
#include "page/compare-say.h"

#include <inttypes.h>
#include <stdint.h>

#include "base/json.h"

#define FOLD_CONTEXT 2 /* frames in common that stay on each side of a difference */
#define MAX_CAUSES   4 /* of a side that are told */
#define FOLD_LEAST   4 /* fewer are not worth a line that says so */

json_t *compare_say_side(const json_t *comparison, size_t side)
{
	return json_array_get(json_object_get(comparison, "sides"), side);
}

const char *compare_say_name(const json_t *comparison, size_t side)
{
	return json_get_str(compare_say_side(comparison, side), "name", "?");
}

json_t *compare_say_cell(const json_t *row, size_t side)
{
	return json_array_get(json_object_get(row, "sides"), side);
}

const char *compare_say_name_of(const json_t *comparison, const json_t *row, size_t at)
{
	return compare_say_name(comparison, (size_t)json_integer_value(compare_say_cell(row, at)));
}

/* "pass", or of several runs "pass 9×, fail 1×": texts with how often each was. */
static char *say_times(const json_t *texts, const json_t *side, const char *none)
{
	bool several = json_array_size(json_object_get(side, "runs")) > 1;
	struct strbuf out = { 0 };
	const char *text;
	json_t *n;

	json_object_foreach ((json_t *)texts, text, n) {
		strbuf_addf(&out, "%s%s", out.length ? ", " : "", text);
		if (several)
			strbuf_addf(&out, " %" JSON_INTEGER_FORMAT "×", json_integer_value(n));
	}
	return out.length ? strbuf_take(&out) : xstrdup(none);
}

char *compare_say_verdicts(const json_t *side)
{
	return say_times(json_object_get(side, "verdicts"), side, "");
}

/* "a and b; a and c" of the pairs with that word; NULL: none. Yours. */
static char *pairs_with(const json_t *comparison, const char *word, size_t *count)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	json_t *pair;
	size_t i;

	*count = 0;
	json_array_foreach (json_object_get(comparison, "pairs"), i, pair) {
		if (!str_eq(json_get_str(pair, "verdict", ""), word))
			continue;
		strbuf_addf(&out, "%s%s and %s", (*count)++ ? "; " : "",
			    compare_say_name_of(comparison, pair, 0),
			    compare_say_name_of(comparison, pair, 1));
	}
	return *count ? strbuf_take(&out) : NULL;
}

void compare_say_pairs(const json_t *comparison, struct strv *out)
{
	static const char *const words[] = { "broken",	      "different", "undecided",
					     "no-difference", "same",	   "alike" };
	size_t all = json_array_size(json_object_get(comparison, "pairs"));
	const char *word = json_get_str(comparison, "verdict", "");

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t count;
		_cleanup_free_ char *pairs = pairs_with(comparison, words[i], &count);

		if (pairs && (count < all || !str_eq(words[i], word)))
			strv_addf(out, "%s: %s", words[i], pairs);
	}
}

static int64_t cause_runs(const json_t *cause)
{
	return json_get_int(cause, "runs", 0);
}

/* The most frequent that is not `told` yet, the first of several; SIZE_MAX: none is left. */
static size_t next_cause(const json_t *causes, const bool *told)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < json_array_size(causes); i++)
		if (!told[i] &&
		    (best == SIZE_MAX || cause_runs(json_array_get(causes, i)) >
						 cause_runs(json_array_get(causes, best))))
			best = i;
	return best;
}

void compare_say_causes(const json_t *side, struct strv *out)
{
	const json_t *causes = json_get_array(side, "causes");
	bool several = json_array_size(json_object_get(side, "runs")) > 1;
	_cleanup_free_ bool *told = xcalloc(json_array_size(causes) + 1, sizeof(*told));
	int64_t rest = 0;
	size_t at;

	while ((at = next_cause(causes, told)) != SIZE_MAX) {
		const json_t *cause = json_array_get(causes, at);
		const char *word = json_get_str(cause, "verdict", "?");
		const char *what = json_get_str(cause, "what", "?");

		told[at] = true;
		if (out->count >= MAX_CAUSES)
			rest += cause_runs(cause);
		else if (several)
			strv_addf(out, "%s %" PRId64 "×: %s", word, cause_runs(cause), what);
		else
			strv_addf(out, "%s: %s", word, what);
	}
	if (rest)
		strv_addf(out, "%" PRId64 " more for other reasons", rest);
}

char *compare_say_ends(const json_t *side, const json_t *cell)
{
	return say_times(cell, side, "never started");
}

char *compare_say_kernel(const json_t *side)
{
	const json_t *list = json_object_get(side, "kconfig");
	_cleanup_strv_ struct strv kconfig = { 0 };
	_cleanup_free_ char *names = NULL;

	if (json_is_array(list))
		json_to_strv(list, &kconfig);
	names = strv_join(&kconfig, "+");
	return xasprintf("%s %s", json_get_str(side, "release", "?"), names);
}

char *compare_say_counts(const json_t *counts)
{
	int64_t least = INT64_MAX, most = 0;
	json_t *n;
	size_t i;

	json_array_foreach (counts, i, n) {
		int64_t v = json_integer_value(n);

		least = v < least ? v : least;
		most = v > most ? v : most;
	}
	if (!json_array_size(counts))
		return xstrdup("-");
	if (least == most)
		return xasprintf("%" PRId64, most);
	return xasprintf("%" PRId64 "..%" PRId64, least, most);
}

char *compare_say_injection(const json_t *row)
{
	const char *device = json_get_str(row, "device", "");

	return xasprintf("%s%s%s", json_get_str(row, "fault", "?"), *device ? " on " : "", device);
}

/* ---- the toggle ---- */

static bool command_lines_differ(const json_t *comparison)
{
	const json_t *first = json_object_get(compare_say_side(comparison, 0), "append");
	json_t *side;
	size_t i;

	json_array_foreach (json_object_get(comparison, "sides"), i, side)
		if (!json_equal(json_object_get(side, "append"), first))
			return true;
	return false;
}

const char *compare_say_toggle(const json_t *comparison, enum tone *tone)
{
	static const struct {
		const char *real, *text, *of_many;
		enum tone tone;
	} words[] = {
		{ "yes", "real: the running kernels showed it",
		  "real: the running kernels showed it", TONE_GOOD },
		{ "code",
		  "real: the kernels' code differs, though no runtime fact tells them apart",
		  "real: the kernels' code differs, though no runtime fact tells them all apart",
		  TONE_GOOD },
		{ "config only", "no runtime fact tells the sides apart; only the .config differs",
		  "no runtime fact tells all sides apart; of some, only the .config differs",
		  TONE_WARN },
		{ "no", "NOT REAL: see above", "NOT REAL of some sides: see above", TONE_BAD },
		{ "nothing toggled", "none: the sides have one kernel",
		  "none: the sides have one kernel", TONE_DIM },
	};
	const char *real = json_get_str(comparison, "toggle_real", "no");
	bool many = json_array_size(json_object_get(comparison, "sides")) > 2;
	bool only_words = command_lines_differ(comparison) &&
			  !json_array_size(json_object_get(comparison, "config"));

	if (str_eq(real, "yes") && only_words) {
		*tone = TONE_GOOD;
		return "real: the running kernels took the words that differ";
	}
	if (str_eq(real, "config only") && only_words) {
		*tone = TONE_WARN;
		return "nobody knows whether the kernels know the words that differ";
	}
	if (str_eq(real, "config only") &&
	    !json_array_size(json_object_get(comparison, "config"))) {
		*tone = TONE_WARN;
		return "not of the .config: another compiler or other flags built the kernels";
	}
	*tone = TONE_PLAIN;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(real, words[i].real)) {
			*tone = words[i].tone;
			return many ? words[i].of_many : words[i].text;
		}
	return "";
}

/* "readable: 75000". */
char *compare_say_fact(const json_t *fact, enum tone *tone)
{
	const char *promise = json_get_str(fact, "fact", "");
	bool holds = json_get_bool(fact, "holds", false);
	const char *found = json_get_str(fact, "found", "");
	bool looked = json_is_object(fact) && !json_get_bool(fact, "unchecked", false);

	*tone = !looked ? TONE_DIM : holds ? TONE_STRONG : TONE_BAD;
	if (!looked)
		return xasprintf("nobody looked%s%s", json_is_object(fact) ? ": " : "", found);
	return xasprintf("%.*s%s%s%s", (int)strcspn(promise, " "), promise,
			 holds ? "" : " does not hold", found[0] ? ": " : "", found);
}

/* ---- traces ---- */

/* Traces are laid beside those of the first side: the other sides were not looked at. */
static char *say_alone(const json_t *comparison, const json_t *trace)
{
	const json_t *lacks = json_object_get(trace, "lacks");
	size_t count = json_array_size(json_object_get(comparison, "sides"));
	struct strbuf text = { 0 };
	json_t *index;
	size_t i;

	if (json_array_size(lacks) + 1 >= count)
		return xasprintf("only on %s", compare_say_name_of(comparison, trace, 0));
	strbuf_addf(&text, "on %s", compare_say_name_of(comparison, trace, 0));
	json_array_foreach (lacks, i, index)
		strbuf_addf(&text, "%s%s", i ? ", " : ", not on ",
			    compare_say_name(comparison, (size_t)json_integer_value(index)));
	return strbuf_take(&text);
}

static bool same_member(const json_t *a, const json_t *b, const char *key)
{
	const json_t *x = json_object_get(a, key), *y = json_object_get(b, key);

	return x == y || json_equal(x, y);
}

/*
 * Traces are laid beside each other two by two: where they are equal, all that
 * go the same way are one. How many sides from entry `at` on; 0: it was counted before.
 */
static size_t sides_alike(const json_t *traces, size_t at)
{
	const json_t *trace = json_array_get(traces, at);
	size_t i, sides = 1;
	json_t *other;

	json_array_foreach (traces, i, other) {
		if (!json_get_bool(other, "equal", false) || !same_member(other, trace, "title") ||
		    !same_member(other, trace, "titles") || !same_member(other, trace, "context") ||
		    !same_member(other, trace, "rows"))
			continue;
		if (i < at)
			return 0;
		sides++;
	}
	return sides;
}

char *compare_say_trace(const json_t *comparison, size_t at)
{
	const json_t *traces = json_object_get(comparison, "traces");
	const json_t *trace = json_array_get(traces, at);
	size_t count = json_array_size(json_object_get(trace, "rows"));
	size_t sides = json_array_size(json_object_get(comparison, "sides"));
	bool equal = json_get_bool(trace, "equal", false);
	size_t alike = equal ? sides_alike(traces, at) : 0;

	if (equal && !alike)
		return NULL;
	if (json_array_size(json_object_get(trace, "sides")) < 2)
		return say_alone(comparison, trace);
	if (!equal)
		return xasprintf("%" PRId64 " of %zu frames in common",
				 json_get_int(trace, "matched", 0), count);
	if (sides == 2)
		return xasprintf("same %zu frames", count);
	if (alike == sides)
		return xasprintf("same %zu frames on all %zu", count, alike);
	return xasprintf("same %zu frames on %zu of %zu", count, alike, sides);
}

char *compare_say_other_title(const json_t *comparison, const json_t *trace)
{
	const json_t *titles = json_object_get(trace, "titles");
	const char *other = json_string_value(json_array_get(titles, 1));

	if (!other)
		return NULL;
	return xasprintf("taken for one bug (similarity %.2f) with, on %s: %s",
			 json_get_num(trace, "similarity", 0),
			 compare_say_name_of(comparison, trace, 1), other);
}

/* Is the row, or one near it, on one side only? */
static bool near_difference(const json_t *rows, size_t at)
{
	size_t from = at > FOLD_CONTEXT ? at - FOLD_CONTEXT : 0;

	for (size_t i = from; i <= at + FOLD_CONTEXT && i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);

		if (!json_is_string(json_array_get(row, 0)) ||
		    !json_is_string(json_array_get(row, 1)))
			return true;
	}
	return false;
}

size_t compare_say_fold(const json_t *rows, size_t at)
{
	size_t n = 0;

	while (at + n < json_array_size(rows) && !near_difference(rows, at + n))
		n++;
	return n < FOLD_LEAST ? 0 : n;
}

/* ---- deterministic runs ---- */

static int64_t only(const json_t *part, size_t side)
{
	return json_integer_value(json_array_get(json_object_get(part, "only"), side));
}

/* "412 lines: the same to the byte", "... 3 only on a, 2 only on b; 40 differ in times alone". */
char *compare_say_exact(const json_t *comparison, const json_t *row, const char *what,
			enum tone *tone)
{
	const json_t *part = json_get_object(row, what);
	const json_t *first = json_object_get(json_get_object(part, "first"), "line");
	size_t side = (size_t)json_get_int(row, "side", 1);
	size_t base = (size_t)json_get_int(row, "against", 0);
	int64_t times = json_get_int(part, "times", 0);
	int64_t relinked = json_get_int(part, "relinked", 0), pids = json_get_int(part, "pids", 0);
	bool differs = only(part, 0) || only(part, 1), cut = json_get_bool(part, "cut", false);
	struct strbuf text = { 0 };

	*tone = differs ? TONE_BAD : !part || cut ? TONE_WARN : TONE_GOOD;
	if (!part)
		return xasprintf("%s: not compared, a side has none that can be read", what);
	strbuf_addf(&text, "%s, %" PRId64 " lines: ", what,
		    (int64_t)json_integer_value(json_array_get(json_object_get(part, "lines"), 0)));
	if (json_get_bool(part, "same", false))
		strbuf_adds(&text, str_eq(what, "console") ? "the same to the byte"
							   : "the same, durations too");
	else if (!differs)
		strbuf_adds(&text, "say the same");
	else if (json_get_bool(part, "coarse", false))
		strbuf_addf(&text, "too different to be counted from line %" PRId64 " on",
			    (int64_t)json_integer_value(json_array_get(first, 0)));
	else
		strbuf_addf(&text, "%" PRId64 " only on %s, %" PRId64 " only on %s", only(part, 0),
			    compare_say_name(comparison, base), only(part, 1),
			    compare_say_name(comparison, side));
	if (times)
		strbuf_addf(&text, "; %" PRId64 " differ in times alone", times);
	if (relinked)
		strbuf_addf(&text, "; %" PRId64 " as a relink makes them", relinked);
	if (pids)
		strbuf_addf(&text, "; %" PRId64 " in pids", pids);
	if (cut)
		strbuf_adds(&text, "; there is more, which was not compared");
	return strbuf_take(&text);
}
