// SPDX-License-Identifier: GPL-2.0-or-later
/* lab/symbols against binutils' addr2line and nm on a small program built here with DWARF. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/child.h"
#include "base/file.h"
#include "symbols/annotate.h"
#include "base/json.h"

static char *work_dir, *image_path, *module_path;

static void run_tool(const char *const *argv, struct strbuf *out)
{
	struct child_spec spec = { .argv = argv };
	struct err err = ERR_INIT;

	if (child_run_ok(&spec, 60000, 64 << 20, out, &err))
		fail_msg("%s", err.msg);
}

static int build_images(void **state)
{
	char template[] = "/tmp/klab-symbols-XXXXXX";
	_cleanup_free_ char *object = NULL;

	work_dir = xstrdup(mkdtemp(template));
	image_path = path_join(work_dir, "image");
	module_path = path_join(work_dir, "module.o");
	object = xasprintf("-o%s", image_path);
	run_tool((const char *const[]){ "gcc", "-O2", "-g", "-gdwarf-5", "-no-pie", object,
					"lab/tests/fixtures/symbols/first.c",
					"lab/tests/fixtures/symbols/second.c", NULL },
		 NULL);
	run_tool((const char *const[]){ "gcc", "-O2", "-g", "-ffunction-sections", "-c", "-o",
					module_path, "lab/tests/fixtures/symbols/second.c", NULL },
		 NULL);
	return 0;
}

static int remove_images(void **state)
{
	struct err err = ERR_INIT;

	file_remove_tree(work_dir, &err);
	free(work_dir);
	free(image_path);
	free(module_path);
	return 0;
}

static struct symbolizer *open_image(void)
{
	struct err err = ERR_INIT;
	struct symbolizer *s = symbolizer_open(image_path, &err);

	if (!s)
		fail_msg("%s", err.msg);
	return s;
}

/* What addr2line -i -f says of the address, in one line: "func file:line func file:line". Yours. */
static char *addr2line(uint64_t address)
{
	_cleanup_free_ char *hex = xasprintf("0x%llx", (unsigned long long)address);
	_cleanup_strbuf_ struct strbuf out = { 0 };
	_cleanup_strv_ struct strv lines = { 0 };
	struct strbuf text = { 0 };

	run_tool((const char *const[]){ "addr2line", "-i", "-f", "-e", image_path, hex, NULL },
		 &out);
	strv_split(&lines, out.data, '\n');
	for (size_t i = 0; i + 1 < lines.count; i += 2) {
		char *paren = strstr(lines.items[i + 1], " (");

		if (paren)
			*paren = '\0';
		strbuf_addf(&text, "%s %s ", lines.items[i], path_base(lines.items[i + 1]));
	}
	return strbuf_take(&text);
}

static char *place_text(const struct symbol_place *p)
{
	struct strbuf text = { 0 };

	for (size_t i = 0; i < p->count; i++)
		strbuf_addf(&text, "%s %s:%d ", p->lines[i].function, path_base(p->lines[i].file),
			    p->lines[i].line);
	return strbuf_take(&text);
}

/* Address and size of a function by nm; `nth` of several of that name. */
static void nm_symbol(const char *name, int nth, uint64_t *address, uint64_t *size)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	_cleanup_strv_ struct strv lines = { 0 };

	run_tool((const char *const[]){ "nm", "-S", image_path, NULL }, &out);
	strv_split(&lines, out.data, '\n');
	for (size_t i = 0; i < lines.count; i++) {
		unsigned long long a, n;
		char type, found[128];

		if (sscanf(lines.items[i], "%llx %llx %c %127s", &a, &n, &type, found) == 4 &&
		    str_eq(found, name) && nth-- == 0) {
			*address = a;
			*size = n;
			return;
		}
	}
	fail_msg("nm does not know %s", name);
}

static void test_every_address_agrees_with_addr2line(void **state)
{
	static const char *const functions[] = { "first_entry", "second_entry", "main" };
	struct symbolizer *s = open_image();
	size_t compared = 0, inlined = 0;

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		uint64_t address, size;

		nm_symbol(functions[i], 0, &address, &size);
		for (uint64_t offset = 0; offset < size; offset++) {
			_cleanup_free_ char *expected = addr2line(address + offset);
			_cleanup_free_ char *found = NULL;
			struct symbol_place place;

			assert_true(symbolizer_find(s, functions[i], offset, size, NULL, false,
						    &place));
			found = place_text(&place);
			assert_string_equal(found, expected);
			compared++;
			inlined += place.count > 2;
		}
	}
	assert_true(compared > 20);
	assert_true(inlined > 0);
	symbolizer_free(s);
}

