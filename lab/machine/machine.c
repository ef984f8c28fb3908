// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/machine.h"

#include <stdio.h>

#include "base/file.h"
#include "base/json.h"
#include "machine/fake.h"
#include "machine/libvirt.h"
#include "machine/machine-json.h"
#include "machine/qemu.h"

const struct machine_ops *const machine_table[] = {
	&machine_qemu,
	&machine_libvirt,
	&machine_fake,
	NULL,
};

static const char *const end_names[] = {
	[MACHINE_END_POWEROFF] = "poweroff", [MACHINE_END_RESET] = "reset",
	[MACHINE_END_PANIC] = "panic",	     [MACHINE_END_TIMEOUT] = "timeout",
	[MACHINE_END_KILLED] = "killed",     [MACHINE_END_CANCELLED] = "cancelled",
};

static const struct machine_ops *configure(const struct machine_ops *machine, const char *argument,
					   struct err *err)
{
	if (machine->configure)
		return machine->configure(argument, err) < 0 ? NULL : machine;
	if (!argument)
		return machine;
	err_set(err, ERR_INPUT, "the machine %s takes nothing after a colon, and there is \"%s\"",
		machine->name, argument);
	return NULL;
}

const struct machine_ops *machine_find(const char *name, struct err *err)
{
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_free_ char *list = NULL;
	size_t length;

	if (!name)
		return machine_table[0];
	length = strcspn(name, ":");
	for (size_t i = 0; machine_table[i]; i++) {
		const struct machine_ops *machine = machine_table[i];

		if (strlen(machine->name) == length && memcmp(machine->name, name, length) == 0)
			return configure(machine, name[length] ? name + length + 1 : NULL, err);
		strv_add(&names, machine->name);
	}
	list = strv_join(&names, ", ");
	err_set(err, ERR_INPUT, "no machine \"%s\"; there are: %s", name, list);
	return NULL;
}

const char *machine_end_name(enum machine_end end)
{
	return end_names[end];
}

bool machine_end_is_own(const char *name)
{
	return str_eq(name, end_names[MACHINE_END_POWEROFF]) ||
	       str_eq(name, end_names[MACHINE_END_RESET]) ||
	       str_eq(name, end_names[MACHINE_END_PANIC]);
}

static json_t *disks_to_json(const struct machine_result *r)
{
	json_t *all = json_array();

	for (size_t i = 0; i < r->disk_count; i++) {
		const struct machine_disk_count *disk = &r->disks[i];
		json_t *entry = json_object();

		json_set_int(entry, "i", disk->step);
		json_set_str(entry, "name", disk->name);
		json_set_bool(entry, "fails", disk->fails);
		if (disk->counted) {
			json_set_int(entry, "operations", (int64_t)disk->operations);
			json_set_int(entry, "failed", (int64_t)disk->failed);
		}
		json_array_append_new(all, entry);
	}
	return all;
}

/* [[ms, starved_ms]...]. New reference. */
static json_t *starved_to_json(const struct starved_log *log)
{
	json_t *all = json_array();

	for (size_t i = 0; i < log->count; i++)
		json_array_append_new(all, json_pack("[I,I]", (json_int_t)log->samples[i].ms,
						     (json_int_t)log->samples[i].starved_ms));
	return all;
}

int machine_write_json(const char *run_dir, const struct machine_result *r,
		       const struct err *failure, struct err *err)
{
	_cleanup_free_ char *path = path_join(run_dir, "machine.json");
	_cleanup_json_ json_t *value = json_object();
	json_t *console = json_object();
	bool cancelled = failure && failure->kind == ERR_CANCELLED;
	bool failed = failure && failure->kind != ERR_NONE && !cancelled;

	json_set_str(value, "end", failed ? "error" : machine_end_name(r->end));
	json_set_int(value, "exit_code", r->exit_code);
	json_set_int(value, "signal", r->signal);
	json_set_int(value, "wall_ms", (int64_t)r->wall_ms);
	json_set_int(value, "starved_ms", (int64_t)r->starved_ms);
	json_object_set_new(value, "starved", starved_to_json(&r->starved));
	if (r->first_output_ms)
		json_set_int(value, "first_output_ms", (int64_t)r->first_output_ms);
	json_set_int(value, "running_ms", (int64_t)r->running_ms);
	json_set_int(value, "cpu_ms", (int64_t)r->cpu_ms);
	json_set_str(value, "accel", r->accel);
	json_set_str(value, "accel_why", r->accel_why);
	json_set_str(value, "qemu_version", r->version);
	json_object_set_new(value, "console", console);
	json_set_int(console, "bytes", (int64_t)r->console_bytes);
	json_set_int(console, "kept_bytes", (int64_t)r->console_kept_bytes);
	json_set_int(console, "head_bytes", (int64_t)r->console_head_bytes);
	json_set_int(console, "tail_bytes",
		     (int64_t)(r->console_kept_bytes - r->console_head_bytes));
	json_set_int(value, "frames_bytes", (int64_t)r->frames_bytes);
	json_set_bool(value, "frames_cut", r->frames_cut);
	json_set_bool(value, "port_full", r->port_full);
	json_set_str(value, "detail", r->detail);
	if (r->disk_count)
		json_object_set_new(value, "disks", disks_to_json(r));
	if (failed)
		json_set_str(value, "error", failure->msg);
	return json_write_file(path, value, err);
}

