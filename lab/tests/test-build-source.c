/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/child.h"
#include "base/file.h"
#include "build/build.h"
#include "build/source.h"
#include "tests/scratch.h"

/* Runs a shell line in the test's folder; the tests' own scaffolding. */
static void sh(void **state, const char *line)
{
	const char *argv[] = { "sh", "-ec", line, NULL };
	const char *env[] = { "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a",
			      "GIT_AUTHOR_EMAIL=a@b",	     "GIT_COMMITTER_NAME=a",
			      "GIT_COMMITTER_EMAIL=a@b",     NULL };
	struct child_spec spec = { .argv = argv, .cwd = *state, .env_set = env };
	struct err err = ERR_INIT;

	if (child_run_ok(&spec, 20000, 1 << 20, NULL, &err) < 0)
		fail_msg("%s: %s", line, err.msg);
}

static void make_tree(void **state, const char *name)
{
	_cleanup_free_ char *line = xasprintf(
		"mkdir -p %s/scripts %s/block; echo x > %s/Kconfig; echo x > "
		"%s/scripts/Kbuild.include; echo one > %s/block/a.c; ln -s a.c %s/block/l.c",
		name, name, name, name, name, name);

	sh(state, line);
}

/* The hash of the directory now; yours. */
static char *hash_now(void **state, const char *name, uint64_t *hidden_ns)
{
	_cleanup_free_ char *dir = scratch_path(state, name);
	_cleanup_free_ char *cache = scratch_path(state, "cache");
	_cleanup_(source_clear)
	struct source s = SOURCE_INIT;
	struct err err = ERR_INIT;

	if (source_open(&s, dir, cache, NULL, &err) < 0)
		fail_msg("%s", err.msg);
	if (hidden_ns)
		*hidden_ns = s.hidden_change_ns;
	return xstrdup(s.tree_hash);
}

static void test_dir_hash_is_of_the_content(void **state)
{
	_cleanup_free_ char *one = NULL;
	_cleanup_free_ char *same = NULL;
	_cleanup_free_ char *copy = NULL;
	_cleanup_free_ char *touched = NULL;

	make_tree(state, "t");
	one = hash_now(state, "t", NULL);
	same = hash_now(state, "t", NULL);
	assert_string_equal(one, same);
	sh(state, "cp -r t u; mkdir -p u/.git u/runs/1; echo x > u/.git/index; "
		  "echo x > u/runs/1/run.json");
	copy = hash_now(state, "u", NULL);
	assert_string_equal(one, copy);
	sh(state, "touch t/block/a.c");
	touched = hash_now(state, "t", NULL);
	assert_string_equal(one, touched);
}

static void assert_changes(void **state, const char *line)
{
	_cleanup_free_ char *before = hash_now(state, "t", NULL);
	_cleanup_free_ char *after = NULL;

	sh(state, line);
	after = hash_now(state, "t", NULL);
	if (str_eq(before, after))
		fail_msg("not noticed: %s", line);
}

static void test_dir_hash_notices_every_change(void **state)
{
	make_tree(state, "t");
	assert_changes(state, "echo two > t/block/a.c");
	assert_changes(state, "echo two > t/block/b.c");
	assert_changes(state, "chmod +x t/block/b.c");
	assert_changes(state, "ln -sf b.c t/block/l.c");
	assert_changes(state, "mv t/block/b.c t/block/c.c");
	assert_changes(state, "rm t/block/c.c");
	assert_changes(state,
		       "mkdir t/block.d t/block-e; echo z > t/block.d/z; echo y > t/block-e/y");
	assert_changes(state, "echo Z > t/block.d/z");
	assert_changes(state, "mkdir t/block/runs; echo x > t/block/runs/a.c");
	/* Same size, same mtime. */
	assert_changes(state,
		       "cp -p t/block/a.c keep; echo TWO > t/block/a.c; touch -r keep t/block/a.c");
}

/* A change that make cannot see by the file's time asks for a new object tree. */
static void test_dir_hidden_change_is_told(void **state)
{
	uint64_t first, second, third;

	make_tree(state, "t");
	free(hash_now(state, "t", &first));
	/* Clearly after that look: the file system's clock ticks slowly. */
	sh(state, "sleep 0.05; echo two > t/block/a.c");
	free(hash_now(state, "t", &second));
	assert_int_equal(first, second);
	sh(state, "echo tri > t/block/a.c; touch -d '1 hour ago' t/block/a.c");
	free(hash_now(state, "t", &third));
	assert_true(third > second);
	/* What is gone, the object tree sees by itself. */
	sh(state, "rm t/block/l.c");
	free(hash_now(state, "t", &first));
	assert_int_equal(first, third);
}

