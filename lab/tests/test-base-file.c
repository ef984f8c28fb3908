/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "tests/scratch.h"

static void test_path_join_table(void **state)
{
	static const char *const table[][3] = {
		{ "a", "b", "a/b" }, { "a/", "b", "a/b" }, { "/", "b", "/b" },
		{ "a", "/b", "/b" }, { "", "b", "b" },	   { "a", "b/c", "a/b/c" },
		{ "a", "", "a/" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		_cleanup_free_ char *joined = path_join(table[i][0], table[i][1]);

		assert_string_equal(joined, table[i][2]);
	}
	assert_string_equal(path_base("/a/b.c"), "b.c");
	assert_string_equal(path_base("b.c"), "b.c");
	assert_string_equal(path_base("/"), "");
}

static void test_path_cache_dir_follows_the_environment(void **state)
{
	_cleanup_free_ char *xdg = scratch_path(state, "xdg");
	_cleanup_free_ char *home = scratch_path(state, "home");
	_cleanup_free_ char *from_xdg = NULL, *from_home = NULL, *from_relative = NULL;
	_cleanup_free_ char *in_xdg = scratch_path(state, "xdg/klab");
	_cleanup_free_ char *in_home = scratch_path(state, "home/.cache/klab");
	struct err err = ERR_INIT;

	setenv("HOME", home, 1);
	setenv("XDG_CACHE_HOME", xdg, 1);
	from_xdg = path_cache_dir(&err);
	assert_string_equal(from_xdg, in_xdg);
	assert_true(path_exists(from_xdg));
	setenv("XDG_CACHE_HOME", "relative", 1);
	from_relative = path_cache_dir(&err);
	assert_string_equal(from_relative, in_home);
	unsetenv("XDG_CACHE_HOME");
	from_home = path_cache_dir(&err);
	assert_string_equal(from_home, in_home);
}

static void test_path_data_dir_takes_the_environment(void **state)
{
	_cleanup_free_ char *missing = scratch_path(state, "missing");
	_cleanup_free_ char *found = NULL;
	struct err err = ERR_INIT;

	setenv("KLAB_DATA", *state, 1);
	found = path_data_dir(&err);
	assert_string_equal(found, *state);
	setenv("KLAB_DATA", missing, 1);
	assert_null(path_data_dir(&err));
	assert_int_equal(err.kind, ERR_INPUT);
	unsetenv("KLAB_DATA");
}

static void test_mkdir_p_makes_parents_once(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "a//b/c/");
	struct err err = ERR_INIT;

	assert_int_equal(file_mkdir_p(path, &err), 0);
	assert_true(path_exists(path));
	assert_int_equal(file_mkdir_p(path, &err), 0);
	assert_int_equal(file_mkdir_p("/", &err), 0);
	assert_int_equal(file_mkdir_p("", &err), -1);
}

static void test_mkdir_p_over_a_file_names_it(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "f/below");
	_cleanup_free_ char *file = scratch_path(state, "f");
	struct err err = ERR_INIT;

	scratch_write(state, "f", "");
	assert_int_equal(file_mkdir_p(path, &err), -1);
	assert_non_null(strstr(err.msg, file));
	assert_int_equal(file_mkdir_p(file, &err), -1);
}

/* Not what looking for the folder afterwards says. */
static void test_mkdir_p_tells_why_the_kernel_refused(void **state)
{
	/* A loop of links: mkdir() says EEXIST, stat() says ELOOP. */
	_cleanup_free_ char *path = scratch_path(state, "loop");
	struct err err = ERR_INIT;

	assert_int_equal(symlink("loop", path), 0);
	assert_int_equal(file_mkdir_p(path, &err), -1);
	assert_non_null(strstr(err.msg, strerror(EEXIST)));
}

