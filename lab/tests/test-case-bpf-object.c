// SPDX-License-Identifier: GPL-2.0-or-later
/* Cases with BPF objects: what is no such object, or cannot be attached, is told before a boot. */
#include "tests/scratch.h"

#include "base/child.h"
#include "base/file.h"
#include "case/bpf-object.h"
#include "case/case.h"

/* Compiles the lines to NAME in the test's folder, for a machine that clang knows. */
static void compile(void **state, const char *name, const char *target, const char *lines)
{
	const char *argv[] = { "clang", "-target", target, "-O2", "-c", "x.c", "-o", name, NULL };
	struct child_spec spec = { .argv = argv, .cwd = *state };
	struct err err = ERR_INIT;

	scratch_write(state, "x.c", lines);
	if (child_run_ok(&spec, 60000, 1 << 20, NULL, &err) < 0)
		fail_msg("%s", err.msg);
}

#define PROGRAM(section, name)                                                                     \
	"__attribute__((section(\"" section "\"), used)) int " name "(void *c) { return 0; }\n"

static void compile_good(void **state)
{
	compile(state, "good.o", "bpf",
		PROGRAM("kprobe/schedule", "one") PROGRAM("tracepoint/sched/sched_switch", "two")
			PROGRAM("?kprobe/schedule", "three"));
}

/* Reads a case with this step, which is a mistake; all that is told, yours. */
static char *told(void **state, const char *step)
{
	_cleanup_free_ char *text =
		xasprintf("name: t\nquestion: Q?\nsteps:\n  - bpf_object: %s\n", step);
	_cleanup_free_ char *path = scratch_path(state, "t.yaml");
	_cleanup_strv_ struct strv all = { 0 };
	struct err err = ERR_INIT;
	struct case_file *c;

	scratch_write(state, "t.yaml", text);
	c = case_read(path, &all, &err);
	case_free(c);
	return strv_join(&all, "\n");
}

static void assert_told(void **state, const char *step, const char *place, const char *words)
{
	_cleanup_free_ char *all = told(state, step);

	if (strchr(all, '\n') || !strstr(all, place) || !strstr(all, words))
		fail_msg("%s: expected just one mistake at %s with \"%s\", got \"%s\"", step, place,
			 words, all);
}

static void test_bpf_object_good_ones_are_taken(void **state)
{
	static const char *const steps[] = { "good.o", "{object: good.o, program: two}",
					     "{object: good.o, program: three}" };

	compile_good(state);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		_cleanup_free_ char *all = told(state, steps[i]);

		assert_string_equal(all, "");
	}
}

static void test_bpf_object_programs_are_listed(void **state)
{
	struct bpf_object_programs programs;
	_cleanup_free_ char *path = scratch_path(state, "good.o");
	struct err err = ERR_INIT;

	compile_good(state);
	assert_int_equal(bpf_object_read(path, &programs, &err), 0);
	assert_int_equal(programs.count, 3);
	assert_string_equal(programs.items[0].name, "one");
	assert_string_equal(programs.items[1].section, "tracepoint/sched/sched_switch");
	assert_true(programs.items[1].attached && programs.items[1].known);
	assert_false(programs.items[2].attached);
	bpf_object_programs_clear(&programs);
}

/* A program that calls a function of its object computes only if that may override. */
static void test_bpf_object_functions_that_programs_call(void **state)
{
	static const struct {
		const char *does;
		bool computed;
	} rows[] = { { "*(long *)c", false }, { "((long (*)(void *, long))58)(c, -5)", true } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *lines = xasprintf(
			"static __attribute__((noinline)) int helper(void *c) { return %s; }\n"
			"__attribute__((section(\"kprobe/schedule\"), used)) int one(void *c)\n"
			"{ return helper(c) ? 0 : 1; }\n",
			rows[i].does);
		_cleanup_free_ char *path = scratch_path(state, "calls.o");
		struct bpf_object_programs programs;
		struct err err = ERR_INIT;

		compile(state, "calls.o", "bpf", lines);
		if (bpf_object_read(path, &programs, &err) < 0)
			fail_msg("%s", err.msg);
		assert_int_equal(programs.count, 1);
		assert_true(programs.items[0].values.calls);
		assert_int_equal(programs.items[0].values.computed, rows[i].computed);
		bpf_object_programs_clear(&programs);
	}
}

