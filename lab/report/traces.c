// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A report's stacks, each with what it is a stack of: the task, the interrupt
 * that came on top (x86 marks it with <IRQ>), who allocated or freed, another
 * CPU, a lock of lockdep's chain. Every frame is kept, unreliable ones as such.
 */
#include <string.h>

#include "report/internal.h"

#define TRACES_MAX 256
#define FRAMES_MAX 512

struct split {
	struct report *report;
	struct report_trace *trace; /* the one being filled; NULL: none */
	char context[64];	    /* of the next one */
	char base[64];		    /* what <TASK> or </IRQ> goes back to */
	bool announced;		    /* a processor's, and no frame has come yet */
};

static void begin(struct split *s, const char *context)
{
	snprintf(s->context, sizeof(s->context), "%s", context);
	s->trace = NULL;
}

static void begin_base(struct split *s, const char *context)
{
	snprintf(s->base, sizeof(s->base), "%s", context);
	begin(s, context);
}

static void add_frame(struct split *s, const struct frame_view *v)
{
	struct report *r = s->report;
	struct report_frame *f;
	char name[256];

	s->announced = false;
	if (!s->trace) {
		if (r->trace_count >= TRACES_MAX)
			return;
		s->trace = vec_push(&r->traces, &r->trace_count, &r->trace_capacity);
		s->trace->context = xstrdup(s->context);
	}
	if (s->trace->frame_count >= FRAMES_MAX)
		return;
	f = vec_push(&s->trace->frames, &s->trace->frame_count, &s->trace->frame_capacity);
	f->symbol = xstrndup(v->symbol.p, v->symbol.n);
	if (symbol_demangle(v->symbol, name, sizeof(name)))
		f->demangled = xstrdup(name);
	f->module = v->module.n ? xstrndup(v->module.p, v->module.n) : NULL;
	f->offset = v->offset;
	f->size = v->size;
	f->address = v->address;
	f->has_offset = v->has_offset;
	f->reliable = v->reliable;
	f->is_inline = v->is_inline;
	f->exact = v->exact;
}

/* "cpu 3" and the like out of a line with a number. */
static bool begin_numbered(struct split *s, struct span line, const char *key, const char *what)
{
	char context[64];
	uint64_t number;

	if (!span_u64_after(line, key, &number))
		return false;
	snprintf(context, sizeof(context), "%s %llu", what, (unsigned long long)number);
	begin_base(s, context);
	s->announced = true;
	return true;
}

/* x86's stack switches: <IRQ>, </IRQ>, <TASK>, <NMI>, <#DF>... */
static bool stack_mark(struct split *s, struct span line)
{
	static const struct {
		const char *mark, *context;
	} marks[] = {
		{ "<IRQ>", "irq" },
		{ "<TASK>", NULL },
		{ "</IRQ>", NULL },
		{ "<EOI>", NULL },
		{ "<NMI>", "nmi" },
		{ "</NMI>", NULL },
		{ "<SOFTIRQ>", "softirq" },
		{ "</SOFTIRQ>", NULL },
		{ "</TASK>", "" },
		{ "<#DF>", "exception" },
		{ "<#DB>", "exception" },
		{ "<#MC>", "exception" },
		{ "<ENTRY_TRAMPOLINE>", "exception" },
	};
	struct span trimmed = span_trim(line);

	if (!trimmed.n || trimmed.p[0] != '<')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (!span_starts(trimmed, marks[i].mark))
			continue;
		begin(s, marks[i].context && marks[i].context[0] ? marks[i].context : s->base);
		return trimmed.n == strlen(marks[i].mark);
	}
	return false;
}

/* A line that announces a stack of somebody, without frames of its own. */
static bool announcement(struct split *s, struct span line)
{
	static const struct {
		const char *key, *context;
	} keys[] = {
		{ "Allocated", "allocated" },
		{ "allocated by task", "allocated" },
		{ "Freed", "freed" },
		{ "freed by task", "freed" },
		{ "rcu freeing scheduled by", "work" }, /* KFENCE */
		{ "Uninit was created at", "created" },
		{ "Local variable", "created" },
		{ "Uninit was stored to memory at", "stored" },
		{ "page last allocated via", "allocated" },
		{ "page last free", "freed" },
		{ "Last potentially related work creation", "work" },
		{ "Second to last potentially related work creation", "work" },
		{ "Last call_rcu", "work" },
		{ "stack backtrace", "task" },
		{ "Last Breaking-Event-Address", "last break" }, /* s390 */
		{ "which became ", "lock usage" },
		{ "Preemption disabled at", "preemption" },
		{ "  backtrace", "allocated" },
	};
	struct span trimmed = span_trim(line);

	if (!trimmed.n)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (span_starts(keys[i].key[0] == ' ' ? line : trimmed, keys[i].key) &&
		    !span_has(line, "+0x")) {
			begin_base(s, keys[i].context);
			return true;
		}
	/* KFENCE of 5.12: the object and who allocated it are one line. */
	if (span_starts(trimmed, "kfence-#") && span_has(trimmed, " allocated by task ")) {
		begin_base(s, "allocated");
		return true;
	}
	/* A task that an RCU stall shows behind the processors' own stacks. */
	if (span_starts(trimmed, "task:") && span_has(trimmed, " state:")) {
		if (!s->announced)
			begin_base(s, "task");
		return true;
	}
	if (span_starts(trimmed, "NMI backtrace for cpu"))
		return begin_numbered(s, line, "for cpu ", "cpu");
	if (span_starts(trimmed, "-> #"))
		return begin_numbered(s, line, "-> #", "lock");
	if (span_starts(trimmed, "Task dump for CPU "))
		return begin_numbered(s, line, "for CPU ", "cpu");
	/* KCSAN: "write to 0xffff of 8 bytes by task 12 on cpu 0:". */
	if (span_has(trimmed, " bytes by ") && span_has(trimmed, " on cpu "))
		return begin_numbered(s, line, " on cpu ", "cpu");
	return false;
}

