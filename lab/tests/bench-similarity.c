// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How well reports of one bug are found by their traces. Reads JSON lines, each a report as
 * reports.json has it (title, traces, details.ip) with
 *
 *     group   the bug that it is of: reports that one fix ended
 *     bug     the name that it was filed under, of which a group may have several
 *     time    seconds, when it was seen
 *
 * What it was tuned on are the 4006 reports with a trace that syzbot mailed to 17 kernel lists
 * (their public-inbox archives, read by `klab parse`). A group is what one `#syz fix:` title, one
 * patch with several `Reported-by: syzbot+...`, or a `#syz dup:` joins, but for the one that
 * forbade writes to mounted block devices, which ended bugs of every kind.
 *
 *     bench-similarity FILE [tune] [known=N] [NAME=VALUE...]
 *
 * A query is a report whose bug was filed under another name too: those of its own name are left
 * out, since a title finds them. Groups fall into two halves by a hash of their name: one to tune
 * on
 * (`tune`), one to report. RR@1, RR@5: the share of queries with a report of the group among the
 * first 1 or 5 of all others; MRR: the mean of 1/rank of the first; AUC: the chance that a report
 * of the group scores above one of another group, over all pairs with a query. `earlier`: the same
 * against what was seen before the query only. Equal scores rank by chance: the mean of all orders.
 *
 * Below that: which share of the pairs of a query with its group, and with others, scores so much
 * or more. With known=N only the first N reports count for how rare a function is.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "compare/similarity.h"

#define LEVELS 11 /* 0, 0.1 ... 1 */

struct item {
	const char *group, *bug;
	double time;
	json_t *json;
	const struct similarity_report *report;
	size_t functions[SIMILARITY_MAX_FRAMES]; /* for the simple methods */
	size_t count;
	bool tune;
};

struct bench {
	struct item *items;
	size_t count, capacity;
	struct similarity_index *index;
	size_t known;			    /* how many reports are counted */
	size_t same[LEVELS], other[LEVELS]; /* pairs by score, of ours against all others */
};

typedef double (*score_fn)(struct bench *b, const struct item *x, const struct item *y);

static double score_ours(struct bench *b, const struct item *x, const struct item *y)
{
	double score = similarity_score(b->index, x->report, y->report);
	size_t *levels = str_eq(x->group, y->group) ? b->same : b->other;

	levels[(size_t)(score * 10 + 1e-9)]++;
	return score;
}

static double score_top(struct bench *b, const struct item *x, const struct item *y)
{
	return x->count && y->count && x->functions[0] == y->functions[0];
}

/* 1 - distance / longer. */
static double score_levenshtein(struct bench *b, const struct item *x, const struct item *y)
{
	size_t row[SIMILARITY_MAX_FRAMES + 1], most = x->count > y->count ? x->count : y->count;

	for (size_t k = 0; k <= y->count; k++)
		row[k] = k;
	for (size_t i = 1; i <= x->count; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t k = 1; k <= y->count; k++) {
			size_t best = diagonal + (x->functions[i - 1] != y->functions[k - 1]);

			diagonal = row[k];
			best = row[k] + 1 < best ? row[k] + 1 : best;
			row[k] = row[k - 1] + 1 < best ? row[k - 1] + 1 : best;
		}
	}
	return most ? 1 - (double)row[y->count] / (double)most : 0;
}

static const struct method {
	const char *name;
	score_fn score;
} methods[] = {
	{ "ours", score_ours },
	{ "levenshtein", score_levenshtein },
	{ "top frame", score_top },
};

static unsigned hash_text(const char *s)
{
	unsigned h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h >> 7;
}

static void bench_read(struct bench *b, FILE *in)
{
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, in) > 0) {
		json_t *json = json_loads(line, 0, NULL);
		struct item *it;

		if (!json || !json_array_size(json_get_array(json, "traces"))) {
			json_decref(json);
			continue;
		}
		it = vec_push(&b->items, &b->count, &b->capacity);
		it->json = json;
		it->group = json_get_str(json, "group", "");
		it->bug = json_get_str(json, "bug", "");
		it->time = json_get_num(json, "time", 0);
		it->report = b->count <= b->known ? similarity_index_add(b->index, json)
						  : similarity_index_read(b->index, json);
		it->tune = hash_text(it->group) & 1;
		it->count = similarity_report_functions(it->report, it->functions,
							ARRAY_SIZE(it->functions));
	}
}

struct figures {
	double at_1, at_5, mrr, auc;
	size_t queries;
};

struct ranking {
	double *same, *other;
	size_t same_count, other_count;
};

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* How many of the sorted scores are below, and how many equal. */
static void count_below(const double *scores, size_t count, double v, size_t *below, size_t *equal)
{
	size_t low = 0, high = count, first;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (scores[mid] < v)
			low = mid + 1;
		else
			high = mid;
	}
	first = low;
	while (low < count && scores[low] == v)
		low++;
	*below = first;
	*equal = low - first;
}

