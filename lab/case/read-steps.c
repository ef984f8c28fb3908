// SPDX-License-Identifier: GPL-2.0-or-later
#include "case/check-steps.h"
#include "case/reader.h"
#include "case/value.h"

static size_t arg_def_count(const struct step_def *def)
{
	size_t n = 0;

	while (n < STEP_MAX_ARGS && def->args[n].name)
		n++;
	return n;
}

static struct case_arg *add_arg(struct case_step *step, const char *name)
{
	struct case_arg *arg = vec_push(&step->args, &step->arg_count, &step->arg_capacity);

	arg->name = xstrdup(name);
	return arg;
}

/* A default goes the same way as what is written, so that it means the same. */
void read_arg_default(struct step_reader *s, const struct arg_def *def, struct strv *values)
{
	struct yaml_node n = { .kind = YAML_SCALAR, .line = s->at->line, .column = s->at->column };
	_cleanup_free_ char *text = str_eq(def->otherwise, "{step}") ? xasprintf("%zu", s->index)
								     : xstrdup(def->otherwise);

	n.text = text;
	n.length = strlen(text);
	read_arg(s, &n, def, values);
}

/* An argument's row for a key of the case, told when there is none; SIZE_MAX: not to be read. */
static size_t match_key(struct step_reader *s, const struct yaml_node *key, size_t *open)
{
	const struct step_def *def = s->step->def;
	const char *names[STEP_MAX_ARGS];
	size_t i, count = 0, total = arg_def_count(def);
	_cleanup_free_ char *hint = NULL;
	const char *near;

	*open = SIZE_MAX;
	for (i = 0; i < total; i++) {
		if (def->args[i].flags & ARG_OPEN)
			*open = i;
		else if (str_eq(def->args[i].name, key->text))
			return i;
		else
			names[count++] = def->args[i].name;
	}
	if (*open != SIZE_MAX)
		return SIZE_MAX;
	near = str_nearest(key->text, names, count);
	hint = mistakes_hint(key->text, names, count);
	mistakes_add(s->r->m, key->line, key->column,
		     "`%s` takes no `%.60s`%s; expected what `klab help step %s` lists", def->verb,
		     key->text, hint, def->verb);
	/* Taken for what was meant, lest it be told missing too. */
	for (i = 0; near && i < total; i++)
		if (str_eq(def->args[i].name, near))
			return i;
	return SIZE_MAX;
}

/* Distributes what is written over the rows; what goes to the open row is left for read_open(). */
static void match_args(struct step_reader *s, const struct yaml_node *n)
{
	const struct step_def *def = s->step->def;
	size_t i, row, open, total = arg_def_count(def);

	if (n->kind == YAML_MAP) {
		for (i = 0; i < n->count; i++) {
			row = match_key(s, n->items[i]->key, &open);
			if (row != SIZE_MAX && !s->given[row])
				s->given[row] = n->items[i];
		}
		return;
	}
	if (yaml_is_empty(n))
		return;
	for (row = 0; row < total && !(def->args[row].flags & ARG_MAIN); row++)
		;
	if (row < total)
		s->given[row] = n;
	else if (!total)
		mistakes_add(s->r->m, n->line, n->column,
			     "`%s` takes no arguments; expected `- %s` and no more", def->verb,
			     def->verb);
	else
		mistakes_add(s->r->m, n->line, n->column, "`%s` is %s; expected a map: {%s: ...}",
			     def->verb, yaml_kind_name(n), def->args[0].name);
}

/* Where the table says which keys there are: told when it is none of them. */
static bool check_open_key(struct step_reader *s, const struct yaml_node *key,
			   const struct arg_def *open)
{
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_free_ char *hint = NULL;

	if (!open->choices)
		return true;
	strv_split(&names, open->choices, '|');
	if (strv_has(&names, key->text))
		return true;
	for (size_t i = 0; i < arg_def_count(s->step->def); i++) {
		const struct arg_def *arg = &s->step->def->args[i];

		/* It is told as lacking, with this as a guess. */
		if ((arg->flags & ARG_REQUIRED) && !s->given[i] &&
		    str_nearest(key->text, &arg->name, 1))
			return false;
		strv_add(&names, arg->name);
	}
	hint = mistakes_hint(key->text, (const char *const *)names.items, names.count);
	mistakes_add(s->r->m, key->line, key->column,
		     "`%s` takes no `%.60s`%s; expected what `klab help step %s` lists",
		     s->step->def->verb, key->text, hint, s->step->def->verb);
	return false;
}

