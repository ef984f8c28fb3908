// SPDX-License-Identifier: GPL-2.0-or-later
/* What was tried: the record of a bisect of configurations, and what it says of sets. */
#include <stdlib.h>

#include "base/json.h"
#include "bisect/config-bisect-internal.h"

enum {
	/* Runs in a row that told nothing, for each that told something and one, until one is
	 * given up: */
	SILENT_MAX = 3,
	PATIENT_MAX = 8, /* a side, and any when such runs were seen to come and go */
	RUNS_MAX = 1000, /* of one configuration */
};

/* ---- sets, and what is known of them ---- */

bool *config_copy_set(const struct config_bisect *b, const bool *set)
{
	bool *copy = xcalloc(b->options->count + 1, sizeof(*copy));

	memcpy(copy, set, b->options->count * sizeof(*copy));
	return copy;
}

static bool is_same_set(const struct config_bisect *b, const bool *x, const bool *y)
{
	return memcmp(x, y, b->options->count * sizeof(*x)) == 0;
}

const struct config_asked *config_find_asked(const struct config_bisect *b, const bool *set)
{
	for (size_t i = 0; i < b->asked_count; i++)
		if (is_same_set(b, b->asked[i].set, set))
			return &b->asked[i];
	return NULL;
}

size_t config_try_of(const struct config_bisect *b, const bool *set)
{
	const struct config_asked *asked = config_find_asked(b, set);

	if (asked)
		return asked->try;
	for (size_t i = 0; i < b->try_count; i++)
		if (is_same_set(b, b->tries[i].set, set))
			return i;
	return CONFIG_LOST;
}

const struct config_asked *config_end_asked(const struct config_bisect *b, bool bad)
{
	_cleanup_free_ bool *set = xcalloc(b->options->count + 1, sizeof(*set));

	memset(set, bad, b->options->count * sizeof(*set));
	return config_find_asked(b, set);
}

const struct config_try *config_bisect_end(const struct config_bisect *b, bool bad)
{
	const struct config_asked *asked = config_end_asked(b, bad);

	return asked && asked->try != CONFIG_LOST ? &b->tries[asked->try] : NULL;
}

const struct config_try *config_bisect_counts(const struct config_bisect *b,
					      const struct config_try *try)
{
	return &b->tries[try->same];
}

bool config_is_end(const struct config_bisect *b, const struct config_try *try, bool bad)
{
	const struct config_try *end = config_bisect_end(b, bad);

	return end && end->same == try->same;
}

/* ---- taking in what is recorded ---- */

static json_t *tests_of(const struct config_bisect *b)
{
	return json_get_array(b->record, "tests");
}

static json_t *set_json(const struct config_bisect *b, const bool *set)
{
	json_t *names = json_array();

	for (size_t i = 0; i < b->options->count; i++)
		if (set[i])
			json_array_append_new(names, json_string(b->options->items[i]));
	return names;
}

/* Where an option is, looked for from `from` on; as many as there are: nowhere. */
static size_t find_option(const struct config_bisect *b, const char *name, size_t from)
{
	size_t count = b->options->count;

	for (size_t i = 0; i < count; i++)
		if (str_eq(b->options->items[(from + i) % count], name))
			return (from + i) % count;
	return count;
}

/* False: an option that is none of these. */
static bool set_from_json(const struct config_bisect *b, const json_t *names, bool *set)
{
	const json_t *name;
	size_t i, at = 0;

	memset(set, 0, b->options->count * sizeof(*set));
	json_array_foreach (names, i, name) {
		/* They were written in order. */
		at = find_option(b, json_string_value(name), at);
		if (at == b->options->count)
			return false;
		set[at] = true;
	}
	return true;
}

static size_t find_config(const struct config_bisect *b, const char *config)
{
	for (size_t i = 0; i < b->try_count; i++)
		if (str_eq(b->tries[i].config, config))
			return i;
	return CONFIG_LOST;
}

static size_t add_config(struct config_bisect *b, const bool *got, const char *config)
{
	size_t index = find_config(b, config);
	struct config_try *try;

	if (index != CONFIG_LOST)
		return index;
	try = vec_push(&b->tries, &b->try_count, &b->try_room);
	try->config = xstrdup(config);
	try->set = config_copy_set(b, got);
	try->same = b->try_count - 1;
	try->even = 0.5;
	return try->same;
}

