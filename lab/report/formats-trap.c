// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Traps, faults, panics, and BUG() as each architecture words them. Sources:
 * arch/x86/kernel/traps.c, arch/arm64/mm/fault.c, arch/arm/kernel/traps.c,
 * arch/powerpc/mm/fault.c, arch/s390/kernel/dumpstack.c, kernel/panic.c.
 */
#include "report/internal.h"

static const char *const skb_more[] = { "^skb_", NULL };
static const char *const usercopy_more[] = { "usercopy", "__check", NULL };
static const char *const canary_more[] = { "stack_chk", NULL };
static const char *const stack_end_more[] = { "schedule", "retint_kernel", NULL };
static const char *const overflow_more[] = { "bad_stack", NULL };
static const char *const ubsan_more[] = { "ubsan", "overflow", NULL };
static const char *const rust_more[] = { "rust_begin_unwind", NULL };

static const struct policy bug = { .steps = { STEP_IP, STEP_TRACE_HEADER, STEP_STACK },
				   .plumbing = skb_more };
static const struct policy usercopy = { .steps = { STEP_TRACE_HEADER, STEP_STACK },
					.plumbing = usercopy_more };
static const struct policy canary = { .steps = { STEP_TRACE_HEADER, STEP_STACK },
				      .plumbing = canary_more };
static const struct policy stack_end = { .steps = { STEP_TRACE_HEADER, STEP_STACK },
					 .plumbing = stack_end_more,
					 .pick = PICK_STALL };
static const struct policy overflow = { .steps = { STEP_TRACE_HEADER, STEP_STACK },
					.plumbing = overflow_more,
					.pick = PICK_STALL };
static const struct policy ubsan = { .steps = { STEP_TRACE_HEADER, STEP_STACK },
				     .plumbing = ubsan_more };
static const struct policy rust = { .steps = { STEP_TRACE_HEADER, STEP_STACK },
				    .plumbing = rust_more };

const struct format formats_unable[] = {
	{ .pattern = "Unable to handle kernel (paging request|NULL pointer dereference|access to "
		     "user memory)",
	  .title = "BUG: unable to handle kernel $1 in $F",
	  .alt = { "bad-access in $F" },
	  .kind = "page_fault",
	  .policy = &policy_ip_trace },
	/* arm64's further faults: what they say is the title */
	{ .pattern = "(Unable to handle kernel (?:write to|execute from|read from|execution "
		     "of|unaligned) .*)",
	  .title = "$1",
	  .kind = "page_fault",
	  .policy = &policy_ip_trace,
	  .flags = FORMAT_FRAME_ONLY },
	/* s390, whose wording others keep as the title */
	{ .pattern = "(Unable to handle kernel pointer dereference.*)",
	  .title = "BUG: unable to handle kernel paging request in $F",
	  .alt = { "bad-access in $F", "$1" },
	  .kind = "page_fault",
	  .policy = &policy_ip_trace },
	{ .pattern = NULL },
};

const struct format formats_trap[] = {
	{ .pattern = "^general protection fault.*:",
	  .title = "general protection fault in $F",
	  .alt = { "bad-access in $F" },
	  .kind = "gpf",
	  .policy = &policy_ip_trace },
	{ .pattern = "^stack segment: ",
	  .title = "stack segment fault in $F",
	  .kind = "stack_segment",
	  .policy = &policy_ip_trace },
	{ .pattern = "^PANIC: double fault",
	  .title = "PANIC: double fault in $F",
	  .kind = "double_fault",
	  .policy = &policy_ip },
	{ .pattern = "^divide[ _]error: ",
	  .title = "divide error in $F",
	  .kind = "divide_error",
	  .policy = &policy_ip },
	{ .pattern = "^invalid opcode: ",
	  .title = "invalid opcode in $F",
	  .kind = "invalid_opcode",
	  .policy = &policy_ip },
	{ .pattern = "^Internal error:.*\\[#[0-9]+\\]",
	  .title = "Internal error in $F",
	  .alt = { "bad-access in $F" },
	  .kind = "oops",
	  .policy = &policy_ip_trace },
	{ .pattern = "^Internal error:",
	  .title = "Internal error in $F",
	  .alt = { "bad-access in $F" },
	  .kind = "oops",
	  .policy = &policy_ip_trace,
	  .flags = FORMAT_WEAK },
	{ .pattern = "^Unhandled fault:",
	  .title = "Unhandled fault in $F",
	  .alt = { "bad-access in $F" },
	  .kind = "oops",
	  .policy = &policy_ip_trace },
	{ .pattern = "^Alignment trap:",
	  .title = "Alignment trap in $F",
	  .kind = "oops",
	  .policy = &policy_ip_trace,
	  .flags = FORMAT_WEAK },
	{ .pattern = NULL },
};

