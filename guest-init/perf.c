// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/perf.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest-init/io.h"

#define KPROBE_TYPE "/sys/bus/event_source/devices/kprobe/type"

/* Of all processes. A kernel that knows less of the attributes takes zeroes in what it does not. */
static int perf_open(struct perf_event_attr *attr, int cpu)
{
	attr->size = sizeof(*attr);
	return (int)syscall(SYS_perf_event_open, attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

int perf_open_tracepoint(int64_t id, int cpu, const char *filter)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .config = (uint64_t)id };
	int fd = perf_open(&attr, cpu);
	int errno_value;

	if (fd < 0 || !filter || ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter) == 0)
		return fd;
	errno_value = errno;
	close(fd);
	errno = errno_value;
	return -1;
}

int perf_open_kprobe(const char *function)
{
	struct perf_event_attr attr = { .kprobe_func = (uint64_t)(uintptr_t)function };
	int64_t type;

	if (io_read_number(KPROBE_TYPE, &type))
		return -1;
	attr.type = (uint32_t)type;
	/* Any one processor: the program runs wherever the function is called. */
	return perf_open(&attr, 0);
}

int perf_attach_bpf(int event, int program)
{
	if (ioctl(event, PERF_EVENT_IOC_SET_BPF, program) || ioctl(event, PERF_EVENT_IOC_ENABLE, 0))
		return -1;
	return 0;
}
