/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files into a tarball and out again, and tarballs that mean harm. */
#include "tests/scratch.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/tarball.h"

static const struct tarball_limits plenty = { .files = 100, .bytes = 1 << 20 };

/* One entry of a hostile tarball; `link`: where a link leads. */
struct entry {
	const char *name, *link, *bytes;
	unsigned int type; /* AE_IF*; 0: a hard link */
};

static void write_entry(struct archive *archive, const struct entry *e)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, e->name);
	archive_entry_set_mode(entry, (e->type ? e->type : AE_IFREG) | 0644);
	if (e->type == AE_IFLNK)
		archive_entry_set_symlink(entry, e->link);
	else if (e->link)
		archive_entry_set_hardlink(entry, e->link);
	archive_entry_set_size(entry, e->bytes ? (la_int64_t)strlen(e->bytes) : 0);
	assert_true(archive_write_header(archive, entry) >= ARCHIVE_WARN);
	if (e->bytes)
		assert_true(archive_write_data(archive, e->bytes, strlen(e->bytes)) >= 0);
	archive_entry_free(entry);
}

static void make_hostile(const char *path, const struct entry *entries, size_t count)
{
	struct archive *archive = archive_write_new();

	archive_write_set_format_pax_restricted(archive);
	archive_write_add_filter_zstd(archive);
	assert_int_equal(archive_write_open_filename(archive, path), ARCHIVE_OK);
	for (size_t i = 0; i < count; i++)
		write_entry(archive, &entries[i]);
	assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
	archive_write_free(archive);
}

static int unpack(void **state, const char *from, const struct tarball_limits *limits,
		  struct err *err)
{
	_cleanup_free_ char *into = scratch_path(state, "deep/into");

	assert_int_equal(file_remove_tree(into, NULL), 0);
	assert_int_equal(file_mkdir_p(into, NULL), 0);
	return tarball_read(from, into, limits, err);
}

