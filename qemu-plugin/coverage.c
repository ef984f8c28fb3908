// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which instructions of the kernel a guest runs. A plugin of QEMU's TCG, which tells of each block
 * of code that it translates; it translates one when it is about to run, and not before. After
 * that the block runs as fast as ever, so that all of it costs next to nothing.
 *
 *	-plugin coverage.so,fd=N,text=HEX,bytes=N,begun=on|off
 *
 * What is found goes into the memory behind the descriptor, so that it is there however QEMU
 * ends: a bit for each byte of the kernel's text at which an instruction begins, set when it
 * ran; first those of the boot, then as many of the case. The case begins when init runs the
 * instruction CASE_BEGINS (guest-init/case-marks.c), or has begun already: then all translations
 * are forgotten, so that what runs again is told of again. It ends with CASE_ENDS, or not at all.
 *
 * Debian ships no header for plugins. What is used of the interface, which is QEMU's
 * docs/devel/tcg-plugins, is declared here.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;

struct qemu_info {
	const char *target_name;
	struct {
		int min, cur;
	} version; /* of the interface */
	bool system_emulation;
};

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*tell)(uint64_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_reset(uint64_t id, void (*done)(uint64_t id));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
/* Since version 3 it copies to `to`; before, it returns where the bytes are and takes no more. */
uintptr_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to, size_t length);

EXPORT int qemu_plugin_version;
EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv);

enum { MARK_BYTES = 7 };
/* nopl with a displacement that spells something */
static const uint8_t CASE_BEGINS[MARK_BYTES] = { 0x0f, 0x1f, 0x80, 'k', 'b', 'e', 'g' };
static const uint8_t CASE_ENDS[MARK_BYTES] = { 0x0f, 0x1f, 0x80, 'k', 'e', 'n', 'd' };

static uint64_t text_address, text_bytes;
static uint8_t *boot_bits, *case_bits;
static bool copies_data;
static bool begun, ended;
static uint8_t *bits; /* of the phase that it is in */

/* QEMU takes plugins of some versions only: 8.2 and later none of 1, which is all that 7.2 knows.
 */
__attribute__((constructor)) static void choose_version(void)
{
	qemu_plugin_version = dlsym(RTLD_DEFAULT, "qemu_plugin_n_vcpus") ? 1 : 2;
}

static bool is_mark(const struct qemu_plugin_insn *insn, const uint8_t *mark)
{
	uint8_t copy[MARK_BYTES];
	const void *bytes = copy;

	if (qemu_plugin_insn_size(insn) != MARK_BYTES)
		return false;
	if (copies_data)
		qemu_plugin_insn_data(insn, copy, MARK_BYTES);
	else
		bytes = (const void *)qemu_plugin_insn_data(insn, NULL, 0);
	return memcmp(bytes, mark, MARK_BYTES) == 0;
}

static void on_translation(uint64_t id, struct qemu_plugin_tb *tb);

static void on_reset(uint64_t id)
{
	__atomic_store_n(&bits, case_bits, __ATOMIC_RELEASE);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
}

/* Outside of the kernel: is init there? */
static void look_for_marks(uint64_t id, const struct qemu_plugin_insn *insn)
{
	if (!begun && is_mark(insn, CASE_BEGINS) &&
	    !__atomic_exchange_n(&begun, true, __ATOMIC_RELAXED))
		qemu_plugin_reset(id, on_reset);
	else if (begun && is_mark(insn, CASE_ENDS))
		__atomic_store_n(&ended, true, __ATOMIC_RELAXED);
}

/* Several processors may translate at once. */
static void on_translation(uint64_t id, struct qemu_plugin_tb *tb)
{
	uint8_t *map = __atomic_load_n(&bits, __ATOMIC_ACQUIRE);
	size_t count = qemu_plugin_tb_n_insns(tb);

	for (size_t i = 0; i < count && !__atomic_load_n(&ended, __ATOMIC_RELAXED); i++) {
		const struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t at = qemu_plugin_insn_vaddr(insn) - text_address;

		if (at < text_bytes)
			__atomic_fetch_or(&map[at / 8], (uint8_t)(1 << at % 8), __ATOMIC_RELAXED);
		else
			look_for_marks(id, insn);
	}
}

/* The value of NAME=VALUE among the words, "" when it is not there. */
static const char *value_of(const char *name, int argc, char **argv)
{
	size_t length = strlen(name);

	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=')
			return argv[i] + length + 1;
	return "";
}

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
	int fd = atoi(value_of("fd", argc, argv));
	size_t length;

	text_address = strtoull(value_of("text", argc, argv), NULL, 16);
	text_bytes = strtoull(value_of("bytes", argc, argv), NULL, 10);
	copies_data = info->version.cur >= 3;
	length = (text_bytes + 7) / 8;
	boot_bits = mmap(NULL, 2 * length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (!text_bytes || boot_bits == MAP_FAILED) {
		perror("coverage.so: the memory of its map");
		return -1;
	}
	case_bits = boot_bits + length;
	begun = strcmp(value_of("begun", argc, argv), "on") == 0;
	bits = begun ? case_bits : boot_bits;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	return 0;
}
