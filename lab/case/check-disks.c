// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps with devices: what has to lie within a device, and what a driver would not take. */
#include <inttypes.h>

#include "case/check-steps.h"
#include "case/value.h"

static int64_t number_of(const struct case_step *step, const char *name)
{
	const char *text = case_step_arg(step, name);
	int64_t number = 0;

	return text && str_parse_i64(text, &number) ? number : 0;
}

static bool is_mapped(const struct case_step *maker)
{
	return str_starts(maker->def->verb, "dm");
}

/* ---- how large a device is ---- */

/* Of "START LENGTH TARGET...", in sectors; false: it is no such line. */
static bool parse_target(const char *line, int64_t *start, int64_t *length)
{
	int end = 0;

	return sscanf(line, " %" SCNd64 " %" SCNd64 " %*[a-z]%n", start, length, &end) == 2 &&
	       end > 0 && *start >= 0 && *length > 0 && *length < INT64_MAX / 1024 &&
	       *start < INT64_MAX / 1024;
}

static int64_t table_bytes(const struct case_step *step)
{
	int64_t bytes = 0, start, length;

	for (size_t i = 0; i < step->arg_count; i++)
		for (size_t k = 0;
		     str_eq(step->args[i].name, "table") && k < step->args[i].values.count; k++)
			if (parse_target(step->args[i].values.items[k], &start, &length))
				bytes = (start + length) * 512;
	return bytes;
}

/* In bytes; 0: only the guest knows. */
static int64_t device_bytes(const struct case_reader *r, const char *name, int depth)
{
	const struct case_step *maker = check_maker(r, ARG_NEW_DEVICE, name);

	if (!maker || depth > 8)
		return 0;
	/* It may claim any capacity. */
	if (case_step_arg(maker, "virtual_gb"))
		return 0;
	if (str_eq(maker->def->verb, "dm"))
		return table_bytes(maker);
	if (str_eq(maker->def->verb, "partition"))
		return number_of(maker, "length");
	if (case_step_arg(maker, "device"))
		return device_bytes(r, case_step_arg(maker, "device"), depth + 1);
	return number_of(maker, "size");
}

/* Of the step's argument `device`. */
static int64_t below_bytes(const struct step_reader *s)
{
	const char *name = case_step_arg(s->step, "device");

	return name ? device_bytes(s->r, name, 0) : 0;
}

/* `end` bytes have to be there: told at the argument `name` when the device is known to be smaller.
 */
static void check_within(struct step_reader *s, const char *name, int64_t end)
{
	int64_t bytes = below_bytes(s);
	_cleanup_free_ char *has = value_format_size((uint64_t)bytes);
	_cleanup_free_ char *wants = value_format_size((uint64_t)end);

	if (bytes > 0 && end > bytes)
		check_tell(s, name, "`%s` ends at %s, and device `%s` has %s; expected less", name,
			   wants, case_step_arg(s->step, "device"), has);
}

static bool is_power_of_2(int64_t n)
{
	return n > 0 && (n & (n - 1)) == 0;
}

static void check_power_of_2(struct step_reader *s, const char *name)
{
	int64_t value = check_number(s, name, 1);

	if (!is_power_of_2(value))
		check_tell(s, name, "`%s` is %" PRId64 "; expected a power of two", name, value);
}

/* ---- filesystems, tasks ---- */

void check_mkfs(struct step_reader *s)
{
	check_within(s, "size", check_number(s, "size", 0));
}

void check_io(struct step_reader *s)
{
	static const char *const reads[] = { "verify", "drop" };
	int64_t size = check_number(s, "size", 0), block = check_number(s, "block", 0);

	if (case_step_arg(s->step, "device"))
		check_within(s, "size", check_number(s, "offset", 0) + size);
	if (size && check_written(s, "block") && block > size)
		check_tell(s, "block", "`block` is larger than `size`; expected at most as much");
	for (size_t i = 0; i < ARRAY_SIZE(reads); i++)
		if (check_number(s, reads[i], 0) && str_eq(case_step_arg(s->step, "rw"), "write"))
			check_tell(s, reads[i], "`%s` is for reading; expected `rw: read`",
				   reads[i]);
	if (check_written(s, "for") && check_written(s, "rounds"))
		check_tell(s, "for", "`for` and `rounds`; expected one of them");
}

