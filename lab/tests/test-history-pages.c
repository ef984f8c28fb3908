/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What pages get of a history, which bugs are known, and which runs may go. */
#include "base/json.h"
#include "history-world.h"
#include "history/ingest.h"
#include "history/known.h"
#include "history/retention.h"
#include "page/page.h"

static void add(void **state, struct history *h, const char *id, const char *day,
		const char *config, const char *verdict, const char *title)
{
	_cleanup_free_ char *started = xasprintf("%sT01:00:00Z", day);

	world_ingest(state, h,
		     &(struct world_run){ .id = id,
					  .started = started,
					  .config = config,
					  .verdict = verdict,
					  .title = title,
					  .value = 5 });
}

static struct history *small_history(void **state)
{
	struct history *h = world_history(state);

	add(state, h, "a", "2025-11-01", "base", NULL, NULL);
	add(state, h, "b", "2025-11-02", "base", "fail", "WARNING in f");
	add(state, h, "c", "2025-11-02", "kasan", NULL, NULL);
	add(state, h, "d", "2025-11-03", "base", NULL, "BUG in g");
	return h;
}

static json_t *checked(json_t *value, const struct err *err)
{
	if (!value)
		fail_msg("%s", err->msg);
	return value;
}

static void test_pages_all_series(void **state)
{
	_cleanup_history_ struct history *h = small_history(state);
	struct err err = ERR_INIT;
	_cleanup_json_ json_t *all = checked(history_overview(h, 0, &err), &err);
	_cleanup_json_ json_t *late = NULL;
	int64_t night;

	assert_int_equal(json_array_size(json_get_array(all, "series")), 2);
	assert_int_equal(
		json_get_int(json_object_get(json_array_get(json_get_array(all, "series"), 0),
					     "verdicts"),
			     "pass", 0),
		2);
	assert_int_equal(history_night_parse("2025-11-03", &night, NULL), 0);
	late = checked(history_overview(h, night, &err), &err);
	assert_int_equal(json_array_size(json_get_array(late, "series")), 1);
}

static void test_pages_a_case_and_its_numbers(void **state)
{
	_cleanup_history_ struct history *h = small_history(state);
	struct err err = ERR_INIT;
	_cleanup_json_ json_t *one = checked(history_case(h, "swap", 0, &err), &err);
	_cleanup_json_ json_t *numbers =
		checked(history_numbers(h, "swap", "FREE swaps", 0, 10, &err), &err);
	_cleanup_json_ json_t *others =
		checked(history_numbers(h, "swap", "no", 0, 10, &err), &err);
	const json_t *series = json_array_get(json_get_array(one, "series"), 0);

	assert_int_equal(json_get_int(series, "runs", 0), 3);
	assert_int_equal(json_array_size(json_get_array(series, "nights")), 3);
	assert_int_equal(json_array_size(json_get_array(numbers, "numbers")), 2);
	assert_int_equal(json_array_size(json_get_array(others, "numbers")), 0);
	assert_null(history_case(h, "nothing", 0, &err));
	assert_int_equal(err.kind, ERR_INPUT);
}

static void test_pages_reports(void **state)
{
	_cleanup_history_ struct history *h = small_history(state);
	struct err err = ERR_INIT;
	int64_t last;
	_cleanup_json_ json_t *all = checked(history_reports(h, 0, false, 1, &err), &err);
	_cleanup_json_ json_t *fresh = NULL;
	_cleanup_json_ json_t *one = checked(history_report(h, "WARNING in f", &err), &err);

	assert_int_equal(json_array_size(json_get_array(all, "reports")), 1);
	assert_int_equal(json_get_int(all, "left_out", 0), 1);
	assert_int_equal(history_last_night(h, &last, NULL), 0);
	fresh = checked(history_reports(h, last, true, 10, &err), &err);
	assert_int_equal(json_array_size(json_get_array(fresh, "reports")), 1);
	assert_string_equal(json_get_str(one, "first_run", ""), "b");
	assert_int_equal(json_array_size(json_get_array(one, "nights")), 1);
	assert_int_equal(json_array_size(json_get_array(one, "other_titles")), 1);
	assert_null(history_report(h, "none", &err));
}

static void test_pages_a_run(void **state)
{
	_cleanup_history_ struct history *h = small_history(state);
	struct err err = ERR_INIT;
	_cleanup_json_ json_t *run = checked(history_run(h, "b", &err), &err);

	assert_string_equal(json_get_str(run, "verdict", ""), "fail");
	assert_int_equal(json_array_size(json_get_array(run, "reports")), 1);
	assert_int_equal(json_array_size(json_get_array(run, "numbers")), 1);
	assert_string_equal(json_get_str(json_object_get(run, "series"), "config", ""), "base");
	assert_null(history_run(h, "nothing", &err));
}

/* What a stranger's run brings is shown and does nothing. */
static void test_pages_are_harmless(void **state)
{
	_cleanup_history_ struct history *h = world_history(state);
	const struct page_style style = { .width = 80 };
	struct err err = ERR_INIT;
	_cleanup_json_ json_t *reports = NULL;
	_cleanup_json_ json_t *one = NULL;
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ char *other = NULL;

	add(state, h, "a", "2025-11-01", "\x1b[2Jbase", "fail", "\x1b]0;owned\x07 title");
	reports = checked(history_reports(h, 0, false, 10, &err), &err);
	one = checked(history_case(h, "swap", 0, &err), &err);
	text = page_reports_text(reports, &style);
	other = page_history_text(one, &style);
	assert_null(strchr(text, '\x1b'));
	assert_null(strchr(other, '\x1b'));
}

/* ---- known bugs -------------------------------------------------------------------------- */

