/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a case says of the kernel's functions against a small kernel made here. */
#include "tests/scratch.h"

#include <stdlib.h>

#include "base/child.h"
#include "base/file.h"
#include "base/json.h"
#include "build/zstd-file.h"
#include "cmd/functions.h"

static const char map_text[] = "ffffffff81000000 T should_fail_bio\n"
			       "ffffffff81000010 t should_failslab\n"
			       "ffffffff81000020 T schedule\n"
			       "ffffffff81000030 t first_half.part.0\n"
			       "ffffffff82000000 d _eil_addr_should_fail_bio\n"
			       "ffffffff82000010 d _eil_addr_should_failslab\n";

/* Of the steps and probes; the mistakes, a line each. Yours. */
static char *check(void **state, const char *map, const char *body, struct err *err)
{
	_cleanup_free_ char *text = xasprintf("name: f\nquestion: q\n%s", body);
	_cleanup_strv_ struct strv mistakes = { 0 };
	struct kernel kernel = { .system_map = scratch_path(state, "System.map"),
				 .vmlinux_zst = scratch_path(state, "vmlinux.zst"),
				 .manifest =
					 json_pack("{s:{s:s}}", "source", "release", "6.1.192") };
	_cleanup_free_ char *path = scratch_path(state, "f.yaml");
	struct case_file *test = case_read_bytes(path, text, strlen(text), NULL, err);
	int ret;

	if (!test)
		fail_msg("%s", err->msg);
	if (map)
		scratch_write(state, "System.map", map);
	ret = functions_check(test, &kernel, &mistakes, err);
	assert_int_equal(ret, err->kind == ERR_NONE ? 0 : -1);
	case_free(test);
	json_decref(kernel.manifest);
	free(kernel.system_map);
	free(kernel.vmlinux_zst);
	return strv_join(&mistakes, "\n");
}

static void good(void **state, const char *body)
{
	struct err err = ERR_INIT;
	_cleanup_free_ char *said = check(state, map_text, body, &err);

	if (err.kind != ERR_NONE)
		fail_msg("%s", err.msg);
	assert_string_equal(said, "");
}

static void bad(void **state, const char *map, const char *body, const char *expected)
{
	struct err err = ERR_INIT;
	_cleanup_free_ char *said = check(state, map, body, &err);

	assert_int_equal(err.kind, ERR_INPUT);
	if (!strstr(said, expected))
		fail_msg("%s\nexpected: %s", said, expected);
	assert_true(str_starts(said, err.msg));
}

/* A vmlinux of two of the fixtures. */
static void make_vmlinux(void **state, const char *first, const char *second, const char *option)
{
	_cleanup_free_ char *plain = scratch_path(state, "vmlinux");
	_cleanup_free_ char *packed = scratch_path(state, "vmlinux.zst");
	_cleanup_free_ char *one = path_join("lab/tests/fixtures/symbols", first);
	_cleanup_free_ char *two = path_join("lab/tests/fixtures/symbols", second);
	const char *const argv[] = { "gcc",	"-O2",	"-g", "-fno-toplevel-reorder",
				     "-no-pie", option, "-o", plain,
				     one,	two,	NULL };
	struct child_spec spec = { .argv = argv };
	struct err err = ERR_INIT;
	char hex[HASH_HEX_SIZE];
	uint64_t bytes;

	if (child_run_ok(&spec, 60000, 1 << 20, NULL, &err) ||
	    zstd_compress_file(plain, packed, hex, &bytes, &err))
		fail_msg("%s", err.msg);
}

static void make_error_list(void **state)
{
	make_vmlinux(state, "error-list.c", "error-list-twice.c", "-nostdlib");
}

static void test_functions_of_steps_that_the_kernel_has(void **state)
{
	make_error_list(state);
	good(state, "steps:\n"
		    "  - fail_function: {function: should_fail_bio}\n"
		    "  - bpf_override: {function: should_failslab, retval: -12}\n"
		    "  - failslab: {require: schedule, reject: first_half.part.0}\n");
}

static void test_functions_are_not_looked_up_without_need(void **state)
{
	struct err err = ERR_INIT;
	/* There is no System.map at all. */
	_cleanup_free_ char *said = check(state, NULL, "steps: [{failslab: {}}]\n", &err);

	assert_int_equal(err.kind, ERR_NONE);
	assert_string_equal(said, "");
}

