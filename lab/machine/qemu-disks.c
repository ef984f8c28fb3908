// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Disks on QEMU's command line. Each is a stack of block nodes, and a request of
 * the guest goes down from the last to the first: replay, limits, errors of the
 * guest's requests, image format, errors of QEMU's own I/O, file.
 */
#include <stdio.h>

#include "base/json.h"
#include "machine/qemu.h"

static void add_json(struct strv *argv, const char *option, json_t *value)
{
	_cleanup_json_ json_t *owned = value;
	_cleanup_free_ char *text = json_dumps(owned, JSON_COMPACT);

	strv_add(argv, option);
	strv_add(argv, text);
}

/* A node of the stack. Its name: the disk's id and `layer`; new reference. */
static json_t *new_node(const struct machine_disk *disk, const char *driver, const char *layer)
{
	_cleanup_free_ char *name = xasprintf("%s-%s", disk->id, layer);
	json_t *node = json_object();

	json_set_str(node, "driver", driver);
	json_set_str(node, "node-name", name);
	return node;
}

/* Puts it on the command line, on top of *top, and then it is the top. */
static void add_node(struct strv *argv, json_t *node, const char *below_key, char **top)
{
	char *name = xstrdup(json_get_str(node, "node-name", ""));

	if (*top)
		json_set_str(node, below_key, *top);
	add_json(argv, "-blockdev", node);
	free(*top);
	*top = name;
}

static json_t *error_rule(const struct machine_disk_error *error)
{
	json_t *rule = json_object();

	/* "none" is QEMU's name of the rule that needs no event: it holds from the start. */
	json_set_str(rule, "event", error->event ? error->event : "none");
	if (error->on)
		json_set_str(rule, "iotype", error->on);
	if (error->sector >= 0)
		json_set_int(rule, "sector", error->sector);
	json_set_int(rule, "errno", error->errno_value);
	json_set_bool(rule, "once", error->once);
	return rule;
}

/* The rules on events or the others; nothing when there are none. */
static void add_errors(const struct machine_disk *disk, bool on_events, struct strv *argv,
		       char **top)
{
	_cleanup_json_ json_t *rules = json_array();
	json_t *node;

	for (size_t i = 0; i < disk->error_count; i++)
		if (!disk->errors[i].event == !on_events)
			json_array_append_new(rules, error_rule(&disk->errors[i]));
	if (!json_array_size(rules))
		return;
	node = new_node(disk, "blkdebug", on_events ? "events" : "errors");
	json_object_set(node, "inject-error", rules);
	add_node(argv, node, "image", top);
}

static void add_limits(const struct machine_disk *disk, struct strv *argv, char **top)
{
	_cleanup_free_ char *group = xasprintf("%s-limits", disk->id);
	json_t *object = json_object(), *limits = json_object(), *node;

	json_set_str(object, "qom-type", "throttle-group");
	json_set_str(object, "id", group);
	if (disk->iops)
		json_set_int(limits, "iops-total", disk->iops);
	if (disk->bps)
		json_set_int(limits, "bps-total", disk->bps);
	json_object_set_new(object, "limits", limits);
	add_json(argv, "-object", object);
	node = new_node(disk, "throttle", "throttle");
	json_set_str(node, "throttle-group", group);
	add_node(argv, node, "file", top);
}

static void add_file(const struct machine_disk *disk, struct strv *argv, char **top)
{
	json_t *node = new_node(disk, "file", "file");

	json_set_str(node, "filename", disk->path);
	json_set_str(node, "discard", "unmap");
	/* The image need not outlive a crash of the host: a flush would only wait for its disk. */
	json_object_set_new(node, "cache", json_pack("{s:b}", "no-flush", 1));
	add_node(argv, node, NULL, top);
}

static void add_disk(const struct machine_spec *spec, const struct machine_disk *disk,
		     struct strv *argv)
{
	_cleanup_free_ char *top = NULL;

	add_file(disk, argv, &top);
	add_errors(disk, true, argv, &top);
	add_node(argv, new_node(disk, disk->format, "image"), "file", &top);
	add_errors(disk, false, argv, &top);
	if (disk->iops || disk->bps)
		add_limits(disk, argv, &top);
	/* Without it a recording has no word of when a request was done. */
	if (spec->mode == MACHINE_RECORD || spec->mode == MACHINE_REPLAY)
		add_node(argv, new_node(disk, "blkreplay", "replay"), "image", &top);
	strv_add(argv, "-device");
	/* report: without it QEMU stops the guest when there is no room instead of telling it. */
	strv_addf(argv, "virtio-blk-pci,id=%s,drive=%s,serial=%s,rerror=report,werror=report",
		  disk->id, top, disk->id);
}

void qemu_argv_add_disks(const struct machine_spec *spec, struct strv *argv)
{
	if (!spec->disk_count)
		return;
	/* A guest that is gone is kept, stopped, until it was asked what its disks counted. */
	strv_add(argv, "-action");
	strv_add(argv, "shutdown=pause");
	for (size_t i = 0; i < spec->disk_count; i++)
		add_disk(spec, &spec->disks[i], argv);
}

/* ---- what they counted ---- */

/* "qdev" is a path in QEMU's own tree of objects: the id stands before "virtio-backend". */
static const json_t *find_stats(const json_t *blockstats, const char *id)
{
	_cleanup_free_ char *part = xasprintf("/%s/", id);
	json_t *device;
	size_t i;

	json_array_foreach (blockstats, i, device)
		if (strstr(json_get_str(device, "qdev", ""), part))
			return json_get_object(device, "stats");
	return NULL;
}

static uint64_t sum_of(const json_t *stats, const char *prefix)
{
	static const char *const kinds[] = { "rd", "wr", "flush", "unmap" };
	uint64_t sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_free_ char *key = xasprintf("%s%s_operations", prefix, kinds[i]);
		int64_t n = json_get_int(stats, key, 0);

		sum += n > 0 ? (uint64_t)n : 0;
	}
	return sum;
}

void qemu_count_disks(const struct machine_spec *spec, const json_t *blockstats,
		      struct machine_result *result)
{
	for (size_t i = 0; i < spec->disk_count && i < MACHINE_MAX_DISKS; i++) {
		const struct machine_disk *disk = &spec->disks[i];
		const json_t *stats = find_stats(blockstats, disk->id);
		struct machine_disk_count *count = &result->disks[i];

		*count = (struct machine_disk_count){
			.step = disk->step,
			.fails = disk->error_count > 0,
			.counted = stats != NULL,
			.operations = sum_of(stats, ""),
			.failed = sum_of(stats, "failed_"),
		};
		snprintf(count->name, sizeof(count->name), "%s", disk->name);
		result->disk_count = i + 1;
	}
}
