/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "build/store.h"
#include "tests/scratch.h"

#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define KEY_C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static int put(const char *cache, const char *key, const char *image, struct err *err)
{
	_cleanup_json_ json_t *manifest = json_object();
	_cleanup_free_ char *in = xasprintf("%s/in-%d", cache, (int)getpid());
	_cleanup_free_ char *dir = xasprintf("%s/store", cache);
	struct store_input input = {
		.image = in, .vmlinux = in, .config = in, .system_map = in, .log = in, .inputs = in
	};

	if (file_mkdir_p(dir, err) < 0 || file_write_atomic(in, image, strlen(image), err) < 0)
		return -1;
	json_set_str(manifest, "key", key);
	return store_put(cache, key, &input, manifest, err);
}

/* The entry's path or a file in it; yours. */
static char *entry(void **state, const char *key, const char *file)
{
	_cleanup_free_ char *name = xasprintf("store/%s/%s", key, file);

	return scratch_path(state, name);
}

static void test_store_take_gives_what_was_put(void **state)
{
	const char *cache = *state;
	_cleanup_free_ char *back = scratch_path(state, "vmlinux");
	_cleanup_free_ char *image = NULL;
	_cleanup_free_ char *vmlinux = NULL;
	struct err err = ERR_INIT;
	struct kernel *k;
	size_t length;

	assert_null(store_take(cache, KEY_A));
	assert_int_equal(put(cache, KEY_A, "kernel image", &err), 0);
	k = store_take(cache, KEY_A);
	assert_non_null(k);
	assert_string_equal(k->key, KEY_A);
	image = file_read(k->image, 100, &length, &err);
	assert_string_equal(image, "kernel image");
	assert_int_equal(build_store_vmlinux(k, back, &err), 0);
	vmlinux = file_read(back, 100, &length, &err);
	assert_string_equal(vmlinux, "kernel image");
	kernel_free(k);
	kernel_free(NULL);
}

static void assert_damage_is_noticed(void **state, const char *file, bool append)
{
	_cleanup_free_ char *path = entry(state, KEY_A, file);
	_cleanup_close_ int fd = -1;
	struct err err = ERR_INIT;
	struct kernel *k;

	assert_int_equal(put(*state, KEY_A, "kernel image", &err), 0);
	fd = open(path, O_WRONLY | (append ? O_APPEND : 0));
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "X", 1), 1);
	assert_null(store_take(*state, KEY_A));
	/* It is gone, so that it is built again. */
	assert_int_equal(put(*state, KEY_A, "kernel image", &err), 0);
	k = store_take(*state, KEY_A);
	assert_non_null(k);
	kernel_free(k);
}

static void test_store_take_refuses_damaged_entries(void **state)
{
	assert_damage_is_noticed(state, "bzImage", false);
	assert_damage_is_noticed(state, "config", false);
	assert_damage_is_noticed(state, "System.map", true);
	assert_damage_is_noticed(state, "vmlinux.zst", true);
	assert_damage_is_noticed(state, "kernel.json", false);
}

static void test_store_take_missing_file(void **state)
{
	_cleanup_free_ char *path = entry(state, KEY_A, "bzImage");
	struct err err = ERR_INIT;

	assert_int_equal(put(*state, KEY_A, "kernel image", &err), 0);
	assert_int_equal(unlink(path), 0);
	assert_null(store_take(*state, KEY_A));
}

static void test_store_put_second_writer_loses_quietly(void **state)
{
	_cleanup_free_ char *left = NULL;
	struct err err = ERR_INIT;
	struct kernel *k;

	assert_int_equal(put(*state, KEY_A, "first", &err), 0);
	assert_int_equal(put(*state, KEY_A, "second", &err), 0);
	k = store_take(*state, KEY_A);
	left = file_read(k->image, 100, &(size_t){ 0 }, &err);
	assert_string_equal(left, "first");
	kernel_free(k);
}

