// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/str.h"
#include "console/frames.h"

#define NONCE "6f0c00112233aabb"

/* A log under construction: its lines, each with the newline before and after as init sends them.
 */
struct log {
	struct strv lines;
	uint64_t next;
};

static char *format_frame(const char *nonce, uint64_t seq, const char *json)
{
	_cleanup_free_ char *head = xasprintf("%s %" PRIu64 " ", nonce, seq);
	uint32_t crc = crc32_ieee(0, head, strlen(head));

	crc = crc32_ieee(crc, json, strlen(json));
	return xasprintf("@klab %s%zu %08" PRIx32 " %s", head, strlen(json), crc, json);
}

static void log_add(struct log *l, const char *json)
{
	strv_add_take(&l->lines, format_frame(NONCE, l->next++, json));
}

static void log_join(const struct log *l, struct strbuf *out)
{
	strbuf_reset(out);
	for (size_t i = 0; i < l->lines.count; i++)
		strbuf_addf(out, "\n%s\n", l->lines.items[i]);
}

/* A small run with one frame in three parts. */
static void log_fill(struct log *l)
{
	*l = (struct log){ 0 };
	log_add(l, "{\"k\":\"hello\",\"t\":1,\"init\":\"1\",\"cgroup\":2}");
	log_add(l, "{\"k\":\"step\",\"t\":2,\"i\":0}");
	log_add(l, "{\"k\":\"snapshot\",\"t\":3,\"i\":0,\"file\":\"/proc/swaps\",\"data\":\"one \","
		   "\"part\":0,\"more\":true}");
	log_add(l, "{\"k\":\"snapshot\",\"t\":3,\"i\":0,\"file\":\"/proc/swaps\",\"data\":\"two \","
		   "\"part\":1,\"more\":true}");
	log_add(l, "{\"k\":\"snapshot\",\"t\":3,\"i\":0,\"file\":\"/proc/swaps\",\"data\":\"end\","
		   "\"part\":2}");
	log_add(l, "{\"k\":\"step-end\",\"t\":4,\"i\":0,\"ok\":true}");
	log_add(l, "{\"k\":\"task-end\",\"t\":5,\"name\":\"hog\",\"signal\":9}");
	log_add(l, "{\"k\":\"end\",\"t\":6,\"steps\":1,\"failed\":-1,\"frames\":7}");
}

static void parse_log(struct frames *f, const struct log *l)
{
	_cleanup_strbuf_ struct strbuf bytes = { 0 };

	log_join(l, &bytes);
	frames_parse(f, bytes.data ? bytes.data : "", bytes.length, NONCE);
}

static void assert_incomplete(const struct log *l)
{
	struct frames f;

	parse_log(&f, l);
	assert_false(f.complete);
	assert_int_not_equal(f.why[0], '\0');
	frames_clear(&f);
}

static void test_frames_of_a_whole_log(void **state)
{
	struct log l;
	struct frames f;

	log_fill(&l);
	parse_log(&f, &l);
	assert_string_equal(f.why, "");
	assert_true(f.complete);
	assert_int_equal(f.noise_bytes, 0);
	assert_int_equal(f.forged, 0);
	assert_int_equal(f.gaps, 0);
	assert_int_equal(json_array_size(f.list), 6);
	assert_int_equal(json_get_int(json_array_get(f.list, 5), "seq", -1), 7);
	frames_clear(&f);
	strv_clear(&l.lines);
}

static void test_frames_joins_parts(void **state)
{
	struct log l;
	struct frames f;
	json_t *snapshot;

	log_fill(&l);
	parse_log(&f, &l);
	snapshot = frames_find(&f, "snapshot", "file", "/proc/swaps");
	assert_non_null(snapshot);
	assert_string_equal(json_get_str(snapshot, "data", ""), "one two end");
	assert_null(json_object_get(snapshot, "part"));
	assert_null(json_object_get(snapshot, "more"));
	assert_int_equal(json_get_int(snapshot, "seq", -1), 2);
	frames_clear(&f);
	strv_clear(&l.lines);
}

