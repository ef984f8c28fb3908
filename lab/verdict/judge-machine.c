// SPDX-License-Identifier: GPL-2.0-or-later
/* The verdict's look at the machine and at what was kept of the guest's two ports. */
#include <inttypes.h>

#include "base/json.h"
#include "verdict/judge.h"

static bool has_panic(const json_t *reports)
{
	json_t *report;
	size_t i;

	json_array_foreach (reports, i, report)
		if (json_get_bool(report, "panicked", false))
			return true;
	return false;
}

/* The step that had begun and was never told to have ended; NULL: there is none. */
static const json_t *step_under_way(const struct judge *j)
{
	const json_t *begun = frames_find(j->frames, "step", NULL, NULL);
	const json_t *ended = frames_find(j->frames, "step-end", NULL, NULL);
	int64_t index = json_get_int(begun, "i", -1);

	return begun && json_get_int(ended, "i", -1) != index ? judge_step(j, index) : NULL;
}

/* At the deadline: where did the guest stand? */
static void judge_timeout(struct judge *j)
{
	double s = json_get_num(j->facts->machine, "wall_ms", 0) / 1000;
	const json_t *step = step_under_way(j);

	if (frames_tell_all(j->frames))
		/* What the case is about was done, and can be judged. */
		judge_found(j, "end", "off", "machine.json",
			    "the guest told of all it had to do, and then did not switch off: it "
			    "still ran after %.1f s",
			    s);
	else if (!frames_find(j->frames, "hello", NULL, NULL))
		judge_found(j, "machine", "timeout", "machine.json",
			    "the guest was still running after %.1f s, and its init had not said a "
			    "word",
			    s);
	else
		judge_found(j, "machine", "timeout", "machine.json",
			    "the guest was still running after %.1f s%s%s", s,
			    step ? ", in step " : "", step ? json_get_str(step, "verb", "?") : "");
}

/* A disk that nobody told to fail: the host has no room, or its own disk is bad. */
static void judge_disks(struct judge *j)
{
	json_t *disk;
	size_t i;

	json_array_foreach (json_get_array(j->facts->machine, "disks"), i, disk)
		if (!json_get_bool(disk, "fails", false) && json_get_int(disk, "failed", 0) > 0)
			judge_found(j, "machine", "disk", "machine.json",
				    "the host could not do %" PRId64
				    " requests to the disk %s, which was not told to fail",
				    json_get_int(disk, "failed", 0),
				    json_get_str(disk, "name", "?"));
}

void judge_machine(struct judge *j)
{
	const json_t *m = j->facts->machine;
	const char *end = json_get_str(m, "end", "");
	int64_t code = json_get_int(m, "exit_code", -1), sig = json_get_int(m, "signal", 0);
	const char *error = json_get_str(m, "error", json_get_str(m, "detail", ""));

	if (!m) {
		judge_found(
			j, "machine", "none", NULL,
			json_array_size(j->frames->list)
				? "nobody saw how the guest ended: klab was stopped before it did"
				: "there is no word of how the guest ended, or that it was "
				  "started");
		return;
	}
	judge_disks(j);
	if (str_eq(end, "panic"))
		judge_found(j, "machine", end, "machine.json", "the guest panicked%s%s",
			    *error ? ": " : "", error);
	else if (str_eq(end, "reset"))
		judge_found(j, "machine", end, "machine.json",
			    has_panic(j->facts->reports)
				    ? "the guest reset itself, as it does after a panic"
				    : "the guest reset itself: a triple fault, or a reboot nobody "
				      "asked for");
	else if (str_eq(end, "timeout"))
		judge_timeout(j);
	else if (str_eq(end, "cancelled"))
		judge_found(j, "machine", end, "machine.json", "the run was cancelled");
	else if (!str_eq(end, "poweroff"))
		judge_found(j, "machine", end, "machine.json", "QEMU did not end well (%s)%s%s",
			    *end ? end : "no word how", *error ? ": " : "", error);
	else if (code != 0 || sig != 0)
		judge_found(j, "machine", "exit-code", "machine.json",
			    "the guest powered off, but QEMU ended with %s %" PRId64 "%s%s",
			    sig ? "signal" : "code", sig ? sig : code, *error ? ": " : "", error);
}

void judge_console(struct judge *j)
{
	const json_t *console = json_object_get(j->facts->machine, "console");
	int64_t bytes = json_get_int(console, "bytes", -1);
	int64_t kept = json_get_int(console, "kept_bytes", -1);

	if (!j->facts->machine)
		return;
	if (bytes < 0 || kept < 0)
		judge_found(j, "console", "unknown", "machine.json",
			    "nobody knows whether all of the console was kept");
	else if (bytes == 0)
		judge_found(j, "console", "empty", "console.log",
			    "the console is empty: absence of a report cannot be shown");
	else if (kept < bytes)
		judge_found(j, "console", "cut", "console.log",
			    "%" PRId64
			    " bytes of console were not kept: absence of a report cannot be shown",
			    bytes - kept);
	else if (j->facts->console_read_bytes && *j->facts->console_read_bytes < (uint64_t)kept)
		judge_found(j, "console", "short", "console.log",
			    "console.log has lost %" PRIu64
			    " bytes since the run: absence of a report cannot be shown",
			    (uint64_t)kept - *j->facts->console_read_bytes);
	if (j->facts->console_dropped)
		judge_found(j, "console", "dropped", "console.log",
			    "the kernel dropped %" PRIu64
			    " messages that its console was too slow for: absence of a report "
			    "cannot be shown",
			    j->facts->console_dropped);
	if (!json_is_array(j->facts->reports))
		judge_found(j, "console", "unread", "reports.json",
			    "nobody looked for reports in the console");
}

void judge_frames(struct judge *j)
{
	const struct frames *f = j->frames;
	if (f->forged)
		judge_found(
			j, "frames", "forged", "frames.raw",
			"%" PRIu64
			" lines look like frames and are none (nonce, checksum, length or JSON)",
			f->forged);
	if (f->gaps)
		judge_found(j, "frames", "gaps", "frames.raw",
			    "%" PRIu64 " frames are missing, doubled or out of order", f->gaps);
	if (json_get_bool(j->facts->machine, "frames_cut", false))
		judge_found(j, "frames", "limit", "frames.raw",
			    "the guest said more than is kept of its frames");
	if (!f->complete)
		judge_found(j, "frames", "cut", "frames.raw",
			    "the guest's own account is not complete: %s",
			    f->why[0] ? f->why : "no end frame");
	else if (!frames_tell_all(f))
		judge_found(j, "frames", "cut", "frames.raw",
			    "the guest's last word is no end frame");
	if (f->noise_bytes)
		judge_note(j, "%" PRIu64 " bytes on the frames' port were no frames",
			   f->noise_bytes);
}