static void test_store_request_leads_to_a_key(void **state)
{
	_cleanup_free_ char *found = NULL;
	_cleanup_free_ char *config = NULL;
	_cleanup_strv_ struct strv left_out = { 0 }, recalled = { 0 };
	size_t length = 0;
	struct err err = ERR_INIT;

	strv_add(&left_out, "late:2: LATE=y: no such symbol");
	strv_add(&left_out, "late:3: LATER=y: no such symbol");
	assert_null(store_find_request(*state, "some"));
	store_find_left_out(*state, "some", &recalled);
	assert_int_equal(recalled.count, 0);
	assert_null(store_find_config(*state, "some", &length));
	assert_int_equal(
		store_note_request(*state, "some", KEY_B, "CONFIG_A=y\n", 11, &left_out, &err), 0);
	found = store_find_request(*state, "some");
	assert_string_equal(found, KEY_B);
	config = store_find_config(*state, "some", &length);
	assert_string_equal(config, "CONFIG_A=y\n");
	assert_int_equal(length, 11);
	store_find_left_out(*state, "some", &recalled);
	assert_int_equal(recalled.count, 2);
	assert_string_equal(recalled.items[1], left_out.items[1]);
	/* A torn or foreign file is no key. */
	scratch_write(state, "requests/torn", "../../etc/passwd");
	assert_null(store_find_request(*state, "torn"));
	scratch_write(state, "requests/short", "abc");
	assert_null(store_find_request(*state, "short"));
}

