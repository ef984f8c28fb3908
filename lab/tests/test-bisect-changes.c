// SPDX-License-Identifier: GPL-2.0-or-later
/* Which commits of a real repository change what a kernel is built of. */
#include "base/file.h"
#include "base/child.h"
#include "bisect/changes.h"
#include "build/build-inputs.h"
#include "tests/scratch.h"

static void write_file(const char *dir, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(dir, name);
	_cleanup_free_ char *folder = xstrndup(path, (size_t)(path_base(path) - path));
	struct err err = ERR_INIT;

	assert_int_equal(file_mkdir_p(folder, &err), 0);
	assert_int_equal(file_write_atomic(path, text, strlen(text), &err), 0);
}

static void git(const char *repo, const char *line)
{
	_cleanup_free_ char *command = xasprintf(
		"cd '%s' && git -c user.name=t -c user.email=t@t -c commit.gpgsign=false %s", repo,
		line);
	const char *argv[] = { "sh", "-c", command, NULL };
	struct child_spec spec = { .argv = argv };
	struct err err = ERR_INIT;

	if (child_run_ok(&spec, 60000, 1 << 20, NULL, &err) < 0)
		fail_msg("%s: %s", line, err.msg);
}

static void commit(const char *repo, const char *file, const char *text)
{
	write_file(repo, file, text);
	git(repo, "add -A");
	git(repo, "commit -qm change");
}

static void test_build_inputs_from_notes(void **state)
{
	const char *dir = *state;
	_cleanup_free_ char *to = scratch_path(state, "inputs");
	_cleanup_free_ char *object_dir = scratch_path(state, "obj");
	_cleanup_strv_ struct strv paths = { 0 };
	const struct kernel kernel = { .dir = (char *)(uintptr_t)dir };
	struct err err = ERR_INIT;

	write_file(dir, "obj/fs/.a.o.cmd",
		   "cmd_fs/a.o := gcc -I/src/include -include /src/include/linux/kconfig.h -c "
		   "/src/fs/a.c ; x\n\ndeps_fs/a.o := \\\n  /src/include/linux/b.h \\\n    "
		   "$(wildcard include/config/X) \\\n  ../include/c.h\n");
	write_file(dir, "obj/.caps.c.cmd",
		   "cmd_caps := sh /src/arch/mk.sh /src/arch/cpu/../../asm/f.h /src/fs/a.c\n");
	write_file(dir, "obj/fs/a.cmd", "/src/not-kbuild.c\n");
	assert_false(build_inputs_read(&kernel, &paths));
	assert_int_equal(build_inputs_write(object_dir, "/src", to, &err), 0);
	assert_true(build_inputs_read(&kernel, &paths));
	assert_true(strv_has(&paths, "fs/a.c"));
	assert_true(strv_has(&paths, "include/linux/b.h"));
	assert_true(strv_has(&paths, "include/linux/kconfig.h"));
	assert_true(strv_has(&paths, "asm/f.h"));
	assert_true(strv_has(&paths, "arch/mk.sh"));
	for (size_t i = 0; i < paths.count; i++) {
		assert_null(strstr(paths.items[i], "c.h"));
		assert_null(strstr(paths.items[i], "not-kbuild"));
		assert_true(!i || strcmp(paths.items[i - 1], paths.items[i]) < 0);
	}
}

static void test_changes_may_matter(void **state)
{
	_cleanup_strv_ struct strv inputs = { 0 }, unsteady = { 0 };

	strv_add(&inputs, "fs/a.c");
	strv_add(&inputs, "include/linux/b.h");
	strv_add(&unsteady, "include/new.h");
	assert_true(changes_may_matter(&inputs, &unsteady, "fs/a.c"));
	assert_true(changes_may_matter(&inputs, &unsteady, "include/linux/b.h"));
	assert_true(changes_may_matter(&inputs, &unsteady, "include/new.h"));
	assert_true(changes_may_matter(&inputs, &unsteady, "drivers/gpu/Makefile"));
	assert_true(changes_may_matter(&inputs, &unsteady, "drivers/gpu/Kconfig"));
	assert_true(changes_may_matter(&inputs, &unsteady, "scripts/checksyscalls.sh"));
	assert_true(changes_may_matter(&inputs, &unsteady, "arch/x86/entry/syscall.tbl"));
	assert_false(changes_may_matter(&inputs, &unsteady, "drivers/gpu/x.c"));
	assert_false(changes_may_matter(&inputs, &unsteady, "include/linux/other.h"));
	assert_false(changes_may_matter(&inputs, &unsteady, "Documentation/Makefile"));
}

