/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The run directory: how it begins, how it is found alone, how it repeats its run. */
#include "tests/scratch.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/child.h"
#include "base/file.h"
#include "base/json.h"
#include "plan/plan.h"

static const char *const small_case = "name: small\n"
				      "question: q\n"
				      "kernel: {fragments: [base, fault]}\n"
				      "steps:\n"
				      "  - snapshot: /proc/swaps\n";

static struct case_file *read_text(const char *text)
{
	struct err err = ERR_INIT;
	struct case_file *c = case_read_bytes("t.yaml", text, strlen(text), NULL, &err);

	if (!c)
		fail_msg("%s", err.msg);
	return c;
}

static void remove_dir(const char *dir)
{
	struct err err = ERR_INIT;

	assert_int_equal(file_remove_tree(dir, &err), 0);
}

static json_t *read_run_json(const char *run_dir)
{
	struct err err = ERR_INIT;
	_cleanup_free_ char *path = path_join(run_dir, "run.json");
	json_t *run = json_read_file(path, 65536, &err);

	if (!run)
		fail_msg("%s", err.msg);
	return run;
}

static void test_run_dir_make_begins_incomplete(void **state)
{
	_cleanup_free_ char *base = xstrdup(*state), *run_dir = NULL, *path = NULL, *bytes = NULL;
	struct case_file *c = read_text(small_case);
	struct plan *p = plan_new(c);
	struct err err = ERR_INIT;
	_cleanup_json_ json_t *run = NULL, *values = json_object(), *after = NULL;

	run_dir = plan_run_dir_make(base, p, &err);
	assert_non_null(run_dir);
	run = read_run_json(run_dir);
	assert_string_equal(json_get_str(run, "state", ""), "incomplete");
	assert_string_equal(json_get_str(run, "id", ""), path_base(run_dir));
	assert_non_null(strstr(run_dir, "-small-"));
	path = path_join(run_dir, "case.yaml");
	bytes = file_read(path, 65536, NULL, &err);
	assert_string_equal(bytes, small_case);

	json_set_str(values, "state", "done");
	json_set_str(values, "verdict", "pass");
	assert_int_equal(plan_run_dir_update(run_dir, values, &err), 0);
	after = read_run_json(run_dir);
	assert_string_equal(json_get_str(after, "state", ""), "done");
	assert_string_equal(json_get_str(after, "verdict", ""), "pass");
	assert_string_equal(json_get_str(after, "started", "a"), json_get_str(run, "started", "b"));
	plan_free(p);
	case_free(c);
}

/* On a full disk: what could not even say "incomplete" is not there. */
static void test_run_dir_without_room_leaves_nothing(void **state)
{
	_cleanup_strv_ struct strv names = { 0 };
	struct case_file *c = read_text(small_case);
	struct plan *p = plan_new(c);
	struct err err = ERR_INIT;
	struct rlimit old, none;
	void (*old_handler)(int) = signal(SIGXFSZ, SIG_IGN);
	char *run_dir;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	none = (struct rlimit){ 0, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	run_dir = plan_run_dir_make(*state, p, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, old_handler);
	assert_null(run_dir);
	assert_int_equal(err.kind, ERR_HOST);
	assert_non_null(strstr(err.msg, "run.json"));
	assert_int_equal(file_list_dir(*state, &names, &err), 0);
	assert_int_equal(names.count, 0);
	plan_free(p);
	case_free(c);
}

/* Many in the same second, from several processes: every one has a folder of its own. */
static void test_run_dir_make_is_unique_in_parallel(void **state)
{
	enum { PROCESSES = 4, EACH = 25 };
	_cleanup_free_ char *base = xstrdup(*state);
	_cleanup_strv_ struct strv names = { 0 };
	struct case_file *c = read_text(small_case);
	struct plan *p = plan_new(c);
	struct err err = ERR_INIT;
	pid_t pids[PROCESSES];
	int i, k, status;

	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0) {
			for (k = 0; k < EACH; k++) {
				char *made = plan_run_dir_make(base, p, &err);

				if (!made)
					_exit(1);
				free(made);
			}
			_exit(0);
		}
	}
	for (i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(file_list_dir(base, &names, &err), 0);
	assert_int_equal(names.count, PROCESSES * EACH);
	plan_free(p);
	case_free(c);
}

