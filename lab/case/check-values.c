// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps that take any key: the files of a control group, the attributes of a driver. */
#include <inttypes.h>

#include "case/check-steps.h"
#include "case/value.h"

/* ---- control groups ---- */

enum group_value {
	GROUP_SIZE = 1, /* "40M", a number of bytes, or "max" */
	GROUP_COUNT,	/* a number, or "max" */
	GROUP_NUMBER,
	GROUP_SWITCH, /* 0 or 1 */
	GROUP_TEXT,
};

/*
 * What can be written of a group, in both versions (Documentation/admin-guide/cgroup-v1
 * and -v2.rst). "*": the rest of the name is a device, a size or a resource.
 */
static const struct {
	const char *file;
	enum group_value value;
} group_files[] = {
	{ "cgroup.freeze", GROUP_SWITCH },
	{ "cgroup.max.depth", GROUP_COUNT },
	{ "cgroup.max.descendants", GROUP_COUNT },
	{ "cgroup.pressure", GROUP_SWITCH },
	{ "cgroup.procs", GROUP_NUMBER },
	{ "cgroup.subtree_control", GROUP_TEXT },
	{ "cgroup.threads", GROUP_NUMBER },
	{ "cgroup.type", GROUP_TEXT },
	{ "memory.force_empty", GROUP_NUMBER },
	{ "memory.high", GROUP_SIZE },
	{ "memory.kmem.tcp.limit_in_bytes", GROUP_SIZE },
	{ "memory.limit_in_bytes", GROUP_SIZE },
	{ "memory.low", GROUP_SIZE },
	{ "memory.max", GROUP_SIZE },
	{ "memory.memsw.limit_in_bytes", GROUP_SIZE },
	{ "memory.min", GROUP_SIZE },
	{ "memory.move_charge_at_immigrate", GROUP_NUMBER },
	{ "memory.oom.group", GROUP_SWITCH },
	{ "memory.oom_control", GROUP_SWITCH },
	{ "memory.peak", GROUP_TEXT },
	{ "memory.reclaim", GROUP_TEXT },
	{ "memory.soft_limit_in_bytes", GROUP_SIZE },
	{ "memory.swap.high", GROUP_SIZE },
	{ "memory.swap.max", GROUP_SIZE },
	{ "memory.swap.peak", GROUP_TEXT },
	{ "memory.swappiness", GROUP_NUMBER },
	{ "memory.use_hierarchy", GROUP_SWITCH },
	{ "memory.zswap.max", GROUP_SIZE },
	{ "memory.zswap.writeback", GROUP_SWITCH },
	{ "pids.max", GROUP_COUNT },
	{ "cpu.cfs_burst_us", GROUP_NUMBER },
	{ "cpu.cfs_period_us", GROUP_NUMBER },
	{ "cpu.cfs_quota_us", GROUP_NUMBER },
	{ "cpu.idle", GROUP_SWITCH },
	{ "cpu.max", GROUP_TEXT },
	{ "cpu.max.burst", GROUP_NUMBER },
	{ "cpu.rt_period_us", GROUP_NUMBER },
	{ "cpu.rt_runtime_us", GROUP_NUMBER },
	{ "cpu.shares", GROUP_NUMBER },
	{ "cpu.uclamp.max", GROUP_TEXT },
	{ "cpu.uclamp.min", GROUP_TEXT },
	{ "cpu.weight", GROUP_NUMBER },
	{ "cpu.weight.nice", GROUP_NUMBER },
	{ "cpuset.*", GROUP_TEXT },
	{ "io.*", GROUP_TEXT },
	{ "blkio.*", GROUP_TEXT },
	{ "devices.*", GROUP_TEXT },
	{ "dmem.*", GROUP_TEXT },
	{ "freezer.*", GROUP_TEXT },
	{ "hugetlb.*", GROUP_TEXT },
	{ "misc.*", GROUP_TEXT },
	{ "net_cls.*", GROUP_TEXT },
	{ "net_prio.*", GROUP_TEXT },
	{ "rdma.*", GROUP_TEXT },
};

static bool names_file(const char *pattern, const char *file)
{
	size_t length = strlen(pattern) - 1;

	if (pattern[length] != '*')
		return str_eq(pattern, file);
	return strncmp(pattern, file, length) == 0 && file[length];
}

static bool group_value_good(enum group_value kind, const char *text)
{
	uint64_t size;
	int64_t number;

	switch (kind) {
	case GROUP_SIZE:
		return str_eq(text, "max") || str_eq(text, "-1") || str_parse_size(text, &size);
	case GROUP_COUNT:
		return str_eq(text, "max") || (str_parse_i64(text, &number) && number >= 0);
	case GROUP_NUMBER:
		return str_parse_i64(text, &number);
	case GROUP_SWITCH:
		return str_eq(text, "0") || str_eq(text, "1");
	default:
		return *text;
	}
}

