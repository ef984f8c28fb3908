// SPDX-License-Identifier: GPL-2.0-or-later
/* What looks like a kernel's report and is none: nothing may come of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "report/report.h"

/* Lines that are longer than ours are in two pieces. NOLINTBEGIN(bugprone-suspicious-missing-comma)
 */
static const char *const chatter[] = {
	/* Boot loaders and firmware: no kernel has spoken. */
	"WARNING: RO_VPD is uninitialized or empty.",
	"INFO:    BL31: Preparing for EL3 exit to normal world",
	"WARNING: BL2: no certificates, images are not authenticated",
	"ERROR:   Error initializing runtime service opteed_fast",
	"INFO: Entry point address = 0x80000000",
	"[0003.456] WARNING: a boot loader with times of its own",
	"[    5.0] BUG: only one decimal",
	"BUG: pci_dev requests hidden 00:1f.5",
	"[ERROR]  BUG: the table of memory is full",
	"Unhandled Exception in EL3.",
	"\"Synchronous Abort\" handler, esr 0x96000045",
	"### ERROR ### Please RESET the board ###",
	"data abort",
	"pc : [<9ff8a1c4>]\t   lr : [<9ff8a1a0>]",
	"!!!! X64 Exception Type - 0D(#GP - General Protection)  CPU Apic ID - 00000000 !!!!",
	"error: file `/boot/grub/x86_64-efi/panic.mod' not found.",
	"E/TC:0 0 Panic at core/kernel/panic.c:57",
	"(XEN) WARNING: CONSOLE OUTPUT IS SYNCHRONOUS",
	"Internal error: the database is gone",
	"Booting the kernel.",
	/* Consoles of user space. */
	"BUG: this is what a user typed",
	"+ grep -q 'Kernel panic - not syncing' console",
	"+ echo 'BUG: KASAN: double-free in foo+0x1/0x2'",
	"# expected: BUG: KASAN: use-after-free in foo+0x1/0x2",
	"echo \"Kernel panic - not syncing: test\" > /dev/kmsg",
	"grep: BUG: No such file",
	"ok 1 selftests: net: WARNING: skipped",
	"not ok 2 BUG: KASAN: use-after-free in foo+0x1/0x2",
	"    # a_test: EXPECTATION FAILED at lib/a_test.c:12",
	"tst_test.c:1311: TINFO: Timeout per run is 0h 05m 00s",
	"TWARN  :  WARNING: CPU: 0 PID: 1 at kernel",
	"WARNING: modpost: vmlinux.o(.text+0x1234): Section mismatch",
	"lib/foo.c:12: WARNING: Unexpected indentation",
	"*** BUG *** In pixman_region32_init_rect: Malformed region",
	"Segmentation fault (core dumped)",
	"04-01 07:07:51.123   123   456 W kernel  : BUG: what logcat says",
	"04-01 07:07:51.123     0     0 W         : WARNING: what logcat says of the kernel",
	"2026-04-01T07:07:51.123 INFO: task foo blocked for more than a while",
	"Apr  1 07:07:51 host foo[123]: BUG: unable to handle kernel paging request at 0000",
	"Apr  1 07:07:51 host foo[123]: kernel: BUG: oh my",
	"Apr  1 07:07:51 host sshd[123]: WARNING: CPU: 0 PID: 1 at a.c:1 foo+0x1/0x2",
	"<30>systemd[1]: BUG: foo bar",
	/* User space through /dev/kmsg, and what the kernel repeats after it. */
	"[    1.000000] systemd[1]: Checking: BUG: unable to handle kernel paging request...",
	"[    1.000000] systemd-journald[201]: BUG: this cannot happen, ignoring",
	"[    1.000000] cloud-init[512]: WARNING: something is off",
	"[    1.000000] cloud-init[512]: Kernel panic - not syncing: is what we grep for",
	"[    1.000000] init: starting 'watch': sh -c \"dmesg | grep 'Kernel panic - not syncing: "
	"x'",
	"[    1.000000] audit: type=1130 audit(1.2:3): comm=\"BUG: KASAN: use-after-free in "
	"f+0x1/0x2\"",
	"[    1.000000] LTP: starting oops01 (Kernel panic - not syncing: foo)",
	"[    0.000000] Kernel command line: console=ttyS0 panic=1 note=\"BUG: soft lockup\"",
	"[    0.000000] Command line: root=/dev/sda1 \"Kernel panic - not syncing: x\"",
	"[    1.000000] xfs: Unknown parameter 'BUG: KASAN: use-after-free in foo+0x1/0x2'",
	"[    1.000000] traps: a[12] general protection fault ip:401136 sp:7ffd error:0 in "
	"a[401000+1]",
	/* The kernel's own advice. */
	"[    1.000000] Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on",
	"[    1.000000] nand: WARNING: a0000000.nand: the ECC used on your system is too weak",
	"[    1.000000] WARNING: Your 'console=ttyO0' has been replaced by 'ttyS0'",
	"[    1.000000] WARNING: BIOS bug: CPU MTRRs don't cover all of memory, losing 8MB of RAM.",
	"[    1.000000] WARNING: 'bootconfig' found on the kernel command line but "
	"CONFIG_BOOT_CONFIG is not set.",
	"[    1.000000] arch_timer: WARNING: Invalid trigger for IRQ19, assuming level low",
	"[    1.000000] [Firmware Bug]: the BIOS has corrupted hw-PMU resources (MSR 38d is b0)",
	"[    1.000000] ACPI BIOS Error (bug): Could not resolve symbol [\\_SB.GFX0._BCL], "
	"AE_NOT_FOUND (20220331/psargs-330)",
	"[    1.000000] INFO: lockdep is turned off.",
	"[    1.000000] INFO: all of it is fine",
	"[    1.000000] XFS (sda1): WARNING: Reset corrupted AGFL on AG 0. 4 blocks leaked. Please "
	"unmount and run xfs_repair.",
	"[    1.000000] [drm:foo [i915]] *ERROR* CPU pipe A FIFO underrun",
	"Decompressing Linux... Parsing ELF... done.",
};
/* NOLINTEND(bugprone-suspicious-missing-comma) */

