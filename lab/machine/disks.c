// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/disks.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/child.h"
#include "base/file.h"

#define DISK_STEP	  "virtio_disk"
#define QEMU_IMG	  "qemu-img"
#define QEMU_IMG_PACKAGE  "sudo apt-get install --no-install-recommends qemu-utils"
#define QEMU_IMG_LIMIT_MS (60 * 1000)
#define QEMU_IMG_BYTES	  4096

static int64_t arg_number(const struct case_step *step, const char *name)
{
	const char *value = case_step_arg(step, name);
	int64_t number = 0;

	return value && str_parse_i64(value, &number) ? number : 0;
}

/* "on=write errno=5 once=0", as the case's reader wrote it. */
static void add_error(struct machine_disk *disk, const char *rule)
{
	struct machine_disk_error *error =
		vec_push(&disk->errors, &disk->error_count, &disk->error_capacity);
	_cleanup_strv_ struct strv words = { 0 };

	error->sector = -1;
	strv_split(&words, rule, ' ');
	for (size_t i = 0; i < words.count; i++) {
		const char *word = words.items[i];
		const char *value = strchr(word, '=');
		int64_t number = 0;

		if (!value++)
			continue;
		str_parse_i64(value, &number);
		if (str_starts(word, "event="))
			error->event = xstrdup(value);
		else if (str_starts(word, "on="))
			error->on = xstrdup(value);
		else if (str_starts(word, "sector="))
			error->sector = number;
		else if (str_starts(word, "errno="))
			error->errno_value = (int)number;
		else if (str_starts(word, "once="))
			error->once = number != 0;
	}
}

static void add_errors(struct machine_disk *disk, const struct case_step *step)
{
	for (size_t i = 0; i < step->arg_count; i++)
		for (size_t k = 0;
		     str_eq(step->args[i].name, "errors") && k < step->args[i].values.count; k++)
			add_error(disk, step->args[i].values.items[k]);
}

int machine_disks_of_case(const struct case_file *test, const char *run_dir,
			  struct machine_disks *disks, struct err *err)
{
	for (size_t i = 0; i < test->step_count; i++) {
		const struct case_step *step = &test->steps[i];
		const char *name = case_step_arg(step, "as");
		const char *format = case_step_arg(step, "format");
		struct machine_disk *disk;

		if (!str_eq(step->def->verb, DISK_STEP))
			continue;
		if (disks->count == MACHINE_MAX_DISKS)
			return err_set(err, ERR_INPUT, "%s:%d: more than %d disks of the machine",
				       test->path, step->line, MACHINE_MAX_DISKS);
		disk = vec_push(&disks->items, &disks->count, &disks->capacity);
		disk->step = (int)i;
		disk->name = xstrdup(name);
		disk->id = xasprintf("klab-%zu", i);
		disk->format = xstrdup(format);
		disk->path = xasprintf("%s/disks/%s.%s", run_dir, name, format);
		disk->size_bytes = (uint64_t)arg_number(step, "size");
		disk->iops = arg_number(step, "iops");
		disk->bps = arg_number(step, "bps");
		add_errors(disk, step);
	}
	return 0;
}

/* Sparse: only what the guest writes takes room. */
static int make_raw(const struct machine_disk *disk, struct err *err)
{
	_cleanup_close_ int fd = open(disk->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0 || ftruncate(fd, (off_t)disk->size_bytes) < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot make the disk %s", disk->path);
	return 0;
}

/* Other formats are QEMU's, and so is the program that makes them. */
static int make_other(const struct machine_disk *disk, struct err *err)
{
	_cleanup_free_ char *program = child_find_program(QEMU_IMG);
	_cleanup_free_ char *size = xasprintf("%" PRIu64, disk->size_bytes);
	const char *argv[] = {
		program, "create", "-q", "-f", disk->format, disk->path, size, NULL
	};
	struct child_spec spec = { .argv = argv };
	_cleanup_strbuf_ struct strbuf out = { 0 };

	if (!program)
		return err_set(err, ERR_HOST, "%s is not installed: %s", QEMU_IMG,
			       QEMU_IMG_PACKAGE);
	return child_run_ok(&spec, QEMU_IMG_LIMIT_MS, QEMU_IMG_BYTES, &out, err);
}

int machine_disks_make(const struct machine_disks *disks, struct err *err)
{
	for (size_t i = 0; i < disks->count; i++) {
		const struct machine_disk *disk = &disks->items[i];
		_cleanup_free_ char *folder =
			xstrndup(disk->path, (size_t)(path_base(disk->path) - disk->path));

		if (file_mkdir_p(folder, err) < 0)
			return -1;
		if ((str_eq(disk->format, "raw") ? make_raw(disk, err) : make_other(disk, err)) < 0)
			return -1;
	}
	return 0;
}

void machine_disks_clear(struct machine_disks *disks)
{
	if (!disks)
		return;
	for (size_t i = 0; i < disks->count; i++) {
		struct machine_disk *disk = &disks->items[i];

		for (size_t k = 0; k < disk->error_count; k++) {
			free(disk->errors[k].event);
			free(disk->errors[k].on);
		}
		free(disk->errors);
		free(disk->name);
		free(disk->id);
		free(disk->path);
		free(disk->format);
	}
	free(disks->items);
	*disks = (struct machine_disks){ 0 };
}
