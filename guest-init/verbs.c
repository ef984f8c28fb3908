// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/verbs.h"

#include <string.h>

#include "case/step-table.h"

/* In the order of the step table. */
const struct verb verb_table[] = {
	{ "write", verb_write, false },
	{ "mkdir", verb_mkdir, false },
	{ "mount", verb_mount, false },
	{ "mkfs", verb_mkfs, false },
	{ "mkswap", verb_mkswap, false },
	{ "swapon", verb_swapon, false },
	{ "swapoff", verb_swapoff, false },
	{ "cgroup", verb_cgroup, false },
	{ "fail_make_request", verb_fault_attr, false },
	{ "fail_io_timeout", verb_fault_attr, false },
	{ "failslab", verb_fault_attr, false },
	{ "fail_function", verb_fault_attr, false },
	{ "fail_page_alloc", verb_fault_attr, false },
	{ "fail_usercopy", verb_fault_attr, false },
	{ "fail_futex", verb_fault_attr, false },
	{ "fail_sunrpc", verb_fault_attr, false },
	{ "bpf_override", verb_bpf_override, false },
	{ "bpf_object", verb_bpf_object, false },
	{ "fail_nth", verb_fail_nth, false },
	{ "notifier_error", verb_notifier_error, false },
	{ "cpu_hotplug_fail", verb_cpu_hotplug_fail, false },
	{ "disarm", verb_disarm, false },
	{ "scsi_debug", verb_scsi_debug, true },
	{ "scsi_debug_set", verb_scsi_debug_set, false },
	{ "virtio_disk", verb_virtio_disk, true },
	{ "null_blk", verb_null_blk, true },
	{ "brd", verb_brd, true },
	{ "zram", verb_zram, true },
	{ "loop", verb_loop, true },
	{ "partition", verb_partition, true },
	{ "dm", verb_dm, true },
	{ "dm_table", verb_dm_table, false },
	{ "dm_message", verb_dm_message, false },
	{ "dm_dust", verb_dm_dust, true },
	{ "dm_flakey", verb_dm_flakey, true },
	{ "dm_delay", verb_dm_delay, true },
	{ "dm_error", verb_dm_error, true },
	{ "memhog", verb_memhog, false },
	{ "verify", verb_verify, false },
	{ "io", verb_io, false },
	{ "forks", verb_forks, false },
	{ "coredump", verb_coredump, false },
	{ "wait", verb_wait, false },
	{ "sleep", verb_sleep, false },
	{ "kill", verb_kill, false },
	{ "snapshot", verb_snapshot, false },
	{ "sample", verb_sample, false },
	{ "run", verb_run, false },
	{ "sh", verb_sh, false },
	{ "iscsi", verb_iscsi, true },
	{ "net_up", verb_net_up, false },
	{ "netem", verb_netem, false },
	{ "ping", verb_ping, false },
	{ "tcp_transfer", verb_tcp_transfer, false },
	{ "checkpoint", verb_checkpoint, false },
	{ "sysrq", verb_sysrq, false },
};

const size_t verb_count = ARRAY_SIZE(verb_table);

/* The names are compared by lab/tests/test-guest-verbs.c. */
_Static_assert(ARRAY_SIZE(verb_table) == ARRAY_SIZE(step_table),
	       "every row of the step table needs a verb here, and the other way round");

const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < verb_count; i++)
		if (strcmp(verb_table[i].name, name) == 0)
			return &verb_table[i];
	return NULL;
}
