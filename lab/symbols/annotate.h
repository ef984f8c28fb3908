/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source lines for the frames of reports that are JSON already. */
#ifndef KLAB_SYMBOLS_ANNOTATE_H
#define KLAB_SYMBOLS_ANNOTATE_H

#include <jansson.h>

#include "symbols/symbols.h"

/*
 * Adds to every frame of every trace, and to the instruction pointer in `details`
 * (reports as of report_to_json()), what the symbolizer knows: `file` and `line` in the frame's own function, `inlined`
 * [{symbol, file, line}] innermost first where something was inlined there, and
 * `ambiguous` where several functions fit. Returns how many frames got a line.
 */
size_t symbols_annotate_reports(struct symbolizer *s, json_t *reports);

/* A place as JSON {lines: [{function, file, line, inline}], ambiguous}: new reference. */
json_t *symbols_place_to_json(const struct symbol_place *place);

#endif
