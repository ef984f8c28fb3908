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

void plan_add_step_append(const struct case_file *test, struct strv *append)
{
	uint64_t size_mb = 0;

	/*
	 * On a tmpfs, which is the default, the guest's own files could be swapped
	 * out: to the disk that the case makes fail.
	 */
	strv_add(append, "rootfstype=ramfs");
	/* Built in, the driver adds a disk of 8 MB at boot that no case asked for. */
	strv_add(append, "scsi_debug.add_host=0");
	for (size_t i = 0; i < test->step_count; i++) {
		const struct case_step *step = &test->steps[i];
		const char *size;
		int64_t bytes;

		if (!str_eq(step->def->verb, "scsi_debug"))
			continue;
		size = case_step_arg(step, "size");
		if (size_mb == 0 && size && str_parse_i64(size, &bytes) && bytes > 0)
			size_mb = (uint64_t)bytes >> 20;
		add_disk_shape(step, append);
	}
	/* The store is made at boot whether there is a disk or not: without one, as small as can
	 * be. */
	strv_addf(append, "scsi_debug.dev_size_mb=%" PRIu64, size_mb ? size_mb : 1);
}
