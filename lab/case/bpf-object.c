// SPDX-License-Identifier: GPL-2.0-or-later
#include "case/bpf-object.h"

#include <bpf/libbpf.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdarg.h>
#include <unistd.h>

#include "base/cleanup.h"

#ifndef EM_BPF
#define EM_BPF 247
#endif

/* ---- the file ---- */

static int check_elf(const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr head;
	ssize_t n = fd < 0 ? -1 : read(fd, &head, sizeof(head));

	if (n < 0)
		return err_set_errno(err, ERR_INPUT, errno, "cannot be read");
	if (n < (ssize_t)sizeof(head) || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
		return err_set(err, ERR_INPUT, "is no ELF file");
	if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_ident[EI_DATA] != ELFDATA2LSB)
		return err_set(err, ERR_INPUT, "is not 64-bit little-endian, as the guest is");
	if (head.e_machine != EM_BPF)
		return err_set(err, ERR_INPUT, "is an ELF file for machine %u, not for BPF (%d)",
			       (unsigned int)head.e_machine, EM_BPF);
	if (head.e_type != ET_REL)
		return err_set(err, ERR_INPUT, "is no object file of a compiler");
	return 0;
}

/* Does a function that the programs call override? libbpf shows the programs alone. */
static bool functions_override(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf_Scn *section = NULL;
	bool found = false;
	GElf_Shdr header;
	size_t names;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || elf_getshdrstrndx(elf, &names))
		names = 0;
	while (names && (section = elf_nextscn(elf, section))) {
		const Elf_Data *data = elf_getdata(section, NULL);

		if (data && gelf_getshdr(section, &header) &&
		    str_eq(elf_strptr(elf, names, header.sh_name), ".text"))
			found |= bpf_insns_override(data->d_buf,
						    data->d_size / sizeof(struct bpf_insn));
	}
	elf_end(elf);
	return found;
}

/* ---- libbpf ---- */

static char last_warning[300];

static int __attribute__((format(printf, 2, 0)))
keep_warning(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_WARN) {
		vsnprintf(last_warning, sizeof(last_warning), format, args);
		last_warning[strcspn(last_warning, "\n")] = '\0';
	}
	return 0;
}

/* It says "libbpf: elf: ...". */
static const char *warning_text(void)
{
	static const char prefix[] = "libbpf: ";

	return last_warning + (str_starts(last_warning, prefix) ? strlen(prefix) : 0);
}

/* Of the sections that name what a program is attached to; the others need more than a name. */
static bool attaches_by_name(const struct bpf_program *program)
{
	switch (bpf_program__type(program)) {
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_LSM:
		return strchr(bpf_program__section_name(program), '/') != NULL;
	default:
		return false;
	}
}

/* Others than these cannot change what a function returns. */
static void collect_values(const struct bpf_program *program, bool functions_override,
			   struct bpf_object_program *p)
{
	bool returned = str_starts(p->section, "fmod_ret/");

	if (returned || bpf_program__type(program) == BPF_PROG_TYPE_KPROBE)
		bpf_values_collect(bpf_program__insns(program), bpf_program__insn_cnt(program),
				   returned, &p->values);
	p->values.computed |= !returned && p->values.calls && functions_override;
}

static int list_programs(struct bpf_object *object, bool functions_override,
			 struct bpf_object_programs *programs, struct err *err)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, object) {
		struct bpf_object_program *p =
			vec_push(&programs->items, &programs->count, &programs->capacity);

		p->name = xstrdup(bpf_program__name(program));
		p->section = xstrdup(bpf_program__section_name(program));
		p->attached = bpf_program__autoload(program);
		p->known = attaches_by_name(program);
		collect_values(program, functions_override, p);
	}
	if (programs->count == 0)
		return err_set(err, ERR_INPUT, "has no program in it");
	if (programs->count > BPF_OBJECT_MAX_PROGRAMS)
		return err_set(err, ERR_INPUT, "has %zu programs, expected at most %d",
			       programs->count, BPF_OBJECT_MAX_PROGRAMS);
	return 0;
}

int bpf_object_read(const char *path, struct bpf_object_programs *programs, struct err *err)
{
	libbpf_print_fn_t before;
	struct bpf_object *object;
	int result;

	*programs = (struct bpf_object_programs){ 0 };
	if (check_elf(path, err) < 0)
		return -1;
	last_warning[0] = '\0';
	before = libbpf_set_print(keep_warning);
	object = bpf_object__open_file(path, NULL);
	if (object)
		result = list_programs(object, functions_override(path), programs, err);
	else
		result = err_set(err, ERR_INPUT, "libbpf does not take it: %s",
				 *last_warning ? warning_text() : strerror(errno));
	bpf_object__close(object);
	libbpf_set_print(before);
	if (result < 0)
		bpf_object_programs_clear(programs);
	return result;
}

void bpf_object_programs_clear(struct bpf_object_programs *programs)
{
	for (size_t i = 0; i < programs->count; i++) {
		free(programs->items[i].name);
		free(programs->items[i].section);
		bpf_values_clear(&programs->items[i].values);
	}
	free(programs->items);
	*programs = (struct bpf_object_programs){ 0 };
}
