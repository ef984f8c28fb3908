/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "page/night-chart.h"

#include <math.h>

static const char *const bars[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };

/* The bar of a share of the height; a share above nothing is seen. */
static const char *bar_of(double share)
{
	const int most = ARRAY_SIZE(bars);
	int height = (int)ceil(share * most);

	height = height < 1 ? 1 : height > most ? most : height;
	return bars[height - 1];
}

/* So many nights stand in one column. */
static size_t nights_a_column(const struct page *p, size_t count, int indent)
{
	size_t columns = p->style.width > indent + 10 ? (size_t)(p->style.width - indent) : 10;

	return count ? (count + columns - 1) / columns : 1;
}

static void add_axis(struct page *p, const struct night_value *nights, size_t count, size_t each,
		     int indent)
{
	page_line(p);
	page_to(p, indent);
	if (count > 1)
		page_addf(p, TONE_DIM, "%s to %s", nights[0].night, nights[count - 1].night);
	else if (count)
		page_add(p, TONE_DIM, nights[0].night);
	if (each > 1)
		page_addf(p, TONE_DIM, ", %zu nights a column", each);
	page_line(p);
}

void page_night_rates(struct page *p, const struct night_value *nights, size_t count, int indent)
{
	size_t each = nights_a_column(p, count, indent);

	page_to(p, indent);
	for (size_t i = 0; i < count; i += each) {
		double hits = 0, runs = 0;

		for (size_t k = i; k < i + each && k < count; k++) {
			hits += nights[k].value;
			runs += nights[k].weight;
		}
		if (runs == 0)
			page_add(p, TONE_PLAIN, " ");
		else if (hits == 0)
			page_add(p, TONE_DIM, "·");
		else
			page_add(p, TONE_BAD, bar_of(hits / runs));
	}
	add_axis(p, nights, count, each, indent);
}

void page_night_levels(struct page *p, const struct night_value *nights, size_t count, int indent)
{
	size_t each = nights_a_column(p, count, indent);
	double least = INFINITY, most = -INFINITY;

	for (size_t i = 0; i < count; i++) {
		least = fmin(least, nights[i].value);
		most = fmax(most, nights[i].value);
	}
	page_to(p, indent);
	for (size_t i = 0; i < count; i += each) {
		double sum = 0;
		size_t n = 0;

		for (size_t k = i; k < i + each && k < count; k++, n++)
			sum += nights[k].value;
		page_add(p, TONE_INFO,
			 bar_of(most > least ? (sum / (double)n - least) / (most - least) : 0));
	}
	add_axis(p, nights, count, each, indent);
}
