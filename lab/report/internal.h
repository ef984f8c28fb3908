/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of lab/report share. The way of a line:
 *
 *   parser.c   cuts bytes into lines, in chunks, and hands them on
 *   scan.c     finds the few lines that can open a report, at memory speed
 *   line.c     takes printk's prefix off: level, time, caller, syslog
 *   kmsg.c     makes lines of a record of /dev/kmsg
 *   twice.c    knows the lines that two consoles on one port print
 *   formats*.c THE table: header -> title, kind, how the guilty frame is found
 *   match.c    the regular expressions of that table (PCRE2, JIT, lazily)
 *   context.c  which open report a line belongs to, when a report ends
 *   analyze.c  a report's lines -> struct report, with the help of
 *   guilty.c     the guilty frame      plumbing.c  which functions never are
 *   rust.c       Rust's symbols
 *   title.c      cleaning of titles    corrupt.c   is it whole?
 *   frames.c     stack lines           traces.c    traces by context
 *   details.c    taints, modules...    registers.c, oom.c, injection.c, info.c
 *   dedup.c    counts the same bug once; attribute.c links injections to reports
 *   json.c     struct report -> JSON
 */
#ifndef KLAB_REPORT_INTERNAL_H
#define KLAB_REPORT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/str.h"
#include "report/report.h"

/* ---- span: borrowed bytes, not NUL-terminated -------------------------- */

struct span {
	const char *p;
	size_t n;
};

#define SPAN(literal) ((struct span){ (literal), sizeof(literal) - 1 })

/* Inline, so that the length of a literal costs nothing. */
static inline bool span_starts(struct span s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && memcmp(s.p, prefix, n) == 0;
}

static inline bool span_is(struct span s, const char *text)
{
	size_t n = strlen(text);

	return s.n == n && memcmp(s.p, text, n) == 0;
}

/* The offset of `text` in s, or -1. */
ptrdiff_t span_find(struct span s, const char *text);
static inline bool span_has(struct span s, const char *text)
{
	return span_find(s, text) >= 0;
}
struct span span_after(struct span s, size_t skip);	/* skip beyond the end: empty */
static inline struct span span_first(struct span s, size_t n)
{
	return (struct span){ s.p, s.n < n ? s.n : n };
}
struct span span_trim(struct span s);			/* spaces and tabs at both ends */
/* Takes what comes before `stop` (or all of it) off *s, `stop` with it. */
struct span span_cut(struct span *s, char stop);
/* Unsigned numbers at the start of *s, which moves behind them; false: none there. */
bool span_take_u64(struct span *s, uint64_t *out);
bool span_take_hex(struct span *s, uint64_t *out);	/* with or without 0x */
/* The number right after `key` anywhere in s. */
bool span_u64_after(struct span s, const char *key, uint64_t *out);
bool span_i64_after(struct span s, const char *key, int64_t *out);
/* The word (up to space, comma or end) right after `key` anywhere in s; empty if none. */
struct span span_word_after(struct span s, const char *key);

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f');
}

static inline bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* ---- line.c: printk's prefix ------------------------------------------- */

/* Who printed a line: what printk's caller field says, as far as it is there. */
#define CALLER_NONE    0u		/* no prefix at all: perhaps not the kernel */
#define CALLER_UNKNOWN 1u		/* a time, but no caller */
#define CALLER_TASK    0x40000000u	/* | thread id */
#define CALLER_CPU     0x80000000u	/* | cpu: printed in interrupt context */
#define CALLER_SYSLOG  0x20000000u	/* | any: syslog's copy of the kernel's line */

struct line {
	struct span text;	/* without prefix and line ending */
	uint32_t caller;
	int level;		/* -1: not printed */
	double time_s;		/* < 0: none */
};

/*
 * Splits off the last prefix that begins before `limit` bytes (0: the one at
 * the start, behind a login prompt or a cut-off line of user space).
 */
void line_parse(struct span raw, size_t limit, struct line *out);
/* Copies without escape sequences; `out` has room for raw.n bytes. */
struct span line_strip_escapes(struct span raw, char *out);

/* ---- kmsg.c: records of /dev/kmsg ---------------------------------------- */

struct kmsg {
	char prefix[80];	/* as the console would have it */
	struct span rest;	/* what is left of the record's text */
	bool more;
};

/* Is it a record? Then kmsg_next() gives its lines, as the console would have them, one by one. */
bool kmsg_open(struct span raw, struct kmsg *k);
bool kmsg_next(struct kmsg *k, struct strbuf *out);	/* false: no more */

/* ---- twice.c: what the log has twice ---------------------------------------- */

#define TWICE_LINES 64u		/* of one record */
#define TWICE_TOLD  4096u

