// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/iscsi.h"

#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "guest-init/devices.h"
#include "guest-init/io.h"
#include "guest-init/net.h"
#include "guest-init/tasks.h"
#include "guest-init/verbs.h"

#define SESSION_TIMEOUT_MS 60000
#define DISK_TIMEOUT_MS	   10000

/* Whole seconds of an argument in ms: the kernel knows no others. */
static unsigned int seconds_of(const struct plan_step *step, const char *name, int64_t otherwise)
{
	return (unsigned int)((plan_arg_int(step, name, otherwise) + 999) / 1000);
}

static int await_session(struct guest *g, const struct task *task,
			 const volatile struct iscsi_findings *findings)
{
	const uint64_t deadline_ns = frame_clock_ns() + SESSION_TIMEOUT_MS * 1000000ull;

	while (findings->state == 0 && !task->ended && frame_clock_ns() < deadline_ns)
		guest_pause_ms(g, 2);
	if (findings->state > 0)
		return 0;
	if (findings->state < 0)
		return step_fail(g, findings->errno_value, "iSCSI login: %s",
				 (const char *)findings->what);
	return step_fail(g, task->ended ? 0 : ETIMEDOUT, "iSCSI login: the helper %s",
			 task->ended ? task_ending(task) : "is not ready");
}

/* The name of the session's disk, as "sdb". */
static int find_disk(struct guest *g, uint32_t session, char *kernel, size_t size)
{
	const uint64_t deadline_ns = frame_clock_ns() + DISK_TIMEOUT_MS * 1000000ull;
	char pattern[96];
	glob_t found;

	snprintf(pattern, sizeof(pattern),
		 "/sys/class/iscsi_session/session%u/device/target*/*/block/*",
		 (unsigned int)session);
	while (glob(pattern, 0, NULL, &found)) {
		if (frame_clock_ns() > deadline_ns)
			return step_fail(g, ETIMEDOUT,
					 "no disk of iSCSI session %" PRIu32
					 " appeared within %d s",
					 session, DISK_TIMEOUT_MS / 1000);
		guest_pause_ms(g, 2);
	}
	snprintf(kernel, size, "%s", strrchr(found.gl_pathv[0], '/') + 1);
	globfree(&found);
	return 0;
}

static int set_timeouts(struct guest *g, const char *kernel, unsigned int timeout_s)
{
	static const char *const files[] = { "timeout", "eh_timeout" };
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "/sys/block/%s/device/%s", kernel, files[i]);
		if (io_write_number(path, timeout_s))
			return step_fail(g, errno, "write %u into %s", timeout_s, path);
	}
	return 0;
}

int verb_iscsi(struct guest *g, const struct plan_step *step)
{
	/* One helper is started at a time, and has its own copy by then. */
	static struct iscsi_helper helper;
	const struct task_spec spec = { .main = iscsi_helper_main, .argument = &helper };
	const struct device *device = device_of_step(g, step);
	const char *name = step_need(g, step, "as");
	struct iscsi_settings *settings = &helper.settings;
	struct task *task;
	char kernel[32];

	if (!device || !name || net_up(g, "lo") < 0)
		return -1;
	*settings = (struct iscsi_settings){
		.number = (uint16_t)(step->index + 1),
		.recovery_s = seconds_of(step, "recovery", 5000),
		.noop_s = seconds_of(step, "noop", 5000),
		.relogin = plan_arg_int(step, "relogin", 1) != 0,
	};
	snprintf(settings->target, sizeof(settings->target), "iqn.2000-01.invalid.klab:%s", name);
	helper.findings = task_findings(g, sizeof(*helper.findings));
	if (!helper.findings || iscsi_target_make(g, name, device->path, settings))
		return -1;
	task = task_start(g, step, &spec);
	if (!task || await_session(g, task, helper.findings) ||
	    find_disk(g, helper.findings->session, kernel, sizeof(kernel)))
		return -1;
	/* In this order: with its node it is below /sys/block, too. */
	return device_add(g, step, name, kernel) ||
			       set_timeouts(g, kernel, seconds_of(step, "timeout", 10000))
		       ? -1
		       : 0;
}
