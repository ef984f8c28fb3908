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
	"oom-kill",
	"fault-injection",
	"page-alloc-failure",
	"warning",
	"bug",
	"oops",
	"gpf",
	"page-fault",
	"null-deref",
	"kasan",
	"kmsan",
	"kcsan",
	"kfence",
	"ubsan",
	"lockdep",
	"rcu-stall",
	"soft-lockup",
	"hard-lockup",
	"hung-task",
	"workqueue-lockup",
	"stack-overflow",
	"refcount",
	"list-corruption",
	"kmemleak",
	"bad-page",
	"atomic-sleep",
	"panic",
	"reboot",
	"io-error",
	"swap-write-error",
	"memory-leak",
};

static inline bool report_kind_known(const char *kind)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(report_kind_table); i++)
		if (str_eq(kind, report_kind_table[i]))
			return true;
	return false;
}

#endif
