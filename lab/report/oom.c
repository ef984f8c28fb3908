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
#define TASKS_MAX 64

struct part {
	bool in_stats, in_mem_info, in_tasks;
	struct strbuf columns; /* of the task table, a space behind each */
};

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

/* memory.oom.group kills them all: each is told. Before 5.1 each is told twice, the choice first.
 */
static void add_killed(json_t *killed, json_t *details)
{
	json_t *all = json_object_get(details, "all_killed"), *last;

	if (!all) {
		all = json_array();
		json_object_set_new(details, "all_killed", all);
	}
	last = json_array_size(all) ? json_array_get(all, json_array_size(all) - 1) : NULL;
	if (last && json_equal(json_object_get(last, "pid"), json_object_get(killed, "pid"))) {
		json_object_update(last, killed);
		json_decref(killed);
		return;
	}
	if (!last)
		json_object_set(details, "killed", killed);
	json_array_append_new(all, killed);
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
	add_killed(killed, details);
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

/* Before 5.1: "Task in /t/a killed as a result of limit of /t" */
static void take_limit(struct span line, struct report *r)
{
	json_t *details = report_details(r);

	set_word(details, "task_memcg", line, "Task in ");
	set_word(details, "oom_memcg", line, "as a result of limit of ");
	if (json_object_get(details, "oom_memcg"))
		json_set_str(details, "constraint", "CONSTRAINT_MEMCG");
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

/* One row of "Tasks state", by the names of the kernel's own headline, which differ by version. */
static bool take_task_row(struct span line, struct span columns, json_t *tasks)
{
	json_t *task;
	bool good = true;

	if (!span_starts(line, "[") || json_array_size(tasks) >= TASKS_MAX)
		return span_starts(line, "[");
	task = json_object();
	for (line = span_after(line, 1); columns.n && good; columns = span_trim(columns)) {
		struct span name = span_cut(&columns, ' ');
		bool last = !columns.n;
		struct span word;
		char key[32];
		int64_t value;

		line = span_trim(line);
		word = last ? line : span_cut(&line, name.p[0] == 'p' && name.n == 3 ? ']' : ' ');
		good = name.n < sizeof(key);
		if (!good)
			break;
		memcpy(key, name.p, name.n);
		key[name.n] = '\0';
		if (last)
			json_set_strn(task, key, word.p, word.n);
		else if ((good = span_i64_after(word, "", &value)))
			json_set_int(task, key, value);
	}
	if (good)
		json_array_append(tasks, task);
	json_decref(task);
	return good;
}

/* "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name" */
static void begin_tasks(struct span line, struct part *part, json_t *details)
{
	line = span_after(line, span_find(line, "pid"));
	part->columns.length = 0;
	for (line = span_trim(line); line.n; line = span_trim(line)) {
		struct span word = span_cut(&line, ' ');

		if (span_is(word, "]"))
			continue;
		strbuf_add(&part->columns, word.p, word.n);
		strbuf_addc(&part->columns, ' ');
	}
	json_object_set_new(details, "tasks", json_array());
	part->in_tasks = true;
}

/* "active_anon:0 inactive_anon:26024 isolated_anon:0": pages of the whole machine. */
static bool take_mem_info(struct span line, json_t *details)
{
	json_t *info = json_object_get(details, "mem_info_pages");
	bool any = false;

	for (line = span_trim(line); line.n; line = span_trim(line)) {
		struct span value = span_cut(&line, ' '), name = span_cut(&value, ':');
		uint64_t number;
		char key[64];

		if (name.n >= sizeof(key) || !span_take_u64(&value, &number) || value.n)
			return any;
		memcpy(key, name.p, name.n);
		key[name.n] = '\0';
		json_set_int(info, key, number);
		any = true;
	}
	return any;
}

/* The parts of the report that go over several lines. */
static bool take_part(struct span line, struct part *part, json_t *details)
{
	if (part->in_stats && take_stat(line, json_object_get(details, "stats")))
		return true;
	if (part->in_mem_info && take_mem_info(line, details))
		return true;
	if (part->in_tasks &&
	    take_task_row(line, (struct span){ part->columns.data, part->columns.length },
			  json_object_get(details, "tasks")))
		return true;
	part->in_stats = part->in_mem_info = part->in_tasks = false;
	return false;
}

static void take_machine(struct span line, struct part *part, json_t *details)
{
	uint64_t number;

	/* Of several the first is the kill's own. */
	if (span_is(line, "Mem-Info:") && !json_object_get(details, "mem_info_pages")) {
		json_object_set_new(details, "mem_info_pages", json_object());
		part->in_mem_info = true;
	} else if (!json_object_get(details, "free_swap_kib") &&
		   span_u64_after(line, "Free swap  = ", &number)) {
		json_set_int(details, "free_swap_kib", number);
	} else if (!json_object_get(details, "total_swap_kib") &&
		   span_u64_after(line, "Total swap = ", &number)) {
		json_set_int(details, "total_swap_kib", number);
	} else if ((span_starts(line, "[  pid") || span_starts(line, "[ pid ]")) &&
		   !json_object_get(details, "tasks")) {
		begin_tasks(line, part, details);
	}
}

static void take_line(struct span line, struct report *r, struct part *part)
{
	json_t *details = report_details(r), *stats;

	if (take_part(line, part, details))
		return;
	/* All that is shown of the machine is shown before the kill; what comes behind it is
	 * another's. */
	if (!json_object_get(details, "killed"))
		take_machine(line, part, details);
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
	else if (span_starts(line, "Task in ") && span_has(line, "killed as a result"))
		take_limit(line, r);
	else if (span_has(line, "Killed process ") || span_has(line, "Kill process "))
		take_killed(line, r);
	else if (span_starts(line, "Memory cgroup stats for ") &&
		 !json_object_get(details, "stats")) {
		ptrdiff_t colon = span_find(line, ": ");

		stats = json_object();
		json_object_set_new(details, "stats", stats);
		part->in_stats = colon < 0;
		if (colon >= 0)
			take_stat(span_after(line, colon + 2), stats);
	} else if (span_starts(line, "oom_reaper: reaped process "))
		json_set_bool(details, "reaped", true);
}

void details_oom(const struct text *t, struct report *r)
{
	_cleanup_strbuf_ struct strbuf title = { 0 };
	const char *memcg;
	struct part part = { 0 };

	take_invoked(text_span(t, 0), r);
	for (size_t i = 1; i < t->count; i++)
		take_line(text_span(t, i), r, &part);
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
	strbuf_clear(&part.columns);
	free(r->title);
	r->title = title_plain(title.data);
}
