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

#define GUEST_INIT_VERSION "2" /* 2: ends the kernel's log with a line of its own */

#define GUEST_MAX_DEVICES 32
#define GUEST_MAX_TASKS	  64
#define GUEST_MAX_FAULTS  64
#define GUEST_MAX_SAMPLERS 8

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
	char devices[512]; /* or functions: what it is armed on, joined by commas */
	int step;	   /* index */
	bool armed;
	bool closed;
	bool lost;	/* nobody can count any more */
	const char *ceased; /* why it is armed and works no more; static, or NULL: it does */
	int64_t asked;	/* how often it might have fired, when last counted; -1: nobody counts */
	int64_t fired;	/* how often it did */
	void *context;	/* for ops */
	const char *how; /* how it hooks in, where that is worth telling; static, or NULL */
};

/* What init knows of one of the kernel's attribute sets: fault-attr.c. */
#define GUEST_FAULT_ATTRS   8
#define GUEST_FAULT_TARGETS 32
struct fault_attr_state {
	int64_t times_written; /* 0: not written yet */
	int64_t times_left;    /* of them, when last read */
	/* Devices or functions made eligible, by all steps; their values are the plan's. */
	struct {
		const char *name;   /* of the device in the case, or of the function */
		const char *retval; /* of a function; NULL: the kernel's choice */
	} targets[GUEST_FAULT_TARGETS];
	size_t target_count;
	/* What the step narrowed it to, to be undone: fault-filters.h. */
	const char *task;  /* NULL: none */
	const char *cache; /* marked by us; NULL: none */
	bool cache_filter;
	bool callers;
};

/* Files that are looked at while init waits: sample.h. */
struct sampler {
	const struct plan_step *step;
	uint64_t every_ns, next_ns;
	int count, taken;
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
	struct sampler samplers[GUEST_MAX_SAMPLERS];
	size_t sampler_count;
	bool fault_task_filter; /* tasks of the case are made eligible */
	const char *fault_root; /* NULL: nothing; guest_root() */
	struct step_failure failure;
	uint64_t step_output_lost; /* bytes that the step's own task wrote beyond the bound */
	int steps_done;
	int failed_step; /* -1: none */
	bool unsynced;	 /* the last sync() did not return in time */
};

/* What stands before /sys and /proc where faults are armed: "" but in tests. */
static inline const char *guest_root(const struct guest *g)
{
	return g->fault_root ? g->fault_root : "";
}

/* Sets g->failure; errno_value 0 when none is to blame. Returns -1, so that `return step_fail()`
 * reads well. */
int step_fail(struct guest *g, int errno_value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The end of a step that may set out to fail: `error` (0: it worked) is held
 * against its argument `errno`; without that it must have worked. 0, or -1 with
 * step_fail().
 */
int step_expect_errno(struct guest *g, const struct plan_step *step, int error, const char *fmt,
		      ...) __attribute__((format(printf, 4, 5)));

/* An argument that the step cannot do without: NULL and step_fail() when it is missing. */
const char *step_need(struct guest *g, const struct plan_step *step, const char *name);

#endif