static void test_size_picks_among_functions_of_one_name(void **state)
{
	struct symbolizer *s = open_image();

	for (int nth = 0; nth < 2; nth++) {
		struct symbol_place place;
		uint64_t address, size;

		nm_symbol("same_name", nth, &address, &size);
		assert_true(symbolizer_find(s, "same_name", 0, size, NULL, false, &place));
		assert_int_equal(place.address, address);
		assert_false(place.ambiguous);
	}
	symbolizer_free(s);
}

static void test_name_without_size_is_said_to_be_ambiguous(void **state)
{
	struct symbolizer *s = open_image();
	struct symbol_place place;

	assert_true(symbolizer_find(s, "same_name", 0, 0, NULL, false, &place));
	assert_true(place.ambiguous);
	assert_false(symbolizer_find(s, "no_such_function", 0, 0, NULL, false, &place));
	symbolizer_free(s);
}

static void test_return_address_is_looked_up_before_it(void **state)
{
	struct symbolizer *s = open_image();
	struct symbol_place exact, back;
	uint64_t address, size;

	nm_symbol("second_entry", 0, &address, &size);
	assert_true(symbolizer_find(s, "second_entry", 4, size, NULL, false, &exact));
	assert_true(symbolizer_find(s, "second_entry", 5, size, NULL, true, &back));
	assert_int_equal(exact.address, back.address);
	assert_true(symbolizer_find(s, "second_entry", 0, size, NULL, true, &back));
	assert_int_equal(back.address, address);
	symbolizer_free(s);
}

static void test_raw_address_with_kernel_offset(void **state)
{
	struct symbolizer *s = open_image();
	struct symbol_place place;
	uint64_t address, size, offset;
	const char *function;

	nm_symbol("first_entry", 0, &address, &size);
	symbolizer_set_offset(s, 0x1c000000);
	assert_true(symbolizer_find_address(s, address + 0x1c000002, false, &function, &offset,
					    &place));
	assert_string_equal(function, "first_entry");
	assert_int_equal(offset, 2);
	assert_false(symbolizer_find_address(s, 0x10, false, &function, &offset, &place));
	symbolizer_free(s);
}

static void test_module_is_relocated_and_found_by_its_name(void **state)
{
	struct symbolizer *s = open_image();
	struct symbol_place place;
	_cleanup_strv_ struct strv missing = { 0 };

	symbolizer_add_module(s, "dm_test", module_path);
	assert_false(symbolizer_find(s, "second_entry", 1, 0, "dm_other", false, &place));
	assert_true(symbolizer_find(s, "second_entry", 1, 0, "dm_test", false, &place));
	assert_string_equal(place.lines[place.count - 1].function, "second_entry");
	assert_true(place.lines[0].line >= 13 && place.lines[0].line <= 16);
	symbolizer_missing_modules(s, &missing);
	assert_int_equal(missing.count, 1);
	assert_string_equal(missing.items[0], "dm_other");
	symbolizer_free(s);
}

static void test_line_takes_the_shape_of_decode_stacktrace(void **state)
{
	struct symbolizer *s = open_image();
	_cleanup_free_ char *line = NULL, *found = NULL, *place = NULL;
	struct symbol_place p;
	uint64_t address, size;

	nm_symbol("second_entry", 0, &address, &size);
	assert_true(symbolizer_find(s, "second_entry", 5, size, NULL, true, &p));
	line = xasprintf("[    1.5][T7]  [<ffffffff81000000>] ? second_entry+0x5/0x%llx [dm]\r",
			 (unsigned long long)size);
	found = symbolizer_line(s, line, strlen(line));
	assert_string_equal(found, line); /* of a module that nobody gave */
	free(take_ptr(&line));
	free(take_ptr(&found));

	line = xasprintf("[    1.5]  [<ffffffff81000000>] second_entry+0x5/0x%llx",
			 (unsigned long long)size);
	found = symbolizer_line(s, line, strlen(line));
	place = xasprintf("[    1.5]  second_entry (%s:%d)", p.lines[0].file, p.lines[0].line);
	assert_string_equal(found, place);
	symbolizer_free(s);
}

static void test_raw_address_in_a_line_gets_its_function(void **state)
{
	struct symbolizer *s = open_image();
	_cleanup_free_ char *line = NULL, *found = NULL;
	uint64_t address, size;

	nm_symbol("second_entry", 0, &address, &size);
	symbolizer_set_offset(s, 0x1c000000);
	line = xasprintf("RIP: 0010:0x%016llx", (unsigned long long)address + 0x1c000000);
	found = symbolizer_line(s, line, strlen(line));
	assert_non_null(
		strstr(found, "RIP: 0010:second_entry (lab/tests/fixtures/symbols/second.c:"));
	symbolizer_free(s);
}