static void test_changes_of_a_repository(void **state)
{
	_cleanup_free_ char *repo = scratch_path(state, "repo");
	_cleanup_strv_ struct strv inputs = { 0 }, good = { 0 };
	struct git_history h;
	bool suspects[16] = { false };
	struct err err = ERR_INIT;

	write_file(repo, "fs/a.c", "1");
	git(repo, "init -q -b main .");
	commit(repo, "drivers/x.c", "1");
	git(repo, "tag good");
	commit(repo, "drivers/x.c", "2"); /* 1 */
	commit(repo, "fs/a.c", "2");	  /* 2 */
	commit(repo, "README", "2");	  /* 3 */
	git(repo, "checkout -q -b side");
	commit(repo, "drivers/x.c", "3");
	git(repo, "checkout -q main");
	commit(repo, "Documentation/a.rst", "3");
	git(repo, "merge -q --no-edit side");
	commit(repo, "drivers/gone.c", "4");
	git(repo, "rm -q drivers/gone.c");
	git(repo, "commit -qm gone");

	strv_add(&inputs, "fs/a.c");
	strv_add(&good, "good");
	assert_int_equal(git_history_open(&h, repo, &good, "main", &err), 0);
	assert_int_equal(h.graph.count, 9);
	assert_int_equal(changes_find_suspects(&h, &inputs, suspects, &err), 0);
	assert_true(suspects[0]);
	assert_false(suspects[1]);
	assert_true(suspects[2]);
	assert_true(suspects[3]);  /* nobody knows who reads it */
	assert_false(suspects[4]); /* the branch, and what is beside it */
	assert_false(suspects[5]);
	assert_true(suspects[6]); /* the merge */
	assert_true(suspects[7]); /* it comes */
	assert_true(suspects[8]); /* and goes */
	git_history_clear(&h);
}

/* A range is git's: its first commit is not in it. */
static void expect_marks(const struct git_history *h, const char *range, const bool expected[4])
{
	struct err err = ERR_INIT;
	bool marks[4];

	assert_int_equal(git_history_mark(h, range, marks, &err), 0);
	for (size_t v = 0; v < 4; v++)
		assert_int_equal(marks[v], expected[v]);
}

static bool is_side(const struct git_history *h, size_t vertex)
{
	struct err err = ERR_INIT;
	bool marks[4];

	assert_int_equal(git_history_mark(h, "side", marks, &err), 0);
	return marks[vertex];
}

static void test_history_of_a_repository(void **state)
{
	_cleanup_free_ char *repo = scratch_path(state, "repo");
	_cleanup_free_ char *line = NULL;
	_cleanup_free_ char *shown = NULL;
	_cleanup_strv_ struct strv good = { 0 };
	struct git_history h;
	struct err err = ERR_INIT;

	write_file(repo, "a", "1");
	git(repo, "init -q -b main .");
	commit(repo, "b", "1");
	git(repo, "tag good");
	git(repo, "checkout -q -b side");
	commit(repo, "c", "1");
	git(repo, "checkout -q main");
	commit(repo, "d", "1");
	git(repo, "merge -q --no-edit side");
	strv_add(&good, "good");
	assert_int_equal(git_history_open(&h, repo, &good, "main", &err), 0);
	assert_int_equal(h.graph.count, 4);
	assert_int_equal(h.graph.first[4] - h.graph.first[3], 2);
	for (size_t v = 1; v < 3; v++) {
		assert_int_equal(h.graph.first[v + 1] - h.graph.first[v], 1);
		assert_int_equal(h.graph.parents[h.graph.first[v]], 0);
	}
	line = git_history_line(&h, 1, &err);
	assert_non_null(line);
	assert_non_null(strstr(line, " change"));
	shown = git_history_show(&h, 1, &err);
	assert_non_null(shown);
	assert_true(str_starts(shown, "commit "));
	assert_non_null(strstr(shown, " 1 file changed"));
	assert_null(git_history_version(&h, 1));
	expect_marks(&h, "good", (const bool[]){ true, false, false, false });
	expect_marks(&h, "main", (const bool[]){ false, false, false, true });
	expect_marks(&h, "good..main", (const bool[]){ false, true, true, true });
	expect_marks(&h, "side..main",
		     (const bool[]){ false, !is_side(&h, 1), !is_side(&h, 2), true });
	git_history_clear(&h);

	good.items[0][0] = '-';
	assert_int_equal(git_history_open(&h, repo, &good, "main", &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	git_history_clear(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_build_inputs_from_notes),
		scratch_test(test_changes_may_matter),
		scratch_test(test_changes_of_a_repository),
		scratch_test(test_history_of_a_repository),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
