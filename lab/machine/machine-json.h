/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLAB_MACHINE_MACHINE_JSON_H
#define KLAB_MACHINE_MACHINE_JSON_H

#include "machine/machine.h"

/*
 * Writes RUN/machine.json. failure: the run could not be done, and `end` is
 * "error"; NULL or of kind ERR_NONE: it was.
 */
int machine_write_json(const char *run_dir, const struct machine_result *r,
		       const struct err *failure, struct err *err);
/* Reads one back; false where there is none or its `end` is no machine_end. */
bool machine_read_json(const char *run_dir, struct machine_result *r);

#endif
