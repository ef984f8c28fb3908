// SPDX-License-Identifier: GPL-2.0-or-later
/* What gdb says: any line is MI or refused, and what it holds can be written as JSON. */
#include <stdint.h>

#include "base/json.h"
#include "machine/mi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mi_record r;

	if (mi_parse(&r, (const char *)data, size)) {
		char *text = json_dumps(r.results, JSON_COMPACT);

		if (!text)
			__builtin_trap();
		free(text);
	}
	mi_record_clear(&r);
	return 0;
}