static void assert_refused(void **state, const struct entry *entries, size_t count,
			   const struct tarball_limits *limits, const char *says)
{
	_cleanup_free_ char *from = scratch_path(state, "hostile.tar.zst");
	struct err err = ERR_INIT;

	make_hostile(from, entries, count);
	assert_int_equal(unpack(state, from, limits, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	if (!strstr(err.msg, says))
		fail_msg("%s: '%s', not '%s'", entries[0].name, err.msg, says);
}

static void pack_two(void **state, const char *to)
{
	_cleanup_free_ char *one = scratch_path(state, "one");
	_cleanup_free_ char *two = scratch_path(state, "two");
	const struct tarball_member members[] = {
		{ (char *)"run/a/one", one },
		{ (char *)"run/two", two },
	};
	struct err err = ERR_INIT;

	scratch_write(state, "one", "first\n");
	scratch_write(state, "two", "");
	chmod(two, 0700);
	if (tarball_write(to, members, 2, &err) < 0)
		fail_msg("%s", err.msg);
}

static void test_tarball_gives_back_what_it_took(void **state)
{
	_cleanup_free_ char *to = scratch_path(state, "t.tar.zst");
	_cleanup_free_ char *one = scratch_path(state, "deep/into/run/a/one");
	_cleanup_free_ char *two = scratch_path(state, "deep/into/run/two");
	_cleanup_free_ char *text = NULL;
	struct err err = ERR_INIT;
	struct stat st;

	pack_two(state, to);
	if (unpack(state, to, &plenty, &err) < 0)
		fail_msg("%s", err.msg);
	text = file_read(one, 100, NULL, NULL);
	assert_string_equal(text, "first\n");
	assert_int_equal(stat(two, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_true(st.st_mode & 0100);
}

static void test_tarball_repeats_to_the_byte(void **state)
{
	_cleanup_free_ char *first = scratch_path(state, "1.tar.zst");
	_cleanup_free_ char *second = scratch_path(state, "2.tar.zst");
	char hex[2][HASH_HEX_SIZE];

	pack_two(state, first);
	/* Other times: the file is written anew. */
	pack_two(state, second);
	assert_int_equal(hash_file(first, hex[0], NULL), 0);
	assert_int_equal(hash_file(second, hex[1], NULL), 0);
	assert_string_equal(hex[0], hex[1]);
}

static void test_tarball_write_wants_plain_files(void **state)
{
	_cleanup_free_ char *to = scratch_path(state, "t.tar.zst");
	_cleanup_free_ char *none = scratch_path(state, "none");
	const struct tarball_member missing = { (char *)"a", none };
	const struct tarball_member folder = { (char *)"a", *state };
	struct err err = ERR_INIT;

	assert_int_equal(tarball_write(to, &missing, 1, &err), -1);
	assert_non_null(strstr(err.msg, none));
	assert_int_equal(tarball_write(to, &folder, 1, &err), -1);
	assert_non_null(strstr(err.msg, "no plain file"));
	assert_false(path_exists(to));
}

static void test_tarball_read_refuses_names_that_lead_out(void **state)
{
	static const char *const names[] = {
		"/etc/x", "../x", "a/../../x",
		"a//x",	  "./x",  "a/./x",
		"..",	  "a\nb", "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17",
	};
	_cleanup_free_ char *above = scratch_path(state, "deep/x");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct entry file = { names[i], NULL, "text", AE_IFREG };
		const struct entry folder = { names[i], NULL, NULL, AE_IFDIR };

		assert_refused(state, &file, 1, &plenty, "leads out");
		assert_refused(state, &folder, 1, &plenty, "leads out");
	}
	assert_false(path_exists(above));
}

static void test_tarball_read_refuses_links_and_devices(void **state)
{
	static const struct entry through[] = {
		{ "run", "../..", NULL, AE_IFLNK },
		{ "run/x", NULL, "text", AE_IFREG },
	};
	static const struct entry hard[] = {
		{ "run/a", NULL, "text", AE_IFREG },
		{ "run/b", "run/a", NULL, 0 },
	};
	static const struct entry fifo = { "run/fifo", NULL, NULL, AE_IFIFO };
	static const struct entry device = { "run/device", NULL, NULL, AE_IFCHR };

	assert_refused(state, through, 2, &plenty, "a link");
	assert_refused(state, hard, 2, &plenty, "a link");
	assert_refused(state, &fifo, 1, &plenty, "neither file nor folder");
	assert_refused(state, &device, 1, &plenty, "neither file nor folder");
}

static void test_tarball_read_refuses_a_name_twice(void **state)
{
	static const struct entry same[] = {
		{ "run/a", NULL, "one", AE_IFREG },
		{ "run/a", NULL, "two", AE_IFREG },
	};
	static const struct entry below[] = {
		{ "run/a", NULL, "one", AE_IFREG },
		{ "run/a/b", NULL, "two", AE_IFREG },
		{ "run/a/b/c", NULL, "two", AE_IFREG },
	};

	assert_refused(state, same, 2, &plenty, "twice");
	assert_refused(state, below, 2, &plenty, "twice");
	assert_refused(state, (const struct entry[]){ below[0], below[2] }, 2, &plenty,
		       "a file and a folder");
}

/* Zeroes shrink to nothing, so the size of the tarball says nothing. */
static void test_tarball_read_is_bounded(void **state)
{
	static const struct tarball_limits few = { .files = 2, .bytes = 1 << 20 };
	static const struct tarball_limits small = { .files = 100, .bytes = 7 };
	static const struct entry three[] = {
		{ "a", NULL, "1234", AE_IFREG },
		{ "b", NULL, "1234", AE_IFREG },
		{ "c", NULL, "", AE_IFREG },
	};

	assert_refused(state, three, 3, &few, "more files");
	assert_refused(state, three, 3, &small, "more in it");
}

/* Cut anywhere, it is an error or, behind its last file, all that was in it. */
static void test_tarball_read_of_a_damaged_one(void **state)
{
	_cleanup_free_ char *whole = scratch_path(state, "whole.tar.zst");
	_cleanup_free_ char *cut = scratch_path(state, "cut.tar.zst");
	_cleanup_free_ char *bytes = NULL;
	size_t length = 0;

	pack_two(state, whole);
	bytes = file_read(whole, 1 << 20, &length, NULL);
	for (size_t n = 1; n < length; n++) {
		struct err err = ERR_INIT;

		assert_int_equal(file_write_atomic(cut, bytes, n, NULL), 0);
		if (unpack(state, cut, &plenty, &err) == 0)
			fail_msg("cut after %zu of %zu bytes", n, length);
		assert_int_equal(err.kind, ERR_INPUT);
	}
	for (size_t n = 0; n < length; n++) {
		struct err err = ERR_INIT;

		bytes[n] ^= 0x20;
		assert_int_equal(file_write_atomic(cut, bytes, length, NULL), 0);
		if (unpack(state, cut, &plenty, &err) < 0)
			assert_int_equal(err.kind, ERR_INPUT);
		bytes[n] ^= 0x20;
	}
}

static void test_tarball_read_of_other_files(void **state)
{
	_cleanup_free_ char *text = scratch_path(state, "text");
	_cleanup_free_ char *none = scratch_path(state, "none");
	struct err err = ERR_INIT;

	scratch_write(state, "text", "this is no tarball at all\n");
	assert_int_equal(unpack(state, text, &plenty, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(unpack(state, none, &plenty, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_tarball_gives_back_what_it_took),
		scratch_test(test_tarball_repeats_to_the_byte),
		scratch_test(test_tarball_write_wants_plain_files),
		scratch_test(test_tarball_read_refuses_names_that_lead_out),
		scratch_test(test_tarball_read_refuses_links_and_devices),
		scratch_test(test_tarball_read_refuses_a_name_twice),
		scratch_test(test_tarball_read_is_bounded),
		scratch_test(test_tarball_read_of_a_damaged_one),
		scratch_test(test_tarball_read_of_other_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
