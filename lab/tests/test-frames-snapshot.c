// SPDX-License-Identifier: GPL-2.0-or-later
/* The frames of runs that go on from a snapshot: two parts, two nonces, one seam. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>

#include "base/hash.h"
#include "base/str.h"
#include "console/frames.h"

#define NONCE	   "6f0c00112233aabb"
#define BOOT_NONCE "00ff00ff00ff00ff"

static const char *const seam_json[] = {
	"{\"k\":\"hello\",\"t\":1}",
	"{\"k\":\"step\",\"t\":2,\"i\":0}",
	"{\"k\":\"checkpoint\",\"t\":3,\"i\":0}",
	"{\"k\":\"resume\",\"t\":4,\"i\":0,\"seed\":7}",
	"{\"k\":\"step-end\",\"t\":5,\"i\":0,\"ok\":true}",
	"{\"k\":\"end\",\"t\":6,\"steps\":1,\"failed\":-1,\"frames\":5}",
};
enum { SEAM = 3, SEAM_FRAMES = ARRAY_SIZE(seam_json) };

static char *format_frame(const char *nonce, uint64_t seq, const char *json)
{
	_cleanup_free_ char *head = xasprintf("%s %" PRIu64 " ", nonce, seq);
	uint32_t crc = crc32_ieee(0, head, strlen(head));

	crc = crc32_ieee(crc, json, strlen(json));
	return xasprintf("@klab %s%zu %08" PRIx32 " %s", head, strlen(json), crc, json);
}

/* Frames from..last of the list, with that nonce. */
static void add_seam(struct strbuf *out, const char *nonce, int from, int to)
{
	for (int i = from; i < to; i++) {
		_cleanup_free_ char *line = format_frame(nonce, (uint64_t)i, seam_json[i]);

		strbuf_addf(out, "\n%s\n", line);
	}
}

/* What is wrong with it; "" nothing. boot_bytes 0: it is taken for a run from no snapshot. */
static char *seam_why(const struct strbuf *bytes, size_t boot_bytes)
{
	const struct frames_boot boot = { BOOT_NONCE, boot_bytes };
	struct frames f;
	char *why;

	frames_parse_from(&f, bytes->data, bytes->length, boot_bytes ? &boot : NULL, NONCE);
	assert_true(f.complete == !f.why[0]);
	why = xstrdup(f.why);
	frames_clear(&f);
	return why;
}

static void test_frames_of_a_run_from_a_snapshot(void **state)
{
	_cleanup_strbuf_ struct strbuf bytes = { 0 };
	size_t boot;

	add_seam(&bytes, BOOT_NONCE, 0, SEAM);
	boot = bytes.length;
	add_seam(&bytes, NONCE, SEAM, SEAM_FRAMES);
	for (size_t length = 0; length <= bytes.length; length++) {
		struct strbuf cut = { .data = bytes.data, .length = length };
		_cleanup_free_ char *why = seam_why(&cut, boot);

		assert_true((length == bytes.length) == !*why);
	}
}

static void assert_seam_wrong(const struct strbuf *bytes, size_t boot, const char *what)
{
	_cleanup_free_ char *why = seam_why(bytes, boot);

	if (!strstr(why, what))
		fail_msg("\"%s\" does not say \"%s\"", why, what);
}

static void test_frames_with_the_nonce_of_the_other_part(void **state)
{
	_cleanup_strbuf_ struct strbuf stale = { 0 }, early = { 0 };
	size_t boot;

	/* Of the boot, or of another run from the same snapshot. */
	add_seam(&stale, BOOT_NONCE, 0, SEAM);
	boot = stale.length;
	add_seam(&stale, BOOT_NONCE, SEAM, SEAM_FRAMES);
	assert_seam_wrong(&stale, boot, "damaged or forged");
	add_seam(&early, NONCE, 0, SEAM_FRAMES);
	assert_seam_wrong(&early, boot, "damaged or forged");
}

static void test_frames_that_go_on_from_nothing(void **state)
{
	_cleanup_strbuf_ struct strbuf silent = { 0 }, before = { 0 }, none = { 0 };
	_cleanup_free_ char *line = format_frame(NONCE, SEAM, "{\"k\":\"beat\",\"t\":4}");
	size_t boot;

	add_seam(&silent, BOOT_NONCE, 0, SEAM);
	boot = silent.length;
	strbuf_addf(&silent, "\n%s\n", line);
	add_seam(&silent, NONCE, SEAM + 1, SEAM_FRAMES);
	assert_seam_wrong(&silent, boot, "goes on without a word of it");
	add_seam(&before, BOOT_NONCE, 0, SEAM - 1);
	boot = before.length;
	add_seam(&before, NONCE, SEAM - 1, SEAM_FRAMES);
	assert_seam_wrong(&before, boot, "goes on from no checkpoint");
	add_seam(&none, NONCE, 0, SEAM_FRAMES);
	assert_seam_wrong(&none, 0, "says that it goes on from a snapshot");
}

static void test_frames_tell_checkpoint(void **state)
{
	_cleanup_strbuf_ struct strbuf bytes = { 0 };
	struct frames f;

	add_seam(&bytes, NONCE, 0, SEAM);
	for (size_t length = 0; length <= bytes.length; length++) {
		frames_parse(&f, bytes.data, length, NONCE);
		assert_true(frames_tell_checkpoint(&f) == (length == bytes.length));
		frames_clear(&f);
	}
	frames_parse(&f, bytes.data, bytes.length, BOOT_NONCE);
	assert_false(frames_tell_checkpoint(&f));
	frames_clear(&f);
	/* It said more, and so it does not stand where it seems to. */
	add_seam(&bytes, NONCE, SEAM, SEAM + 1);
	frames_parse(&f, bytes.data, bytes.length, NONCE);
	assert_false(frames_tell_checkpoint(&f));
	frames_clear(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames_of_a_run_from_a_snapshot),
		cmocka_unit_test(test_frames_with_the_nonce_of_the_other_part),
		cmocka_unit_test(test_frames_that_go_on_from_nothing),
		cmocka_unit_test(test_frames_tell_checkpoint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
