// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/applies.h"

#include "base/json.h"
#include "case/kernel-version.h"

struct case_expect *applying_expects(struct judge *j, size_t *count)
{
	const json_t *hello = frames_find(j->frames, "hello", NULL, NULL);
	const char *release = json_get_str(hello, "release", "");
	const size_t all = j->facts->expect_count;
	struct case_expect *kept = xcalloc(all + 1, sizeof(*kept));
	int version = kernel_version_parse(release, NULL);

	*count = 0;
	for (size_t i = 0; i < all; i++) {
		const struct case_expect *e = &j->facts->expects[i];

		if (!e->since && !e->before)
			kept[(*count)++] = *e;
		else if (!version)
			/* One that did not say hello is incomplete in any case. */
			judge_note(j, "case.yaml:%d is not asked: nobody knows which kernel ran",
				   e->line);
		else if (kernel_version_within(version, e->since, e->before))
			kept[(*count)++] = *e;
		else
			judge_note(j, "case.yaml:%d is not asked of Linux %s: %s", e->line, release,
				   e->text ? e->text : "?");
	}
	return kept;
}