static bool take_set(struct config_bisect *b, const json_t *test, bool lost)
{
	_cleanup_free_ bool *set = xcalloc(b->options->count + 1, sizeof(*set));
	_cleanup_free_ bool *got = xcalloc(b->options->count + 1, sizeof(*got));
	struct config_asked *asked;

	if (!set_from_json(b, json_get_array(test, "options"), set) ||
	    !set_from_json(b, json_get_array(test, "got"), got))
		return false;
	asked = vec_push(&b->asked, &b->asked_count, &b->asked_room);
	asked->set = config_copy_set(b, set);
	asked->try = lost ? CONFIG_LOST : add_config(b, got, json_get_str(test, "config", ""));
	asked->why = xstrdup(json_get_str(test, "why", NULL));
	return true;
}

static void bar(struct config_try *try, const char *why)
{
	try->barred = true;
	if (!try->why)
		try->why = xstrdup(why);
}

/* An earlier configuration whose kernel is the same is the same test. */
static void take_kernel(struct config_bisect *b, size_t index, const json_t *test)
{
	const char *image = json_get_str(test, "image", "");
	const json_t *other;
	size_t i;

	b->tries[index].built = true;
	b->builds++;
	memcpy(b->last, b->tries[index].set, b->options->count * sizeof(*b->last));
	b->has_last = true;
	json_array_foreach (tests_of(b), i, other) {
		size_t same = find_config(b, json_get_str(other, "config", ""));

		if (other == test)
			break;
		if (same == CONFIG_LOST || !*image ||
		    !str_eq(json_get_str(other, "image", NULL), image))
			continue;
		b->tries[index].same = b->tries[same].same;
		return;
	}
}

static bool is_given_up(const struct config_bisect *b, const struct config_try *counts)
{
	bool patient = b->comes_and_goes || config_is_end(b, counts, true) ||
		       config_is_end(b, counts, false);

	return counts->silent >= (patient ? PATIENT_MAX : SILENT_MAX) * (counts->runs + 1);
}

static void take_run(struct config_bisect *b, size_t index, const json_t *test)
{
	struct config_try *counts = &b->tries[b->tries[index].same];
	const char *answer = json_get_str(test, "answer", "");

	b->runs++;
	counts->boots++;
	if (str_eq(answer, target_answer_names[TARGET_CANNOT_TELL])) {
		counts->silent++;
		b->comes_and_goes |= counts->runs > 0;
		if (is_given_up(b, counts))
			bar(counts, json_get_str(test, "why", "it cannot tell"));
		return;
	}
	b->comes_and_goes |= counts->silent > 0;
	counts->silent = 0;
	counts->runs++;
	counts->hits += str_eq(answer, target_answer_names[TARGET_SHOWN]);
	if (counts->runs >= RUNS_MAX)
		bar(counts, "its runs do not tell whether it shows the bug");
}

/* False: what it is about is not known here. */
static bool take(struct config_bisect *b, const json_t *test)
{
	const char *answer = json_get_str(test, "answer", "");
	size_t index;

	if (str_eq(answer, "lost") || str_eq(answer, "resolved"))
		return take_set(b, test, str_eq(answer, "lost"));
	index = find_config(b, json_get_str(test, "config", ""));
	if (index == CONFIG_LOST)
		return false;
	if (str_eq(answer, "built")) {
		take_kernel(b, index, test);
	} else if (str_eq(answer, "unbuildable")) {
		b->builds++;
		bar(&b->tries[index], json_get_str(test, "why", "it does not build"));
	} else {
		take_run(b, index, test);
	}
	return true;
}

static int take_record(struct config_bisect *b, const json_t *record, struct err *err)
{
	const json_t *test;
	size_t i;

	json_array_foreach (json_get_array(record, "tests"), i, test) {
		json_array_append(tests_of(b), (json_t *)test);
		if (!take(b, test))
			return err_set(err, ERR_INPUT,
				       "test %zu of its record is not of these configurations",
				       i + 1);
	}
	return 0;
}

