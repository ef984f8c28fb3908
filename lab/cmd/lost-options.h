/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that were asked for and that the kernel would not have: told with a way to get them. */
#ifndef KLAB_CMD_LOST_OPTIONS_H
#define KLAB_CMD_LOST_OPTIONS_H

#include "build/build.h"

/*
 * Sets err (ERR_INPUT). One that a case needs is one line: who needs it, and the fragments of
 * DATA/kconfigs that have it or why it is off. Several, and those that a fragment asks for, get
 * their lines on standard error, and the error counts them.
 */
void lost_options_tell(const struct build_request *req, const struct kconfig_lost *lost,
		       size_t count, struct err *err);

#endif