/* Alone, and before what a report could take as its own. */
static void test_chatter_is_no_report(void **state)
{
	static const char *const behind[] = {
		"",
		"[  200.000000] eth0: link up\n[  200.100000]  foo_bar+0x1/0x2\n[  200.200000] "
		"done\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(chatter); i++)
		for (size_t k = 0; k < ARRAY_SIZE(behind); k++) {
			_cleanup_free_ char *log = xasprintf("%s\n%s", chatter[i], behind[k]);
			_cleanup_json_ json_t *all = report_parse_all(log, strlen(log));

			if (json_array_size(all))
				fail_msg("%s gives %s", chatter[i],
					 json_get_str(json_array_get(all, 0), "title", ""));
		}
}

/* The same words where the kernel says them are a report: the rules above are not too wide. */
static void test_kernel_says_the_same(void **state)
{
	static const char *const says[] = {
		"[    1.000000] BUG: unable to handle kernel paging request at 0000\n",
		"[    1.000000] BUG: the kernel has words that nobody knows\n",
		"[    1.000000] macb e000b000.ethernet eth0: BUG: TX buffers exhausted mid-frame\n",
		"[    1.000000] WARNING: the kernel has words that nobody knows\n",
		"[    1.000000] INFO: rcu_tasks detected stalls on tasks:\n",
		"[    1.000000] Kernel panic - not syncing: VFS: Unable to mount root fs\n",
		"[    1.000000] \"x\" is odd: BUG: KASAN: use-after-free in foo+0x1/0x2\n",
		"host login: [    1.000000] BUG: soft lockup - CPU#0 stuck for 22s! [a:1]\n",
		"Apr  1 07:07:51 host kernel: BUG: Bad page map in process a  pte:1 pmd:2\n",
		"BUG: KASAN: use-after-free in foo+0x1/0x2\n",
		"Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000009\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(says); i++) {
		_cleanup_json_ json_t *all = report_parse_all(says[i], strlen(says[i]));

		if (json_array_size(all) != 1)
			fail_msg("%s gives %zu reports", says[i], json_array_size(all));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chatter_is_no_report),
		cmocka_unit_test(test_kernel_says_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