static void test_line_without_a_place_stays_as_it_is(void **state)
{
	static const char *const lines[] = { "",
					     "+",
					     "a+0x",
					     "a+0x1",
					     "a+0x1/",
					     "a+0x1/0x",
					     "a+0x/0x1",
					     "x+0xffffffffffffffffffff/0x1",
					     "no place here",
					     "nobody+0x1/0x2 [",
					     "nobody+0x1/0x2 [m" };
	struct symbolizer *s = open_image();

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_free_ char *copy = xstrndup(lines[i], strlen(lines[i]));
		_cleanup_free_ char *found = symbolizer_line(s, copy, strlen(copy));

		assert_string_equal(found, lines[i]);
	}
	symbolizer_free(s);
}

static void test_frames_of_reports_get_their_lines(void **state)
{
	struct symbolizer *s = open_image();
	_cleanup_json_ json_t *reports = NULL;
	uint64_t address, size;
	json_t *frames;

	nm_symbol("second_entry", 0, &address, &size);
	reports = json_pack("[{s:[{s:[{s:s,s:i,s:i},{s:s,s:i,s:i},{s:s}]}]}]", "traces", "frames",
			    "symbol", "second_entry", "offset", 5, "size", (int)size, "symbol",
			    "nobody", "offset", 5, "size", 6, "symbol", "second_entry");
	assert_int_equal(symbols_annotate_reports(s, reports), 1);
	frames = json_get_array(
		json_array_get(json_get_array(json_array_get(reports, 0), "traces"), 0), "frames");
	assert_string_equal(json_get_str(json_array_get(frames, 0), "file", ""),
			    "lab/tests/fixtures/symbols/second.c");
	assert_true(json_get_int(json_array_get(frames, 0), "line", 0) >= 13);
	assert_null(json_object_get(json_array_get(frames, 1), "file"));
	assert_null(json_object_get(json_array_get(frames, 2), "file"));
	symbolizer_free(s);
}

/* A return address is looked up one byte before, an instruction pointer where it stands. */
static void test_exact_places_get_their_own_lines(void **state)
{
	struct symbolizer *s = open_image();
	struct symbol_place at, before;
	uint64_t address, size, offset;
	json_t *r, *frame, *ip;

	nm_symbol("second_entry", 0, &address, &size);
	for (offset = 1; offset < size; offset++) {
		assert_true(symbolizer_find(s, "second_entry", offset, size, NULL, false, &at));
		assert_true(symbolizer_find(s, "second_entry", offset, size, NULL, true, &before));
		if (at.lines[at.count - 1].line != before.lines[before.count - 1].line)
			break;
	}
	assert_true(offset < size);
	_cleanup_json_ json_t *reports =
		json_pack("[{s:[{s:[{s:s,s:i,s:i,s:b},{s:s,s:i,s:i}]}],s:{s:{s:s,s:i,s:i}}}]",
			  "traces", "frames", "symbol", "second_entry", "offset", (int)offset,
			  "size", (int)size, "exact", 1, "symbol", "second_entry", "offset",
			  (int)offset, "size", (int)size, "details", "ip", "symbol", "second_entry",
			  "offset", (int)offset, "size", (int)size);

	assert_int_equal(symbols_annotate_reports(s, reports), 3);
	r = json_array_get(reports, 0);
	ip = json_object_get(json_object_get(r, "details"), "ip");
	assert_int_equal(json_get_int(ip, "line", 0), at.lines[at.count - 1].line);
	r = json_array_get(json_get_array(r, "traces"), 0);
	frame = json_array_get(json_get_array(r, "frames"), 0);
	assert_int_equal(json_get_int(frame, "line", 0), at.lines[at.count - 1].line);
	frame = json_array_get(json_get_array(r, "frames"), 1);
	assert_int_equal(json_get_int(frame, "line", 0), before.lines[before.count - 1].line);
	symbolizer_free(s);
}

static void test_open_of_what_is_no_image_says_so(void **state)
{
	struct err err = ERR_INIT;

	assert_null(symbolizer_open("lab/tests/test-symbols.c", &err));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, "not an ELF file"));
	assert_null(symbolizer_open("/nonexistent/vmlinux", &err));
	assert_non_null(strstr(err.msg, "No such file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_address_agrees_with_addr2line),
		cmocka_unit_test(test_size_picks_among_functions_of_one_name),
		cmocka_unit_test(test_name_without_size_is_said_to_be_ambiguous),
		cmocka_unit_test(test_return_address_is_looked_up_before_it),
		cmocka_unit_test(test_raw_address_with_kernel_offset),
		cmocka_unit_test(test_module_is_relocated_and_found_by_its_name),
		cmocka_unit_test(test_line_takes_the_shape_of_decode_stacktrace),
		cmocka_unit_test(test_raw_address_in_a_line_gets_its_function),
		cmocka_unit_test(test_line_without_a_place_stays_as_it_is),
		cmocka_unit_test(test_frames_of_reports_get_their_lines),
		cmocka_unit_test(test_exact_places_get_their_own_lines),
		cmocka_unit_test(test_open_of_what_is_no_image_says_so),
	};

	return cmocka_run_group_tests(tests, build_images, remove_images);
}
