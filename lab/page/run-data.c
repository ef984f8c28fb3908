// SPDX-License-Identifier: GPL-2.0-or-later
/* What the guest found and wrote: the numbers of its tasks, their output, its snapshots. */
#include <inttypes.h>

#include "base/json.h"
#include "console/frames.h"
#include "page/run-data.h"
#include "verdict/snapshot.h"

#define SHORT_LINES   6	   /* of one output, unless verbose: its end, where scripts say why */
#define SHORT_BYTES   480  /* of one such line, and */
#define VERBOSE_LINES 1000 /* of one file or output */
#define VERBOSE_BYTES 65536
#define MAX_TEXT      (4u << 20) /* bytes of one output that are looked at */

static void add_hint(struct page *p, size_t lines, const char *what)
{
	page_to(p, PAGE_LABEL + 2);
	page_addf(p, TONE_DIM, "… %zu line%s %s%s", lines, lines == 1 ? "" : "s", what,
		  p->style.verbose ? "" : "; klab show -v has them");
	page_line(p);
}

/* One line as it stands, tabs to every eighth column; too wide for that, it is wrapped, and cut. */
static void add_text_line(struct page *p, const char *line)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	size_t most = p->style.verbose ? VERBOSE_BYTES : SHORT_BYTES;
	int column = 0;

	for (; *line; line++) {
		/* Between two characters. */
		if (text.length >= most && ((unsigned char)*line & 0xc0) != 0x80) {
			strbuf_addf(&text, "… (%zu bytes more)", strlen(line));
			break;
		}
		if (*line == '\r' && !line[1])
			break;
		if (*line == '\t') {
			int blanks = 8 - column % 8;

			strbuf_addf(&text, "%*s", blanks, "");
			column += blanks;
			continue;
		}
		strbuf_addc(&text, *line);
		column += ((unsigned char)*line & 0xc0) != 0x80;
	}
	page_to(p, PAGE_LABEL + 2);
	if (column <= p->style.width - PAGE_LABEL - 2)
		page_add(p, TONE_DIM, text.data);
	else
		page_wrap(p, TONE_DIM, text.data, PAGE_LABEL + 4);
	page_line(p);
}

static void split_lines(struct strv *lines, const char *text)
{
	size_t n = strlen(text);
	_cleanup_free_ char *whole = xstrndup(text, n - (n && text[n - 1] == '\n'));

	if (n)
		strv_split(lines, whole, '\n');
}

/* Its last lines, or with `verbose` all of them, up to a limit that is told. */
static void add_text(struct page *p, const char *text)
{
	_cleanup_strv_ struct strv lines = { 0 };
	size_t most = p->style.verbose ? VERBOSE_LINES : SHORT_LINES;
	size_t from;

	split_lines(&lines, text);
	from = lines.count > most ? lines.count - most : 0;
	if (from)
		add_hint(p, from, "before");
	for (size_t i = from; i < lines.count; i++)
		add_text_line(p, lines.items[i]);
}

/* The last that it told: each holds all of the one before. */
void run_page_results(struct page *p, const struct run_facts *run, const char *task)
{
	const struct frames frames = { .list = run->frames };
	const json_t *frame = frames_find(&frames, "result", "name", task);
	_cleanup_strbuf_ struct strbuf text = { 0 };
	json_t *value;
	const char *key;

	json_object_foreach (json_object_get(frame, "data"), key, value) {
		strbuf_addf(&text, "%s%s ", text.length ? ", " : "", key);
		if (json_is_string(value))
			strbuf_adds(&text, json_string_value(value));
		else if (json_is_integer(value))
			strbuf_addf(&text, "%" PRId64, (int64_t)json_integer_value(value));
		else
			strbuf_addf(&text, "%g", json_number_value(value));
	}
	if (!text.length)
		return;
	page_to(p, PAGE_LABEL + 2);
	page_wrap(p, TONE_DIM, text.data, PAGE_LABEL + 2);
	page_line(p);
}

/* What one step wrote: both streams as they came. */
struct output {
	const char *task; /* of its first frame; NULL: it has no name */
	struct strbuf text;
};

static void add_output(struct page *p, const json_t *step, const struct output *o)
{
	page_add(p, TONE_STRONG, o->task ? o->task : json_get_str(step, "verb", "?"));
	page_addf(p, TONE_DIM, "  case.yaml:%" PRId64, json_get_int(step, "line", 0));
	page_line(p);
	add_text(p, o->text.data);
}

void run_page_output(struct page *p, const struct run_facts *run)
{
	const json_t *steps = json_object_get(run->plan, "steps");
	size_t count = json_array_size(steps), i;
	struct output *outputs = xcalloc(count + 1, sizeof(*outputs));
	const char *label = "output";
	json_t *frame;

	json_array_foreach (run->frames, i, frame) {
		int64_t index = json_get_int(frame, "i", -1);
		struct output *o;

		if (!str_eq(json_get_str(frame, "k", ""), "output") || index < 0 ||
		    (uint64_t)index >= count)
			continue;
		o = &outputs[index];
		if (!o->text.length)
			o->task = json_get_str(frame, "name", NULL);
		if (o->text.length < MAX_TEXT)
			strbuf_adds(&o->text, json_get_str(frame, "data", ""));
	}
	for (i = 0; i < count; i++) {
		if (!outputs[i].text.length)
			continue;
		page_label(p, label);
		label = "";
		add_output(p, json_array_get(steps, i), &outputs[i]);
		strbuf_clear(&outputs[i].text);
	}
	free(outputs);
}

