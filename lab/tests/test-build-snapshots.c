// SPDX-License-Identifier: GPL-2.0-or-later
/* The snapshots of the cache: kept whole, found whole or not at all. */
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "build/snapshots.h"
#include "build/store.h"
#include "tests/scratch.h"

#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static int put(void **state, const char *content, struct err *err)
{
	_cleanup_close_ int use = -1;
	_cleanup_free_ char *dir = snapshots_begin(*state, KEY, &use, err);
	_cleanup_free_ char *state_path = path_join(dir, "state");
	_cleanup_free_ char *disks = path_join(dir, "disks");
	_cleanup_free_ char *disk = path_join(disks, "d.raw");
	_cleanup_json_ json_t *info = json_object();

	assert_non_null(dir);
	assert_int_equal(file_mkdir_p(disks, err), 0);
	assert_int_equal(file_write_atomic(state_path, content, strlen(content), err), 0);
	assert_int_equal(file_write_atomic(disk, "image", 5, err), 0);
	json_set_str(info, "nonce", "n");
	return snapshots_put(*state, KEY, dir, info, err);
}

static void test_snapshots_find_what_was_put(void **state)
{
	struct snapshot s = SNAPSHOT_INIT;
	_cleanup_free_ char *text = NULL;
	struct err err = ERR_INIT;

	assert_false(snapshots_find(*state, KEY, &s));
	assert_int_equal(put(state, "the state", &err), 0);
	assert_true(snapshots_find(*state, KEY, &s));
	assert_string_equal(json_get_str(s.info, "nonce", ""), "n");
	text = scratch_read(state, "snapshots/" KEY "/state");
	assert_string_equal(text, "the state");
	snapshot_clear(&s);
}

static void test_snapshots_the_first_stays(void **state)
{
	struct snapshot s = SNAPSHOT_INIT;
	_cleanup_free_ char *text = NULL;
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_free_ char *folder = scratch_path(state, "snapshots");
	struct err err = ERR_INIT;

	assert_int_equal(put(state, "first", &err), 0);
	assert_int_equal(put(state, "second", &err), 0);
	assert_true(snapshots_find(*state, KEY, &s));
	text = scratch_read(state, "snapshots/" KEY "/state");
	assert_string_equal(text, "first");
	assert_int_equal(file_list_dir(folder, &names, &err), 0);
	assert_int_equal(names.count, 1);
	snapshot_clear(&s);
}

static void assert_damage_is_noticed(void **state, const char *name, const char *content)
{
	_cleanup_free_ char *path =
		xasprintf("%s/snapshots/" KEY "/%s", (const char *)*state, name);
	struct snapshot s = SNAPSHOT_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(put(state, "the state", &err), 0);
	if (content)
		assert_int_equal(file_write_atomic(path, content, strlen(content), &err), 0);
	else
		assert_int_equal(unlink(path), 0);
	assert_false(snapshots_find(*state, KEY, &s));
	/* It is gone, and is made again. */
	assert_int_equal(put(state, "the state", &err), 0);
	assert_true(snapshots_find(*state, KEY, &s));
	snapshot_clear(&s);
	assert_int_equal(file_remove_tree(*state, &err), 0);
	assert_int_equal(file_mkdir_p(*state, &err), 0);
}

static void test_snapshots_damaged_are_none(void **state)
{
	assert_damage_is_noticed(state, "state", "the sta");
	assert_damage_is_noticed(state, "state", "the stat!");
	assert_damage_is_noticed(state, "state", NULL);
	assert_damage_is_noticed(state, "disks/d.raw", "imagE");
	assert_damage_is_noticed(state, "snapshot.json", "{}");
	assert_damage_is_noticed(state, "snapshot.json", "{");
}

static void test_snapshots_in_use_are_not_removed(void **state)
{
	const struct store_gc_options all = { .limit_bytes = 1 };
	_cleanup_free_ char *entry = scratch_path(state, "snapshots/" KEY);
	_cleanup_json_ json_t *kept = NULL, *removed = NULL;
	struct snapshot s = SNAPSHOT_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(put(state, "the state", &err), 0);
	assert_true(snapshots_find(*state, KEY, &s));
	kept = build_store_gc(*state, &all, &err);
	assert_true(path_exists(entry));
	snapshot_clear(&s);
	removed = build_store_gc(*state, &all, &err);
	assert_false(path_exists(entry));
	assert_string_equal(json_get_str(json_array_get(json_get_array(removed, "removed"), 0),
					 "kind", ""),
			    "snapshot");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_snapshots_find_what_was_put),
		scratch_test(test_snapshots_the_first_stays),
		scratch_test(test_snapshots_damaged_are_none),
		scratch_test(test_snapshots_in_use_are_not_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
