// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/bpf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t pointer(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/* All of it zero: an initializer need not clear more of a union than the member that it names. */
static void bpf_attr_clear(union bpf_attr *attr)
{
	memset(attr, 0, sizeof(*attr));
}

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

int bpf_map_new(enum bpf_map_type type, uint32_t value_size_bytes)
{
	union bpf_attr attr;

	bpf_attr_clear(&attr);
	attr.map_type = type;
	attr.key_size = sizeof(uint32_t);
	attr.value_size = value_size_bytes;
	attr.max_entries = 1;
	return bpf(BPF_MAP_CREATE, &attr);
}

static int map_element(enum bpf_cmd command, int map, const void *value)
{
	static const uint32_t first;
	union bpf_attr attr;

	bpf_attr_clear(&attr);
	attr.map_fd = (uint32_t)map;
	attr.key = pointer(&first);
	attr.value = pointer(value);
	return bpf(command, &attr);
}

int bpf_map_set(int map, const void *value)
{
	return map_element(BPF_MAP_UPDATE_ELEM, map, value);
}

int bpf_map_get(int map, void *value)
{
	return map_element(BPF_MAP_LOOKUP_ELEM, map, value);
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
	union bpf_attr attr;
	int fd;

	bpf_attr_clear(&attr);
	attr.prog_type = BPF_PROG_TYPE_KPROBE;
	attr.insn_cnt = (uint32_t)program->count;
	attr.insns = pointer(program->insns);
	attr.license = pointer("GPL");
	fd = bpf(BPF_PROG_LOAD, &attr);
	why[0] = '\0';
	if (fd >= 0)
		return fd;
	/* Only now: a log that does not fit would itself be an error. */
	attr.log_level = 1;
	attr.log_size = sizeof(log);
	attr.log_buf = pointer(log);
	log[0] = '\0';
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0) {
		int saved = errno;

		log_reason(log, why, size);
		errno = saved;
	}
	return fd;
}

int bpf_stats_enable(void)
{
	union bpf_attr attr;

	bpf_attr_clear(&attr);
	attr.enable_stats.type = BPF_STATS_RUN_TIME;
	return bpf(BPF_ENABLE_STATS, &attr);
}

int bpf_program_of_id(uint32_t id)
{
	union bpf_attr attr;

	bpf_attr_clear(&attr);
	attr.prog_id = id;
	return bpf(BPF_PROG_GET_FD_BY_ID, &attr);
}

int bpf_program_runs(int program, uint64_t *runs)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr;

	bpf_attr_clear(&attr);
	attr.info.bpf_fd = (uint32_t)program;
	attr.info.info_len = sizeof(info);
	attr.info.info = pointer(&info);
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr))
		return -1;
	*runs = info.run_cnt;
	return 0;
}
