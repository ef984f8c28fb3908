// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The step bpf_override: an eBPF program on a kprobe at the entry of a function.
 *
 * An armed override need not fire: a moment after it is armed the kernel replaces
 * a kprobe by a jump when it can, and a probe so optimised runs the program and
 * cannot change where the function returns to; nothing tells. So it must sit on
 * ftrace, or kprobes must not be optimised; which of these holds is looked at after
 * arming, and that it still holds whenever the overrides are counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest-init/bpf.h"
#include "guest-init/cgroups.h"
#include "guest-init/faults.h"
#include "guest-init/io.h"
#include "guest-init/kprobes.h"
#include "guest-init/panic.h"
#include "guest-init/perf.h"
#include "guest-init/tasks.h"
#include "guest-init/verbs.h"

#define INJECTABLE "/sys/kernel/debug/error_injection/list"

#define LIST_MAX_BYTES (4u << 20)

/* File descriptors; -1: none. */
struct override {
	int counts, cgroup, program, event;
};
/* One for each fault of the guest, at the same place, and one for which there is no room. */
static struct override overrides[GUEST_MAX_FAULTS + 1];

static int close_fd(int *fd)
{
	int result = *fd < 0 ? 0 : close(*fd);

	*fd = -1;
	return result;
}

/* ---- the account ---- */

/* What an optimised probe has counted had no effect, or nobody can say whether it had. */
static bool override_is_void(struct fault *fault)
{
	const struct override *o = fault->context;
	enum kprobe_kind kind = o->event < 0 ? KPROBE_MISSING : kprobe_kind(fault->devices);

	if (kind == KPROBE_UNKNOWN)
		guest_say("read %s: %s", KPROBES_LIST, strerror(errno));
	if (kind != KPROBE_OPTIMIZED)
		return kind == KPROBE_UNKNOWN;
	guest_say("the kprobe on %s was optimised under us: it overrides nothing", fault->devices);
	fault->ceased = "the kernel has made its kprobe a jump, which overrides nothing";
	return true;
}

static int override_count(struct guest *g, struct fault *fault)
{
	const struct override *o = fault->context;
	struct bpf_override_counts counts;

	(void)g;
	if (override_is_void(fault))
		return -1;
	if (bpf_map_get(o->counts, &counts)) {
		guest_say("read the counts of %s: %s", fault->name, strerror(errno));
		return -1;
	}
	fault->asked = (int64_t)counts.asked;
	fault->fired = (int64_t)counts.fired;
	return 0;
}

/* Without its event the probe is gone; the counts stay for the last word. */
static int override_disarm(struct guest *g, struct fault *fault)
{
	struct override *o = fault->context;

	(void)g;
	fault->lost |= override_is_void(fault);
	return close_fd(&o->event) || close_fd(&o->program) || close_fd(&o->cgroup) ? -1 : 0;
}

static void override_close(struct override *o)
{
	close_fd(&o->event);
	close_fd(&o->program);
	close_fd(&o->cgroup);
	close_fd(&o->counts);
}

static const struct fault_ops override_ops = { override_count, override_disarm };

/* ---- arming ---- */

/* Looks how the probe sits, and forbids to optimise it where it could be. */
static int keep_firing(struct guest *g, struct fault *fault, const char *function)
{
	enum kprobe_kind kind = kprobe_kind(function);

	if (kind == KPROBE_FTRACE) {
		fault->how = "kprobe on ftrace";
		return 0;
	}
	if (kind == KPROBE_UNKNOWN)
		return step_fail(g, errno, "read %s", KPROBES_LIST);
	if (kind == KPROBE_MISSING)
		return step_fail(g, 0, "%s has no probe on %s", KPROBES_LIST, function);
	if (kprobes_keep_plain())
		return step_fail(g, errno, "write 0 into %s", KPROBES_OPTIMIZATION);
	if (kprobe_kind(function) == KPROBE_OPTIMIZED)
		return step_fail(g, 0,
				 "the kprobe on %s is jump-optimised and cannot override it (the "
				 "kernel wants FUNCTION_TRACER and DYNAMIC_FTRACE)",
				 function);
	fault->how = "kprobe by breakpoint, not optimised";
	return 0;
}

/* Why the kernel did not take the program. */
static int refused(struct guest *g, const struct plan_step *step, const char *function, int error)
{
	size_t length, name = strlen(function);
	char *list = io_read_file(INJECTABLE, LIST_MAX_BYTES, &length);
	const char *why = "the kernel refuses, though it is in " INJECTABLE;
	bool listed = false;

	for (const char *at = list; at && (at = strstr(at, function)); at += name)
		listed |= (at == list || at[-1] == '\n') && at[name] == '\t';
	if (!list)
		why = "the kernel needs FUNCTION_ERROR_INJECTION to have a list of functions that "
		      "may be overridden";
	else if (!listed)
		why = "it is not in " INJECTABLE ": the kernel does not allow to override it";
	free(list);
	return step_expect_errno(g, step, error, "override %s: %s", function, why);
}

