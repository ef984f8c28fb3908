// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * FAULT_INJECTION dumps (lib/fault-inject.c, fail_dump()):
 *
 *   FAULT_INJECTION: forcing a failure.
 *   name fail_make_request, interval 1, probability 100, space 0, times -1
 *   CPU: 0 PID: 57 Comm: memhog Not tainted 6.1.0 #1      with verbose > 1
 *   Call Trace: ...
 */
#include <string.h>

#include "report/internal.h"

/* From the caller that is hit down to the decision that its call shall fail. */
static const char *const own_frames[] = {
	"should_fail",	     "^fail_dump",	     "^should_",       "^__should_",
	"alloc_hook",	     "^prepare_alloc_pages", "alloc_pages",    "alloc_page",
	"^__get_free_pages", "^submit_bio",	     "^get_futex_key", NULL,
};

static void set_number(json_t *object, const char *key, struct span line, const char *name)
{
	int64_t value;

	if (span_i64_after(line, name, &value))
		json_set_int(object, key, value);
}

static void take_attribute(struct span line, struct report *r)
{
	json_t *details = report_details(r);
	struct span name = span_word_after(line, "name ");

	if (name.n)
		json_set_strn(details, "attribute", name.p, name.n);
	set_number(details, "interval", line, "interval ");
	set_number(details, "probability", line, "probability ");
	set_number(details, "space", line, "space ");
	set_number(details, "times", line, "times ");
}

/* The function whose request was made to fail, NULL: no stack was printed. */
static const char *failed_function(const struct report *r)
{
	const char *first = NULL;

	for (size_t i = 0; i < r->trace_count; i++)
		for (size_t k = 0; k < r->traces[i].frame_count; k++) {
			const struct report_frame *f = &r->traces[i].frames[k];
			struct span symbol = { f->symbol, strcspn(f->symbol, ".") };

			if (!f->reliable || symbol_matches(symbol, "^dump_stack"))
				continue;
			if (!first)
				first = f->symbol;
			if (!plumbing_is(symbol, own_frames))
				return f->symbol;
		}
	return first;
}

void details_injection(const struct text *t, struct report *r)
{
	_cleanup_strbuf_ struct strbuf title = { 0 };
	const char *function;

	for (size_t i = 1; i < t->count && i < 8; i++) {
		struct span line = text_span(t, i);

		if (span_starts(line, "name ") && span_has(line, ", interval ")) {
			take_attribute(line, r);
			break;
		}
	}
	function = failed_function(r);
	strbuf_addf(&title, "fault injection: %s",
		    json_get_str(r->details, "attribute", "unknown"));
	r->frame = xstrdup(function ? function : "");
	r->frame[strcspn(r->frame, ".")] = '\0';
	if (function)
		strbuf_addf(&title, " in %s", r->frame);
	free(r->title);
	r->title = title_plain(title.data);
	r->corrupted = !json_object_get(r->details, "attribute");
}