static void read_open(struct step_reader *s, const struct yaml_node *n, const struct arg_def *open)
{
	size_t i, k;

	for (i = 0; n->kind == YAML_MAP && i < n->count; i++) {
		const struct yaml_node *value = n->items[i];
		const char *key = value->key->text;
		bool listed = false, named = true;

		for (k = 0; k < arg_def_count(s->step->def); k++)
			listed = listed || str_eq(s->step->def->args[k].name, key);
		for (k = 0; key[k]; k++)
			named = named && key[k] > 0x20 && key[k] != '/' && key[k] != 0x7f;
		if (!named || key[0] == '.')
			mistakes_add(s->r->m, value->key->line, value->key->column,
				     "`%.60s` is no name of a file; expected one such as "
				     "memory.max",
				     key);
		else if ((!listed || str_eq(key, "*")) && check_open_key(s, value->key, open))
			if (value_text(s->r->m, value, key, VALUE_MAX_TEXT, "its value"))
				strv_add(&add_arg(s->step, key)->values, value->text);
	}
}

/* An open row takes any key, so a required one that is misspelt is found only as missing. */
static void add_lacking(struct step_reader *s, const struct yaml_node *n, const struct arg_def *arg)
{
	const char *near = NULL;
	size_t i;

	for (i = 0; n->kind == YAML_MAP && i < n->count && !near; i++)
		if (str_nearest(n->items[i]->key->text, &arg->name, 1))
			near = n->items[i]->key->text;
	mistakes_add(s->r->m, s->at->line, s->at->column, "`%s` lacks `%s`%s%.60s%s; expected %s",
		     s->step->def->verb, arg->name, near ? " (is it `" : "", near ? near : "",
		     near ? "`?)" : "", arg->help);
}

/* What arguments want of each other: `needs`, and what ARG_ONE_OF and ARG_ONLY_ONE say. */
static void check_given(struct step_reader *s)
{
	const struct step_def *def = s->step->def;
	_cleanup_strv_ struct strv choice = { 0 };
	_cleanup_free_ char *names = NULL;
	size_t i, k, total = arg_def_count(def), of_one = 0;
	bool any = false;

	for (i = 0; i < total; i++) {
		const struct arg_def *arg = &def->args[i];

		if (arg->flags & ARG_ONE_OF) {
			strv_add(&choice, arg->name);
			any |= s->given[i] != NULL;
		}
		of_one += (arg->flags & ARG_ONLY_ONE) && s->given[i];
		for (k = 0; k < total && s->given[i] && arg->needs; k++)
			if (str_eq(def->args[k].name, arg->needs) && !s->given[k])
				mistakes_add(s->r->m, s->given[i]->line, s->given[i]->column,
					     "`%s` without `%s`; expected both", arg->name,
					     arg->needs);
	}
	names = strv_join(&choice, ", ");
	if (of_one > 1)
		mistakes_add(s->r->m, s->at->line, s->at->column,
			     "`%s` has more than one of %s; expected just one", def->verb, names);
	if (any || !choice.count)
		return;
	mistakes_add(s->r->m, s->at->line, s->at->column,
		     "`%s` has nothing to do; expected at least one of %s", def->verb, names);
}

static void read_args(struct step_reader *s, const struct yaml_node *n)
{
	const struct step_def *def = s->step->def;
	size_t i, total = arg_def_count(def);
	const struct arg_def *open = NULL;
	bool written;

	match_args(s, n);
	written = n->kind == YAML_MAP || yaml_is_empty(n);
	for (i = 0; i < total; i++) {
		const struct arg_def *arg = &def->args[i];
		_cleanup_strv_ struct strv values = { 0 };

		if (arg->flags & ARG_OPEN) {
			open = arg;
			continue;
		}
		if (s->given[i])
			read_arg(s, s->given[i], arg, &values);
		else if (arg->otherwise)
			read_arg_default(s, arg, &values);
		else if ((arg->flags & ARG_REQUIRED) && written)
			add_lacking(s, n, arg);
		if (values.count) {
			struct case_arg *added = add_arg(s->step, arg->name);

			added->values = values;
			if (s->given[i])
				added->place = (struct case_place){ s->given[i]->line,
								    s->given[i]->column };
			values = (struct strv){ 0 };
		}
	}
	if (open)
		read_open(s, n, open);
	check_given(s);
}

/* Arguments that all steps of a verb share: of drivers with one setting for all their devices. */
static void check_same(struct step_reader *s)
{
	const struct case_step *first = s->r->c->steps;
	size_t i;

	while (first < s->step && first->def != s->step->def)
		first++;
	for (i = 0; first < s->step && i < arg_def_count(s->step->def); i++) {
		const struct arg_def *arg = &s->step->def->args[i];
		const char *a = case_step_arg(first, arg->name);
		const char *b = case_step_arg(s->step, arg->name);

		if ((arg->flags & ARG_SAME) && a && b && !str_eq(a, b))
			mistakes_add(s->r->m, s->at->line, s->at->column,
				     "`%s` is not the `%s` of line %d; expected the same, for all "
				     "`%s` of a case share it",
				     arg->name, arg->name, first->line, s->step->def->verb);
	}
}

