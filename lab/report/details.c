// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What most reports tell beside their stacks: whose task on which CPU, the
 * kernel's version and taints, the hardware's name, registers, the code around
 * the instruction pointer. Sources: lib/dump_stack.c, arch/.../show_regs().
 */
#include <string.h>

#include "report/internal.h"

#define CODE_MAX    4096 /* bytes of rows of instructions */
#define STALL_LINES 16	 /* RCU tells of each processor before it says for how long */

static void set_span(json_t *object, const char *key, struct span s)
{
	if (s.n && !json_object_get(object, key))
		json_set_strn(object, key, s.p, s.n);
}

static void set_task(struct report *r, struct span comm)
{
	if (!r->task && comm.n)
		r->task = xstrndup(comm.p, comm.n);
}

/* "Not tainted 6.1.0 #1" or "Tainted: G        W  6.1.0 #1" */
static void take_kernel(struct span s, struct report *r)
{
	json_t *details = report_details(r);
	ptrdiff_t at = span_find(s, "Not tainted ");

	if (at >= 0) {
		set_span(details, "kernel", span_trim(span_after(s, at + 12)));
		return;
	}
	at = span_find(s, "Tainted: ");
	if (at < 0)
		return;
	s = span_after(s, at + 9);
	/* Letters and spaces, then the release, which begins with a digit; newer kernels put
	 * "[W]=WARN, [O]=OOT_MODULE" between. */
	for (size_t i = 0; i + 1 < s.n; i++) {
		if (!is_digit(s.p[i]) || (i && s.p[i - 1] != ' '))
			continue;
		set_span(details, "tainted", span_trim((struct span){ s.p, i }));
		set_span(details, "kernel", span_trim(span_after(s, i)));
		return;
	}
	set_span(details, "tainted", span_trim(s));
}

/* "CPU: 1 UID: 0 PID: 12 Comm: some name Not tainted 6.1.0 #1" */
static bool take_cpu_line(struct span line, struct report *r)
{
	uint64_t number;
	ptrdiff_t comm, end;

	if (!span_starts(line, "CPU: ") || json_object_get(r->details, "kernel"))
		return false;
	comm = span_find(line, "Comm: ");
	if (comm < 0)
		return false;
	if (span_u64_after(line, "CPU: ", &number))
		r->cpu = number;
	if (r->pid < 0 && span_u64_after(line, "PID: ", &number))
		r->pid = number;
	line = span_after(line, comm + 6);
	end = span_find(line, " Not tainted ");
	if (end < 0)
		end = span_find(line, " Tainted: ");
	if (end < 0)
		return true;
	set_task(r, (struct span){ line.p, end });
	take_kernel(line, r);
	return true;
}

/* "comm/12" or "comm:12" where the kernel writes a task so, up to `stop`. */
static void take_task_ref(struct span s, char separator, struct report *r)
{
	uint64_t pid;

	for (size_t i = s.n; i-- > 0;) {
		struct span digits = span_after(s, i + 1);

		if (s.p[i] != separator)
			continue;
		if (!span_take_u64(&digits, &pid) || digits.n)
			return;
		r->pid = pid;
		set_task(r, (struct span){ s.p, i });
		return;
	}
}

/* kmemleak's "  comm "a", pid 12, jiffies 4294670000". */
static void take_leak_task(struct span line, struct report *r)
{
	struct span s = span_after(line, 8);
	ptrdiff_t end = span_find(s, "\", pid ");
	uint64_t pid;

	if (end < 0 || !span_u64_after(s, "\", pid ", &pid))
		return;
	set_task(r, (struct span){ s.p, end });
	r->pid = pid;
}

/* What a header itself says of the task. */
static void take_header_task(struct span line, struct report *r)
{
	ptrdiff_t at, end;

	at = span_find(line, "INFO: task ");
	if (at >= 0) {
		struct span s = span_after(line, at + 11);

		end = span_find(s, " blocked for");
		if (end < 0)
			end = span_find(s, " can't die");
		if (end > 0)
			take_task_ref((struct span){ s.p, end }, ':', r);
		return;
	}
	if (!span_has(line, "soft lockup"))
		return;
	at = span_find(line, "! [");
	if (at < 0)
		return;
	line = span_after(line, at + 3);
	end = span_find(line, "]");
	if (end > 0)
		take_task_ref((struct span){ line.p, end }, ':', r);
}

