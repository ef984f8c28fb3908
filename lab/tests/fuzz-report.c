// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer target for the report parser: any bytes give valid JSON, and the
 * same reports whether they come at once or in pieces, whose size the first
 * byte says.
 */
#include <stdlib.h>

#include "base/json.h"
#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static json_t *parse_in_pieces(const char *bytes, size_t length, size_t piece)
{
	struct report_collector *c = report_collector_new();
	struct report_parser *p = report_parser_new(report_collector_add, c);
	json_t *all;

	for (size_t i = 0; i < length; i += piece)
		report_parser_feed(p, bytes + i, length - i < piece ? length - i : piece);
	report_parser_end(p);
	all = report_collector_json(c);
	report_parser_free(p);
	report_collector_free(c);
	return all;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const char *text = (const char *)bytes;
	json_t *whole, *pieces, *r;
	char *dumped;
	size_t i;

	if (!length)
		return 0;
	whole = report_parse_all(text, length);
	pieces = parse_in_pieces(text, length, 1 + bytes[0]);
	dumped = json_dumps(whole, JSON_COMPACT);
	if (!dumped || !json_equal(whole, pieces))
		abort();
	json_array_foreach (whole, i, r)
		if (!json_get_str(r, "title", "")[0] || !json_get_str(r, "kind", "")[0] ||
		    json_get_int(r, "end", -1) > (int64_t)length)
			abort();
	free(dumped);
	json_decref(whole);
	json_decref(pieces);
	return 0;
}
