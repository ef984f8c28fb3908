// SPDX-License-Identifier: GPL-2.0-or-later
/* Two consoles beside each other: what is a relink's doing, what time's, and what is neither. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/json.h"
#include "compare/lines.h"

static void assert_mask(enum line_masks masks, const char *line, const char *expected)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };

	line_mask(line, strlen(line), masks, &out);
	assert_string_equal(out.length ? out.data : "", expected);
}

static void test_mask_leaves_what_the_kernel_said(void **state)
{
	static const char *const said[] = {
		/* Numbers that are none of the linker's: they may be the difference. */
		"I/O error, dev sda, sector 12345678 op 0x1:(WRITE) flags 0x8800",
		"ASC=0x11 deadbeef CR2: 0000000000000000",
		"R10: dead4ead00000000",
		"a ffffffff812345678 b_ffffffff81234567",
		"+0x12/0x34",
		"[no time] 1",
		"[    1.5",
		"[T1] x",
		"",
	};

	for (size_t i = 0; i < ARRAY_SIZE(said); i++)
		assert_mask(MASK_RELINK, said[i], said[i]);
	assert_mask(MASK_NOTHING, "[    1.5] up", "[    1.5] up");
	/* Of one kernel nothing was linked anew. */
	assert_mask(MASK_TIMES, "[    1.5] f+0x12/0x34 ffffffff81234567",
		    "f+0x12/0x34 ffffffff81234567");
	assert_mask(MASK_TIMES, "[    1.5] Memory: 1K", "Memory: 1K");
}

static void test_mask_takes_times(void **state)
{
	assert_mask(MASK_TIMES, "[    1.234567] sd 0:0:0:0: [sda]", "sd 0:0:0:0: [sda]");
	assert_mask(MASK_TIMES, "[    1.234567][    T1] sd", "sd");
	assert_mask(MASK_TIMES, "[    1.234567][C0] sd", "sd");
	assert_mask(
		MASK_TIMES,
		"[    6.1] clocksource: tsc: mask: 0xffffffffffffffff max_cycles: 0x256bf8d59a4, "
		"max_idle_ns: 440795204888 ns",
		"clocksource: tsc: mask: # max_cycles: #, max_idle_ns: # ns");
	assert_mask(MASK_TIMES, "[    6.1] R10: 000000000000006c R11: 0000000000000246 R12: 1f",
		    "R10: # R11: # R12: 1f");
	assert_mask(MASK_NOTHING, "[    6.1] R10: 000000000000006c",
		    "[    6.1] R10: 000000000000006c");
	assert_mask(MASK_TIMES, "[    1.2] sched_clock: Marking stable (86963352, 432662)",
		    "sched_clock: Marking stable (#, #)");
}

/* Other words there are what was asked for. */
static void test_mask_takes_the_command_line(void **state)
{
	static const char left[] = "[    0.1] Kernel command line: a quiet\n[    0.2] up\n";
	static const char right[] = "[    0.1] Kernel command line: a\n[    0.2] up\n";
	_cleanup_json_ json_t *got =
		lines_compare(left, strlen(left), right, strlen(right), MASK_TIMES);

	assert_mask(MASK_TIMES, "[    0.1] Command line: a b", "Command line: ");
	assert_mask(MASK_RELINK, "Unknown kernel command line parameters \"a\"",
		    "Unknown kernel command line parameters ");
	assert_mask(MASK_RELINK, "a Command line: b", "a Command line: b");
	assert_int_equal(json_integer_value(json_array_get(json_object_get(got, "only"), 0)), 0);
	assert_int_equal(json_get_int(got, "times", -1), 0);
	assert_false(json_get_bool(got, "same", true));
}

static void test_mask_takes_durations(void **state)
{
	assert_mask(MASK_DURATIONS, "{\"k\":\"recovery\",\"us\":497,\"what\":\"fork\"}",
		    "{\"k\":\"recovery\",\"us\":,\"what\":\"fork\"}");
	/* What there was of something in a second is made of a duration. */
	assert_mask(MASK_DURATIONS, "{\"bytes\":4096,\"kib_per_s\":129.5,\"per\":3}",
		    "{\"bytes\":4096,\"kib_per_s\":,\"per\":3}");
	assert_mask(MASK_DURATIONS, "{\"warnings_us\":\"0 97 98\",\"rtt_ms\":-1}",
		    "{\"warnings_us\":,\"rtt_ms\":}");
	/* Other numbers, and what a guest wrote that looks like it. */
	assert_mask(MASK_DURATIONS, "{\"status\":4,\"data\":\"{\\\"us\\\":497}\"}",
		    "{\"status\":4,\"data\":\"{\\\"us\\\":497}\"}");
}