static void test_functions_misspelt_have_a_hint(void **state)
{
	bad(state, map_text, "steps:\n  - fail_function: {function: should_fail_boi}\n",
	    "f.yaml:4:31: `function` is `should_fail_boi` (did you mean `should_fail_bio`?); "
	    "expected a function of this kernel");
	bad(state, map_text, "steps:\n  - failslab: {require: shedule}\n",
	    "f.yaml:4:25: `require` is `shedule` (did you mean `schedule`?)");
	/* Among those that may fail, for nothing else would do. */
	bad(state, map_text, "steps:\n  - bpf_override: {function: shedule, retval: 0}\n",
	    "f.yaml:4:30: `function` is `shedule`; expected a function");
}

static void test_functions_that_must_not_fail(void **state)
{
	bad(state, map_text, "steps:\n  - fail_function: {function: schedule}\n",
	    "f.yaml:4:31: `function` is `schedule`, which this kernel does not allow to fail; "
	    "expected one that it marks");
	bad(state, "ffffffff81000020 T schedule\n",
	    "steps:\n  - bpf_override: {function: schedule, retval: 0}\n",
	    "`schedule`, and this kernel has no list of functions that may fail");
}

static void test_functions_that_cannot_fail_by_a_value(void **state)
{
	static const char map[] = "ffffffff81000000 T should_fail_bio\n"
				  "ffffffff81000010 T should_fail_page\n"
				  "ffffffff81000020 T give_page\n"
				  "ffffffff81000030 T give_page_or_error\n"
				  "ffffffff82000000 d _eil_addr_should_fail_bio\n"
				  "ffffffff82000010 d _eil_addr_should_fail_page\n"
				  "ffffffff82000020 d _eil_addr_give_page\n"
				  "ffffffff82000030 d _eil_addr_give_page_or_error\n";
	struct err err = ERR_INIT;
	_cleanup_free_ char *said = NULL;

	make_error_list(state);
	bad(state, map, "steps:\n  - fail_function: {function: should_fail_bio, retval: 5}\n",
	    "f.yaml:4:56: `retval` is 5, and `should_fail_bio` fails by an error, as -EIO; "
	    "expected that");
	bad(state, map, "steps:\n  - fail_function: {function: should_fail_bio, retval: 0}\n",
	    "`retval` is 0, ");
	bad(state, map, "steps:\n  - fail_function: {retval: -EIO, function: should_fail_page}\n",
	    "f.yaml:4:29: `retval` is -5, and `should_fail_page` fails by 1 (true); expected that");
	bad(state, map, "steps:\n  - fail_function: {function: give_page, retval: -ENOMEM}\n",
	    "`retval` is -12, and `give_page` fails by 0 (NULL); expected that");
	bad(state, map, "steps:\n  - bpf_override: {function: give_page_or_error, retval: 1}\n",
	    "`retval` is 1, and `give_page_or_error` fails by an error, as -EIO, or 0 (NULL); "
	    "expected that, or `force: true`");
	said = check(state, map,
		     "steps:\n"
		     "  - fail_function: {function: should_fail_bio, retval: -EIO}\n"
		     "  - fail_function: {function: should_fail_page, retval: 1}\n"
		     "  - fail_function: {function: give_page}\n"
		     "  - bpf_override: {function: give_page_or_error, retval: 0}\n"
		     "  - bpf_override: {function: should_fail_bio, retval: 0, force: true}\n",
		     &err);
	assert_string_equal(said, "");
}

static void test_functions_without_a_vmlinux_have_no_values(void **state)
{
	struct err err = ERR_INIT;
	_cleanup_free_ char *said =
		check(state, map_text,
		      "steps: [{bpf_override: {function: should_fail_bio, retval: -5}}]\n", &err);

	assert_int_equal(err.kind, ERR_HOST);
	assert_non_null(strstr(err.msg, "vmlinux.zst"));
	assert_string_equal(said, "");
	/* And it is not opened without need. */
	good(state, "steps: [{fail_function: {function: should_fail_bio}}]\n");
}

static void test_functions_whose_refusal_is_asked_for(void **state)
{
	good(state, "steps:\n"
		    "  - bpf_override: {function: schedule, retval: 0, errno: EINVAL}\n"
		    "  - bpf_override: {function: none_such, retval: 0, errno: ENOENT}\n");
}

static void test_functions_all_that_are_wrong_are_told(void **state)
{
	struct err err = ERR_INIT;
	_cleanup_free_ char *said = check(state, map_text,
					  "steps:\n"
					  "  - fail_function: {function: schedule}\n"
					  "  - fail_function: {function: no_such_one_at_all}\n",
					  &err);

	assert_non_null(strstr(said, "f.yaml:4:31: "));
	assert_non_null(strstr(said, "f.yaml:5:31: "));
	assert_non_null(strstr(err.msg, "f.yaml:4:31: "));
}

