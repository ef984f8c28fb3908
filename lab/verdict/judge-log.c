// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Did all that the kernel said reach the console? A report that is not there can only be taken
 * for one that was never made when something shows that it would be there.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"
#include "verdict/judge.h"

#define OLDEST_INIT 2 /* that ends the log */

/* Bits of /proc/sys/kernel/tainted that come with a report. */
static const struct {
	int bit;
	bool is_crash; /* only a crash explains it */
	const char *says;
} taints[] = {
	{ 7, true, "it oopsed (D)" },
	{ 9, false, "it warned (W)" },
	{ 5, false, "it found a bad page (B)" },
	{ 14, false, "it saw a soft lockup (L)" },
};

static bool has_report(const json_t *reports, bool crash)
{
	json_t *report;
	size_t i;

	json_array_foreach (reports, i, report) {
		const char *kind = json_get_str(report, "kind", "");

		if (json_get_bool(report, "panicked", false))
			return true;
		if (!json_get_bool(report, "info", false) &&
		    (!crash || verdict_of("report", kind) == VERDICT_CRASH))
			return true;
	}
	return false;
}

static void judge_taints(struct judge *j, const json_t *end)
{
	int64_t tainted = json_get_int(end, "tainted", 0);

	for (size_t i = 0; i < ARRAY_SIZE(taints); i++)
		if (tainted >> taints[i].bit & 1 &&
		    !has_report(j->facts->reports, taints[i].is_crash))
			judge_found(j, "console", "silent", "console.log",
				    "the kernel's taint (%" PRId64
				    ") says that %s, and the console has no report of it",
				    tainted, taints[i].says);
}

void judge_log(struct judge *j)
{
	const json_t *hello = frames_find(j->frames, "hello", NULL, NULL);
	const json_t *end = frames_find(j->frames, "end", NULL, NULL);

	/* Without an end the account has its reason. */
	if (!j->facts->machine || !end)
		return;
	judge_taints(j, end);
	if (j->facts->console_lacks)
		judge_found(j, "console", "lacking", "console.log",
			    "%" PRIu64
			    " of the kernel's last warnings and errors are in its log and "
			    "not on the console: absence of a report cannot be shown",
			    j->facts->console_lacks);
	if (j->facts->console_log_ends)
		return;
	if (json_get_bool(end, "log", false))
		judge_found(j, "console", "deaf", "console.log",
			    "the last line of the kernel's log is not on the console, which was "
			    "cut, turned off or lowered: absence of a report cannot be shown");
	else if (strtol(json_get_str(hello, "init", ""), NULL, 10) < OLDEST_INIT)
		judge_note(j, "the init of that klab wrote no last line into the kernel's log: "
			      "nothing shows that all of the log reached the console");
	else
		judge_found(j, "console", "unmarked", "frames.jsonl",
			    "init could not write the last line of the kernel's log (%s): absence "
			    "of a report cannot be shown",
			    json_get_str(end, "log_error", "no word why"));
}
