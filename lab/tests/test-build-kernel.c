/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build_kernel() from end to end, on the stand-in for a kernel tree in fixtures/build/. */
#include "base/file.h"
#include "base/json.h"
#include "tests/build-world.h"

static void test_build_then_from_the_store(void **state)
{
	struct kernel *first, *again;

	set_up(state);
	first = build(state, "base+wbt-on");
	assert_false(first->was_stored);
	assert_true(path_exists(first->image));
	assert_int_equal(first->facts.count, 1);
	assert_string_equal(first->facts.items[0], "readable /wbt");
	assert_string_equal(json_get_str(json_get_object(first->manifest, "source"), "release", ""),
			    "6.1.0-fake");
	again = build(state, "base+wbt-on");
	assert_true(again->was_stored);
	assert_string_equal(first->key, again->key);
	kernel_free(first);
	kernel_free(again);
}

static void test_build_other_fragments_same_config_is_the_same_kernel(void **state)
{
	struct kernel *one, *other;

	set_up(state);
	sh(state, "(echo '# fact: exists /same'; cat data/kconfigs/base.config) > "
		  "data/kconfigs/same.config");
	one = build(state, "base");
	other = build(state, "same");
	assert_true(other->was_stored);
	assert_string_equal(one->key, other->key);
	/* The manifest and the facts are those of this request. */
	assert_string_equal(other->facts.items[0], "exists /same");
	assert_string_equal(
		json_get_str(json_array_get(json_get_array(other->manifest, "fragments"), 0),
			     "name", ""),
		"same");
	kernel_free(one);
	kernel_free(other);
}

static void test_build_toggle_in_place_equals_a_clean_build(void **state)
{
	struct kernel *on, *off, *clean;
	struct err err = ERR_INIT;

	set_up(state);
	on = build(state, "base+wbt-on");
	off = build(state, "base+wbt-off");
	assert_string_not_equal(on->key, off->key);
	assert_string_not_equal(vmlinux_hash(on), vmlinux_hash(off));
	sh(state, "test $(ls -d cache/trees/*/obj | wc -l) = 1");
	/* Another source folder and another cache. */
	sh(state, "cp -r t elsewhere");
	clean = build_with(state, "cache2", "elsewhere", "base+wbt-off", NULL, &err);
	assert_non_null(clean);
	assert_string_equal(vmlinux_hash(clean), vmlinux_hash(off));
	assert_string_equal(clean->key, off->key);
	kernel_free(on);
	kernel_free(off);
	kernel_free(clean);
}

/* Without anybody calling gc. What was just built stays, however low the limit. */
static void test_build_keeps_the_cache_below_its_limit(void **state)
{
	struct heard h = { .progress = { .note = hear_note, .update = hear_update } };
	struct err err = ERR_INIT;
	struct kernel *k;

	set_up(state);
	kernel_free(build(state, "base+wbt-on"));
	setenv("KLAB_STORE_LIMIT", "1", 1);
	k = build_with(state, "cache", "t", "base+wbt-off", &h, &err);
	unsetenv("KLAB_STORE_LIMIT");
	assert_non_null(k);
	assert_true(path_exists(k->image));
	sh(state, "test $(ls -d cache/store/* | wc -l) = 1");
	assert_non_null(strstr(h.notes.data, "longest unused first"));
	kernel_free(k);
	strbuf_clear(&h.notes);
}

static void test_build_damaged_entry_is_built_again(void **state)
{
	struct kernel *first, *again;

	set_up(state);
	first = build(state, "base");
	kernel_free(first);
	sh(state, "for f in cache/store/*/bzImage; do echo damage >> $f; done");
	again = build(state, "base");
	assert_false(again->was_stored);
	kernel_free(again);
}

/* The kernel is gone, the resolved .config is remembered; a damaged memory is not believed. */
static void test_build_remembers_the_resolved_config(void **state)
{
	struct kernel *k;

	set_up(state);
	kernel_free(build(state, "base"));
	sh(state, "rm -r cache/store; for f in cache/kconfig/*/klab-log; do echo old > $f; done");
	k = build(state, "base");
	assert_false(k->was_stored);
	kernel_free(k);
	sh(state, "grep -q old cache/kconfig/*/klab-log; rm -r cache/store; "
		  "for f in cache/requests/*.config; do echo CONFIG_EVIL=y >> $f; done");
	k = build(state, "base");
	assert_false(k->was_stored);
	kernel_free(k);
	sh(state, "! grep -q old cache/kconfig/*/klab-log; ! grep -q EVIL cache/store/*/config");
}

