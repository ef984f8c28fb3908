// SPDX-License-Identifier: GPL-2.0-or-later
/* Source lines for the frames of reports that are JSON already. */
#include "symbols/annotate.h"

#include "base/json.h"

static void set_line(json_t *object, const struct symbol_line *l)
{
	json_set_str(object, "file", l->file);
	if (l->line)
		json_set_int(object, "line", l->line);
}

static json_t *inlined_to_json(const struct symbol_place *place)
{
	json_t *inlined = json_array();

	for (size_t i = 0; i + 1 < place->count; i++) {
		json_t *one = json_object();

		json_set_str(one, "symbol", place->lines[i].function);
		set_line(one, &place->lines[i]);
		json_array_append_new(inlined, one);
	}
	return inlined;
}

static bool annotate_frame(struct symbolizer *s, json_t *frame, bool is_return)
{
	const char *symbol = json_get_str(frame, "symbol", NULL);
	int64_t offset = json_get_int(frame, "offset", -1);
	struct symbol_place place;

	if (!symbol || offset < 0 ||
	    !symbolizer_find(s, symbol, (uint64_t)offset, (uint64_t)json_get_int(frame, "size", 0),
			     json_get_str(frame, "module", NULL), is_return, &place))
		return false;
	set_line(frame, &place.lines[place.count - 1]);
	if (place.count > 1)
		json_object_set_new(frame, "inlined", inlined_to_json(&place));
	if (place.ambiguous)
		json_set_bool(frame, "ambiguous", true);
	return true;
}

size_t symbols_annotate_reports(struct symbolizer *s, json_t *reports)
{
	json_t *report, *trace, *frame;
	size_t count = 0, r, t, f;

	json_array_foreach (reports, r, report) {
		json_t *ip = json_get_object(json_get_object(report, "details"), "ip");

		count += annotate_frame(s, ip, false);
		json_array_foreach (json_get_array(report, "traces"), t, trace)
			json_array_foreach (json_get_array(trace, "frames"), f, frame)
				count += annotate_frame(s, frame,
							!json_get_bool(frame, "exact", false));
	}
	return count;
}

json_t *symbols_place_to_json(const struct symbol_place *place)
{
	json_t *object = json_object(), *lines = json_array();

	for (size_t i = 0; i < place->count; i++) {
		const struct symbol_line *l = &place->lines[i];
		json_t *line = json_object();

		json_set_str(line, "function", l->function);
		set_line(line, l);
		if (l->is_inline)
			json_set_bool(line, "inline", true);
		json_array_append_new(lines, line);
	}
	json_object_set_new(object, "lines", lines);
	if (place->ambiguous)
		json_set_bool(object, "ambiguous", true);
	return object;
}
