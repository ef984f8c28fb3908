// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands behind "WARNING:" and "INFO:". Sources: kernel/panic.c (__warn()),
 * kernel/locking/lockdep.c, kernel/rcu/tree_stall.h, kernel/hung_task.c, and
 * where a WARN_ON() in common code speaks for its caller: lib/debugobjects.c,
 * lib/refcount.c, mm/usercopy.c, lib/kobject.c, fs/proc/generic.c.
 */
#include "report/internal.h"

/* The trap's instruction pointer begins the stack that warned; older kernels print only the stack.
 */
#define WARN_STEPS                                                                                 \
	.steps = { STEP_IP_OR_INTERRUPT, STEP_STACK },                                             \
	.otherwise = { STEP_TRACE_HEADER, STEP_STACK }

static const char *const odebug_more[] = {
	"debug_", "rcu",   "hrtimer_", "timer_",   "work_", "percpu_",
	"vunmap", "vfree", "__free_",  "kobject_", NULL,
};
static const char *const usercopy_more[] = { "usercopy", "__check", NULL };
static const char *const kobject_more[] = { "kobject_", NULL };
static const char *const proc_more[] = { "proc_", NULL };
static const char *const refcount_more[] = { "refcount", "kobject_", NULL };
static const char *const sock_more[] = { "lock_sock", "release_sock", NULL };
static const char *const kmalloc_more[] = { "kmalloc", "krealloc", "slab", "kmem", NULL };
static const char *const urb_more[] = { "usb_submit_urb",    "usb_start_wait_urb", "usb_bulk_msg",
					"usb_interrupt_msg", "usb_control_msg",	   NULL };
/* A work item holds a lock of its own: whoever waits for it is to name. */
static const char *const work_more[] = { "process_one_work", "flush_workqueue", "drain_workqueue",
					 "destroy_workqueue", NULL };
static const char *const rcu_more[] = { "rcu", "kmem", "slab", NULL };
static const char *const stall_more[] = { "apic_timer_interrupt", "rcu", NULL };
static const char *const key_more[] = { "stack", "lock", "IRQ", NULL };
static const char *const schedule_more[] = { "schedule", NULL };

static const struct policy warn = { WARN_STEPS };
static const struct policy warn_odebug = { WARN_STEPS, .plumbing = odebug_more };
static const struct policy warn_usercopy = { WARN_STEPS, .plumbing = usercopy_more };
static const struct policy warn_kobject = { WARN_STEPS, .plumbing = kobject_more };
static const struct policy warn_proc = { WARN_STEPS, .plumbing = proc_more };
static const struct policy warn_refcount = { WARN_STEPS, .plumbing = refcount_more };
static const struct policy warn_lock = { WARN_STEPS, .plumbing = sock_more };
static const struct policy warn_kmalloc = { WARN_STEPS, .plumbing = kmalloc_more };
static const struct policy warn_urb = { WARN_STEPS, .plumbing = urb_more };
static const struct policy circular = { .steps = { STEP_LOCK_AT, STEP_LOCK_AT, STEP_STACK },
					.plumbing = work_more };
static const struct policy became = { .steps = { STEP_LOCK_BECAME, STEP_STACK } };
static const struct policy rcu_usage = { .steps = { STEP_TRACE_HEADER, STEP_STACK },
					 .plumbing = rcu_more };
static const struct policy rcu_stall = { .steps = { STEP_APIC, STEP_IP, STEP_STACK },
					 .otherwise = { STEP_IRQ_ENTRY, STEP_STACK },
					 .plumbing = stall_more,
					 .pick = PICK_STALL };
/* The stalled processor speaks: since 6.1 without the interrupt that made it. */
static const struct policy rcu_self = { .steps = { STEP_APIC, STEP_IP, STEP_STACK },
					.otherwise = { STEP_IRQ_ENTRY, STEP_STACK },
					.last = { STEP_IP, STEP_TRACE_HEADER, STEP_STACK },
					.plumbing = stall_more,
					.pick = PICK_STALL };
static const struct policy lock_key = { .steps = { STEP_TRACE_HEADER, STEP_STACK },
					.plumbing = key_more };
static const struct policy hung = { .steps = { STEP_TRACE_HEADER, STEP_STACK }, .pick = PICK_HANG };
static const struct policy cannot_die = { .steps = { STEP_TRACE_HEADER, STEP_STACK },
					  .plumbing = schedule_more };

#define AT_LOCK "at: (?:{PC} +)?{FUNC}"

