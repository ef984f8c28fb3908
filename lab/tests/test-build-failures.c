/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build_kernel() when something goes wrong, or somebody else builds too. */
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "tests/build-world.h"

/* ---- what goes wrong ---- */

static void test_build_lost_options_build_nothing(void **state)
{
	_cleanup_free_ char *cache = scratch_path(state, "cache");
	_cleanup_free_ char *data = scratch_path(state, "data");
	_cleanup_free_ char *source = scratch_path(state, "t");
	_cleanup_free_ char *trees = scratch_path(state, "cache/trees");
	_cleanup_strv_ struct strv names = { 0 };
	struct build_request req = {
		.source = source, .fragments = &names, .data_dir = data, .cache_dir = cache
	};
	struct kconfig_lost *lost = NULL;
	size_t lost_count = 0;
	struct err err = ERR_INIT;

	set_up(state);
	strv_add(&names, "base");
	strv_add(&names, "gone");
	assert_null(build_kernel(&req, NULL, &lost, &lost_count, &err));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_true(str_starts(err.msg,
			       "gone:1: GONE=y does not hold (it is n): never on; set OTHER=y"));
	assert_non_null(strstr(err.msg, "and 1 more"));
	assert_int_equal(lost_count, 2);
	assert_string_equal(lost[1].symbol, "NOWHERE");
	assert_string_equal(lost[1].origin, "gone:2");
	assert_string_equal(lost[0].turn_on.items[0], "OTHER=y");
	assert_false(path_exists(trees));
	kconfig_lost_free(lost, lost_count);
}

static void assert_fails(void **state, enum err_kind kind, const char *text)
{
	struct err err = ERR_INIT;

	assert_null(build_with(state, "cache", "t", "base", NULL, &err));
	if (err.kind != kind || !strstr(err.msg, text))
		fail_msg("kind %d: %s", err.kind, err.msg);
}

static void test_build_compiler_error_has_file_and_line(void **state)
{
	struct kernel *k;

	set_up(state);
	sh(state, "printf 'int a;\\nBROKEN\\n' > t/block/bio.c");
	assert_fails(state, ERR_BUILD, "block/bio.c:2:5: error: expected ';' before 'BROKEN'");
	sh(state, "echo 'int a;' > t/block/bio.c");
	k = build(state, "base");
	kernel_free(k);
}

/* For git bisect a build that failed is a commit to skip: what the host did is not that. */
static void test_build_failures_of_the_host_are_told_from_errors(void **state)
{
	static const struct {
		enum err_kind kind;
		const char *says, *told;
	} rows[] = {
		{ ERR_HOST, "fatal error: error writing to /tmp/x.s: No space left on device",
		  "disk full: fatal error: error writing to /tmp/x.s" },
		{ ERR_HOST, "gcc: fatal error: Killed signal terminated program cc1",
		  "the host failed, not the source: gcc: fatal error: Killed" },
		{ ERR_HOST, "as: x.o: Input/output error", "the host failed" },
		{ ERR_HOST, "cc1: out of memory: Cannot allocate memory", "the host failed" },
		/* A line of code that the compiler quotes. */
		{ ERR_BUILD,
		  "a.c:3:1: error: no\nSAYS    3 | err(\"full: No space left on device\");",
		  "a.c:3:1: error: no" },
	};

	set_up(state);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = xasprintf("SAYS %s\n", rows[i].says);

		scratch_write(state, "t/mm/swap.c", text);
		assert_fails(state, rows[i].kind, rows[i].told);
	}
}

