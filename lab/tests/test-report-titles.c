// SPDX-License-Identifier: GPL-2.0-or-later
/* One short report of each format: the name it gets, its kind and frame. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "report/report.h"

struct sample {
	const char *title, *kind, *frame, *text; /* lines of text get printk's prefix */
};

#define TRACE "Call Trace:\n dump_stack+0x1/0x2\n"
#define TAIL  " vfs_write+0x1/0x2\n do_syscall_64+0x1/0x2\n"

static const struct sample samples[] = {
	/* Words of old and of new kernels, and of other architectures. */
	{ "WARNING in foo", "warning", "foo",
	  "WARNING: at net/sched/sch_generic.c:255 foo+0x1/0x2() (Not tainted)\n"
	  "Pid: 0, comm: swapper Not tainted 2.6.32 #1\n" TRACE
	  " warn_slowpath_fmt+0x1/0x2\n foo+0x1/0x2\n" TAIL },
	{ "INFO: task hung in foo", "hung_task", "foo",
	  "INFO: task sh:12 blocked in I/O wait for more than 122 seconds.\nCall Trace:\n"
	  " __schedule+0x1/0x2\n io_schedule+0x1/0x2\n foo+0x1/0x2\n" TAIL
	  "INFO: task sh:12 <writer> blocked on an rw-semaphore likely owned by task a:13 "
	  "<reader>\n"
	  "Call Trace:\n __schedule+0x1/0x2\n" },
	{ "hard lockup in foo", "hard_lockup", "foo",
	  "watchdog: CPU 3 self-detected hard LOCKUP @ foo+0x1/0x2\nNIP [c000000000123456] "
	  "foo+0x1/0x2\nCall Trace:\n[c000000007a73cb0] [c000000000423400] "
	  "system_call_exception+0x1/0x2\n[c000000007a73cc0] [c000000000423401] "
	  "system_call_vectored_common+0x1/0x2\n" },
	{ "Unable to handle kernel write to read-only memory at virtual address ADDR", "page_fault",
	  "foo",
	  "Unable to handle kernel write to read-only memory at virtual address "
	  "ffff800081234567\nInternal error: Oops: 000000009600004e [#1] SMP\n"
	  "pc : foo+0x1/0x2\nCall trace:\n foo+0x1/0x2 (P)\n bar+0x1/0x2 (L)\n" },
	{ "BUG: unable to handle kernel NULL pointer dereference in foo", "page_fault", "foo",
	  "Unable to handle kernel NULL pointer dereference at virtual address 00000000 when "
	  "write\nInternal error: Oops: 805 [#1] SMP ARM\nPC is at foo+0x1/0x2 [mod]\n"
	  " foo [mod] from bar+0x1/0x2\n bar from vfs_write+0x1/0x2\n" },
	{ "BUG: unable to handle kernel NULL pointer dereference in foo", "page_fault", "foo",
	  "Unable to handle kernel NULL pointer dereference\nsh(12): Oops [#1]\n"
	  "TPC: <foo+0x1/0x2>\nCall Trace:\n[<0000000000a12345>] foo+0x1/0x2\n"
	  "[<0000000000a12346>] bar+0x1/0x2\n" },
	{ "Oops in foo", "oops", "foo",
	  "Oops: int3: 0000 [#1] PREEMPT SMP\nRIP: 0010:foo+0x1/0x2\n" TRACE TAIL },
	{ "illegal operation in foo", "oops", "foo",
	  "illegal operation: 0001 ilc:1 [#1] SMP\nKrnl PSW : 0704c00180000000 0000000000ab1234 "
	  "(foo+0x1/0x2)\nCall Trace:\n [<0000000000ab1234>] foo+0x1/0x2\n"
	  "([<0000000000100a10>] bar+0x1/0x2)\n" },
	/* Builds print paths of their own. */
	{ "BUG: bad usercopy in foo", "bug", "foo",
	  "kernel BUG at ./mm/usercopy.c:101!\nRIP: 0010:usercopy_abort+0x1/0x2\n" TRACE
	  " __check_heap_object+0x1/0x2\n foo+0x1/0x2\n" TAIL },
	{ "BUG: corrupted list in foo", "bug", "foo",
	  "kernel BUG at /src/linux/lib/list_debug.c:29!\nRIP: "
	  "0010:__list_add_valid+0x1/0x2\n" TRACE
	  " __list_add_valid+0x1/0x2\n foo+0x1/0x2\n" TAIL },
	{ "pagealloc: memory corruption", "mm_debug", "",
	  "pagealloc: memory corruption\nffff888000cf6000: 78 78 78 78  xxxx\n" TRACE
	  " check_poison_mem+0x1/0x2\n foo+0x1/0x2\n" TAIL },
	{ "BUG kmalloc-1k (Tainted: G B ): Right Redzone overwritten", "mm_debug", "foo",
	  "BUG kmalloc-1k (Tainted: G    B            ): Right Redzone overwritten\n" TRACE
	  " print_trailer+0x1/0x2\n check_object+0x1/0x2\n kfree+0x1/0x2\n foo+0x1/0x2\n" TAIL },
	{ "INFO: rcu detected stall in foo", "rcu_stall", "foo",
	  "rcu: INFO: rcu_preempt self-detected stall on CPU\nRIP: 0010:spin+0x1/0x2\nCall Trace:\n"
	  " <TASK>\n foo+0x1/0x2\n" TAIL },
	{ "BUG: workqueue lockup in foo_work", "workqueue_lockup", "foo_work",
	  "BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 43s!\n"
	  "Showing busy workqueues and worker pools:\nworkqueue events: flags=0x0\n"
	  "Showing backtraces of running workers in stalled CPU-bound worker pools:\n"
	  "pool 2:\ntask:kworker/0:1 state:R stack:0 pid:9\nWorkqueue: events foo_work\n"
	  "Call Trace:\n foo+0x1/0x2\n process_one_work+0x1/0x2\n" },
	{ "INFO: rcu detected stall in foo", "rcu_stall", "foo",
	  "rcu: INFO: rcu_tasks detected stalls on tasks:\nCall Trace:\n"
	  " asm_sysvec_apic_timer_interrupt+0x1/0x2\nRIP: 0010:bar+0x1/0x2\n foo+0x1/0x2\n" TAIL },
	{ "INFO: rcu_tasks_trace detected stalls on tasks:", "rcu_stall", "",
	  "INFO: rcu_tasks_trace detected stalls on tasks:\nT12345: N. nesting: 0\n" TRACE TAIL },
	{ "kernel BUG in foo", "bug", "foo",
	  "kernel BUG at mm/a.c:12!\nKernel BUG [#1]\nepc : foo+0x1/0x2\n"
	  "status: 0000000200000120 badaddr: 0000000000000010 cause: 000000000000000d\n"
	  "[<ffffffff80001234>] foo+0x1/0x2\n[<ffffffff80001200>] bar+0x1/0x2\n" },
	{ "Internal error in foo", "oops", "foo",
	  "Internal error: UBSAN: array index out of bounds: 00000000f2005512 [#1] PREEMPT SMP\n"
	  "pc : foo+0x1/0x2\nCall trace:\n foo+0x1/0x2\n bar+0x1/0x2\n" },
	{ "int3 in foo", "oops", "foo", "int3: 0000 [#2] SMP\nRIP: 0010:foo+0x1/0x2\n" TRACE TAIL },
	{ "BUG: unable to handle kernel instruction fetch in foo", "page_fault", "foo",
	  "BUG: Unable to handle kernel instruction fetch (NULL pointer?)\n"
	  "Oops: Kernel access of bad area, sig: 11 [#1]\nNIP [c000000000123456] foo+0x1/0x2\n"
	  "Call Trace:\n[c000000007a73cb0] [c000000000423400] foo+0x1/0x2\n"
	  "[c000000007a73cc0] [c000000000423401] bar+0x1/0x2\n" },
	{ "BUG: scheduling in a non-blocking section in foo", "atomic_sleep", "foo",
	  "BUG: scheduling in a non-blocking section: a/1/2\n" TRACE " schedule+0x1/0x2\n"
	  " foo+0x1/0x2\n" TAIL },
	{ "BUG: assuming atomic context at net/core/a.c:LINE", "atomic_sleep", "foo",
	  "BUG: assuming atomic context at net/core/a.c:12\n" TRACE " foo+0x1/0x2\n" TAIL },
	{ "WARNING: bad contention detected!", "lockdep", "",
	  "WARNING: bad contention detected!\n" TRACE " foo+0x1/0x2\n" TAIL },
	/* Sanitizers. */
	{ "KASAN: invalid-access in foo", "kasan", "foo",
	  "BUG: KASAN: invalid-access\nAsynchronous fault: no details available\n" TRACE
	  " foo+0x1/0x2\n" TAIL },
	{ "KASAN: use-after-free Read in foo", "kasan", "foo",
	  "BUG: KASAN: use-after-free in foo+0x1/0x2\nRead of size 8 at addr ffff by task "
	  "a/1\n" TRACE TAIL },
	{ "KASAN: slab-out-of-bounds Write in caller", "kasan", "caller",
	  "BUG: KASAN: slab-out-of-bounds in memcpy+0x1/0x2\n"
	  "Write of size 8 at addr ffff by task a/1\n" TRACE " kasan_report+0x1/0x2\n"
	  " caller+0x1/0x2\n" TAIL },
	{ "KASAN: invalid-free in foo", "kasan", "foo",
	  "BUG: KASAN: double-free in kfree+0x1/0x2\nFree of addr ffff by task a/1\n" TRACE
	  " kfree+0x1/0x2\n foo+0x1/0x2\n" TAIL },
	{ "KMSAN: uninit-value in foo", "kmsan", "foo",
	  "BUG: KMSAN: uninit-value in foo+0x1/0x2\n foo+0x1/0x2\n" TAIL "\n"
	  "Uninit was created at:\n slab_alloc_node+0x1/0x2\n maker+0x1/0x2\n" TAIL },
	{ "KMSAN: kernel-usb-infoleak in foo", "kmsan", "foo",
	  "BUG: KMSAN: kernel-usb-infoleak in usb_submit_urb+0x1/0x2\n usb_submit_urb+0x1/0x2\n"
	  " foo+0x1/0x2\n\nUninit was created at:\n maker+0x1/0x2\n" TAIL },
	{ "KCSAN: data-race in foo / bar", "kcsan", "foo",
	  "BUG: KCSAN: data-race in foo / bar\nwrite to 0xffff of 8 bytes by task 1 on cpu 0:\n"
	  " foo+0x1/0x2\n" },
	{ "KFENCE: use-after-free read in foo", "kfence", "foo",
	  "BUG: KFENCE: use-after-free read in foo+0x1/0x2\n\nUse-after-free read at 0xffff:\n"
	  " foo+0x1/0x2\n\nCPU: 0 PID: 1 Comm: a Not tainted 6.1.0 #1\n" TRACE TAIL },
	{ "KFENCE: invalid free in foo", "kfence", "foo",
	  "BUG: KFENCE: invalid free in foo+0x1/0x2\n\nInvalid free of 0xffff:\n foo+0x1/0x2\n" },
	{ "KFENCE: memory corruption in foo", "kfence", "foo",
	  "BUG: KFENCE: memory corruption in foo+0x1/0x2\n\nCorrupted memory at 0xffff:\n"
	  " foo+0x1/0x2\n" },
	{ "UBSAN: array-index-out-of-bounds in foo", "ubsan", "foo",
	  "UBSAN: array-index-out-of-bounds in fs/a.c:12:3\nindex 8 is out of range\n" TRACE
	  " __ubsan_handle_out_of_bounds+0x1/0x2\n foo+0x1/0x2\n" TAIL },
	{ "UBSAN: shift-out-of-bounds in foo", "ubsan", "foo",
	  "UBSAN: shift-out-of-bounds in fs/a.c:12:3\n" TRACE " ubsan_epilogue+0x1/0x2\n"
	  " foo+0x1/0x2\n" TAIL },
	{ "memory leak in foo", "kmemleak", "foo",
	  "BUG: memory leak\nunreferenced object 0xffff (size 32):\n  backtrace (crc 12ab):\n"
	  "    kmalloc+0x1/0x2\n    foo+0x1/0x2\n    bar+0x1/0x2\n" },
	{ "memory leak in foo", "kmemleak", "foo",
	  "kmemleak: unreferenced object 0xffff (size 32):\n"
	  "kmemleak:   comm \"a b\", pid 12, jiffies 4294670000\nkmemleak:   backtrace:\n"
	  "kmemleak:     [<00000000c0ffee00>] kmalloc+0x1/0x2\n"
	  "kmemleak:     [<00000000c0ffee01>] foo+0x1/0x2\n"
	  "kmemleak:     [<00000000c0ffee02>] bar+0x1/0x2\n" },
	/* Faults and traps. */
	{ "BUG: unable to handle kernel paging request in foo", "page_fault", "foo",
	  "Unable to handle kernel pointer dereference in virtual kernel address space\n"
	  "Oops: 0004 ilc:3 [#1] SMP\nKrnl PSW : 0704c00180000000 0000000000ab1234 (foo+0x1/0x2)\n"
	  "Call Trace:\n [<0000000000ab1234>] foo+0x1/0x2\n [<0000000000ab1235>] bar+0x1/0x2\n" },
	{ "BUG: unable to handle kernel paging request in foo", "page_fault", "foo",
	  "CPU 0 Unable to handle kernel paging request at virtual address 00000000, epc == "
	  "80123456, ra == 80123400\nOops[#1]:\nepc   : 80123456 foo+0x1/0x2\n"
	  "Call Trace:\n[<80123456>] foo+0x1/0x2\n[<80123400>] bar+0x1/0x2\n" },
	{ "BUG: unable to handle kernel paging request in foo", "page_fault", "foo",
	  "CPU 0 Unable to handle kernel paging request at virtual address 0000000000000000, era "
	  "== 9000000000201234, ra == 9000000000201200\nOops[#1]:\n"
	  "   ERA: 9000000000201234 foo+0x1/0x2\nCall Trace:\n"
	  "[<9000000000201234>] foo+0x1/0x2\n[<9000000000201200>] bar+0x1/0x2\n" },
	{ "BUG: unable to handle kernel NULL pointer dereference in foo", "page_fault", "foo",
	  "BUG: kernel NULL pointer dereference, address: 0000000000000010\n"
	  "Oops: 0000 [#1] SMP\nRIP: 0010:foo+0x1/0x2\n" TRACE TAIL },
	{ "BUG: unable to handle kernel paging request in foo", "page_fault", "foo",
	  "Unable to handle kernel paging request at virtual address ffff\n"
	  "Internal error: Oops: 96000004 [#1] SMP\npc : foo+0x1/0x2\nlr : bar+0x1/0x2\n"
	  "Call trace:\n foo+0x1/0x2\n bar+0x1/0x2\n" TAIL },
	{ "general protection fault in foo", "gpf", "foo",
	  "Oops: general protection fault, probably for non-canonical address 0xdead: 0000 [#1] "
	  "SMP\nRIP: 0010:foo+0x1/0x2\n" TRACE TAIL },
	{ "divide error in foo", "divide_error", "foo",
	  "divide error: 0000 [#1] SMP\nRIP: 0010:foo+0x1/0x2\n" TRACE TAIL },
	{ "PANIC: double fault in foo", "double_fault", "foo",
	  "traps: PANIC: double fault, error_code: 0x0\nRIP: 0010:foo+0x1/0x2\n" TRACE TAIL },
	{ "stack segment fault in foo", "stack_segment", "foo",
	  "stack segment: 0000 [#1] SMP\nRIP: 0010:foo+0x1/0x2\n" TRACE TAIL },
	{ "invalid opcode in foo", "invalid_opcode", "foo",
	  "invalid opcode: 0000 [#1] SMP\nRIP: 0010:foo+0x1/0x2\n" TRACE TAIL },
	{ "kernel BUG in foo", "bug", "foo",
	  "kernel BUG at fs/a.c:12!\ninvalid opcode: 0000 [#1] SMP\nRIP: 0010:foo+0x1/0x2\n" TRACE
		  TAIL },
	{ "kernel BUG in foo", "bug", "foo",
	  "kernel BUG at fs/a.c:12!\nInternal error: Oops - BUG: 00000000f2000800 [#1] SMP\n"
	  "pc : foo+0x1/0x2\nCall trace:\n foo+0x1/0x2\n" TAIL },
	{ "BUG: corrupted list in foo", "bug", "foo",
	  "kernel BUG at lib/list_debug.c:12!\nRIP: 0010:__list_del_entry_valid+0x1/0x2\n" TRACE
	  " foo+0x1/0x2\n" TAIL },
	{ "Oops in foo", "oops", "foo",
	  "Oops: Kernel access of bad area, sig: 11 [#1]\nNIP [c000000000123456] foo+0x1/0x2\n"
	  "Call Trace:\n[c000000012345678] [c000000000123456] bar+0x1/0x2\n" TAIL },
	{ "illegal operation in foo", "oops", "foo",
	  "illegal operation: 0001 ilc:1 [#1] PREEMPT SMP\n"
	  "Krnl PSW : 0704c00180000000 000000000012d2f4 (foo+0x1/0x2)\n"
	  "Call Trace:\n [<000000000012d2f4>] foo+0x1/0x2\n" TAIL },
	{ "BUG: stack guard page was hit in foo", "stack_overflow", "foo",
	  "BUG: stack guard page was hit at ffff (stack is ffff..ffff)\nRIP: "
	  "0010:foo+0x1/0x2\n" TRACE TAIL },
	/* Warnings. */
	{ "WARNING in foo", "warning", "foo",
	  "WARNING: CPU: 0 PID: 1 at fs/a.c:12 foo+0x1/0x2\nRIP: 0010:foo+0x1/0x2\n" TRACE TAIL },
	{ "WARNING in foo", "warning", "foo",
	  "WARNING: fs/a.c:12 at foo+0x1/0x2, CPU#0: a/1\nRIP: 0010:foo+0x1/0x2\n" TRACE TAIL },
	{ "WARNING: refcount bug in foo", "warning", "foo",
	  "WARNING: CPU: 0 PID: 1 at lib/refcount.c:28 refcount_warn_saturate+0x1/0x2\n"
	  "RIP: 0010:refcount_warn_saturate+0x1/0x2\n" TRACE " foo+0x1/0x2\n" TAIL },
	{ "WARNING: ODEBUG bug in foo", "warning", "foo",
	  "WARNING: CPU: 0 PID: 1 at lib/debugobjects.c:505 debug_print_object+0x1/0x2\n"
	  "RIP: 0010:debug_print_object+0x1/0x2\n" TRACE " foo+0x1/0x2\n" TAIL },
	{ "WARNING in foo/usb_submit_urb", "warning", "foo",
	  "WARNING: CPU: 0 PID: 1 at drivers/usb/core/urb.c:500 usb_submit_urb+0x1/0x2\n"
	  "RIP: 0010:usb_submit_urb+0x1/0x2\n" TRACE " foo+0x1/0x2\n" TAIL },
	/* Locks. */
	{ "possible deadlock in foo", "lockdep", "foo",
	  "WARNING: possible circular locking dependency detected\n6.1.0 #1 Not tainted\n"
	  "a/1 is trying to acquire lock:\nffff (&a){+.+.}-{3:3}, at: foo+0x1/0x2\n\n"
	  "but task is already holding lock:\nffff (&b){+.+.}-{3:3}, at: bar+0x1/0x2\n"
	  "stack backtrace:\n" TRACE TAIL },
	{ "possible deadlock in foo", "lockdep", "foo",
	  "WARNING: possible recursive locking detected\na/1 is trying to acquire lock:\n"
	  "ffff (&a){+.+.}-{3:3}, at: foo+0x1/0x2\nstack backtrace:\n" TRACE TAIL },
	{ "possible deadlock in foo", "lockdep", "foo",
	  "WARNING: possible irq lock inversion dependency detected\n"
	  "a/1 just changed the state of lock:\nffff (&a){+.+.}-{3:3}, at: foo+0x1/0x2\n" TRACE
		  TAIL },
	{ "possible deadlock in foo", "lockdep", "foo",
	  "WARNING: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected\n"
	  "but this new dependency connects a SOFTIRQ-irq-safe lock:\n"
	  "... which became SOFTIRQ-irq-safe at:\n  lock_acquire+0x1/0x2\n  foo+0x1/0x2\n" TRACE
		  TAIL },
	{ "inconsistent lock state in foo", "lockdep", "foo",
	  "WARNING: inconsistent lock state\na/1 [HC0[0]:SC0[0]:HE1:SE1] takes:\n"
	  "ffff (&a){+.?.}-{2:2}, at: foo+0x1/0x2\n" TRACE " foo+0x1/0x2\n" TAIL },
	{ "WARNING: suspicious RCU usage in foo", "lockdep", "foo",
	  "WARNING: suspicious RCU usage\nfs/a.c:12 suspicious rcu_dereference_check() "
	  "usage!\n" TRACE " lockdep_rcu_suspicious+0x1/0x2\n foo+0x1/0x2\n" TAIL },
	{ "BUG: lock held when returning to user space in foo", "lockdep", "foo",
	  "BUG: lock held when returning to user space!\n"
	  "a/1 is leaving the kernel with locks still held!\n"
	  " #0: ffff (&a){+.+.}, at: foo+0x1/0x2\n" },
	{ "BUG: workqueue leaked lock or atomic in foo", "lockdep", "foo",
	  "BUG: workqueue leaked lock or atomic: kworker/0:1/0x00000000/1\n"
	  "     last function: foo\n" },
	{ "BUG: spinlock bad magic in foo", "lock_debug", "foo",
	  "BUG: spinlock bad magic on CPU#0, a/1\n" TRACE " do_raw_spin_lock+0x1/0x2\n"
	  " foo+0x1/0x2\n" TAIL },
	{ "WARNING: locking bug in foo", "lockdep", "foo",
	  "[ BUG: Invalid wait context ]\n" TRACE " __lock_acquire+0x1/0x2\n"
	  " lock_acquire+0x1/0x2\n foo+0x1/0x2\n" TAIL },
	{ "BUG: sleeping function called from invalid context in foo", "atomic_sleep", "foo",
	  "BUG: sleeping function called from invalid context at mm/slab.h:12\n" TRACE
	  " __might_resched+0x1/0x2\n foo+0x1/0x2\n" TAIL },
	{ "BUG: scheduling while atomic in foo", "atomic_sleep", "foo",
	  "BUG: scheduling while atomic: a/1/0x00000002\n" TRACE " __schedule+0x1/0x2\n"
	  " schedule+0x1/0x2\n foo+0x1/0x2\n" TAIL },
	{ "BUG: using smp_processor_id() in preemptible code in foo", "preempt_debug", "foo",
	  "BUG: using smp_processor_id() in preemptible [00000000] code: a/1\n" TRACE
	  " check_preemption_disabled+0x1/0x2\n foo+0x1/0x2\n" TAIL },
	/* Stalls and hangs. */
	{ "INFO: task hung in foo", "hung_task", "foo",
	  "INFO: task a:12 blocked for more than 120 seconds.\nCall Trace:\n __schedule+0x1/0x2\n"
	  " schedule+0x1/0x2\n __mutex_lock+0x1/0x2\n foo+0x1/0x2\n" TAIL },
	{ "INFO: task hung in synchronize_rcu", "hung_task", "synchronize_rcu",
	  "INFO: task a:12 blocked for more than 120 seconds.\nCall Trace:\n __schedule+0x1/0x2\n"
	  " synchronize_rcu_expedited+0x1/0x2\n foo+0x1/0x2\n" TAIL },
	{ "INFO: task can't die in foo", "hung_task", "foo",
	  "INFO: task a:12 can't die for more than 120 seconds.\nCall Trace:\n"
	  " schedule+0x1/0x2\n foo+0x1/0x2\n" TAIL },
	{ "BUG: soft lockup in foo", "soft_lockup", "foo",
	  "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [a:12]\nRIP: "
	  "0010:cpu_relax+0x1/0x2\n" TRACE " foo+0x1/0x2\n" TAIL },
	{ "INFO: rcu detected stall in foo", "rcu_stall", "foo",
	  "rcu: INFO: rcu_preempt self-detected stall on CPU\n"
	  " asm_sysvec_apic_timer_interrupt+0x1/0x2\nRIP: 0010:spin+0x1/0x2\n foo+0x1/0x2\n" TAIL
		  TRACE TAIL },
	{ "hard lockup in foo", "hard_lockup", "foo",
	  "watchdog: Watchdog detected hard LOCKUP on cpu 0\nRIP: 0010:spin+0x1/0x2\n" TRACE
	  " foo+0x1/0x2\n" TAIL },
	{ "BUG: workqueue lockup", "workqueue_lockup", "",
	  "BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 31s!\n" },
	/* Memory. */
	{ "BUG: Bad page state in foo", "mm_debug", "foo",
	  "BUG: Bad page state in process a  pfn:1234\npage last allocated via order 0\n"
	  " post_alloc_hook+0x1/0x2\n get_page_from_freelist+0x1/0x2\n foo+0x1/0x2\n" TAIL TRACE
		  TAIL },
	{ "BUG: Bad rss-counter state", "mm_debug", "",
	  "BUG: Bad rss-counter state mm:ffff type:MM_FILEPAGES val:1\n" },
	{ "BUG: Poison overwritten (dentry)", "mm_debug", "vfs_write",
	  "BUG dentry (Not tainted): Poison overwritten\n" TRACE TAIL },
	/* Panics. */
	{ "kernel panic: stack is corrupted in foo", "panic", "foo",
	  "Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: "
	  "foo+0x1/0x2\n" },
	{ "kernel panic: corrupted stack end in foo", "panic", "foo",
	  "Kernel panic - not syncing: corrupted stack end detected inside scheduler\n" TRACE
	  " panic+0x1/0x2\n schedule+0x1/0x2\n foo+0x1/0x2\n" TAIL },
	{ "kernel stack overflow in foo", "stack_overflow", "foo",
	  "Kernel panic - not syncing: kernel stack overflow\nCall trace:\n panic+0x1/0x2\n"
	  " handle_bad_stack+0x1/0x2\n foo+0x1/0x2\n invoke_syscall+0x1/0x2\n" },
	{ "kernel panic: Attempted to kill init!", "panic", "",
	  "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000009\n" TRACE TAIL },
	/* The rest. */
	{ "unregister_netdevice: waiting for DEV to become free", "netdev_leak", "",
	  "unregister_netdevice: waiting for lo to become free. Usage count = 2\n" },
	{ "VFS: Busy inodes after unmount (use-after-free)", "vfs", "",
	  "VFS: Busy inodes after unmount of sda. Self-destruct in 5 seconds.\n" },
	{ "BUG: Dentry still in use in unmount", "bug_other", "unmount",
	  "BUG: Dentry ffff{i=1,n=a}  still in use (1) [unmount of ext4 sda]\n" TRACE TAIL },
	{ "attempt to add with overflow in foo", "bug", "foo",
	  "rust_kernel: panicked at samples/rust/a.rs:12:3:\nattempt to add with overflow\n" TRACE
	  " foo+0x1/0x2\n" TAIL },
	/* No bugs. */
	{ "page allocation failure in foo", "allocation-failure", "foo",
	  "a: page allocation failure: order:4, mode:0x40cc0(GFP_KERNEL), nodemask=(null)\n" TRACE
	  " warn_alloc+0x1/0x2\n __alloc_pages+0x1/0x2\n foo+0x1/0x2\n" TAIL },
	{ "I/O error on sda", "io-error", "",
	  "blk_update_request: I/O error, dev sda, sector 8 op 0x1:(WRITE) flags 0x0\n" },
	{ "buffer I/O error on sda", "io-error", "",
	  "Buffer I/O error on dev sda, logical block 1, lost async page write\n" },
	{ "Read-error on swap-device 254:0", "swap-read-error", "",
	  "Read-error on swap-device (254:0:16)\n" },
	{ "irq 9: nobody cared", "nobody-cared", "",
	  "irq 9: nobody cared (try booting with the \"irqpoll\" option)\n" TRACE TAIL },
	{ "OOM kill of hog", "oom-kill", "",
	  "a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n" TRACE TAIL
	  "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),global_oom,task_memcg=/,task=hog,"
	  "pid=12,uid=0\nOut of memory: Killed process 12 (hog) total-vm:1kB, anon-rss:1kB\n" },
	{ "fault injection: failslab in foo", "fault-injection", "foo",
	  "FAULT_INJECTION: forcing a failure.\n"
	  "name failslab, interval 1, probability 0, space 0, times 0\n" TRACE
	  " should_fail_ex+0x1/0x2\n should_failslab+0x1/0x2\n foo+0x1/0x2\n" TAIL },
};

