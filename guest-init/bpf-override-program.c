// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program behind bpf_override, as it runs at the entry of the function:
 *
 *	if the task is not the one, or not below the cgroup: exit
 *	n = atomic asked++ + 1
 *	if n % interval, or prandom % 100 >= probability: exit
 *	if atomic chosen++ >= times: exit
 *	bpf_override_return(ctx, retval); atomic fired++
 *
 * Instructions: Documentation/bpf/instruction-set.rst; atomics that fetch need Linux 5.12.
 */
#include <string.h>

#include "guest-init/bpf.h"

/* Opcodes: a class and an operation. */
#define ALU64_ADD_K 0x07
#define ALU64_RSH_K 0x77
#define ALU64_MOD_K 0x97
#define ALU64_MOV_K 0xb7
#define ALU64_MOV_X 0xbf
#define LDX_DW	    0x79
#define ST_DW	    0x7a
#define LD_IMM_DW   0x18
#define ATOMIC_DW   0xdb
#define JMP_JNE_K   0x55
#define JMP_JNE_X   0x5d
#define JMP_JGE_K   0x35
#define JMP_CALL    0x85
#define JMP_EXIT    0x95

#define ATOMIC_ADD	 0x00
#define ATOMIC_FETCH_ADD 0x01
#define PSEUDO_MAP_FD	 1
#define PSEUDO_MAP_VALUE 2

#define HELPER_GET_PRANDOM_U32		 7
#define HELPER_GET_CURRENT_PID_TGID	 14
#define HELPER_GET_CURRENT_COMM		 16
#define HELPER_CURRENT_TASK_UNDER_CGROUP 37
#define HELPER_OVERRIDE_RETURN		 58

#define COMM_BYTES 16	  /* TASK_COMM_LEN */
#define TO_EXIT	   0x7fff /* a jump to be aimed in the end */

enum { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 };

static void emit(struct bpf_program *p, uint8_t code, uint8_t dst, uint8_t src, int16_t off,
		 int32_t imm)
{
	p->insns[p->count++] = (struct bpf_insn){
		.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm
	};
}

/* Two instructions wide. */
static void emit_load_imm(struct bpf_program *p, uint8_t dst, uint64_t value)
{
	emit(p, LD_IMM_DW, dst, 0, 0, (int32_t)(uint32_t)value);
	emit(p, 0, 0, 0, 0, (int32_t)(uint32_t)(value >> 32));
}

static void emit_load_map(struct bpf_program *p, uint8_t dst, uint8_t kind, int map)
{
	emit(p, LD_IMM_DW, dst, kind, 0, map);
	emit(p, 0, 0, 0, 0, 0);
}

static void emit_call(struct bpf_program *p, int32_t helper)
{
	emit(p, JMP_CALL, 0, 0, 0, helper);
}

/* On the stack, in two words. */
static void emit_comm_filter(struct bpf_program *p, const char *comm)
{
	char name[COMM_BYTES] = "";

	memcpy(name, comm, strnlen(comm, COMM_BYTES - 1));
	/* The kernel ends the name with a NUL and, before 6.3, leaves what is behind it as it was.
	 */
	for (int at = 0; at < COMM_BYTES; at += 8)
		emit(p, ST_DW, R10, 0, (int16_t)(at - COMM_BYTES), 0);
	emit(p, ALU64_MOV_X, R1, R10, 0, 0);
	emit(p, ALU64_ADD_K, R1, 0, 0, -COMM_BYTES);
	emit(p, ALU64_MOV_K, R2, 0, 0, COMM_BYTES);
	emit_call(p, HELPER_GET_CURRENT_COMM);
	for (int at = 0; at < COMM_BYTES; at += 8) {
		uint64_t word;

		memcpy(&word, name + at, sizeof(word));
		emit(p, LDX_DW, R7, R10, (int16_t)(at - COMM_BYTES), 0);
		emit_load_imm(p, R1, word);
		emit(p, JMP_JNE_X, R7, R1, TO_EXIT, 0);
	}
}

static void emit_filters(struct bpf_program *p, const struct bpf_override *o)
{
	if (o->comm)
		emit_comm_filter(p, o->comm);
	if (o->tgid) {
		emit_call(p, HELPER_GET_CURRENT_PID_TGID);
		emit(p, ALU64_RSH_K, R0, 0, 0, 32);
		emit(p, JMP_JNE_K, R0, 0, TO_EXIT, o->tgid);
	}
	if (o->cgroup_map >= 0) {
		emit_load_map(p, R1, PSEUDO_MAP_FD, o->cgroup_map);
		emit(p, ALU64_MOV_K, R2, 0, 0, 0);
		emit_call(p, HELPER_CURRENT_TASK_UNDER_CGROUP);
		emit(p, JMP_JNE_K, R0, 0, TO_EXIT, 1);
	}
}

/* The counter's value before, in R8. */
static void emit_count(struct bpf_program *p, size_t counter)
{
	emit(p, ALU64_MOV_K, R8, 0, 0, 1);
	emit(p, ATOMIC_DW, R9, R8, (int16_t)counter, ATOMIC_FETCH_ADD);
}

void bpf_override_assemble(const struct bpf_override *o, struct bpf_program *p)
{
	p->count = 0;
	emit(p, ALU64_MOV_X, R6, R1, 0, 0);
	emit_filters(p, o);
	emit_load_map(p, R9, PSEUDO_MAP_VALUE, o->counts_map);
	emit_count(p, offsetof(struct bpf_override_counts, asked));
	if (o->interval > 1) {
		emit(p, ALU64_ADD_K, R8, 0, 0, 1);
		emit(p, ALU64_MOD_K, R8, 0, 0, (int32_t)o->interval);
		emit(p, JMP_JNE_K, R8, 0, TO_EXIT, 0);
	}
	if (o->probability_percent < 100) {
		emit_call(p, HELPER_GET_PRANDOM_U32);
		emit(p, ALU64_MOD_K, R0, 0, 0, 100);
		emit(p, JMP_JGE_K, R0, 0, TO_EXIT, (int32_t)o->probability_percent);
	}
	emit_count(p, offsetof(struct bpf_override_counts, chosen));
	if (o->times >= 0)
		emit(p, JMP_JGE_K, R8, 0, TO_EXIT, o->times);
	emit(p, ALU64_MOV_X, R1, R6, 0, 0);
	emit_load_imm(p, R2, (uint64_t)o->retval);
	emit_call(p, HELPER_OVERRIDE_RETURN);
	emit(p, ALU64_MOV_K, R8, 0, 0, 1);
	emit(p, ATOMIC_DW, R9, R8, offsetof(struct bpf_override_counts, fired), ATOMIC_ADD);
	for (size_t i = 0; i < p->count; i++)
		if (p->insns[i].off == TO_EXIT)
			p->insns[i].off = (int16_t)(p->count - i - 1);
	emit(p, ALU64_MOV_K, R0, 0, 0, 0);
	emit(p, JMP_EXIT, 0, 0, 0, 0);
}