const struct format formats_panic[] = {
	{ .pattern = "Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: "
		     "{FUNC}",
	  .title = "kernel panic: stack is corrupted in $1",
	  .kind = "panic",
	  .flags = FORMAT_NO_TRACE },
	{ .pattern = "Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: "
		     "[a-f0-9]+",
	  .title = "kernel panic: stack is corrupted in $F",
	  .kind = "panic",
	  .policy = &canary },
	{ .pattern = "Kernel panic - not syncing: corrupted stack end detected inside scheduler",
	  .title = "kernel panic: corrupted stack end in $F",
	  .alt = { "stack-overflow in $F" },
	  .kind = "panic",
	  .policy = &stack_end },
	{ .pattern = "Kernel panic - not syncing: kernel stack overflow",
	  .title = "kernel stack overflow in $F",
	  .alt = { "stack-overflow in $F" },
	  .kind = "stack_overflow",
	  .policy = &overflow },
	{ .pattern = "Kernel panic - not syncing: Attempted to kill init!",
	  .title = "kernel panic: Attempted to kill init!",
	  .kind = "panic" },
	{ .pattern = "Kernel panic - not syncing: Couldn't open N_TTY ldisc for [^ ]+ --- error "
		     "-[0-9]+",
	  .title = "kernel panic: Couldn't open N_TTY ldisc",
	  .kind = "panic" },
	/* These follow a report of their own: alone, its header was lost. */
	{ .pattern = "Kernel panic - not syncing: (Fatal exception|panic_on_warn set|hung_task: "
		     "blocked tasks)",
	  .title = "kernel panic: $1",
	  .kind = "panic",
	  .flags = FORMAT_CUT_OFF },
	/* What an oops, a stall or a sanitizer before it ends in, in the words of all times. */
	{ .pattern = "Kernel panic - not syncing: "
		     "((?i:.*\\b(?:fatal|aiee|oops|panic_on_\\w+|kasan|kfence|"
		     "lockup|stall|unrecoverable|hung|BUG!|attempted to kill).*))",
	  .title = "kernel panic: $1",
	  .kind = "panic" },
	{ .pattern = "Kernel panic - not syncing: (.*)",
	  .title = "kernel panic: $1",
	  .kind = "panic",
	  .flags = FORMAT_ON_ITS_OWN },
	{ .pattern = NULL },
};

const struct format formats_kernel_bug[] = {
	{ .pattern = "kernel BUG at (?:\\S*/)?mm/usercopy\\.c",
	  .title = "BUG: bad usercopy in $F",
	  .kind = "bug",
	  .policy = &usercopy },
	{ .pattern = "kernel BUG at (?:\\S*/)?lib/list_debug\\.c",
	  .title = "BUG: corrupted list in $F",
	  .alt = { "bad-access in $F" },
	  .kind = "bug",
	  .policy = &policy_trace },
	/* how a panic of Rust ends, which has said what it is about */
	{ .pattern = "kernel BUG at (?:\\S*/)?rust/helpers",
	  .title = "kernel BUG in $F",
	  .kind = "bug",
	  .policy = &rust,
	  .flags = FORMAT_FOLLOWS },
	{ .pattern = "kernel BUG at (.*)",
	  .title = "kernel BUG in $F",
	  .kind = "bug",
	  .policy = &bug },
	/* riscv's die() behind "kernel BUG at" */
	{ .pattern = "Kernel BUG \\[#[0-9]+\\]",
	  .title = "kernel BUG in $F",
	  .kind = "bug",
	  .policy = &bug,
	  .flags = FORMAT_FOLLOWS },
	{ .pattern = "Kernel BUG (.*)", .title = "kernel BUG $1", .kind = "bug" },
	{ .pattern = NULL },
};

/* SLUB's own: they find what their caller did. */
static const char *const slub_more[] = {
	"slab",
	"free_to_partial_list",
	"free_debug_processing",
	"alloc_debug_processing",
	"check_bytes",
	"print_trailer",
	"object_err",
	"init_object",
	"on_freelist",
	NULL,
};
static const struct policy slub = { .steps = { STEP_TRACE_HEADER, STEP_STACK },
				    .plumbing = slub_more };

const struct format formats_slub[] = {
	{ .pattern = "BUG kmalloc-.*: Object already free",
	  .title = "BUG: Object already free",
	  .kind = "mm_debug" },
	/* Others keep the line as the title, taints included: the same bug has several then. */
	{ .pattern = "^(BUG (kmalloc-[^ ]+) \\((?:Not tainted|Tainted[^)]*)\\): ([^(]*[^ (]).*)",
	  .title = "$1",
	  .alt = { "BUG: $3 ($2)" },
	  .kind = "mm_debug",
	  .policy = &slub,
	  .flags = FORMAT_NO_TRACE | FORMAT_FRAME_ONLY },
	{ .pattern = NULL },
};

