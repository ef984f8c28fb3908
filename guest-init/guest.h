/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What init knows. One of it exists; every stage and verb takes it. */
#ifndef GUEST_GUEST_H
#define GUEST_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "guest-init/frames.h"
#include "guest-init/plan.h"

#define GUEST_INIT_VERSION "1"

#define GUEST_MAX_DEVICES 32
#define GUEST_MAX_TASKS	  64
#define GUEST_MAX_FAULTS  64

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct device {
	const char *name; /* in the case; borrowed from the plan */
	char kernel[32];  /* "sda" */
	char path[48];	  /* "/dev/sda" */
	uint64_t size_bytes;
};

struct task_output {
	int fd;	     /* -1: none, or at its end */
	size_t held; /* bytes of an unfinished UTF-8 sequence, in `tail` */
	char tail[4];
};

struct task {
	const char *name; /* NULL: the step waits for it itself */
	int step;	  /* index */
	pid_t pid;	  /* 0: the slot is free */
	bool ended;
	bool stopped;		       /* init killed it in the end: it did not end by itself */
	int status;		       /* of wait(2), once it ended */
	struct task_output outputs[2]; /* stdout, stderr */
	uint64_t output_bytes;	       /* sent so far */
	uint64_t output_lost;	       /* beyond the bound, counted and thrown away */
	/* Adds the task's own findings to a `result` frame's data, or NULL. */
	void (*result)(struct task *task, struct frame_writer *frames);
	void *context; /* for result() */
};

/* The account of a fault that one step armed: faults.h. */
struct fault {
	const struct fault_ops *ops;
	const char *name;  /* as `injected:` has it; static */
	char devices[512]; /* the case's names, joined by commas */
	int step;	   /* index */
	bool armed;
	bool closed;
	bool lost;	/* nobody can count any more */
	int64_t asked;	/* how often it might have fired, when last counted; -1: nobody counts */
	int64_t fired;	/* how often it did */
	void *context;	/* for ops */
};

/* What init knows of one of the kernel's attribute sets: fault-attr.c. */
#define GUEST_FAULT_ATTRS 8
struct fault_attr_state {
	int64_t times_written; /* 0: not written yet */
	int64_t times_left;    /* of them, when last read */
	struct device *devices[GUEST_MAX_DEVICES]; /* made eligible, by all steps */
	size_t device_count;
};

/* Why the step in the making failed. */
struct step_failure {
	int errno_value; /* 0: no system call failed */
	char what[512];
};

struct guest {
	struct guest_plan plan;
	struct frame_writer frames;
	int port_fd;	    /* second serial port */
	int cgroup_version; /* 2, 1, 0: none */
	bool oom_protected; /* init is; its tasks shall not be */
	uint64_t next_beat_ns;
	struct device devices[GUEST_MAX_DEVICES];
	size_t device_count;
	struct task tasks[GUEST_MAX_TASKS];
	struct fault faults[GUEST_MAX_FAULTS];
	size_t fault_count;
	struct fault_attr_state fault_attrs[GUEST_FAULT_ATTRS];
	bool fault_task_filter; /* tasks of the case are made eligible */
	const char *fault_root; /* what stands before /sys and /proc/swaps; NULL: nothing. For tests. */
	struct step_failure failure;
	uint64_t step_output_lost; /* bytes that the step's own task wrote beyond the bound */
	int steps_done;
	int failed_step; /* -1: none */
	bool unsynced;	 /* the last sync() did not return in time */
};

/* Sets g->failure; errno_value 0 when none is to blame. Returns -1, so that `return step_fail()`
 * reads well. */
int step_fail(struct guest *g, int errno_value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* An argument that the step cannot do without: NULL and step_fail() when it is missing. */
const char *step_need(struct guest *g, const struct plan_step *step, const char *name);

#endif
