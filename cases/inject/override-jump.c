// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * override-jump FILE [bare]: reads the first block of the device `disk` again and again,
 * past the page cache, and writes into FILE how many reads there were, how many failed,
 * and whether the kprobe on should_fail_bio was a jump in the end.
 *
 * With `bare` it overrides should_fail_bio with -EIO before that, as any user of BPF
 * would: a program on a kprobe, and nothing to keep the kernel from optimising it. FILE
 * then also has how often the program ran.
 */
#define _GNU_SOURCE /* O_DIRECT */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FUNCTION "should_fail_bio"
#define LIST	 "/sys/kernel/debug/kprobes/list"
#define PMU_TYPE "/sys/bus/event_source/devices/kprobe/type"
#define COUNTING "/proc/sys/kernel/bpf_stats_enabled"

enum { READS = 100, PAUSE_US = 10000, BLOCK = 4096 };

static void die(const char *what)
{
	perror(what);
	exit(3);
}

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* bpf_override_return(ctx, -EIO); ctx is in the first register as the program begins. */
static int load(void)
{
	static const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = -EIO },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_override_return },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_KPROBE;
	attr.insns = (uintptr_t)program;
	attr.insn_cnt = sizeof(program) / sizeof(*program);
	attr.license = (uintptr_t) "GPL";
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		die("load the program");
	return fd;
}

static void attach(int program)
{
	struct perf_event_attr attr = { .size = sizeof(attr), .kprobe_func = (uintptr_t)FUNCTION };
	FILE *type = fopen(PMU_TYPE, "r");
	int event;

	if (!type || fscanf(type, "%u", &attr.type) != 1)
		die(PMU_TYPE);
	fclose(type);
	event = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0);
	if (event < 0 || ioctl(event, PERF_EVENT_IOC_SET_BPF, program) ||
	    ioctl(event, PERF_EVENT_IOC_ENABLE, 0))
		die("put it on " FUNCTION);
}

static unsigned long long runs_of(int program)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)program;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr))
		die("how often it ran");
	return info.run_cnt;
}

static void count_runs(void)
{
	int fd = open(COUNTING, O_WRONLY);

	if (fd < 0 || write(fd, "1", 1) != 1)
		die(COUNTING);
	close(fd);
}

static int is_optimized(void)
{
	FILE *list = fopen(LIST, "r");
	char line[512];
	int found = 0;

	if (!list)
		die(LIST);
	while (fgets(line, sizeof(line), list)) {
		if (!strstr(line, FUNCTION "+"))
			continue;
		printf("%s", line);
		found |= strstr(line, "[OPTIMIZED]") != NULL;
	}
	fclose(list);
	return found;
}

/* How many of the reads failed. */
static int read_on(void)
{
	const char *device = getenv("KLAB_DEVICE_disk");
	static char block[BLOCK] __attribute__((aligned(BLOCK)));
	int fd = device ? open(device, O_RDONLY | O_DIRECT) : -1, failed = 0;

	if (fd < 0)
		die("the device `disk`");
	for (int i = 0; i < READS; i++) {
		failed += pread(fd, block, sizeof(block), 0) < 0;
		usleep(PAUSE_US);
	}
	close(fd);
	return failed;
}

int main(int argc, char **argv)
{
	int bare = argc > 2 && strcmp(argv[2], "bare") == 0, program = -1;
	FILE *file = argc > 1 ? fopen(argv[1], "w") : NULL;

	if (!file)
		die("FILE");
	if (bare) {
		count_runs();
		program = load();
		attach(program);
	}
	fprintf(file, "reads %d\nfailed %d\n", READS, read_on());
	fprintf(file, "optimized %d\n", is_optimized());
	if (bare)
		fprintf(file, "ran %llu\n", runs_of(program));
	return fclose(file) ? 3 : 0;
}
