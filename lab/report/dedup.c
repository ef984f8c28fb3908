// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reports of one log, each bug once. Two reports are of the same bug when
 * they are of one kind and share a title or an alternative title, the rule by
 * which syzbot merges; "... in corrupted" is nobody's name and merges only with
 * the very same title.
 */
#include <string.h>

#include "report/internal.h"

#define DISTINCT_MAX 2000u
#define AGAIN_MAX    32u
#define BUCKETS	     4096u   /* power of two */
#define FRAMES_KEPT  100000u /* of all reports; beyond it each keeps only */
#define FRAMES_FEW   64u     /* of a stack, and */
#define TRACES_FEW   2u
#define TASKS_KEPT                                                                                 \
	4096u /* rows of the OOM killer's tables, of all reports; later tables fall off */
#define RECENT	     64u /* reports that a panic may belong to */
#define PANIC_SOON_S 120.0
#define DYING_S	     1.0
#define PANIC_LINES  4000u /* the same where no time is printed */

struct name {
	const char *title; /* borrowed from its report */
	struct report *report;
	struct name *next;
};

/* What a panic that comes soon is counted with. */
struct recent {
	struct report *kept; /* NULL: none */
	double time_s;
	uint64_t line, boot;
	int64_t pid;
};

struct report_collector {
	struct report **reports;
	size_t count, capacity;
	struct name *buckets[BUCKETS];
	struct attribution *attribution;
	struct recent recent[RECENT]; /* ring */
	size_t recent_count;	      /* ever */
	size_t frames_kept, tasks_kept;
	uint64_t dropped; /* reports beyond DISTINCT_MAX */
};

struct report_collector *report_collector_new(void)
{
	struct report_collector *c = xcalloc(1, sizeof(*c));

	c->attribution = attribution_new();
	return c;
}

void report_collector_free(struct report_collector *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct name *n = c->buckets[i], *next; n; n = next) {
			next = n->next;
			free(n);
		}
	for (size_t i = 0; i < c->count; i++)
		report_free(c->reports[i]);
	free(c->reports);
	attribution_free(c->attribution);
	free(c);
}

static size_t bucket_of(const char *title)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *title; title++)
		hash = (hash ^ (unsigned char)*title) * 16777619u;
	return hash & (BUCKETS - 1);
}

static bool merges_by(const char *alt)
{
	return !strstr(alt, "in corrupted");
}

static struct report *find_name(struct report_collector *c, const char *title, const char *kind)
{
	for (struct name *n = c->buckets[bucket_of(title)]; n; n = n->next)
		if (str_eq(n->title, title) && str_eq(n->report->kind, kind))
			return n->report;
	return NULL;
}

static struct report *find_same(struct report_collector *c, const struct report *r)
{
	struct report *same = find_name(c, r->title, r->kind);

	for (size_t i = 0; i < r->alt_count && !same; i++)
		if (merges_by(r->alt_titles[i]))
			same = find_name(c, r->alt_titles[i], r->kind);
	return same;
}

static void add_name(struct report_collector *c, const char *title, struct report *r)
{
	size_t bucket = bucket_of(title);
	struct name *n = xcalloc(1, sizeof(*n));

	*n = (struct name){ .title = title, .report = r, .next = c->buckets[bucket] };
	c->buckets[bucket] = n;
}

static void count_again(struct report *first, const struct report *r)
{
	json_t *again;

	first->count += r->count;
	first->panicked = first->panicked || r->panicked;
	if (!first->again)
		first->again = json_array();
	if (json_array_size(first->again) >= AGAIN_MAX)
		return;
	again = json_object();
	json_set_int(again, "start_line", r->start_line);
	if (r->time_s >= 0)
		json_object_set_new(again, "time_s", json_real(r->time_s));
	json_set_str(again, "task", r->task);
	if (r->pid >= 0)
		json_set_int(again, "pid", r->pid);
	json_array_append_new(first->again, again);
}

static bool is_one_of(const char *kind, const char *const *kinds)
{
	for (; *kinds; kinds++)
		if (str_eq(kind, *kinds))
			return true;
	return false;
}