/* Blanks and colons are separators to kbuild, others mean something to make and the shell. */
static void test_build_paths_that_makefiles_do_not_take_are_refused(void **state)
{
	static const char *const names[] = { "a cache", "a:b", "$(shell touch made)", "a'b",
					     "a;b" };

	set_up(state);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct err err = ERR_INIT;

		assert_null(build_with(state, names[i], "t", "base", NULL, &err));
		assert_int_equal(err.kind, ERR_INPUT);
		assert_non_null(strstr(err.msg, "the cache"));
		setenv("NAME", names[i], 1);
		sh(state, "rm -rf \"$NAME\"; cp -r t \"$NAME\"");
		assert_null(build_with(state, "cache", names[i], "base", NULL, &err));
		assert_int_equal(err.kind, ERR_INPUT);
		assert_non_null(strstr(err.msg, "the source"));
		assert_non_null(strstr(err.msg, names[i]));
	}
	unsetenv("NAME");
	sh(state, "test ! -e made; test ! -e t/made");
}

static void test_build_missing_tools_are_named(void **state)
{
	_cleanup_free_ char *bin = scratch_path(state, "bin");
	_cleanup_free_ char *old = xstrdup(getenv("PATH"));

	set_up(state);
	/* All there is but flex, bison and what a kernel's scripts and its assembler files need. */
	sh(state, "mkdir bin; for p in sh gcc ld ar nm objcopy make git awk; do "
		  "ln -s $(command -v $p) bin/$p; done");
	unsetenv("CC"); /* `make CC="ccache gcc"`: no ccache there either */
	setenv("PATH", bin, 1);
	assert_fails(state, ERR_HOST,
		     "flex, bison, bash, as: apt install flex bison bash binutils");
	setenv("CC", "no-such-gcc", 1);
	assert_fails(state, ERR_HOST, "no-such-gcc");
	unsetenv("CC");
	setenv("PATH", old, 1);
}

/* A program that only runs the compiler makes no other kernel; another compiler does. */
static void test_build_compiler_counts_as_it_is_not_as_it_is_called(void **state)
{
	static const struct {
		const char *cc;
		bool same;
	} rows[] = {
		{ "gcc", true },
		{ "ccache gcc", true },
		{ "/opt/x/ccache gcc", true },
		{ "distcc ccache  gcc", true },
		{ "gcc -m64", false },
		{ "wrapped gcc", false },
		{ "my-gcc", false },
		{ "ccache my-gcc", false },
	};
	_cleanup_free_ char *old = xstrdup(getenv("PATH"));
	_cleanup_free_ char *bin = scratch_path(state, "bin");
	_cleanup_free_ char *path = xasprintf("%s:%s", bin, old);
	struct kernel *plain;

	set_up(state);
	sh(state, "mkdir -p bin opt; for p in ccache distcc wrapped; do "
		  "printf '#!/bin/sh\nexec \"$@\"\n' > bin/$p; done; "
		  "printf '#!/bin/sh\nexec gcc \"$@\"\n' > bin/my-gcc; chmod +x bin/*");
	setenv("PATH", path, 1);
	plain = build(state, "base");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool absolute = str_starts(rows[i].cc, "/opt/x/");
		_cleanup_free_ char *cc =
			absolute ? xasprintf("%s/%s", bin, rows[i].cc + strlen("/opt/x/"))
				 : xstrdup(rows[i].cc);
		struct kernel *other;

		setenv("CC", cc, 1);
		other = build(state, "base");
		if (str_eq(plain->key, other->key) != rows[i].same)
			fail_msg("CC=%s: %s key", cc, rows[i].same ? "another" : "the same");
		assert_true(other->was_stored || !rows[i].same);
		kernel_free(other);
	}
	unsetenv("CC");
	setenv("PATH", old, 1);
	kernel_free(plain);
}

