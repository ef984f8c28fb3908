// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an address refers to: a symbol, the end of one, a place in one; where no
 * symbol is, a constant of the compiler's, which is compared by what it holds.
 */
#include "symbols/code-compare.h"

#define TEXT_MAX   4096 /* bytes of a string constant */
#define OPAQUE_MAX 256	/* bytes of a constant that is no string */
#define BIAS_MAX   128	/* bytes that an index brings in front of an array */
#define NEAR	   16	/* symbols that are looked at for one that ends at an address */
#define TABLE_MAX  4096 /* entries of a switch */

static uint64_t word_at(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* Of a switch: it points into a function. Where one follows a constant, the constant has ended. */
static bool is_switch_entry(const struct code_image *image, uint64_t word)
{
	const struct code_symbol *s = code_image_around(image, word);

	return s && s->is_function && s->address != word;
}

/* Two pieces of data, where pointers may have moved. */
static bool data_same(struct code_compare *c, uint64_t x, uint64_t y, size_t size)
{
	size_t have_x, have_y;
	const uint8_t *p = code_image_bytes(&c->a, x, &have_x);
	const uint8_t *q = code_image_bytes(&c->b, y, &have_y);

	if (!p || !q || have_x < size || have_y < size)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (size - i >= 8 && (x + i) % 8 == 0 && (y + i) % 8 == 0 &&
		    code_image_has(&c->a, word_at(p + i)) &&
		    code_image_has(&c->b, word_at(q + i))) {
			if (i && is_switch_entry(&c->a, word_at(p + i)) &&
			    is_switch_entry(&c->b, word_at(q + i)))
				return true;
			if (!code_refs_same(c, word_at(p + i), word_at(q + i)))
				return false;
			i += 7;
		} else if (p[i] != q[i]) {
			return false;
		}
	}
	return true;
}

static bool is_switch_values(const struct code_symbol *s)
{
	return s->is_numbered && s->base == strlen("CSWTCH") && str_starts(s->name, "CSWTCH");
}

/*
 * A place in one symbol each that is the same one by name. What a switch gives may
 * be a table of the compiler's: that is code of the source.
 */
static bool places_same(struct code_compare *c, const struct code_symbol *s,
			const struct code_symbol *t)
{
	bool same;

	if (!is_switch_values(s))
		return true;
	if (s->size != t->size || c->depth == CODE_DEPTH_MAX)
		return false;
	c->depth++;
	same = data_same(c, s->address, t->address, s->size);
	c->depth--;
	return same;
}

static bool labels_same(const struct code_compare *c, uint64_t x, uint64_t y)
{
	for (size_t i = code_image_from(&c->a, x);
	     i < c->a.symbol_count && c->a.symbols[i].address == x; i++) {
		const struct code_symbol *s = &c->a.symbols[i];

		if (s->pair && s->pair->address == y && !is_switch_values(s))
			return true;
	}
	return false;
}

/* Is one of the things that start there in this kernel only? */
static bool starts_unpaired(const struct code_image *image, uint64_t address)
{
	for (size_t i = code_image_from(image, address);
	     i < image->symbol_count && image->symbols[i].address == address; i++)
		if (image->symbols[i].size && !image->symbols[i].pair)
			return true;
	return false;
}

/* One behind the last element of an array, where a loop ends; not what stands there instead of
 * something else. */
static bool ends_same(const struct code_compare *c, uint64_t x, uint64_t y)
{
	size_t i = code_image_from(&c->a, x);

	if (starts_unpaired(&c->a, x) || starts_unpaired(&c->b, y))
		return false;
	for (size_t n = 0; i-- > 0 && n < NEAR; n++) {
		const struct code_symbol *s = &c->a.symbols[i], *t = s->pair;

		if (s->size && t && s->address + s->size == x && t->address + t->size == y)
			return true;
	}
	return false;
}

/* Statics of functions, one name a file: which is which is not known, nor needed to be. */
static bool numbered_alike(const struct code_symbol *s, const struct code_symbol *t)
{
	return s->is_numbered && t->is_numbered && s->base == t->base && s->size == t->size &&
	       memcmp(s->name, t->name, s->base) == 0 && str_eq(s->file, t->file);
}

static bool inside_same(struct code_compare *c, const struct code_symbol *s, uint64_t x,
			const struct code_symbol *t, uint64_t y)
{
	if (x - s->address != y - t->address)
		return s->pair && s->pair != t && y - s->pair->address == x - s->address &&
		       y - s->pair->address < s->pair->size && places_same(c, s, s->pair);
	return (s->pair == t || numbered_alike(s, t) ||
		(s->pair && s->pair->address == t->address)) &&
	       places_same(c, s, t);
}

static bool is_text(const uint8_t *s, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (s[i] < ' ' && s[i] != '\n' && s[i] != '\t' && s[i] != '\r' && s[i] != 1)
			return false;
	return true;
}

/* The end of another string, which the linker lets stand for "". */
static bool is_empty_string(const uint8_t *s, size_t before)
{
	return before && !*s && s[-1] >= ' ' && s[-1] < 0x7f;
}

