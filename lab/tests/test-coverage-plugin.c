/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's plugin that tells what ran, with this program in place of QEMU. */
#include "tests/scratch.h"

#include <sys/mman.h>
#include <unistd.h>

#include "qemu-plugin/coverage.c" /* NOLINT(bugprone-suspicious-include) */

#include "guest-init/case-marks.h"

#define TEXT  0xffffffff81000000ull
#define BYTES 4096

struct qemu_plugin_insn {
	uint64_t vaddr;
	uint8_t bytes[16];
	size_t size;
};

struct qemu_plugin_tb {
	struct qemu_plugin_insn insns[8];
	size_t count;
};

static void (*told)(uint64_t id, struct qemu_plugin_tb *tb);
static void (*reset_done)(uint64_t id);
static int resets;

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*tell)(uint64_t id, struct qemu_plugin_tb *tb))
{
	told = tell;
}

/* QEMU does it later, between two blocks. */
void qemu_plugin_reset(uint64_t id, void (*done)(uint64_t id))
{
	reset_done = done;
	resets++;
}

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb)
{
	return tb->count;
}

struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i)
{
	return (struct qemu_plugin_insn *)&tb->insns[i];
}

uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn)
{
	return insn->vaddr;
}

size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn)
{
	return insn->size;
}

uintptr_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to, size_t length)
{
	if (!to)
		return (uintptr_t)insn->bytes;
	memcpy(to, insn->bytes, length);
	return length;
}

/* ---- a guest ---- */

static struct {
	int fd;
	uint8_t *boot, *in_case;
} memory;

static int install(int version, const char *begun_word)
{
	struct qemu_info info = { .version.cur = version };
	char fd[32], begun_arg[32];
	char *words[] = { fd, (char *)"text=ffffffff81000000", (char *)"bytes=4096", begun_arg };

	snprintf(fd, sizeof(fd), "fd=%d", memory.fd);
	snprintf(begun_arg, sizeof(begun_arg), "begun=%s", begun_word);
	return qemu_plugin_install(7, &info, ARRAY_SIZE(words), words);
}

static int setup(void **state)
{
	memory.fd = memfd_create("test", MFD_CLOEXEC);
	assert_int_equal(ftruncate(memory.fd, 2 * BYTES / 8), 0);
	memory.boot = mmap(NULL, 2 * BYTES / 8, PROT_READ, MAP_SHARED, memory.fd, 0);
	assert_ptr_not_equal(memory.boot, MAP_FAILED);
	memory.in_case = memory.boot + BYTES / 8;
	begun = ended = false;
	told = NULL;
	reset_done = NULL;
	resets = 0;
	return 0;
}

static int teardown(void **state)
{
	munmap(memory.boot, 2 * BYTES / 8);
	munmap(boot_bits, 2 * BYTES / 8);
	return close(memory.fd);
}

static void run_at(uint64_t address)
{
	struct qemu_plugin_tb tb = { .count = 2 };

	tb.insns[0] = (struct qemu_plugin_insn){ address, { 0x90 }, 1 };
	tb.insns[1] = (struct qemu_plugin_insn){ address + 1, { 0x0f, 0x0b }, 2 };
	told(7, &tb);
}

/* What init's compiler made of a mark: the bytes of that function itself. */
static void run_mark(void (*mark)(void))
{
	struct qemu_plugin_tb tb = { .count = 1 };
	const uint8_t *code = (const uint8_t *)(uintptr_t)mark;

	for (size_t i = 0; i < 64; i++)
		if (code[i] == 0x0f && code[i + 1] == 0x1f && code[i + 2] == 0x80) {
			tb.insns[0] = (struct qemu_plugin_insn){ .vaddr = 0x401000, .size = 7 };
			memcpy(tb.insns[0].bytes, code + i, 7);
			told(7, &tb);
			return;
		}
	fail_msg("no mark in that function");
}

static int count(const uint8_t *map)
{
	int n = 0;

	for (size_t i = 0; i < BYTES / 8; i++)
		n += __builtin_popcount(map[i]);
	return n;
}

static void guest_of(int version)
{
	assert_int_equal(install(version, "off"), 0);
	run_at(TEXT);
	run_at(TEXT + BYTES - 2);
	run_at(TEXT - 1); /* its second instruction is the first of the text */
	run_at(TEXT + BYTES);
	run_at(0x401000);
	assert_int_equal(count(memory.boot), 4);
	assert_int_equal(count(memory.in_case), 0);
	assert_int_equal(resets, 0);
	run_mark(case_begins);
	assert_int_equal(resets, 1);
	run_at(TEXT + 100); /* before QEMU came to it */
	assert_int_equal(count(memory.boot), 6);
	told = NULL;
	reset_done(7);
	assert_non_null(told);
	run_mark(case_begins); /* translated anew */
	assert_int_equal(resets, 1);
	run_at(TEXT + 200);
	assert_int_equal(count(memory.boot), 6);
	assert_int_equal(count(memory.in_case), 2);
	assert_int_equal(memory.in_case[200 / 8], 3 << 200 % 8);
	run_mark(case_ends);
	run_at(TEXT + 300);
	assert_int_equal(count(memory.in_case), 2);
}

static void test_coverage_plugin_tells_boot_from_case(void **state)
{
	guest_of(1);
}

/* There the bytes of an instruction are copied. */
static void test_coverage_plugin_of_a_newer_qemu(void **state)
{
	guest_of(4);
}

static void test_coverage_plugin_of_a_guest_that_goes_on(void **state)
{
	assert_int_equal(install(1, "on"), 0);
	run_at(TEXT);
	run_mark(case_begins);
	assert_int_equal(resets, 0);
	assert_int_equal(count(memory.boot), 0);
	assert_int_equal(count(memory.in_case), 2);
}

static void test_coverage_plugin_without_its_memory(void **state)
{
	int fd = memory.fd;

	assert_int_equal(install(1, "off"), 0);
	memory.fd = 9999;
	assert_int_equal(install(1, "off"), -1);
	memory.fd = fd;
	boot_bits = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_coverage_plugin_tells_boot_from_case, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_coverage_plugin_of_a_newer_qemu, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_coverage_plugin_of_a_guest_that_goes_on, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_coverage_plugin_without_its_memory, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
