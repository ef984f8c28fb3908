/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Call traces as reports.json holds them: names made comparable, and looked through. Pure. */
#ifndef KLAB_VERDICT_TRACE_H
#define KLAB_VERDICT_TRACE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/*
 * Length of the function's own name: what the compiler appends (.isra.0,
 * .constprop.0, .part.0, .cold, .llvm.123) says how it was compiled, and a
 * relink may change it. C has no dots in names, so it starts at the first.
 */
size_t trace_symbol_length(const char *symbol);
bool trace_symbol_eq(const char *a, const char *b);

/*
 * How many of the functions, from the first on, stand in this order in one
 * trace (an array of frames, innermost first); others may stand between. A
 * frame that the unwinder marks as a guess (`?`) counts only with `guesses`.
 * A name may be one of several: "swap_readpage|swap_read_folio".
 * Functions that were inlined into a frame stand before it, where the symbolizer knows them.
 */
size_t trace_match(const json_t *frames, const struct strv *functions, bool guesses);

/* True unless the frame is marked as a guess of the unwinder. */
bool trace_frame_reliable(const json_t *frame);

#endif
