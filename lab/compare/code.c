// SPDX-License-Identifier: GPL-2.0-or-later
/* What the compiler made of a toggle: the functions in which two kernels differ. */
#include <inttypes.h>

#include "base/json.h"
#include "compare/compare-internal.h"

static const char *const status_names[] = {
	[KERNEL_DIFF_SAME] = "same",
	[KERNEL_DIFF_CHANGED] = "changed",
	[KERNEL_DIFF_ADDED] = "added",
	[KERNEL_DIFF_REMOVED] = "removed",
};

static const char *const when_names[] = {
	[COVERAGE_NEVER] = "never",
	[COVERAGE_BOOT] = "boot",
	[COVERAGE_CASE] = "case",
};

static json_t *make_row(size_t first, size_t second)
{
	json_t *row = json_object();

	json_object_set_new(row, "sides",
			    json_pack("[I,I]", (json_int_t)first, (json_int_t)second));
	return row;
}

static json_t *pair_of_sizes(const uint64_t bytes[2])
{
	return json_pack("[I,I]", (json_int_t)bytes[0], (json_int_t)bytes[1]);
}

/* When it ran on each side, null where it is not; the later one of the two counts. */
static enum coverage_when set_ran(json_t *entry, const struct kernel_diff_function *f,
				  const struct coverage *const ran[2])
{
	enum coverage_when latest = COVERAGE_NEVER;
	json_t *sides = json_array();

	for (int i = 0; i < 2; i++) {
		enum coverage_when when = COVERAGE_NEVER;

		if (f->size_bytes[i])
			when = coverage_find(ran[i], f->address[i], f->size_bytes[i]);
		json_array_append_new(sides, f->size_bytes[i] ? json_string(when_names[when])
							      : json_null());
		latest = when > latest ? when : latest;
	}
	json_object_set_new(entry, "ran", sides);
	return latest;
}

json_t *compare_code_row(size_t first, size_t second, const struct kernel_diff *d,
			 const struct coverage *const ran[2])
{
	json_t *row = make_row(first, second), *functions = json_array();
	size_t when[ARRAY_SIZE(when_names)] = { 0 };
	bool known = ran && ran[0] && ran[1];

	json_set_int(row, "added", (int64_t)d->added);
	json_set_int(row, "removed", (int64_t)d->removed);
	json_set_int(row, "changed", (int64_t)d->changed);
	json_set_int(row, "same", (int64_t)d->same);
	json_object_set_new(row, "code_bytes", pair_of_sizes(d->code_bytes));
	for (size_t i = 0; i < d->count; i++) {
		const struct kernel_diff_function *f = &d->functions[i];
		json_t *entry = json_object();

		json_set_str(entry, "name", f->name);
		json_set_str(entry, "status", status_names[f->status]);
		json_object_set_new(entry, "size_bytes", pair_of_sizes(f->size_bytes));
		if (known)
			when[set_ran(entry, f, ran)]++;
		json_array_append_new(functions, entry);
	}
	if (known) {
		json_t *sum = json_object();

		for (size_t i = 0; i < ARRAY_SIZE(when); i++)
			json_set_int(sum, when_names[i], (int64_t)when[i]);
		json_object_set_new(row, "ran", sum);
	}
	json_object_set_new(row, "functions", functions);
	json_object_set_new(row, "not_compared", json_strv(&d->not_compared));
	return row;
}

json_t *compare_code_unknown(size_t first, size_t second, const char *why)
{
	json_t *row = make_row(first, second);

	json_set_str(row, "unknown", why);
	return row;
}

/* ---- what follows ---- */

/* The functions in which a side's kernel differs from the first side's; NULL: nobody knows. */
static const json_t *functions_of(const struct compare_sides *c, size_t side)
{
	json_t *row;
	size_t i;

	json_array_foreach (c->code ? c->code->rows : NULL, i, row) {
		const json_t *second = json_array_get(json_object_get(row, "sides"), 1);

		if (json_integer_value(second) == (json_int_t)side)
			return json_object_get(row, "functions");
	}
	return NULL;
}

/* Names, kinds and sizes; not when the case ran them. */
static bool same_functions(const json_t *a, const json_t *b)
{
	static const char *const keys[] = { "name", "status", "size_bytes" };

	if (json_array_size(a) != json_array_size(b))
		return false;
	for (size_t i = 0; i < json_array_size(a); i++)
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
			if (!json_equal(json_object_get(json_array_get(a, i), keys[k]),
					json_object_get(json_array_get(b, i), keys[k])))
				return false;
	return true;
}

/* Two that do not differ from the first side in the same way differ from each other. */
bool compare_code_differs(const struct compare_sides *c, size_t a, size_t b)
{
	const json_t *x = functions_of(c, a), *y = functions_of(c, b);

	if (!a)
		return json_array_size(y) > 0;
	return x && y && !same_functions(x, y);
}

