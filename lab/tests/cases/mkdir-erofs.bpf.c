// SPDX-License-Identifier: GPL-2.0-or-later
/* What bpf_object steps load: clang -target bpf -O2 -c. */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#define SEC(name) __attribute__((section(name), used))

static long (*override_return)(void *context, __u64 value) = (void *)BPF_FUNC_override_return;

char _license[] SEC("license") = "GPL";

SEC("kprobe/__x64_sys_mkdir")
int refuse_mkdir(struct pt_regs *context)
{
	override_return(context, (__u64)-30); /* EROFS */
	return 0;
}

SEC("kprobe/__x64_sys_rmdir")
int watch_rmdir(struct pt_regs *context)
{
	return 0;
}

/* Only when they are named. The kernel has no probe in this one: it is what probes are made of. */
SEC("?kprobe/asm_exc_int3")
int watch_int3(struct pt_regs *context)
{
	return 0;
}

/* The kernel does not load it: it reads where it must not. */
SEC("?kprobe/__x64_sys_reboot")
int reads_anywhere(struct pt_regs *context)
{
	return *(volatile int *)context->rdi;
}

/* Told before the boot, when they are named: what must not be overridden... */
SEC("?kprobe/schedule")
int refuse_schedule(struct pt_regs *context)
{
	override_return(context, 0);
	return 0;
}

/* ... and what would be no error. */
SEC("?kprobe/__x64_sys_mkdir")
int mkdir_is_one(struct pt_regs *context)
{
	override_return(context, 1);
	return 0;
}

/* Nothing calls it while a case runs. */
SEC("?kprobe/__x64_sys_reboot")
int refuse_reboot(struct pt_regs *context)
{
	override_return(context, (__u64)-1);
	return 0;
}