/* A line for later versions: said to be left out of this one, and lost in those. */
static void test_build_lines_for_some_versions(void **state)
{
	struct heard h = { .progress = { .note = hear_note, .update = hear_update } };
	struct err err = ERR_INIT;
	struct kernel *k;

	set_up(state);
	scratch_write(state, "data/kconfigs/later.config",
		      "# since 6.4: CONFIG_NOWHERE=y\nCONFIG_BIO=y\n");
	k = build_with(state, "cache", "t", "base+later", &h, &err);
	assert_null(k);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, "has no VERSION"));
	sh(state, "printf 'VERSION = 6\\nPATCHLEVEL = 1\\n' >> t/Makefile");
	k = build_with(state, "cache", "t", "base+later", &h, &err);
	assert_non_null(k);
	assert_non_null(
		strstr(h.notes.data, "not asked for in Linux 6.1: later:1 NOWHERE=y (since 6.4)"));
	kernel_free(k);
	sh(state, "sed -i 's/^PATCHLEVEL.*/PATCHLEVEL = 12/' t/Makefile");
	k = build_with(state, "cache", "t", "base+later", &h, &err);
	assert_null(k);
	assert_non_null(strstr(err.msg, "later:1: NOWHERE=y does not hold"));
	strbuf_clear(&h.notes);
}

static void test_build_changed_source_is_another_kernel(void **state)
{
	struct kernel *first, *second;

	set_up(state);
	first = build(state, "base");
	sh(state, "echo 'int more;' >> t/block/bio.c");
	second = build(state, "base");
	assert_false(second->was_stored);
	assert_string_not_equal(vmlinux_hash(first), vmlinux_hash(second));
	kernel_free(first);
	kernel_free(second);
}

/* make would not see it: the file looks older than the object made from it. */
static void test_build_change_with_an_old_time_is_built(void **state)
{
	struct kernel *first, *second;

	set_up(state);
	first = build(state, "base");
	sh(state, "echo 'int more;' >> t/block/bio.c; touch -d '1 day ago' t/block/bio.c");
	second = build(state, "base");
	assert_string_not_equal(vmlinux_hash(first), vmlinux_hash(second));
	kernel_free(first);
	kernel_free(second);
}

static void test_build_progress_goes_towards_its_total(void **state)
{
	struct heard h = { .progress = { .note = hear_note, .update = hear_update } };
	struct err err = ERR_INIT;
	struct kernel *k;

	set_up(state);
	sh(state, "echo 0.2 > t/pause");
	k = build_with(state, "cache", "t", "base", &h, &err);
	assert_non_null(k);
	assert_true(h.last_done >= 1);
	assert_true(h.last_total > h.last_done);
	kernel_free(k);
	strbuf_clear(&h.notes);
}

/* More steps than were thought of: how many more nobody knows, and nobody says. */
static void test_build_progress_beyond_the_estimate_claims_nothing(void **state)
{
	struct heard h = { .progress = { .note = hear_note, .update = hear_update } };
	struct err err = ERR_INIT;
	struct kernel *k;

	set_up(state);
	scratch_write(state, "data/kconfigs/few.config", "CONFIG_BIO=y\n");
	sh(state, "for i in $(seq 60); do echo 'int i;' > t/mm/s$i.c; done; echo 0.03 > t/pause");
	k = build_with(state, "cache", "t", "few", &h, &err);
	assert_non_null(k);
	assert_true(h.last_done > 45);
	assert_int_equal(h.last_total, 0);
	assert_true(h.last_eta_s < 0);
	kernel_free(k);
	strbuf_clear(&h.notes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_build_then_from_the_store),
		scratch_test(test_build_other_fragments_same_config_is_the_same_kernel),
		scratch_test(test_build_toggle_in_place_equals_a_clean_build),
		scratch_test(test_build_keeps_the_cache_below_its_limit),
		scratch_test(test_build_damaged_entry_is_built_again),
		scratch_test(test_build_remembers_the_resolved_config),
		scratch_test(test_build_lines_for_some_versions),
		scratch_test(test_build_changed_source_is_another_kernel),
		scratch_test(test_build_change_with_an_old_time_is_built),
		scratch_test(test_build_progress_goes_towards_its_total),
		scratch_test(test_build_progress_beyond_the_estimate_claims_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