static void test_mask_takes_what_a_relink_changes(void **state)
{
	assert_mask(MASK_RELINK,
		    "[    0.05][    T0] Memory: 239176K/261624K available (8198K code)",
		    "Memory: #K/#K available (#K code)");
	assert_mask(MASK_RELINK, "[    2.05] Code: 0f 0b 5d c3", "Code: ");
	assert_mask(MASK_RELINK, "[    2.05] klab-init: end of the log 4292bbe8",
		    "klab-init: end of the log ");
	assert_mask(MASK_RELINK, "[12345.678901]  should_fail+0x12/0x9a x", " should_fail+# x");
	assert_mask(MASK_RELINK, "RSP: 0018:ffffc9000009bb40 EFLAGS: 00000246 0xffffffff81000000",
		    "RSP: 0018:# EFLAGS: 00000246 #");
}

static void assert_pids(const char *line, const char *expected)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };

	line_mask_pids(line, strlen(line), &out);
	assert_string_equal(out.length ? out.data : "", expected);
}

static void test_mask_takes_pids(void **state)
{
	assert_pids("CPU: 0 PID: 23 Comm: memhog Not tainted",
		    "CPU: 0 PID: @ Comm: memhog Not tainted");
	assert_pids("task_memcg=/t,task=memhog,pid=23,uid=0",
		    "task_memcg=/t,task=memhog,pid=@,uid=0");
	assert_pids("{\"k\":\"task\",\"pid\":123,\"name\":\"hog\"}",
		    "{\"k\":\"task\",\"pid\":@,\"name\":\"hog\"}");
	assert_pids("Killed process 23 (memhog) total-vm:104128kB",
		    "Killed process @ (memhog) total-vm:104128kB");
	assert_pids("[     23]     0    23    26032      111 114688 0 0 memhog",
		    "[@] 0 @    26032      111 114688 0 0 memhog");
	assert_pids("memhog[23]: segfault at 0 ip 0", "memhog[@]: segfault at 0 ip 0");
	assert_pids("INFO: task a b:7 blocked for more than 120 seconds.",
		    "INFO: task a b:@ blocked for more than 120 seconds.");
	assert_pids("task:x state:D stack:0 pid:9 ppid:1 flags:0x4",
		    "task:x state:D stack:0 pid:@ ppid:@ flags:0x4");
	assert_pids("Read of size 8 at addr x by task memhog/23",
		    "Read of size 8 at addr x by task memhog/@");
	assert_pids("Allocated by task 23:", "Allocated by task @:");
	assert_pids("memhog/23 is trying to acquire lock:", "memhog/@ is trying to acquire lock:");
}

/* A number that may be something else stays: it may be the difference. */
static void test_mask_of_pids_leaves_all_else(void **state)
{
	static const char *const said[] = {
		"zone[1]: 23",
		"rapid 23",
		"process count 23",
		"process 2 of 3 failed",
		"process 23",
		"a/23 b",
		"[ 23] a 23",
		"[23]",
		"pid",
		"pid: x",
		"task: 23",
		"pid_max: default: 32768",
		"in process of 5",
		"",
	};

	for (size_t i = 0; i < ARRAY_SIZE(said); i++)
		assert_pids(said[i], said[i]);
}

/* compares(LEFT, RIGHT, EXPECTED): the result without "lines" is EXPECTED (assert_holds). */
static void assert_compared(const char *left, const char *right, const char *expected)
{
	_cleanup_json_ json_t *got =
		lines_compare(left, strlen(left), right, strlen(right), MASK_RELINK);
	_cleanup_json_ json_t *want = json_loads(expected, 0, NULL);

	assert_non_null(want);
	json_object_del(got, "lines");
	if (!json_equal(got, want)) {
		_cleanup_free_ char *text = json_dumps(got, JSON_COMPACT);

		fail_msg("%s\nexpected %s", text, expected);
	}
}

static void test_lines_that_are_the_same(void **state)
{
	assert_compared("a\nb\n", "a\nb\n",
			"{\"same\":true,\"times\":0,\"relinked\":0,\"pids\":0,\"only\":[0,0]}");
	assert_compared("", "",
			"{\"same\":true,\"times\":0,\"relinked\":0,\"pids\":0,\"only\":[0,0]}");
	/* Of line ends and a last line without one only the bytes know. */
	assert_compared("a\r\nb", "a\nb\n",
			"{\"same\":false,\"times\":0,\"relinked\":0,\"pids\":0,\"only\":[0,0]}");
}