/* In short: itself when it is one line, cut where the page ends, else how many lines there are. */
static void add_snapshot_brief(struct page *p, const char *data)
{
	_cleanup_strv_ struct strv lines = { 0 };

	split_lines(&lines, data);
	if (!lines.count)
		page_add(p, TONE_DIM, "  empty");
	else if (lines.count == 1)
		page_addf(p, TONE_PLAIN, "  %s", lines.items[0]);
	else
		page_addf(p, TONE_DIM, "  %zu line%s", lines.count, lines.count == 1 ? "" : "s");
	page_line(p);
}

static void add_snapshot(struct page *p, const json_t *frame)
{
	const char *data = json_get_str(frame, "data", NULL);
	_cleanup_free_ char *index = xasprintf("%" PRId64, json_get_int(frame, "i", -1));
	const char *label = json_get_str(frame, "label", index);

	page_add(p, TONE_STRONG, json_get_str(frame, "file", "?"));
	if (!str_eq(label, index)) /* one that the case gave it */
		page_addf(p, TONE_DIM, "  %s", label);
	if (!data) {
		page_add(p, TONE_PLAIN, "  ");
		page_wrap(p, TONE_WARN, json_get_str(frame, "error", "no content"), PAGE_LABEL + 2);
		page_line(p);
	} else if (p->style.verbose) {
		page_line(p);
		add_text(p, data);
	} else {
		add_snapshot_brief(p, data);
	}
}

/* A file that was sampled: one line for all of its samples. */
struct samples {
	const json_t *first, *last;
	size_t count;
	bool numbers; /* each of them is just one number */
	long double min, max;
};

static bool is_sample_of(const json_t *frame, const json_t *first)
{
	return str_eq(json_get_str(frame, "k", ""), "snapshot") &&
	       json_is_integer(json_object_get(frame, "sample")) &&
	       json_get_int(frame, "i", -1) == json_get_int(first, "i", -2) &&
	       str_eq(json_get_str(frame, "file", ""), json_get_str(first, "file", "?"));
}

static void samples_gather(struct samples *s, const json_t *frames, size_t from)
{
	json_t *frame;
	size_t i;

	*s = (struct samples){ .first = json_array_get(frames, from), .numbers = true };
	for (i = from; i < json_array_size(frames); i++) {
		_cleanup_free_ char *text = NULL;
		long double number = 0;
		const char *unit;

		frame = json_array_get(frames, i);
		if (!is_sample_of(frame, s->first))
			continue;
		text = snapshot_field(json_get_str(frame, "data", ""), NULL);
		s->numbers = s->numbers && !strpbrk(text, " \n") &&
			     snapshot_text_number(text, &number, &unit);
		if (!s->count || number < s->min)
			s->min = number;
		if (!s->count || number > s->max)
			s->max = number;
		s->last = frame;
		s->count++;
	}
}

static void add_samples(struct page *p, const json_t *frames, size_t from)
{
	struct samples s;
	char took[24];

	samples_gather(&s, frames, from);
	page_format_ms((json_get_num(s.last, "t", 0) - json_get_num(s.first, "t", 0)) / 1e6, took);
	page_add(p, TONE_STRONG, json_get_str(s.first, "file", "?"));
	page_addf(p, TONE_DIM, "  %s", json_get_str(s.first, "label", "?"));
	page_addf(p, TONE_PLAIN, "  %zu sample%s in %s", s.count, s.count == 1 ? "" : "s", took);
	if (s.numbers)
		page_addf(p, TONE_PLAIN, ", %.15Lg to %.15Lg", s.min, s.max);
	page_line(p);
	if (p->style.verbose)
		add_text(p, json_get_str(s.last, "data", ""));
}

void run_page_snapshots(struct page *p, const struct run_facts *run)
{
	const char *label = "snapshots";
	json_t *frame;
	size_t i;

	json_array_foreach (run->frames, i, frame) {
		int64_t sample = json_get_int(frame, "sample", -1);

		if (!str_eq(json_get_str(frame, "k", ""), "snapshot") || sample > 0)
			continue;
		page_label(p, label);
		label = "";
		if (sample == 0)
			add_samples(p, run->frames, i);
		else
			add_snapshot(p, frame);
	}
}

void run_page_coverage(struct page *p, const struct run_facts *run)
{
	const json_t *c = run->coverage;
	size_t boot = json_object_size(json_object_get(c, "boot_only"));
	size_t in_case = json_object_size(json_object_get(c, "case_only")) +
			 json_object_size(json_object_get(c, "both"));
	_cleanup_strbuf_ struct strbuf text = { 0 };

	if (!c)
		return;
	strbuf_addf(&text, "%zu of %" PRId64 " functions of the kernel ran in the case", in_case,
		    json_get_int(c, "functions", 0));
	if (str_eq(json_get_str(c, "from", ""), "checkpoint"))
		strbuf_adds(&text, ", from its checkpoint on");
	else
		strbuf_addf(&text, ", %zu more in the boot alone", boot);
	page_label(p, "coverage");
	page_wrap(p, TONE_PLAIN, text.data, PAGE_LABEL);
	page_line(p);
}
