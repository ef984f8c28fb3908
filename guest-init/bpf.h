/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * eBPF without a compiler or a library: the few instructions, maps and system
 * calls that the guest's own programs take, and what the kernel counts of anyone's.
 */
#ifndef GUEST_BPF_H
#define GUEST_BPF_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

#define BPF_PROGRAM_MAX 64

struct bpf_program {
	struct bpf_insn insns[BPF_PROGRAM_MAX];
	size_t count;
};

/* All return a file descriptor or 0, or -1 with errno. */
int bpf_map_new(enum bpf_map_type type, uint32_t value_size_bytes);
int bpf_map_set(int map, const void *value); /* of key 0 */
int bpf_map_get(int map, void *value);
/* A program for kprobes. `why` gets the last line of the verifier's log, or "". */
int bpf_program_load(const struct bpf_program *program, char *why, size_t size);

/* Has the kernel count how often every program runs, for as long as what it returns is open. Since
 * Linux 5.8. */
int bpf_stats_enable(void);
/* A loaded program by its number, kept for as long as what it returns is open. */
int bpf_program_of_id(uint32_t id);
/* How often it ran since it was loaded, of which only that with the counting on counts. */
int bpf_program_runs(int program, uint64_t *runs);

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
