// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>

#include "case/reader.h"
#include "case/report-kinds.h"
#include "case/value.h"

/* One expectation while it is read. */
struct expect_reader {
	struct case_reader *r;
	struct case_expect *e;
	const struct expect_def *def;
	const struct yaml_node *map;
};

static void set_text(const struct expect_reader *x, const struct expect_key *key, const char *text)
{
	char **member = (char **)((char *)x->e + key->offset);

	free(*member);
	*member = xstrdup(text);
}

static void read_numbers(struct expect_reader *x, const struct yaml_node *n,
			 const struct expect_key *key)
{
	struct mistakes *m = x->r->m;
	void *member = (char *)x->e + key->offset;
	int64_t v;

	switch (key->type) {
	case EXPECT_VALUE_SIGNAL:
		value_signal(m, n, key->name, member);
		break;
	case EXPECT_VALUE_EXIT:
		x->e->has_exit = value_i64(m, n, key->name, 0, 255, &v);
		x->e->exit_code = x->e->has_exit ? (int)v : 0;
		break;
	case EXPECT_VALUE_OR_EXIT:
		x->e->has_or_exit = value_i64(m, n, key->name, 0, 255, &v);
		x->e->or_exit = x->e->has_or_exit ? (int)v : 0;
		break;
	case EXPECT_VALUE_COUNT:
		value_i64(m, n, key->name, 0, INT64_MAX - 1, member);
		break;
	case EXPECT_VALUE_NUMBER:
		if (value_number(m, n, key->name, member))
			x->e->sized |= !str_parse_i64(n->text, &v);
		break;
	case EXPECT_VALUE_BOOL:
		value_bool(m, n, key->name, member);
		break;
	case EXPECT_VALUE_VERSION:
		value_version(m, n, key->name, member);
		break;
	case EXPECT_VALUE_EXACT:
		/* What opens like no number is a text: EIO, BUS_ADRERR. */
		if (n->kind == YAML_SCALAR && isalpha((unsigned char)n->text[0]))
			set_text(x, key, n->text);
		else if (value_number(m, n, key->name, &v)) {
			x->e->at_least = x->e->at_most = v;
			x->e->sized |= !str_parse_i64(n->text, &v);
		}
		break;
	default:
		break;
	}
}

static void read_key(struct expect_reader *x, const struct yaml_node *n,
		     const struct expect_key *key)
{
	struct case_reader *r = x->r;
	bool good = false;

	switch (key->type) {
	case EXPECT_VALUE_TASK:
		good = value_name(r->m, n, key->name) &&
		       names_check_known(r, NAME_TASK, n->text, n);
		break;
	case EXPECT_VALUE_KIND:
		/* Any kind at all is no subject. */
		if (expect_check_kind(r, n, key->name) && !str_eq(n->text, "any"))
			set_text(x, key, report_kind_find(n->text));
		return;
	case EXPECT_VALUE_FAULT:
		good = expect_check_fault(r, n, key->name);
		break;
	case EXPECT_VALUE_FUNCTIONS:
		expect_check_functions(r, n, key->name,
				       (struct strv *)((char *)x->e + key->offset));
		return;
	case EXPECT_VALUE_FILE:
		good = expect_check_snapshot(r, n, key->name, "files",
					     "a file as the snapshot step names it");
		break;
	case EXPECT_VALUE_LABEL:
		good = expect_check_snapshot(r, n, key->name, "label",
					     "the label of a snapshot step");
		break;
	case EXPECT_VALUE_PATTERN:
		good = expect_check_pattern(r, n, key->name);
		break;
	case EXPECT_VALUE_COMM:
		good = expect_check_comm(r, n, key->name);
		break;
	case EXPECT_VALUE_CGROUP:
		good = expect_check_cgroup(r, n, key->name);
		break;
	case EXPECT_VALUE_OVER:
		good = expect_check_over(r, n, key->name);
		break;
	case EXPECT_VALUE_TEXT:
		good = value_text(r->m, n, key->name, VALUE_MAX_TEXT, key->help);
		break;
	default:
		read_numbers(x, n, key);
		return;
	}
	if (good)
		set_text(x, key, n->text);
}

static const struct expect_key *find_key(struct expect_reader *x, const struct yaml_node *word)
{
	const char *names[EXPECT_MAX_KEYS];
	_cleanup_free_ char *hint = NULL, *expected = NULL;
	_cleanup_strv_ struct strv all = { 0 };
	const char *near;
	size_t i, count = 0;

	for (i = 0; i < expect_common_count; i++)
		if (str_eq(expect_common_keys[i].name, word->text))
			return &expect_common_keys[i];
	for (i = 0; i < EXPECT_MAX_KEYS && x->def->keys[i].name; i++) {
		if (str_eq(x->def->keys[i].name, word->text))
			return &x->def->keys[i];
		names[count++] = x->def->keys[i].name;
		strv_addf(&all, "`%s`", x->def->keys[i].name);
	}
	expected = strv_join(&all, ", ");
	near = str_nearest(word->text, names, count);
	hint = mistakes_hint(word->text, names, count);
	mistakes_add(x->r->m, word->line, word->column,
		     "an expectation of `%s` takes no `%.60s`%s; expected %s", names[0], word->text,
		     hint, expected);
	/* Taken for what was meant, lest it be told missing too. */
	for (i = 0; near && i < count; i++)
		if (str_eq(names[i], near))
			return &x->def->keys[i];
	return NULL;
}