static void test_run_dir_make_takes_sources_along(void **state)
{
	_cleanup_free_ char *base = xstrdup(*state), *source = NULL, *sub = NULL, *case_path = NULL,
			    *run_dir = NULL, *again_path = NULL;
	static const char text[] = "name: x\nquestion: q\nsteps:\n  - run: sub/r.c\n";
	struct err err = ERR_INIT;
	struct case_file *c, *again;
	struct plan *p;

	sub = path_join(base, "sub");
	source = path_join(sub, "r.c");
	case_path = path_join(base, "x.yaml");
	assert_int_equal(file_mkdir_p(sub, &err), 0);
	assert_int_equal(file_write_atomic(source, "int main;", 9, &err), 0);
	assert_int_equal(file_write_atomic(case_path, text, strlen(text), &err), 0);
	c = case_read(case_path, NULL, &err);
	assert_non_null(c);
	p = plan_new(c);
	run_dir = plan_run_dir_make(base, p, &err);
	assert_non_null(run_dir);
	/* The case can be read, so run, from its run directory alone. */
	remove_dir(sub);
	again_path = path_join(run_dir, "case.yaml");
	again = case_read(again_path, NULL, &err);
	if (!again)
		fail_msg("%s", err.msg);
	plan_free(p);
	case_free(c);
	case_free(again);
}

static void test_run_dir_make_refuses_a_file_as_base(void **state)
{
	struct case_file *c = read_text(small_case);
	struct plan *p = plan_new(c);
	struct err err = ERR_INIT;

	assert_null(plan_run_dir_make("/dev/null/runs", p, &err));
	assert_int_equal(err.kind, ERR_HOST);
	plan_free(p);
	case_free(c);
}

/* The script is run, with a klab in PATH that prints its arguments. */
static void test_run_dir_rerun_script_quotes(void **state)
{
	_cleanup_free_ char *dir = xstrdup(*state), *klab = NULL, *script = NULL, *path_env = NULL,
			    *tarball = NULL, *expected = NULL, *kernel_json = NULL,
			    *fragment = NULL, *repo = NULL, *at_rev = NULL, *text = NULL,
			    *cwd = getcwd(NULL, 0);
	static const char fake[] = "#!/bin/sh\n"
				   "test $1 = build && echo 'key         0123' && exit 0\n"
				   "for a; do echo \"<$a>\"; done\n";
	static const char kernel[] = "{\n \"key\": \"0123\"\n}\n";
	_cleanup_strbuf_ struct strbuf out = { 0 };
	_cleanup_strv_ struct strv append = { 0 };
	struct case_file *c = read_text(small_case);
	struct plan *p = plan_new(c);
	struct err err = ERR_INIT;

	klab = path_join(dir, "klab");
	script = path_join(dir, "rerun.sh");
	kernel_json = path_join(dir, "kernel.json");
	assert_int_equal(file_write_atomic(kernel_json, kernel, strlen(kernel), &err), 0);
	tarball = path_join(dir, "it's $HOME `x`.tar");
	assert_int_equal(file_write_atomic(klab, fake, strlen(fake), &err), 0);
	assert_int_equal(chmod(klab, 0755), 0);
	assert_int_equal(file_write_atomic(tarball, "", 0, &err), 0);
	/* A path with a +, and a revision with an @, in a folder with another. */
	fragment = path_join(dir, "c++.config");
	repo = path_join(dir, "a@b");
	at_rev = xasprintf("%s@v1@{1}", repo);
	assert_int_equal(file_write_atomic(fragment, "", 0, &err), 0);
	assert_int_equal(mkdir(repo, 0755), 0);
	strv_add(&p->kconfig, fragment);
	strv_add(&append, "a='b c'");
	scratch_write(state, "case.yaml", small_case);
	assert_int_equal(plan_run_dir_write_rerun(dir, p,
						  &(struct rerun){ .source = tarball,
								   .machine = "qemu",
								   .append = &append },
						  &err),
			 0);

	path_env = xasprintf("PATH=%s:/usr/bin:/bin", dir);
	assert_int_equal(child_run_ok(
				 &(struct child_spec){
					 .argv = (const char *[]){ script, "--last", NULL },
					 .cwd = "/",
					 .env_set = (const char *[]){ path_env, NULL },
				 },
				 20000, 65536, &out, &err),
			 0);
	expected = xasprintf(
		"<run>\n<case.yaml>\n<--source>\n<%s>\n<--kconfig>\n<base>\n"
		"<--kconfig>\n<fault>\n<--kconfig>\n<%s>\n<--machine>\n<qemu>\n<--append>\n<a='b "
		"c'>\n<--seed>\n<1>\n<--mode>\n<free>\n<--timeout>\n"
		"<120000ms>\n<-o>\n<..>\n<--last>\n",
		tarball, fragment);
	assert_string_equal(out.data, expected);
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(plan_run_dir_write_rerun(dir, p, &(struct rerun){ .source = "a@b@v1@{1}" },
						  &err),
			 0);
	assert_int_equal(chdir(cwd), 0);
	text = scratch_read(state, "rerun.sh");
	assert_non_null(strstr(text, at_rev));
	plan_free(p);
	case_free(c);
}

