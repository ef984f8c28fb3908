// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which injected failures may have caused a report. Evidence is independent, so
 * that it adds up as chances do: 1 - (1 - a)(1 - b)... What counts: the same
 * task, the same CPU, how long before, functions in common between the two
 * stacks, and whether such a failure is known to end so (a failed block request
 * in an I/O error). Without the same task, common functions or a known end there
 * is no link: time alone proves nothing.
 */
#include <string.h>

#include "report/internal.h"

#define INJECTIONS 256u /* the last ones are remembered */
#define REPORTS	   16u
#define SYMBOLS	   32u	/* of a stack, innermost first */
#define FRAMES	   256u /* of a report are compared */
#define LINKS	   3u
#define TOO_LATE_S 60.0
#define CONFIDENT  0.2 /* below it a link is not worth a line */

struct injection {
	char *title, *attribute, *task;
	int64_t pid, cpu;
	double time_s;
	uint64_t start, start_line, boot;
	char *symbols[SYMBOLS];
	uint32_t hashes[SYMBOLS]; /* of the symbols */
	size_t symbol_count;
};

struct attribution {
	struct injection injections[INJECTIONS]; /* rings */
	struct report *reports[REPORTS];
	size_t injection_count, report_count; /* ever */
};

/* On every stack: says nothing. */
static const char *const generic[] = {
	"^entry_",
	"^do_syscall_64",
	"^do_syscall_",
	"^x64_sys_call",
	"^ret_from_fork",
	"^kthread",
	"^worker_thread",
	"^process_one_work",
	"^process_scheduled_works",
	"^asm_",
	"^el0_",
	"^el0t_",
	"^invoke_syscall",
	"^el0_svc",
	"^do_el0_svc",
	"^dump_",
	"^should_fail",
	"^__should",
	"^should_",
	"^fail_dump",
	"^show_stack",
	"^__dump_stack",
	NULL,
};

/* What an attribute's failures are known to end in. */
static const struct {
	const char *attribute, *kind;
	double chance;
} known_ends[] = {
	{ "fail_make_request", "io-error", 0.6 },
	{ "fail_make_request", "swap-write-error", 0.6 },
	{ "fail_make_request", "swap-read-error", 0.6 },
	{ "fail_io_timeout", "io-error", 0.5 },
	{ "fail_page_alloc", "allocation-failure", 0.6 },
	{ "failslab", "allocation-failure", 0.3 },
	{ "fail_make_request", "oom-kill", 0.2 },
};

struct candidates {
	const char *symbols[FRAMES];
	uint32_t hashes[FRAMES];
	size_t count;
};

struct link {
	const struct injection *injection;
	double confidence, before_s;
	bool same_task, same_cpu;
	const char *shared[8];
	size_t shared_count;
};

struct attribution *attribution_new(void)
{
	return xcalloc(1, sizeof(struct attribution));
}

static void injection_clear(struct injection *i)
{
	free(i->title);
	free(i->attribute);
	free(i->task);
	for (size_t k = 0; k < i->symbol_count; k++)
		free(i->symbols[k]);
	*i = (struct injection){ 0 };
}

void attribution_free(struct attribution *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < INJECTIONS; i++)
		injection_clear(&a->injections[i]);
	free(a);
}

static bool is_generic(const char *symbol)
{
	for (const char *const *p = generic; *p; p++)
		if (symbol_matches((struct span){ symbol, strlen(symbol) }, *p))
			return true;
	return false;
}

static uint32_t hash_of(const char *symbol)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *symbol; symbol++)
		hash = (hash ^ (unsigned char)*symbol) * 16777619u;
	return hash;
}

static bool has_symbol(const struct injection *i, const char *symbol, uint32_t hash)
{
	for (size_t k = 0; k < i->symbol_count; k++)
		if (i->hashes[k] == hash && str_eq(i->symbols[k], symbol))
			return true;
	return false;
}

/* The functions of a report that can be shared, each once: made once for all injections. */
static void candidates_collect(const struct report *r, struct candidates *c)
{
	size_t seen = 0;

	c->count = 0;
	for (size_t t = 0; t < r->trace_count; t++)
		for (size_t k = 0; k < r->traces[t].frame_count && seen < FRAMES; k++, seen++) {
			const struct report_frame *f = &r->traces[t].frames[k];
			uint32_t hash = hash_of(f->symbol);
			bool known = !f->reliable || is_generic(f->symbol);

			for (size_t s = 0; s < c->count && !known; s++)
				known = c->hashes[s] == hash && str_eq(c->symbols[s], f->symbol);
			if (known)
				continue;
			c->symbols[c->count] = f->symbol;
			c->hashes[c->count++] = hash;
		}
}

static void share_frames(const struct candidates *c, struct link *l)
{
	for (size_t i = 0; i < c->count && l->shared_count < ARRAY_SIZE(l->shared); i++)
		if (has_symbol(l->injection, c->symbols[i], c->hashes[i]))
			l->shared[l->shared_count++] = c->symbols[i];
}

static double known_chance(const char *attribute, const char *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(known_ends); i++)
		if (str_eq(known_ends[i].attribute, attribute) && str_eq(known_ends[i].kind, kind))
			return known_ends[i].chance;
	return 0;
}

