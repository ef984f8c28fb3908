// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer target for the frame parser. Checksums are beyond a fuzzer's luck,
 * so each line of the input is also sent as the JSON of a well-formed frame
 * whose sequence number the line's first byte bends.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/str.h"
#include "console/frames.h"

#define NONCE "6f0c00112233aabb"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check(const char *bytes, size_t length)
{
	struct frames f;

	frames_parse(&f, bytes, length, NONCE);
	if (!f.list || (f.complete && (f.gaps || f.forged || f.why[0])) ||
	    (f.complete && !frames_find(&f, "end", NULL, NULL)) || (!f.complete && !f.why[0]))
		abort();
	frames_clear(&f);
}

static void wrap(struct strbuf *out, const char *line, size_t length, uint64_t seq)
{
	_cleanup_strbuf_ struct strbuf head = { 0 };
	uint32_t crc;

	strbuf_addf(&head, NONCE " %" PRIu64 " ", seq);
	crc = crc32_ieee(0, head.data, head.length);
	crc = crc32_ieee(crc, line, length);
	strbuf_addf(out, "\n@klab %s%zu %08" PRIx32 " ", head.data, length, crc);
	strbuf_add(out, line, length);
	strbuf_addc(out, '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	_cleanup_strbuf_ struct strbuf wrapped = { 0 };
	const char *s = (const char *)bytes;
	const char *end = s + length;
	uint64_t seq = 0;

	check(s, length);
	while (s < end) {
		const char *newline = memchr(s, '\n', (size_t)(end - s));
		size_t n = (size_t)((newline ? newline : end) - s);

		if (n && *s == '+')
			seq++;
		else if (n && *s == '-' && seq)
			seq--;
		if (n && (*s == '+' || *s == '-'))
			wrap(&wrapped, s + 1, n - 1, seq++);
		else
			wrap(&wrapped, s, n, seq++);
		s += n + 1;
	}
	check(wrapped.data ? wrapped.data : "", wrapped.length);
	return 0;
}
