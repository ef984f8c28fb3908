// SPDX-License-Identifier: GPL-2.0-or-later
/* The program of bpf_override, run by an interpreter of the instructions it may use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "guest-init/bpf.h"

#define COUNTS_MAP 100
#define CGROUP_MAP 200

/* The kernel that a program finds around it. */
struct kernel {
	struct bpf_override_counts counts;
	const char *comm;
	uint64_t pid_tgid;
	uint64_t random; /* given out, and counted up */
	bool in_cgroup;
	uint64_t overridden;
	int64_t retval;
};

struct machine {
	uint64_t r[11];
	uint8_t stack[512];
};

static void call(struct kernel *k, struct machine *m, int32_t helper)
{
	char comm[16] = "";

	switch (helper) {
	case 7:
		m->r[0] = k->random++ & UINT32_MAX;
		break;
	case 14:
		m->r[0] = k->pid_tgid;
		break;
	case 16:
		assert_int_equal(m->r[2], sizeof(comm));
		snprintf(comm, sizeof(comm), "%s", k->comm);
		/* No more than that: what is behind the NUL stays. */
		memcpy((void *)(uintptr_t)m->r[1], comm, strlen(comm) + 1);
		m->r[0] = 0;
		break;
	case 37:
		assert_int_equal(m->r[1], CGROUP_MAP);
		assert_int_equal(m->r[2], 0);
		m->r[0] = k->in_cgroup;
		break;
	case 58:
		k->overridden++;
		k->retval = (int64_t)m->r[2];
		m->r[0] = 0;
		break;
	default:
		fail_msg("helper %d", helper);
	}
	/* As the verifier has it: arguments do not survive a call. */
	for (int i = 1; i <= 5; i++)
		m->r[i] = 0xdeadbeefdeadbeef;
}

static void load_imm(struct kernel *k, struct machine *m, const struct bpf_insn *i)
{
	if (i->src_reg == 1) {
		m->r[i->dst_reg] = (uint64_t)i->imm;
	} else if (i->src_reg == 2) {
		assert_int_equal(i->imm, COUNTS_MAP);
		m->r[i->dst_reg] = (uintptr_t)&k->counts + (uint64_t)i[1].imm;
	} else {
		m->r[i->dst_reg] = (uint32_t)i->imm | (uint64_t)(uint32_t)i[1].imm << 32;
	}
}

static void add_atomic(const struct machine *before, struct machine *m, const struct bpf_insn *i)
{
	uint64_t *at = (uint64_t *)(uintptr_t)(before->r[i->dst_reg] + (uint64_t)i->off);
	uint64_t old = *at;

	*at += before->r[i->src_reg];
	if (i->imm == 1)
		m->r[i->src_reg] = old;
}

/* True: it jumps. */
static bool jumps(const struct machine *m, const struct bpf_insn *i)
{
	switch (i->code) {
	case 0x55:
		return m->r[i->dst_reg] != (uint64_t)(int64_t)i->imm;
	case 0x5d:
		return m->r[i->dst_reg] != m->r[i->src_reg];
	case 0x35:
		return m->r[i->dst_reg] >= (uint64_t)(int64_t)i->imm;
	default:
		return false;
	}
}

static void execute(struct kernel *k, struct machine *m, const struct bpf_insn *i)
{
	const struct machine before = *m;

	switch (i->code) {
	case 0x07:
		m->r[i->dst_reg] += (uint64_t)(int64_t)i->imm;
		break;
	case 0x77:
		m->r[i->dst_reg] >>= i->imm;
		break;
	case 0x97:
		m->r[i->dst_reg] %= (uint64_t)(int64_t)i->imm;
		break;
	case 0xb7:
		m->r[i->dst_reg] = (uint64_t)(int64_t)i->imm;
		break;
	case 0xbf:
		m->r[i->dst_reg] = m->r[i->src_reg];
		break;
	case 0x79:
		memcpy(&m->r[i->dst_reg],
		       (void *)(uintptr_t)(m->r[i->src_reg] + (uint64_t)(int64_t)i->off), 8);
		break;
	case 0x7a:
		memset((void *)(uintptr_t)(m->r[i->dst_reg] + (uint64_t)(int64_t)i->off), i->imm,
		       8);
		break;
	case 0xdb:
		add_atomic(&before, m, i);
		break;
	case 0x85:
		call(k, m, i->imm);
		break;
	case 0x18:
		load_imm(k, m, i);
		break;
	case 0x55:
	case 0x5d:
	case 0x35:
		break;
	default:
		fail_msg("instruction %#x", i->code);
	}
}

static void run(struct kernel *k, const struct bpf_program *p)
{
	struct machine m = { 0 };
	size_t at = 0;

	memset(m.stack, 0xaa, sizeof(m.stack));
	m.r[10] = (uintptr_t)m.stack + sizeof(m.stack);
	while (p->insns[at].code != 0x95) {
		const struct bpf_insn *i = &p->insns[at];

		execute(k, &m, i);
		at += (size_t)(1 + (i->code == 0x18) + (jumps(&m, i) ? i->off : 0));
		assert_true(at < p->count);
	}
	assert_int_equal(at, p->count - 1);
	assert_int_equal(m.r[0], 0);
}

