// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The OOM killer's report (mm/oom_kill.c, mm/memcontrol.c): who asked for
 * memory, what ran out (the machine, a memory cgroup), what was used, who died.
 * Numbers of the summary lines are KiB, as the kernel prints them; those of
 * memory.stat are what memory.stat has: bytes (events are plain counts).
 */
#include <string.h>

#include "report/internal.h"

#define STATS_MAX 256

/* "usage 40960kB, limit 40960kB, failcnt 123" */
static void take_counter(struct span line, const char *name, json_t *details)
{
	json_t *counter;
	uint64_t usage, limit, failcnt;

	if (!span_u64_after(line, "usage ", &usage) || json_object_get(details, name))
		return;
	counter = json_object();
	json_set_int(counter, "usage_kib", usage);
	if (span_u64_after(line, "limit ", &limit))
		json_set_int(counter, "limit_kib", limit);
	if (span_u64_after(line, "failcnt ", &failcnt))
		json_set_int(counter, "failcnt", failcnt);
	json_object_set_new(details, name, counter);
}

static void set_kib(json_t *object, const char *key, struct span line, const char *name)
{
	uint64_t value;

	if (span_u64_after(line, name, &value))
		json_set_int(object, key, value);
}

/* "Memory cgroup out of memory: Killed process 12 (hog) total-vm:104kB, anon-rss:39kB, ..." */
static void take_killed(struct span line, struct report *r)
{
	json_t *details = report_details(r), *killed = json_object();
	struct span rest = line;
	int64_t adj;
	uint64_t pid;
	ptrdiff_t at = span_find(line, "Kill");

	rest = span_after(line, at);
	if (span_u64_after(rest, "process ", &pid)) {
		json_set_int(killed, "pid", pid);
		r->pid = pid;
	}
	at = span_find(rest, "(");
	if (at >= 0) {
		struct span comm = span_after(rest, at + 1);
		ptrdiff_t end = span_find(comm, ") ");

		if (end < 0)
			end = span_find(comm, ")");
		if (end > 0) {
			free(r->task);
			r->task = xstrndup(comm.p, end);
			json_set_strn(killed, "task", comm.p, end);
		}
	}
	set_kib(killed, "uid", rest, "UID:");
	set_kib(killed, "total_vm_kib", rest, "total-vm:");
	set_kib(killed, "anon_rss_kib", rest, "anon-rss:");
	set_kib(killed, "file_rss_kib", rest, "file-rss:");
	set_kib(killed, "shmem_rss_kib", rest, "shmem-rss:");
	set_kib(killed, "pgtables_kib", rest, "pgtables:");
	if (span_i64_after(rest, "oom_score_adj:", &adj))
		json_set_int(killed, "oom_score_adj", adj);
	if (!json_object_get(details, "killed"))
		json_object_set(details, "killed", killed);
	/* memory.oom.group kills them all: each is told. */
	if (!json_object_get(details, "all_killed"))
		json_object_set_new(details, "all_killed", json_array());
	json_array_append_new(json_object_get(details, "all_killed"), killed);
}

static void set_word(json_t *object, const char *key, struct span line, const char *name)
{
	struct span word = span_word_after(line, name);

	if (word.n)
		json_set_strn(object, key, word.p, word.n);
}

/* "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),...,oom_memcg=/t,task_memcg=/t,task=hog,pid=12,uid=0"
 */
static void take_constraint(struct span line, struct report *r)
{
	json_t *details = report_details(r);

	set_word(details, "constraint", line, "constraint=");
	set_word(details, "nodemask", line, "nodemask=");
	set_word(details, "cpuset", line, "cpuset=");
	set_word(details, "oom_memcg", line, ",oom_memcg=");
	set_word(details, "task_memcg", line, ",task_memcg=");
	if (span_has(line, ",global_oom"))
		json_set_bool(details, "global", true);
}

