// SPDX-License-Identifier: GPL-2.0-or-later
/* The snapshot step: what files hold, into frames. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest-init/cgroups.h"
#include "guest-init/devices.h"
#include "guest-init/dm.h"
#include "guest-init/errno-name.h"
#include "guest-init/faults.h"
#include "guest-init/io.h"
#include "guest-init/snapshot.h"
#include "guest-init/verbs.h"

/* Of one file; beyond it the frame says "cut". */
#define SNAPSHOT_MAX_BYTES (4u << 20)
#define SAMPLE_MAX_BYTES   (16u << 10)

/* "cgroup:NAME/FILE" and {NAME}, as a path. 0, or -1 with errno. */
static int snapshot_path(struct guest *g, const char *given, char *path, size_t size)
{
	char name[NAME_MAX + 1];
	const char *slash;

	if (strncmp(given, "cgroup:", 7) != 0)
		return device_expand(g, given, false, path, size);
	given += 7;
	/* The last one: the name of a group may hold some itself. */
	slash = strrchr(given, '/');
	if (!slash || (size_t)(slash - given) >= sizeof(name)) {
		errno = EINVAL;
		return -1;
	}
	memcpy(name, given, (size_t)(slash - given));
	name[slash - given] = '\0';
	return cgroups_file(g, name, slash + 1, path, size);
}

/* "NAME/status", "NAME/table", "NAME/MESSAGE": what a mapped device answers. As io_read_file(). */
static char *snapshot_dm(const char *given, size_t *length)
{
	const char *slash = strchr(given, '/');
	char *answer = slash ? malloc(DM_ANSWER_BYTES) : NULL;
	char name[NAME_MAX + 1];
	int result;

	if (!answer)
		return NULL;
	snprintf(name, sizeof(name), "%.*s", (int)(slash - given), given);
	slash++;
	if (strcmp(slash, "status") == 0 || strcmp(slash, "table") == 0)
		result = dm_status(name, *slash == 't', answer);
	else
		result = dm_message(name, slash, answer);
	*length = strlen(answer);
	if (result == 0)
		return answer;
	result = errno;
	free(answer);
	errno = result;
	return NULL;
}

static void snapshot_send_error(struct guest *g, int errno_value)
{
	char text[160];

	snprintf(text, sizeof(text), "%s: %s", errno_name(errno_value), strerror(errno_value));
	frame_int(&g->frames, "errno", errno_value);
	frame_str(&g->frames, "error", text);
	frame_end(&g->frames);
}

/* A file that cannot be read is a finding, not a failed step; without `must` it is nothing. */
static void snapshot_take(struct guest *g, const struct plan_step *step, const char *label,
			  const char *given, int sample, bool must)
{
	const size_t max_bytes = sample < 0 ? SNAPSHOT_MAX_BYTES : SAMPLE_MAX_BYTES;
	char path[PATH_MAX];
	char *bytes = NULL;
	size_t length = 0;
	int errno_value = 0;

	if (strncmp(given, "dm:", 3) == 0)
		bytes = snapshot_dm(given + 3, &length);
	else if (snapshot_path(g, given, path, sizeof(path)) == 0)
		bytes = io_read_file(path, max_bytes, &length);
	if (!bytes)
		errno_value = errno;
	if (!bytes && !must)
		return;

	frame_begin(&g->frames, "snapshot");
	frame_int(&g->frames, "i", step->index);
	frame_str(&g->frames, "label", label);
	frame_str(&g->frames, "file", given);
	if (sample >= 0)
		frame_int(&g->frames, "sample", sample);
	if (length > max_bytes) {
		g->frames.cut = true;
		length = max_bytes;
	}
	if (bytes)
		frame_end_data(&g->frames, bytes, length);
	else
		snapshot_send_error(g, errno_value);
	free(bytes);
}

void snapshot_file(struct guest *g, const struct plan_step *step, const char *label,
		   const char *path)
{
	snapshot_take(g, step, label, path, -1, false);
}

void snapshot_take_all(struct guest *g, const struct plan_step *step, int sample)
{
	const char *label = plan_arg(step, "label");
	char number[16];

	snprintf(number, sizeof(number), "%d", step->index);
	for (size_t i = 0; i < step->arg_count; i++)
		if (strcmp(step->args[i].name, "files") == 0)
			snapshot_take(g, step, label ? label : number, step->args[i].value, sample,
				      true);
}

int verb_snapshot(struct guest *g, const struct plan_step *step)
{
	snapshot_take_all(g, step, -1);
	faults_report(g);
	return 0;
}
