// SPDX-License-Identifier: GPL-2.0-or-later
/* libFuzzer: whatever the bytes, a case file is read or refused, with no crash, leak or endless
 * loop. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "plan/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_strv_ struct strv mistakes = { 0 };
	struct err err = ERR_INIT;
	struct case_file *c;
	struct plan *p;

	c = case_read_bytes("/nonexistent/fuzz.yaml", (const char *)data, size, &mistakes, &err);
	if (!c) {
		if (err.kind != ERR_INPUT || mistakes.count == 0)
			abort();
		return 0;
	}
	if (err.kind != ERR_NONE || mistakes.count)
		abort();
	p = plan_new(c);
	free(plan_format_guest(p));
	json_decref(plan_to_json(p));
	plan_free(p);
	case_free(c);
	return 0;
}