/* For how long nothing had moved: a hung task, a lockup; RCU counts it in jiffies. */
static void take_stall(struct span line, struct report *r)
{
	json_t *details = report_details(r);
	uint64_t n;

	if (json_object_get(details, "stalled_s") || json_object_get(details, "stalled_jiffies"))
		return;
	if (span_u64_after(line, " blocked for more than ", &n) ||
	    span_u64_after(line, " stuck for ", &n))
		json_set_int(details, "stalled_s", n);
	else if (span_has(line, " jiffies") &&
		 (span_u64_after(line, "(t=", &n) || span_u64_after(line, ", t=", &n)))
		json_set_int(details, "stalled_jiffies", n);
}

/* The instruction pointer: its text, and the function when it is the kernel's. */
static void take_ip(struct span line, json_t *details)
{
	static const char *const starts[] = { "RIP: ",	"EIP: ",    "pc : ", "PC is at ",
					      "epc : ", "epc   : ", "NIP ",  "Krnl PSW : " };
	struct frame_view views[2];
	json_t *ip;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(starts); i++)
		if (span_starts(line, starts[i]))
			break;
	if (i == ARRAY_SIZE(starts) || json_object_get(details, "ip"))
		return;
	line = span_trim(span_after(line, strlen(starts[i])));
	ip = json_object();
	json_set_strn(ip, "text", line.p, line.n);
	if (span_starts(line, "0033:") || span_starts(line, "0023:"))
		json_set_bool(ip, "user", true);
	if (span_find(line, ":") == 4)
		line = span_after(line, 5);
	/* Addresses before it, or s390's brackets around it. */
	for (i = 0; i < 4 && frame_parse(line, views) != 1 && span_has(line, " "); i++) {
		line = span_after(line, span_find(line, " ") + 1);
		if (span_starts(line, "("))
			line = span_after(line, 1);
	}
	if (frame_parse(line, views) == 1 && views[0].has_offset) {
		json_set_strn(ip, "symbol", views[0].symbol.p, views[0].symbol.n);
		json_set_int(ip, "offset", views[0].offset);
		json_set_int(ip, "size", views[0].size);
		if (views[0].module.n)
			json_set_strn(ip, "module", views[0].module.p, views[0].module.n);
	}
	json_object_set_new(details, "ip", ip);
}

/* "Modules linked in: a b(O) c [last unloaded: d]" -> names. */
static void take_modules(struct span s, json_t *details)
{
	json_t *modules;
	ptrdiff_t end = span_find(s, "[last unloaded");

	if (json_object_get(details, "modules"))
		return;
	if (end >= 0)
		s.n = end;
	modules = json_array();
	for (s = span_trim(s); s.n; s = span_trim(s)) {
		struct span word = span_cut(&s, ' ');
		struct span name = span_cut(&word, '(');
		json_t *text = json_stringn_nocheck(name.p, name.n);

		/* Module names are ASCII; what is not was not printed by the kernel. */
		for (size_t i = 0; i < name.n; i++)
			if ((unsigned char)name.p[i] >= 0x7f || (unsigned char)name.p[i] < 0x20) {
				json_decref(text);
				text = NULL;
				break;
			}
		if (text)
			json_array_append_new(modules, text);
	}
	json_object_set_new(details, "modules", modules);
}

/* What stands before die()'s count: "Oops: 0002 [#1]", "Internal error: Oops: 17 [#1]", s390's
 * "Oops: 0004 ilc:3 [#1]"; powerpc's "sig: 11" is none. */
static struct span die_code(struct span line)
{
	struct span head = span_first(line, span_find(line, " [#")), code = head;

	if (head.n > 6 && span_starts(span_after(head, head.n - 6), " ilc:"))
		head.n -= 6;
	code = span_after(head, head.n);
	while (code.p > head.p && is_hex(code.p[-1]))
		code = (struct span){ code.p - 1, code.n + 1 };
	if (code.p - head.p < 2 || code.p[-1] != ' ' || code.p[-2] != ':' ||
	    (code.p - head.p > 5 && memcmp(code.p - 6, " sig: ", 6) == 0))
		return (struct span){ code.p, 0 };
	return code;
}

