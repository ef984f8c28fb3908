// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guilty frame: a policy's steps are walked over the report's lines, each
 * step going on where the one before stopped. What they catch, less the
 * plumbing, are the candidates of one stack; the policy's pick chooses.
 */
#include <string.h>

#include "report/internal.h"

#define CANDIDATES_MAX 256

static const char *const ip_line =
	"(?:IP|NIP|pc |PC is at):? (?:(?:[0-9]+:)?(?:{PC} +){0,2}{FUNC}|(?:[0-9]+:)?0x[0-9a-f]+|"
	"(?:[0-9]+:)?{PC} +\\[< *\\(null\\)>\\] +\\(null\\)|[0-9]+: +\\(null\\))";
static const char *const interrupt_line = "--- interrupt: [0-9a-f]+ at {FUNC}";
/* mips, loongarch, sparc */
static const char *const epc_line = "(?:(?:epc +|ERA): [0-9a-f]+ |TPC: <){FUNC}";
static const char *const psw_line = "Krnl PSW : [0-9a-f]+ [0-9a-f]+ \\({FUNC}";
static const char *const header_func = " in {FUNC}";
static const char *const lock_at = "at: (?:{PC} +)?{FUNC}";
static const char *const pc_func = "{PC} +{FUNC}";
static const char *const leak_trace = "backtrace(?: \\(crc [0-9a-fA-F]*\\))?:";
static const char *const origin = "Local variable .* created at:|Uninit was created at:";
static const char *const lock_became = "which became .* at:";

/* Entry points that dispatch to what is specific: a stall is named by the frame before one of them.
 */
static const char *const stall_anchors[] = {
	/* Threads, work, softirqs, timers. */
	"process_one_work",
	"^kthread$",
	"smpboot_thread_fn",
	"run_ksoftirqd",
	"start_secondary",
	"cpu_startup_entry",
	"ret_from_fork",
	"do_softirq",
	"call_timer_fn",
	"_run_timers",
	"run_timer_softirq",
	"hrtimer_run",
	"tasklet_action",
	"tasklet_hi_action",
	"smp_call_function",
	"task_work_run",
	"exit_to_usermode",
	"__fput",
	/* System calls and page faults. */
	"do_syscall_",
	"do_fast_syscall_",
	"sysenter_dispatch",
	"tracesys_phase2",
	"el0_svc_handler",
	"invoke_syscall",
	"ret_fast_syscall",
	"system_call_exception",
	"do_trap_ecall_u",
	"__do_fault",
	"do_page_fault",
	"^page_fault$",
	/* Operations that say little without their target. */
	"vfs_write",
	"vfs_read",
	"vfs_iter_read",
	"vfs_iter_write",
	"do_iter_read",
	"do_iter_write",
	"call_read_iter",
	"call_write_iter",
	"new_sync_read",
	"new_sync_write",
	"do_iter_readv_writev",
	"vfs_ioctl",
	"ksys_ioctl",
	"compat_ioctl",
	"compat_sys_ioctl",
	"blkdev_driver_ioctl",
	"blkdev_ioctl",
	"^call_mmap",
	"mmap_region",
	"do_mmap",
	"do_dentry_open",
	"vfs_open",
	/* Networking. */
	"netif_receive_skb",
	"^sock_sendmsg",
	"^sock_recvmsg",
	"^sock_release",
	"^__sock_release",
	"^setsockopt$",
	"kernel_setsockopt",
	"sock_common_setsockopt",
	"^listen$",
	"kernel_listen",
	"sk_common_release",
	"^sock_mmap",
	"^accept$",
	"kernel_accept",
	"^sock_do_ioctl",
	"^sock_ioctl",
	"^compat_sock_ioctl",
	"^nfnetlink_rcv_msg",
	"^rtnetlink_rcv_msg",
	"^netlink_dump",
	"^socketpair",
	"^connect",
	"^ioctl",
	"^sys_socketpair",
	"^sys_connect",
	"^sys_ioctl",
	NULL,
};

/* Hangs that have one cause wherever they show: all go under one name. */
static const struct {
	const char *part, *name; /* name NULL: the frame's own */
} hang_anchors[] = {
	{ "rtnl_lock", NULL },
	{ "synchronize_rcu", "synchronize_rcu" },
	{ "synchronize_srcu", "synchronize_rcu" },
	{ "synchronize_net", "synchronize_rcu" },
	{ "synchronize_sched", "synchronize_rcu" },
};