static bool is_softirq(const struct report_trace *t)
{
	for (size_t i = 0; i < t->frame_count; i++)
		if (strstr(t->frames[i].symbol, "do_softirq") ||
		    str_starts(t->frames[i].symbol, "handle_softirqs"))
			return true;
	return false;
}

/* "RIP: 0010:func+0x1/0x2" inside a trace is the frame that was interrupted. */
static bool instruction_pointer(struct span line, struct frame_view *v)
{
	struct frame_view views[2];
	struct span s = line;
	ptrdiff_t colon;

	if (!span_starts(s, "RIP: ") && !span_starts(s, "EIP: ") && !span_starts(s, "pc : ") &&
	    !span_starts(s, "PC is at ") && !span_starts(s, "epc : "))
		return false;
	s = span_after(s, span_starts(s, "PC is at ") ? 9 : span_find(s, ": ") + 2);
	colon = span_find(s, ":");
	if (colon == 4)
		s = span_after(s, 5);
	if (frame_parse(s, views) != 1)
		return false;
	*v = views[0];
	v->exact = true;
	return true;
}

static void add_frames(struct split *s, struct span line)
{
	struct frame_view views[2];
	size_t n;

	/* "<IRQ>  func+0x1/0x2": old x86 puts the mark on the frame's own line. */
	stack_mark(s, line);
	n = frame_parse(line, views);
	/* arm says each function twice: as callee, then as caller. */
	for (size_t k = n == 2 && s->trace ? 1 : 0; k < n; k++)
		add_frame(s, &views[k]);
}

/* "func file.c:12 [inline]" of a symbolised log. */
static bool is_inline(struct span line)
{
	return line.n > 9 && line.p[0] == ' ' && span_is(span_after(line, line.n - 9), " [inline]");
}

/* "([<0000000012345678>] func+0x1/0x2)" */
static bool is_s390(struct span line)
{
	return span_starts(line, "([<") || span_starts(line, " ([<");
}

static void take_other(struct split *s, struct span line, unsigned flags)
{
	struct frame_view view;

	if (flags >> TEXT_KEYWORD_SHIFT) {
		/* Of whoever reports, or of the processor that was asked for its own. */
		if (!str_starts(s->base, "cpu "))
			begin_base(s, "task");
		begin(s, s->base);
	} else if (instruction_pointer(line, &view)) {
		if (s->trace)
			add_frame(s, &view);
	} else if (span_starts(line, "---[ end trace")) {
		s->trace = NULL;
	} else if (span_starts(line, "CPU: ")) {
		/* Who reports is not whose stack came before: KFENCE's allocation, who turned off
		 * preemption. Behind "NMI backtrace for cpu 1" it is that processor. */
		if (!str_starts(s->base, "cpu "))
			begin_base(s, "task");
		s->trace = NULL;
	}
}

void traces_split(const struct text *t, struct report *r)
{
	struct split s = { .report = r, .context = "task", .base = "task" };

	for (size_t i = 1; i < t->count; i++) {
		struct span line = text_span(t, i);
		unsigned flags = t->lines[i].flags;

		/* The panic shows whoever reports, not the processor whose stack was asked for
		 * last. */
		if (flags & TEXT_SAYS_PANIC)
			begin_base(&s, "task");
		else if (flags & (TEXT_FRAME | TEXT_QUESTIONABLE) || is_inline(line) ||
			 is_s390(line))
			add_frames(&s, line);
		else if (!announcement(&s, line) && !stack_mark(&s, line))
			take_other(&s, line, flags);
	}
	for (size_t i = 0; i < r->trace_count; i++)
		if (str_eq(r->traces[i].context, "irq") && is_softirq(&r->traces[i])) {
			free(r->traces[i].context);
			r->traces[i].context = xstrdup("softirq");
		}
}