static void copy_str(char *out, size_t size, const json_t *value, const char *key)
{
	snprintf(out, size, "%s", json_get_str(value, key, ""));
}

static void disks_from_json(const json_t *all, struct machine_result *r)
{
	json_t *entry;
	size_t i;

	json_array_foreach (all, i, entry) {
		struct machine_disk_count *disk = &r->disks[i];

		if (i == MACHINE_MAX_DISKS)
			break;
		disk->step = (int)json_get_int(entry, "i", -1);
		copy_str(disk->name, sizeof(disk->name), entry, "name");
		disk->fails = json_get_bool(entry, "fails", false);
		disk->counted = json_is_integer(json_object_get(entry, "failed"));
		disk->operations = (uint64_t)json_get_int(entry, "operations", 0);
		disk->failed = (uint64_t)json_get_int(entry, "failed", 0);
		r->disk_count = i + 1;
	}
}

static void starved_from_json(const json_t *all, struct starved_log *log)
{
	json_t *sample;
	size_t i;

	json_array_foreach (all, i, sample)
		starved_log_add(log, (uint64_t)json_integer_value(json_array_get(sample, 0)),
				(uint64_t)json_integer_value(json_array_get(sample, 1)), true);
}

bool machine_read_json(const char *run_dir, struct machine_result *r)
{
	_cleanup_free_ char *path = path_join(run_dir, "machine.json");
	_cleanup_json_ json_t *value = json_read_file(path, 1024 * 1024, NULL);
	const char *end = json_get_str(value, "end", "");
	const json_t *console = json_get_object(value, "console");

	for (size_t i = 0; i < ARRAY_SIZE(end_names); i++) {
		if (!str_eq(end, end_names[i]))
			continue;
		*r = (struct machine_result){ .end = (enum machine_end)i };
		r->exit_code = (int)json_get_int(value, "exit_code", -1);
		r->signal = (int)json_get_int(value, "signal", 0);
		r->wall_ms = (uint64_t)json_get_int(value, "wall_ms", 0);
		r->starved_ms = (uint64_t)json_get_int(value, "starved_ms", 0);
		starved_from_json(json_get_array(value, "starved"), &r->starved);
		r->first_output_ms = (uint64_t)json_get_int(value, "first_output_ms", 0);
		r->running_ms = (uint64_t)json_get_int(value, "running_ms", 0);
		r->cpu_ms = (uint64_t)json_get_int(value, "cpu_ms", 0);
		r->console_bytes = (uint64_t)json_get_int(console, "bytes", 0);
		r->console_kept_bytes = (uint64_t)json_get_int(console, "kept_bytes", 0);
		r->console_head_bytes = (uint64_t)json_get_int(console, "head_bytes", 0);
		r->frames_bytes = (uint64_t)json_get_int(value, "frames_bytes", 0);
		r->frames_cut = json_get_bool(value, "frames_cut", false);
		r->port_full = json_get_bool(value, "port_full", false);
		copy_str(r->accel, sizeof(r->accel), value, "accel");
		copy_str(r->accel_why, sizeof(r->accel_why), value, "accel_why");
		copy_str(r->version, sizeof(r->version), value, "qemu_version");
		copy_str(r->detail, sizeof(r->detail), value, "detail");
		disks_from_json(json_get_array(value, "disks"), r);
		return true;
	}
	return false;
}