static json_t *parse_with_prefix(const char *text, const char *prefix)
{
	_cleanup_strbuf_ struct strbuf log = { 0 };
	_cleanup_strv_ struct strv lines = { 0 };

	strv_split(&lines, text, '\n');
	for (size_t i = 0; i + 1 < lines.count; i++)
		strbuf_addf(&log, "%s%s\n", prefix, lines.items[i]);
	return report_parse_all(log.data, log.length);
}

static void check_samples(const char *prefix)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *s = &samples[i];
		_cleanup_json_ json_t *all = parse_with_prefix(s->text, prefix);
		json_t *r = json_array_get(all, 0);

		if (json_array_size(all) != 1)
			fail_msg("%s: %zu reports", s->title, json_array_size(all));
		assert_string_equal(json_get_str(r, "title", ""), s->title);
		assert_string_equal(json_get_str(r, "kind", ""), s->kind);
		assert_string_equal(json_get_str(r, "frame", ""), s->frame);
		if (json_get_bool(r, "corrupted", true))
			fail_msg("%s is corrupted", s->title);
	}
}

static void test_titles_with_a_time(void **state)
{
	check_samples("[   12.345678] ");
}

static void test_titles_with_a_caller(void **state)
{
	check_samples("[   12.345678][  T123] ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_titles_with_a_time),
		cmocka_unit_test(test_titles_with_a_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
