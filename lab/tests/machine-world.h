/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A temporary run directory, a kernel that is none, and the fake QEMU: for tests of lab/machine. */
#ifndef KLAB_TESTS_MACHINE_WORLD_H
#define KLAB_TESTS_MACHINE_WORLD_H

#include "machine/machine.h"

struct machine_world {
	char *dir; /* removed at the end */
	char *run_dir, *kernel, *initramfs, *pid_file;
	struct machine_spec spec;
	struct machine_result result;
	struct err err;
	struct strv notes; /* what progress was told */
	struct progress progress;
};

/* cmocka fixtures; *state is the world. KLAB_QEMU is the fake, KLAB_ACCEL=tcg, the cache is in dir.
 */
int machine_world_setup(void **state);
int machine_world_teardown(void **state);

/* Runs the machine `qemu` with that script of fake-qemu.c; result and err are in the world. */
int machine_world_run(struct machine_world *w, const char *script);
/* A file of the run directory, yours; fails the test when it is missing. */
char *machine_world_read(const struct machine_world *w, const char *name, size_t *length);
json_t *machine_world_json(const struct machine_world *w); /* machine.json, new reference */
/* The pid that the fake wrote, waiting for it; 0: none. */
int machine_world_pid(const struct machine_world *w);
/* Has that process gone, or is it a zombie that nobody waits for? Looks for up to wait_ms. */
bool machine_world_is_gone(int pid, int wait_ms);

/* Runs with that script of the fake; it ends so, machine.json says so, and no process is left. */
void machine_world_assert_end(struct machine_world *w, const char *script, enum machine_end end);

#endif
