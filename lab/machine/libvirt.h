/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine `libvirt`: QEMU started and watched by libvirt, in one of its daemons, on another
 * host, or by its driver in a process of klab's own (qemu:///embed).
 *
 * Each run has a process that speaks with libvirt (libvirt-bridge.c), because the driver has
 * threads, and a process has it for one folder only. To klab that process looks like QEMU
 * itself: QMP on a socket, the ports' bytes from pipes, and an end. So all that a run consists
 * of (deadlines, starvation, panics, disks) is that of the machine `qemu`.
 */
#ifndef KLAB_MACHINE_LIBVIRT_H
#define KLAB_MACHINE_LIBVIRT_H

#include "base/file.h"
#include "machine/qemu.h"

extern const struct machine_ops machine_libvirt;

/* Files in the run directory; all but the last only while QEMU is started. */
#define LIBVIRT_CONSOLE "console-port" /* a pair of named pipes: with one of these after it */
#define LIBVIRT_FRAMES	"frames-port"
#define LIBVIRT_IN	".in"
#define LIBVIRT_OUT	".out"
#define LIBVIRT_PIDFILE "qemu.pid"
#define LIBVIRT_XML	"domain.xml"

enum libvirt_place {
	LIBVIRT_EMBED,	/* the driver runs in a process of ours */
	LIBVIRT_LOCAL,	/* a daemon of this host */
	LIBVIRT_REMOTE, /* of another */
};

struct libvirt_target {
	char *uri; /* as given */
	enum libvirt_place place;
	char *root; /* embed: the folder that the URI names; NULL: klab chooses one */
};

/* NULL: qemu:///embed. Yours to clear. ERR_INPUT: no URI of a libvirt that runs QEMU. */
int libvirt_target_parse(struct libvirt_target *target, const char *uri, struct err *err);
void libvirt_target_clear(struct libvirt_target *target); /* NULL-safe */

/* The folder of a driver in a process of ours, locked: it is nobody else's meanwhile. */
struct libvirt_root {
	char *path; /* absolute */
	char *uri;
	int lock_fd;
};
#define LIBVIRT_ROOT_INIT { .lock_fd = -1 }

/* Chooses one, makes it where it is missing, and writes the driver's settings into it. */
int libvirt_root_open(struct libvirt_root *root, const struct libvirt_target *target,
		      struct err *err);
void libvirt_root_clear(struct libvirt_root *root);

/* Of a QEMU of this host: what libvirt is to start. Yours; NULL on error. */
char *libvirt_emulator(const char *qemu, bool has_disks, struct err *err);

/* The last line that QEMU itself wrote into its log of libvirt's. Yours; NULL: there is none. */
char *libvirt_last_words(const char *log_path);

/* The folder on another host of what its guests start from. Yours. */
char *libvirt_remote_dir(void);

struct libvirt_domain {
	const char *name;
	const char *run_dir;	/* absolute */
	const char *emulator;	/* NULL: libvirt's own choice */
	const char *as_user;	/* "+1000:+1000": QEMU is to run so; NULL: as the driver does */
	bool remote;		/* it runs on another host */
	const char *type;	/* "test": for tests; NULL: as the accelerator wants it */
};

/* The domain's description. Pure. Yours; NULL: ERR_INPUT. */
char *libvirt_xml(const struct machine_spec *spec, const struct libvirt_domain *d,
		  const char *accel, struct err *err);
/*
 * The same for a daemon with these capabilities (its own XML): a profile that it made for QEMU
 * would not have the files that are only on QEMU's command line. Pure. Yours.
 */
char *libvirt_xml_unconfined(const char *xml, const char *capabilities);

#endif