/* Scheduling and waiting: the victim's way into its sleep. */
static const char *const hang_plumbing[] = {
	"sched",	  "_lock",	 "_slowlock",
	"down",		  "rwsem",	 "completion",
	"kthread",	  "wait",	 "synchronize",
	"context_switch", "__switch_to", "cancel_delayed_work",
	"rcu_barrier",	  NULL,
};

struct walk {
	const struct policy *policy;
	const struct text *text;
	size_t header_at;
	size_t line; /* the next one */
	struct span candidates[CANDIDATES_MAX];
	size_t count;
	bool clean; /* no injected failure's stack ran through it */
};

static bool matches_any(struct span symbol, const char *const *patterns)
{
	for (; *patterns; patterns++)
		if (symbol_matches(symbol, *patterns))
			return true;
	return false;
}

/* The next line that counts, or false at the end. */
static bool next_line(struct walk *w, struct span *line, unsigned *flags)
{
	const struct text *t = w->text;

	while (w->line < t->count && !text_counts(t, w->line))
		w->line++;
	if (w->line >= t->count)
		return false;
	*line = text_span(t, w->line);
	*flags = t->lines[w->line].flags;
	if (w->line == 0) {
		*line = span_after(*line, w->header_at);
		*flags = 0;
	}
	w->line++;
	return true;
}

static void add_candidate(struct walk *w, struct span symbol)
{
	if (!symbol.n || w->count == CANDIDATES_MAX ||
	    (w->count && w->policy->pick == PICK_FIRST) || plumbing_is(symbol, w->policy->plumbing))
		return;
	w->candidates[w->count++] = symbol;
}

static bool match_ip(struct span line, struct match *m)
{
	if ((span_has(line, "IP") || span_has(line, "pc ") || span_has(line, "PC is at")) &&
	    match_text(&ip_line, line, m))
		return true;
	if (span_starts(line, "epc ") || span_starts(line, "TPC: <") || span_has(line, "ERA: "))
		return match_text(&epc_line, line, m);
	return span_starts(line, "Krnl PSW") && match_text(&psw_line, line, m);
}

/* Does the line fulfil the step? What it names goes into m, group 1. */
static bool step_matches(enum step step, struct span line, struct match *m)
{
	switch (step) {
	case STEP_IP:
		return match_ip(line, m);
	case STEP_IP_OR_INTERRUPT:
		return match_ip(line, m) ||
		       (span_starts(line, "--- interrupt") && match_text(&interrupt_line, line, m));
	case STEP_TRACE_HEADER:
		return span_has(line, "Call Trace:") || span_has(line, "Call trace:") ||
		       span_has(line, "Backtrace:");
	case STEP_HEADER_FUNC:
		return match_text(&header_func, line, m);
	case STEP_LOCK_AT:
		return match_text(&lock_at, line, m);
	case STEP_PC_FUNC:
		return match_text(&pc_func, line, m);
	case STEP_APIC:
		return span_has(line, "apic_timer_interrupt");
	case STEP_IRQ_ENTRY:
		return span_has(line, "apic_timer_interrupt") ||
		       span_has(line, "Exception stack") || span_has(line, "el1h_64_irq");
	case STEP_LEAK_TRACE:
		return match_text(&leak_trace, line, m);
	case STEP_ORIGIN:
		return match_text(&origin, line, m);
	case STEP_LOCK_BECAME:
		return match_text(&lock_became, line, m);
	case STEP_PAGE_OWNER:
		return span_has(line, "page last allocated");
	case STEP_STACK:
	case STEP_END:
		break;
	}
	return false;
}

static bool take_match(struct walk *w, enum step step, struct span line)
{
	struct match m = { 0 };

	if (!step_matches(step, line, &m))
		return false;
	add_candidate(w, m.group[1]);
	return true;
}

