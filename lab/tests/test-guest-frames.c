// SPDX-License-Identifier: GPL-2.0-or-later
/* What the guest writes, read by the host's own reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/str.h"
#include "console/frames.h"
#include "guest-init/frames.h"

#define NONCE "6f0c00112233aabb"
#define BAD   "\xef\xbf\xbd"

static int write_out(void *context, const char *bytes, size_t length)
{
	strbuf_add(context, bytes, length);
	return 0;
}

static int write_fails(void *context, const char *bytes, size_t length)
{
	return -1;
}

struct world {
	struct frame_writer writer;
	struct strbuf out;
	struct frames read;
};

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->writer.write = write_out;
	w->writer.context = &w->out;
	w->writer.nonce = NONCE;
	*state = w;
	frame_begin(&w->writer, "hello");
	frame_end(&w->writer);
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	strbuf_clear(&w->out);
	frames_clear(&w->read);
	free(w);
	return 0;
}

/* Ends the boot, and reads it: all of it must be genuine. */
static void read_back(struct world *w)
{
	uint64_t count = w->writer.sequence;
	const char *line;

	frame_begin(&w->writer, "end");
	frame_int(&w->writer, "frames", (int64_t)count);
	frame_end(&w->writer);
	frames_parse(&w->read, w->out.data, w->out.length, NONCE);
	if (!w->read.complete)
		fail_msg("%s", w->read.why);
	assert_int_equal(w->read.noise_bytes, 0);
	line = w->out.data;
	for (const char *end; (end = strchr(line, '\n')); line = end + 1)
		assert_true(end - line < FRAME_MAX_LINE);
}

static void test_frame_crc32_is_zlibs(void **state)
{
	assert_int_equal(frame_crc32(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(frame_crc32(0, "", 0), 0);
	assert_int_equal(frame_crc32(frame_crc32(0, "1234", 4), "56789", 5),
			 crc32_ieee(0, "123456789", 9));
}

static void test_frame_every_type_arrives(void **state)
{
	struct world *w = *state;
	const json_t *frame, *data;

	frame_begin(&w->writer, "result");
	frame_int(&w->writer, "i", -3);
	frame_int(&w->writer, "large", INT64_MAX);
	frame_bool(&w->writer, "yes", true);
	frame_str(&w->writer, "name", "a \"hog\"\\\n\x7f\x01");
	frame_str(&w->writer, "none", NULL);
	assert_true(frame_object_begin(&w->writer, "data"));
	frame_int(&w->writer, "pages", 5);
	frame_str(&w->writer, "text", "");
	frame_object_end(&w->writer);
	frame_end(&w->writer);
	read_back(w);

	frame = frames_find(&w->read, "result", NULL, NULL);
	assert_non_null(frame);
	assert_int_equal(json_get_int(frame, "i", 0), -3);
	assert_true(json_get_int(frame, "large", 0) == INT64_MAX);
	assert_true(json_get_bool(frame, "yes", false));
	assert_string_equal(json_get_str(frame, "name", ""), "a \"hog\"\\\n\x7f\x01");
	assert_null(json_object_get(frame, "none"));
	assert_null(json_object_get(frame, "cut"));
	assert_true(json_get_int(frame, "t", 0) > 0);
	data = json_get_object(frame, "data");
	assert_int_equal(json_get_int(data, "pages", 0), 5);
	assert_string_equal(json_get_str(data, "text", "?"), "");
}

static void test_frame_bytes_that_are_no_utf8_are_replaced(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *expected;
	} rows[] = {
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7", 9,
		  "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7" },
		{ "a\xff\x62", 3, "a" BAD "b" },
		{ "a\0b", 3, "a" BAD "b" },
		{ "\xc0\x80", 2, BAD BAD }, /* overlong */
		{ "\xe0\x80\x80", 3, BAD BAD BAD },
		{ "\xed\xa0\x80", 3, BAD BAD BAD },	    /* a surrogate */
		{ "\xf4\x90\x80\x80", 4, BAD BAD BAD BAD }, /* beyond U+10FFFF */
		{ "\xf0\x9f\x90", 3, BAD BAD BAD },	    /* cut */
		{ "\xe2\x82z", 3, BAD BAD "z" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		frame_begin(&w->writer, "output");
		frame_int(&w->writer, "i", (int64_t)i);
		frame_end_data(&w->writer, rows[i].bytes, rows[i].length);
	}
	read_back(w);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(json_get_str(json_array_get(w->read.list, i + 1), "data", "?"),
				    rows[i].expected);
}

/* Around the size where one frame becomes two, byte by byte, with characters of every width. */
static void test_frame_parts_join_to_what_was_sent(void **state)
{
	static const char *const units[] = { "x",	 "\"",		 "\x01",
					     "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x90\xa7" };
	struct world *w = *state;
	size_t frame_count = 0;
	_cleanup_strv_ struct strv sent = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		for (size_t length = 64900; length < 66000; length += 97) {
			_cleanup_strbuf_ struct strbuf data = { 0 };

			strbuf_adds(&data, &"0123456789"[i]);
			while (data.length < length)
				strbuf_adds(&data, units[i]);
			frame_begin(&w->writer, "snapshot");
			frame_str(&w->writer, "file", "/proc/x");
			frame_end_data(&w->writer, data.data, data.length);
			strv_add(&sent, data.data);
			frame_count++;
		}
	}
	assert_true(w->writer.sequence > frame_count + 1);
	read_back(w);
	assert_int_equal(json_array_size(w->read.list), frame_count + 2);
	for (size_t i = 0; i < frame_count; i++) {
		const json_t *frame = json_array_get(w->read.list, i + 1);

		assert_string_equal(json_get_str(frame, "data", "?"), sent.items[i]);
		assert_string_equal(json_get_str(frame, "file", "?"), "/proc/x");
	}
}

