// SPDX-License-Identifier: GPL-2.0-or-later
#include "case/report-details.h"

#define IO_DETAILS "device|sector|block|op"

/* "NAME.*": a map of whatever the kernel names there. NULL: of every kind. */
static const struct {
	const char *kind, *names;
} detail_table[] = {
	{ NULL,
	  "kernel|tainted|hardware|workqueue|kernel_offset|error_code|code|stalled_s|"
	  "stalled_jiffies|ip.text|ip.symbol|ip.offset|ip.size|ip.module|ip.user|registers.*" },
	{ "oom-kill",
	  "constraint|nodemask|cpuset|oom_memcg|task_memcg|gfp_mask|order|oom_score_adj|reaped|"
	  "global|"
	  "free_swap_kib|total_swap_kib|tasks_left_out|killed.task|killed.pid|killed.uid|"
	  "killed.total_vm_kib|killed.anon_rss_kib|killed.file_rss_kib|killed.shmem_rss_kib|"
	  "killed.pgtables_kib|killed.oom_score_adj|invoked_by.task|invoked_by.pid|"
	  "memory.usage_kib|memory.limit_kib|memory.failcnt|swap.usage_kib|swap.limit_kib|"
	  "swap.failcnt|memsw.usage_kib|memsw.limit_kib|memsw.failcnt|kmem.usage_kib|"
	  "kmem.limit_kib|kmem.failcnt|stats.*|mem_info_pages.*" },
	{ "fault-injection", "attribute|interval|probability|space|times" },
	{ "allocation-failure", "order|gfp_mask|size_bytes" },
	{ "io-error", IO_DETAILS },
	{ "swap-read-error", IO_DETAILS },
	{ "swap-write-error", IO_DETAILS },
	{ "probe", "at|when|hit" },
};

static bool names_detail(const char *pattern, const char *name)
{
	size_t length = strlen(pattern);

	if (str_ends(pattern, ".*"))
		return strncmp(pattern, name, length - 1) == 0 && name[length - 1];
	return str_eq(pattern, name);
}

bool report_detail_known(const char *kind, const char *name, struct strv *known)
{
	bool any = str_eq(kind, "any"), found = false;

	for (size_t i = 0; i < ARRAY_SIZE(detail_table); i++) {
		_cleanup_strv_ struct strv names = { 0 };

		if (!any && detail_table[i].kind && !str_eq(detail_table[i].kind, kind))
			continue;
		strv_split(&names, detail_table[i].names, '|');
		for (size_t k = 0; k < names.count; k++)
			found |= names_detail(names.items[k], name);
		strv_add_strv(known, &names);
	}
	return found;
}
