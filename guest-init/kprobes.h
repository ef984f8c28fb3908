/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a kprobe sits on its function. A moment after it is armed the kernel replaces a
 * kprobe by a jump when it can; a probe so optimised runs the program that is attached
 * to it, which cannot change where the function returns to, and nothing tells.
 */
#ifndef GUEST_KPROBES_H
#define GUEST_KPROBES_H

#define KPROBES_LIST "/sys/kernel/debug/kprobes/list"

enum kprobe_kind {
	KPROBE_UNKNOWN, /* the list cannot be read */
	KPROBE_MISSING,
	KPROBE_FTRACE, /* never optimised */
	KPROBE_OPTIMIZED,
	KPROBE_TRAP,
};

enum kprobe_kind kprobe_kind(const char *function);
/* None is optimised from now on, and what was is so no more. 0, or -1 with errno. */
int kprobes_keep_plain(void);
#define KPROBES_OPTIMIZATION "/proc/sys/debug/kprobes-optimization"

#endif
