/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BPF objects that a case names: would the guest's libbpf take this file? */
#ifndef KLAB_CASE_BPF_OBJECT_H
#define KLAB_CASE_BPF_OBJECT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "case/bpf-values.h"

/* More would be more than the guest has accounts for. */
#define BPF_OBJECT_MAX_PROGRAMS 32

struct bpf_object_program {
	char *name;
	char *section; /* "kprobe/should_fail_bio" */
	bool attached; /* when none is chosen: its section does not begin with `?` */
	bool known;    /* libbpf can attach it by its section */
	struct bpf_values values; /* that it makes a function return; 0 of fmod_ret lets it run */
};

struct bpf_object_programs {
	struct bpf_object_program *items;
	size_t count, capacity;
};

/*
 * The programs of an object file for this guest's processor. 0, or -1: ERR_INPUT with
 * what is wrong with the file, without its name.
 */
int bpf_object_read(const char *path, struct bpf_object_programs *programs, struct err *err);
void bpf_object_programs_clear(struct bpf_object_programs *programs);

#endif