/* Of `equal` others and `same` of ours in chance order, behind `above`: the mean of f(rank). */
static void add_ranks(struct figures *f, size_t above, size_t equal, size_t same)
{
	double chance = 1; /* that the first of ours comes not before place k */

	for (size_t k = 0; k <= equal; k++) {
		double rank = (double)(above + k + 1);
		double here = chance * (double)same / (double)(same + equal - k);

		f->at_1 += rank <= 1 ? here : 0;
		f->at_5 += rank <= 5 ? here : 0;
		f->mrr += here / rank;
		chance -= here;
		if (chance < 1e-12)
			break;
	}
}

static void add_query(struct figures *f, struct ranking *r)
{
	double best = -1, area = 0;
	size_t below, equal, ties = 0;

	qsort(r->other, r->other_count, sizeof(*r->other), compare_doubles);
	for (size_t i = 0; i < r->same_count; i++) {
		best = fmax(best, r->same[i]);
		count_below(r->other, r->other_count, r->same[i], &below, &equal);
		area += ((double)below + (double)equal / 2) / (double)r->other_count;
	}
	for (size_t i = 0; i < r->same_count; i++)
		ties += r->same[i] == best;
	count_below(r->other, r->other_count, best, &below, &equal);
	add_ranks(f, r->other_count - below - equal, equal, ties);
	f->auc += area / (double)r->same_count;
	f->queries++;
}

static struct figures measure(struct bench *b, score_fn score, bool tune, bool earlier)
{
	struct figures f = { 0 };
	struct ranking r = { .same = xcalloc(b->count, sizeof(double)),
			     .other = xcalloc(b->count, sizeof(double)) };

	for (size_t q = 0; q < b->count; q++) {
		const struct item *query = &b->items[q];

		r.same_count = r.other_count = 0;
		for (size_t i = 0; i < b->count && query->tune == tune; i++)
			r.same_count += str_eq(b->items[i].group, query->group) &&
					!str_eq(b->items[i].bug, query->bug) &&
					(!earlier || b->items[i].time < query->time);
		if (!r.same_count)
			continue;
		r.same_count = 0;
		for (size_t i = 0; i < b->count; i++) {
			const struct item *it = &b->items[i];

			if (str_eq(it->bug, query->bug) || (earlier && it->time >= query->time))
				continue;
			if (str_eq(it->group, query->group))
				r.same[r.same_count++] = score(b, query, it);
			else
				r.other[r.other_count++] = score(b, query, it);
		}
		if (r.other_count)
			add_query(&f, &r);
	}
	free(r.same);
	free(r.other);
	return f;
}

static void print_figures(const char *name, const char *what, const struct figures *f)
{
	double n = f->queries ? (double)f->queries : 1;

	printf("%-12s %-8s %5zu  %.3f  %.3f  %.3f  %.3f\n", name, what, f->queries, f->at_1 / n,
	       f->at_5 / n, f->mrr / n, f->auc / n);
}

static void print_levels(const struct bench *b)
{
	size_t same = 0, other = 0, all_same = 0, all_other = 0;

	for (size_t i = 0; i < LEVELS; i++) {
		all_same += b->same[i];
		all_other += b->other[i];
	}
	printf("\nscore       group     others\n");
	for (size_t i = LEVELS; i-- > 1;) {
		same += b->same[i];
		other += b->other[i];
		printf(">= %.1f      %.3f     %.6f\n", (double)i / 10,
		       (double)same / (double)all_same, (double)other / (double)all_other);
	}
}

static bool set_tuning(struct similarity_tuning *t, const char *word)
{
	const struct {
		const char *name;
		double *value;
	} all[] = {
		{ "decay=", &t->decay },
		{ "rarity=", &t->rarity },
		{ "guess=", &t->guess },
		{ "others=", &t->others },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (str_starts(word, all[i].name)) {
			*all[i].value = strtod(word + strlen(all[i].name), NULL);
			return true;
		}
	return false;
}

int main(int argc, char **argv)
{
	struct similarity_tuning tuning = similarity_tuning;
	struct bench b = { .known = SIZE_MAX };
	bool tune = false;
	FILE *in = argc > 1 ? fopen(argv[1], "re") : NULL;

	if (!in) {
		fprintf(stderr, "usage: bench-similarity FILE [tune] [NAME=VALUE...]\n");
		return 2;
	}
	for (int i = 2; i < argc; i++)
		if (str_eq(argv[i], "tune"))
			tune = true;
		else if (str_starts(argv[i], "known="))
			b.known = strtoul(argv[i] + strlen("known="), NULL, 10);
		else if (!set_tuning(&tuning, argv[i]))
			return fprintf(stderr, "%s: unknown\n", argv[i]), 2;
	b.index = similarity_index_new(&tuning);
	bench_read(&b, in);
	fclose(in);
	printf("%zu reports; half to %s\nmethod       against  queries  RR@1   RR@5   MRR    AUC\n",
	       b.count, tune ? "tune on" : "report");
	for (size_t i = 0; i < (tune ? 1 : ARRAY_SIZE(methods)); i++) {
		struct figures all = measure(&b, methods[i].score, tune, false);
		struct figures earlier = measure(&b, methods[i].score, tune, true);

		print_figures(methods[i].name, "others", &all);
		print_figures(methods[i].name, "earlier", &earlier);
	}
	print_levels(&b);
	return 0;
}