static void test_lines_that_say_the_same(void **state)
{
	assert_compared("[    1.000001] up\n[    1.000002] f+0x1f/0x40\n[    1.5] z\n",
			"[    1.000003] up\n[    1.000002] f+0x20/0x40\n[    1.5] z\n",
			"{\"same\":false,\"times\":1,\"relinked\":1,\"pids\":0,\"only\":[0,0]}");
}

static void test_lines_that_differ_in_pids_are_counted_apart(void **state)
{
	assert_compared("[    1.1] Killed process 9 (a)\n[    1.2] up\n",
			"[    1.3] Killed process 10 (a)\n[    1.2] up\n",
			"{\"same\":false,\"times\":0,\"relinked\":0,\"pids\":1,\"only\":[0,0]}");
	assert_compared("Killed process 9 (a)\n", "Killed process 9 (b)\n",
			"{\"same\":false,\"times\":0,\"relinked\":0,\"pids\":0,\"only\":[1,1],"
			"\"first\":{\"line\":[1,1],\"rows\":[[\"Killed process 9 (a)\",null],"
			"[null,\"Killed process 9 (b)\"]]}}");
}

static void test_lines_that_say_something_else(void **state)
{
	assert_compared(
		"1\n2\n3\n4\n5\nx\n6\n7\n", "1\n2\n3\n4\n5\n6\ny\n7\n",
		"{\"same\":false,\"times\":0,\"relinked\":0,\"pids\":0,\"only\":[1,1],\"first\":{"
		"\"line\":[6,6],\"rows\":[[\"3\",\"3\"],[\"4\",\"4\"],[\"5\",\"5\"],"
		"[\"x\",null],[\"6\",\"6\"],[null,\"y\"]]}}");
	/* What is the same between two differences is left out, but for their neighbours. */
	assert_compared(
		"x\n1\n2\n3\n4\ny\n", "1\n2\n3\n4\n",
		"{\"same\":false,\"times\":0,\"relinked\":0,\"pids\":0,\"only\":[2,0],\"first\":{"
		"\"line\":[1,1],\"rows\":[[\"x\",null],[\"1\",\"1\"],[null,null],"
		"[\"4\",\"4\"],[\"y\",null]]}}");
	/* One that ends early. */
	assert_compared(
		"1\n", "1\n2\n",
		"{\"same\":false,\"times\":0,\"relinked\":0,\"pids\":0,\"only\":[0,1],\"first\":{"
		"\"line\":[2,2],\"rows\":[[\"1\",\"1\"],[null,\"2\"]]}}");
	/* Inside of what differs, pairs that differ in times alone are still told as that. */
	assert_compared(
		"a\n[    1.1] t\nb\n", "c\n[    1.2] t\nd\n",
		"{\"same\":false,\"times\":1,\"relinked\":0,\"pids\":0,\"only\":[2,2],\"first\":{"
		"\"line\":[1,1],\"rows\":[[\"a\",null],[null,\"c\"],[\"[    1.1] t\",\"[   "
		" 1.2] t\"],"
		"[\"b\",null],[null,\"d\"]]}}");
}

static void test_lines_too_different_are_not_laid_beside_each_other(void **state)
{
	_cleanup_strbuf_ struct strbuf left = { 0 };
	_cleanup_strbuf_ struct strbuf right = { 0 };
	_cleanup_json_ json_t *got = NULL;

	for (int i = 0; i < 5000; i++) {
		strbuf_addf(&left, "left %d\n", i);
		strbuf_addf(&right, "right %d\n", i);
	}
	got = lines_compare(left.data, left.length, right.data, right.length, MASK_RELINK);
	assert_true(json_get_bool(got, "coarse", false));
	assert_int_equal(json_integer_value(json_array_get(json_object_get(got, "only"), 0)), 5000);
	assert_int_equal(json_array_size(json_object_get(json_object_get(got, "first"), "rows")),
			 16);
}

/* Beyond LINES_MAX nothing is looked at, and that is said. */
static void test_lines_beyond_the_most(void **state)
{
	_cleanup_strbuf_ struct strbuf left = { 0 };
	_cleanup_strbuf_ struct strbuf right = { 0 };
	_cleanup_json_ json_t *got = NULL;
	_cleanup_json_ json_t *whole = NULL;

	for (int i = 0; i < LINES_MAX; i++)
		strbuf_adds(&left, "same\n");
	strbuf_add(&right, left.data, left.length);
	whole = lines_compare(left.data, left.length, right.data, right.length, MASK_TIMES);
	assert_null(json_object_get(whole, "cut"));
	strbuf_adds(&left, "fine\n");
	strbuf_adds(&right, "Kernel panic\n");
	got = lines_compare(left.data, left.length, right.data, right.length, MASK_TIMES);
	assert_true(json_get_bool(got, "cut", false));
	assert_false(json_get_bool(got, "same", true));
}