/* x86's "#PF: error_code(0x0002) - ...", arm64's "  ESR = 0x96000004", else what die() says. */
static void take_error_code(struct span line, json_t *details)
{
	ptrdiff_t at;
	uint64_t code;

	if ((at = span_find(line, "error_code(")) >= 0)
		line = span_after(line, at + 11);
	else if (span_starts(line, "  ESR = "))
		line = span_after(line, 8);
	else if (span_has(line, " [#"))
		line = die_code(line);
	else
		return;
	if (span_take_hex(&line, &code) && !json_object_get(details, "error_code"))
		json_set_int(details, "error_code", code);
}

/*
 * The instructions where they are no line of "Code:": s390 disassembles them behind "Krnl Code:",
 * powerpc prints rows of words behind "Instruction dump:". Further rows are indented, or words.
 */
static void take_code_rows(struct span line, bool *in_code, json_t *details)
{
	static const char *const starts[] = { "Krnl Code:", "Instruction dump:" };
	struct span row = span_trim(line);
	const char *old;

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		if (!span_starts(line, starts[i]) || json_object_get(details, "code"))
			continue;
		*in_code = true;
		row = span_trim(span_after(line, strlen(starts[i])));
		if (row.n)
			json_set_strn(details, "code", row.p, row.n);
		return;
	}
	if (!*in_code)
		return;
	old = json_get_str(details, "code", "");
	*in_code = row.n > 8 && strlen(old) < CODE_MAX &&
		   (is_hex(row.p[0]) || row.p[0] == '>' || row.p[0] == '<' || row.p[0] == '#' ||
		    row.p[0] == '*' || row.p[0] == 'X');
	if (*in_code) {
		_cleanup_free_ char *text =
			xasprintf("%s%s%.*s", old, old[0] ? "\n" : "", (int)row.n, row.p);

		json_set_strn(details, "code", text, strlen(text));
	}
}

static void take_line(struct span line, struct report *r)
{
	json_t *details = report_details(r);

	if (!line.n || take_cpu_line(line, r))
		return;
	if (span_starts(line, "Hardware name: "))
		set_span(details, "hardware", span_trim(span_after(line, 15)));
	else if (span_starts(line, "  comm \""))
		take_leak_task(line, r);
	else if (span_starts(line, "Workqueue: "))
		set_span(details, "workqueue", span_trim(span_after(line, 11)));
	else if (span_starts(line, "Code: "))
		set_span(details, "code", span_trim(span_after(line, 6)));
	else if (span_starts(line, "Modules linked in:"))
		take_modules(span_after(line, 18), details);
	else if (span_starts(line, "Kernel Offset: "))
		set_span(details, "kernel_offset", span_word_after(line, "Kernel Offset: "));
	take_ip(line, details);
	take_error_code(line, details);
}

void details_collect(const struct text *t, struct report *r)
{
	unsigned next_register = 0;
	bool in_code = false;

	take_header_task(text_span(t, 0), r);
	take_error_code(text_span(t, 0), report_details(r));
	for (size_t i = 0; i < t->count && i < STALL_LINES; i++)
		take_stall(text_span(t, i), r);
	for (size_t i = 1; i < t->count; i++) {
		struct span line = text_span(t, i);
		ptrdiff_t at;

		/* Stack frames say nothing of this, and most lines are frames. */
		if (t->lines[i].flags & (TEXT_FRAME | TEXT_QUESTIONABLE))
			continue;
		take_line(line, r);
		take_code_rows(line, &in_code, r->details);
		registers_take(line, &next_register, r->details);
		/* KASAN: "Read of size 8 at addr ffff by task comm/12". */
		at = i < 8 && !r->task ? span_find(line, " by task ") : -1;
		if (at >= 0)
			take_task_ref(span_after(line, at + 9), '/', r);
	}
	if (!json_object_size(r->details)) {
		json_decref(r->details);
		r->details = NULL;
	}
}
