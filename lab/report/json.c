// SPDX-License-Identifier: GPL-2.0-or-later
/* struct report -> JSON, and its end. */
#include "report/internal.h"

static json_t *frame_to_json(const struct report_frame *f)
{
	json_t *j = json_object();

	json_set_str(j, "symbol", f->symbol);
	json_set_str(j, "demangled", f->demangled);
	if (f->has_offset) {
		json_set_int(j, "offset", f->offset);
		json_set_int(j, "size", f->size);
	}
	json_set_str(j, "module", f->module);
	if (f->address) {
		char text[32];

		/* A string: an address has more bits than a JSON number keeps everywhere. */
		snprintf(text, sizeof(text), "0x%llx", (unsigned long long)f->address);
		json_set_str(j, "address", text);
	}
	json_set_bool(j, "reliable", f->reliable);
	if (f->is_inline)
		json_set_bool(j, "inline", true);
	if (f->exact)
		json_set_bool(j, "exact", true);
	return j;
}

static json_t *traces_to_json(const struct report *r)
{
	json_t *traces = json_array();

	for (size_t i = 0; i < r->trace_count; i++) {
		const struct report_trace *t = &r->traces[i];
		json_t *trace = json_object(), *frames = json_array();

		for (size_t k = 0; k < t->frame_count; k++)
			json_array_append_new(frames, frame_to_json(&t->frames[k]));
		json_set_str(trace, "context", t->context);
		json_object_set_new(trace, "frames", frames);
		json_array_append_new(traces, trace);
	}
	return traces;
}

static json_t *alts_to_json(const struct report *r)
{
	json_t *alts = json_array();

	/* Titles are printable ASCII: title_clean() sees to that. */
	for (size_t i = 0; i < r->alt_count; i++)
		json_array_append_new(alts, json_string(r->alt_titles[i]));
	return alts;
}

json_t *report_to_json(const struct report *r)
{
	json_t *j = json_object();

	json_set_str(j, "title", r->title);
	json_object_set_new(j, "alt_titles", alts_to_json(r));
	json_set_str(j, "kind", r->kind);
	json_set_str(j, "frame", r->frame);
	json_set_bool(j, "corrupted", r->corrupted);
	json_set_bool(j, "panicked", r->panicked);
	json_set_bool(j, "info", r->info);
	json_set_int(j, "count", r->count);
	json_set_int(j, "start", r->start);
	json_set_int(j, "end", r->end);
	json_set_int(j, "start_line", r->start_line);
	json_set_int(j, "end_line", r->end_line);
	if (r->time_s >= 0)
		json_object_set_new(j, "time_s", json_real(r->time_s));
	json_set_str(j, "task", r->task);
	if (r->pid >= 0)
		json_set_int(j, "pid", r->pid);
	if (r->cpu >= 0)
		json_set_int(j, "cpu", r->cpu);
	json_object_set_new(j, "traces", traces_to_json(r));
	if (r->details)
		json_object_set(j, "details", r->details);
	if (r->caused_by)
		json_object_set(j, "caused_by", r->caused_by);
	if (r->again)
		json_object_set(j, "again", r->again);
	return j;
}

static void trace_cut(struct report_trace *t, size_t most)
{
	while (t->frame_count > most) {
		struct report_frame *f = &t->frames[--t->frame_count];

		free(f->symbol);
		free(f->demangled);
		free(f->module);
	}
}

void report_traces_cut(struct report *r, size_t traces, size_t frames)
{
	while (r->trace_count > traces) {
		struct report_trace *t = &r->traces[--r->trace_count];

		trace_cut(t, 0);
		free(t->frames);
		free(t->context);
	}
	for (size_t i = 0; i < r->trace_count; i++)
		trace_cut(&r->traces[i], frames);
}

void report_free(struct report *r)
{
	if (!r)
		return;
	report_traces_cut(r, 0, 0);
	free(r->traces);
	for (size_t i = 0; i < r->alt_count; i++)
		free(r->alt_titles[i]);
	free(r->alt_titles);
	free(r->title);
	free(r->kind);
	free(r->frame);
	free(r->task);
	json_decref(r->details);
	json_decref(r->caused_by);
	json_decref(r->again);
	free(r);
}
