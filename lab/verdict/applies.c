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
	_cleanup_strv_ struct strv others = { 0 };
	_cleanup_free_ char *places = NULL;

	*count = 0;
	for (size_t i = 0; i < all; i++) {
		const struct case_expect *e = &j->facts->expects[i];

		/* Of a kernel that did not say hello nobody knows: it is incomplete in any case. */
		if ((!e->since && !e->before) ||
		    (version && kernel_version_within(version, e->since, e->before)))
			kept[(*count)++] = *e;
		else
			strv_addf(&others, "case.yaml:%d", e->line);
	}
	places = strv_join(&others, ", ");
	if (others.count)
		judge_note(j, "not asked of %s%s: %s", version ? "Linux " : "",
			   version ? release : "a kernel that nobody knows", places);
	return kept;
}
