/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a night changed in the history, and which commits did it. */
#include "page/changes-text.h"

#include <inttypes.h>

#include "base/json.h"
#include "page/bisect-text.h"
#include "page/regressions-text.h"

static void add_bisected(struct page *p, const json_t *bisected)
{
	const json_t *result = json_get_object(bisected, "result");
	const char *why = json_get_str(bisected, "why", NULL);
	const char *dir = json_get_str(result, "dir", NULL);

	if (!bisected)
		return;
	page_add_bisect_answer(p, result);
	if (why) {
		page_label(p, "bisect");
		page_wrap(p, TONE_WARN, why, PAGE_LABEL);
		page_line(p);
	}
	if (json_get_bool(bisected, "goes_on", false))
		page_add_command(p, json_get_array(bisected, "command"));
	if (dir) {
		page_to(p, PAGE_LABEL);
		page_addf(p, TONE_DIM, "klab show %s", dir);
		page_line(p);
	}
	page_line(p);
}

/* "2 older regressions are open, 1 of known bugs is silenced: `klab regressions`" */
static void add_others(struct page *p, int64_t older, int64_t silenced)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	if (older)
		strbuf_addf(&text, "%" PRId64 " older regression%s open%s", older,
			    older == 1 ? " is" : "s are", silenced ? ", " : "");
	if (silenced)
		strbuf_addf(&text, "%" PRId64 " of known bugs %s silenced", silenced,
			    silenced == 1 ? "is" : "are");
	strbuf_adds(&text, ": `klab regressions`");
	page_wrap(p, TONE_PLAIN, text.data, 2);
	page_line(p);
}

void page_add_changes(struct page *p, const json_t *changes)
{
	const json_t *alarms = json_get_array(changes, "alarms"), *alarm;
	int64_t older = json_get_int(changes, "older", 0);
	int64_t silenced = json_get_int(changes, "silenced", 0);
	const char *error = json_get_str(changes, "error", NULL);
	size_t i;

	if (!json_array_size(alarms) && !older && !silenced && !error)
		return;
	page_line(p);
	page_add(p, TONE_STRONG, "changed");
	page_line(p);
	json_array_foreach (alarms, i, alarm) {
		page_add_alarm(p, alarm);
		add_bisected(p, json_get_object(alarm, "bisected"));
	}
	if (older || silenced)
		add_others(p, older, silenced);
	if (!error)
		return;
	page_add(p, TONE_WARN, "the history could not be looked at: ");
	page_wrap(p, TONE_WARN, error, 2);
	page_line(p);
}