/* Keys that must be there, and keys of which one must. */
static void check_keys(struct expect_reader *x, const bool *given)
{
	const struct yaml_node *map = x->map;
	_cleanup_strv_ struct strv one_of = { 0 };
	_cleanup_free_ char *choice = NULL;
	size_t i, some = 0;
	bool only_one = false;

	for (i = 0; i < EXPECT_MAX_KEYS && x->def->keys[i].name; i++) {
		const struct expect_key *key = &x->def->keys[i];

		if ((key->flags & EXPECT_REQUIRED) && !given[i])
			mistakes_add(x->r->m, map->line, map->column,
				     "the expectation lacks `%s`; expected %s", key->name,
				     key->help);
		if (key->flags & EXPECT_ONE_OF) {
			strv_addf(&one_of, "`%s`", key->name);
			some += given[i];
		}
		only_one = only_one || (key->flags & EXPECT_ONLY_ONE);
	}
	choice = strv_join(&one_of, " or ");
	if (one_of.count && !some)
		mistakes_add(x->r->m, map->line, map->column,
			     "the expectation says nothing of `%s`; expected %s",
			     x->def->keys[0].name, choice);
	if (only_one && some > 1)
		mistakes_add(x->r->m, map->line, map->column,
			     "the expectation has both; expected only one of %s", choice);
	if (x->e->at_least > x->e->at_most)
		mistakes_add(
			x->r->m, map->line, map->column,
			"`at_least` (1 of a report or fault when not said) is above `at_most`; "
			"expected a range that can be met");
}

/* What keys want of each other, where each by itself is good. */
static void check_together(struct expect_reader *x)
{
	const struct case_expect *e = x->e;
	const struct yaml_node *map = x->map, *field = yaml_get(map, "field");
	const struct yaml_node *equals = yaml_get(map, "equals");

	if (e->since && e->before && e->since >= e->before)
		mistakes_add(x->r->m, map->line, map->column,
			     "`since` is not before `before`; expected kernels that there are");
	if (e->kind == EXPECT_RESULT && e->subject && e->field)
		expect_check_result(x->r, field ? field : map, e->subject, e->field);
	if (e->kind == EXPECT_RESULT && e->field && equals && e->equals)
		expect_check_error_word(x->r, equals, e->field, e->equals);
	if (e->kind == EXPECT_SNAPSHOT && e->subject && e->label)
		expect_check_taken(x->r, map, e->subject, e->label);
}

static const struct expect_def *find_def(struct case_reader *r, const struct yaml_node *map)
{
	_cleanup_free_ const char **names = xcalloc(expect_count, sizeof(*names));
	_cleanup_strv_ struct strv all = { 0 };
	_cleanup_free_ char *expected = NULL, *hint = NULL;
	size_t i, k;

	for (i = 0; i < expect_count; i++) {
		if (yaml_get(map, expect_table[i].keys[0].name))
			return &expect_table[i];
		names[i] = expect_table[i].keys[0].name;
		strv_addf(&all, "`%s`", names[i]);
	}
	expected = strv_join(&all, ", ");
	for (k = 0; k < map->count && !hint; k++)
		if (str_nearest(map->items[k]->key->text, names, expect_count))
			hint = mistakes_hint(map->items[k]->key->text, names, expect_count);
	mistakes_add(r->m, map->line, map->column,
		     "an expectation of nothing known%s; expected a map with one of %s",
		     hint ? hint : "", expected);
	return NULL;
}

static void read_expect(struct case_reader *r, const struct yaml_node *map)
{
	struct expect_reader x = { .r = r, .map = map };
	bool given[EXPECT_MAX_KEYS] = { false };
	size_t i;

	if (map->kind != YAML_MAP) {
		mistakes_add(r->m, map->line, map->column,
			     "an expectation that is %s; expected a map such as {task: hog, "
			     "killed_by: SIGKILL}",
			     yaml_kind_name(map));
		return;
	}
	x.def = find_def(r, map);
	if (!x.def)
		return;
	x.e = vec_push(&r->c->expects, &r->c->expect_count, &r->c->expect_capacity);
	x.e->kind = x.def->kind;
	x.e->line = map->line;
	x.e->column = map->column;
	x.e->text = yaml_format_line(map);
	/* A report or an injection that is expected is expected once at least. */
	x.e->at_least = x.e->kind == EXPECT_REPORT || x.e->kind == EXPECT_INJECTED ? 1 : INT64_MIN;
	x.e->at_most = INT64_MAX;
	for (i = 0; i < map->count; i++) {
		const struct expect_key *key = find_key(&x, map->items[i]->key);
		bool own = key >= x.def->keys && key < x.def->keys + EXPECT_MAX_KEYS;

		if (!key || (own && given[key - x.def->keys]))
			continue;
		if (own)
			given[key - x.def->keys] = true;
		read_key(&x, map->items[i], key);
	}
	check_keys(&x, given);
	check_together(&x);
}

void read_expects(struct case_reader *r, const struct yaml_node *node)
{
	size_t i;

	if (node->kind != YAML_LIST || node->count == 0 || node->count > CASE_MAX_EXPECTS) {
		mistakes_add(r->m, node->line, node->column,
			     "`expect` is %s; expected a list of 1 to %d expectations, or no "
			     "`expect` at all",
			     node->kind != YAML_LIST ? yaml_kind_name(node)
			     : node->count	     ? "too long a list"
						     : "an empty list",
			     CASE_MAX_EXPECTS);
		return;
	}
	for (i = 0; i < node->count; i++)
		read_expect(r, node->items[i]);
}
