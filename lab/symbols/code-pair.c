// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which symbol of one kernel is which of the other. First by name and source
 * file; of several (a static function of a header, the `__key.N` of one file)
 * the order tells, and where some are missing, the size. Then what the compiler
 * calls functions otherwise now: foo and foo.isra.0, or one that is no longer static.
 */
#include "base/str.h"
#include "symbols/code-image.h"

typedef int compare_fn(const struct code_symbol *x, const struct code_symbol *y);

static int compare_bases(const struct code_symbol *x, const struct code_symbol *y)
{
	size_t shorter = x->base < y->base ? x->base : y->base;
	int c = memcmp(x->name, y->name, shorter);

	return c ? c : (x->base > y->base) - (x->base < y->base);
}

static int compare_kinds(const struct code_symbol *x, const struct code_symbol *y)
{
	int a = x->is_function + 2 * x->is_numbered + 4 * x->is_cold;
	int b = y->is_function + 2 * y->is_numbered + 4 * y->is_cold;

	return a - b;
}

/* As the compiler and the source call it; its numbers for data say nothing. */
static int by_name(const struct code_symbol *x, const struct code_symbol *y)
{
	int c = compare_kinds(x, y);

	if (!c)
		c = x->is_numbered ? compare_bases(x, y) : strcmp(x->name, y->name);
	return c ? c : strcmp(x->file, y->file);
}

static int by_base(const struct code_symbol *x, const struct code_symbol *y)
{
	int c = compare_kinds(x, y);

	return c ? c : compare_bases(x, y);
}

static int by_name_in_order(const void *a, const void *b)
{
	struct code_symbol *const *x = a, *const *y = b;
	int c = by_name(*x, *y);

	return c ? c : (*x > *y) - (*x < *y);
}

static int by_base_in_order(const void *a, const void *b)
{
	struct code_symbol *const *x = a, *const *y = b;
	int c = by_base(*x, *y);

	return c ? c : (*x > *y) - (*x < *y);
}

struct list {
	struct code_symbol **items;
	size_t count;
};

static struct list list_unpaired(struct code_image *image, bool functions_only,
				 int (*order)(const void *a, const void *b))
{
	struct list l = { xcalloc(image->symbol_count + 1, sizeof(struct code_symbol *)), 0 };

	for (size_t i = 0; i < image->symbol_count; i++)
		if (!image->symbols[i].pair && (!functions_only || image->symbols[i].is_function))
			l.items[l.count++] = &image->symbols[i];
	qsort(l.items, l.count, sizeof(*l.items), order);
	return l;
}

static void pair(struct code_symbol *x, struct code_symbol *y)
{
	x->pair = y;
	y->pair = x;
}

static size_t run_length(const struct list *l, size_t from, compare_fn *compare)
{
	size_t n = 1;

	while (from + n < l->count && compare(l->items[from], l->items[from + n]) == 0)
		n++;
	return n;
}

/* Of one name each; of unequal numbers first those of one size. */
static void pair_groups(struct code_symbol **x, size_t n, struct code_symbol **y, size_t m)
{
	for (size_t i = 0, from = 0; i < n && n != m; i++)
		for (size_t j = from; j < m; j++)
			if (x[i]->size == y[j]->size) {
				pair(x[i], y[j]);
				from = j + 1;
				break;
			}
	/* Which of the `__key.N` is gone nobody can tell by their order. */
	if (n != m && x[0]->is_numbered)
		return;
	for (size_t i = 0, j = 0; i < n; i++) {
		if (x[i]->pair)
			continue;
		while (j < m && y[j]->pair)
			j++;
		if (j < m)
			pair(x[i], y[j]);
	}
}

static void pair_lists(const struct list *x, const struct list *y, compare_fn *compare)
{
	for (size_t i = 0, j = 0; i < x->count && j < y->count;) {
		int c = compare(x->items[i], y->items[j]);
		size_t n = run_length(x, i, compare), m = run_length(y, j, compare);

		if (c == 0)
			pair_groups(x->items + i, n, y->items + j, m);
		i += c <= 0 ? n : 0;
		j += c >= 0 ? m : 0;
	}
}

static void pair_by(struct code_image *a, struct code_image *b, bool functions_only,
		    compare_fn *compare, int (*order)(const void *a, const void *b))
{
	struct list x = list_unpaired(a, functions_only, order);
	struct list y = list_unpaired(b, functions_only, order);

	pair_lists(&x, &y, compare);
	free(x.items);
	free(y.items);
}

void code_images_pair(struct code_image *a, struct code_image *b)
{
	pair_by(a, b, false, by_name, by_name_in_order);
	pair_by(a, b, true, by_base, by_base_in_order);
}