static bool same_task(const struct report *r, const struct injection *i)
{
	json_t *by = json_get_object(r->details, "invoked_by");
	int64_t pid = by ? json_get_int(by, "pid", -1) : r->pid;
	const char *task = by ? json_get_str(by, "task", NULL) : r->task;

	if (pid >= 0 && i->pid >= 0)
		return pid == i->pid;
	return str_eq(task, i->task);
}

static struct link weigh(const struct report *r, const struct candidates *c,
			 const struct injection *i)
{
	struct link l = { .injection = i, .before_s = -1 };
	double doubt = 1, known = known_chance(i->attribute, r->kind);

	if (i->start >= r->start || i->boot != r->boot)
		return l;
	if (i->time_s >= 0 && r->time_s >= 0) {
		l.before_s = r->time_s - i->time_s;
		if (l.before_s < 0 || l.before_s > TOO_LATE_S)
			return l;
	}
	l.same_task = same_task(r, i);
	l.same_cpu = r->cpu >= 0 && r->cpu == i->cpu;
	share_frames(c, &l);
	if (!l.same_task && !l.shared_count && !known)
		return l;
	doubt *= l.same_task ? 0.6 : 1;
	doubt *= l.same_cpu ? 0.95 : 1;
	doubt *= 1 - known;
	doubt *= l.before_s < 0 ? 1 : l.before_s < 0.1 ? 0.7 : l.before_s < 2 ? 0.85 : 1;
	for (size_t k = 0; k < l.shared_count; k++)
		doubt *= 0.9;
	l.confidence = 1 - doubt;
	return l;
}

static json_t *link_to_json(const struct link *l)
{
	json_t *j = json_object(), *shared = json_array();

	json_set_str(j, "title", l->injection->title);
	json_set_str(j, "attribute", l->injection->attribute);
	json_object_set_new(j, "confidence", json_real((int)(l->confidence * 100 + 0.5) / 100.0));
	json_set_bool(j, "same_task", l->same_task);
	json_set_bool(j, "same_cpu", l->same_cpu);
	if (l->before_s >= 0)
		json_object_set_new(j, "before_s", json_real(l->before_s));
	for (size_t i = 0; i < l->shared_count; i++)
		json_array_append_new(shared, json_string(l->shared[i]));
	json_object_set_new(j, "shared_frames", shared);
	json_set_int(j, "start_line", l->injection->start_line);
	return j;
}

/* Puts the link in its place by confidence; one link an injection title. */
static void add_link(struct report *r, const struct link *l)
{
	size_t at = 0;

	if (l->confidence < CONFIDENT)
		return;
	if (!r->caused_by)
		r->caused_by = json_array();
	for (size_t i = 0; i < json_array_size(r->caused_by); i++) {
		json_t *other = json_array_get(r->caused_by, i);
		double confidence = json_get_num(other, "confidence", 0);

		if (str_eq(json_get_str(other, "title", ""), l->injection->title)) {
			/* The later one of the same kind is nearer: it takes the place. */
			if (confidence > l->confidence + 0.005)
				return;
			json_array_remove(r->caused_by, i--);
			continue;
		}
		if (confidence >= l->confidence)
			at = i + 1;
	}
	if (at >= LINKS)
		return;
	json_array_insert_new(r->caused_by, at, link_to_json(l));
	if (json_array_size(r->caused_by) > LINKS)
		json_array_remove(r->caused_by, LINKS);
}

void attribution_add_injection(struct attribution *a, const struct report *r)
{
	struct injection *i = &a->injections[a->injection_count++ % INJECTIONS];

	injection_clear(i);
	i->title = xstrdup(r->title);
	i->attribute = xstrdup(json_get_str(r->details, "attribute", "unknown"));
	i->task = xstrdup(r->task);
	i->pid = r->pid;
	i->cpu = r->cpu;
	i->time_s = r->time_s;
	i->start = r->start;
	i->start_line = r->start_line;
	i->boot = r->boot;
	for (size_t t = 0; t < r->trace_count; t++)
		for (size_t k = 0; k < r->traces[t].frame_count; k++)
			if (i->symbol_count < SYMBOLS && r->traces[t].frames[k].reliable &&
			    !is_generic(r->traces[t].frames[k].symbol)) {
				const char *symbol = r->traces[t].frames[k].symbol;

				i->hashes[i->symbol_count] = hash_of(symbol);
				i->symbols[i->symbol_count++] = xstrdup(symbol);
			}
	for (size_t k = 0; k < REPORTS; k++)
		/* Told before the report, though it ended after it. */
		if (a->reports[k] && i->start < a->reports[k]->start) {
			struct candidates c;
			struct link l;

			candidates_collect(a->reports[k], &c);
			l = weigh(a->reports[k], &c, i);
			add_link(a->reports[k], &l);
		}
}

void attribution_add_report(struct attribution *a, struct report *r)
{
	size_t count = a->injection_count < INJECTIONS ? a->injection_count : INJECTIONS;
	struct candidates c;

	candidates_collect(r, &c);
	for (size_t k = 0; k < count; k++) {
		struct link l = weigh(r, &c, &a->injections[k]);

		add_link(r, &l);
	}
	a->reports[a->report_count++ % REPORTS] = r;
}