const struct format formats_none[] = {
	{ .pattern = NULL },
};

/* SLUB's caches of all names (mm/slub.c, slab_bug()). */
const struct format formats_slub_other[] = {
	{ .pattern = "^BUG ([^ ]+) \\((?:Not tainted|Tainted[^)]*)\\): ([^(]*[^ (])",
	  .title = "BUG: $2 ($1)",
	  .kind = "mm_debug",
	  .policy = &slub,
	  .flags = FORMAT_FRAME_ONLY },
	{ .pattern = NULL },
};

/*
 * Every architecture's die() counts its oopses, whatever it calls them: "Oops: 0002
 * [#1]", "illegal operation: 0001 ilc:1 [#1]", "Oops - illegal instruction [#1]".
 */
const struct format formats_die[] = {
	{ .pattern = "^([A-Za-z][A-Za-z0-9 -]*[A-Za-z0-9])(?:: .*)?: [0-9a-f]{4,16}(?: ilc:[0-9])? "
		     "\\[#[0-9]+\\]",
	  .title = "$1 in $F",
	  .alt = { "bad-access in $F" },
	  .kind = "oops",
	  .policy = &policy_ip_trace,
	  .flags = FORMAT_WHOLE_LINE },
	{ .pattern = "^([A-Za-z][A-Za-z0-9 -]*[A-Za-z0-9])(?:: .*)? ?\\[#[0-9]+\\]",
	  .title = "$1 in $F",
	  .alt = { "bad-access in $F" },
	  .kind = "oops",
	  .policy = &policy_ip_trace,
	  .flags = FORMAT_WHOLE_LINE | FORMAT_WEAK },
	{ .pattern = NULL },
};

const struct format formats_ubsan[] = {
	{ .pattern = "UBSAN: Undefined behaviour in",
	  .title = "UBSAN: undefined-behaviour in $F",
	  .kind = "ubsan",
	  .policy = &ubsan },
	{ .pattern = "UBSAN: array-index-out-of-bounds in",
	  .title = "UBSAN: array-index-out-of-bounds in $F",
	  .alt = { "bad-access in $F" },
	  .kind = "ubsan",
	  .policy = &ubsan },
	{ .pattern = "UBSAN: (.*?) in ",
	  .title = "UBSAN: $1 in $F",
	  .kind = "ubsan",
	  .policy = &ubsan },
	{ .pattern = NULL },
};

const struct format formats_misc[] = {
	{ .pattern = "^rust_kernel: panicked",
	  .after = { "^(.+)$" },
	  .title = "$1 in $F",
	  .kind = "bug",
	  .policy = &rust },
	{ .pattern = "^Booting the kernel",
	  .title = "unexpected kernel reboot",
	  .kind = "reboot",
	  .flags = FORMAT_NO_TRACE },
	/* page poisoning: whoever gets the page next is told, not who wrote */
	{ .pattern = "^pagealloc: (memory corruption|single bit error)",
	  .title = "pagealloc: $1",
	  .kind = "mm_debug" },
	/* with kmemleak.verbose=1 the kernel itself says where */
	{ .pattern = "^kmemleak: unreferenced object",
	  .title = "memory leak in $F",
	  .kind = "kmemleak",
	  .policy = &policy_leak },
	{ .pattern = "^unregister_netdevice: waiting for .* to become free",
	  .title = "unregister_netdevice: waiting for DEV to become free",
	  .kind = "netdev_leak",
	  .flags = FORMAT_NO_TRACE },
	{ .pattern = "^VFS: Close: file count is 0",
	  .title = "VFS: Close: file count is zero (use-after-free)",
	  .kind = "vfs",
	  .flags = FORMAT_NO_TRACE },
	{ .pattern = "^VFS: Busy inodes after unmount",
	  .title = "VFS: Busy inodes after unmount (use-after-free)",
	  .kind = "vfs",
	  .flags = FORMAT_NO_TRACE },
	{ .pattern = "^(?:(?:NMI )?watchdog: )?(?:Watchdog |CPU [0-9]+ (?:self-)?)detected hard "
		     "LOCKUP",
	  .title = "hard lockup in $F",
	  .alt = { "stall in $F" },
	  .kind = "hard_lockup",
	  .policy = &(const struct policy){ .steps = { STEP_IP, STEP_TRACE_HEADER, STEP_STACK },
					    .pick = PICK_STALL },
	  .flags = FORMAT_WHOLE_LINE },
	{ .pattern = NULL },
};