static void test_frame_empty_data_is_one_frame(void **state)
{
	struct world *w = *state;

	frame_begin(&w->writer, "snapshot");
	frame_end_data(&w->writer, "", 0);
	assert_int_equal(w->writer.sequence, 2);
	read_back(w);
	assert_string_equal(json_get_str(json_array_get(w->read.list, 1), "data", "?"), "");
}

/* Many strings of any length leave room for data, and the frame says that it was cut. */
static void test_frame_long_strings_are_cut_and_say_so(void **state)
{
	static const char *const keys[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j" };
	struct world *w = *state;
	char *text = xcalloc(1, 200001);
	const json_t *frame;

	memset(text, '\x02', 200000);
	frame_begin(&w->writer, "fact");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		frame_str(&w->writer, keys[i], text);
	frame_end(&w->writer);
	frame_begin(&w->writer, "snapshot");
	for (size_t i = 0; i < 5; i++)
		frame_str(&w->writer, keys[i], text);
	frame_end_data(&w->writer, text, 200000);
	read_back(w);
	frame = json_array_get(w->read.list, 1);
	assert_true(json_get_bool(frame, "cut", false));
	assert_in_range(strlen(json_get_str(frame, "a", "")), 1000, 9000);
	frame = json_array_get(w->read.list, 2);
	assert_string_equal(json_get_str(frame, "data", ""), text);
	free(text);
}

static void test_frame_write_error_is_remembered(void **state)
{
	struct world *w = *state;

	w->writer.write = write_fails;
	frame_begin(&w->writer, "beat");
	frame_end(&w->writer);
	assert_true(w->writer.failed);
	assert_int_equal(w->writer.sequence, 2);
}

static void test_frame_utf8_tail_is_what_may_go_on(void **state)
{
	static const struct {
		const char *bytes;
		size_t tail;
	} rows[] = {
		{ "", 0 },
		{ "abc", 0 },
		{ "a\xc3", 1 },
		{ "a\xc3\xa9", 0 },
		{ "a\xe2", 1 },
		{ "a\xe2\x82", 2 },
		{ "a\xe2\x82\xac", 0 },
		{ "\xf0\x9f\x90", 3 },
		{ "\xf0\x9f\x90\xa7", 0 },
		{ "\x80\x80\x80\x80", 0 },
		{ "\xff", 0 },
		{ "\xc3\xa9\xa9", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(frame_utf8_tail(rows[i].bytes, strlen(rows[i].bytes)),
				 rows[i].tail);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frame_crc32_is_zlibs),
		cmocka_unit_test_setup_teardown(test_frame_every_type_arrives, setup, teardown),
		cmocka_unit_test_setup_teardown(test_frame_bytes_that_are_no_utf8_are_replaced,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_frame_parts_join_to_what_was_sent, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_frame_empty_data_is_one_frame, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_frame_long_strings_are_cut_and_say_so, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_frame_write_error_is_remembered, setup,
						teardown),
		cmocka_unit_test(test_frame_utf8_tail_is_what_may_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