static const char *open_reason(int error)
{
	switch (error) {
	case ENOENT:
		return access("/sys/bus/event_source/devices/kprobe", F_OK)
			       ? " (the kernel needs KPROBE_EVENTS and PERF_EVENTS)"
			       : " (the kernel has no such function)";
	case EADDRNOTAVAIL:
		return " (several functions have that name)";
	case EINVAL:
		return " (it must not be probed: see /sys/kernel/debug/kprobes/blacklist)";
	default:
		return "";
	}
}

static int open_cgroup(struct guest *g, const char *name, struct override *o)
{
	char path[PATH_MAX];
	int folder;

	if (g->cgroup_version != 2)
		return step_fail(g, 0, "cgroup %s: a filter needs cgroup v2", name);
	o->cgroup = bpf_map_new(BPF_MAP_TYPE_CGROUP_ARRAY, sizeof(uint32_t));
	if (o->cgroup < 0)
		return step_fail(g, errno, "make a map for cgroup %s", name);
	if (cgroups_file(g, name, "", path, sizeof(path)))
		return step_fail(g, errno, "cgroup %s", name);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0 || bpf_map_set(o->cgroup, &folder))
		return step_fail(g, errno, "filter on cgroup %s", name);
	close(folder);
	return 0;
}

/* Reads the step's arguments, and makes the maps that the program is bound to. */
static int override_prepare(struct guest *g, const struct plan_step *step, struct override *o,
			    struct bpf_override *spec)
{
	const char *cgroup = plan_arg(step, "cgroup");

	*spec = (struct bpf_override){
		.retval = plan_arg_int(step, "retval", 0),
		.probability_percent = (uint32_t)plan_arg_int(step, "probability", 100),
		.interval = (uint32_t)plan_arg_int(step, "interval", 1),
		.times = (int32_t)plan_arg_int(step, "times", -1),
		.comm = plan_arg(step, "comm"),
	};
	if (plan_arg(step, "task")) {
		const struct task *task = task_running_of_step(g, step);

		if (!task)
			return -1;
		spec->tgid = task->pid;
	}
	if (cgroup && open_cgroup(g, cgroup, o))
		return -1;
	spec->cgroup_map = o->cgroup;
	o->counts = bpf_map_new(BPF_MAP_TYPE_ARRAY, sizeof(struct bpf_override_counts));
	if (o->counts < 0)
		return step_fail(g, errno, "make a BPF map (the kernel needs BPF_SYSCALL)");
	spec->counts_map = o->counts;
	return 0;
}

static int override_load(struct guest *g, struct override *o, const struct bpf_override *spec)
{
	struct bpf_program program;
	char why[200];

	bpf_override_assemble(spec, &program);
	o->program = bpf_program_load(&program, why, sizeof(why));
	if (o->program < 0)
		return step_fail(g, errno,
				 "load the BPF program: %s (the kernel needs BPF_KPROBE_OVERRIDE, "
				 "and Linux 5.12)",
				 why);
	return 0;
}

/* 0 without an event: it was refused, as the step wants it. */
static int override_attach(struct guest *g, const struct plan_step *step, struct override *o,
			   const char *function)
{
	int error;

	o->event = perf_open_kprobe(function);
	if (o->event < 0) {
		error = errno;
		return step_expect_errno(g, step, error, "probe %s%s", function,
					 open_reason(error));
	}
	if (perf_attach_bpf(o->event, o->program) == 0)
		return step_expect_errno(g, step, 0, "override %s", function);
	error = errno;
	close_fd(&o->event);
	return refused(g, step, function, error);
}

/* From here on it may fire, and there is an account of it. */
static int override_armed(struct guest *g, const struct plan_step *step, struct override *o,
			  const char *function)
{
	struct fault *fault = fault_open(g, step, "bpf_override", function, &override_ops, o);

	if (!fault) {
		override_close(o);
		return -1;
	}
	if (keep_firing(g, fault, function))
		return -1;
	fault_armed(g, fault);
	return 0;
}

int verb_bpf_override(struct guest *g, const struct plan_step *step)
{
	const char *function = step_need(g, step, "function");
	struct override *o = &overrides[g->fault_count];
	struct bpf_override spec;

	if (!function || !step_need(g, step, "retval"))
		return -1;
	*o = (struct override){ -1, -1, -1, -1 };
	if (override_prepare(g, step, o, &spec) || override_load(g, o, &spec) ||
	    override_attach(g, step, o, function)) {
		override_close(o);
		return -1;
	}
	if (o->event >= 0)
		return override_armed(g, step, o, function);
	/* Refused, as the case wants it. */
	override_close(o);
	return 0;
}
