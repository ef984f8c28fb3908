/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab regressions: what has changed in the nights of the history. */
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "history/history.h"
#include "history/known.h"
#include "page/page.h"

/* One that nobody expects: not of a bug that is known and silenced still. */
static bool has_open(const json_t *alarms)
{
	size_t i;
	json_t *alarm;

	json_array_foreach (alarms, i, alarm)
		if (!known_bug_silences(alarm))
			return true;
	return false;
}

static json_t *read_regressions(struct history *h, const struct known_bugs *known, struct err *err)
{
	json_t *alarms, *out;
	int64_t night;
	char text[16];

	if (history_watch(h, HISTORY_ALARMS_A_YEAR, NULL, err) < 0 ||
	    history_last_night(h, &night, err) < 0)
		return NULL;
	alarms = history_alarms(h, known, err);
	if (!alarms)
		return NULL;
	history_night_format(night, text);
	out = json_object();
	json_set_str(out, "night", text);
	json_object_set_new(out, "alarms", alarms);
	return out;
}

static int regressions_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_known_bugs_ struct known_bugs known = { 0 };
	_cleanup_history_ struct history *h = NULL;
	_cleanup_json_ json_t *result = NULL;
	struct page_style style = page_style_of(STDOUT_FILENO);
	_cleanup_free_ char *text = NULL;

	if (options_parse(&opt, env, &cmd_regressions, argc, argv, 0, 0, err) < 0 ||
	    (opt.known && known_bugs_read(&known, opt.known, err) < 0))
		return -1;
	h = history_open(opt.history, err);
	result = h ? read_regressions(h, &known, err) : NULL;
	if (!result)
		return -1;
	if (opt.json) {
		output_json(result);
	} else {
		text = page_regressions_text(result, &style);
		fputs(text, stdout);
	}
	return has_open(json_get_array(result, "alarms")) ? 1 : 0;
}

const struct cmd cmd_regressions = {
	.name = "regressions",
	.args = "[--known FILE]",
	.summary = "Says what has changed in the nights: new reports, rates, levels of numbers",
	.main = regressions_main,
	.options = OPT_HISTORY | OPT_KNOWN | OPT_JSON,
	.details =
		"A new report is told at once; a rate and a level when the nights leave no doubt: "
		"so\n"
		"that of all rates together two false alarms a year are expected, and as many of "
		"all\n"
		"numbers (docs/statistics.md). Each is there until it heals. Exit code: 0 none, 1 "
		"some\n"
		"that are not of known bugs.\n",
};