/* What hangs that the kernel panics of; "" none. A panic says so itself where it stands alone. */
static const char *hang_of(const struct report *r)
{
	static const char *const kinds[] = { "hung_task", "soft_lockup", "hard_lockup", "rcu_stall",
					     NULL };
	static const struct {
		const char *words, *kind;
	} panics[] = {
		{ "kernel panic: hung_task:", "hung_task" },
		{ "kernel panic: softlockup:", "soft_lockup" },
		{ "kernel panic: Hard LOCKUP", "hard_lockup" },
		{ "kernel panic: RCU Stall", "rcu_stall" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(panics); i++)
		if (str_starts(r->title, panics[i].words))
			return panics[i].kind;
	return is_one_of(r->kind, kinds) ? r->kind : "";
}

/* Is it how a task begins to die, or the bad access that kills it? */
static bool is_deadly(const struct report *r)
{
	static const char *const kinds[] = {
		"kasan",	 "kfence",	 "page_fault",	   "gpf", "bug", "oops",
		"stack_segment", "double_fault", "stack_overflow", NULL
	};

	return is_one_of(r->kind, kinds);
}

/* Did the panic that ends r come of e, too? */
static bool led_to_panic(const struct recent *e, const struct report *r)
{
	bool timed = r->time_s >= 0 && e->time_s >= 0;
	double before_s = timed ? r->time_s - e->time_s : 0;
	bool soon = timed ? before_s <= PANIC_SOON_S : r->start_line - e->line <= PANIC_LINES;

	if (!e->kept || e->boot != r->boot || !soon)
		return false;
	if (hang_of(r)[0])
		return str_eq(e->kept->kind, hang_of(r));
	return is_deadly(r) && is_deadly(e->kept) && (e->pid < 0 || e->pid == r->pid) &&
	       before_s <= DYING_S;
}

/* A panic takes with it what led to it: hung tasks that are told one by one, the first of several
 * oopses of a task. What merely came before it has nothing to do with it. */
static void spread_panic(struct report_collector *c, const struct report *r)
{
	for (size_t i = 0; i < RECENT; i++) {
		struct recent *e = &c->recent[i];

		if (led_to_panic(e, r))
			e->kept->panicked = true;
		e->kept = NULL;
	}
}

static void remember(struct report_collector *c, struct report *kept, const struct report *r)
{
	if (r->panicked && !r->info)
		spread_panic(c, r);
	else if (!r->info)
		c->recent[c->recent_count++ % RECENT] =
			(struct recent){ kept, r->time_s, r->start_line, r->boot, r->pid };
}

/* A log of nothing but different reports may take only so much memory. */
static void keep_bounded(struct report_collector *c, struct report *r)
{
	size_t tasks = json_array_size(json_object_get(r->details, "tasks"));

	if (tasks && c->tasks_kept >= TASKS_KEPT) {
		json_object_del(r->details, "tasks");
		json_set_int(r->details, "tasks_left_out", tasks);
	} else {
		c->tasks_kept += tasks;
	}
	if (c->frames_kept >= FRAMES_KEPT)
		report_traces_cut(r, TRACES_FEW, FRAMES_FEW);
	for (size_t i = 0; i < r->trace_count; i++)
		c->frames_kept += r->traces[i].frame_count;
}

int report_collector_add(void *collector, struct report *r)
{
	struct report_collector *c = collector;
	struct report *same = find_same(c, r);

	if (str_eq(r->kind, "fault-injection"))
		attribution_add_injection(c->attribution, r);
	else if (!same && c->count < DISTINCT_MAX)
		attribution_add_report(c->attribution, r);
	if (same) {
		count_again(same, r);
		remember(c, same, r);
		report_free(r);
		return 0;
	}
	if (c->count >= DISTINCT_MAX) {
		c->dropped++;
		report_free(r);
		return 0;
	}
	*vec_push(&c->reports, &c->count, &c->capacity) = r;
	keep_bounded(c, r);
	remember(c, r, r);
	add_name(c, r->title, r);
	for (size_t i = 0; i < r->alt_count; i++)
		if (merges_by(r->alt_titles[i]))
			add_name(c, r->alt_titles[i], r);
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct report *x = *(struct report *const *)a, *y = *(struct report *const *)b;

	return x->start < y->start ? -1 : x->start > y->start;
}

json_t *report_collector_json(struct report_collector *c)
{
	json_t *all = json_array();

	if (c->count)
		qsort(c->reports, c->count, sizeof(*c->reports), by_start);
	for (size_t i = 0; i < c->count; i++)
		json_array_append_new(all, report_to_json(c->reports[i]));
	if (c->dropped) {
		struct report more = { .title = (char *)"more reports than are kept",
				       .kind = (char *)"too-many-reports",
				       .frame = (char *)"",
				       .info = true,
				       .time_s = -1,
				       .pid = -1,
				       .cpu = -1,
				       .count = c->dropped };

		json_array_append_new(all, report_to_json(&more));
	}
	return all;
}

json_t *report_parse_all(const char *bytes, size_t length)
{
	struct report_collector *c = report_collector_new();
	struct report_parser *p = report_parser_new(report_collector_add, c);
	json_t *all;

	report_parser_feed(p, bytes, length);
	report_parser_end(p);
	all = report_collector_json(c);
	report_parser_free(p);
	report_collector_free(c);
	return all;
}
