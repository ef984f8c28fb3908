// SPDX-License-Identifier: GPL-2.0-or-later
/* The traces of a comparison side by side. */
#include <inttypes.h>

#include "base/json.h"
#include "page/compare-say.h"
#include "page/compare-text.h"
#include "page/trace-text.h"

static void add_other_title(struct compare_page *c, const json_t *trace)
{
	_cleanup_free_ char *text = compare_say_other_title(c->comparison, trace);

	if (!text)
		return;
	page_to(&c->p, 4);
	page_wrap(&c->p, TONE_WARN, text, 6);
	page_line(&c->p);
}

static bool any_rows(const json_t *traces)
{
	json_t *trace;
	size_t i;

	json_array_foreach (traces, i, trace)
		if (!json_get_bool(trace, "equal", false) &&
		    json_array_size(json_object_get(trace, "sides")) > 1)
			return true;
	return false;
}

static void add_trace(struct compare_page *c, const json_t *traces, size_t at)
{
	const json_t *trace = json_array_get(traces, at);
	bool alone = json_array_size(json_object_get(trace, "sides")) < 2;
	bool equal = json_get_bool(trace, "equal", false);
	_cleanup_free_ char *state = compare_say_trace(c->comparison, at);

	if (!state)
		return;
	page_to(&c->p, 2);
	compare_page_name(c, TONE_INFO, json_get_str(trace, "title", "?"),
			  c->p.style.width - 3 - page_columns(state) - 2);
	page_right(&c->p, equal ? TONE_GOOD : TONE_WARN, state, c->p.style.width);
	page_line(&c->p);
	add_other_title(c, trace);
	if (alone || equal)
		page_trace_chain(&c->p, trace);
	else
		page_trace_rows(&c->p, trace, compare_say_name_of(c->comparison, trace, 0),
				compare_say_name_of(c->comparison, trace, 1));
}

void compare_page_traces(struct compare_page *c)
{
	const json_t *traces = json_object_get(c->comparison, "traces");
	int64_t left = json_get_int(c->comparison, "traces_left_out", 0);
	json_t *trace;
	size_t i;

	if (!json_array_size(traces))
		return;
	compare_page_section(c, "traces");
	page_wrap(&c->p, TONE_DIM, "innermost first; addresses, offsets, times and pids left aside",
		  PAGE_LABEL);
	page_line(&c->p);
	if (any_rows(traces))
		page_trace_legend(&c->p);
	/* Those that differ are what one came for. */
	for (int equal = 0; equal < 2; equal++)
		json_array_foreach (traces, i, trace)
			if (json_get_bool(trace, "equal", false) == (equal == 1))
				add_trace(c, traces, i);
	if (left) {
		page_to(&c->p, 2);
		page_addf(&c->p, TONE_DIM, "… %" PRId64 " more traces", left);
		page_line(&c->p);
	}
}
