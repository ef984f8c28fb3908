/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs, one a function. Each does one step and returns 0, or -1 after
 * step_fail(). The rows match lab/case/step-table.h; a test holds them together.
 */
#ifndef GUEST_VERBS_H
#define GUEST_VERBS_H

#include "guest-init/guest.h"

struct verb {
	const char *name; /* as in the step table */
	int (*run)(struct guest *g, const struct plan_step *step);
	bool makes_device; /* facts are looked at after the last of these */
};

extern const struct verb verb_table[];
extern const size_t verb_count;
const struct verb *verb_find(const char *name); /* NULL: no such verb */

int verb_write(struct guest *g, const struct plan_step *step); /* files.c */
int verb_mkdir(struct guest *g, const struct plan_step *step);
int verb_mount(struct guest *g, const struct plan_step *step);
int verb_mkfs(struct guest *g, const struct plan_step *step);   /* mkfs.c */
int verb_mkswap(struct guest *g, const struct plan_step *step); /* swap.c */
int verb_swapon(struct guest *g, const struct plan_step *step);
int verb_swapoff(struct guest *g, const struct plan_step *step);
int verb_cgroup(struct guest *g, const struct plan_step *step);	     /* files.c */
int verb_fault_attr(struct guest *g, const struct plan_step *step);  /* fault-attr.c */
int verb_bpf_override(struct guest *g, const struct plan_step *step); /* bpf-override.c */
int verb_bpf_object(struct guest *g, const struct plan_step *step); /* bpf-object.c */
int verb_fail_nth(struct guest *g, const struct plan_step *step);    /* fail-nth.c */
int verb_notifier_error(struct guest *g, const struct plan_step *step); /* notifiers.c */
int verb_cpu_hotplug_fail(struct guest *g, const struct plan_step *step);
int verb_disarm(struct guest *g, const struct plan_step *step);	     /* faults.c */
int verb_scsi_debug(struct guest *g, const struct plan_step *step);  /* scsi-debug.c */
int verb_scsi_debug_set(struct guest *g, const struct plan_step *step); /* scsi-debug-faults.c */
int verb_virtio_disk(struct guest *g, const struct plan_step *step); /* virtio-disk.c */
int verb_null_blk(struct guest *g, const struct plan_step *step); /* null-blk.c */
int verb_brd(struct guest *g, const struct plan_step *step);	  /* memory-disks.c */
int verb_zram(struct guest *g, const struct plan_step *step);
int verb_loop(struct guest *g, const struct plan_step *step);
int verb_partition(struct guest *g, const struct plan_step *step);
int verb_dm(struct guest *g, const struct plan_step *step); /* dm-steps.c, dm-targets.c, dm-flakey.c */
int verb_dm_table(struct guest *g, const struct plan_step *step);
int verb_dm_message(struct guest *g, const struct plan_step *step);
int verb_dm_dust(struct guest *g, const struct plan_step *step);
int verb_dm_flakey(struct guest *g, const struct plan_step *step);
int verb_dm_delay(struct guest *g, const struct plan_step *step);
int verb_dm_error(struct guest *g, const struct plan_step *step);
int verb_memhog(struct guest *g, const struct plan_step *step);	     /* memhog.c */
int verb_verify(struct guest *g, const struct plan_step *step);
int verb_io(struct guest *g, const struct plan_step *step);	     /* io-task.c */
int verb_forks(struct guest *g, const struct plan_step *step);	     /* forks.c */
int verb_coredump(struct guest *g, const struct plan_step *step);    /* coredump.c */
int verb_sample(struct guest *g, const struct plan_step *step);	     /* sample.c */
int verb_wait(struct guest *g, const struct plan_step *step);	     /* run.c */
int verb_sleep(struct guest *g, const struct plan_step *step);
int verb_kill(struct guest *g, const struct plan_step *step);
int verb_run(struct guest *g, const struct plan_step *step);
int verb_sh(struct guest *g, const struct plan_step *step);
int verb_snapshot(struct guest *g, const struct plan_step *step); /* snapshot.c */
int verb_iscsi(struct guest *g, const struct plan_step *step);	  /* iscsi.c */
int verb_net_up(struct guest *g, const struct plan_step *step);	  /* net.c */
int verb_netem(struct guest *g, const struct plan_step *step);	  /* netem.c */
int verb_ping(struct guest *g, const struct plan_step *step);	  /* ping.c */
int verb_tcp_transfer(struct guest *g, const struct plan_step *step); /* tcp-transfer.c */
int verb_checkpoint(struct guest *g, const struct plan_step *step); /* checkpoint.c */
int verb_sysrq(struct guest *g, const struct plan_step *step);	  /* sysrq.c */

#endif