static void test_file_read_at_its_bound(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "f");
	_cleanup_free_ char *text = NULL;
	struct err err = ERR_INIT;
	size_t length = 0;

	assert_int_equal(file_write_atomic(path, "a\0b", 3, &err), 0);
	text = file_read(path, 3, &length, &err);
	assert_non_null(text);
	assert_int_equal(length, 3);
	assert_memory_equal(text, "a\0b", 4);
	assert_null(file_read(path, 2, &length, &err));
	assert_non_null(strstr(err.msg, "larger than 2 bytes"));
}

static void test_file_read_without_size(void **state)
{
	struct err err = ERR_INIT;
	_cleanup_free_ char *text = file_read("/proc/self/stat", 4096, NULL, &err);

	assert_non_null(text);
	assert_true(strlen(text) > 20);
	assert_null(file_read("/proc", 4096, NULL, &err));
	assert_string_equal(err.msg, "/proc: Is a directory");
	assert_null(file_read("/nowhere/x", 4096, NULL, &err));
	assert_string_equal(err.msg, "/nowhere/x: No such file or directory");
}

/* Lets no file of this process grow beyond so many bytes; gives the old limit. */
static struct rlimit limit_file_size(rlim_t bytes)
{
	struct rlimit old, now;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	now = old;
	now.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
	return old;
}

static void test_write_atomic_without_room_keeps_the_old(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "f");
	_cleanup_free_ char *big = xcalloc(1, 100000);
	_cleanup_free_ char *text = NULL, *names = NULL;
	struct err err = ERR_INIT;
	struct rlimit old;
	int result;

	scratch_write(state, "f", "old");
	old = limit_file_size(50000);
	result = file_write_atomic(path, big, 100000, &err);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(result, -1);
	assert_int_equal(err.kind, ERR_HOST);
	assert_non_null(strstr(err.msg, path));
	assert_non_null(strstr(err.msg, "File too large"));
	text = scratch_read(state, "f");
	assert_string_equal(text, "old");
	names = scratch_list(state);
	assert_string_equal(names, "f");
}

static void write_for_ever(const char *path) __attribute__((noreturn));
static void write_for_ever(const char *path)
{
	char *bytes = xmalloc(300000);

	for (char c = 'a';; c = c == 'z' ? 'a' : (char)(c + 1)) {
		memset(bytes, c, 300000);
		if (file_write_atomic(path, bytes, 300000, NULL) < 0)
			_exit(1);
	}
}

static void assert_whole(void **state)
{
	_cleanup_free_ char *text = scratch_read(state, "f");

	assert_int_equal(strlen(text), 300000);
	assert_int_equal(strspn(text, (char[]){ text[0], '\0' }), 300000);
}

static void test_write_atomic_seen_and_killed_at_any_moment(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "f");

	for (int round = 0; round < 20; round++) {
		pid_t pid = fork();
		uint64_t deadline_ms = clock_monotonic_ms() + 10000;
		int status;

		if (pid == 0)
			write_for_ever(path);
		while (!path_exists(path) && clock_monotonic_ms() < deadline_ms)
			usleep(1000);
		for (int i = 0; i < 10; i++)
			assert_whole(state);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_whole(state);
	}
}

static void test_write_atomic_into_missing_folder_fails(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "missing/f");
	struct err err = ERR_INIT;

	assert_int_equal(file_write_atomic(path, "x", 1, &err), -1);
	assert_non_null(strstr(err.msg, path));
}

static void test_write_atomic_to_bare_name(void **state)
{
	_cleanup_free_ char *text = NULL, *names = NULL;
	_cleanup_free_ char *back = getcwd(NULL, 0);
	struct err err = ERR_INIT;
	int result;

	assert_int_equal(chdir(*state), 0);
	result = file_write_atomic("bare", "x", 1, &err);
	assert_int_equal(chdir(back), 0);
	assert_int_equal(result, 0);
	names = scratch_list(state);
	assert_string_equal(names, "bare");
	text = scratch_read(state, "bare");
	assert_string_equal(text, "x");
}