static void test_build_environment_is_honoured(void **state)
{
	struct kernel *plain, *flagged;

	set_up(state);
	plain = build(state, "base");
	setenv("KCFLAGS", "-DKLAB_TEST", 1);
	flagged = build(state, "base");
	unsetenv("KCFLAGS");
	/* Other flags, another kernel: never the stored one. */
	assert_string_not_equal(plain->key, flagged->key);
	assert_string_equal(json_get_str(json_get_object(flagged->manifest, "toolchain"), "kcflags",
					 ""),
			    "-DKLAB_TEST");
	/* What would break a build, or make it another one, does not get through. */
	setenv("MAKEFLAGS", "--no-such-flag", 1);
	setenv("KBUILD_OUTPUT", "/nowhere", 1);
	setenv("LOCALVERSION", "-dirty", 1);
	sh(state, "rm -r cache/store cache/trees");
	kernel_free(build(state, "base"));
	unsetenv("MAKEFLAGS");
	unsetenv("KBUILD_OUTPUT");
	unsetenv("LOCALVERSION");
	sh(state,
	   "grep -aq 'version 1 klab Thu Jan  1 00:00:00 UTC 1970 \\[\\]' cache/store/*/bzImage");
	setenv("ARCH", "m68k", 1);
	assert_fails(state, ERR_INPUT, "ARCH=m68k");
	unsetenv("ARCH");
	kernel_free(plain);
	kernel_free(flagged);
}

static void test_build_no_fragment_is_input_error(void **state)
{
	struct err err = ERR_INIT;

	set_up(state);
	assert_null(build_with(state, "cache", "t", "nope", NULL, &err));
	assert_int_equal(err.kind, ERR_INPUT);
}

static void test_config_why_of_no_symbol_is_input_error(void **state)
{
	_cleanup_free_ char *cache = scratch_path(state, "cache");
	_cleanup_free_ char *data = scratch_path(state, "data");
	_cleanup_free_ char *source = scratch_path(state, "t");
	_cleanup_free_ char *text = NULL;
	_cleanup_strv_ struct strv names = { 0 };
	struct build_request req = {
		.source = source, .fragments = &names, .data_dir = data, .cache_dir = cache
	};
	struct err err = ERR_INIT;

	set_up(state);
	strv_add(&names, "base");
	text = build_config_why(&req, "CONFIG_WBT", false, NULL, &err);
	assert_non_null(text);
	assert_true(str_starts(text, "WBT=n"));
	for (int as_json = 0; as_json < 2; as_json++) {
		assert_null(build_config_why(&req, "CONFIG_BOI", as_json, NULL, &err));
		assert_int_equal(err.kind, ERR_INPUT);
		assert_string_equal(err.msg, "BOI: no such symbol in this tree; did you mean BIO?");
	}
}

static void test_build_source_changed_meanwhile_is_not_stored(void **state)
{
	_cleanup_free_ char *store = scratch_path(state, "cache/store");
	pid_t pid;
	struct err err = ERR_INIT;
	int status;

	set_up(state);
	sh(state, "echo 0.5 > t/pause");
	pid = fork();
	if (pid == 0) {
		struct kernel *k = build_with(state, "cache", "t", "base", NULL, &err);

		_exit(k ? 1 : strstr(err.msg, "changed while it was being built") ? 0 : 2);
	}
	sh(state, "for i in $(seq 100); do ls cache/trees/*/obj/block/*.o && break; sleep 0.05; "
		  "done; echo 'int new;' >> t/mm/swap.c");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_false(path_exists(store));
}

/* ---- interrupts and several klabs ---- */

/* Starts a build in a child, and waits until its first object is half written. */
static pid_t start_build(void **state, const char *fragments)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct err err = ERR_INIT;
		struct kernel *k;

		setpgid(0, 0);
		cancel_install();
		k = build_with(state, "cache", "t", fragments, NULL, &err);
		_exit(k ? 0 : err.kind == ERR_CANCELLED ? 10 : 11);
	}
	sh(state, "for i in $(seq 200); do grep -q half cache/trees/*/obj/*/*.o 2>/dev/null && "
		  "exit 0; sleep 0.02; done; exit 1");
	return pid;
}

static char *clean_hash(void **state, const char *fragments)
{
	struct err err = ERR_INIT;
	struct kernel *k;
	char *hash;

	sh(state, "rm -f t/pause; rm -rf clean");
	k = build_with(state, "clean", "t", fragments, NULL, &err);
	assert_non_null(k);
	hash = xstrdup(vmlinux_hash(k));
	kernel_free(k);
	return hash;
}

