// SPDX-License-Identifier: GPL-2.0-or-later
/* The parser's parts, each alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "report/internal.h"

static struct span span_of(const char *s)
{
	return (struct span){ s, strlen(s) };
}

static void assert_span(struct span s, const char *want)
{
	_cleanup_free_ char *got = s.n ? xstrndup(s.p, s.n) : xstrdup("");

	assert_string_equal(got, want);
}

/* ---- line.c ------------------------------------------------------------------ */

static void test_line_prefixes(void **state)
{
	static const struct {
		const char *raw, *text;
		double time_s;
		uint32_t caller;
		int level;
	} lines[] = {
		{ "[   12.345678] hello", "hello", 12.345678, CALLER_UNKNOWN, -1 },
		{ "[   12.345678][  T123]  hello", " hello", 12.345678, CALLER_TASK | 123, -1 },
		{ "[    0.000001][    C7] x", "x", 0.000001, CALLER_CPU | 7, -1 },
		{ "<6>[   12.345678] hello", "hello", 12.345678, CALLER_UNKNOWN, 6 },
		{ "<6>hello", "hello", -1, CALLER_UNKNOWN, 6 },
		{ "\r[   12.345678] hello\r\r", "hello", 12.345678, CALLER_UNKNOWN, -1 },
		{ "** 12 printk messages dropped ** [   12.345678] hello", "hello", 12.345678,
		  CALLER_UNKNOWN, -1 },
		{ "host login: [   12.345678] hello", "hello", 12.345678, CALLER_UNKNOWN, -1 },
		{ "Apr  1 07:07:51 host kernel: [   12.345678] hello", "hello", 12.345678,
		  CALLER_UNKNOWN | CALLER_SYSLOG, -1 },
		{ "2026-04-01T07:07:51+02:00 host kernel: hello", "hello", -1,
		  CALLER_UNKNOWN | CALLER_SYSLOG, -1 },
		{ "hello", "hello", -1, CALLER_NONE, -1 },
		/* Not the kernel's: three decimals, no closing bracket, letters. */
		{ "[0012.345] hello", "[0012.345] hello", -1, CALLER_NONE, -1 },
		{ "[   12.345678 hello", "[   12.345678 hello", -1, CALLER_NONE, -1 },
		{ "[  INFO ] hello", "[  INFO ] hello", -1, CALLER_NONE, -1 },
		{ "[   12.345678]", "", 12.345678, CALLER_UNKNOWN, -1 },
		{ "", "", -1, CALLER_NONE, -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct line line;

		line_parse(span_of(lines[i].raw), 0, &line);
		assert_span(line.text, lines[i].text);
		assert_true(fabs(line.time_s - lines[i].time_s) < 1e-9);
		assert_int_equal(line.caller, lines[i].caller);
		assert_int_equal(line.level, lines[i].level);
	}
}

/* A line that was cut off by another one: the prefix before the header counts. */
static void test_line_prefix_in_the_middle(void **state)
{
	const char *raw = "[    1.000000] half a li[    2.000000] BUG: whole";
	struct line line;

	line_parse(span_of(raw), strstr(raw, "BUG") - raw, &line);
	assert_span(line.text, "BUG: whole");
	assert_true(line.time_s == 2.0);
	line_parse(span_of(raw), 0, &line);
	assert_true(line.time_s == 1.0);
}

static void test_line_escapes_fall_off(void **state)
{
	char out[64];

	assert_span(line_strip_escapes(span_of("\x1b[1;31mred\x1b[0m \x1b[?25lx\x1b"), out),
		    "red x");
	assert_span(line_strip_escapes(span_of("\x1b["), out), "");
}

/* ---- scan.c ------------------------------------------------------------------- */

static void test_scanner_agrees_with_plain_search(void **state)
{
	static const char *const words[] = { "abab", "babba", "aaaa", "abba b", "bbbbbb", "abab" };
	struct scanner *s = scanner_new(words, ARRAY_SIZE(words));

	srand(1);
	for (int round = 0; round < 20000; round++) {
		char text[40];
		size_t n = rand() % sizeof(text);
		const char *want = NULL, *at = NULL;
		int want_i = -1, i;

		for (size_t k = 0; k < n; k++)
			text[k] = "ab "[rand() % 3];
		for (size_t w = 0; w < ARRAY_SIZE(words); w++) {
			const char *p = memmem(text, n, words[w], strlen(words[w]));

			if (p && (!want || p < want)) {
				want = p;
				want_i = w;
			}
		}
		i = scanner_find(s, text, text + n, &at);
		assert_int_equal(i < 0, want_i < 0);
		if (i < 0)
			continue;
		assert_ptr_equal(at, want);
		assert_memory_equal(at, words[i], strlen(words[i]));
	}
	scanner_free(s);
}

static void test_scan_counts_newlines(void **state)
{
	char text[100];

	srand(2);
	for (int round = 0; round < 2000; round++) {
		size_t n = rand() % sizeof(text), want = 0;

		for (size_t i = 0; i < n; i++) {
			text[i] = "\n\x0b\x8a\t\0x"[rand() % 6];
			want += text[i] == '\n';
		}
		assert_int_equal(scan_count_newlines(text, text + n), want);
	}
}

/* ---- the table ------------------------------------------------------------------ */

static void test_table_is_sound(void **state)
{
	static const char *const steps[] = { "$F", "$O" };
	size_t patterns = 0;

	for (size_t i = 0; i < report_header_count; i++) {
		const struct header *h = &report_headers[i];

		for (const char *const *p = h->ignore; p && *p; p++)
			match_text(p, SPAN("x"), NULL);
		for (const struct format *f = h->formats; f->pattern; f++) {
			match_text(&f->pattern, SPAN("x"), NULL);
			patterns++;
			assert_non_null(f->title);
			assert_non_null(f->kind);
			for (size_t k = 0; k < ARRAY_SIZE(f->after) && f->after[k]; k++)
				match_text(&f->after[k], SPAN("x"), NULL);
			/* A frame in the title needs a way to find it. */
			for (size_t k = 0; k < ARRAY_SIZE(steps); k++)
				if (strstr(f->title, steps[k]))
					assert_non_null(f->policy);
		}
	}
	assert_true(patterns > 60);
}

/* ---- frames.c --------------------------------------------------------------------- */

static void test_frames_of_all_architectures(void **state)
{
	static const struct {
		const char *line, *symbol, *module;
		uint64_t offset, size;
		bool reliable, is_inline;
	} frames[] = {
		{ " vfs_write+0xa1/0x17d", "vfs_write", "", 0xa1, 0x17d, true, false },
		{ " ? __fget_light+0x26/0x47", "__fget_light", "", 0x26, 0x47, false, false },
		{ "  foo.isra.0+0x1/0x2 [kvm_intel]", "foo.isra.0", "kvm_intel", 1, 2, true,
		  false },
		{ " foo+0x1/0x2 [ext4 0123456789abcdef]", "foo", "ext4", 1, 2, true, false },
		{ " [<ffffffff82564f65>] sg_finish+0x255/0x2f0", "sg_finish", "", 0x255, 0x2f0,
		  true, false },
		{ " [<ffffffff82564f65>] ? sg_finish+0x255/0x2f0", "sg_finish", "", 0x255, 0x2f0,
		  false, false },
		{ "[c000000012345678] [c0000000001234] foo+0x1/0x2 (unreliable)", "foo", "", 1, 2,
		  false, false },
		{ "([<0000000000115f04>] show_stack+0x12/0x34)", "show_stack", "", 0x12, 0x34, true,
		  false },
		{ " foo+0x1/0x2 mm/slub.c:12", "foo", "", 1, 2, true, false },
		{ " foo mm/slub.c:12 [inline]", "foo", "", 0, 0, true, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
		struct frame_view v[2];

		assert_int_equal(frame_parse(span_of(frames[i].line), v), 1);
		assert_span(v[0].symbol, frames[i].symbol);
		assert_span(v[0].module, frames[i].module);
		assert_int_equal(v[0].offset, frames[i].offset);
		assert_int_equal(v[0].size, frames[i].size);
		assert_int_equal(v[0].reliable, frames[i].reliable);
		assert_int_equal(v[0].is_inline, frames[i].is_inline);
	}
}

static void test_frames_of_arm_are_two(void **state)
{
	static const char *const lines[] = {
		"[<c1abe6f8>] (show_stack) from [<c1ac7954>] (dump_stack_lvl+0x60/0x78)",
		" show_stack from dump_stack_lvl+0x60/0x78",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct frame_view v[2];
		struct span names[2];

		assert_int_equal(frame_parse(span_of(lines[i]), v), 2);
		assert_span(v[0].symbol, "show_stack");
		assert_span(v[1].symbol, "dump_stack_lvl");
		assert_int_equal(v[1].offset, 0x60);
		assert_int_equal(frame_names(span_of(lines[i]), names), 2);
		assert_span(names[0], "show_stack");
		assert_span(names[1], "dump_stack_lvl");
	}
}

static void test_frames_are_not_any_text(void **state)
{
	static const char *const lines[] = {
		"",
		" ",
		"RAX: 0000000000000000 RBX: 1",
		" <TASK>",
		"Modules linked in: a b",
		" r7:00000001 r6:00000080",
		"Call Trace:",
		" 00000000 00000000",
		"[<c1abe6f8>]",
		"[<c1abe6f8>] (",
		" ? ",
		"from",
		" from ",
		"+0x1/0x2",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct frame_view v[2];

		assert_int_equal(frame_parse(span_of(lines[i]), v), 0);
	}
}

/* ---- title.c, plumbing.c ------------------------------------------------------------ */

static void test_titles_are_cleaned(void **state)
{
	static const char *const titles[][2] = {
		{ "hung in syz-executor.3:1234", "hung in syz-executor" },
		{ "at ffffffff82564f65 and 0xdeadbeef", "at ADDR and ADDR" },
		{ "WARNING: 10.1.2.3 unreachable", "WARNING: IP unreachable" },
		{ "kernel BUG at mm/slub.c:3951!", "kernel BUG at mm/slub.c:LINE!" },
		{ "stuck at func+0x12/0x340", "stuck at func" },
		{ "lockup on CPU#3", "lockup on CPU" },
		{ "block(0,12)", "block(NUM,NUM)" },
		{ "errno 22", "errno NUM" },
		{ "cfg80211_scan", "cfg80211_scan" },
		{ "a1234567b", "aNUMb" },
		{ "  two   words\t\x01\xff ", "two words" },
		{ "ext4 loop4", "ext4 loop4" },
		{ "", "unnamed report" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(titles); i++) {
		_cleanup_free_ char *got = title_clean(titles[i][0]);

		assert_string_equal(got, titles[i][1]);
	}
}

static void test_titles_have_an_end(void **state)
{
	_cleanup_strbuf_ struct strbuf sb = { 0 };
	_cleanup_free_ char *got = NULL;

	for (int i = 0; i < 100000; i++)
		strbuf_adds(&sb, "word ");
	got = title_clean(sb.data);
	assert_true(strlen(got) <= 120);
}

static void test_titles_name_their_frame(void **state)
{
	static const char *const titles[][2] = {
		{ "WARNING in foo", "foo" },
		{ "WARNING in corrupted/usb_submit_urb", "corrupted" },
		{ "BUG: using __this_cpu_read() in preemptible code in bar", "bar" },
		{ "kernel panic: out of things", "" },
		{ "KCSAN: data-race in a / b", "a" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(titles); i++) {
		_cleanup_free_ char *got = title_frame(titles[i][0]);

		assert_string_equal(got, titles[i][1]);
	}
}

static void test_plumbing_is_told_apart(void **state)
{
	static const char *const yes[] = {
		"kasan_report", "__kmalloc", "_raw_spin_lock_irqsave", "dput",
		"refcount_inc", "do_trap",   "__list_add_valid",       "atomic_inc",
		"down"
	};
	static const char *const no[] = {
		"ip6_fragment",	    "shutdown_foo", "drm_atomic_helper_commit",
		"my_refcount_user", "kfree_all",    "vfs_write"
	};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (!plumbing_is(span_of(yes[i]), NULL))
			fail_msg("%s", yes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		if (plumbing_is(span_of(no[i]), NULL))
			fail_msg("%s", no[i]);
}

static void test_system_call_wrappers_fall_off(void **state)
{
	static const char *const names[][2] = {
		{ "__x64_sys_mount", "sys_mount" }, { "__se_sys_mremap", "mremap" },
		{ "ksys_mount", "mount" },	    { "SyS_pause", "pause" },
		{ "sys_rmdir", "rmdir" },	    { "vfs_write", "vfs_write" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char got[64];

		symbol_strip(span_of(names[i][0]), got, sizeof(got));
		assert_string_equal(got, names[i][1]);
	}
}

/* Both manglings; what is none, too long or a bomb is left as it is. */
static void test_rust_symbols_are_demangled(void **state)
{
	static const struct {
		const char *symbol, *name; /* NULL: left as it is */
	} rows[] = {
		{ "_RNvNtCsbDqzXfLQacH_4core9panicking9panic_fmt", "core::panicking::panic_fmt" },
		{ "_RNvCs123_7___rustc17rust_begin_unwind.cold", "__rustc::rust_begin_unwind" },
		{ "_RNvXCsbDqzXfLQacH_12rust_minimalNtB2_11RustMinimalNtCsbDqzXfLQacH_"
		  "6kernel12KernelModule4init",
		  "<rust_minimal::RustMinimal as kernel::KernelModule>::init" },
		{ "_ZN4core3fmt5write17h92d9c3fe00bde39aE", "core::fmt::write" },
		{ "vfs_write", NULL },
		{ "_R", NULL },
		{ "_RNvC", NULL },
		{ "__RNvC1a1b", NULL },
		/* C++, which the kernel has none of. */
		{ "_ZN3foo3barEv", NULL },
		/* Each tuple is the one before it, twice: 2^24 names of 3 letters. */
		{ "_RINvC1a1bTyyETBa_Ba_ETBd_Bd_ETBk_Bk_ETBr_Br_ETBy_By_ETBF_BF_ETBM_BM_E"
		  "TBT_BT_ETB10_B10_ETB17_B17_ETB1g_B1g_ETB1p_B1p_ETB1y_B1y_ETB1H_B1H_EE",
		  NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char name[256];
		bool is = symbol_demangle(span_of(rows[i].symbol), name, sizeof(name));

		if (is != (rows[i].name != NULL))
			fail_msg("%s becomes %s", rows[i].symbol, is ? name : "nothing");
		if (is)
			assert_string_equal(name, rows[i].name);
	}
}

/* Rows of registers of all architectures, as a report's details have them. */
static void test_registers_of_all_architectures(void **state)
{
	static const struct {
		const char *lines, *name, *value; /* value NULL: no such register */
	} rows[] = {
		{ "RSP: 0018:ffffc900001a7e58 EFLAGS: 00010246", "EFLAGS", "00010246" },
		{ "CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033", "CR0", "0000000080050033" },
		{ "FS:  0000(0000) GS:ffff88807dc00000(0000) knlGS:0", "GS", "ffff88807dc00000" },
		{ "x29: ffff800008003d90 x28: ffff0000c0a1b2c3", "x28", "ffff0000c0a1b2c3" },
		{ "pc : [<c0101234>]    lr : [<c0101230>]    psr: 60000013", "lr", "c0101230" },
		{ "r10: 00000000  r9 : c1234567  r8 : 00000001", "r9", "c1234567" },
		{ " gp : ffffffff81505d38 tp : ffffffe00a81b500", "tp", "ffffffe00a81b500" },
		{ "MSR:  8000000000009033 <SF,EE,ME>  CR: 28002228  XER: 20040000", "XER",
		  "20040000" },
		{ "GPR04: 0000000000000001 c000000007a73c90 c000000001498f00 02", "r6",
		  "c000000001498f00" },
		{ "$ 4   : 80000004 80000005 80000006 80000007", "$7", "80000007" },
		{ "$24   : 80000018 80000019                  ", "$25", "80000019" },
		{ "Cause : 00800010 (ExcCode 04)", "Cause", "00800010" },
		{ "Krnl GPRS: 00000000000000a0 00000000000000a1 00000000000000a2 00000000000000a3\n"
		  "           00000000000000a4 00000000000000a5 00000000000000a6 00000000000000a7\n"
		  "           00000000000000a8 00000000000000a9 00000000000000aa 00000000000000ab",
		  "r10", "00000000000000aa" },
		{ "something\n           00000000000000a4 00000000000000a5", "r0", NULL },
		{ "GPR99: 0000000000000001 0000000000000002", "r99", NULL },
		{ "RAX: hello RBX: 0000000000000000", "RBX", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_json_ json_t *details = json_object();
		_cleanup_strv_ struct strv lines = { 0 };
		unsigned next = 0;

		strv_split(&lines, rows[i].lines, '\n');
		for (size_t k = 0; k < lines.count; k++)
			registers_take(span_of(lines.items[k]), &next, details);
		const char *got =
			json_get_str(json_object_get(details, "registers"), rows[i].name, NULL);

		if (!str_eq(got, rows[i].value) && (got || rows[i].value))
			fail_msg("%s: %s is %s", rows[i].lines, rows[i].name,
				 got ? got : "not there");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line_prefixes),
		cmocka_unit_test(test_line_prefix_in_the_middle),
		cmocka_unit_test(test_line_escapes_fall_off),
		cmocka_unit_test(test_scanner_agrees_with_plain_search),
		cmocka_unit_test(test_scan_counts_newlines),
		cmocka_unit_test(test_table_is_sound),
		cmocka_unit_test(test_frames_of_all_architectures),
		cmocka_unit_test(test_frames_of_arm_are_two),
		cmocka_unit_test(test_frames_are_not_any_text),
		cmocka_unit_test(test_titles_are_cleaned),
		cmocka_unit_test(test_titles_have_an_end),
		cmocka_unit_test(test_titles_name_their_frame),
		cmocka_unit_test(test_plumbing_is_told_apart),
		cmocka_unit_test(test_system_call_wrappers_fall_off),
		cmocka_unit_test(test_rust_symbols_are_demangled),
		cmocka_unit_test(test_registers_of_all_architectures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