static void check_once(struct step_reader *s)
{
	const struct case_step *first = s->r->c->steps;

	while (first < s->step && first->def != s->step->def)
		first++;
	if (s->step->def->once && first < s->step)
		mistakes_add(s->r->m, s->at->line, s->at->column,
			     "a second `%s`, the first is in line %d; expected one at most",
			     s->step->def->verb, first->line);
}

static const struct step_def *find_step(struct case_reader *r, const struct yaml_node *verb)
{
	const char *names[ARRAY_SIZE(step_table)];
	_cleanup_free_ char *hint = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(step_table); i++) {
		if (str_eq(step_table[i].verb, verb->text))
			return &step_table[i];
		names[i] = step_table[i].verb;
	}
	hint = mistakes_hint(verb->text, names, ARRAY_SIZE(names));
	mistakes_add(r->m, verb->line, verb->column,
		     "no step `%.60s`%s; expected one of those `klab help steps` lists", verb->text,
		     hint);
	return NULL;
}

/* What an unknown step may have made counts as made: one mistake, one message. */
static void guess_names(struct case_reader *r, const struct yaml_node *args, size_t index)
{
	static const char *const keys[] = { "as", "name" };
	size_t i;

	r->unsure = true;
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct yaml_node *n = yaml_get(args, keys[i]);

		if (n && n->kind == YAML_SCALAR)
			names_make(r, NAME_UNSURE, n, index);
	}
}

/* "A|B": each of them. */
static void require_all(struct step_reader *s, const char *symbols, const struct yaml_node *at,
			const char *name)
{
	_cleanup_strv_ struct strv each = { 0 };
	_cleanup_free_ char *by = xasprintf("`%s`", name);

	strv_split(&each, symbols, '|');
	for (size_t i = 0; i < each.count; i++)
		case_require(s->r->c, each.items[i], (struct case_place){ at->line, at->column },
			     by);
}

/* What the kernel needs for one of an argument's choices. */
static void require_choice(struct step_reader *s, const struct arg_def *arg,
			   const struct yaml_node *written)
{
	_cleanup_strv_ struct strv choices = { 0 }, symbols = { 0 };

	strv_split(&choices, arg->choices, '|');
	strv_split(&symbols, arg->config, '|');
	for (size_t i = 0; i < choices.count && i < symbols.count; i++)
		if (str_eq(choices.items[i], written->text))
			require_all(s, symbols.items[i], written, arg->name);
}

static void require_of_step(struct step_reader *s)
{
	const struct step_def *def = s->step->def;

	if (def->config)
		require_all(s, def->config, s->at, def->verb);
	for (size_t i = 0; i < arg_def_count(def); i++) {
		const struct arg_def *arg = &def->args[i];

		if (!arg->config || !s->given[i])
			continue;
		if (arg->choices)
			require_choice(s, arg, s->given[i]);
		else
			require_all(s, arg->config, s->given[i], arg->name);
	}
}

static void read_step(struct case_reader *r, const struct yaml_node *item, size_t index)
{
	static char no_text[] = "";
	static const struct yaml_node nothing = { .kind = YAML_SCALAR,
						  .plain = true,
						  .text = no_text };
	const struct yaml_node *verb, *args;
	const struct step_def *def;
	struct step_reader s = { .r = r, .index = index };

	if (item->kind == YAML_SCALAR && !yaml_is_empty(item)) {
		verb = item;
		args = &nothing;
	} else if (item->kind == YAML_MAP && item->count == 1) {
		verb = item->items[0]->key;
		args = item->items[0];
	} else {
		mistakes_add(r->m, item->line, item->column,
			     "a step that is %s%s; expected one step: `- STEP: {...}`",
			     yaml_kind_name(item),
			     item->kind == YAML_MAP && item->count ? " of several keys" : "");
		r->unsure = true;
		return;
	}
	def = find_step(r, verb);
	if (!def) {
		guess_names(r, args, index);
		return;
	}
	s.step = vec_push(&r->c->steps, &r->c->step_count, &r->c->step_capacity);
	s.step->def = def;
	s.step->line = verb->line;
	s.at = verb;
	s.written = args;
	read_args(&s, args);
	check_same(&s);
	read_check_scsi_debug(&s);
	check_step(&s);
	check_once(&s);
	require_of_step(&s);
}

void read_steps(struct case_reader *r, const struct yaml_node *node)
{
	size_t i;

	if (node->kind != YAML_LIST || node->count == 0 || node->count > CASE_MAX_STEPS) {
		mistakes_add(r->m, node->line, node->column,
			     "`steps` is %s; expected a list of 1 to %d steps",
			     node->kind != YAML_LIST ? yaml_kind_name(node)
			     : node->count	     ? "too long a list"
						     : "an empty list",
			     CASE_MAX_STEPS);
		r->unsure = true;
		return;
	}
	for (i = 0; i < node->count; i++)
		read_step(r, node->items[i], i);
	names_check_uses(r);
}