static void test_frames_cut_at_every_byte(void **state)
{
	_cleanup_strbuf_ struct strbuf bytes = { 0 };
	struct log l;

	log_fill(&l);
	log_join(&l, &bytes);
	for (size_t length = 0; length < bytes.length; length++) {
		_cleanup_free_ char *cut =
			xmalloc(length + 1); /* exact, so that ASan sees a read beyond */
		struct frames f;

		memcpy(cut, bytes.data, length);
		cut = xrealloc(cut, length ? length : 1);
		frames_parse(&f, cut, length, NONCE);
		assert_false(f.complete);
		frames_clear(&f);
	}
	strv_clear(&l.lines);
}

static void test_frames_with_any_bit_wrong(void **state)
{
	_cleanup_strbuf_ struct strbuf bytes = { 0 };
	struct log l;

	log_fill(&l);
	log_join(&l, &bytes);
	for (size_t i = 0; i < bytes.length; i++) {
		/* Between two frames there are two newlines, and one is enough. */
		bool is_separator = bytes.data[i] == '\n';
		struct frames f;

		bytes.data[i] ^= 1 << (i % 7);
		frames_parse(&f, bytes.data, bytes.length, NONCE);
		if (!is_separator)
			assert_false(f.complete);
		frames_clear(&f);
		bytes.data[i] ^= 1 << (i % 7);
	}
	strv_clear(&l.lines);
}

static void test_frames_with_a_line_dropped(void **state)
{
	for (size_t drop = 0; drop < 8; drop++) {
		struct log l;

		log_fill(&l);
		assert_int_equal(l.lines.count, 8);
		free(l.lines.items[drop]);
		l.lines.items[drop] = xstrdup("");
		assert_incomplete(&l);
		strv_clear(&l.lines);
	}
}

static void test_frames_with_a_line_doubled(void **state)
{
	for (size_t twice = 0; twice < 8; twice++) {
		char *old;
		struct log l;

		log_fill(&l);
		old = l.lines.items[twice];
		l.lines.items[twice] = xasprintf("%s\n\n%s", old, old);
		free(old);
		assert_incomplete(&l);
		strv_clear(&l.lines);
	}
}

static void test_frames_with_two_lines_swapped(void **state)
{
	for (size_t a = 0; a < 8; a++) {
		for (size_t b = a + 1; b < 8; b++) {
			char *old;
			struct log l;

			log_fill(&l);
			old = l.lines.items[a];
			l.lines.items[a] = l.lines.items[b];
			l.lines.items[b] = old;
			assert_incomplete(&l);
			strv_clear(&l.lines);
		}
	}
}

/* A forged line in front of, between and after the genuine ones. */
static void assert_forgery_counts(const char *forged)
{
	for (size_t at = 0; at <= 8; at++) {
		struct strv before;
		struct log l;
		struct frames f;

		log_fill(&l);
		before = l.lines;
		l.lines = (struct strv){ 0 };
		for (size_t i = 0; i <= 8; i++) {
			if (i == at)
				strv_add(&l.lines, forged);
			if (i < 8)
				strv_add(&l.lines, before.items[i]);
		}
		parse_log(&f, &l);
		assert_false(f.complete);
		assert_int_equal(f.forged, 1);
		assert_int_equal(f.gaps, 0);
		assert_int_equal(json_array_size(f.list), 6);
		frames_clear(&f);
		strv_clear(&before);
		strv_clear(&l.lines);
	}
}

static void test_frames_forged_nonce(void **state)
{
	_cleanup_free_ char *line = format_frame("0000000000000000", 3, "{\"k\":\"end\"}");

	assert_forgery_counts(line);
}

static void test_frames_forged_checksum(void **state)
{
	assert_forgery_counts("@klab " NONCE " 3 11 00000000 {\"k\":\"end\"}");
}

static void test_frames_forged_length(void **state)
{
	_cleanup_free_ char *line = format_frame(NONCE, 3, "{\"k\":\"end\"}");
	_cleanup_free_ char *longer = xasprintf("%s ", line);

	assert_forgery_counts(longer);
}

static void test_frames_forged_json(void **state)
{
	static const char *const bad[] = {
		"",
		"1",
		"[]",
		"{}",
		"{\"k\":1}",
		"{\"k\":\"end\"",
		"{\"k\":\"end\"}}",
		"{\"k\":\"end\",\"k\":\"hello\"}",
		"{\"k\":\"\xff\"}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *line = format_frame(NONCE, 3, bad[i]);

		assert_forgery_counts(line);
	}
}

