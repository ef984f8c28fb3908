/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process of a run that speaks with libvirt: what klab tells it, and what it tells klab. */
#ifndef KLAB_MACHINE_LIBVIRT_BRIDGE_H
#define KLAB_MACHINE_LIBVIRT_BRIDGE_H

#include <pthread.h>

#include "base/child.h"
#include "machine/libvirt-api.h"
#include "machine/libvirt.h"

/* Of a guest on another host: files of ours, and what they are there. */
struct libvirt_files {
	const char *kernel, *initramfs;
	const char *remote_kernel, *remote_initramfs;
};

/* What it is started with; all borrowed. */
struct libvirt_job {
	const struct libvirt_api *lv;
	const struct libvirt_target *target;
	const struct libvirt_domain *domain;
	const char *xml;
	/* Descriptors: QMP's other end; where it tells, once, that QEMU is there or why not, and
	 * once how that ended; QEMU's last words. */
	int qmp_fd, control_fd, words_fd;
	struct libvirt_files files; /* of a remote target */
	int console_fd, frames_fd;  /* the same: where what the guest prints goes */
};

/* child_fork()'s body; context is a struct libvirt_job. */
int libvirt_bridge(void *context);

/* ---- its process: libvirt-process.c ---- */

/* Lets go of all that is klab's, and of dying with it; the job's descriptors get other numbers. */
int libvirt_settle(struct libvirt_job *job, struct err *err);
/* Root becomes a user without privileges in a user namespace; others stay who they are. */
int libvirt_become_plain_user(struct err *err);
/* Blocks what would end it; *signal_fd is readable then. */
int libvirt_watch_signals(int *signal_fd, struct err *err);

/* ---- what is heard of a domain: libvirt-events.c ---- */

struct libvirt_hearing {
	const char *name; /* of the domain; what others do is not told */
	int qmp_fd;
	pthread_mutex_t lock;	/* a line on it is one thread's */
	bool panicked, shut_down; /* QEMU's own words on that came */
	bool stopped;		/* the domain is gone */
	int how;		/* a virDomainEventStoppedDetailType; -1: libvirt itself is gone */
	int wake_fd;		/* an eventfd, for whoever waits for that */
};

/* From now on what becomes of it is lines of QMP, as it comes: its life, and QEMU's own events. */
int libvirt_listen(const struct libvirt_api *lv, virConnectPtr conn, struct libvirt_hearing *h,
		   struct err *err);
int libvirt_listen_qemu(const struct libvirt_api *lv, virConnectPtr conn,
			struct libvirt_hearing *h, struct err *err);
/* One message; takes the reference. */
void libvirt_send_line(struct libvirt_hearing *h, json_t *message);
/*
 * What a change of a domain's life is in QMP; new reference; NULL: nothing that klab heeds, or
 * QEMU's own event has said it.
 */
json_t *libvirt_life_event(struct libvirt_hearing *h, int event, int detail);
/* What became of QEMU where nobody can wait for its process. */
struct child_exit libvirt_exit_of(int how);

/* ---- QEMU as our grandchild: libvirt-reaper.c ---- */

/* Waits for it as soon as it is there: libvirt takes one that nobody waits for for alive. */
struct libvirt_reaper {
	char *pidfile;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pid_t pid;		/* 0: not there yet */
	bool waits;		/* it is to be waited for; else only its number is wanted */
	bool ended;
	struct child_exit exit;
};

/* ours: QEMU will be a descendant of this process. */
int libvirt_reaper_start(struct libvirt_reaper *r, const char *run_dir, bool ours,
			 struct err *err);
/* Its number; 0: it is not there after a second. */
pid_t libvirt_reaper_pid(struct libvirt_reaper *r);
/* True: it has ended within that time, and `exit` says how. */
bool libvirt_reaper_await(struct libvirt_reaper *r, int timeout_ms, struct child_exit *exit);

/* ---- a QEMU of another host: libvirt-remote.c ---- */

struct libvirt_remote {
	const struct libvirt_api *lv;
	virStoragePoolPtr pool;
	virStorageVolPtr volumes[2];
};

/* Sends kernel and initramfs there, where they stay until they are removed. */
int libvirt_remote_send(struct libvirt_remote *r, const struct libvirt_api *lv, virConnectPtr conn,
			const struct libvirt_files *files, struct err *err);
void libvirt_remote_remove(struct libvirt_remote *r);

struct libvirt_port {
	const struct libvirt_api *lv;
	virStreamPtr stream; /* NULL: it is none */
	int fd;		     /* borrowed */
	pthread_t thread;
};

/* Carries what a port prints to fd, until QEMU is gone. */
int libvirt_port_open(struct libvirt_port *port, const struct libvirt_api *lv, virConnectPtr conn,
		      virDomainPtr domain, const char *device, int fd, struct err *err);
void libvirt_port_await(struct libvirt_port *port);

#endif
