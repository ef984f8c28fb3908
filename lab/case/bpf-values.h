/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which values a BPF program gives to the function that it is attached to. */
#ifndef KLAB_CASE_BPF_VALUES_H
#define KLAB_CASE_BPF_VALUES_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bpf_values {
	int64_t *items;
	size_t count, capacity;
	bool computed; /* there are others, which only the running program knows */
	bool calls;    /* the program calls functions of its object: into those is not looked */
};

/*
 * Of its calls of bpf_override_return(), or (`returned`) of what it returns itself. All paths
 * through the program are looked at, none is taken for impossible.
 */
void bpf_values_collect(const struct bpf_insn *insns, size_t count, bool returned,
			struct bpf_values *values);
/* Is there a call of bpf_override_return() among them? */
bool bpf_insns_override(const struct bpf_insn *insns, size_t count);
void bpf_values_clear(struct bpf_values *values);

#endif
