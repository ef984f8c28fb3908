/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel reports out of console bytes. Pure: bytes in, structs out; one pass,
 * linear in bytes and in reports, memory bounded by the largest report.
 */
#ifndef KLAB_REPORT_REPORT_H
#define KLAB_REPORT_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct report_frame {
	char *symbol;
	char *demangled;		/* of Rust; NULL: the symbol is the name */
	char *module;			/* NULL: vmlinux */
	uint64_t offset, size;		/* func+0x1a/0x40; has_offset false: no figures */
	bool has_offset, reliable, is_inline;
	bool exact;			/* the instruction itself, not where a call returns to */
	uint64_t address;		/* 0: not printed */
};

struct report_trace {
	char *context;			/* "task", "irq", "softirq", "nmi", "allocated", "freed", "cpu 3"... */
	struct report_frame *frames;	/* innermost first */
	size_t frame_count, frame_capacity;
};

struct report {
	char *title;			/* as syzbot would name it, or ours for info */
	char **alt_titles;
	size_t alt_count, alt_capacity;
	char *kind;			/* "oom-kill", "fault-injection", "warning", "gpf"... */
	char *frame;			/* guilty function, "" = none */
	bool corrupted, panicked, info;
	uint64_t start, end;		/* byte offsets, end exclusive */
	uint64_t start_line, end_line;	/* 1-based, inclusive */
	uint64_t boot;			/* which boot of the log it is of, counted from 0 */
	double time_s;			/* printk's, < 0: none */
	char *task;			/* comm, NULL: unknown */
	int64_t pid, cpu;		/* -1: unknown */
	uint64_t count;			/* the same bug again in this log: how often in all, >= 1 */
	struct report_trace *traces;
	size_t trace_count, trace_capacity;
	/*
	 * What else was told, NULL: nothing. Of any kind: kernel, tainted, hardware, modules,
	 * workqueue, ip, registers{}, error_code, code. OOM, injections, failed allocations and
	 * I/O errors have their own: see oom.c, injection.c, info.c and docs/formats.md.
	 */
	json_t *details;
	json_t *caused_by;		/* injections that may have caused it, surest first; NULL: none */
	json_t *again;			/* where the same bug came again: the first few; NULL: once */
};

typedef int (*report_fn)(void *ctx, struct report *r);	/* takes the report: report_free(); != 0 stops */

struct report_parser;
struct report_parser *report_parser_new(report_fn fn, void *ctx);
/* Any cut of the bytes gives the same reports. Returns what fn returned when it stopped, else 0. */
int report_parser_feed(struct report_parser *p, const char *bytes, size_t length);
int report_parser_end(struct report_parser *p);		/* the last report */
void report_parser_free(struct report_parser *p);	/* NULL-safe */

void report_free(struct report *r);
json_t *report_to_json(const struct report *r);		/* new reference */

/*
 * Keeps the reports of one log: the same bug (kind and any title shared) once,
 * with its count; injections linked to what they may have caused. Bounded: more
 * than 2000 different reports become one info report that says how many.
 */
struct report_collector;
struct report_collector *report_collector_new(void);
int report_collector_add(void *collector, struct report *r);	/* a report_fn; 0 always */
json_t *report_collector_json(struct report_collector *c);	/* in order of the log; new reference */
void report_collector_free(struct report_collector *c);		/* NULL-safe */

/* All of a console in memory, duplicates counted and injections attributed: array as of `klab parse --json`. */
json_t *report_parse_all(const char *bytes, size_t length);

#endif
