// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/recovery.h"

#include "base/json.h"

static void add_check(struct strbuf *sb, const json_t *frame)
{
	const char *device = json_get_str(frame, "device", "");

	strbuf_addf(sb, "%s%s%s%s", sb->length ? ", " : "", json_get_str(frame, "what", "?"),
		    *device ? " " : "", device);
}

enum recovery recovery_judge(const struct frames *frames, struct strbuf *why)
{
	_cleanup_strbuf_ struct strbuf good = { 0 };
	_cleanup_strbuf_ struct strbuf bad = { 0 };
	json_t *frame;
	size_t i;

	json_array_foreach (frames->list, i, frame) {
		bool ok = json_get_bool(frame, "ok", false);

		if (!str_eq(json_get_str(frame, "k", ""), "recovery"))
			continue;
		add_check(ok ? &good : &bad, frame);
		if (!ok)
			strbuf_addf(&bad, " (%s)", json_get_str(frame, "why", "no word why"));
	}
	if (bad.length) {
		strbuf_addf(why, "did not recover: %s", bad.data);
		return RECOVERY_FAILED;
	}
	/* The last check is told before the end; one that is missing may have failed. */
	if (!good.length || !frames_find(frames, "end", NULL, NULL)) {
		strbuf_adds(why, good.length ? "not all checks of the recovery were heard of"
					     : "nobody tried whether it recovered");
		return RECOVERY_UNKNOWN;
	}
	strbuf_addf(why, "recovered: %s", good.data);
	return RECOVERY_DONE;
}
