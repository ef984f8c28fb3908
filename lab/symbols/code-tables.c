// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel keeps about places in its code, in tables: replacements for
 * other processors, where a fault is mended, what a jump label or a static call
 * goes by, what kind of WARN it is. Their layouts have changed with the years:
 * one fits when its addresses fall where they must.
 */
#include "symbols/code-compare.h"

/*
 * A record, a letter a field:
 *   c the code it is about, t a place in it, T the same or any number
 *   r code that may replace it, L the length of that, one byte
 *   f data that is not compared, k a pointer of 8 bytes, K one of 4, both with two flags
 *   b a byte, . a byte that is not compared
 * c, t, T, r, f, k and K are relative to themselves; of 4 bytes, but k.
 */
static const struct table_shape {
	const char *start, *stop, *shapes[4];
} table_shapes[] = {
	{ "__alt_instructions", "__alt_instructions_end", { "crbbbL", "crbbbLb", "crbbbbbL" } },
	{ "__start___jump_table", "__stop___jump_table", { "ctk" } },
	{ "__start_static_call_sites", "__stop_static_call_sites", { "cK" } },
	{ "__start___ex_table", "__stop___ex_table", { "ctT" } },
	/* File and line are left out: they change with lines far above. */
	{ "__start___bug_table", "__stop___bug_table", { "cf..bb", "cbb.." } },
};

struct record {
	uint64_t code, address;
	const char *shape;
	size_t table;
};

struct records {
	struct record *items; /* by code, then by address */
	size_t count, capacity;
};

struct code_tables {
	struct records a, b;
};

static size_t field_size(char letter)
{
	return strchr("b.L", letter) ? 1 : letter == 'k' ? 8 : 4;
}

static size_t shape_size(const char *shape)
{
	size_t size = 0;

	for (; *shape; shape++)
		size += field_size(*shape);
	return size;
}

static uint64_t target_at(const uint8_t *bytes, uint64_t address, char letter)
{
	int64_t wide;
	int32_t narrow;

	if (letter == 'k') {
		memcpy(&wide, bytes, sizeof(wide));
		return address + (uint64_t)wide;
	}
	memcpy(&narrow, bytes, sizeof(narrow));
	return address + (uint64_t)(int64_t)narrow;
}

/* Does a record fall where records of this shape must? *code: what it is about. */
static bool record_fits(const struct code_image *image, uint64_t address, const char *shape,
			uint64_t *code)
{
	size_t have;
	const uint8_t *p = code_image_bytes(image, address, &have);

	if (!p || have < shape_size(shape))
		return false;
	for (; *shape; shape++) {
		uint64_t to = field_size(*shape) > 1 ? target_at(p, address, *shape) : 0;

		if (*shape == 'c')
			*code = to;
		if (strchr("ctr", *shape) && !code_image_has_code(image, to))
			return false;
		if (strchr("fkK", *shape) &&
		    (!code_image_has(image, to) || code_image_has_code(image, to)))
			return false;
		p += field_size(*shape);
		address += field_size(*shape);
	}
	return true;
}

static bool read_as(const struct code_image *image, size_t table, const char *shape, uint64_t from,
		    uint64_t to, struct records *out)
{
	size_t size = shape_size(shape), before = out->count;

	if ((to - from) % size)
		return false;
	for (uint64_t at = from; at < to; at += size) {
		uint64_t code = 0;

		if (!record_fits(image, at, shape, &code)) {
			out->count = before;
			return false;
		}
		*vec_push(&out->items, &out->count, &out->capacity) = (struct record){
			.code = code, .address = at, .shape = shape, .table = table
		};
	}
	return true;
}

/* The shape; "": an empty table or none; NULL: not one of those known. */
static const char *read_table(const struct code_image *image, size_t table, struct records *out)
{
	const struct table_shape *t = &table_shapes[table];
	uint64_t from, to;

	if (!code_image_find(image, t->start, &from) || !code_image_find(image, t->stop, &to) ||
	    to <= from)
		return "";
	for (size_t i = 0; i < ARRAY_SIZE(t->shapes) && t->shapes[i]; i++)
		if (read_as(image, table, t->shapes[i], from, to, out))
			return t->shapes[i];
	return NULL;
}

