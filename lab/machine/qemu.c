// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/qemu.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/child.h"
#include "base/file.h"
#include "base/json.h"
#include "machine/machine-json.h"

#define QEMU_PROGRAM "qemu-system-x86_64"

/* It takes a tenth of a second; a host with more to do than it can has let it wait for ten. */
enum { VERSION_TIMEOUT_MS = 60 * 1000, VERSION_BYTES = 4096 };

char *qemu_find(struct err *err)
{
	const char *wish = getenv("KLAB_QEMU");
	const char *name = wish && *wish ? wish : QEMU_PROGRAM;
	char *path = child_find_program(name);

	if (!path)
		err_set(err, ERR_HOST, "%s is not installed: %s", name, QEMU_PACKAGE_HINT);
	return path;
}

/* "QEMU emulator version 7.2.22 (Debian ...)" */
int qemu_read_version(const char *qemu, char version[32], struct err *err)
{
	const char *argv[] = { qemu, "--version", NULL };
	struct child_spec spec = { .argv = argv };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	const char *found;

	if (child_run_ok(&spec, VERSION_TIMEOUT_MS, VERSION_BYTES, &out, err) < 0)
		return -1;
	found = out.data ? strstr(out.data, "version ") : NULL;
	if (!found || sscanf(found, "version %31[0-9.]", version) != 1)
		return err_set(err, ERR_HOST, "%s --version does not say its version", qemu);
	return 0;
}

/*
 * Under -icount all processors share one thread. Before QEMU 8.1 the second one
 * never comes up that way: the guest hangs at "Booting SMP configuration".
 */
static int check_counted_smp(const struct machine_spec *spec, const char *qemu, struct err *err)
{
	int major = 0, minor = 0;
	char version[32];

	/* Of a QEMU of another host nothing is known: there it would be a hang. */
	if (spec->mode == MACHINE_FREE || spec->cpus <= 1 || !qemu)
		return 0;
	if (qemu_read_version(qemu, version, err) < 0)
		return -1;
	if (sscanf(version, "%d.%d", &major, &minor) == 2 &&
	    (major > 8 || (major == 8 && minor >= 1)))
		return 0;
	return err_set(
		err, ERR_INPUT,
		"%d processors in this mode need QEMU 8.1 or newer, this is %s: a guest that "
		"counts instructions hangs there when it starts the second one; use "
		"`machine: {cpus: 1}`, or --mode free",
		spec->cpus, version);
}

/* A guest goes on as it began. */
static int choose_accel(const struct machine_spec *spec, const char *qemu, bool may_probe,
			struct machine_accel *accel, struct progress *progress, struct err *err)
{
	if (!spec->resume)
		return accel_choose(spec, qemu, qemu ? KVM_DEVICE : NULL, may_probe, accel,
				    progress, err);
	*accel = (struct machine_accel){ .why = "the snapshot was made under it" };
	snprintf(accel->name, sizeof(accel->name), "%s", spec->resume->accel);
	if (spec->coverage && !str_eq(accel->name, "tcg"))
		return err_set(err, ERR_INPUT,
			       "the snapshot was made under %s, and only TCG tells what a guest "
			       "runs: KLAB_ACCEL=tcg makes one under that",
			       accel->name);
	return 0;
}

int qemu_check(const struct machine_spec *spec, const struct guest_launcher *by, const char *qemu,
	       struct machine_accel *accel, struct err *err)
{
	if (by->elsewhere)
		qemu = NULL;
	if (check_counted_smp(spec, qemu, err) < 0)
		return -1;
	return choose_accel(spec, qemu, false, accel, NULL, err);
}

static int qemu_command(const struct machine_spec *spec, struct strv *argv, struct err *err)
{
	static const struct qemu_fds fds = { QEMU_FD_QMP, QEMU_FD_CONSOLE, QEMU_FD_FRAMES,
					     QEMU_FD_GDB };
	_cleanup_free_ char *qemu = qemu_find(err);
	struct machine_accel accel;

	if (!qemu || qemu_check(spec, &guest_by_klab, qemu, &accel, err) < 0)
		return -1;
	return qemu_argv(spec, qemu, accel.name, &fds, argv, err);
}

static int run_guest(const struct machine_spec *spec, const struct guest_launcher *by,
		     struct machine_result *result, struct progress *progress, struct err *err)
{
	_cleanup_free_ char *qemu = by->elsewhere ? NULL : qemu_find(err);
	struct machine_accel accel;

	if ((!qemu && !by->elsewhere) || check_counted_smp(spec, qemu, err) < 0)
		return -1;
	if (spec->mode == MACHINE_RECORD) {
		_cleanup_free_ char *record = path_join(spec->run_dir, "record");

		if (file_mkdir_p(record, err) < 0)
			return -1;
	}
	if (choose_accel(spec, qemu, true, &accel, progress, err) < 0 ||
	    qemu_guest_run(spec, by, &accel, false, result, progress, err) < 0)
		return -1;
	if (!spec->resume && qemu)
		accel_learn(&accel, qemu, result, progress);
	return 0;
}

int qemu_run(const struct machine_spec *spec, const struct guest_launcher *by,
	     struct machine_result *result, struct progress *progress, struct err *err)
{
	struct err failure = ERR_INIT;
	struct err unwritten = ERR_INIT;

	*result = (struct machine_result){ .end = MACHINE_END_KILLED, .exit_code = -1 };
	if (run_guest(spec, by, result, progress, &failure) < 0) {
		if (failure.kind == ERR_CANCELLED)
			result->end = MACHINE_END_CANCELLED;
		/* Best effort: on a full disk this fails for the same reason. */
		machine_write_json(spec->run_dir, result, &failure, &unwritten);
		if (err)
			*err = failure;
		return -1;
	}
	return machine_write_json(spec->run_dir, result, NULL, err);
}

static int run_by_klab(const struct machine_spec *spec, struct machine_result *result,
		       struct progress *progress, struct err *err)
{
	return qemu_run(spec, &guest_by_klab, result, progress, err);
}

static int qemu_probe(json_t *facts, struct err *err)
{
	_cleanup_free_ char *qemu = qemu_find(err);
	char version[32];

	json_object_set_new(facts, "kvm", accel_facts(qemu, KVM_DEVICE));
	if (!qemu) {
		json_set_str(facts, "missing", QEMU_PROGRAM);
		json_set_str(facts, "fix", QEMU_PACKAGE_HINT);
		return -1;
	}
	json_set_str(facts, "qemu", qemu);
	if (qemu_read_version(qemu, version, err) < 0)
		return -1;
	json_set_str(facts, "version", version);
	return 0;
}

const struct machine_ops machine_qemu = {
	.name = "qemu",
	.summary = "QEMU, started directly: the kernel and the initramfs from files",
	.probe = qemu_probe,
	.command = qemu_command,
	.run = run_by_klab,
	.snapshots = true,
	.coverage = true,
	.gdb = true,
};
