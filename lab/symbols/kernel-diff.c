// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbols/kernel-diff.h"

#include "symbols/code-compare.h"

static bool functions_same(struct code_compare *c, const struct code_symbol *s,
			   const struct code_symbol *t)
{
	return code_bodies_same(c, s->address, s->size, t->address, t->size) &&
	       code_tables_same(c, s->address, s->size, t->address, t->size);
}

/* ---- functions, each once, whatever names it has ---- */

/* One of several names of a function: those in front of it start at the same address. */
static bool is_other_name(const struct code_image *image, size_t i)
{
	for (const struct code_symbol *s = &image->symbols[i]; s > image->symbols;) {
		s--;
		if (s->address != image->symbols[i].address)
			return false;
		if (s->is_function)
			return true;
	}
	return false;
}

/* By which of its names it is one of the other kernel's too; the first where by none. */
static const struct code_symbol *paired_name(const struct code_image *image, size_t i)
{
	uint64_t address = image->symbols[i].address;

	for (size_t n = i; n < image->symbol_count && image->symbols[n].address == address; n++)
		if (image->symbols[n].is_function && image->symbols[n].pair)
			return &image->symbols[n];
	return &image->symbols[i];
}

static void add(struct kernel_diff *d, const struct code_symbol *s, const struct code_symbol *t,
		enum kernel_diff_status status)
{
	struct kernel_diff_function *f = vec_push(&d->functions, &d->count, &d->capacity);

	f->name = xstrdup((t ? t : s)->name);
	f->status = status;
	f->address[0] = s ? s->address : 0;
	f->address[1] = t ? t->address : 0;
	f->size_bytes[0] = s ? s->size : 0;
	f->size_bytes[1] = t ? t->size : 0;
}

static void diff_first(struct kernel_diff *d, struct code_compare *c)
{
	for (size_t i = 0; i < c->a.symbol_count; i++) {
		const struct code_symbol *s;

		if (!c->a.symbols[i].is_function || is_other_name(&c->a, i))
			continue;
		s = paired_name(&c->a, i);
		d->code_bytes[0] += s->size;
		if (!s->pair)
			add(d, s, NULL, KERNEL_DIFF_REMOVED);
		else
			add(d, s, s->pair,
			    functions_same(c, s, s->pair) ? KERNEL_DIFF_SAME : KERNEL_DIFF_CHANGED);
	}
}

static void diff_second(struct kernel_diff *d, struct code_compare *c)
{
	for (size_t i = 0; i < c->b.symbol_count; i++) {
		const struct code_symbol *t;

		if (!c->b.symbols[i].is_function || is_other_name(&c->b, i))
			continue;
		t = paired_name(&c->b, i);
		d->code_bytes[1] += t->size;
		if (!t->pair)
			add(d, NULL, t, KERNEL_DIFF_ADDED);
	}
}

/* ---- what is told of them ---- */

static int by_name(const void *a, const void *b)
{
	const struct kernel_diff_function *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static struct kernel_diff_function *find_whole(struct kernel_diff *d, const char *part)
{
	_cleanup_free_ char *name = xstrndup(part, (size_t)(strstr(part, ".cold") - part));
	const struct kernel_diff_function wanted = { .name = name };

	return bsearch(&wanted, d->functions, d->count, sizeof(wanted), by_name);
}

/* A cold part is told of as the function that it is a part of. */
static void fold_cold(struct kernel_diff *d)
{
	for (size_t i = 0; i < d->count; i++) {
		struct kernel_diff_function *part = &d->functions[i], *whole;

		if (!strstr(part->name, ".cold"))
			continue;
		whole = find_whole(d, part->name);
		if (!whole)
			continue;
		if (whole->status == KERNEL_DIFF_SAME && part->status != KERNEL_DIFF_SAME)
			whole->status = KERNEL_DIFF_CHANGED;
		part->status = KERNEL_DIFF_SAME;
		part->size_bytes[0] = part->size_bytes[1] = 0;
	}
}

static void sum_up(struct kernel_diff *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->count; i++) {
		struct kernel_diff_function *f = &d->functions[i];

		d->added += f->status == KERNEL_DIFF_ADDED;
		d->removed += f->status == KERNEL_DIFF_REMOVED;
		d->changed += f->status == KERNEL_DIFF_CHANGED;
		d->same += f->status == KERNEL_DIFF_SAME && (f->size_bytes[0] || f->size_bytes[1]);
		if (f->status == KERNEL_DIFF_SAME)
			free(f->name);
		else
			d->functions[kept++] = *f;
	}
	d->count = kept;
}

static int diff_images(struct kernel_diff *d, struct code_compare *c, struct err *err)
{
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &c->decoder) != CS_ERR_OK)
		return err_set(err, ERR_HOST, "this libcapstone knows no x86-64");
	cs_option(c->decoder, CS_OPT_DETAIL, CS_OPT_ON);
	c->first = cs_malloc(c->decoder);
	c->second = cs_malloc(c->decoder);
	code_images_pair(&c->a, &c->b);
	c->tables = code_tables_read(c, &d->not_compared);
	diff_first(d, c);
	diff_second(d, c);
	qsort(d->functions, d->count, sizeof(*d->functions), by_name);
	fold_cold(d);
	sum_up(d);
	code_tables_free(c->tables);
	cs_free(c->first, 1);
	cs_free(c->second, 1);
	cs_close(&c->decoder);
	return 0;
}

int kernel_diff_files(struct kernel_diff *d, const char *first, const char *second, struct err *err)
{
	struct code_compare c = { .b = { .fd = -1 } };
	int ret = -1;

	*d = (struct kernel_diff){ 0 };
	if (code_image_open(&c.a, first, err) == 0 && code_image_open(&c.b, second, err) == 0)
		ret = diff_images(d, &c, err);
	code_image_close(&c.a);
	code_image_close(&c.b);
	return ret;
}

void kernel_diff_clear(struct kernel_diff *d)
{
	for (size_t i = 0; i < d->count; i++)
		free(d->functions[i].name);
	free(d->functions);
	strv_clear(&d->not_compared);
	*d = (struct kernel_diff){ 0 };
}
