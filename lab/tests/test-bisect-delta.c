// SPDX-License-Identifier: GPL-2.0-or-later
/* Delta debugging: planted sets are found, with what sets need and with sets that cannot tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "bisect/delta.h"

enum { MOST = 200, NOBODY = -1 };

/* A world with a planted set, and what is known of it. */
struct world {
	size_t count;
	bool planted[MOST]; /* the bug shows when all of these are in */
	int needs[MOST];    /* another one that it cannot be without; NOBODY */
	unsigned dark;	    /* one set of so many cannot tell; 0: all can */
	bool (*known)[MOST], grown[MOST];
	size_t known_count, known_room;
	const bool *last;
};

static uint64_t chance_state = 1;

static unsigned chance(unsigned below)
{
	chance_state ^= chance_state << 13;
	chance_state ^= chance_state >> 7;
	chance_state ^= chance_state << 17;
	return (unsigned)((chance_state >> 11) % below);
}

static void grow(const struct world *w, const bool *set, bool *grown)
{
	bool again = true;

	memcpy(grown, set, w->count);
	while (again) {
		again = false;
		for (size_t i = 0; i < w->count; i++)
			if (grown[i] && w->needs[i] != NOBODY && !grown[w->needs[i]])
				again = grown[w->needs[i]] = true;
	}
}

static bool shows(const struct world *w, const bool *grown)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->planted[i] && !grown[i])
			return false;
	return true;
}

/* Of a set, always the same. The whole can tell. */
static bool is_dark(const struct world *w, const bool *grown)
{
	uint64_t hash = 14695981039346656037u;

	for (size_t i = 0; i < w->count; i++)
		hash = (hash ^ grown[i]) * 1099511628211u;
	return w->dark && delta_size(grown, w->count) < w->count && (hash >> 20) % w->dark == 0;
}

static bool is_known(const struct world *w, const bool *set)
{
	for (size_t i = 0; i < w->known_count; i++)
		if (memcmp(w->known[i], set, w->count) == 0)
			return true;
	return false;
}

static enum delta_answer look(void *arg, const bool *set, const bool **grown)
{
	struct world *w = arg;

	if (!is_known(w, set))
		return DELTA_UNKNOWN;
	grow(w, set, w->grown);
	*grown = w->grown;
	if (is_dark(w, w->grown))
		return DELTA_CANNOT_TELL;
	return shows(w, w->grown) ? DELTA_SHOWN : DELTA_ABSENT;
}

static void make_world(struct world *w, size_t count, size_t planted, size_t needs, unsigned dark)
{
	*w = (struct world){ .count = count, .dark = dark };
	for (size_t i = 0; i < count; i++)
		w->needs[i] = NOBODY;
	/* Always of an earlier one: no circles. */
	for (size_t i = 0; i < needs; i++) {
		size_t who = 1 + chance((unsigned)count - 1);

		w->needs[who] = (int)chance((unsigned)who);
	}
	for (size_t i = 0; i < planted; i++)
		w->planted[chance((unsigned)count)] = true;
}

/* Asks until there is an answer; how many sets were tested. */
static size_t search(struct world *w, bool *answer)
{
	const struct delta_oracle oracle = { look, w };

	while (delta_next(&oracle, w->count, w->last, answer)) {
		bool(*set)[MOST];

		assert_false(is_known(w, answer));
		set = vec_push(&w->known, &w->known_count, &w->known_room);
		memcpy(*set, answer, w->count);
		w->last = w->known[w->known_count - 1];
		assert_true(w->known_count < w->count * w->count + 10);
	}
	return w->known_count;
}

static void assert_is_planted(const struct world *w, const bool *answer)
{
	bool expected[MOST] = { 0 };

	grow(w, w->planted, expected);
	assert_memory_equal(answer, expected, w->count);
}

static void test_one_of_many_takes_few_tests(void **state)
{
	for (size_t culprit = 0; culprit < MOST; culprit += 13) {
		struct world w;
		bool answer[MOST];

		make_world(&w, MOST, 0, 0, 0);
		w.planted[culprit] = true;
		/* None of them, and about two for each of the 8 halvings. */
		assert_in_range(search(&w, answer), 8, 17);
		assert_is_planted(&w, answer);
		free(w.known);
	}
}

static void test_planted_sets_with_what_they_need(void **state)
{
	for (unsigned round = 0; round < 60; round++) {
		size_t count = 2 + chance(80);
		struct world w;
		bool answer[MOST];

		make_world(&w, count, 1 + chance(5), chance((unsigned)count), 0);
		search(&w, answer);
		assert_is_planted(&w, answer);
		free(w.known);
	}
}

/* With sets that cannot tell, the answer shows the bug, and none that is smaller by one is known
 * to. */
static void test_sets_that_cannot_tell(void **state)
{
	size_t exact = 0;

	for (unsigned round = 0; round < 100; round++) {
		size_t count = 2 + chance(40);
		const bool *grown;
		struct world w;
		bool answer[MOST];

		make_world(&w, count, 1 + chance(3), chance((unsigned)count), 2 + chance(9));
		search(&w, answer);
		assert_true(shows(&w, answer));
		for (size_t i = 0; i < count; i++) {
			bool without[MOST];

			memcpy(without, answer, count);
			without[i] = false;
			if (!answer[i])
				continue;
			assert_true(is_known(&w, without));
			if (look(&w, without, &grown) == DELTA_SHOWN)
				assert_true(delta_size(grown, count) >= delta_size(answer, count));
		}
		grow(&w, w.planted, w.grown);
		exact += memcmp(answer, w.grown, count) == 0;
		free(w.known);
	}
	/* More would be luck, fewer a bug. */
	assert_in_range(exact, 60, 99);
}

static void test_no_change_at_all_shows_it(void **state)
{
	struct world w;
	bool answer[MOST];

	make_world(&w, 9, 0, 0, 0);
	assert_int_equal(search(&w, answer), 1);
	assert_int_equal(delta_size(answer, 9), 0);
	free(w.known);
}

static void test_one_option_alone(void **state)
{
	struct world w;
	bool answer[MOST];

	make_world(&w, 1, 1, 0, 0);
	assert_int_equal(search(&w, answer), 1);
	assert_is_planted(&w, answer);
	free(w.known);
}

static void test_all_are_needed(void **state)
{
	struct world w;
	bool answer[MOST];

	make_world(&w, 12, 0, 0, 0);
	memset(w.planted, true, 12);
	search(&w, answer);
	assert_is_planted(&w, answer);
	free(w.known);
}

static enum delta_answer know_nothing_but_none(void *arg, const bool *set, const bool **grown)
{
	return delta_size(set, 8) ? DELTA_UNKNOWN : DELTA_ABSENT;
}

/* Where any part may be next, it is the one that changes least. */
static void test_the_nearest_is_next(void **state)
{
	const struct delta_oracle oracle = { know_nothing_but_none, NULL };
	const bool last[8] = { [4] = true, [5] = true, [7] = true };
	const bool expected[8] = { [4] = true, [5] = true, [6] = true, [7] = true };
	bool set[8];

	assert_true(delta_next(&oracle, 8, last, set));
	assert_memory_equal(set, expected, sizeof(set));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_of_many_takes_few_tests),
		cmocka_unit_test(test_planted_sets_with_what_they_need),
		cmocka_unit_test(test_sets_that_cannot_tell),
		cmocka_unit_test(test_no_change_at_all_shows_it),
		cmocka_unit_test(test_one_option_alone),
		cmocka_unit_test(test_all_are_needed),
		cmocka_unit_test(test_the_nearest_is_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