static void assert_refused(void **state, const char *spec_name, enum err_kind kind,
			   const char *text)
{
	_cleanup_free_ char *spec = scratch_path(state, spec_name);
	_cleanup_free_ char *cache = scratch_path(state, "cache");
	_cleanup_(source_clear)
	struct source s = SOURCE_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(source_open(&s, spec, cache, NULL, &err), -1);
	if (err.kind != kind || !strstr(err.msg, text))
		fail_msg("kind %d, %s", err.kind, err.msg);
}

static void test_source_that_cannot_be_used_is_named(void **state)
{
	assert_refused(state, "nowhere", ERR_INPUT, "/nowhere");
	sh(state, "mkdir empty; echo no > file.tar.xz; mkfifo pipe");
	assert_refused(state, "file.tar.xz/x", ERR_INPUT, "file.tar.xz/x");
	assert_refused(state, "empty", ERR_INPUT, "no kernel source");
	assert_refused(state, "file.tar.xz", ERR_INPUT, "nor a tarball");
	assert_refused(state, "pipe", ERR_INPUT, "nor a tarball");
	make_tree(state, "built");
	sh(state, "touch built/.config");
	assert_refused(state, "built", ERR_INPUT, "make mrproper");
	make_tree(state, "t");
	if (geteuid() != 0) { /* root reads everything */
		sh(state, "chmod 0 t/block/a.c");
		assert_refused(state, "t", ERR_HOST, "block/a.c");
		sh(state, "chmod 0 t");
		assert_refused(state, "t", ERR_HOST, "cannot read");
		sh(state, "chmod 700 t");
	}
}

/* ---- tarballs ---- */

static void test_tarball_is_unpacked_once_and_again_when_killed(void **state)
{
	_cleanup_free_ char *tarball = scratch_path(state, "linux.tar.gz");
	_cleanup_free_ char *cache = scratch_path(state, "cache");
	_cleanup_(source_clear)
	struct source s = SOURCE_INIT;
	_cleanup_free_ char *extra = NULL;
	_cleanup_free_ char *mark = NULL;
	_cleanup_free_ char *file = NULL;
	struct err err = ERR_INIT;

	make_tree(state, "linux-1");
	sh(state, "tar -czf linux.tar.gz linux-1");
	assert_int_equal(source_open(&s, tarball, cache, NULL, &err), 0);
	assert_false(path_exists(s.dir));
	assert_int_equal(source_prepare(&s, NULL, &err), 0);
	file = path_join(s.dir, "block/a.c");
	extra = path_join(s.dir, "extra");
	mark = path_join(s.dir, ".klab-complete");
	assert_true(path_exists(file));
	/* Once. */
	assert_int_equal(file_write_atomic(extra, "x", 1, &err), 0);
	close(take_fd(&s.lock_fd));
	assert_int_equal(source_prepare(&s, NULL, &err), 0);
	assert_true(path_exists(extra));
	/* Killed half-way: no mark. */
	assert_int_equal(unlink(mark), 0);
	assert_int_equal(unlink(file), 0);
	close(take_fd(&s.lock_fd));
	assert_int_equal(source_prepare(&s, NULL, &err), 0);
	assert_true(path_exists(file));
	assert_false(path_exists(extra));
}

