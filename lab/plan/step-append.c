// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/step-append.h"

#include <inttypes.h>

static bool is_named_in_table(const struct step_def *def, const char *name)
{
	for (size_t i = 0; i < STEP_MAX_ARGS && def->args[i].name; i++)
		if (str_eq(def->args[i].name, name))
			return true;
	return false;
}

/* One word of the command line, without blanks or quotes in it. */
static bool is_plain(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || (unsigned char)*s > '~' || *s == '"')
			return false;
	return true;
}

static bool has_parameter(const struct strv *append, const char *name)
{
	_cleanup_free_ char *prefix = xasprintf("scsi_debug.%s=", name);

	for (size_t i = 0; i < append->count; i++)
		if (str_starts(append->items[i], prefix))
			return true;
	return false;
}

/* What the table names makes commands fail or slow, which the guest sees to; all else shapes the
 * disk, and most of that is read-only once the kernel runs (drivers/scsi/scsi_debug.c). */
static void add_disk_shape(const struct case_step *step, struct strv *append)
{
	for (size_t i = 0; i < step->arg_count; i++) {
		const struct case_arg *arg = &step->args[i];
		const char *value = arg->values.count ? arg->values.items[0] : "";

		if (!is_named_in_table(step->def, arg->name) && is_plain(arg->name) &&
		    is_plain(value) && !has_parameter(append, arg->name))
			strv_addf(append, "scsi_debug.%s=%s", arg->name, value);
	}
}

static int64_t arg_number(const struct case_step *step, const char *name)
{
	const char *value = case_step_arg(step, name);
	int64_t number = 0;

	return value && str_parse_i64(value, &number) ? number : 0;
}

/* The largest value of a number of the verb's steps; *count: how many steps. */
static int64_t largest(const struct case_file *test, const char *verb, const char *arg,
		       size_t *count)
{
	int64_t most = 0;

	*count = 0;
	for (size_t i = 0; i < test->step_count; i++) {
		int64_t number;

		if (!str_eq(test->steps[i].def->verb, verb))
			continue;
		number = arg_number(&test->steps[i], arg);
		most = number > most ? number : most;
		(*count)++;
	}
	return most;
}

static void add_scsi_debug(const struct case_file *test, struct strv *append)
{
	size_t count;
	int64_t size_mb = largest(test, "scsi_debug", "size", &count) >> 20;

	/* Built in, the driver adds a disk of 8 MB at boot that no case asked for. */
	strv_add(append, "scsi_debug.add_host=0");
	for (size_t i = 0; i < test->step_count; i++)
		if (str_eq(test->steps[i].def->verb, "scsi_debug"))
			add_disk_shape(&test->steps[i], append);
	/* The store is made at boot whether there is a disk or not: without one, as small as can
	 * be. */
	strv_addf(append, "scsi_debug.dev_size_mb=%" PRId64, size_mb ? size_mb : 1);
}

/* Its own faults, as "<interval>,<probability>,<space>,<times>". */
static void add_null_blk(const struct case_file *test, struct strv *append)
{
	static const struct {
		const char *arg, *parameter;
	} faults[] = { { "timeout_nth", "timeout" },
		       { "requeue_nth", "requeue" },
		       { "init_hctx_nth", "init_hctx" } };

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		size_t count;
		int64_t nth = largest(test, "null_blk", faults[i].arg, &count);

		/* None that no step asked for, so that the first is nullb0. */
		if (count && i == 0)
			strv_add(append, "null_blk.nr_devices=0");
		if (nth)
			strv_addf(append, "null_blk.%s=%" PRId64 ",100,0,-1", faults[i].parameter,
				  nth);
	}
}

/* It makes its disks at boot, all of one size. */
static void add_brd(const struct case_file *test, struct strv *append)
{
	size_t count;
	int64_t size_bytes = largest(test, "brd", "size", &count);

	if (!count)
		return;
	strv_addf(append, "brd.rd_nr=%zu", count);
	strv_addf(append, "brd.rd_size=%" PRId64, size_bytes / 1024);
}

void plan_add_step_append(const struct case_file *test, struct strv *append)
{
	/*
	 * On a tmpfs, which is the default, the guest's own files could be swapped
	 * out: to the disk that the case makes fail.
	 */
	strv_add(append, "rootfstype=ramfs");
	add_scsi_debug(test, append);
	add_null_blk(test, append);
	add_brd(test, append);
}