/* A compiler of today is none of the run's; what was not set then is not set again. */
static void test_run_dir_rerun_script_keeps_the_environment(void **state)
{
	static const char fake[] = "#!/bin/sh\n"
				   "test $1 = build && echo 'key         0123'\n"
				   "echo \"$1 CC=${CC-none} KCFLAGS=${KCFLAGS-none} "
				   "LLVM=${LLVM-none} KLAB_QEMU=${KLAB_QEMU-none}\" >>said\n";
	_cleanup_free_ char *dir = xstrdup(*state), *klab = path_join(dir, "klab"),
			    *script = path_join(dir, "rerun.sh"), *klab_env = NULL, *said = NULL;
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct case_file *c = read_text(small_case);
	struct plan *p = plan_new(c);
	struct err err = ERR_INIT;

	scratch_write(state, "klab", fake);
	scratch_write(state, "kernel.json", "{\n \"key\": \"0123\"\n}\n");
	scratch_write(state, "case.yaml", small_case);
	assert_int_equal(chmod(klab, 0755), 0);
	setenv("CC", "ccache gcc", 1);
	setenv("KCFLAGS", "-DX='it is'", 1);
	unsetenv("LLVM");
	unsetenv("KLAB_QEMU");
	assert_int_equal(plan_run_dir_write_rerun(dir, p, &(struct rerun){ 0 }, &err), 0);
	unsetenv("CC");
	unsetenv("KCFLAGS");
	klab_env = xasprintf("KLAB=%s", klab);
	assert_int_equal(
		child_run_ok(
			&(struct child_spec){
				.argv = (const char *[]){ script, NULL },
				.cwd = "/",
				.env_set = (const char *[]){ klab_env, "CC=clang", "LLVM=1", NULL },
			},
			20000, 65536, &out, &err),
		0);
	said = scratch_read(state, "said");
	assert_string_equal(said, "build CC=ccache gcc KCFLAGS=-DX='it is' LLVM=none "
				  "KLAB_QEMU=none\n"
				  "run CC=ccache gcc KCFLAGS=-DX='it is' LLVM=none "
				  "KLAB_QEMU=none\n");
	plan_free(p);
	case_free(c);
}

