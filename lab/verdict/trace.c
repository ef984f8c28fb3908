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

/* "swap_readpage|swap_read_folio": any of them. */
static bool meets(const char *symbol, const char *wanted)
{
	_cleanup_strv_ struct strv names = { 0 };

	if (!strchr(wanted, '|'))
		return trace_symbol_eq(symbol, wanted);
	strv_split(&names, wanted, '|');
	for (size_t i = 0; i < names.count; i++)
		if (trace_symbol_eq(symbol, names.items[i]))
			return true;
	return false;
}

/* How many of the functions are met after this one symbol, with `found` met before. */
static size_t met_with(const json_t *frame, const struct strv *functions, size_t found)
{
	if (found < functions->count &&
	    meets(json_get_str(frame, "symbol", ""), functions->items[found]))
		found++;
	return found;
}

size_t trace_match(const json_t *frames, const struct strv *functions, bool guesses)
{
	size_t found = 0, i, k;
	json_t *frame, *inlined;

	json_array_foreach (frames, i, frame) {
		if (!guesses && !trace_frame_reliable(frame))
			continue;
		json_array_foreach (json_object_get(frame, "inlined"), k, inlined)
			found = met_with(inlined, functions, found);
		found = met_with(frame, functions, found);
	}
	return found;
}