static void test_build_interrupted_leaves_a_good_tree(void **state)
{
	_cleanup_free_ char *clean = NULL;
	struct kernel *k;
	uint64_t before_ms;
	int status;
	pid_t pid;

	set_up(state);
	sh(state, "echo 3 > t/pause");
	pid = start_build(state, "base");
	before_ms = clock_monotonic_ms();
	kill(pid, SIGINT);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 10);
	assert_true(clock_monotonic_ms() - before_ms < 3000);
	sh(state, "! ls cache/trees/*/obj/*/*.o 2>/dev/null");
	clean = clean_hash(state, "base");
	k = build(state, "base");
	assert_string_equal(vmlinux_hash(k), clean);
	kernel_free(k);
}

/* Killed with no chance to clean up; its compilers live on, and write on. */
static void test_build_killed_leaves_a_good_tree(void **state)
{
	_cleanup_free_ char *clean = NULL;
	struct kernel *k;
	int status;
	pid_t pid;

	set_up(state);
	sh(state, "echo 1 > t/pause");
	pid = start_build(state, "base");
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	sh(state, "grep -q half cache/trees/*/obj/*/*.o; rm t/pause");
	k = build(state, "base");
	clean = clean_hash(state, "base");
	assert_string_equal(vmlinux_hash(k), clean);
	kernel_free(k);
}

static void test_build_second_klab_waits_with_a_message(void **state)
{
	struct heard h = { .progress = { .note = hear_note, .update = hear_update } };
	struct err err = ERR_INIT;
	struct kernel *k;
	int status;
	pid_t pid;

	set_up(state);
	sh(state, "echo 1 > t/pause");
	pid = start_build(state, "base");
	k = build_with(state, "cache", "t", "base", &h, &err);
	assert_non_null(k);
	assert_non_null(h.notes.data);
	assert_non_null(strstr(h.notes.data, "waiting for another klab"));
	/* It need not build what the other one has just built. */
	assert_true(k->was_stored);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 0);
	kernel_free(k);
	strbuf_clear(&h.notes);
}

static void test_build_many_klabs_at_once(void **state)
{
	enum { PROCESSES = 6 };
	pid_t pids[PROCESSES];

	set_up(state);
	for (int p = 0; p < PROCESSES; p++) {
		pids[p] = fork();
		if (pids[p] == 0) {
			struct err err = ERR_INIT;
			struct kernel *k =
				build_with(state, "cache", "t",
					   p % 2 ? "base+wbt-on" : "base+wbt-off", NULL, &err);

			_exit(k && path_exists(k->image) ? 0 : 1);
		}
	}
	for (int p = 0; p < PROCESSES; p++) {
		int status;

		assert_int_equal(waitpid(pids[p], &status, 0), pids[p]);
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	sh(state, "test $(ls -d cache/store/* | wc -l) = 2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_build_lost_options_build_nothing),
		scratch_test(test_build_compiler_error_has_file_and_line),
		scratch_test(test_build_failures_of_the_host_are_told_from_errors),
		scratch_test(test_build_paths_that_makefiles_do_not_take_are_refused),
		scratch_test(test_build_missing_tools_are_named),
		scratch_test(test_build_compiler_counts_as_it_is_not_as_it_is_called),
		scratch_test(test_build_environment_is_honoured),
		scratch_test(test_build_no_fragment_is_input_error),
		scratch_test(test_config_why_of_no_symbol_is_input_error),
		scratch_test(test_build_source_changed_meanwhile_is_not_stored),
		scratch_test(test_build_interrupted_leaves_a_good_tree),
		scratch_test(test_build_killed_leaves_a_good_tree),
		scratch_test(test_build_second_klab_waits_with_a_message),
		scratch_test(test_build_many_klabs_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