static void check_group_file(struct step_reader *s, const char *file, const char *value)
{
	static const char *const expected[] = {
		[GROUP_SIZE] = "a size such as 40M, or max",
		[GROUP_COUNT] = "a number, or max",
		[GROUP_NUMBER] = "a number",
		[GROUP_SWITCH] = "0 or 1",
		[GROUP_TEXT] = "a value",
	};
	const char *names[ARRAY_SIZE(group_files)];
	const struct yaml_node *at = check_written(s, file);
	_cleanup_free_ char *hint = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(group_files); i++) {
		names[i] = group_files[i].file;
		if (!names_file(group_files[i].file, file))
			continue;
		if (!group_value_good(group_files[i].value, value))
			check_tell(s, file, "`%.60s` is `%.60s`; expected %s", file, value,
				   expected[group_files[i].value]);
		return;
	}
	hint = mistakes_hint(file, names, ARRAY_SIZE(names));
	if (at && at->key)
		mistakes_add(s->r->m, at->key->line, at->key->column,
			     "a control group has no file `%.60s` to be written%s; expected one "
			     "such as memory.max",
			     file, hint);
}

void check_cgroup(struct step_reader *s)
{
	/* One of its keys is the name, misspelt, and that is told. */
	if (!check_written(s, "name"))
		return;
	for (size_t i = 0; i < s->step->arg_count; i++) {
		const struct case_arg *arg = &s->step->args[i];

		if (!str_eq(arg->name, "name") && arg->values.count)
			check_group_file(s, arg->name, arg->values.items[0]);
	}
}

/* ---- scsi_debug ---- */

/* What the driver refuses at boot (no disk appears), or takes for its default without a word. */
static const struct {
	const char *name;
	int64_t min, max;
} scsi_ranges[] = {
	{ "ato", 0, 1 },
	{ "dif", 0, 3 },
	{ "guard", 0, 1 },
	{ "host_max_queue", 0, 192 },
	{ "lowest_aligned", 0, 0x3fff },
	{ "lun_format", 0, 1 },
	{ "max_luns", 1, 16384 },
	{ "max_queue", 1, 192 },
	{ "num_tgts", 1, 1024 },
	{ "physblk_exp", 0, 15 },
	{ "submit_queues", 1, 1024 },
};

/* Texts, and how long they may be: the fields of an INQUIRY's answer. */
static const struct {
	const char *name;
	size_t max_bytes;
} scsi_texts[] = {
	{ "inq_vendor", 8 },
	{ "inq_product", 16 },
	{ "inq_rev", 4 },
};

static void check_scsi_number(struct step_reader *s, const char *name, const char *text)
{
	int64_t number;
	unsigned int hex;
	char end;

	/* Some are switches, which the kernel takes as y and n as well. */
	if (str_eq(text, "y") || str_eq(text, "n"))
		return;
	if (sscanf(text, "0x%x%c", &hex, &end) == 1)
		number = hex;
	else if (!str_parse_i64(text, &number)) {
		check_tell(s, name, "`%s` is `%.60s`; expected a number", name, text);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(scsi_ranges); i++)
		if (str_eq(scsi_ranges[i].name, name) &&
		    (number < scsi_ranges[i].min || number > scsi_ranges[i].max))
			check_tell(s, name,
				   "`%s` is `%.60s`; expected a number from %" PRId64
				   " to %" PRId64,
				   name, text, scsi_ranges[i].min, scsi_ranges[i].max);
	if (str_eq(name, "sector_size") && number != 512 && number != 1024 && number != 2048 &&
	    number != 4096)
		check_tell(s, name, "`%s` is `%.60s`; expected 512, 1024, 2048 or 4096", name,
			   text);
}

static bool is_scsi_zone_model(const char *text)
{
	static const char *const models[] = { "none", "aware", "managed", "0", "1", "2" };
	const char *word = text + (str_starts(text, "host-") ? strlen("host-") : 0);

	for (size_t i = 0; i < ARRAY_SIZE(models); i++)
		if (str_eq(models[i], word))
			return true;
	return false;
}

static void check_scsi_attribute(struct step_reader *s, const char *name, const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(scsi_texts); i++) {
		if (!str_eq(scsi_texts[i].name, name))
			continue;
		if (strlen(text) > scsi_texts[i].max_bytes)
			check_tell(s, name, "`%s` is `%.60s`; expected at most %zu bytes", name,
				   text, scsi_texts[i].max_bytes);
		return;
	}
	if (!str_eq(name, "zbc"))
		check_scsi_number(s, name, text);
	else if (!is_scsi_zone_model(text))
		check_tell(s, name, "`zbc` is `%.60s`; expected none, aware or managed", text);
}

/* Those of the step's open row: what is no row of its own. */
void check_scsi_debug(struct step_reader *s)
{
	for (size_t i = 0; i < s->step->arg_count; i++) {
		const struct case_arg *arg = &s->step->args[i];
		bool listed = false;

		for (size_t k = 0; k < STEP_MAX_ARGS && s->step->def->args[k].name; k++)
			listed |= str_eq(s->step->def->args[k].name, arg->name);
		if (!listed && arg->values.count)
			check_scsi_attribute(s, arg->name, arg->values.items[0]);
	}
}