struct twice {
	uint64_t pending[TWICE_LINES];	/* this record's lines whose copies may come */
	size_t count;
	double time_s;			/* this record's */
	unsigned singles;		/* records in a row that had no copy */
	bool on;			/* all is printed twice */
	uint64_t told[TWICE_TOLD];	/* headers of reports, each at its hash; newer ones win */
	uint64_t life;			/* from one sure start of the kernel to the next */
	bool dead;			/* it panicked: whatever speaks with an earlier time is another */
};

/* Is it what another console just printed? To be asked of each line that is looked at. */
bool twice_is_copy(struct twice *t, const struct line *line, bool is_header);
/* Was a report with this header told before in this life of the kernel? */
bool twice_was_told(struct twice *t, const struct line *line);
/* Time begins anew; is_sure: because the kernel started, and not because its buffer is printed again. */
void twice_note_boot(struct twice *t, bool is_sure);

/* ---- scan.c: many literals at once -------------------------------------- */

struct scanner;
/* The literals are borrowed, at least 4 bytes long each. */
struct scanner *scanner_new(const char *const *literals, size_t count);
void scanner_free(struct scanner *s);	/* NULL-safe */
/* The first literal in [p, end): its index, *at its place; -1 if none. */
int scanner_find(const struct scanner *s, const char *p, const char *end, const char **at);
uint64_t scan_count_newlines(const char *p, const char *end);

/* ---- match.c: the table's regular expressions --------------------------- */

#define MATCH_MAX 4

struct match {
	struct span group[MATCH_MAX];	/* 1..: what the parentheses caught; p NULL: nothing */
};

/*
 * `pattern` must be a string of a static table: compiled at first use, kept by
 * address. In it F stands for... see match.c. m may be NULL.
 */
bool match_text(const char *const *pattern, struct span text, struct match *m);

#define HEADER_LOOK 512u	/* bytes of a header's line that patterns look at */

/* ---- formats.c: the table ------------------------------------------------ */

/* How the frames that may be guilty are collected; see guilty.c. */
enum step {
	STEP_END,
	STEP_IP,		/* the instruction pointer's line */
	STEP_IP_OR_INTERRUPT,	/* that, or powerpc's "--- interrupt: 700 at" */
	STEP_TRACE_HEADER,	/* "Call Trace:", "Backtrace:" */
	STEP_STACK,		/* the frames that follow, up to the next stack */
	STEP_HEADER_FUNC,	/* "in FUNC" of the header itself */
	STEP_LOCK_AT,		/* "at: FUNC" of a lock */
	STEP_PC_FUNC,		/* "[<addr>] FUNC" anywhere */
	STEP_APIC,		/* x86's timer interrupt entry */
	STEP_IRQ_ENTRY,		/* any architecture's interrupt entry */
	STEP_LEAK_TRACE,	/* kmemleak's "backtrace:" */
	STEP_ORIGIN,		/* KMSAN's "created at:" */
	STEP_LOCK_BECAME,	/* lockdep's "which became ... at:" */
	STEP_PAGE_OWNER,	/* "page last allocated" */
};

enum pick {
	PICK_FIRST,	/* the innermost that is no plumbing */
	PICK_STALL,	/* the last one before a generic entry point */
	PICK_HANG,	/* the first one that is neither scheduling nor waiting */
};

#define POLICY_STEPS 5

struct policy {
	enum step steps[POLICY_STEPS];
	enum step otherwise[POLICY_STEPS];	/* when the first way found nothing */
	enum step last[POLICY_STEPS];		/* nor the second */
	const char *const *plumbing;		/* more of it; NULL-terminated or NULL */
	enum pick pick;
};

enum format_flag {
	FORMAT_NO_TRACE = 1 << 0,	/* whole without any stack */
	FORMAT_CUT_OFF = 1 << 1,	/* only seen when the true header was lost */
	FORMAT_INFO = 1 << 2,		/* no bug in itself */
	FORMAT_ONE_LINE = 1 << 3,	/* the header is all there is */
	FORMAT_WEAK = 1 << 4,		/* chatter looks the same: must begin the message, after printk's prefix */
	FORMAT_WHOLE_LINE = 1 << 6,	/* the pattern is for the whole message, not from the header on */
	FORMAT_FOLLOWS = 1 << 5,	/* as HEADER_FOLLOWS */
	FORMAT_FRAME_ONLY = 1 << 8,	/* the policy gives a frame that is no part of the title */
	FORMAT_ON_ITS_OWN = 1 << 7,	/* a panic that no report before it need have led to */
};

struct text;

