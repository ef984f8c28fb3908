/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kinds of kernel report: what lab/report calls them and what a case may
 * expect. One list, so that an expectation can never wait for a kind that no
 * parser gives.
 */
#ifndef KLAB_CASE_REPORT_KINDS_H
#define KLAB_CASE_REPORT_KINDS_H

#include <stddef.h>

#include "base/str.h"

static const char *const report_kind_table[] = {
	"allocation-failure",
	"atomic_sleep",
	"bug",
	"bug_other",
	"divide_error",
	"double_fault",
	"fault-injection",
	"gpf",
	"hard_lockup",
	"hung_task",
	"info_other",
	"invalid_opcode",
	"io-error",
	"kasan",
	"kcsan",
	"kfence",
	"kmemleak",
	"kmsan",
	"lock_debug",
	"lockdep",
	"mm_debug",
	"netdev_leak",
	"nobody-cared",
	"oom-kill",
	"oops",
	"page_fault",
	"panic",
	"preempt_debug",
	"probe",
	"rcu_stall",
	"reboot",
	"retry-missing",
	"soft_lockup",
	"stack_overflow",
	"stack_segment",
	"swap-read-error",
	"swap-write-error",
	"too-many-reports",
	"ubsan",
	"vfs",
	"warning",
	"workqueue_lockup",
};

/* The table's own spelling of a kind, "rcu_stall" for "rcu-stall" too; NULL: there is none such. */
static inline const char *report_kind_find(const char *kind)
{
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(report_kind_table); i++) {
		const char *known = report_kind_table[i];

		for (k = 0; known[k] && (known[k] == kind[k] || (strchr("-_", known[k]) &&
								 kind[k] && strchr("-_", kind[k])));
		     k++)
			;
		if (!known[k] && !kind[k])
			return known;
	}
	return NULL;
}

#endif