const struct format formats_warning[] = {
	{ .pattern = "WARNING: .*lib/debugobjects\\.c.* (?:debug_print|debug_check|at)",
	  .title = "WARNING: ODEBUG bug in $F",
	  .kind = "warning",
	  .policy = &warn_odebug },
	{ .pattern = "WARNING: .*mm/usercopy\\.c.* (?:usercopy_warn|at)",
	  .title = "WARNING: bad usercopy in $F",
	  .kind = "warning",
	  .policy = &warn_usercopy },
	{ .pattern = "WARNING: .*lib/kobject\\.c.* (?:kobject_|at)",
	  .title = "WARNING: kobject bug in $F",
	  .kind = "warning",
	  .policy = &warn_kobject },
	{ .pattern = "WARNING: .*fs/proc/generic\\.c.* (?:proc_register|at)",
	  .title = "WARNING: proc registration bug in $F",
	  .kind = "warning",
	  .policy = &warn_proc },
	{ .pattern = "WARNING: .*lib/refcount\\.c.* (?:refcount_|at)",
	  .title = "WARNING: refcount bug in $F",
	  .kind = "warning",
	  .policy = &warn_refcount },
	{ .pattern = "WARNING: .*kernel/locking/lockdep\\.c.*lock_",
	  .title = "WARNING: locking bug in $F",
	  .kind = "lockdep",
	  .policy = &warn_lock },
	{ .pattern = "WARNING: .*still has locks held!",
	  .after = { "at: {FUNC}" },
	  .title = "WARNING: still has locks held in $1",
	  .kind = "lockdep" },
	{ .pattern = "WARNING: Nested lock was not taken",
	  .title = "WARNING: nested lock was not taken in $F",
	  .kind = "lockdep",
	  .policy = &warn },
	{ .pattern = "WARNING: lock held when returning to user space",
	  .after = { "leaving the kernel with locks still held", AT_LOCK },
	  .title = "WARNING: lock held when returning to user space in $1",
	  .kind = "lockdep",
	  .flags = FORMAT_NO_TRACE },
	{ .pattern = "WARNING: .*mm/.*\\.c.* k?.?malloc",
	  .title = "WARNING: kmalloc bug in $F",
	  .kind = "warning",
	  .policy = &warn_kmalloc },
	{ .pattern = "WARNING: .*mm/vmalloc.c.*__vmalloc_node",
	  .title = "WARNING: zero-size vmalloc in $F",
	  .kind = "warning",
	  .policy = &warn },
	{ .pattern = "WARNING: .* usb_submit_urb",
	  .title = "WARNING in $F/usb_submit_urb",
	  .kind = "warning",
	  .policy = &warn_urb },
	/* "CPU: 1 PID: 12 at file.c:1 func+0x", "at file.c:1 func+0x" of old kernels, "file.c:1 at
	   func+0x, CPU#1: task/12", "[cond] file.c:1 at". */
	{ .pattern = "WARNING: (?:(?:.* )?at {SRC} {FUNC}|(?:\\[.*\\] )?{SRC} at "
		     "(?:{FUNC}|0x[0-9a-f]+, "
		     "CPU#))",
	  .title = "WARNING in $F",
	  .kind = "warning",
	  .policy = &warn },
	{ .pattern = "WARNING: possible circular locking dependency detected",
	  .after = { "is trying to acquire lock" },
	  .title = "possible deadlock in $F",
	  .kind = "lockdep",
	  .policy = &circular },
	{ .pattern = "WARNING: possible irq lock inversion dependency detected",
	  .after = { "just changed the state of lock", AT_LOCK },
	  .title = "possible deadlock in $1",
	  .kind = "lockdep" },
	{ .pattern = "WARNING: .*-safe -> .*-unsafe lock order detected",
	  .title = "possible deadlock in $F",
	  .kind = "lockdep",
	  .policy = &became },
	{ .pattern = "WARNING: possible recursive locking detected",
	  .after = { "is trying to acquire lock", AT_LOCK },
	  .title = "possible deadlock in $1",
	  .kind = "lockdep" },
	{ .pattern = "WARNING: inconsistent lock state",
	  .after = { "takes", AT_LOCK },
	  .title = "inconsistent lock state in $F",
	  .kind = "lockdep",
	  .policy = &policy_trace },
	{ .pattern = "WARNING: suspicious RCU usage",
	  .after = { "{SRC}" },
	  .title = "WARNING: suspicious RCU usage in $F",
	  .kind = "lockdep",
	  .policy = &rcu_usage },
	{ .pattern = "WARNING: kernel stack regs at [0-9a-f]+ in [^ ]* has bad '([^']+)' value",
	  .title = "WARNING: kernel stack regs has bad '$1' value",
	  .kind = "warning",
	  .flags = FORMAT_NO_TRACE },
	{ .pattern = "WARNING: kernel stack frame pointer at [0-9a-f]+ in [^ ]* has bad value",
	  .title = "WARNING: kernel stack frame pointer has bad value",
	  .kind = "warning",
	  .flags = FORMAT_NO_TRACE },
	{ .pattern = "WARNING: bad unlock balance detected!",
	  .title = "WARNING: bad unlock balance in $F",
	  .kind = "lockdep",
	  .policy = &(const struct policy){ .steps = { STEP_PC_FUNC, STEP_TRACE_HEADER,
						       STEP_STACK } } },
	{ .pattern = "(WARNING: (?:bad contention detected!|chain_key collision))",
	  .title = "$1",
	  .kind = "lockdep" },
	{ .pattern = "WARNING: held lock freed!",
	  .after = { "at:(?: {PC})? +{FUNC}" },
	  .title = "WARNING: held lock freed in $1",
	  .kind = "lockdep" },
	{ .pattern = "WARNING: kernel stack (?:regs .* has bad 'bp' value|frame pointer .* has bad "
		     "value)",
	  .title = "WARNING: kernel stack regs has bad value",
	  .kind = "warning",
	  .flags = FORMAT_NO_TRACE },
	{ .pattern = "WARNING:\\s*$",
	  .title = "WARNING: corrupted",
	  .kind = "warning",
	  .flags = FORMAT_CUT_OFF | FORMAT_WEAK },
	{ .pattern = NULL },
};