/* Runs it for so many calls. */
static void calls(struct kernel *k, struct bpf_override o, int count)
{
	struct bpf_program p;

	o.counts_map = COUNTS_MAP;
	bpf_override_assemble(&o, &p);
	assert_true(p.count <= BPF_PROGRAM_MAX);
	while (count-- > 0)
		run(k, &p);
	assert_int_equal(k->counts.fired, k->overridden);
}

#define ALWAYS .probability_percent = 100, .interval = 1, .times = -1, .cgroup_map = -1

static void test_override_fires_on_every_call(void **state)
{
	struct kernel k = { .comm = "x" };

	calls(&k, (struct bpf_override){ ALWAYS, .retval = -12 }, 5);
	assert_int_equal(k.counts.asked, 5);
	assert_int_equal(k.counts.fired, 5);
	assert_int_equal(k.retval, -12);
}

static void test_override_returns_all_64_bits(void **state)
{
	struct kernel k = { .comm = "x" };

	calls(&k, (struct bpf_override){ ALWAYS, .retval = 0x123456789abcdef0 }, 1);
	assert_true(k.retval == 0x123456789abcdef0);
}

static void test_override_fires_on_every_nth(void **state)
{
	struct kernel k = { .comm = "x" };

	calls(&k,
	      (struct bpf_override){
		      .probability_percent = 100, .interval = 3, .times = -1, .cgroup_map = -1 },
	      2);
	assert_int_equal(k.counts.fired, 0);
	calls(&k,
	      (struct bpf_override){
		      .probability_percent = 100, .interval = 3, .times = -1, .cgroup_map = -1 },
	      8);
	assert_int_equal(k.counts.asked, 10);
	assert_int_equal(k.counts.fired, 3);
}

static void test_override_fires_by_chance(void **state)
{
	struct kernel k = { .comm = "x" };

	/* 0, 1, 2... modulo 100. */
	calls(&k,
	      (struct bpf_override){
		      .probability_percent = 30, .interval = 1, .times = -1, .cgroup_map = -1 },
	      200);
	assert_int_equal(k.counts.asked, 200);
	assert_int_equal(k.counts.fired, 60);
	calls(&k,
	      (struct bpf_override){
		      .probability_percent = 0, .interval = 1, .times = -1, .cgroup_map = -1 },
	      100);
	assert_int_equal(k.counts.fired, 60);
}

static void test_override_stops_after_its_times(void **state)
{
	struct kernel k = { .comm = "x" };

	calls(&k,
	      (struct bpf_override){
		      .probability_percent = 100, .interval = 2, .times = 3, .cgroup_map = -1 },
	      20);
	assert_int_equal(k.counts.asked, 20);
	assert_int_equal(k.counts.fired, 3);
	calls(&k,
	      (struct bpf_override){
		      .probability_percent = 100, .interval = 1, .times = 0, .cgroup_map = -1 },
	      20);
	assert_int_equal(k.counts.fired, 3);
}

static void test_override_looks_at_the_name(void **state)
{
	static const char *const others[] = { "hog", "memhogs", "memho", "",
					      "a-long-name-of-a-task" };
	struct kernel k = { .comm = "memhog" };

	calls(&k, (struct bpf_override){ ALWAYS, .comm = "memhog" }, 2);
	assert_int_equal(k.counts.fired, 2);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		k.comm = others[i];
		calls(&k, (struct bpf_override){ ALWAYS, .comm = "memhog" }, 1);
	}
	assert_int_equal(k.counts.asked, 2);
	k.comm = "a-long-name-of-";
	calls(&k, (struct bpf_override){ ALWAYS, .comm = "a-long-name-of-a-task" }, 1);
	assert_int_equal(k.counts.fired, 3);
}

static void test_override_looks_at_the_process(void **state)
{
	struct kernel k = { .comm = "x", .pid_tgid = 77ull << 32 | 78 };

	calls(&k, (struct bpf_override){ ALWAYS, .tgid = 77 }, 1);
	calls(&k, (struct bpf_override){ ALWAYS, .tgid = 78 }, 1);
	assert_int_equal(k.counts.asked, 1);
	assert_int_equal(k.counts.fired, 1);
}

static void test_override_looks_at_the_cgroup(void **state)
{
	struct bpf_override o = { ALWAYS };
	struct kernel k = { .comm = "x" };

	o.cgroup_map = CGROUP_MAP;
	calls(&k, o, 1);
	assert_int_equal(k.counts.asked, 0);
	k.in_cgroup = true;
	calls(&k, o, 1);
	assert_int_equal(k.counts.fired, 1);
}

static void test_override_with_everything_fits(void **state)
{
	struct kernel k = { .comm = "x", .pid_tgid = 5ull << 32, .in_cgroup = true };
	struct bpf_override o = { .comm = "x",
				  .tgid = 5,
				  .cgroup_map = CGROUP_MAP,
				  .interval = 2,
				  .probability_percent = 99,
				  .times = 1 };

	calls(&k, o, 4);
	assert_int_equal(k.counts.asked, 4);
	assert_int_equal(k.counts.fired, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_override_fires_on_every_call),
		cmocka_unit_test(test_override_returns_all_64_bits),
		cmocka_unit_test(test_override_fires_on_every_nth),
		cmocka_unit_test(test_override_fires_by_chance),
		cmocka_unit_test(test_override_stops_after_its_times),
		cmocka_unit_test(test_override_looks_at_the_name),
		cmocka_unit_test(test_override_looks_at_the_process),
		cmocka_unit_test(test_override_looks_at_the_cgroup),
		cmocka_unit_test(test_override_with_everything_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
