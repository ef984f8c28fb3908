// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/observations.h"

#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "compare/compare-internal.h"
#include "console/frames.h"
#include "verdict/expect.h"
#include "verdict/verdict.h"

/* What one run showed. */
struct observed {
	json_t *events;	 /* {name: true} */
	json_t *numbers; /* {name: number} */
	bool judged;
};

struct name_parts name_split(const char *name)
{
	struct name_parts p = { .first = name };

	p.first_length = strcspn(name, PART);
	p.second = name + p.first_length + (name[p.first_length] != '\0');
	p.second_length = strcspn(p.second, PART);
	p.third = p.second + p.second_length + (p.second[p.second_length] != '\0');
	return p;
}

static void add_event(struct observed *o, const char *kind, const char *task, const char *what)
{
	_cleanup_free_ char *name = xasprintf("%s" PART "%s" PART "%s", kind, task, what);

	json_object_set_new(o->events, name, json_true());
}

static void add_tasks(struct observed *o, const struct run_facts *run)
{
	struct frames frames = { .list = run->frames };
	json_t *frame;
	size_t i;

	json_array_foreach (run->frames, i, frame) {
		_cleanup_free_ char *end = NULL;

		if (!str_eq(json_get_str(frame, "k", ""), "task"))
			continue;
		end = compare_task_end(&frames, json_get_str(frame, "name", ""));
		add_event(o, "task", json_get_str(frame, "name", ""), end);
	}
}

static void observe(struct observed *o, const struct run_facts *run)
{
	enum verdict word = compare_run_word(run);
	json_t *report;
	size_t i;

	o->events = json_object();
	o->judged = !compare_is_unjudged(word);
	if (!o->judged) {
		add_event(o, "unjudged", "", "could not be judged");
		o->numbers = json_object();
		return;
	}
	add_event(o, "verdict", "", verdict_name(word));
	add_tasks(o, run);
	json_array_foreach (run->reports, i, report)
		if (!str_eq(json_get_str(report, "kind", ""), "fault-injection"))
			add_event(o, "report", "", json_get_str(report, "title", ""));
	o->numbers = compare_run_numbers(run);
}

/* ---- all runs of all sides -------------------------------------------------------- */

struct all {
	const struct compare_side *sides;
	size_t side_count;
	struct observed *runs; /* side by side */
	size_t run_count;
};

static void all_make(struct all *a)
{
	size_t next = 0;

	for (size_t s = 0; s < a->side_count; s++)
		a->run_count += a->sides[s].run_count;
	a->runs = xcalloc(a->run_count + 1, sizeof(*a->runs));
	for (size_t s = 0; s < a->side_count; s++)
		for (size_t r = 0; r < a->sides[s].run_count; r++)
			observe(&a->runs[next++], &a->sides[s].runs[r]);
}

static void all_clear(struct all *a)
{
	for (size_t i = 0; i < a->run_count; i++) {
		json_decref(a->runs[i].events);
		json_decref(a->runs[i].numbers);
	}
	free(a->runs);
}

/* The events of a kind that any run has: `pass` last, so that what went wrong gives its name to
 * what goes with it. */
static void list_events(const struct all *a, const char *kind, bool pass, json_t *names)
{
	_cleanup_free_ char *pass_name =
		xasprintf("verdict" PART PART "%s", verdict_name(VERDICT_PASS));
	const char *name;
	json_t *value;

	for (size_t i = 0; i < a->run_count; i++)
		json_object_foreach (a->runs[i].events, name, value)
			if (str_starts(name, kind) && str_eq(name, pass_name) == pass)
				json_object_set(names, name, value);
}

static void list_rates(const struct all *a, json_t *names)
{
	static const char *const kinds[] = { "verdict", "task", "report", "unjudged" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		list_events(a, kinds[i], false, names);
	list_events(a, "verdict", true, names);
}

/* Has it two values, among the runs that have it? */
static bool varies(const struct all *a, const char *name)
{
	const json_t *first = NULL;

	for (size_t i = 0; i < a->run_count; i++) {
		const json_t *value = json_object_get(a->runs[i].numbers, name);

		if (value && first && json_number_value(value) != json_number_value(first))
			return true;
		first = first ? first : value;
	}
	return false;
}

/* Has some run of each side it? What another case does not measure is no difference. */
static bool on_all_sides(const struct all *a, const char *name)
{
	size_t next = 0;

	for (size_t s = 0; s < a->side_count; s++) {
		bool has = false;

		for (size_t r = 0; r < a->sides[s].run_count; r++)
			has |= json_object_get(a->runs[next++].numbers, name) != NULL;
		if (!has)
			return false;
	}
	return true;
}

static size_t list_numbers(const struct all *a, json_t *names)
{
	bool cases = compare_cases_differ(a->sides, a->side_count);
	_cleanup_json_ json_t *known = json_object();
	const char *name;
	json_t *value;
	size_t same = 0;

	for (size_t i = 0; i < a->run_count; i++)
		json_object_update_missing(known, a->runs[i].numbers);
	json_object_foreach (known, name, value) {
		if (cases && !on_all_sides(a, name))
			continue;
		if (varies(a, name))
			json_object_set(names, name, value);
		else
			same++;
	}
	return same;
}

static double rate_value(const struct observed *run, const char *name)
{
	if (!run->judged && !str_starts(name, "unjudged"))
		return INFINITY;
	return json_object_get(run->events, name) ? 1 : 0;
}

static double number_value(const struct observed *run, const char *name)
{
	const json_t *value = json_object_get(run->numbers, name);

	return value ? json_number_value(value) : NAN;
}

static void add_facts(struct observations *o, const struct all *a, const json_t *names,
		      enum fact_kind kind)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)names, name, value) {
		double *values = o->values + o->count * a->run_count;
		struct sample *samples = o->samples + o->count * a->side_count;
		size_t next = 0;

		for (size_t i = 0; i < a->run_count; i++)
			values[i] = kind == FACT_RATE ? rate_value(&a->runs[i], name)
						      : number_value(&a->runs[i], name);
		for (size_t s = 0; s < a->side_count; s++) {
			samples[s] = (struct sample){ values + next, a->sides[s].run_count };
			next += a->sides[s].run_count;
		}
		o->facts[o->count] = (struct fact){ .kind = kind, .sides = samples };
		o->names[o->count++] = xstrdup(name);
	}
}

void observations_make(struct observations *o, const struct compare_side *sides, size_t side_count)
{
	_cleanup_(all_clear)
	struct all a = { .sides = sides, .side_count = side_count };
	_cleanup_json_ json_t *rates = json_object();
	_cleanup_json_ json_t *numbers = json_object();
	size_t count;

	all_make(&a);
	list_rates(&a, rates);
	*o = (struct observations){ .numbers_same = list_numbers(&a, numbers) };
	count = json_object_size(rates) + json_object_size(numbers) + 1;
	o->names = xcalloc(count, sizeof(char *));
	o->facts = xcalloc(count, sizeof(*o->facts));
	o->values = xcalloc(count * a.run_count, sizeof(*o->values));
	o->samples = xcalloc(count * side_count, sizeof(*o->samples));
	add_facts(o, &a, rates, FACT_RATE);
	add_facts(o, &a, numbers, FACT_NUMBER);
}

void observations_clear(struct observations *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->count; i++)
		free(o->names[i]);
	free(o->names);
	free(o->facts);
	free(o->values);
	free(o->samples);
	*o = (struct observations){ 0 };
}