/* " of wbt-on and lab", where there is more than one pair. Yours. */
static char *pair_name(const json_t *comparison, const json_t *row)
{
	const json_t *sides = json_object_get(comparison, "sides");
	const char *names[2];

	if (json_array_size(sides) <= 2)
		return xstrdup("");
	for (size_t i = 0; i < 2; i++) {
		const json_t *index = json_array_get(json_object_get(row, "sides"), i);
		const json_t *side = json_array_get(sides, (size_t)json_integer_value(index));

		names[i] = json_get_str(side, "name", "?");
	}
	return xasprintf(" of %s and %s", names[0], names[1]);
}

/* ", in one run a side", ", in 3 runs of a and one of b": in those that say it. Yours. */
static char *in_runs(const json_t *comparison, const json_t *row)
{
	int64_t runs[2];

	for (size_t i = 0; i < 2; i++) {
		const json_t *index = json_array_get(json_object_get(row, "sides"), i);
		const json_t *side = json_array_get(json_object_get(comparison, "sides"),
						    (size_t)json_integer_value(index));

		runs[i] = compare_coverage_runs(side);
	}
	if (runs[0] == 1 && runs[1] == 1)
		return xstrdup(", in one run a side");
	if (runs[0] == runs[1])
		return xasprintf(", in %" PRId64 " runs a side", runs[0]);
	return xasprintf(", in %" PRId64 " and %" PRId64 " runs", runs[0], runs[1]);
}

int64_t compare_coverage_runs(const json_t *side)
{
	int64_t count = 0;
	json_t *run;
	size_t i;

	json_array_foreach (json_object_get(json_object_get(side, "coverage"), "runs"), i, run)
		count += json_get_bool(run, "says", false);
	return count;
}

/* What a row says of the toggle, NULL: nothing that is not told with the functions. Yours. */
static char *conclusion(const json_t *comparison, const json_t *row)
{
	const json_t *ran = json_object_get(row, "ran");
	size_t count = json_array_size(json_object_get(row, "functions"));
	bool differs = !json_get_bool(comparison, "outcomes_same", true) ||
		       str_eq(json_get_str(comparison, "verdict", ""), "different");
	_cleanup_free_ char *pair = pair_name(comparison, row), *runs = in_runs(comparison, row);
	int64_t in_case = json_get_int(ran, "case", 0), boot = json_get_int(ran, "boot", 0);
	const char *plural = count == 1 ? "" : "s";

	/* What was not compared may be all that the toggle changed. */
	if (json_object_get(row, "unknown") ||
	    (!count && json_array_size(json_object_get(row, "not_compared"))))
		return NULL;
	if (!count)
		return xasprintf(
			"the toggle changed no function: the kernels%s have the same code%s", pair,
			differs ? ", and yet the runs differ: data or chance" : "");
	if (!ran)
		return NULL;
	if (in_case)
		return xasprintf("the case ran %" PRId64
				 " of the %zu function%s in which the kernels%s "
				 "differ%s",
				 in_case, count, plural, pair, runs);
	return xasprintf(
		"the case ran none of the %zu function%s in which the kernels%s differ%s%s%s",
		count, plural, pair, runs, boot ? ", though the boot ran some" : "",
		differs ? "; and yet the runs differ: data, layout or chance" : "");
}

static const char *kernel_of(const json_t *comparison, const json_t *row, size_t at)
{
	const json_t *index = json_array_get(json_object_get(row, "sides"), at);

	return json_get_str(json_array_get(json_object_get(comparison, "sides"),
					   (size_t)json_integer_value(index)),
			    "kernel", "");
}

/* Is it of the kernels of an earlier row, of which the case ran as much? Crossed sides share them.
 */
static bool is_concluded(const json_t *comparison, const json_t *row)
{
	json_t *other;
	size_t i;

	json_array_foreach (json_object_get(comparison, "code"), i, other) {
		if (other == row)
			return false;
		if (*kernel_of(comparison, row, 1) &&
		    str_eq(kernel_of(comparison, other, 0), kernel_of(comparison, row, 0)) &&
		    str_eq(kernel_of(comparison, other, 1), kernel_of(comparison, row, 1)) &&
		    json_equal(json_object_get(other, "ran"), json_object_get(row, "ran")))
			return true;
	}
	return false;
}

/* What the rows add to the `reasons`; the word stays. */
static void add_conclusions(json_t *out)
{
	const char *word = json_get_str(out, "verdict", "");
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(out, "code"), i, row) {
		_cleanup_free_ char *what = conclusion(out, row);
		json_t *reason;

		if (!what || is_concluded(out, row))
			continue;
		reason = json_object();
		json_set_str(reason, "verdict", word);
		json_set_str(reason, "what", what);
		json_array_append_new(json_object_get(out, "reasons"), reason);
	}
}

void compare_code_conclude(const struct compare_sides *c, json_t *out)
{
	json_t *side;
	size_t i;

	if (!c->code)
		return;
	json_array_foreach (json_object_get(out, "sides"), i, side) {
		json_t *its = json_array_get(c->code->coverage, i);

		if (json_is_object(its))
			json_object_set(side, "coverage", its);
	}
	json_object_set(out, "code", c->code->rows);
	add_conclusions(out);
}