#define AT_OLD_LOCK "at: {PC} +{FUNC}"

const struct format formats_info[] = {
	{ .pattern = "INFO: possible circular locking dependency detected \\]",
	  .after = { "is trying to acquire lock", AT_OLD_LOCK },
	  .title = "possible deadlock in $1",
	  .kind = "lockdep" },
	{ .pattern = "INFO: possible irq lock inversion dependency detected \\]",
	  .after = { "just changed the state of lock", AT_OLD_LOCK },
	  .title = "possible deadlock in $1",
	  .kind = "lockdep" },
	{ .pattern = "INFO: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected \\]",
	  .after = { "is trying to acquire", AT_OLD_LOCK },
	  .title = "possible deadlock in $1",
	  .kind = "lockdep" },
	{ .pattern = "INFO: possible recursive locking detected \\]",
	  .after = { "is trying to acquire lock", AT_OLD_LOCK },
	  .title = "possible deadlock in $1",
	  .kind = "lockdep" },
	{ .pattern = "INFO: inconsistent lock state \\]",
	  .after = { "takes", AT_OLD_LOCK },
	  .title = "inconsistent lock state in $1",
	  .kind = "lockdep" },
	{ .pattern = "INFO: rcu_(?:preempt|sched|bh) self-detected stall",
	  .title = "INFO: rcu detected stall in $F",
	  .alt = { "stall in $F" },
	  .kind = "rcu_stall",
	  .policy = &rcu_self },
	{ .pattern = "INFO: rcu_(?:preempt|sched|bh|tasks) (?:self-)?detected(?: expedited)? stall",
	  .title = "INFO: rcu detected stall in $F",
	  .alt = { "stall in $F" },
	  .kind = "rcu_stall",
	  .policy = &rcu_stall },
	/* RCU's other flavours of tasks, which others have no name for */
	{ .pattern = "(INFO: rcu_tasks_[a-z]+ detected stalls.*)",
	  .title = "$1",
	  .kind = "rcu_stall",
	  .flags = FORMAT_NO_TRACE },
	{ .pattern = "INFO: trying to register non-static key",
	  .title = "INFO: trying to register non-static key in $F",
	  .kind = "lockdep",
	  .policy = &lock_key },
	{ .pattern = "INFO: suspicious RCU usage",
	  .after = { "{SRC}" },
	  .title = "INFO: suspicious RCU usage in $F",
	  .kind = "lockdep",
	  .policy = &rcu_usage },
	{ .pattern = "INFO: task .* blocked(?: in I/O wait)? for more than [0-9]+ seconds",
	  .title = "INFO: task hung in $F",
	  .alt = { "hang in $F" },
	  .kind = "hung_task",
	  .policy = &hung },
	{ .pattern = "INFO: task .* can't die for more than .* seconds",
	  .title = "INFO: task can't die in $F",
	  .alt = { "hang in $F" },
	  .kind = "hung_task",
	  .policy = &cannot_die },
	/* the rest of an old slab report */
	{ .pattern = "INFO: (Freed|Allocated) in (.*)",
	  .title = "INFO: $1 in $2",
	  .kind = "info_other",
	  .flags = FORMAT_CUT_OFF | FORMAT_FOLLOWS },
	{ .pattern = "INFO: ((?:Slab|Object) (?:0x)?[0-9a-f]{8,}.*)",
	  .title = "INFO: $1",
	  .kind = "info_other",
	  .flags = FORMAT_CUT_OFF | FORMAT_FOLLOWS },
	{ .pattern = "INFO:\\s*$",
	  .title = "INFO: corrupted",
	  .kind = "info_other",
	  .flags = FORMAT_CUT_OFF | FORMAT_WEAK },
	{ .pattern = NULL },
};