/* Several at once: one unpacks, all have it, and gc leaves it to them. */
static void test_tarball_many_processes(void **state)
{
	enum { PROCESSES = 5 };
	_cleanup_free_ char *tarball = scratch_path(state, "linux.tar.gz");
	_cleanup_free_ char *cache = scratch_path(state, "cache");
	pid_t pids[PROCESSES];

	make_tree(state, "linux-1");
	sh(state, "tar -czf linux.tar.gz linux-1");
	for (int p = 0; p < PROCESSES; p++) {
		pids[p] = fork();
		if (pids[p] == 0) {
			const struct store_gc_options all = { .limit_bytes = 1 };
			struct source s = SOURCE_INIT;
			struct err err = ERR_INIT;
			_cleanup_free_ char *file = NULL;
			bool there;

			if (source_open(&s, tarball, cache, NULL, &err) < 0 ||
			    source_prepare(&s, NULL, &err) < 0)
				_exit(1);
			file = path_join(s.dir, "block/a.c");
			json_decref(build_store_gc(cache, &all, &err));
			there = path_exists(file);
			source_clear(&s);
			_exit(there ? 0 : 2);
		}
	}
	for (int p = 0; p < PROCESSES; p++) {
		int status;

		assert_int_equal(waitpid(pids[p], &status, 0), pids[p]);
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

static void test_tarball_broken_or_foreign_is_named(void **state)
{
	_cleanup_free_ char *broken = scratch_path(state, "broken.tar.gz");
	_cleanup_free_ char *foreign = scratch_path(state, "foreign.tar.gz");
	_cleanup_free_ char *cache = scratch_path(state, "cache");
	_cleanup_(source_clear)
	struct source s = SOURCE_INIT, f = SOURCE_INIT;
	struct err err = ERR_INIT;

	sh(state, "mkdir d; echo x > d/x; tar -czf foreign.tar.gz d; "
		  "(head -c 30 foreign.tar.gz; echo no) > broken.tar.gz");
	assert_int_equal(source_open(&s, broken, cache, NULL, &err), 0);
	assert_int_equal(source_prepare(&s, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_HOST);
	assert_non_null(strstr(err.msg, "broken.tar.gz"));
	assert_int_equal(source_open(&f, foreign, cache, NULL, &err), 0);
	assert_int_equal(source_prepare(&f, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, "no kernel source"));
}

static void test_tarball_unpackers_are_named_when_missing(void **state)
{
	_cleanup_free_ char *tarball = scratch_path(state, "t.tar.xz");
	_cleanup_free_ char *cache = scratch_path(state, "cache");
	_cleanup_free_ char *bin = scratch_path(state, "bin");
	_cleanup_free_ char *old = xstrdup(getenv("PATH"));
	_cleanup_(source_clear)
	struct source s = SOURCE_INIT, again = SOURCE_INIT;
	struct err err = ERR_INIT;

	make_tree(state, "t");
	sh(state, "tar -cJf t.tar.xz t; mkdir bin");
	setenv("PATH", bin, 1);
	assert_int_equal(source_open(&s, tarball, cache, NULL, &err), 0);
	assert_int_equal(source_prepare(&s, NULL, &err), -1);
	assert_non_null(strstr(err.msg, "no tar "));
	setenv("PATH", old, 1);
	sh(state, "ln -s $(command -v tar) bin/tar");
	source_clear(&s);
	setenv("PATH", bin, 1);
	assert_int_equal(source_open(&again, tarball, cache, NULL, &err), 0);
	assert_int_equal(source_prepare(&again, NULL, &err), -1);
	setenv("PATH", old, 1);
	assert_int_equal(err.kind, ERR_HOST);
	assert_non_null(strstr(err.msg, "no xz (unpacks the source): apt install xz-utils"));
}

/* ---- git ---- */

static void make_repo(void **state)
{
	make_tree(state, "r");
	sh(state,
	   "cd r; git init -q; git add -A; git commit -qm one; git tag v1; echo two > block/a.c; "
	   "git commit -qam two; git tag v2");
}

static int open_rev(void **state, struct source *s, const char *rev, struct err *err)
{
	_cleanup_free_ char *repo = scratch_path(state, "r");
	_cleanup_free_ char *cache = scratch_path(state, "cache");
	_cleanup_free_ char *spec = xasprintf("%s@%s", repo, rev);

	return source_open(s, spec, cache, NULL, err);
}

static void assert_checked_out(void **state, const char *rev, const char *content)
{
	_cleanup_(source_clear)
	struct source s = SOURCE_INIT;
	_cleanup_free_ char *file = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err = ERR_INIT;
	size_t length;

	if (open_rev(state, &s, rev, &err) < 0 || source_prepare(&s, NULL, &err) < 0)
		fail_msg("%s", err.msg);
	file = path_join(s.dir, "block/a.c");
	text = file_read(file, 100, &length, &err);
	assert_string_equal(text, content);
}

static void test_git_revisions_share_a_checkout(void **state)
{
	_cleanup_(source_clear)
	struct source one = SOURCE_INIT, two = SOURCE_INIT;
	struct err err = ERR_INIT;

	make_repo(state);
	assert_int_equal(open_rev(state, &one, "v1", &err), 0);
	assert_int_equal(open_rev(state, &two, "HEAD", &err), 0);
	assert_string_equal(one.id, two.id);
	assert_string_not_equal(one.tree_hash, two.tree_hash);
	assert_checked_out(state, "v1", "one\n");
	assert_checked_out(state, "v2", "two\n");
	/* What somebody left in our checkout goes. */
	sh(state, "cd cache/worktrees/*; echo mess > tree/block/a.c; echo mess > tree/new.c; "
		  "touch git/index.lock");
	assert_checked_out(state, "v2", "two\n");
	sh(state, "test ! -e cache/worktrees/*/tree/new.c");
}

/* Not a byte of the user's repository and checkout changes, whatever state it is in. */
static void test_git_user_repository_is_untouched(void **state)
{
	make_repo(state);
	sh(state, "cd r; echo dirty >> block/a.c; echo staged > staged.c; git add staged.c; git "
		  "checkout -qb topic");
	sh(state, "cd r; find . -type f -exec sha256sum {} + | sort > ../before; git branch -a >> "
		  "../before; git --no-optional-locks worktree list >> ../before");
	assert_checked_out(state, "v1", "one\n");
	assert_checked_out(state, "topic", "two\n");
	sh(state,
	   "cd r; find . -type f -exec sha256sum {} + | sort > ../after; git branch -a >> "
	   "../after; git --no-optional-locks worktree list >> ../after; cmp ../before ../after");
}

/* A hook, a bisect or `git -c` that called us. */
static void test_git_environment_of_a_caller_has_no_say(void **state)
{
	static const char *const settings[][2] = {
		{ "GIT_DIR", "/nowhere" },
		{ "GIT_INDEX_FILE", "/nowhere" },
		{ "GIT_OBJECT_DIRECTORY", "/nowhere" },
		{ "GIT_CONFIG_COUNT", "1" },
		{ "GIT_CONFIG_KEY_0", "core.autocrlf" },
		{ "GIT_CONFIG_VALUE_0", "true" },
	};

	make_repo(state);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		setenv(settings[i][0], settings[i][1], 1);
	assert_checked_out(state, "v1", "one\n");
	assert_checked_out(state, "v2", "two\n");
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		unsetenv(settings[i][0]);
}

static void test_git_revision_mistakes(void **state)
{
	_cleanup_(source_clear)
	struct source s = SOURCE_INIT;
	struct err err = ERR_INIT;

	make_repo(state);
	assert_int_equal(open_rev(state, &s, "v9", &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, "has no revision v9"));
	assert_int_equal(open_rev(state, &s, "--help", &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(open_rev(state, &s, "", &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	/* A folder that is no repository. */
	sh(state, "mkdir plain");
	assert_refused(state, "plain@v1", ERR_INPUT, "no git repository");
}

static void test_git_path_with_at_signs(void **state)
{
	_cleanup_(source_clear)
	struct source s = SOURCE_INIT;
	_cleanup_free_ char *cache = scratch_path(state, "cache");
	_cleanup_free_ char *spec = scratch_path(state, "a@b@HEAD@{0}");
	struct err err = ERR_INIT;

	make_repo(state);
	sh(state, "mv r a@b");
	if (source_open(&s, spec, cache, NULL, &err) < 0)
		fail_msg("%s", err.msg);
	assert_string_equal(s.rev, "HEAD@{0}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_dir_hash_is_of_the_content),
		scratch_test(test_dir_hash_notices_every_change),
		scratch_test(test_dir_hidden_change_is_told),
		scratch_test(test_source_that_cannot_be_used_is_named),
		scratch_test(test_tarball_is_unpacked_once_and_again_when_killed),
		scratch_test(test_tarball_many_processes),
		scratch_test(test_tarball_unpackers_are_named_when_missing),
		scratch_test(test_tarball_broken_or_foreign_is_named),
		scratch_test(test_git_revisions_share_a_checkout),
		scratch_test(test_git_user_repository_is_untouched),
		scratch_test(test_git_environment_of_a_caller_has_no_say),
		scratch_test(test_git_revision_mistakes),
		scratch_test(test_git_path_with_at_signs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