struct format {
	const char *pattern;		/* on the header's line */
	const char *after[3];		/* on later lines, one after the other; the last one's groups go on */
	const char *title;		/* $1.. groups, $F the guilty frame, $O the origin's */
	const char *alt[2];
	const char *kind;
	const struct policy *policy;	/* NULL: no $F */
	unsigned flags;
	/* What else such a report tells; may give it another title. NULL: nothing. */
	void (*details)(const struct text *t, struct report *r);
};

enum header_flag {
	HEADER_FOLLOWS = 1 << 0,	/* belongs to a report that is open */
	HEADER_EXACT = 1 << 1,		/* nothing but the formats: any other text is no report */
	HEADER_MID = 1 << 2,		/* unknown text counts in the middle of a line, too */
	HEADER_REBOOT = 1 << 3,		/* only after the kernel has run */
	HEADER_REPLAY = 1 << 4,		/* no report: printk repeats itself, the next line is old */
	HEADER_LEAVES = 1 << 5,		/* no report: the kernel goes down as it was told, a boot may follow */
};

struct header {
	const char *literal;
	const struct format *formats;	/* the first that fits wins; ended by pattern NULL */
	const char *kind;		/* of text that no format knows */
	const char *const *ignore;	/* patterns: no report; NULL-terminated, or NULL */
	unsigned flags;
};

extern const struct header report_headers[];	/* in order of preference within a line */
extern const size_t report_header_count;
extern const struct format formats_bug[], formats_warning[], formats_info[], formats_trap[],
	formats_panic[], formats_kernel_bug[], formats_slub[], formats_slub_other[], formats_ubsan[],
	formats_misc[], formats_die[], formats_none[],
	formats_unable[], formats_notice[];
extern const struct policy policy_ip_trace, policy_trace, policy_ip, policy_leak;

/*
 * The header (and its format, NULL: text that none knows) that the line opens
 * a report with, or NULL. `ran`: the kernel has printed before.
 */
/* The first place in [p, end) where a header may be: its index in report_headers, or -1. */
int header_scan(const char *p, const char *end, const char **at);
const struct header *header_find(struct span raw, bool ran, struct line *line, size_t *at,
				 const struct format **format);

/* ---- a report being read -------------------------------------------------- */

enum text_flag {
	TEXT_QUESTIONABLE = 1 << 0,	/* " ? " or "(unreliable)" */
	TEXT_TRACE_START = 1 << 1,	/* a stack begins behind it */
	TEXT_FRAME = 1 << 2,		/* looks like a stack frame */
	TEXT_INJECTED = 1 << 3,		/* a frame of fault injection */
	TEXT_OTHER_CPU = 1 << 4,	/* printed by another CPU on request */
	TEXT_PANIC = 1 << 5,		/* from here on it is the panic's own text */
	TEXT_SAYS_PANIC = 1 << 6,	/* the panic itself */
	TEXT_SAYS_NMI = 1 << 7,		/* other CPUs are asked for their stacks */
	TEXT_SAYS_TAINT = 1 << 8,	/* "Disabling lock debugging": no part of any report */
};

#define TEXT_KEYWORD_SHIFT 12	/* above the flags: how the stack is announced, see classify.c */

struct text_line {
	size_t offset, length;		/* in struct text's bytes */
	unsigned flags;
	uint32_t caller;
};

struct text {
	struct strbuf bytes;
	struct text_line *lines;
	size_t count, capacity;
};

static inline struct span text_span(const struct text *t, size_t i)
{
	return (struct span){ t->bytes.data + t->lines[i].offset, t->lines[i].length };
}

/* The lines that count for the guilty frame: reliable ones, before a panic's own text. */
static inline bool text_counts(const struct text *t, size_t i)
{
	return i == 0 || !(t->lines[i].flags & (TEXT_QUESTIONABLE | TEXT_PANIC));
}

unsigned text_classify(struct span line);
bool text_is_of_report(struct span s);	/* a line that only reports have, besides stacks */
bool text_is_of_memory(struct span s);	/* "Mem-Info:" and what may stand behind it */

struct open_report {
	const struct header *header;
	const struct format *format;	/* NULL: none knows it */
	size_t header_at;		/* offset of the header in the first line's text */
	struct text text;
	uint32_t caller;
	uint64_t start, end, start_line, end_line, boot;
	uint64_t last_line;		/* the last line that looked like part of it */
	uint64_t last_byte;
	double time_s, last_time_s;
	size_t plain_lines;		/* counted for the panic's threshold */
	bool other_cpus;		/* takes lines of any CPU */
	bool panicked, skip_rest, whole, cut_off;
	bool interrupted;	/* another of its caller's reports runs in the middle of it */
	bool has_stack;
	bool ruled;		/* a line of "=====" came behind its header */
	bool shows_memory;	/* it ran out of it: "Mem-Info:" is part of it, and what follows there */
	bool is_copy;		/* it was told before: of no account */
	struct open_report *next;
};

