// SPDX-License-Identifier: GPL-2.0-or-later
/* The sysrq step. Root may use every key through the file, whatever kernel.sysrq says. */
#include <errno.h>

#include "guest-init/io.h"
#include "guest-init/port.h"
#include "guest-init/verbs.h"

int verb_sysrq(struct guest *g, const struct plan_step *step)
{
	const char *keys = step_need(g, step, "keys");

	if (!keys)
		return -1;
	for (; *keys; keys++) {
		const char key[] = { *keys, '\0' };

		/* The key may end the guest: what was said must be out before. */
		port_drain(g);
		if (io_write_value("/proc/sysrq-trigger", key, 0))
			return step_fail(g, errno, "send '%s' to /proc/sysrq-trigger", key);
	}
	return 0;
}
