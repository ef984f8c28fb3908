// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/bpf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest-init/io.h"

#define KPROBE_PMU_TYPE "/sys/bus/event_source/devices/kprobe/type"

/* enum bpf_cmd, enum bpf_prog_type */
#define CMD_MAP_CREATE	    0
#define CMD_MAP_LOOKUP_ELEM 1
#define CMD_MAP_UPDATE_ELEM 2
#define CMD_PROG_LOAD	    5
#define PROG_TYPE_KPROBE    2

/* The heads of union bpf_attr; the kernel takes what is missing as 0. */
struct map_create_attr {
	uint32_t map_type, key_size, value_size, max_entries, map_flags;
};

struct map_element_attr {
	uint32_t map_fd;
	uint64_t key __attribute__((aligned(8)));
	uint64_t value, flags;
};

struct program_load_attr {
	uint32_t prog_type, insn_cnt;
	uint64_t insns, license;
	uint32_t log_level, log_size;
	uint64_t log_buf;
	uint32_t kern_version, prog_flags;
};

/* The head of struct perf_event_attr (PERF_ATTR_SIZE_VER1), bit fields as one word. */
struct perf_attr {
	uint32_t type, size;
	uint64_t config, sample_period, sample_type, read_format, flags;
	uint32_t wakeup_events, bp_type;
	uint64_t kprobe_func, probe_offset;
};
_Static_assert(sizeof(struct perf_attr) == 72, "PERF_ATTR_SIZE_VER1");

#define PERF_FLAG_FD_CLOEXEC   8
#define PERF_EVENT_IOC_ENABLE  _IO('$', 0)
#define PERF_EVENT_IOC_SET_BPF _IOW('$', 8, uint32_t)

static uint64_t pointer(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static int bpf(int command, void *attr, size_t size)
{
	return (int)syscall(SYS_bpf, command, attr, size);
}

int bpf_map_new(enum bpf_map type, uint32_t value_size_bytes)
{
	struct map_create_attr attr = { .map_type = type,
					.key_size = sizeof(uint32_t),
					.value_size = value_size_bytes,
					.max_entries = 1 };

	return bpf(CMD_MAP_CREATE, &attr, sizeof(attr));
}

static int map_element(int command, int map, const void *value)
{
	static const uint32_t first;
	struct map_element_attr attr = { .map_fd = (uint32_t)map,
					 .key = pointer(&first),
					 .value = pointer(value) };

	return bpf(command, &attr, sizeof(attr));
}

int bpf_map_set(int map, const void *value)
{
	return map_element(CMD_MAP_UPDATE_ELEM, map, value);
}

int bpf_map_get(int map, void *value)
{
	return map_element(CMD_MAP_LOOKUP_ELEM, map, value);
}

/* The verifier ends its log with statistics, after the line that says why. */
static void log_reason(const char *log, char *why, size_t size)
{
	size_t length;

	why[0] = '\0';
	for (const char *line = log; *line; line += length + (line[length] == '\n')) {
		length = strcspn(line, "\n");
		if (length > 0 && strncmp(line, "processed ", 10) != 0)
			snprintf(why, size, "%.*s", (int)length, line);
	}
}

int bpf_program_load(const struct bpf_program *program, char *why, size_t size)
{
	static char log[16384];
	struct program_load_attr attr = { .prog_type = PROG_TYPE_KPROBE,
					  .insn_cnt = (uint32_t)program->count,
					  .insns = pointer(program->insns),
					  .license = pointer("GPL") };
	int fd = bpf(CMD_PROG_LOAD, &attr, sizeof(attr));

	why[0] = '\0';
	if (fd >= 0)
		return fd;
	/* Only now: a log that does not fit would itself be an error. */
	attr.log_level = 1;
	attr.log_size = sizeof(log);
	attr.log_buf = pointer(log);
	log[0] = '\0';
	fd = bpf(CMD_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0) {
		int saved = errno;

		log_reason(log, why, size);
		errno = saved;
	}
	return fd;
}

int bpf_kprobe_open(const char *function)
{
	struct perf_attr attr = { .size = sizeof(attr), .kprobe_func = pointer(function) };
	int64_t type;

	if (io_read_number(KPROBE_PMU_TYPE, &type))
		return -1;
	attr.type = (uint32_t)type;
	/* Any one processor: the program runs wherever the function is called. */
	return (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

int bpf_kprobe_attach(int event, int program)
{
	if (ioctl(event, PERF_EVENT_IOC_SET_BPF, program) || ioctl(event, PERF_EVENT_IOC_ENABLE, 0))
		return -1;
	return 0;
}
