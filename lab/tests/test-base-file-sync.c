/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is synced, and when. */
#include <sys/stat.h>

#include "base/file.h"
#include "tests/scratch.h"

/* Before libc's: what was synced, and what was in the scratch folder then. */
static struct {
	char *folder, *files, *folders; /* names when a file, and when a folder was synced */
} synced;

int fsync(int fd)
{
	_cleanup_strv_ struct strv names = { 0 };
	struct stat st;
	char **list;

	if (!synced.folder || fstat(fd, &st) < 0 || file_list_dir(synced.folder, &names, NULL) < 0)
		return 0;
	list = S_ISDIR(st.st_mode) ? &synced.folders : &synced.files;
	free(*list);
	*list = strv_join(&names, " ");
	return 0;
}

static void test_write_synced_is_on_the_disk_before_it_has_its_name(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "f"), *text = NULL;

	synced.folder = *state;
	assert_int_equal(file_write_synced(path, "new", 3, NULL), 0);
	synced.folder = NULL;
	text = scratch_read(state, "f");
	assert_string_equal(text, "new");
	assert_non_null(synced.files);
	assert_true(str_starts(synced.files, ".f.") && str_ends(synced.files, ".tmp"));
	assert_string_equal(synced.folders, "f");
	free(synced.files);
	free(synced.folders);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_write_synced_is_on_the_disk_before_it_has_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