/* Collects a stack's frames. True: the line that ended it fulfilled the step after. */
static bool walk_stack(struct walk *w, enum step after)
{
	struct span line, names[2];
	unsigned flags;

	while (next_line(w, &line, &flags)) {
		if (flags & TEXT_INJECTED) {
			w->clean = false;
			return false;
		}
		if (flags & TEXT_TRACE_START)
			return false;
		if (after != STEP_END && take_match(w, after, line))
			return true;
		if (!(flags & TEXT_FRAME))
			continue;
		for (size_t i = 0, n = frame_names(line, names); i < n; i++)
			add_candidate(w, names[i]);
	}
	return false;
}

static void walk_until(struct walk *w, enum step step)
{
	struct span line;
	unsigned flags;

	while (next_line(w, &line, &flags)) {
		if (flags & TEXT_INJECTED) {
			w->clean = false;
			return;
		}
		if (take_match(w, step, line))
			return;
	}
}

static struct span stripped(struct span symbol, char *buffer, size_t size)
{
	symbol_strip(symbol, buffer, size);
	return (struct span){ buffer, strlen(buffer) };
}

/* Index of the candidate, -1: none; *name is what it goes by when not its own. */
static ptrdiff_t pick_stall(const struct walk *w, const char **name)
{
	char buffer[128];

	for (size_t i = 0; i < w->count; i++) {
		struct span symbol = stripped(w->candidates[i], buffer, sizeof(buffer));

		if (!matches_any(symbol, stall_anchors))
			continue;
		/* Waiting for other CPUs is known by that, whoever asked. */
		if (span_has(symbol, "smp_call_function")) {
			*name = "smp_call_function";
			return i;
		}
		return i ? i - 1 : 0;
	}
	return -1;
}

static ptrdiff_t pick_hang(const struct walk *w, const char **name)
{
	char buffer[128];

	for (size_t i = 0; i < w->count; i++) {
		struct span symbol = stripped(w->candidates[i], buffer, sizeof(buffer));

		for (size_t k = 0; k < ARRAY_SIZE(hang_anchors); k++) {
			if (!span_has(symbol, hang_anchors[k].part))
				continue;
			*name = hang_anchors[k].name;
			return i;
		}
	}
	for (size_t i = 0; i < w->count; i++)
		if (!matches_any(stripped(w->candidates[i], buffer, sizeof(buffer)), hang_plumbing))
			return i;
	return -1;
}

/* The candidates of a stack become one frame of the result. */
static void choose(struct walk *w, struct guilty *out)
{
	const char *name = NULL;
	ptrdiff_t i = w->count ? 0 : -1;
	size_t k = out->count < 2 ? out->count : 1;

	if (w->count && w->policy->pick == PICK_STALL)
		i = pick_stall(w, &name);
	else if (w->count && w->policy->pick == PICK_HANG)
		i = pick_hang(w, &name);
	out->raw[k] = i < 0 ? SPAN("corrupted") : w->candidates[i];
	if (symbol_demangle(out->raw[k], out->name[k], sizeof(out->name[k])))
		out->raw[k] = (struct span){ out->name[k], strlen(out->name[k]) };
	else
		symbol_strip(out->raw[k], out->name[k], sizeof(out->name[k]));
	if (name)
		symbol_strip((struct span){ name, strlen(name) }, out->name[k],
			     sizeof(out->name[k]));
	out->found = out->found && i >= 0;
	out->count = k + 1;
	w->count = 0;
}

static void walk_steps(struct walk *w, const enum step *steps, struct guilty *out)
{
	size_t stacks = 0;

	*out = (struct guilty){ .found = true };
	for (size_t i = 0; i < POLICY_STEPS && steps[i] != STEP_END; i++) {
		if (steps[i] != STEP_STACK) {
			walk_until(w, steps[i]);
			continue;
		}
		if (stacks++)
			choose(w, out);
		if (walk_stack(w, i + 1 < POLICY_STEPS ? steps[i + 1] : STEP_END))
			if (steps[++i] == STEP_END)
				break;
	}
	choose(w, out);
	out->found = out->found && w->clean;
}

void guilty_find(const struct policy *policy, const struct text *t, size_t header_at,
		 struct guilty *out)
{
	const enum step *ways[] = { policy->steps, policy->otherwise, policy->last };

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct walk w = {
			.policy = policy, .text = t, .header_at = header_at, .clean = true
		};

		if (i && ways[i][0] == STEP_END)
			return;
		walk_steps(&w, ways[i], out);
		if (out->found)
			return;
	}
}
