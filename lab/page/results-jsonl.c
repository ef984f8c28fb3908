// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON lines: each result as an object, with what it comes to in one word. */
#include "base/json.h"
#include "page/results.h"

static const char *const outcome_names[] = {
	[PAGE_FAILED] = "failed", [PAGE_UNABLE] = "unable",   [PAGE_NOT_RUN] = "not run",
	[PAGE_PASSED] = "passed", [PAGE_SKIPPED] = "skipped",
};

char *page_results_jsonl(const json_t *all)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	size_t i;
	json_t *result;

	json_array_foreach (json_get_array(all, "results"), i, result) {
		_cleanup_json_ json_t *line = json_object();
		_cleanup_free_ char *text = NULL;

		json_set_str(line, "outcome", outcome_names[page_outcome_of(result)]);
		json_object_update(line, result);
		/* ASCII: whatever came from a guest is escaped. */
		text = json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);
		strbuf_addf(&out, "%s\n", text);
	}
	return strbuf_take(&out);
}