void check_snapshot(struct step_reader *s)
{
	static const char prefix[] = "dm:";
	const char *arg = "files";

	for (size_t i = 0; i < s->step->arg_count; i++) {
		const struct strv *files = &s->step->args[i].values;

		for (size_t k = 0; str_eq(s->step->args[i].name, arg) && k < files->count; k++) {
			const char *file = files->items[k] + strlen(prefix);
			_cleanup_free_ char *name = NULL;
			const struct case_step *maker;

			if (!str_starts(files->items[k], prefix))
				continue;
			name = xstrndup(file, strcspn(file, "/"));
			maker = check_maker(s->r, ARG_NEW_DEVICE, name);
			if (maker && !is_mapped(maker))
				check_tell(s, arg,
					   "device `%s` is no mapped one, a `%s` step makes it; "
					   "expected one of a dm step",
					   name, maker->def->verb);
		}
	}
}

/* ---- disks ---- */

/* "from=4096 length=512": where it ends. */
static int64_t rule_end(const char *rule)
{
	int64_t from = 0, length = 0;

	return sscanf(rule, "from=%" SCNd64 " length=%" SCNd64, &from, &length) == 2 ? from + length
										     : 0;
}

static const struct strv *values_of(const struct case_step *step, const char *name)
{
	static const struct strv none;

	for (size_t i = 0; i < step->arg_count; i++)
		if (str_eq(step->args[i].name, name))
			return &step->args[i].values;
	return &none;
}

void check_null_blk(struct step_reader *s)
{
	static const char *const stored[] = { "cache_size", "discard" };
	static const char *const queued[] = { "timeout_nth", "requeue_nth", "init_hctx_nth",
					      "submit_queues", "hw_queue_depth" };
	const struct strv *bad = values_of(s->step, "bad");
	int64_t size = check_number(s, "size", INT64_MAX);

	check_power_of_2(s, "blocksize");
	for (size_t i = 0; i < bad->count; i++)
		if (rule_end(bad->items[i]) > size)
			check_tell(s, "bad", "`bad` has a rule beyond `size`; expected one within");
	for (size_t i = 0; i < ARRAY_SIZE(stored); i++)
		if (check_written(s, stored[i]) && !check_number(s, "memory_backed", 1))
			check_tell(s, stored[i],
				   "`%s` without a store; expected `memory_backed: true`",
				   stored[i]);
	for (size_t i = 0; i < ARRAY_SIZE(queued); i++)
		if (check_written(s, queued[i]) &&
		    str_eq(case_step_arg(s->step, "queue_mode"), "bio"))
			check_tell(s, queued[i], "`%s` is of queues; expected `queue_mode: mq`",
				   queued[i]);
	if (check_written(s, "completion_nsec") &&
	    !str_eq(case_step_arg(s->step, "irqmode"), "timer"))
		check_tell(s, "completion_nsec",
			   "`completion_nsec` without the timer; expected `irqmode: timer`");
}

void check_virtio_disk(struct step_reader *s)
{
	const struct strv *errors = values_of(s->step, "errors");
	int64_t size = check_number(s, "size", INT64_MAX), sector;

	for (size_t i = 0; i < errors->count; i++) {
		const char *at = strstr(errors->items[i], "sector=");

		/* Of an event it is the image file's, which may be longer. */
		if (!strstr(errors->items[i], "event=") && at &&
		    sscanf(at, "sector=%" SCNd64, &sector) == 1 && sector >= size / 512)
			check_tell(s, "errors",
				   "sector %" PRId64 " is beyond `size`; expected one "
				   "within",
				   sector);
	}
}

