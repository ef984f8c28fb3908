/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * eBPF without a compiler or a library: the few instructions, maps and system
 * calls that the guest's own programs take. Numbers and layouts are those of the
 * kernel's include/uapi/linux/bpf.h, which musl does not bring along.
 */
#ifndef GUEST_BPF_H
#define GUEST_BPF_H

#include <stddef.h>
#include <stdint.h>

struct bpf_insn {
	uint8_t code;
	uint8_t dst : 4;
	uint8_t src : 4;
	int16_t off;
	int32_t imm;
};

#define BPF_PROGRAM_MAX 64

struct bpf_program {
	struct bpf_insn insns[BPF_PROGRAM_MAX];
	size_t count;
};

enum bpf_map {
	BPF_MAP_ARRAY = 2,
	BPF_MAP_CGROUP_ARRAY = 8,
};

/* All return a file descriptor or 0, or -1 with errno. */
int bpf_map_new(enum bpf_map type, uint32_t value_size_bytes);
int bpf_map_set(int map, const void *value); /* of key 0 */
int bpf_map_get(int map, void *value);
/* A program for kprobes. `why` gets the last line of the verifier's log, or "". */
int bpf_program_load(const struct bpf_program *program, char *why, size_t size);
/* An event on the entry of a function, without a program yet. */
int bpf_kprobe_open(const char *function);
/* EINVAL: the program overrides, and the function is not on the kernel's list. */
int bpf_kprobe_attach(int event, int program);

/*
 * Whose calls of a function are overridden, and which of them. A candidate is a
 * call that the filters let through; times and interval are as in fault attributes.
 */
struct bpf_override {
	int64_t retval;
	uint32_t probability_percent;
	uint32_t interval; /* every n-th candidate */
	int32_t times;	   /* at most; negative: no limit */
	int32_t tgid;	   /* only this process; 0: all */
	const char *comm;  /* only tasks of this name; NULL: all */
	int cgroup_map;	   /* only tasks below the group in it; -1: all */
	int counts_map;	   /* holds a struct bpf_override_counts */
};

struct bpf_override_counts {
	uint64_t asked;	 /* candidates */
	uint64_t chosen; /* of them: before `times` had its say */
	uint64_t fired;
};

void bpf_override_assemble(const struct bpf_override *o, struct bpf_program *program);

#endif