static void test_functions_of_a_bpf_object(void **state)
{
	static const char source[] =
		"#define S(name) __attribute__((section(name), used))\n"
		"S(\"kprobe/schedule\") int right(void *c) { return 0; }\n"
		"S(\"?kprobe/shedule+4\") int wrong(void *c) { return 0; }\n"
		"S(\"?tracepoint/sched/sched_switch\") int none(void *c) { return 0; }\n";
	const char *const argv[] = { "clang", "-target", "bpf", "-O2", "-c",
				     "x.c",   "-o",	 "x.o", NULL };
	struct child_spec spec = { .argv = argv, .cwd = *state };
	struct err err = ERR_INIT;

	scratch_write(state, "x.c", source);
	if (child_run_ok(&spec, 60000, 1 << 20, NULL, &err))
		fail_msg("%s", err.msg);
	good(state, "steps: [{bpf_object: x.o}]\n");
	bad(state, map_text, "steps:\n  - bpf_object: {program: wrong, object: x.o}\n",
	    "f.yaml:4:42: program `wrong` is for `shedule` (did you mean `schedule`?); expected");
}

static void test_functions_of_probes(void **state)
{
	/* The only trace of `middle` is in the debug information. */
	make_vmlinux(state, "first.c", "second.c", "-g");
	good(state, "steps: [{sleep: 1s}]\nprobes: [{at: schedule}, {at: 'mm/none.c:3'}]\n");
	/* In pieces, and inlined. */
	good(state, "steps: [{sleep: 1s}]\nprobes: [{at: first_half}, {at: middle}]\n");
	bad(state, map_text, "steps: [{sleep: 1s}]\nprobes: [{at: schedul}]\n",
	    "f.yaml:4:10: the probe `schedul` (did you mean `schedule`?); expected a function");
	bad(state, map_text, "steps: [{sleep: 1s}]\nprobes: [{at: first}]\n", "the probe `first`");
}

static void test_functions_of_traces(void **state)
{
	static const char sleep[] = "steps: [{sleep: 1s}]\nexpect:\n";
	static const struct {
		const char *trace, *says; /* NULL: it is good */
	} tries[] = {
		{ "[schedule, first_half, middle]", NULL },
		{ "[schedule.isra.0, first_half.constprop.3]", NULL },
		{ "[none_such|schedule]", NULL },
		{ "[schedule, shedule]", "f.yaml:5:5: `trace` has `shedule` (did you mean "
					 "`schedule`?); expected a function" },
		{ "[none_such|nor_this]", "`trace` has `none_such|nor_this`; expected" },
		/* Another kernel's. */
		{ "[none_such], since: 6.12", NULL },
		{ "[none_such], before: 6.1", NULL },
		{ "[none_such], since: 6.1, before: 6.2", "`trace` has `none_such`" },
	};

	/* The debug information is not opened without need. */
	good(state, "steps: [{sleep: 1s}]\nexpect: [{trace: [none_such|schedule]}]\n");
	make_vmlinux(state, "first.c", "second.c", "-g");
	for (size_t i = 0; i < ARRAY_SIZE(tries); i++) {
		_cleanup_free_ char *body = xasprintf("%s  - {trace: %s}\n", sleep, tries[i].trace);

		if (tries[i].says)
			bad(state, map_text, body, tries[i].says);
		else
			good(state, body);
	}
}

static void test_functions_of_a_store_without_its_symbols(void **state)
{
	struct err err = ERR_INIT;
	_cleanup_free_ char *said =
		check(state, NULL, "steps: [{fail_function: {function: schedule}}]\n", &err);

	assert_int_not_equal(err.kind, ERR_NONE);
	assert_non_null(strstr(err.msg, "System.map"));
	assert_string_equal(said, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_functions_of_steps_that_the_kernel_has),
		scratch_test(test_functions_are_not_looked_up_without_need),
		scratch_test(test_functions_misspelt_have_a_hint),
		scratch_test(test_functions_that_must_not_fail),
		scratch_test(test_functions_that_cannot_fail_by_a_value),
		scratch_test(test_functions_without_a_vmlinux_have_no_values),
		scratch_test(test_functions_whose_refusal_is_asked_for),
		scratch_test(test_functions_all_that_are_wrong_are_told),
		scratch_test(test_functions_of_a_bpf_object),
		scratch_test(test_functions_of_probes),
		scratch_test(test_functions_of_traces),
		scratch_test(test_functions_of_a_store_without_its_symbols),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