void check_loop(struct step_reader *s)
{
	if (!check_written(s, "size") && !check_written(s, "file"))
		check_tell(s, "as", "`loop` has neither `size` nor `file`; expected one of them");
}

void check_partition(struct step_reader *s)
{
	const char *name = case_step_arg(s->step, "device");
	const struct case_step *maker = name ? check_maker(s->r, ARG_NEW_DEVICE, name) : NULL;

	check_within(s, "length", check_number(s, "from", 0) + check_number(s, "length", 0));
	if (maker && (is_mapped(maker) || str_eq(maker->def->verb, "partition")))
		check_tell(s, "device", "device `%s` is of a `%s` step; expected a whole disk",
			   name, maker->def->verb);
}

/* ---- mapped devices ---- */

/* Lines of a table have to follow one another: the kernel says no more than EINVAL. */
void check_dm(struct step_reader *s)
{
	const struct strv *table = values_of(s->step, "table");
	int64_t end = 0, start, length;

	if (str_eq(s->step->def->verb, "dm_table"))
		check_dm_mapped(s);
	for (size_t i = 0; i < table->count; i++) {
		if (!parse_target(table->items[i], &start, &length)) {
			check_tell(s, "table",
				   "`table` has `%.60s`; expected START LENGTH TARGET..., in "
				   "sectors",
				   table->items[i]);
			return;
		}
		if (start != end) {
			check_tell(s, "table",
				   "`table` has a line from sector %" PRId64
				   " on; expected %" PRId64 ", where the one before ends",
				   start, end);
			return;
		}
		end = start + length;
	}
}

void check_dm_mapped(struct step_reader *s)
{
	const char *name = case_step_arg(s->step, "device");
	const struct case_step *maker = name ? check_maker(s->r, ARG_NEW_DEVICE, name) : NULL;

	if (maker && !is_mapped(maker))
		check_tell(s, "device",
			   "device `%s` is no mapped one, a `%s` step makes it; expected one of a "
			   "dm step",
			   name, maker->def->verb);
}

void check_dm_dust(struct step_reader *s)
{
	const struct strv *bad = values_of(s->step, "bad");
	int64_t block = check_number(s, "block_size", 512), bytes = below_bytes(s), number;

	check_power_of_2(s, "block_size");
	for (size_t i = 0; i < bad->count && bytes > 0 && is_power_of_2(block); i++)
		if (str_parse_i64(bad->items[i], &number) && number >= bytes / block)
			check_tell(s, "bad",
				   "block %" PRId64 " is beyond device `%s`; expected at most "
				   "%" PRId64,
				   number, case_step_arg(s->step, "device"), bytes / block - 1);
}

void check_dm_flakey(struct step_reader *s)
{
	/* In the order of the step table. */
	enum { DROP_WRITES = 1, ERROR_WRITES = 2 };
	int64_t features = check_number(s, "features", 0);
	int64_t writes = features & (DROP_WRITES | ERROR_WRITES);

	if (!check_number(s, "up", 0) && !check_number(s, "down", 0))
		check_tell(s, "down", "`up` and `down` are 0; expected one of them to be more");
	if (writes == (DROP_WRITES | ERROR_WRITES))
		check_tell(s, "features",
			   "`features` drops writes and fails them; expected one of the two");
	else if (writes && check_written(s, "corrupt_byte") &&
		 str_eq(case_step_arg(s->step, "corrupt_on"), "write"))
		check_tell(s, "corrupt_on",
			   "`features` leaves no write to be corrupted; expected `corrupt_on: "
			   "read`");
}

void check_dm_error(struct step_reader *s)
{
	int64_t from = check_number(s, "from", 0);

	/* Without a length at least the one sector. */
	if (check_written(s, "length"))
		check_within(s, "length", from + check_number(s, "length", 0));
	else
		check_within(s, "from", from + 512);
}
