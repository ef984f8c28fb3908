/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process of a run that speaks with libvirt: what klab tells it, and what it tells klab. */
#ifndef KLAB_MACHINE_LIBVIRT_BRIDGE_H
#define KLAB_MACHINE_LIBVIRT_BRIDGE_H

#include <pthread.h>

#include "base/child.h"
#include "machine/libvirt-api.h"
#include "machine/libvirt.h"

/* What it is started with; all borrowed. */
struct libvirt_job {
	const struct libvirt_api *lv;
	const struct libvirt_target *target;
	const struct libvirt_domain *domain;
	const char *xml;
	/* Descriptors: QMP's other end; where it tells, once, that QEMU is there or why not, and
	 * once how that ended; QEMU's last words. */
	int qmp_fd, control_fd, words_fd;
};

/* child_fork()'s body; context is a struct libvirt_job. */
int libvirt_bridge(void *context);

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

#endif
