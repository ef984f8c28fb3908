// SPDX-License-Identifier: GPL-2.0-or-later
/* Arguments that are lists of something: numbers, texts, words of which each is a bit, rules. */
#include <inttypes.h>

#include "case/reader.h"
#include "case/value.h"

#define RULES_MAX   64
#define NUMBERS_MAX 4096 /* in one range */

/* "FROM..TO" stands for each number from one to the other. False: it is no such range. */
static bool read_range(struct step_reader *s, const struct yaml_node *n, const struct arg_def *def,
		       struct strv *values)
{
	int64_t from, to;

	if (n->kind != YAML_SCALAR || !strstr(n->text, ".."))
		return false;
	if (!str_parse_range(n->text, &from, &to) || from < def->min || to > def->max ||
	    to - from >= NUMBERS_MAX) {
		mistakes_add(s->r->m, n->line, n->column,
			     "`%s` has `%.60s`; expected a number, or FROM..TO, at most %d of them",
			     def->name, n->text, NUMBERS_MAX);
		return true;
	}
	for (; from <= to; from++)
		strv_addf(values, "%" PRId64, from);
	return true;
}

/* A list, or one alone. */
static void read_list(struct step_reader *s, const struct yaml_node *n, const struct arg_def *def,
		      struct strv *values)
{
	const struct arg_def number = {
		.name = def->name, .type = ARG_INT, .min = def->min, .max = def->max
	};
	size_t count = n->kind == YAML_LIST ? n->count : 1;

	if (count == 0)
		mistakes_add(s->r->m, n->line, n->column, "`%s` is an empty list; expected %s",
			     def->name, def->help);
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *one = n->kind == YAML_LIST ? n->items[i] : n;

		if (def->type == ARG_NUMBERS) {
			if (!read_range(s, one, def, values))
				read_arg(s, one, &number, values);
		} else if (value_text(s->r->m, one, def->name, VALUE_MAX_TEXT, def->help)) {
			read_use_devices(s, one);
			strv_add(values, one->text);
		}
	}
}

/* The place of a word in "a|b|c", -1: none; told. */
static int read_place(struct step_reader *s, const struct yaml_node *n, const struct arg_def *def)
{
	const struct arg_def word = { .name = def->name,
				      .type = ARG_CHOICE,
				      .choices = def->choices };
	_cleanup_strv_ struct strv choices = { 0 }, one = { 0 };

	read_arg(s, n, &word, &one);
	strv_split(&choices, def->choices, '|');
	for (size_t i = 0; one.count && i < choices.count; i++)
		if (str_eq(choices.items[i], one.items[0]))
			return (int)i;
	return -1;
}

static void read_flags(struct step_reader *s, const struct yaml_node *n, const struct arg_def *def,
		       struct strv *values)
{
	int64_t flags = 0;
	size_t i;

	if (n->kind == YAML_SCALAR && str_parse_i64(n->text, &flags) && flags >= 0) {
		strv_addf(values, "%" PRId64, flags);
		return;
	}
	if (n->kind != YAML_LIST) {
		int place = read_place(s, n, def);

		if (place >= 0)
			strv_addf(values, "%d", 1 << place);
		return;
	}
	for (i = 0; i < n->count; i++) {
		int place = read_place(s, n->items[i], def);

		if (place < 0)
			return;
		flags |= INT64_C(1) << place;
	}
	strv_addf(values, "%" PRId64, flags);
}

/* A key of a rule, told when it is none. */
static const struct arg_def *rule_field(struct step_reader *s, const struct yaml_node *key,
					const struct arg_def *def)
{
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_free_ char *expected = NULL, *hint = NULL;

	for (const struct arg_def *f = def->fields; f->name; f++) {
		if (str_eq(f->name, key->text))
			return f;
		strv_add(&names, f->name);
	}
	expected = strv_join(&names, ", ");
	hint = mistakes_hint(key->text, (const char *const *)names.items, names.count);
	mistakes_add(s->r->m, key->line, key->column, "`%s` takes no `%.60s`%s; expected %s",
		     def->name, key->text, hint, expected);
	return NULL;
}

/* In the order of the table, so that the same rule is the same text however it is written. */
static void read_rule(struct step_reader *s, const struct yaml_node *n, const struct arg_def *def,
		      struct strv *values)
{
	_cleanup_strv_ struct strv words = { 0 };

	if (n->kind != YAML_MAP || n->count == 0) {
		mistakes_add(s->r->m, n->line, n->column, "`%s` has %s; expected a rule: {%s: ...}",
			     def->name, yaml_kind_name(n), def->fields[0].name);
		return;
	}
	for (size_t i = 0; i < n->count; i++)
		if (!rule_field(s, n->items[i]->key, def))
			return;
	for (const struct arg_def *f = def->fields; f->name; f++) {
		const struct yaml_node *value = yaml_get(n, f->name);
		_cleanup_strv_ struct strv one = { 0 };

		if (value)
			read_arg(s, value, f, &one);
		else if (f->otherwise)
			read_arg_default(s, f, &one);
		else if (f->flags & ARG_REQUIRED)
			mistakes_add(s->r->m, n->line, n->column, "`%s` lacks `%s`; expected %s",
				     def->name, f->name, f->help);
		if (one.count)
			strv_addf(&words, "%s=%s", f->name, one.items[0]);
	}
	strv_add_take(values, strv_join(&words, " "));
}

static void read_rules(struct step_reader *s, const struct yaml_node *n, const struct arg_def *def,
		       struct strv *values)
{
	if (n->kind != YAML_LIST || n->count == 0 || n->count > RULES_MAX) {
		mistakes_add(s->r->m, n->line, n->column,
			     "`%s` is %s; expected a list of 1 to %d rules", def->name,
			     n->kind != YAML_LIST ? yaml_kind_name(n)
			     : n->count		  ? "too long a list"
						  : "an empty list",
			     RULES_MAX);
		return;
	}
	for (size_t i = 0; i < n->count; i++)
		read_rule(s, n->items[i], def, values);
}

void read_arg_list(struct step_reader *s, const struct yaml_node *n, const struct arg_def *def,
		   struct strv *values)
{
	if (def->type == ARG_RULES)
		read_rules(s, n, def, values);
	else if (def->type == ARG_FLAGS)
		read_flags(s, n, def, values);
	else
		read_list(s, n, def, values);
}
