/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions of the kernel that a case names: has this kernel them, and may they be made to fail? */
#ifndef KLAB_CMD_FUNCTIONS_H
#define KLAB_CMD_FUNCTIONS_H

#include "build/build.h"
#include "case/case.h"

/*
 * Looks up those of its steps, probes and expected traces in the kernel's symbols. What the guest
 * would find when it comes there is ERR_INPUT, the first in `err` and each as
 * "FILE:LINE:COLUMN: what, expected what" in *mistakes. A refusal that the step
 * itself asks for (`errno`) is none.
 */
int functions_check(const struct case_file *test, const struct kernel *kernel,
		    struct strv *mistakes, struct err *err);

#endif
