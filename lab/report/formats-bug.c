// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands behind "BUG:". Sources: mm/kasan/report.c, mm/kmsan/report.c,
 * mm/kfence/report.c, kernel/kcsan/report.c, arch/x86/mm/fault.c,
 * kernel/locking/, kernel/watchdog.c, mm/kmemleak.c, mm/page_alloc.c.
 */
#include "report/internal.h"

static const char *const kasan_more[] = {
	/* arm64's tag check fault stands between the access and the report. */
	"kernel_fault", "tag_check", "mem_abort", "^el1_", "^el1h_", NULL,
};
static const char *const free_more[] = { "slab_", "kfree", "vunmap", "vfree", NULL };
static const char *const usb_kmsan_more[] = {
	"alloc_skb",	"usb_submit_urb",    "usb_start_wait_urb",
	"usb_bulk_msg", "usb_interrupt_msg", "usb_control_msg",
	NULL,
};
static const char *const kmsan_more[] = {
	"alloc_skb",
	"netlink_ack",
	"netlink_rcv_skb",
	/* Ciphers meet what others left unset. */
	"_encrypt$",
	"^crypto_",
	"^cipher_",
	"^drbg_",
	"^rng_",
	NULL,
};
static const char *const lock_more[] = { "spin_", "_lock", "_unlock", NULL };
static const char *const schedule_more[] = { "schedule", NULL };
static const char *const page_owner_more[] = {
	"free_page",	  "put_page", "get_page", "update_page", "release_page",
	"free_unref",	  "^folio",   "^_folio",  "^__folio",	 "truncate_inode_pages",
	"page_frag_free", "alloc",    "vmap",	  "page_owner",	 NULL,
};
static const char *const preempt_more[] = { "dump_stack",   "preempt",	"debug_",
					    "processor_id", "this_cpu", NULL };
static const char *const leak_more[] = {
	"kmemleak",	 "mmap",    "kmem",	     "slab",	  "alloc",
	"create_object", "idr_get", "list_lru_init", "kasprintf", "kvasprintf",
	"pcpu_create",	 "strdup",  "strndup",	     "memdup",	  NULL,
};
static const char *const sock_more[] = { "lock_sock", "release_sock", NULL };

static const struct policy kasan = { .steps = { STEP_HEADER_FUNC, STEP_TRACE_HEADER, STEP_STACK },
				     .plumbing = kasan_more };
static const struct policy kasan_free = {
	.steps = { STEP_HEADER_FUNC, STEP_TRACE_HEADER, STEP_STACK }, .plumbing = free_more
};
static const struct policy kmsan_usb = { .steps = { STEP_STACK, STEP_ORIGIN, STEP_STACK },
					 .plumbing = usb_kmsan_more };
static const struct policy kmsan = { .steps = { STEP_STACK, STEP_ORIGIN, STEP_STACK },
				     .plumbing = kmsan_more };
static const struct policy kfence = { .steps = { STEP_HEADER_FUNC, STEP_STACK } };
static const struct policy spin = { .steps = { STEP_TRACE_HEADER, STEP_STACK },
				    .plumbing = lock_more };
static const struct policy stall = { .steps = { STEP_IP, STEP_TRACE_HEADER, STEP_STACK },
				     .pick = PICK_STALL };
static const struct policy sched = { .steps = { STEP_TRACE_HEADER, STEP_STACK },
				     .plumbing = schedule_more };
static const struct policy unlock = { .steps = { STEP_PC_FUNC, STEP_TRACE_HEADER, STEP_STACK } };
static const struct policy page_owner = { .steps = { STEP_PAGE_OWNER, STEP_STACK },
					  .plumbing = page_owner_more };
static const struct policy preempt = { .steps = { STEP_TRACE_HEADER, STEP_STACK },
				       .plumbing = preempt_more };
const struct policy policy_leak = { .steps = { STEP_LEAK_TRACE, STEP_STACK },
				    .plumbing = leak_more };
static const struct policy wait_context = { .steps = { STEP_TRACE_HEADER, STEP_STACK },
					    .plumbing = sock_more };