static int by_code(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	if (x->code != y->code)
		return x->code < y->code ? -1 : 1;
	return (x->address > y->address) - (x->address < y->address);
}

static void drop_table(struct records *r, size_t table)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->count; i++)
		if (r->items[i].table != table)
			r->items[kept++] = r->items[i];
	r->count = kept;
}

struct code_tables *code_tables_read(struct code_compare *c, struct strv *not_compared)
{
	struct code_tables *tables = xcalloc(1, sizeof(*tables));

	for (size_t i = 0; i < ARRAY_SIZE(table_shapes); i++) {
		const char *x = read_table(&c->a, i, &tables->a);
		const char *y = read_table(&c->b, i, &tables->b);

		/* An empty one is compared: it says of each function that it has no record. */
		if (x && y && (!*x || !*y || str_eq(x, y)))
			continue;
		drop_table(&tables->a, i);
		drop_table(&tables->b, i);
		strv_add(not_compared, table_shapes[i].start);
	}
	if (tables->a.count)
		qsort(tables->a.items, tables->a.count, sizeof(*tables->a.items), by_code);
	if (tables->b.count)
		qsort(tables->b.items, tables->b.count, sizeof(*tables->b.items), by_code);
	return tables;
}

void code_tables_free(struct code_tables *tables)
{
	if (!tables)
		return;
	free(tables->a.items);
	free(tables->b.items);
	free(tables);
}

/* ---- two records ---- */

struct place {
	uint64_t address;
	const uint8_t *bytes;
};

struct replacement {
	uint64_t a, b;
	size_t length_a, length_b;
};

static bool field_same(struct code_compare *c, char letter, const struct place *x,
		       const struct place *y, struct replacement *r)
{
	uint64_t to_x = 0, to_y = 0;

	if (field_size(letter) > 1) {
		to_x = target_at(x->bytes, x->address, letter);
		to_y = target_at(y->bytes, y->address, letter);
	}
	switch (letter) {
	case 'r':
		r->a = to_x;
		r->b = to_y;
		return true;
	case 'L':
		r->length_a = *x->bytes;
		r->length_b = *y->bytes;
		return true;
	case 'b':
		return *x->bytes == *y->bytes;
	case 't':
		return code_refs_same(c, to_x, to_y);
	case 'T':
		return memcmp(x->bytes, y->bytes, 4) == 0 ||
		       (code_image_has_code(&c->a, to_x) && code_image_has_code(&c->b, to_y) &&
			code_refs_same(c, to_x, to_y));
	case 'k':
	case 'K':
		return (to_x & 3) == (to_y & 3) &&
		       code_refs_same(c, to_x & ~(uint64_t)3, to_y & ~(uint64_t)3);
	default:
		return true;
	}
}

static bool records_same(struct code_compare *c, const struct record *x, const struct record *y)
{
	struct replacement r = { 0 };
	struct place p = { .address = x->address }, q = { .address = y->address };
	size_t have;

	p.bytes = code_image_bytes(&c->a, x->address, &have);
	q.bytes = code_image_bytes(&c->b, y->address, &have);
	for (const char *shape = x->shape; *shape; shape++) {
		if (!field_same(c, *shape, &p, &q, &r))
			return false;
		p.address += field_size(*shape);
		p.bytes += field_size(*shape);
		q.address += field_size(*shape);
		q.bytes += field_size(*shape);
	}
	return (!r.length_a && !r.length_b) ||
	       code_bodies_same(c, r.a, r.length_a, r.b, r.length_b);
}

static size_t first_record(const struct records *r, uint64_t code)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->items[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool code_tables_same(struct code_compare *c, uint64_t x, uint64_t size_x, uint64_t y,
		      uint64_t size_y)
{
	const struct records *a = &c->tables->a, *b = &c->tables->b;
	size_t i = first_record(a, x), j = first_record(b, y);

	for (;; i++, j++) {
		const struct record *r = i < a->count ? &a->items[i] : NULL;
		const struct record *s = j < b->count ? &b->items[j] : NULL;
		bool in_x = r && r->code - x < size_x, in_y = s && s->code - y < size_y;

		if (!in_x || !in_y)
			return in_x == in_y;
		if (r->code - x != s->code - y || r->table != s->table || !records_same(c, r, s))
			return false;
	}
}
