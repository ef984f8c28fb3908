// SPDX-License-Identifier: GPL-2.0-or-later
#include "build/config-mix.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "build/config-diff.h"

static bool same_value(const char *a, const char *b)
{
	return str_eq(a ? a : "n", b ? b : "n");
}

static char *lost_text(const struct kconfig_lost *l)
{
	return xasprintf("%s=%s does not hold (it is %s): %s", l->symbol, l->wanted,
			 *l->got ? l->got : "empty", l->why);
}

/* ---- the sides ---- */

static struct build_request side_request(const struct config_mix *mix, const struct strv *fragments)
{
	struct build_request req = *mix->req;

	req.fragments = fragments;
	req.require = NULL;
	return req;
}

static const char *described_prompt(const json_t *described, const char *symbol)
{
	const json_t *item;
	size_t i;

	json_array_foreach (described, i, item)
		if (str_eq(json_get_str(item, "symbol", ""), symbol))
			return json_get_str(item, "prompt", NULL);
	return NULL;
}

/* A line that a user cannot set only says what followed: in a .config there are many. */
static int check_lost(const struct build_request *req, const struct config_answer *side,
		      struct err *err)
{
	_cleanup_(config_answer_clear)
	struct config_answer about = { 0 };
	_cleanup_strv_ struct strv symbols = { 0 };
	const struct strv none = { 0 };

	for (size_t i = 0; i < side->lost_count; i++)
		strv_add(&symbols, side->lost[i].symbol);
	if (!symbols.count)
		return 0;
	if (build_config_resolve(req, &none, &symbols, &about, NULL, err) < 0)
		return -1;
	for (size_t i = 0; i < side->lost_count; i++) {
		const struct kconfig_lost *l = &side->lost[i];
		_cleanup_free_ char *text = lost_text(l);

		if (str_eq(l->got, "undefined") || described_prompt(about.described, l->symbol))
			return err_set(err, ERR_INPUT, "%s: %s", l->origin, text);
	}
	return 0;
}

static int read_side(struct config_mix *mix, size_t side, const struct strv *fragments,
		     struct progress *progress, struct err *err)
{
	_cleanup_(config_answer_clear)
	struct config_answer answer = { 0 };
	struct build_request req = side_request(mix, fragments);

	/* Notes of what a version is not asked for are said once, here. */
	if (build_config_resolve(&req, NULL, NULL, &answer, progress, err) < 0 ||
	    check_lost(&req, &answer, err) < 0)
		return -1;
	mix->sides[side] = take_ptr(&answer.config);
	free(mix->source_hash);
	mix->source_hash = take_ptr(&answer.source_hash);
	return 0;
}

/* ---- the options ---- */

static int by_place(const void *a, const void *b)
{
	const struct config_option *x = a, *y = b;

	return x->place != y->place ? x->place - y->place : strcmp(x->symbol, y->symbol);
}

/* What the second side does not name, and is no switch, cannot be set to that: it follows. */
static bool can_be_set(const json_t *about, const char *first, const char *second)
{
	bool is_switch = first && strchr("ymn", first[0]) && !first[1];

	return json_get_str(about, "prompt", NULL) && (second || is_switch);
}

static void add_options(struct config_mix *mix, const json_t *described)
{
	struct config_values values[2];
	const json_t *about;
	size_t i;

	for (size_t side = 0; side < 2; side++)
		config_parse(&values[side], mix->sides[side]);
	json_array_foreach (described, i, about) {
		const char *symbol = json_get_str(about, "symbol", "");
		const char *first = config_value(&values[0], symbol);
		const char *second = config_value(&values[1], symbol);
		struct config_option *o;

		if (!can_be_set(about, first, second)) {
			mix->follow_count++;
			continue;
		}
		o = vec_push(&mix->options, &mix->count, &mix->room);
		o->symbol = xstrdup(symbol);
		o->prompt = xstrdup(json_get_str(about, "prompt", ""));
		o->file = xstrdup(json_get_str(about, "file", ""));
		o->line = (int)json_get_int(about, "line", 0);
		o->place = (int)json_get_int(about, "place", 0);
		o->values[0] = xstrdup(first);
		o->values[1] = xstrdup(second);
	}
	for (size_t side = 0; side < 2; side++)
		config_values_clear(&values[side]);
}

static int find_options(struct config_mix *mix, const struct strv *fragments, struct err *err)
{
	_cleanup_(config_answer_clear)
	struct config_answer answer = { 0 };
	_cleanup_strv_ struct strv symbols = { 0 };
	struct build_request req = side_request(mix, fragments);
	const struct strv none = { 0 };

	config_changed(mix->sides[0], mix->sides[1], &symbols);
	if (build_config_resolve(&req, &none, &symbols, &answer, NULL, err) < 0)
		return -1;
	add_options(mix, answer.described);
	if (!mix->count)
		return err_set(err, ERR_INPUT,
			       "the two configurations differ in no option that can be set");
	qsort(mix->options, mix->count, sizeof(*mix->options), by_place);
	for (size_t i = 0; i < mix->count; i++)
		strv_add(&mix->names, mix->options[i].symbol);
	return 0;
}