/* What klab would build now is not what kernel.json names, or nobody knows what that was. */
static void test_run_dir_rerun_script_refuses_another_kernel(void **state)
{
	static const char *const manifests[] = { "{\n \"key\": \"0123\"\n}\n", "{}\n", "" };
	static const char fake[] = "#!/bin/sh\n"
				   "test $1 = build && echo 'key         4567' && exit 0\n"
				   "touch ran\n";
	_cleanup_free_ char *dir = xstrdup(*state), *klab = path_join(dir, "klab"),
			    *script = path_join(dir, "rerun.sh"), *ran = path_join(dir, "ran"),
			    *kernel_json = path_join(dir, "kernel.json"), *klab_env = NULL;
	struct case_file *c = read_text(small_case);
	struct plan *p = plan_new(c);
	struct err err = ERR_INIT;

	klab_env = xasprintf("KLAB=%s", klab);
	assert_int_equal(file_write_atomic(klab, fake, strlen(fake), &err), 0);
	assert_int_equal(chmod(klab, 0755), 0);
	scratch_write(state, "case.yaml", small_case);
	assert_int_equal(plan_run_dir_write_rerun(dir, p, &(struct rerun){ 0 }, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(manifests); i++) {
		const struct child_spec spec = {
			.argv = (const char *[]){ script, NULL },
			.cwd = "/",
			.env_set = (const char *[]){ klab_env, NULL },
		};
		_cleanup_strbuf_ struct strbuf said = { 0 };
		struct child_exit ex;

		assert_int_equal(file_write_atomic(kernel_json, manifests[i], strlen(manifests[i]),
						   &err),
				 0);
		assert_int_equal(child_run(&spec, 20000, 65536, NULL, &said, &ex, &err), 0);
		assert_true(ex.exited);
		assert_int_equal(ex.code, 3);
		assert_non_null(strstr(said.data, "another kernel"));
		assert_false(path_exists(ran));
	}
	plan_free(p);
	case_free(c);
}

/* Runs rerun.sh with a klab and a QEMU that only say things; what it said, yours. */
static char *run_rerun(const char *dir, int expected_code)
{
	_cleanup_free_ char *script = path_join(dir, "rerun.sh"), *klab = path_join(dir, "klab"),
			    *klab_env = xasprintf("KLAB=%s", klab);
	const struct child_spec spec = {
		.argv = (const char *[]){ script, NULL },
		.cwd = "/",
		.env_set = (const char *[]){ klab_env, NULL },
	};
	struct strbuf said = { 0 };
	struct child_exit ex;
	struct err err = ERR_INIT;

	assert_int_equal(child_run(&spec, 20000, 65536, NULL, &said, &ex, &err), 0);
	if (!ex.exited || ex.code != expected_code)
		fail_msg("exit %d: %s", ex.code, said.data ? said.data : "");
	return said.data ? said.data : xstrdup("");
}

static void assert_rerun_refuses(const char *dir, const char *what)
{
	_cleanup_free_ char *said = run_rerun(dir, 3);

	if (!strstr(said, what))
		fail_msg("\"%s\" does not say \"%s\"", said, what);
	assert_non_null(strstr(said, "it would be no repetition"));
}

/* Another snapshot is another start: of a run that counts instructions no repetition. */
static void test_run_dir_rerun_script_knows_its_snapshot(void **state)
{
	static const char klab[] = "#!/bin/sh\n"
				   "test $1 = build && echo 'key         0123'; exit 0\n";
	static const char info[] = "cache/klab/snapshots/77aa/snapshot.json";
	const struct plan_snapshot snapshot = { .key = "77aa", .state_sha256 = "abcd" };
	const char *dir = *state;
	_cleanup_free_ char *klab_path = path_join(dir, "klab"), *cache = path_join(dir, "cache"),
			    *folder = path_join(dir, "cache/klab/snapshots/77aa");
	struct case_file *c = read_text(small_case);
	struct plan *p = plan_new(c);
	struct err err = ERR_INIT;

	scratch_write(state, "klab", klab);
	scratch_write(state, "case.yaml", small_case);
	scratch_write(state, "kernel.json", "{\n \"key\": \"0123\"\n}\n");
	assert_int_equal(chmod(klab_path, 0755), 0);
	assert_int_equal(file_mkdir_p(folder, &err), 0);
	setenv("XDG_CACHE_HOME", cache, 1);
	p->snapshot = &snapshot;
	for (int counted = 0; counted < 2; counted++) {
		_cleanup_free_ char *gone = NULL, *other = NULL, *there = NULL;

		p->mode = counted ? PLAN_MODE_DETERMINISTIC : PLAN_MODE_FREE;
		assert_int_equal(plan_run_dir_write_rerun(dir, p, &(struct rerun){ 0 }, &err), 0);
		scratch_write(state, info, "{\"state\": {\"sha256\": \"abcd\"}}\n");
		there = run_rerun(dir, 0);
		assert_string_equal(there, "");
		scratch_write(state, info, "{\"state\": {\"sha256\": \"ef01\"}}\n");
		other = run_rerun(dir, counted ? 3 : 0);
		assert_non_null(strstr(other, "the snapshot that the run went on from is gone"));
		scratch_write(state, info, "");
		gone = run_rerun(dir, counted ? 3 : 0);
		assert_string_equal(gone, other);
	}
	unsetenv("XDG_CACHE_HOME");
	plan_free(p);
	case_free(c);
}

static void test_run_dir_rerun_script_says_what_differs(void **state)
{
	static const char klab[] = "#!/bin/sh\n"
				   "test $1 = build && echo 'key         0123'; exit 0\n";
	static const char qemu[] = "#!/bin/sh\necho 'QEMU emulator version 7.2.22 (Debian)'\n";
	static const char text[] = "name: x\nquestion: q\nsteps: [run: {source: a.c}]\n";
	const char *dir = *state;
	_cleanup_free_ char *klab_path = path_join(dir, "klab"),
			    *qemu_path = path_join(dir, "qemu"),
			    *case_path = path_join(dir, "case.yaml"), *fine = NULL, *again = NULL,
			    *gone = NULL;
	struct err err = ERR_INIT;
	struct case_file *c;
	struct plan *p;

	scratch_write(state, "klab", klab);
	scratch_write(state, "qemu", qemu);
	scratch_write(state, "case.yaml", text);
	scratch_write(state, "a.c", "int main(void) { return 0; }\n");
	scratch_write(state, "kernel.json", "{\n \"key\": \"0123\"\n}\n");
	assert_int_equal(chmod(klab_path, 0755), 0);
	assert_int_equal(chmod(qemu_path, 0755), 0);
	c = case_read(case_path, NULL, &err);
	assert_non_null(c);
	p = plan_new(c);
	setenv("KLAB_QEMU", qemu_path, 1);
	assert_int_equal(plan_run_dir_write_rerun(dir, p, &(struct rerun){ 0 }, &err), 0);
	unsetenv("KLAB_QEMU");
	/* A run that never ended names no QEMU. */
	fine = run_rerun(dir, 0);
	scratch_write(state, "machine.json", "{\n \"qemu_version\": \"7.2.22\"\n}\n");
	again = run_rerun(dir, 0);
	scratch_write(state, "machine.json", "{\n \"qemu_version\": \"10.0.2\"\n}\n");
	assert_rerun_refuses(dir, "QEMU 7.2.22 now, the run had 10.0.2");
	assert_int_equal(unlink(qemu_path), 0);
	assert_rerun_refuses(dir, "QEMU is not there now");
	scratch_write(state, "qemu", qemu);
	assert_int_equal(chmod(qemu_path, 0755), 0);
	scratch_write(state, "machine.json", "{\n \"qemu_version\": \"7.2.22\"\n}\n");
	scratch_write(state, "a.c", "int main(void) { return 1; }\n");
	assert_rerun_refuses(dir, "a.c is not as it was in the run");
	scratch_write(state, "a.c", "int main(void) { return 0; }\n");
	assert_int_equal(unlink(case_path), 0);
	assert_rerun_refuses(dir, "case.yaml is not as it was in the run");
	assert_int_equal(unlink(klab_path), 0);
	gone = run_rerun(dir, 3);
	assert_non_null(strstr(gone, "is not there: put it into PATH, or set KLAB"));
	plan_free(p);
	case_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_run_dir_make_begins_incomplete),
		scratch_test(test_run_dir_without_room_leaves_nothing),
		scratch_test(test_run_dir_make_is_unique_in_parallel),
		scratch_test(test_run_dir_make_takes_sources_along),
		cmocka_unit_test(test_run_dir_make_refuses_a_file_as_base),
		scratch_test(test_run_dir_rerun_script_quotes),
		scratch_test(test_run_dir_rerun_script_keeps_the_environment),
		scratch_test(test_run_dir_rerun_script_refuses_another_kernel),
		scratch_test(test_run_dir_rerun_script_says_what_differs),
		scratch_test(test_run_dir_rerun_script_knows_its_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