int config_bisect_init(struct config_bisect *b, const struct strv *options, bool minimize,
		       double confidence, const struct target *target, const json_t *record,
		       struct err *err)
{
	*b = (struct config_bisect){ .options = options,
				     .minimize = minimize,
				     .confidence = confidence,
				     .first_runs = 30,
				     .record = json_object() };
	json_object_set_new(b->record, "tests", json_array());
	b->last = xcalloc(options->count + 1, sizeof(*b->last));
	b->answer = xcalloc(options->count + 1, sizeof(*b->answer));
	target_begin(&b->target, target, record, b->record);
	return record ? take_record(b, record, err) : 0;
}

void config_bisect_clear(struct config_bisect *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->asked_count; i++) {
		free(b->asked[i].set);
		free(b->asked[i].why);
	}
	for (size_t i = 0; i < b->try_count; i++) {
		free(b->tries[i].config);
		free(b->tries[i].set);
		free(b->tries[i].why);
	}
	free(b->asked);
	free(b->tries);
	free(b->last);
	free(b->answer);
	target_clear(&b->target);
	json_decref(b->record);
	*b = (struct config_bisect){ 0 };
}

/* ---- what came of it ---- */

static void add_test(struct config_bisect *b, json_t *test, const char *answer, const char *why,
		     double seconds)
{
	json_set_str(test, "answer", answer);
	json_set_str(test, "why", why);
	if (seconds >= 0)
		json_object_set_new(test, "seconds", json_real(seconds));
	json_array_append_new(tests_of(b), test);
	if (!take(b, test))
		err_bug("a test of no configuration");
}

static json_t *about_set(const struct config_bisect *b, const bool *set)
{
	json_t *test = json_object();

	json_object_set_new(test, "options", set_json(b, set));
	return test;
}

static json_t *about_try(const struct config_bisect *b, size_t try)
{
	json_t *test = json_object();

	json_set_str(test, "config", b->tries[try].config);
	return test;
}

void config_bisect_add_lost(struct config_bisect *b, const bool *set, const char *why)
{
	add_test(b, about_set(b, set), "lost", why, -1);
}

void config_bisect_add_config(struct config_bisect *b, const bool *set, const bool *got,
			      const char *config)
{
	json_t *test = about_set(b, set);

	json_object_set_new(test, "got", set_json(b, got));
	json_set_str(test, "config", config);
	add_test(b, test, "resolved", NULL, -1);
}

void config_bisect_add_kernel(struct config_bisect *b, size_t try, const char *image,
			      double build_s)
{
	json_t *test = about_try(b, try);

	json_set_str(test, "image", image);
	add_test(b, test, "built", NULL, build_s);
}

void config_bisect_add_unbuildable(struct config_bisect *b, size_t try, const char *why,
				   double build_s)
{
	add_test(b, about_try(b, try), "unbuildable", why, build_s);
}

void config_bisect_add_run(struct config_bisect *b, size_t try, const char *run,
			   const json_t *verdict, const json_t *reports, double run_s)
{
	bool is_bad_side = config_is_end(b, &b->tries[try], true);
	_cleanup_free_ char *why = NULL;
	enum target_answer answer =
		target_judge(&b->target, is_bad_side, verdict, reports, b->record, &why);
	json_t *test = about_try(b, try);

	json_set_str(test, "run", run);
	json_set_str(test, "verdict", json_get_str(verdict, "verdict", "incomplete"));
	add_test(b, test, target_answer_names[answer], why, run_s);
}

const char *config_bisect_run_of(const struct config_bisect *b, const struct config_try *try,
				 enum target_answer answer)
{
	const json_t *tests = tests_of(b);

	for (size_t i = json_array_size(tests); i-- > 0;) {
		const json_t *test = json_array_get(tests, i);
		const char *run = json_get_str(test, "run", NULL);
		size_t index = find_config(b, json_get_str(test, "config", ""));

		if (run && index != CONFIG_LOST && b->tries[index].same == try->same &&
		    str_eq(json_get_str(test, "answer", ""), target_answer_names[answer]))
			return run;
	}
	return NULL;
}