static void test_bpf_object_no_such_file(void **state)
{
	assert_told(state, "none.o", "t.yaml:4:17:", "no file");
	assert_told(state, "/tmp/x.o", "t.yaml:4:17:", "relative to it");
	assert_told(state, "../x.o", "t.yaml:4:17:", "not above it");
	assert_told(state, "x.c", "t.yaml:4:17:", "expected a .o file");
	assert_told(state, "[a.o]", "t.yaml:4:17:", "expected a .o file");
	assert_told(state, "{program: x}", "t.yaml:4:5:", "lacks `object`");
}

static void test_bpf_object_no_such_object(void **state)
{
	scratch_write(state, "text.o",
		      "this is a text, and long enough to hold what an ELF file "
		      "has at its beginning");
	assert_told(state, "text.o", "t.yaml:4:17:", "text.o is no ELF file");
	scratch_write(state, "empty.o", "");
	assert_told(state, "empty.o", "t.yaml:4:17:", "is no ELF file");
	compile(state, "other.o", "x86_64-linux-gnu", "int main(void) { return 0; }\n");
	assert_told(state, "other.o", "t.yaml:4:17:", "is an ELF file for machine 62, not for BPF");
	compile(state, "big.o", "bpfeb", PROGRAM("kprobe/schedule", "one"));
	assert_told(state, "big.o", "t.yaml:4:17:", "is not 64-bit little-endian");
	compile(state, "none.o", "bpf", "int x;\n");
	assert_told(state, "none.o", "t.yaml:4:17:", "has no program in it");
}

/* The beginning of an object is none: what libbpf says of it is told. */
static void test_bpf_object_cut_short(void **state)
{
	_cleanup_free_ char *path = scratch_path(state, "good.o");
	_cleanup_free_ char *cut = scratch_path(state, "cut.o");
	struct err err = ERR_INIT;
	size_t length = 0;
	_cleanup_free_ char *bytes = NULL;

	compile_good(state);
	bytes = file_read(path, 1 << 20, &length, &err);
	assert_non_null(bytes);
	for (size_t n = 0; n < length; n += 16) {
		_cleanup_free_ char *all = NULL;

		assert_int_equal(file_write_atomic(cut, bytes, n, &err), 0);
		all = told(state, "cut.o");
		if (!strstr(all, "t.yaml:4:17:"))
			fail_msg("%zu bytes of %zu are taken for an object", n, length);
	}
}

static void test_bpf_object_programs_that_cannot_be_attached(void **state)
{
	compile(state, "odd.o", "bpf",
		PROGRAM("kprobe/schedule", "good") PROGRAM("xdp", "packets")
			PROGRAM("kprobe", "nowhere") PROGRAM("no_such_kind/x", "unknown"));
	assert_told(state, "{object: odd.o, program: packets}", "t.yaml:4:42:",
		    "program `packets` is in the section `xdp`; expected one that says what it is "
		    "attached to");
	assert_told(state, "{object: odd.o, program: nowhere}", "t.yaml:4:42:", "`nowhere`");
	assert_told(state, "{object: odd.o, program: unknown}", "t.yaml:4:42:", "`unknown`");
	assert_told(state, "{object: odd.o, program: god}",
		    "t.yaml:4:42:", "no program `god` in odd.o (did you mean `good`?)");
	compile(state, "later.o", "bpf", PROGRAM("?kprobe/schedule", "one"));
	assert_told(state, "later.o", "t.yaml:4:17:", "sections that begin with `?`");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_bpf_object_good_ones_are_taken),
		scratch_test(test_bpf_object_programs_are_listed),
		scratch_test(test_bpf_object_functions_that_programs_call),
		scratch_test(test_bpf_object_no_such_file),
		scratch_test(test_bpf_object_no_such_object),
		scratch_test(test_bpf_object_cut_short),
		scratch_test(test_bpf_object_programs_that_cannot_be_attached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