const struct format formats_bug[] = {
	{ .pattern = "BUG: KASAN: ([-a-z]+) in {FUNC}",
	  .after = { "(Read|Write) (?:of size|at addr) [0-9a-f]" },
	  .title = "KASAN: $1 $3 in $F",
	  .alt = { "bad-access in $F" },
	  .kind = "kasan",
	  .policy = &kasan },
	{ .pattern =
		  "BUG: KASAN: (?:double-free or invalid-free|double-free|invalid-free) in {FUNC}",
	  .title = "KASAN: invalid-free in $F",
	  .alt = { "invalid-free in $F" },
	  .kind = "kasan",
	  .policy = &kasan_free },
	{ .pattern = "BUG: KASAN: ([-a-z]+) on address",
	  .after = { "(Read|Write) of size ([0-9]+)" },
	  .title = "KASAN: $1 $2",
	  .kind = "kasan" },
	/* arm64's tags checked asynchronously: no address and no function, only who was caught */
	{ .pattern = "BUG: KASAN: invalid-access$",
	  .after = { "^Asynchronous " },
	  .title = "KASAN: invalid-access in $F",
	  .alt = { "bad-access in $F" },
	  .kind = "kasan",
	  .policy = &policy_trace },
	{ .pattern = "BUG: KASAN: (.*)",
	  .title = "KASAN: $1",
	  .kind = "kasan",
	  .flags = FORMAT_CUT_OFF },
	{ .pattern = "BUG: KMSAN: kernel-usb-infoleak in {FUNC}",
	  .title = "KMSAN: kernel-usb-infoleak in $F",
	  .alt = { "KMSAN origin in $O" },
	  .kind = "kmsan",
	  .policy = &kmsan_usb,
	  .flags = FORMAT_NO_TRACE },
	{ .pattern = "BUG: KMSAN: ([-a-z]+) in {FUNC}",
	  .title = "KMSAN: $1 in $F",
	  .alt = { "bad-access in $F" },
	  .kind = "kmsan",
	  .policy = &kmsan,
	  .flags = FORMAT_NO_TRACE },
	{ .pattern = "BUG: KCSAN: (.*)",
	  .title = "KCSAN: $1",
	  .kind = "kcsan",
	  .flags = FORMAT_NO_TRACE },
	{ .pattern = "BUG: KFENCE: (use-after-free|out-of-bounds) (read|write) in {FUNC}",
	  .title = "KFENCE: $1 $2 in $F",
	  .alt = { "bad-access in $F" },
	  .kind = "kfence",
	  .policy = &kfence },
	{ .pattern = "BUG: KFENCE: invalid free in {FUNC}",
	  .title = "KFENCE: invalid free in $F",
	  .alt = { "invalid-free in $F" },
	  .kind = "kfence",
	  .policy = &kfence,
	  .flags = FORMAT_NO_TRACE },
	{ .pattern = "BUG: KFENCE: invalid (read|write) in {FUNC}",
	  .title = "KFENCE: invalid $1 in $F",
	  .alt = { "bad-access in $F" },
	  .kind = "kfence",
	  .policy = &kfence },
	{ .pattern = "BUG: KFENCE: memory corruption in {FUNC}",
	  .title = "KFENCE: memory corruption in $F",
	  .kind = "kfence",
	  .policy = &kfence,
	  .flags = FORMAT_NO_TRACE },
	{ .pattern =
		  "BUG: (?:unable to handle kernel paging request|unable to handle page fault for "
		  "address|Unable to handle kernel data access)",
	  .title = "BUG: unable to handle kernel paging request in $F",
	  .alt = { "bad-access in $F" },
	  .kind = "page_fault",
	  .policy = &policy_ip_trace },
	{ .pattern = "BUG: (?:unable to handle kernel|[Kk]ernel) NULL pointer dereference",
	  .title = "BUG: unable to handle kernel NULL pointer dereference in $F",
	  .alt = { "bad-access in $F" },
	  .kind = "page_fault",
	  .policy = &policy_ip_trace },
	/* powerpc's further faults: others have no name for them */
	{ .pattern = "BUG: Unable to handle kernel (instruction fetch|unaligned access)",
	  .title = "BUG: unable to handle kernel $1 in $F",
	  .alt = { "bad-access in $F", "BUG: unable to handle kernel" },
	  .kind = "page_fault",
	  .policy = &policy_ip_trace },
	{ .pattern = "(BUG: Unable to handle unknown paging fault at .*)",
	  .title = "$1",
	  .kind = "page_fault",
	  .policy = &policy_ip_trace,
	  .flags = FORMAT_FRAME_ONLY },
	/* the second half of the line is lost */
	{ .pattern = "BUG: [uU]nable to handle kernel",
	  .title = "BUG: unable to handle kernel",
	  .kind = "page_fault",
	  .flags = FORMAT_CUT_OFF },
	{ .pattern = "BUG: (spinlock|rwlock) (lockup suspected|already unlocked|recursion|cpu "
		     "recursion|"
		     "bad magic|wrong owner|wrong CPU|trylock failure on UP)",
	  .title = "BUG: $1 $2 in $F",
	  .kind = "lock_debug",
	  .policy = &spin },
	{ .pattern = "BUG: soft lockup",
	  .title = "BUG: soft lockup in $F",
	  .alt = { "stall in $F" },
	  .kind = "soft_lockup",
	  .policy = &stall },
	{ .pattern = "BUG: .*still has locks held!",
	  .after = { "{PC} +{FUNC}" },
	  .title = "BUG: still has locks held in $1",
	  .kind = "lockdep" },
	{ .pattern = "BUG: scheduling while atomic",
	  .title = "BUG: scheduling while atomic in $F",
	  .kind = "atomic_sleep",
	  .policy = &sched },
	{ .pattern = "BUG: scheduling in a non-blocking section",
	  .title = "BUG: scheduling in a non-blocking section in $F",
	  .kind = "atomic_sleep",
	  .policy = &sched },
	/* might_sleep()'s opposites; others have no name for them but the line itself */
	{ .pattern = "(BUG: assuming (?:atomic|non migratable) context at .*)",
	  .title = "$1",
	  .kind = "atomic_sleep",
	  .policy = &policy_trace,
	  .flags = FORMAT_FRAME_ONLY },
	{ .pattern = "BUG: lock held when returning to user space",
	  .after = { "leaving the kernel with locks still held", "at: (?:{PC} +)?{FUNC}" },
	  .title = "BUG: lock held when returning to user space in $1",
	  .kind = "lockdep",
	  .flags = FORMAT_NO_TRACE },
	{ .pattern = "BUG: bad unlock balance detected!",
	  .title = "BUG: bad unlock balance in $F",
	  .kind = "lockdep",
	  .policy = &unlock },
	{ .pattern = "BUG: held lock freed!",
	  .after = { "{PC} +{FUNC}" },
	  .title = "BUG: held lock freed in $1",
	  .kind = "lockdep" },
	{ .pattern = "(BUG: non-zero pgtables_bytes on freeing mm: .*)",
	  .title = "$1",
	  .kind = "mm_debug",
	  .flags = FORMAT_NO_TRACE },
	{ .pattern = "BUG: (Bad rss-counter state|non-zero nr_ptes on freeing mm|non-zero nr_pmds "
		     "on freeing mm)",
	  .title = "BUG: $1",
	  .kind = "mm_debug",
	  .flags = FORMAT_NO_TRACE },
	{ .pattern = "BUG: Dentry .* still in use \\([0-9]+\\) \\[(unmount) of ([^\\]]+)\\]",
	  .title = "BUG: Dentry still in use in $1",
	  .alt = { "BUG: Dentry still in use [$1 of $2]" },
	  .kind = "bug_other" },
	{ .pattern = "BUG: Bad page (state|cache)",
	  .title = "BUG: Bad page $1 in $F",
	  .kind = "mm_debug",
	  .policy = &page_owner },
	{ .pattern = "BUG: Bad page map", .title = "BUG: Bad page map", .kind = "mm_debug" },
	/* whose work it is, when a worker of the stalled pool was dumped */
	{ .pattern = "BUG: workqueue lockup",
	  .after = { "Workqueue:\\s+\\S+\\s+([a-zA-Z0-9_]+)" },
	  .title = "BUG: workqueue lockup in $1",
	  .kind = "workqueue_lockup",
	  .flags = FORMAT_NO_TRACE },
	{ .pattern = "BUG: workqueue lockup",
	  .title = "BUG: workqueue lockup",
	  .kind = "workqueue_lockup",
	  .flags = FORMAT_NO_TRACE },
	{ .pattern = "BUG: sleeping function called from invalid context at (.*)",
	  .title = "BUG: sleeping function called from invalid context in $F",
	  .kind = "atomic_sleep",
	  .policy = &policy_trace },
	{ .pattern = "BUG: using ([a-z_]+)\\(\\) in preemptible",
	  .title = "BUG: using $1() in preemptible code in $F",
	  .kind = "preempt_debug",
	  .policy = &preempt },
	{ .pattern = "BUG: workqueue leaked lock or atomic",
	  .after = { "last function: ([a-zA-Z0-9_]+)$" },
	  .title = "BUG: workqueue leaked lock or atomic in $1",
	  .kind = "lockdep",
	  .flags = FORMAT_NO_TRACE },
	{ .pattern = "BUG: memory leak",
	  .title = "memory leak in $F",
	  .kind = "kmemleak",
	  .policy = &policy_leak },
	{ .pattern = "BUG: .*stack guard page was hit at",
	  .title = "BUG: stack guard page was hit in $F",
	  .alt = { "stack-overflow in $F" },
	  .kind = "stack_overflow",
	  .policy = &stall },
	/* arm words it so; x86 prints "WARNING: ... lock_acquire": one bug, one name. */
	{ .pattern = "BUG: Invalid wait context",
	  .title = "WARNING: locking bug in $F",
	  .kind = "lockdep",
	  .policy = &wait_context },
	{ .pattern = "BUG:\\s*$",
	  .title = "BUG: corrupted",
	  .kind = "bug_other",
	  .flags = FORMAT_CUT_OFF | FORMAT_WEAK },
	{ .pattern = NULL },
};