static size_t room_to_next(const struct code_image *image, uint64_t address, size_t most)
{
	size_t i = code_image_from(image, address + 1);

	return i < image->symbol_count && image->symbols[i].address - address < most
		       ? image->symbols[i].address - address
		       : most;
}

/*
 * Constants without a symbol. A string is compared as such. Of all else, whose
 * length nobody knows, so much that more than it may have to be the same.
 */
static bool constants_same(struct code_compare *c, uint64_t x, uint64_t y)
{
	size_t have_x, have_y, length, room;
	const uint8_t *p = code_image_bytes(&c->a, x, &have_x);
	const uint8_t *q = code_image_bytes(&c->b, y, &have_y);
	const struct code_section *s = code_image_section(&c->a, x);
	const struct code_section *t = code_image_section(&c->b, y);

	if (!p || !q)
		return false;
	length = strnlen((const char *)p, have_x < TEXT_MAX ? have_x : TEXT_MAX);
	if (length < have_x && length < have_y && is_text(p, length) && p[length] == 0 &&
	    (length || (is_empty_string(p, x - s->address) && is_empty_string(q, y - t->address))))
		return memcmp(p, q, length + 1) == 0;
	room = room_to_next(&c->a, x, OPAQUE_MAX);
	room = room_to_next(&c->b, y, room);
	room = room < have_x ? room : have_x;
	return data_same(c, x, y, room < have_y ? room : have_y);
}

static bool unnamed_same(struct code_compare *c, uint64_t x, uint64_t y)
{
	bool code = code_image_has_code(&c->a, x), same;

	/* Constants that refer to each other without end cannot be shown to be the same. */
	if (code != code_image_has_code(&c->b, y) || c->depth == CODE_DEPTH_MAX)
		return false;
	c->depth++;
	same = code ? code_snippets_same(c, x, y) : constants_same(c, x, y);
	c->depth--;
	return same;
}

/* Between sections, where bounds lie that were rounded up: so far behind one symbol. */
static bool gaps_same(const struct code_compare *c, uint64_t x, uint64_t y)
{
	size_t i = code_image_from(&c->a, x + 1);
	const struct code_symbol *s;

	if (!i || code_image_section(&c->b, y))
		return false;
	s = &c->a.symbols[i - 1];
	return s->pair && s->pair->address + (x - s->address) == y;
}

bool code_accesses_same(struct code_compare *c, uint64_t x, uint64_t y)
{
	const struct code_symbol *s, *t;

	if (!code_image_has(&c->a, x) || !code_image_has(&c->b, y))
		return false;
	if (labels_same(c, x, y))
		return true;
	if (!code_image_section(&c->a, x))
		return gaps_same(c, x, y);
	s = code_image_around(&c->a, x);
	t = code_image_around(&c->b, y);
	if (s && t && inside_same(c, s, x, t, y))
		return true;
	return !s && !t && unnamed_same(c, x, y);
}

bool code_refs_same(struct code_compare *c, uint64_t x, uint64_t y)
{
	return code_accesses_same(c, x, y) ||
	       (code_image_has(&c->a, x) && code_image_has(&c->b, y) && ends_same(c, x, y));
}

/* By the array behind it. What stands in front of that must be known to be meant on neither side.
 */
bool code_indexed_refs_same(struct code_compare *c, uint64_t x, uint64_t y)
{
	const struct code_symbol *s = code_image_around(&c->a, x);
	const struct code_symbol *t = code_image_around(&c->b, y);

	if (code_refs_same(c, x, y))
		return true;
	if ((s && !s->pair) || (t && !t->pair) || (s && s->pair == t))
		return false;
	for (size_t i = code_image_from(&c->a, x);
	     i < c->a.symbol_count && c->a.symbols[i].address - x <= BIAS_MAX; i++) {
		const struct code_symbol *next = &c->a.symbols[i];

		if (next->size && next->pair && next->pair->address - y == next->address - x)
			return true;
	}
	return false;
}

/* A word of a table: in the function, or in code that is cold? */
static bool is_entry(const struct code_image *image, uint64_t word, uint64_t function)
{
	const struct code_symbol *s = code_image_around(image, word);

	return s && s->is_function && (s->is_cold || s == code_image_around(image, function));
}

bool code_switch_tables_same(struct code_compare *c, uint64_t x, uint64_t y, uint64_t function_x,
			     uint64_t function_y)
{
	size_t have_x, have_y;
	const uint8_t *p = code_image_bytes(&c->a, x, &have_x);
	const uint8_t *q = code_image_bytes(&c->b, y, &have_y);
	size_t n;

	for (n = 0; p && q && n < TABLE_MAX && have_x >= 8 * (n + 1) && have_y >= 8 * (n + 1);
	     n++) {
		uint64_t v = word_at(p + 8 * n), w = word_at(q + 8 * n);
		bool is_x = is_entry(&c->a, v, function_x), is_y = is_entry(&c->b, w, function_y);

		if (!is_x && !is_y)
			break;
		if (!is_x || !is_y || !code_refs_same(c, v, w))
			return false;
	}
	return n > 0;
}