static void test_file_copy_keeps_bytes_and_mode(void **state)
{
	_cleanup_free_ char *from = scratch_path(state, "from");
	_cleanup_free_ char *to = scratch_path(state, "to");
	_cleanup_free_ char *bytes = xmalloc(600001);
	_cleanup_free_ char *copied = NULL;
	struct err err = ERR_INIT;
	struct stat st;
	size_t length;

	memset(bytes, 'q', 600001);
	assert_int_equal(file_write_atomic(from, bytes, 600001, &err), 0);
	assert_int_equal(chmod(from, 0751), 0);
	assert_int_equal(file_copy(from, to, &err), 0);
	copied = file_read(to, 1 << 20, &length, &err);
	assert_int_equal(length, 600001);
	assert_memory_equal(copied, bytes, 600001);
	assert_int_equal(stat(to, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0751);
}

static void assert_copies(void **state, const char *what)
{
	_cleanup_free_ char *from = scratch_path(state, "sparse"),
			    *to = scratch_path(state, "copy");
	struct err err = ERR_INIT;
	struct stat a, b;
	size_t a_length, b_length;
	_cleanup_free_ char *a_bytes = NULL, *b_bytes = NULL;

	assert_int_equal(file_copy(from, to, &err), 0);
	a_bytes = file_read(from, 64 << 20, &a_length, &err);
	b_bytes = file_read(to, 64 << 20, &b_length, &err);
	assert_int_equal(a_length, b_length);
	if (memcmp(a_bytes, b_bytes, a_length) != 0)
		fail_msg("%s: not the same bytes", what);
	assert_int_equal(stat(from, &a), 0);
	assert_int_equal(stat(to, &b), 0);
	if (b.st_blocks > a.st_blocks)
		fail_msg("%s: takes more room", what);
}

/* The image of a disk is mostly holes, and may be larger than what there is room for. */
static void test_file_copy_keeps_holes(void **state)
{
	enum { SIZE = 9 << 20, BLOCK = 64 << 10 };
	_cleanup_free_ char *path = scratch_path(state, "sparse"), *block = xmalloc(BLOCK);
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	memset(block, 'x', BLOCK);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	assert_copies(state, "nothing but a hole");
	assert_int_equal(pwrite(fd, block, BLOCK, 3 << 20), BLOCK);
	assert_copies(state, "data in the middle");
	assert_int_equal(pwrite(fd, block, BLOCK, SIZE - BLOCK), BLOCK);
	assert_copies(state, "and at the end");
	assert_int_equal(pwrite(fd, block, BLOCK, 0), BLOCK);
	assert_copies(state, "and at the start");
	assert_int_equal(ftruncate(fd, SIZE + 1), 0);
	assert_copies(state, "and a byte of a hole");
}

static void test_file_copy_that_fails_leaves_nothing(void **state)
{
	_cleanup_free_ char *from = scratch_path(state, "from");
	_cleanup_free_ char *to = scratch_path(state, "to");
	_cleanup_free_ char *missing = scratch_path(state, "missing");
	_cleanup_free_ char *bytes = xcalloc(1, 100000);
	_cleanup_free_ char *names = NULL;
	struct err err = ERR_INIT;
	struct rlimit old;
	int result;

	assert_int_equal(file_write_atomic(from, bytes, 100000, &err), 0);
	assert_int_equal(file_copy(missing, to, &err), -1);
	assert_non_null(strstr(err.msg, missing));
	old = limit_file_size(50000);
	result = file_copy(from, to, &err);
	setrlimit(RLIMIT_FSIZE, &old);
	/* A filesystem that clones does not write, so that there the limit does not count. */
	if (result < 0) {
		names = scratch_list(state);
		assert_string_equal(names, "from");
	}
}

static void test_remove_tree_follows_no_link(void **state)
{
	_cleanup_free_ char *outside = scratch_path(state, "outside/deep");
	_cleanup_free_ char *tree = scratch_path(state, "tree/a/b");
	_cleanup_free_ char *link = scratch_path(state, "tree/a/link");
	_cleanup_free_ char *top = scratch_path(state, "tree");
	_cleanup_free_ char *top_link = scratch_path(state, "top-link");
	_cleanup_free_ char *text = NULL, *names = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(file_mkdir_p(outside, &err), 0);
	assert_int_equal(file_mkdir_p(tree, &err), 0);
	scratch_write(state, "outside/deep/keep", "kept");
	scratch_write(state, "tree/a/b/f", "x");
	assert_int_equal(symlink(outside, link), 0);
	assert_int_equal(symlink(outside, top_link), 0);
	assert_int_equal(file_remove_tree(top, &err), 0);
	assert_int_equal(file_remove_tree(top_link, &err), 0);
	names = scratch_list(state);
	assert_string_equal(names, "outside");
	text = scratch_read(state, "outside/deep/keep");
	assert_string_equal(text, "kept");
	assert_int_equal(file_remove_tree(top, &err), 0);
}

static void test_tree_size_counts_what_is_below(void **state)
{
	_cleanup_free_ char *dir = scratch_path(state, "a/b");
	_cleanup_free_ char *missing = scratch_path(state, "missing");
	_cleanup_free_ char *bytes = xmalloc(1 << 20);
	_cleanup_free_ char *path = NULL;
	struct err err = ERR_INIT;
	uint64_t before;

	memset(bytes, 'x', 1 << 20);
	assert_int_equal(file_mkdir_p(dir, &err), 0);
	before = file_tree_size(*state);
	path = path_join(dir, "f");
	assert_int_equal(file_write_atomic(path, bytes, 1 << 20, &err), 0);
	/* Some filesystems allocate late: then the blocks appear with fsync. */
	{
		_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

		fsync(fd);
	}
	assert_true(file_tree_size(*state) >= before + (1 << 20));
	assert_true(file_tree_size(*state) < before + (2 << 20));
	assert_int_equal(file_tree_size(missing), 0);
}

static void test_list_dir_is_sorted(void **state)
{
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_free_ char *missing = scratch_path(state, "missing");
	_cleanup_free_ char *joined = NULL;
	struct err err = ERR_INIT;

	scratch_write(state, "b", "");
	scratch_write(state, ".hidden", "");
	scratch_write(state, "a", "");
	assert_int_equal(file_list_dir(*state, &names, &err), 0);
	joined = strv_join(&names, " ");
	assert_string_equal(joined, ".hidden a b");
	assert_int_equal(file_list_dir(missing, &names, &err), -1);
}

/* ---- locks: the other process tells by one byte that it is ready ---- */

static pid_t start_holder(const char *path, int *ready_fd)
{
	int fds[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		int fd = file_lock(path, true, NULL, NULL);

		if (fd < 0 || write(fds[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	*ready_fd = fds[0];
	return pid;
}

static void test_lock_is_busy_until_the_holder_dies(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "lock");
	_cleanup_close_ int ready_fd = -1;
	_cleanup_close_ int fd = -1;
	struct err err = ERR_INIT;
	bool busy = false;
	pid_t holder = start_holder(path, &ready_fd);

	assert_int_equal(file_lock(path, false, &busy, &err), -1);
	assert_true(busy);
	assert_non_null(strstr(err.msg, path));
	kill(holder, SIGKILL);
	fd = file_lock(path, true, &busy, &err);
	assert_true(fd >= 0);
	assert_false(busy);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	waitpid(holder, NULL, 0);
}

static void test_lock_in_missing_folder_is_not_busy(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "missing/lock");
	struct err err = ERR_INIT;
	bool busy = true;

	assert_int_equal(file_lock(path, false, &busy, &err), -1);
	assert_false(busy);
}

static void test_lock_of_a_folder_leaves_nothing_in_it(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "folder");
	_cleanup_free_ char *missing = scratch_path(state, "missing");
	_cleanup_strv_ struct strv names = { 0 };
	struct err err = ERR_INIT;
	bool busy = true;
	int fd;

	assert_int_equal(file_lock_dir(missing, &busy, &err), -1);
	assert_false(busy);
	assert_false(path_exists(missing));
	assert_int_equal(file_mkdir_p(path, &err), 0);
	fd = file_lock_dir(path, &busy, &err);
	assert_true(fd >= 0);
	assert_false(busy);
	assert_int_equal(file_list_dir(path, &names, &err), 0);
	assert_int_equal(names.count, 0);
	assert_int_equal(file_lock_dir(path, &busy, &err), -1);
	assert_true(busy);
	assert_non_null(strstr(err.msg, path));
	close(fd);
	fd = file_lock_dir(path, &busy, &err);
	assert_true(fd >= 0);
	close(fd);
}

static void test_lock_waiting_ends_with_the_users_wish(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "lock");
	_cleanup_close_ int ready_fd = -1;
	pid_t holder = start_holder(path, &ready_fd);
	int fds[2], status = 0;
	char byte;
	pid_t waiter;

	assert_int_equal(pipe(fds), 0);
	waiter = fork();
	if (waiter == 0) {
		struct err err = ERR_INIT;

		cancel_install();
		if (write(fds[1], "r", 1) != 1)
			_exit(1);
		_exit(file_lock(path, true, NULL, &err) == -1 && err.kind == ERR_CANCELLED ? 42
											   : 1);
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	kill(waiter, SIGINT);
	assert_true(process_ends_within(waiter, 5000));
	assert_int_equal(waitpid(waiter, &status, 0), waiter);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	close(fds[0]);
	close(fds[1]);
}

/* Each holder counts up and removes the lock file: nobody may enter by the removed one. */
static void count_up(const char *lock, const char *counter, int rounds) __attribute__((noreturn));
static void count_up(const char *lock, const char *counter, int rounds)
{
	for (int i = 0; i < rounds; i++) {
		char *text, *next;
		int fd;

		/* Without a pause, so that somebody always is between open() and flock(). */
		while ((fd = file_lock(lock, false, NULL, NULL)) < 0)
			;
		text = file_read(counter, 100, NULL, NULL);
		if (!text)
			_exit(1);
		next = xasprintf("%d", atoi(text) + 1);
		if (file_write_atomic(counter, next, strlen(next), NULL) < 0)
			_exit(1);
		unlink(lock);
		close(fd);
	}
	_exit(0);
}

static void test_lock_excludes_though_its_file_is_removed(void **state)
{
	_cleanup_free_ char *lock = scratch_path(state, "lock");
	_cleanup_free_ char *counter = scratch_path(state, "counter");
	_cleanup_free_ char *text = NULL;
	pid_t pids[4];

	scratch_write(state, "counter", "0");
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			count_up(lock, counter, 100);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	text = scratch_read(state, "counter");
	assert_string_equal(text, "400");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path_join_table),
		scratch_test(test_path_cache_dir_follows_the_environment),
		scratch_test(test_path_data_dir_takes_the_environment),
		scratch_test(test_mkdir_p_makes_parents_once),
		scratch_test(test_mkdir_p_over_a_file_names_it),
		scratch_test(test_mkdir_p_tells_why_the_kernel_refused),
		scratch_test(test_file_read_at_its_bound),
		cmocka_unit_test(test_file_read_without_size),
		scratch_test(test_write_atomic_without_room_keeps_the_old),
		scratch_test(test_write_atomic_seen_and_killed_at_any_moment),
		scratch_test(test_write_atomic_into_missing_folder_fails),
		scratch_test(test_write_atomic_to_bare_name),
		scratch_test(test_file_copy_keeps_bytes_and_mode),
		scratch_test(test_file_copy_keeps_holes),
		scratch_test(test_file_copy_that_fails_leaves_nothing),
		scratch_test(test_remove_tree_follows_no_link),
		scratch_test(test_tree_size_counts_what_is_below),
		scratch_test(test_list_dir_is_sorted),
		scratch_test(test_lock_is_busy_until_the_holder_dies),
		scratch_test(test_lock_in_missing_folder_is_not_busy),
		scratch_test(test_lock_of_a_folder_leaves_nothing_in_it),
		scratch_test(test_lock_waiting_ends_with_the_users_wish),
		scratch_test(test_lock_excludes_though_its_file_is_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
