// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/trace.h"

#include "base/json.h"

size_t trace_symbol_length(const char *symbol)
{
	size_t n = strcspn(symbol, ".");

	return n ? n : strlen(symbol);
}

bool trace_symbol_eq(const char *a, const char *b)
{
	size_t n = trace_symbol_length(a);

	return n == trace_symbol_length(b) && memcmp(a, b, n) == 0;
}

bool trace_frame_reliable(const json_t *frame)
{
	return json_get_bool(frame, "reliable", true);
}

size_t trace_match(const json_t *frames, const struct strv *functions, bool guesses)
{
	size_t found = 0, i;
	json_t *frame;

	json_array_foreach (frames, i, frame) {
		const char *symbol = json_get_str(frame, "symbol", "");

		if (found == functions->count)
			break;
		if (!guesses && !trace_frame_reliable(frame))
			continue;
		if (trace_symbol_eq(symbol, functions->items[found]))
			found++;
	}
	return found;
}
