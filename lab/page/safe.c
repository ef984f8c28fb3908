// SPDX-License-Identifier: GPL-2.0-or-later
#include "page/safe.h"

#include <stdint.h>
#include <stdio.h>

#include "base/str.h"

struct range {
	uint32_t from, to;
};

static bool in_ranges(uint32_t c, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (c >= ranges[i].from && c <= ranges[i].to)
			return true;
	return false;
}

/* Unicode's general category Cf where it reorders, hides or joins, the line separators, C1, and
 * what XML has no place for. */
static bool is_harmful(uint32_t c)
{
	static const struct range ranges[] = {
		{ 0x00, 0x1f },	    { 0x7f, 0x9f },	{ 0xad, 0xad },	    { 0x61c, 0x61c },
		{ 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },
		{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xfffe, 0xffff }, { 0xe0000, 0xe007f },
	};

	return in_ranges(c, ranges, ARRAY_SIZE(ranges));
}

/* East Asian Wide and Fullwidth (UAX #11), and the emoji blocks terminals show wide. */
static bool is_wide(uint32_t c)
{
	static const struct range ranges[] = {
		{ 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0xa4cf },
		{ 0xa960, 0xa97c },   { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },
		{ 0xfe30, 0xfe6f },   { 0xff01, 0xff60 },   { 0xffe0, 0xffe6 },
		{ 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1faff },
		{ 0x20000, 0x3fffd },
	};

	return in_ranges(c, ranges, ARRAY_SIZE(ranges));
}

static bool is_combining(uint32_t c)
{
	static const struct range ranges[] = {
		{ 0x300, 0x36f },   { 0x483, 0x489 },	{ 0x591, 0x5bd },   { 0x1ab0, 0x1aff },
		{ 0x1dc0, 0x1dff }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
	};

	return in_ranges(c, ranges, ARRAY_SIZE(ranges));
}

/* One character of UTF-8; returns its bytes, 0 where there is none (*out is the byte then). */
static size_t decode(const char *text, size_t length, uint32_t *out)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	*out = s[0];
	if (n == 1)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4 || n > length)
		return 0;
	*out = s[0] & (0x7f >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*out = *out << 6 | (s[i] & 0x3f);
	}
	return *out < least[n] || *out > 0x10ffff || (*out >= 0xd800 && *out <= 0xdfff) ? 0 : n;
}

size_t page_safe_next(const char *text, size_t length, char out[PAGE_SAFE_BYTES])
{
	uint32_t c;
	size_t n = decode(text, length, &c);

	if (n && c != '\n' && c != '\t' && !is_harmful(c)) {
		memcpy(out, text, n);
		out[n] = '\0';
	} else if (!n) {
		memcpy(out, "\xef\xbf\xbd", sizeof("\xef\xbf\xbd"));
	} else if (c == '\n' || c == '\t') {
		memcpy(out, " ", sizeof(" "));
	} else {
		snprintf(out, PAGE_SAFE_BYTES, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
	}
	return n ? n : 1;
}

char *page_safe(const char *text)
{
	struct strbuf sb = { 0 };
	size_t left = strlen(text);

	while (left) {
		char c[PAGE_SAFE_BYTES];
		size_t n = page_safe_next(text, left, c);

		strbuf_adds(&sb, c);
		text += n;
		left -= n;
	}
	return strbuf_take(&sb);
}

int page_columns(const char *text)
{
	int columns = 0;

	while (*text) {
		uint32_t c;
		size_t n = decode(text, 4, &c);

		columns += is_combining(c) ? 0 : is_wide(c) ? 2 : 1;
		text += n ? n : 1;
	}
	return columns;
}