static void test_known_bugs_are_found_by_pattern(void **state)
{
	_cleanup_known_bugs_ struct known_bugs known = { 0 };
	_cleanup_free_ char *path = scratch_path(state, "known.yaml");
	const struct known_bug *bug;
	struct err err = ERR_INIT;

	scratch_write(state, "known.yaml",
		      "- {title: 'WARNING in *', until: 2025-12-01, link: here}\n"
		      "- title: WARNING in f\n  until: 2027-01-01\n");
	if (known_bugs_read(&known, path, &err) < 0)
		fail_msg("%s", err.msg);
	bug = known_bugs_find(&known, "WARNING in g");
	assert_non_null(bug);
	assert_string_equal(bug->link, "here");
	assert_ptr_equal(known_bugs_find(&known, "WARNING in f"), &known.items[1]);
	assert_null(known_bugs_find(&known, "KASAN: WARNING in f"));
}

static void test_known_bugs_with_a_mistake_are_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "title: x\n", "1:1: a map; expected a list" },
		{ "- x\n", "expected a known bug" },
		{ "- {title: x}\n", "without `until`" },
		{ "- {title: x, until: soon}\n", "1:21: 'soon': expected a day" },
		{ "- {title: x, until: 2025-01-01, ling: y}\n", "did you mean `link`" },
		{ "- {title: [x], until: 2025-01-01}\n", "a list; expected a text" },
	};
	_cleanup_free_ char *path = scratch_path(state, "known.yaml");

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct known_bugs known = { 0 };
		struct err err = ERR_INIT;

		scratch_write(state, "known.yaml", rows[i].text);
		assert_int_equal(known_bugs_read(&known, path, &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
		if (!strstr(err.msg, rows[i].says) || !strstr(err.msg, "known.yaml:"))
			fail_msg("%zu: %s", i, err.msg);
		known_bugs_clear(&known);
	}
}

/* ---- what may go ---------------------------------------------------------------------------- */

static int add_fate(void *ctx, const struct retention_run *run)
{
	static const char *const fates[] = { "keep", "pack", "remove" };

	strbuf_addf(ctx, "%s:%s%s ", run->name, fates[run->fate], run->linked ? "(linked)" : "");
	return 0;
}

static char *fates(struct history *h, const struct retention *rule)
{
	struct strbuf out = { 0 };
	struct err err = ERR_INIT;

	if (history_retain(h, rule, add_fate, &out, &err) < 0)
		fail_msg("%s", err.msg);
	return strbuf_take(&out);
}

static void test_retention_keeps_what_is_new_failed_or_linked(void **state)
{
	struct retention rule = {
		.passed_nights = 10, .failed_nights = 20, .newest = 1, .pack_nights = 5
	};
	_cleanup_history_ struct history *h = world_history(state);
	_cleanup_free_ char *first = NULL;
	_cleanup_free_ char *later = NULL;

	add(state, h, "a", "2025-11-01", "base", NULL, NULL);
	add(state, h, "b", "2025-11-02", "base", "fail", NULL);
	add(state, h, "c", "2025-11-03", "base", "fail", NULL);
	add(state, h, "d", "2025-11-04", "base", NULL, "WARNING in f");
	add(state, h, "e", "2025-11-13", "base", NULL, NULL);
	add(state, h, "f", "2025-11-15", "base", NULL, NULL);
	first = fates(h, &rule);
	assert_string_equal(first, "a:remove b:pack c:pack d:pack(linked) e:keep f:keep ");
	add(state, h, "g", "2025-11-30", "base", NULL, NULL);
	assert_int_equal(
		history_forget_folder(h, world_ask(h, "SELECT id FROM run WHERE name = 'a'"), NULL),
		0);
	later = fates(h, &rule);
	/* The newest failure stays, however old. */
	assert_string_equal(later, "b:remove c:pack d:pack(linked) e:remove f:remove g:keep ");
}

/* A klab of before took in a run of 2099: nothing gets older by it. */
static void test_retention_is_not_moved_by_a_wrong_clock(void **state)
{
	struct retention rule = {
		.passed_nights = 10, .failed_nights = 20, .newest = 1, .pack_nights = 5
	};
	_cleanup_history_ struct history *h = world_history(state);
	_cleanup_free_ char *told = NULL;
	int64_t night;

	add(state, h, "a", "2025-11-01", "base", NULL, NULL);
	add(state, h, "b", "2025-11-02", "base", NULL, NULL);
	add(state, h, "c", "2025-11-03", "kasan", NULL, NULL);
	assert_int_equal(database_run(&h->db, "UPDATE run SET night = 47450 WHERE name = 'c'", NULL,
				      NULL),
			 0);
	assert_int_equal(database_run(&h->db,
				      "UPDATE series_night SET night = 47450 WHERE night = "
				      "(SELECT max(night) FROM series_night)",
				      NULL, NULL),
			 0);
	told = fates(h, &rule);
	assert_string_equal(told, "a:keep b:keep c:keep ");
	assert_int_equal(history_last_night(h, &night, NULL), 0);
	assert_int_equal(night, world_ask(h, "SELECT night FROM run WHERE name = 'b'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_pages_all_series),
		scratch_test(test_pages_a_case_and_its_numbers),
		scratch_test(test_pages_reports),
		scratch_test(test_pages_a_run),
		scratch_test(test_pages_are_harmless),
		scratch_test(test_known_bugs_are_found_by_pattern),
		scratch_test(test_known_bugs_with_a_mistake_are_refused),
		scratch_test(test_retention_keeps_what_is_new_failed_or_linked),
		scratch_test(test_retention_is_not_moved_by_a_wrong_clock),
	};

	return cmocka_run_group_tests_name("history-pages", tests, NULL, NULL);
}