int config_mix_init(struct config_mix *mix, const struct build_request *req,
		    const struct strv *first, const struct strv *second, struct progress *progress,
		    struct err *err)
{
	int result;

	*mix = (struct config_mix){ .req = req };
	result = read_side(mix, 0, first, progress, err);
	if (result == 0)
		result = read_side(mix, 1, second, progress, err);
	progress_end(progress);
	if (result < 0)
		return -1;
	return find_options(mix, second, err);
}

void config_mix_clear(struct config_mix *mix)
{
	if (!mix)
		return;
	for (size_t i = 0; i < mix->count; i++) {
		free(mix->options[i].symbol);
		free(mix->options[i].prompt);
		free(mix->options[i].file);
		free(mix->options[i].values[0]);
		free(mix->options[i].values[1]);
	}
	free(mix->options);
	free(mix->sides[0]);
	free(mix->sides[1]);
	free(mix->source_hash);
	strv_clear(&mix->names);
	*mix = (struct config_mix){ 0 };
}

/* ---- between them ---- */

static const struct config_option *find_option(const struct config_mix *mix, const char *symbol,
					       size_t length)
{
	for (size_t i = 0; i < mix->count; i++)
		if (strlen(mix->options[i].symbol) == length &&
		    memcmp(mix->options[i].symbol, symbol, length) == 0)
			return &mix->options[i];
	return NULL;
}

static void add_line(struct strbuf *text, const char *symbol, const char *value)
{
	if (same_value(value, NULL))
		strbuf_addf(text, "# CONFIG_%s is not set\n", symbol);
	else
		strbuf_addf(text, "CONFIG_%s=%s\n", symbol, value);
}

/* The last line of a choice counts: those of the set come after all others. */
static int write_mix(const struct config_mix *mix, const char *path, const bool *set,
		     struct strv *held, struct err *err)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct config_values values;

	config_parse(&values, mix->sides[0]);
	for (size_t i = 0; i < values.count; i++) {
		const char *symbol = values.items[i].symbol;
		const struct config_option *o = find_option(mix, symbol, strlen(symbol));

		if (!o || !set[o - mix->options])
			add_line(&text, symbol, values.items[i].value);
	}
	config_values_clear(&values);
	for (size_t i = 0; i < mix->count; i++) {
		if (!set[i])
			continue;
		add_line(&text, mix->options[i].symbol, mix->options[i].values[1]);
		strv_add(held, mix->options[i].symbol);
	}
	return file_write_atomic(path, text.data ? text.data : "", text.length, err);
}

/* What kconfig advises to set, where that is as the second side has it. False: none of it is. */
static bool take_advice(const struct config_mix *mix, const struct config_answer *answer, bool *set)
{
	bool taken = false;

	for (size_t i = 0; i < answer->lost_count; i++) {
		const struct strv *advice = &answer->lost[i].turn_on;

		for (size_t k = 0; k < advice->count; k++) {
			const char *line = advice->items[k];
			size_t length = strcspn(line, "=");
			const struct config_option *o = find_option(mix, line, length);

			if (!o || set[o - mix->options] || !line[length] ||
			    !same_value(line + length + 1, o->values[1]))
				continue;
			taken = set[o - mix->options] = true;
		}
	}
	return taken;
}

static void compare(const struct config_mix *mix, const char *config, bool *got)
{
	struct config_values values;

	config_parse(&values, config);
	for (size_t i = 0; i < mix->count; i++)
		got[i] = same_value(config_value(&values, mix->options[i].symbol),
				    mix->options[i].values[1]);
	config_values_clear(&values);
}

int config_mix_resolve(const struct config_mix *mix, const char *work_path, const bool *set,
		       bool *got, char **config, char **why, struct err *err)
{
	_cleanup_strv_ struct strv fragments = { 0 };
	struct build_request req = *mix->req;

	*config = *why = NULL;
	req.fragments = &fragments;
	strv_add(&fragments, work_path);
	memcpy(got, set, mix->count * sizeof(*got));
	for (;;) {
		_cleanup_(config_answer_clear)
		struct config_answer answer = { 0 };
		_cleanup_strv_ struct strv held = { 0 };

		if (write_mix(mix, work_path, got, &held, err) < 0 ||
		    build_config_resolve(&req, &held, NULL, &answer, NULL, err) < 0)
			return -1;
		if (!answer.lost_count) {
			*config = take_ptr(&answer.config);
			compare(mix, *config, got);
			return 0;
		}
		if (take_advice(mix, &answer, got))
			continue;
		*why = lost_text(&answer.lost[0]);
		return 0;
	}
}