static void test_frames_forged_numbers(void **state)
{
	static const char *const bad[] = {
		"@klab " NONCE " -1 2 00000000 {}",
		"@klab " NONCE " 03 2 00000000 {}",
		"@klab " NONCE " 3 2 0000000 {}",
		"@klab " NONCE " 3 2 0000000G {}",
		"@klab " NONCE "  3 2 00000000 {}",
		"@klab " NONCE " 99999999999999999999 2 00000000 {}",
		"@klab " NONCE,
		"@klab " NONCE " ",
		"@klab ",
		"@klab " NONCE " 3",
		"@klab " NONCE " 3 18446744073709551615 00000000 {}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_forgery_counts(bad[i]);
}

static void test_frames_too_long_a_line(void **state)
{
	_cleanup_strbuf_ struct strbuf json = { 0 };
	_cleanup_free_ char *line = NULL;

	strbuf_adds(&json, "{\"k\":\"beat\",\"x\":\"");
	while (json.length < 64 * 1024)
		strbuf_addc(&json, 'x');
	strbuf_adds(&json, "\"}");
	line = format_frame(NONCE, 3, json.data);
	assert_forgery_counts(line);
}

static void test_frames_too_many_values(void **state)
{
	_cleanup_strbuf_ struct strbuf json = { 0 };
	_cleanup_free_ char *line = NULL;

	strbuf_adds(&json, "{\"k\":\"beat\",\"x\":[0");
	while (json.length < 60 * 1024)
		strbuf_adds(&json, ",0");
	strbuf_adds(&json, "]}");
	line = format_frame(NONCE, 3, json.data);
	assert_forgery_counts(line);
}

static void test_frames_noise_is_counted_and_harmless(void **state)
{
	struct log l;
	struct frames f;
	char *old;

	log_fill(&l);
	old = l.lines.items[3];
	l.lines.items[3] = xasprintf("BUG: unable to handle\nx @klab " NONCE "\n%s", old);
	free(old);
	parse_log(&f, &l);
	assert_true(f.complete);
	assert_int_equal(f.noise_bytes, strlen("BUG: unable to handle\nx @klab " NONCE "\n"));
	frames_clear(&f);
	strv_clear(&l.lines);
}

static void test_frames_with_carriage_returns(void **state)
{
	struct log l;
	struct frames f;

	log_fill(&l);
	for (size_t i = 0; i < l.lines.count; i++) {
		char *old = l.lines.items[i];

		l.lines.items[i] = xasprintf("%s\r", old);
		free(old);
	}
	parse_log(&f, &l);
	assert_true(f.complete);
	frames_clear(&f);
	strv_clear(&l.lines);
}

/* Genuine lines, but a story that does not hold together. */
static void assert_story_incomplete(const char *const *jsons, size_t count)
{
	struct log l = { 0 };

	for (size_t i = 0; i < count; i++)
		log_add(&l, jsons[i]);
	assert_incomplete(&l);
	strv_clear(&l.lines);
}

static void test_frames_without_hello(void **state)
{
	static const char *const story[] = { "{\"k\":\"step\",\"i\":0}", "{\"k\":\"hello\"}",
					     "{\"k\":\"end\",\"frames\":2}" };

	assert_story_incomplete(story, ARRAY_SIZE(story));
}

static void test_frames_after_the_end(void **state)
{
	static const char *const story[] = { "{\"k\":\"hello\"}", "{\"k\":\"end\",\"frames\":1}",
					     "{\"k\":\"beat\"}" };

	assert_story_incomplete(story, ARRAY_SIZE(story));
}

static void test_frames_end_counts_wrong(void **state)
{
	static const char *const more[] = { "{\"k\":\"hello\"}", "{\"k\":\"end\",\"frames\":2}" };
	static const char *const none[] = { "{\"k\":\"hello\"}", "{\"k\":\"end\"}" };
	static const char *const text[] = { "{\"k\":\"hello\"}",
					    "{\"k\":\"end\",\"frames\":\"1\"}" };
	static const char *const minus[] = { "{\"k\":\"hello\"}", "{\"k\":\"end\",\"frames\":-1}" };

	assert_story_incomplete(more, 2);
	assert_story_incomplete(none, 2);
	assert_story_incomplete(text, 2);
	assert_story_incomplete(minus, 2);
}

static void test_frames_nothing_at_all(void **state)
{
	struct frames f;

	frames_parse(&f, "", 0, NONCE);
	assert_false(f.complete);
	assert_string_equal(f.why, "no frame of this boot");
	assert_int_equal(json_array_size(f.list), 0);
	frames_clear(&f);
}

static void test_frames_broken_parts(void **state)
{
	static const char *const stories[][4] = {
		/* begins in the middle */
		{ "{\"k\":\"hello\"}", "{\"k\":\"snapshot\",\"data\":\"x\",\"part\":1}",
		  "{\"k\":\"beat\"}", "{\"k\":\"end\",\"frames\":3}" },
		/* never ends */
		{ "{\"k\":\"hello\"}",
		  "{\"k\":\"snapshot\",\"data\":\"x\",\"part\":0,\"more\":true}",
		  "{\"k\":\"beat\"}", "{\"k\":\"end\",\"frames\":3}" },
		/* skips one */
		{ "{\"k\":\"hello\"}",
		  "{\"k\":\"snapshot\",\"data\":\"x\",\"part\":0,\"more\":true}",
		  "{\"k\":\"snapshot\",\"data\":\"x\",\"part\":2}",
		  "{\"k\":\"end\",\"frames\":3}" },
		/* goes on as another kind */
		{ "{\"k\":\"hello\"}",
		  "{\"k\":\"snapshot\",\"data\":\"x\",\"part\":0,\"more\":true}",
		  "{\"k\":\"output\",\"data\":\"x\",\"part\":1}", "{\"k\":\"end\",\"frames\":3}" },
		/* has no data */
		{ "{\"k\":\"hello\"}", "{\"k\":\"snapshot\",\"data\":1,\"part\":0}",
		  "{\"k\":\"beat\"}", "{\"k\":\"end\",\"frames\":3}" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(stories); i++)
		assert_story_incomplete(stories[i], 4);
}

static void test_frames_joined_beyond_the_limit(void **state)
{
	_cleanup_strbuf_ struct strbuf fill = { 0 };
	struct log l = { 0 };
	struct frames f;
	int parts = 300; /* of 60 KB: 18 MB */

	while (fill.length < 60000)
		strbuf_addc(&fill, 'x');
	log_add(&l, "{\"k\":\"hello\"}");
	for (int i = 0; i < parts; i++) {
		_cleanup_free_ char *json =
			xasprintf("{\"k\":\"output\",\"data\":\"%s\",\"part\":%d,\"more\":%s}",
				  fill.data, i, i < parts - 1 ? "true" : "false");

		log_add(&l, json);
	}
	log_add(&l, "{\"k\":\"end\",\"frames\":301}");
	parse_log(&f, &l);
	assert_false(f.complete);
	assert_null(frames_find(&f, "output", NULL, NULL));
	assert_non_null(strstr(f.why, "larger than"));
	frames_clear(&f);
	strv_clear(&l.lines);
}

static void test_frames_find_takes_the_last(void **state)
{
	struct log l = { 0 };
	struct frames f;

	log_add(&l, "{\"k\":\"hello\"}");
	log_add(&l, "{\"k\":\"fault\",\"i\":3,\"fired\":1}");
	log_add(&l, "{\"k\":\"fault\",\"i\":3,\"fired\":2}");
	log_add(&l, "{\"k\":\"fault\",\"i\":4,\"fired\":9}");
	parse_log(&f, &l);
	assert_int_equal(json_get_int(frames_find(&f, "fault", "i", "3"), "fired", 0), 2);
	assert_int_equal(json_get_int(frames_find(&f, "fault", NULL, NULL), "fired", 0), 9);
	assert_null(frames_find(&f, "fault", "i", "5"));
	assert_null(frames_find(&f, "task", NULL, NULL));
	frames_clear(&f);
	strv_clear(&l.lines);
}

static void test_frames_read_run_writes_the_list(void **state)
{
	_cleanup_free_ char *dir = xasprintf("%s/frames-XXXXXX", getenv("TMPDIR") ?: "/tmp");
	_cleanup_free_ char *list = NULL;
	_cleanup_free_ char *raw = NULL, *jsonl = NULL;
	_cleanup_strbuf_ struct strbuf bytes = { 0 };
	struct err err = ERR_INIT;
	struct log l;
	struct frames f;
	size_t length;

	assert_non_null(mkdtemp(dir));
	raw = path_join(dir, "frames.raw");
	jsonl = path_join(dir, "frames.jsonl");
	assert_int_equal(frames_read_run(&f, dir, NULL, NONCE, &err), -1);
	assert_non_null(strstr(err.msg, "frames.raw"));
	log_fill(&l);
	log_join(&l, &bytes);
	assert_int_equal(file_write_atomic(raw, bytes.data, bytes.length, &err), 0);
	assert_int_equal(frames_read_run(&f, dir, NULL, NONCE, &err), 0);
	assert_true(f.complete);
	list = file_read(jsonl, 1 << 20, &length, &err);
	assert_non_null(list);
	assert_non_null(strstr(list, "{\"k\":\"task-end\",\"t\":5,\"name\":\"hog\",\"signal\":9,"
				     "\"seq\":6}\n"));
	frames_clear(&f);
	strv_clear(&l.lines);
	assert_int_equal(file_remove_tree(dir, &err), 0);
}

/* The file is read piece by piece: wherever a piece ends, the frames are those of the whole. */
static void test_frames_read_run_in_pieces(void **state)
{
	enum { PIECE = 128 * 1024, ROUNDS = 40 };
	_cleanup_free_ char *dir = xasprintf("%s/frames-XXXXXX", getenv("TMPDIR") ?: "/tmp");
	_cleanup_free_ char *raw = NULL;
	struct err err = ERR_INIT;
	struct frames whole, pieces;
	struct log l;

	assert_non_null(mkdtemp(dir));
	raw = path_join(dir, "frames.raw");
	for (int round = 0; round < ROUNDS; round++) {
		_cleanup_strbuf_ struct strbuf bytes = { 0 };
		_cleanup_strbuf_ struct strbuf log = { 0 };

		/* Noise in lines of any length, some longer than a frame may be; the frames
		 * stand around the end of a piece. */
		while (bytes.length < PIECE - 400 + (size_t)round * 11)
			strbuf_addc(&bytes, bytes.length % (9973u * (round % 9 + 1)) ? 'x' : '\n');
		log_fill(&l);
		log_join(&l, &log);
		strbuf_add(&bytes, log.data, log.length);
		strbuf_adds(&bytes, "and no newline");
		assert_int_equal(file_write_atomic(raw, bytes.data, bytes.length, &err), 0);
		frames_parse(&whole, bytes.data, bytes.length, NONCE);
		assert_int_equal(frames_read_run(&pieces, dir, NULL, NONCE, &err), 0);
		assert_true(whole.complete && pieces.complete);
		assert_true(json_equal(whole.list, pieces.list));
		assert_int_equal(whole.noise_bytes, pieces.noise_bytes);
		assert_int_equal(whole.forged, pieces.forged);
		frames_clear(&whole);
		frames_clear(&pieces);
		strv_clear(&l.lines);
	}
	assert_int_equal(file_remove_tree(dir, &err), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames_of_a_whole_log),
		cmocka_unit_test(test_frames_joins_parts),
		cmocka_unit_test(test_frames_cut_at_every_byte),
		cmocka_unit_test(test_frames_with_any_bit_wrong),
		cmocka_unit_test(test_frames_with_a_line_dropped),
		cmocka_unit_test(test_frames_with_a_line_doubled),
		cmocka_unit_test(test_frames_with_two_lines_swapped),
		cmocka_unit_test(test_frames_forged_nonce),
		cmocka_unit_test(test_frames_forged_checksum),
		cmocka_unit_test(test_frames_forged_length),
		cmocka_unit_test(test_frames_forged_json),
		cmocka_unit_test(test_frames_forged_numbers),
		cmocka_unit_test(test_frames_too_long_a_line),
		cmocka_unit_test(test_frames_too_many_values),
		cmocka_unit_test(test_frames_noise_is_counted_and_harmless),
		cmocka_unit_test(test_frames_with_carriage_returns),
		cmocka_unit_test(test_frames_without_hello),
		cmocka_unit_test(test_frames_after_the_end),
		cmocka_unit_test(test_frames_end_counts_wrong),
		cmocka_unit_test(test_frames_nothing_at_all),
		cmocka_unit_test(test_frames_broken_parts),
		cmocka_unit_test(test_frames_joined_beyond_the_limit),
		cmocka_unit_test(test_frames_find_takes_the_last),
		cmocka_unit_test(test_frames_read_run_writes_the_list),
		cmocka_unit_test(test_frames_read_run_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