/* Many processes put, take and collect the same three keys: no one may ever see half an entry. */
static void test_store_many_processes(void **state)
{
	enum { PROCESSES = 6, ROUNDS = 40 };
	static const char *const keys[] = { KEY_A, KEY_B, KEY_C };
	pid_t pids[PROCESSES];

	for (int p = 0; p < PROCESSES; p++) {
		pids[p] = fork();
		assert_true(pids[p] >= 0);
		if (pids[p])
			continue;
		for (int round = 0; round < ROUNDS; round++) {
			const char *key = keys[(p + round) % 3];
			const struct store_gc_options all = { .limit_bytes = 1 };
			struct err err = ERR_INIT;
			struct kernel *k = store_take(*state, key);

			if (!k) {
				if (put(*state, key, key, &err) < 0)
					_exit(1);
			} else {
				_cleanup_free_ char *bytes =
					file_read(k->image, 100, &(size_t){ 0 }, &err);

				/* While it is ours, nobody can remove it. */
				if (!str_eq(bytes, key))
					_exit(2);
			}
			if (round % 5 == 0)
				json_decref(build_store_gc(*state, &all, &err));
			if (k && !path_exists(k->image))
				_exit(3);
			kernel_free(k);
		}
		_exit(0);
	}
	for (int p = 0; p < PROCESSES; p++) {
		int status;

		assert_int_equal(waitpid(pids[p], &status, 0), pids[p]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

/* ---- gc ---- */

static void set_age(void **state, const char *key, int age_s)
{
	_cleanup_free_ char *path = entry(state, key, "use");
	struct timespec times[2] = { { .tv_sec = clock_realtime_s() - age_s } };

	times[1] = times[0];
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static json_t *gc(void **state, uint64_t limit, bool dry_run)
{
	const struct store_gc_options opt = { .limit_bytes = limit, .dry_run = dry_run };
	struct err err = ERR_INIT;
	json_t *report = build_store_gc(*state, &opt, &err);

	assert_non_null(report);
	return report;
}

static void put_three(void **state)
{
	struct err err = ERR_INIT;

	assert_int_equal(put(*state, KEY_A, "a", &err), 0);
	assert_int_equal(put(*state, KEY_B, "b", &err), 0);
	assert_int_equal(put(*state, KEY_C, "c", &err), 0);
	set_age(state, KEY_A, 100);
	set_age(state, KEY_B, 300);
	set_age(state, KEY_C, 200);
}

static const char *removed_name(const json_t *report, size_t i)
{
	return json_get_str(json_array_get(json_get_array(report, "removed"), i), "name", "");
}

static void test_gc_takes_the_longest_unused_first(void **state)
{
	_cleanup_free_ char *a = entry(state, KEY_A, "");
	_cleanup_free_ char *b = entry(state, KEY_B, "");
	_cleanup_free_ char *c = entry(state, KEY_C, "");
	_cleanup_json_ json_t *dry = NULL;
	_cleanup_json_ json_t *report = NULL;
	uint64_t one;

	put_three(state);
	one = file_tree_size(a);
	dry = gc(state, 2 * one, true);
	assert_int_equal(json_array_size(json_get_array(dry, "removed")), 1);
	assert_string_equal(removed_name(dry, 0), KEY_B);
	assert_true(path_exists(b));
	report = gc(state, 2 * one, false);
	assert_string_equal(removed_name(report, 0), KEY_B);
	assert_false(path_exists(b));
	assert_true(path_exists(a));
	assert_true(path_exists(c));
	assert_int_equal(json_get_int(report, "bytes", -1), 2 * one);
}

static void damage(void **state, const char *key)
{
	_cleanup_free_ char *path = entry(state, key, "bzImage");

	assert_int_equal(truncate(path, 0), 0);
}

static void test_gc_leaves_pinned_and_used_ones(void **state)
{
	_cleanup_free_ char *run = scratch_path(state, "run");
	_cleanup_free_ char *b = entry(state, KEY_B, "");
	_cleanup_json_ json_t *first = NULL;
	_cleanup_json_ json_t *second = NULL;
	struct err err = ERR_INIT;
	struct kernel *used, *pinned;

	put_three(state);
	assert_int_equal(file_mkdir_p(run, &err), 0);
	pinned = store_take(*state, KEY_B);
	assert_int_equal(build_store_pin(pinned, run, &err), 0);
	kernel_free(pinned);
	/* Also when it was damaged and built again in between. */
	damage(state, KEY_B);
	assert_null(store_take(*state, KEY_B));
	assert_int_equal(put(*state, KEY_B, "b", &err), 0);
	set_age(state, KEY_B, 300);
	used = store_take(*state, KEY_C);
	first = gc(state, 1, false);
	assert_int_equal(json_array_size(json_get_array(first, "removed")), 1);
	assert_string_equal(removed_name(first, 0), KEY_A);
	kernel_free(used);
	/* The run is gone, so is the reason. */
	assert_int_equal(file_remove_tree(run, &err), 0);
	second = gc(state, 1, false);
	assert_int_equal(json_array_size(json_get_array(second, "removed")), 2);
	assert_false(path_exists(b));
}

static void test_gc_removes_what_killed_writers_left(void **state)
{
	_cleanup_free_ char *alive = scratch_path(state, "store/.new-2-x/use");
	_cleanup_free_ char *alive_dir = scratch_path(state, "store/.new-2-x");
	_cleanup_free_ char *dead_dir = scratch_path(state, "store/.new-1-x");
	_cleanup_json_ json_t *report = NULL;
	_cleanup_close_ int fd = -1;
	struct err err = ERR_INIT;

	put_three(state);
	assert_int_equal(file_mkdir_p(dead_dir, &err), 0);
	assert_int_equal(file_mkdir_p(alive_dir, &err), 0);
	scratch_write(state, "store/.new-1-x/use", "");
	scratch_write(state, "store/.new-2-x/use", "");
	scratch_write(state, "store/.new-1-x/bzImage", "half");
	set_age(state, ".new-1-x", 3600);
	set_age(state, ".new-2-x", 3600);
	fd = file_lock(alive, true, NULL, &err);
	assert_true(fd >= 0);
	report = gc(state, 1ull << 40, false);
	assert_int_equal(json_array_size(json_get_array(report, "removed")), 1);
	assert_false(path_exists(dead_dir));
	assert_true(path_exists(alive_dir));
}

static void test_gc_takes_object_trees_and_sources_too(void **state)
{
	_cleanup_free_ char *tree = scratch_path(state, "trees/0123/obj");
	_cleanup_free_ char *locked = scratch_path(state, "trees/4567.lock");
	_cleanup_free_ char *busy = scratch_path(state, "trees/4567/obj");
	_cleanup_json_ json_t *report = NULL;
	_cleanup_close_ int fd = -1;
	struct err err = ERR_INIT;

	assert_int_equal(file_mkdir_p(tree, &err), 0);
	assert_int_equal(file_mkdir_p(busy, &err), 0);
	scratch_write(state, "trees/0123/obj/vmlinux", "big");
	scratch_write(state, "trees/4567/obj/vmlinux", "big");
	fd = file_lock(locked, true, NULL, &err);
	report = gc(state, 1, false);
	assert_int_equal(json_array_size(json_get_array(report, "removed")), 1);
	assert_false(path_exists(tree));
	assert_true(path_exists(busy));
}

/*
 * Something stops it half-way (here: more folders below each other than it may
 * open): what is left is not found under its name, where it would say it is whole.
 */
static void test_gc_interrupted_leaves_no_half_source(void **state)
{
	_cleanup_free_ char *source = scratch_path(state, "sources/0123");
	_cleanup_free_ char *left = scratch_path(state, "sources");
	_cleanup_json_ json_t *report = NULL;
	_cleanup_strv_ struct strv names = { 0 };
	struct strbuf deep = { 0 };
	struct rlimit before, few;
	struct err err = ERR_INIT;

	strbuf_adds(&deep, source);
	for (int i = 0; i < 60; i++)
		strbuf_adds(&deep, "/d");
	assert_int_equal(file_mkdir_p(deep.data, &err), 0);
	strbuf_clear(&deep);
	scratch_write(state, "sources/0123/.klab-complete", "");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = (struct rlimit){ 40, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	report = gc(state, 1, false);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(file_list_dir(left, &names, &err), 0);
	assert_false(strv_has(&names, "0123"));
	assert_true(names.count >= 1);
}

static void test_gc_forgets_old_requests(void **state)
{
	_cleanup_free_ char *old = scratch_path(state, "requests/old");
	_cleanup_free_ char *left = NULL;
	_cleanup_json_ json_t *report = NULL;
	struct timespec long_ago[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
	const struct strv none = { 0 };
	struct err err = ERR_INIT;

	assert_int_equal(store_note_request(*state, "old", KEY_A, "x", 1, &none, &err), 0);
	assert_int_equal(store_note_request(*state, "new", KEY_A, "x", 1, &none, &err), 0);
	assert_int_equal(utimensat(AT_FDCWD, old, long_ago, 0), 0);
	report = gc(state, 1 << 20, false);
	assert_int_equal(json_get_int(report, "forgotten", -1), 1);
	assert_null(store_find_request(*state, "old"));
	left = store_find_request(*state, "new");
	assert_string_equal(left, KEY_A);
}

static void test_gc_limit_from_the_environment(void **state)
{
	const struct store_gc_options opt = { 0 };
	_cleanup_json_ json_t *report = NULL;
	struct err err = ERR_INIT;

	setenv("KLAB_STORE_LIMIT", "3M", 1);
	report = build_store_gc(*state, &opt, &err);
	assert_int_equal(json_get_int(report, "limit_bytes", 0), 3 << 20);
	setenv("KLAB_STORE_LIMIT", "much", 1);
	assert_null(build_store_gc(*state, &opt, &err));
	assert_int_equal(err.kind, ERR_INPUT);
	unsetenv("KLAB_STORE_LIMIT");
	json_decref(report);
	report = build_store_gc(*state, &opt, &err);
	assert_int_equal(json_get_int(report, "limit_bytes", 0), 20ll << 30);
}

static void test_store_list_newest_first(void **state)
{
	_cleanup_json_ json_t *list = NULL;
	struct err err = ERR_INIT;

	put_three(state);
	list = build_store_list(*state, &err);
	assert_int_equal(json_array_size(list), 3);
	assert_string_equal(json_get_str(json_array_get(list, 0), "key", ""), KEY_A);
	assert_string_equal(json_get_str(json_array_get(list, 2), "key", ""), KEY_B);
	assert_non_null(json_get_str(json_array_get(list, 0), "last_used", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_store_take_gives_what_was_put),
		scratch_test(test_store_take_refuses_damaged_entries),
		scratch_test(test_store_take_missing_file),
		scratch_test(test_store_put_second_writer_loses_quietly),
		scratch_test(test_store_request_leads_to_a_key),
		scratch_test(test_store_many_processes),
		scratch_test(test_gc_takes_the_longest_unused_first),
		scratch_test(test_gc_leaves_pinned_and_used_ones),
		scratch_test(test_gc_removes_what_killed_writers_left),
		scratch_test(test_gc_takes_object_trees_and_sources_too),
		scratch_test(test_gc_interrupted_leaves_no_half_source),
		scratch_test(test_gc_forgets_old_requests),
		scratch_test(test_gc_limit_from_the_environment),
		scratch_test(test_store_list_newest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
