/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What init tried after the last step, with every fault disarmed: its `recovery` frames. Pure. */
#ifndef KLAB_VERDICT_RECOVERY_H
#define KLAB_VERDICT_RECOVERY_H

#include "base/str.h"
#include "console/frames.h"

enum recovery {
	RECOVERY_UNKNOWN, /* nothing was tried, or not all of it was heard */
	RECOVERY_FAILED,
	RECOVERY_DONE,
};

/* Adds one line to `why`: what works, or what does not and the guest's word why. */
enum recovery recovery_judge(const struct frames *frames, struct strbuf *why);

#endif
