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

/* Only when it is named: the kernel refuses to override this one. */
SEC("?kprobe/schedule")
int refuse_schedule(struct pt_regs *context)
{
	override_return(context, 0);
	return 0;
}

/* Nothing calls it while a case runs. */
SEC("?kprobe/__x64_sys_reboot")
int refuse_reboot(struct pt_regs *context)
{
	override_return(context, (__u64)-1);
	return 0;
}
