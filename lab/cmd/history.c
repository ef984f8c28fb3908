/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab history, klab reports: cases and reports over the nights. */
#include "history/history.h"

#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "page/page.h"

enum { NUMBERS_MAX = 2000, NAMES_TOLD = 5 };

/* Of --since; without it `otherwise`. */
static int since_night(const struct options *opt, int64_t otherwise, int64_t *night,
		       struct err *err)
{
	*night = otherwise;
	if (!opt->since || history_night_parse(opt->since, night, err) == 0)
		return 0;
	return err_add(err, "--since");
}

static int show(const json_t *value, const struct options *opt,
		char *(*text_of)(const json_t *value, const struct page_style *style))
{
	struct page_style style = page_style_of(STDOUT_FILENO);
	_cleanup_free_ char *text = NULL;

	if (opt->json)
		return output_json(value);
	text = text_of(value, &style);
	fputs(text, stdout);
	return 0;
}

/* One that is not there: which are? */
static int check_number(struct history *h, const char *case_name, const char *words,
			const json_t *found, struct err *err)
{
	_cleanup_json_ json_t *all = NULL;
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_free_ char *list = NULL;
	json_t *number;
	size_t i;

	if (json_array_size(json_get_array(found, "numbers")))
		return 0;
	all = history_numbers(h, case_name, NULL, 0, NUMBERS_MAX, err);
	if (!all)
		return -1;
	json_array_foreach (json_get_array(all, "numbers"), i, number) {
		const char *key = json_get_str(number, "key", "");
		_cleanup_free_ char *name =
			xasprintf("%s%s%s", json_get_str(number, "file", ""), *key ? " " : "", key);

		if (names.count < NAMES_TOLD && !strv_has(&names, name))
			strv_add_take(&names, take_ptr(&name));
	}
	list = strv_join(&names, "`, `");
	if (!names.count)
		return err_set(err, ERR_INPUT, "%s: none of its runs left a number", case_name);
	return err_set(err, ERR_INPUT, "'%s': no such number of %s; expected words of one, as `%s`",
		       words, case_name, list);
}

static int history_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_history_ struct history *h = NULL;
	_cleanup_json_ json_t *value = NULL;
	const char *case_name, *number;
	int64_t since;

	if (options_parse(&opt, env, &cmd_history, argc, argv, 1, 2, err) < 0 ||
	    since_night(&opt, 0, &since, err) < 0)
		return -1;
	h = history_open(opt.history, err);
	if (!h)
		return -1;
	case_name = opt.args.items[0];
	number = opt.args.count > 1 ? opt.args.items[1] : NULL;
	value = number ? history_numbers(h, case_name, number, since, (size_t)opt.most, err)
		       : history_case(h, case_name, since, err);
	if (!value || (number && check_number(h, case_name, number, value, err) < 0))
		return -1;
	return show(value, &opt, number ? page_history_numbers_text : page_history_text);
}

const struct cmd cmd_history = {
	.name = "history",
	.args = "CASE [NUMBER]",
	.summary = "Shows a case over the nights: how often it failed, what changed, numbers",
	.main = history_main,
	.options = OPT_HISTORY | OPT_SINCE | OPT_MOST | OPT_JSON,
	.details = "NUMBER are words of the name of a number, as in 'hog utime' or memory.current: "
		   "its\n"
		   "trend is shown, the median of each night; words that no name has are told "
		   "with some\n"
		   "names. `klab regressions` says what is a change.\n",
};

static int reports_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_history_ struct history *h = NULL;
	_cleanup_json_ json_t *value = NULL;
	int64_t last, since;

	if (options_parse(&opt, env, &cmd_reports, argc, argv, 0, 0, err) < 0)
		return -1;
	h = history_open(opt.history, err);
	if (!h || history_last_night(h, &last, err) < 0 ||
	    since_night(&opt, opt.only_new ? last : 0, &since, err) < 0)
		return -1;
	value = history_reports(h, since, opt.only_new, (size_t)opt.most, err);
	return value ? show(value, &opt, page_reports_text) : -1;
}

const struct cmd cmd_reports = {
	.name = "reports",
	.args = "[--new] [--since NIGHT]",
	.summary = "Lists the kernel reports of all nights: first and last seen, how often, where",
	.main = reports_main,
	.options = OPT_HISTORY | OPT_SINCE | OPT_NEW | OPT_MOST | OPT_JSON,
	.details = "The newest titles come first, those that are information only last. With --new "
		   "only\n"
		   "titles that no night had before the last one, or before --since.\n",
};