static void test_lines_of_any_bytes(void **state)
{
	static const char left[] = "a\0b\n\xff\xfe\n[\n", right[] = "a\0b\n\xff\xfd\n[\n";
	_cleanup_json_ json_t *got =
		lines_compare(left, sizeof(left) - 1, right, sizeof(right) - 1, MASK_RELINK);
	_cleanup_free_ char *text = json_dumps(got, JSON_COMPACT);

	assert_non_null(text);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(got, "only"), 0)), 1);
}

/* "1=1 2- -2 ...": the numbers of the lines that stand beside each other. Yours. */
static char *pairs_text(const struct line_pairs *p)
{
	struct strbuf out = { 0 };

	for (size_t i = 0; i < p->count; i++) {
		const struct line_pair *pair = &p->items[i];

		if (i == p->gap_at && (p->gap[0] || p->gap[1]))
			strbuf_addf(&out, "(%zu %zu) ", p->gap[0], p->gap[1]);
		if (pair->text[0])
			strbuf_addf(&out, "%zu", pair->number[0]);
		strbuf_addc(&out, pair->text[0] && pair->text[1] ? '=' : '-');
		if (pair->text[1])
			strbuf_addf(&out, "%zu", pair->number[1]);
		strbuf_addc(&out, ' ');
	}
	return out.length ? strbuf_take(&out) : xstrdup("");
}

static void assert_pairs(const char *left, const char *right, const char *expected)
{
	_cleanup_free_ char *text = NULL;
	struct line_pairs pairs;

	lines_pair(left, strlen(left), right, strlen(right), MASK_RELINK, &pairs);
	text = pairs_text(&pairs);
	assert_string_equal(text, expected);
	line_pairs_clear(&pairs);
}

static void test_lines_pair(void **state)
{
	assert_pairs("", "", "");
	assert_pairs("[ 1.0] a\n[ 2.0] b\n", "[ 1.5] a\r\n[ 2.5] b\n", "1=1 2=2 ");
	assert_pairs("a\nb\nc\n", "a\nx\nc\n", "1=1 2- -2 3=3 ");
	assert_pairs("a\n", "", "1- ");
	assert_pairs("a\nc\nz", "b\na\nc\nd\nz", "-1 1=2 2=3 -4 3=5 ");
}

/* Too different for all of it: the beginning, and the end that is the same. */
static void test_lines_pair_of_many(void **state)
{
	_cleanup_strbuf_ struct strbuf left = { 0 };
	_cleanup_strbuf_ struct strbuf right = { 0 };
	struct line_pairs pairs;

	strbuf_adds(&left, "same\n");
	strbuf_adds(&right, "same\n");
	for (int i = 0; i < 5000; i++) {
		strbuf_addf(&left, "left %d\n", i);
		if (i < 4000)
			strbuf_addf(&right, "right %d\n", i);
	}
	strbuf_adds(&left, "end\n");
	strbuf_adds(&right, "end\n");
	lines_pair(left.data, left.length, right.data, right.length, MASK_TIMES, &pairs);
	assert_int_equal(pairs.gap[0], 2000);
	assert_int_equal(pairs.gap[1], 1000);
	assert_int_equal(pairs.gap_at, pairs.count - 1);
	assert_int_equal(pairs.items[pairs.count - 1].number[0], 5002);
	assert_int_equal(pairs.items[pairs.count - 1].number[1], 4002);
	assert_int_equal(pairs.items[1].number[0], 2);
	assert_false(pairs.cut);
	line_pairs_clear(&pairs);
	line_pairs_clear(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mask_leaves_what_the_kernel_said),
		cmocka_unit_test(test_mask_takes_times),
		cmocka_unit_test(test_mask_takes_the_command_line),
		cmocka_unit_test(test_mask_takes_durations),
		cmocka_unit_test(test_mask_takes_what_a_relink_changes),
		cmocka_unit_test(test_mask_takes_pids),
		cmocka_unit_test(test_mask_of_pids_leaves_all_else),
		cmocka_unit_test(test_lines_that_differ_in_pids_are_counted_apart),
		cmocka_unit_test(test_lines_that_are_the_same),
		cmocka_unit_test(test_lines_that_say_the_same),
		cmocka_unit_test(test_lines_that_say_something_else),
		cmocka_unit_test(test_lines_too_different_are_not_laid_beside_each_other),
		cmocka_unit_test(test_lines_beyond_the_most),
		cmocka_unit_test(test_lines_of_any_bytes),
		cmocka_unit_test(test_lines_pair),
		cmocka_unit_test(test_lines_pair_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