#define LINE_LOOK	8192u	/* bytes of a line that are looked at */
#define REPORT_TEXT_MAX (1u << 20)	/* bytes of text kept of one report */
#define REPORT_LINE_MAX 4096u		/* bytes kept of one line */

/* The report that the lines tell. Never NULL. */
struct report *report_analyze(const struct open_report *o);

/* ---- guilty.c, plumbing.c, title.c, classify.c ------------------------------ */

struct guilty {
	struct span raw[2];	/* as printed; [1] is the origin's; p NULL: none found */
	char name[2][128];	/* without a system call's wrapper; "corrupted" when none found */
	size_t count;		/* stacks looked at, at least 1 */
	bool found;		/* all stacks gave one, and nothing foreign ran through them */
};

void guilty_find(const struct policy *policy, const struct text *t, size_t header_at,
		 struct guilty *out);
/* A name against "text", "^text", "text$" or "^text$". */
bool symbol_matches(struct span symbol, const char *pattern);
bool plumbing_is(struct span symbol, const char *const *more);
/* The name a Rust symbol was made of; false: it is none, or longer than `size`; out is undefined then. */
bool symbol_demangle(struct span symbol, char *out, size_t size);
/* Writes the symbol without a system call's wrapper prefix. */
void symbol_strip(struct span symbol, char *out, size_t size);
/* The wrapper prefixes, NULL-terminated. */
extern const char *const symbol_prefixes[];

char *title_clean(const char *raw);	/* yours */
char *title_plain(const char *raw);	/* printable ASCII, not too long, numbers kept; yours */
/* Function after " in " of a title, yours; "" if none. */
char *title_frame(const char *title);

bool report_is_cut(const struct text *t);	/* stacks announced but not there, or none at all */

/* ---- frames.c, traces.c, details.c ----------------------------------------- */

struct frame_view {
	struct span symbol, module;
	uint64_t offset, size, address;
	bool has_offset, reliable, is_inline, exact;
};

/* The names only, 0 to 2, as generously as titles need: any "name+" or "name." that begins a line. */
size_t frame_names(struct span line, struct span out[2]);
/* One line's frames (arm tells two), 0 to 2. */
size_t frame_parse(struct span line, struct frame_view out[2]);

void traces_split(const struct text *t, struct report *r);
void details_collect(const struct text *t, struct report *r);	/* task, pid, cpu, registers... */
void details_oom(const struct text *t, struct report *r);
void details_injection(const struct text *t, struct report *r);
void details_allocation(const struct text *t, struct report *r);
void details_io_error(const struct text *t, struct report *r);
/* A row of registers -> details' "registers"; *next: which one the next row goes on with, 0 at first. */
void registers_take(struct span line, unsigned *next, json_t *details);
json_t *report_details(struct report *r);	/* borrowed, made when missing */

/* ---- context.c ---------------------------------------------------------------- */

struct context {
	struct open_report *first, *last;	/* in order of their start */
	size_t open_count;
	bool ran;				/* the kernel has printed something */
	bool skip_next;				/* the next line is a replay */
	uint64_t boot;
	double last_time_s;			/* of the last line looked at that had one */
	char *scratch;				/* a line without escape sequences */
	struct strbuf record;			/* a line of a record of /dev/kmsg */
	struct twice twice;
	report_fn fn;
	void *ctx;
};

struct raw_line {
	struct span bytes;		/* without the newline; of a long line only the start */
	uint64_t length;		/* all of it, bytes, without the newline */
	uint64_t offset, number;	/* of its first byte; 1-based */
};

/* Takes one line; may finish reports. Returns what fn returned when it stopped, else 0. */
int context_take_line(struct context *c, const struct raw_line *raw);
int context_finish(struct context *c);	/* the open ones are over */
void context_clear(struct context *c);

/* ---- json.c ------------------------------------------------------------------------ */

/* Leaves so many stacks, the first, and so many frames of each, the innermost. */
void report_traces_cut(struct report *r, size_t traces, size_t frames);

/* ---- attribute.c ---------------------------------------------------------------- */

/* The last injections and the last reports they may have caused. */
struct attribution;
struct attribution *attribution_new(void);
void attribution_free(struct attribution *a);
/* An injection's dump: links it to reports that began after it. Borrows nothing. */
void attribution_add_injection(struct attribution *a, const struct report *injection);
/* Another report: links it to injections before it. It is borrowed for as long as `a` is used. */
void attribution_add_report(struct attribution *a, struct report *r);

#endif