/* One "anon 41766912" of memory.stat, or v1's "cache:0KB rss:12KB". False: no such line. */
static bool take_stat(struct span line, json_t *stats)
{
	bool any = false;

	for (line = span_trim(line); line.n; line = span_trim(line)) {
		struct span word = span_cut(&line, ' '), name = word, rest;
		char key[64];
		uint64_t value;
		ptrdiff_t colon = span_find(word, ":");

		if (colon > 0) {
			name.n = colon;
			rest = span_after(word, colon + 1);
		} else {
			rest = line;
			line.n = 0;
		}
		if (!name.n || name.n >= sizeof(key) || !span_take_u64(&rest, &value) ||
		    (colon < 0 && rest.n) || json_object_size(stats) >= STATS_MAX)
			return any;
		for (size_t i = 0; i < name.n; i++)
			if (!is_word(name.p[i]))
				return any;
		memcpy(key, name.p, name.n);
		key[name.n] = '\0';
		json_set_int(stats, key, colon > 0 ? (int64_t)(value << 10) : (int64_t)value);
		any = true;
	}
	return any;
}

/* The first line: "hog invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0" */
static void take_invoked(struct span line, struct report *r)
{
	json_t *details = report_details(r), *by;
	ptrdiff_t at = span_find(line, " invoked oom-killer:");
	int64_t number;

	if (at < 0)
		return;
	by = json_object();
	json_set_strn(by, "task", line.p, at);
	if (r->pid >= 0)
		json_set_int(by, "pid", r->pid);
	json_object_set_new(details, "invoked_by", by);
	set_word(details, "gfp_mask", line, "gfp_mask=");
	if (span_i64_after(line, "order=", &number))
		json_set_int(details, "order", number);
	if (span_i64_after(line, "oom_score_adj=", &number))
		json_set_int(details, "oom_score_adj", number);
}

static void take_line(struct span line, struct report *r, bool *in_stats)
{
	json_t *details = report_details(r), *stats;

	if (*in_stats) {
		if (take_stat(line, json_object_get(details, "stats")))
			return;
		*in_stats = false;
	}
	if (span_starts(line, "memory: usage "))
		take_counter(line, "memory", details);
	else if (span_starts(line, "swap: usage "))
		take_counter(line, "swap", details);
	else if (span_starts(line, "memory+swap: usage "))
		take_counter(line, "memsw", details);
	else if (span_starts(line, "kmem: usage "))
		take_counter(line, "kmem", details);
	else if (span_starts(line, "oom-kill:constraint="))
		take_constraint(line, r);
	else if (span_has(line, "Killed process ") || span_has(line, "Kill process "))
		take_killed(line, r);
	else if (span_starts(line, "Memory cgroup stats for ") &&
		 !json_object_get(details, "stats")) {
		ptrdiff_t colon = span_find(line, ": ");

		stats = json_object();
		json_object_set_new(details, "stats", stats);
		*in_stats = colon < 0;
		if (colon >= 0)
			*in_stats = !take_stat(span_after(line, colon + 2), stats);
	} else if (span_starts(line, "oom_reaper: reaped process "))
		json_set_bool(details, "reaped", true);
}

void details_oom(const struct text *t, struct report *r)
{
	_cleanup_strbuf_ struct strbuf title = { 0 };
	const char *memcg;
	bool in_stats = false;

	take_invoked(text_span(t, 0), r);
	for (size_t i = 1; i < t->count; i++)
		take_line(text_span(t, i), r, &in_stats);
	memcg = json_get_str(r->details, "oom_memcg", NULL);
	if (!memcg && str_eq(json_get_str(r->details, "constraint", NULL), "CONSTRAINT_MEMCG"))
		memcg = "/";
	if (!json_object_get(r->details, "killed")) {
		strbuf_adds(&title, "out of memory, none killed");
	} else {
		strbuf_addf(&title, "OOM kill of %s", r->task);
		/* A kill whose end was lost names nobody. */
		r->corrupted = !r->task;
	}
	if (memcg)
		strbuf_addf(&title, " in memory cgroup %s", memcg);
	free(r->title);
	r->title = title_plain(title.data);
}
