// SPDX-License-Identifier: GPL-2.0-or-later
#include "case/field.h"

#include "case/value.h"

void *field_member(const struct field_reader *r, const struct field *row)
{
	return (char *)r->out + row->offset;
}

const struct yaml_node *field_word_node(const struct yaml_node *n, size_t index, size_t count)
{
	return n->kind == YAML_LIST && n->count == count ? n->items[index] : n;
}

/* Words are split at blanks later, so that a word with one would be two. */
static void read_words(const struct field_reader *r, const struct yaml_node *n,
		       const struct field *row)
{
	struct strv *out = field_member(r, row);
	size_t before = out->count, i;

	if (!value_words(r->m, n, row->name, out))
		return;
	for (i = before; i < out->count; i++) {
		const struct yaml_node *at = n->kind == YAML_LIST ? n->items[i - before] : n;

		if (!out->items[i][0] || strpbrk(out->items[i], " \t\r\n"))
			mistakes_add(r->m, at->line, at->column,
				     "`%s` has `%.60s`; expected a word without blanks", row->name,
				     out->items[i]);
	}
}

/* A folded block ends in a newline, which is not meant. */
static char *one_line(const struct yaml_node *n)
{
	char *text = yaml_format_line(n);
	size_t length = strlen(text);

	while (length && text[length - 1] == ' ')
		text[--length] = '\0';
	return text;
}

static void read_count(const struct field_reader *r, const struct yaml_node *n,
		       const struct field *row)
{
	int64_t v;

	if (value_i64(r->m, n, row->name, row->min, row->max, &v))
		*(int *)field_member(r, row) = (int)v;
}

static void read_field(const struct field_reader *r, const struct yaml_node *n,
		       const struct field *row)
{
	void *member = field_member(r, row);

	switch (row->type) {
	case FIELD_NAME:
		if (value_name(r->m, n, row->name))
			*(char **)member = xstrdup(n->text);
		break;
	case FIELD_TEXT:
	case FIELD_ANSWER:
		if (value_text(r->m, n, row->name, VALUE_MAX_TEXT, row->help))
			*(char **)member = one_line(n);
		break;
	case FIELD_WORDS:
		read_words(r, n, row);
		break;
	case FIELD_SIZE:
		value_size(r->m, n, row->name, (uint64_t)row->min, (uint64_t)row->max,
			   (uint64_t)row->multiple_of, member);
		break;
	case FIELD_COUNT:
		read_count(r, n, row);
		break;
	case FIELD_DURATION:
		value_duration(r->m, n, row->name, (uint64_t)row->min, member);
		break;
	case FIELD_BOOL:
		value_bool(r->m, n, row->name, member);
		break;
	default:
		break;
	}
	if (row->type >= FIELD_ANSWER)
		r->read_own(r, n, row);
}

static void read_default(const struct field_reader *r, const struct field *row)
{
	struct yaml_node n = { .kind = YAML_SCALAR, .line = 1, .column = 1 };
	_cleanup_free_ char *text = xstrdup(row->otherwise);

	n.text = text;
	n.length = strlen(text);
	read_field(r, &n, row);
}

static bool is_of_group(const struct field *row, const char *group)
{
	return row->group == group || str_eq(row->group, group);
}

static void check_keys(const struct field_reader *r, const struct yaml_node *map, const char *group)
{
	_cleanup_free_ const char **names = xcalloc(r->row_count, sizeof(*names));
	_cleanup_strv_ struct strv all = { 0 };
	_cleanup_free_ char *expected = NULL;
	size_t i, k, count = 0;

	for (i = 0; i < r->row_count; i++) {
		if (!is_of_group(&r->rows[i], group))
			continue;
		names[count++] = r->rows[i].name;
		strv_addf(&all, "`%s`", r->rows[i].name);
	}
	expected = strv_join(&all, ", ");
	for (i = 0; i < map->count; i++) {
		const struct yaml_node *key = map->items[i]->key;
		_cleanup_free_ char *hint = NULL;

		for (k = 0; k < count && !str_eq(names[k], key->text); k++)
			;
		if (k < count)
			continue;
		hint = mistakes_hint(key->text, names, count);
		mistakes_add(r->m, key->line, key->column, "no key `%.60s`%s; expected %s",
			     key->text, hint, expected);
	}
}

/* The map that holds the fields of a group, NULL when it is not there or is none. */
static const struct yaml_node *group_map(const struct field_reader *r, const char *group)
{
	const struct yaml_node *map = group ? yaml_get(r->root, group) : r->root;

	return map && map->kind == YAML_MAP ? map : NULL;
}

static void check_groups(const struct field_reader *r)
{
	size_t i;

	check_keys(r, r->root, NULL);
	for (i = 0; i < r->row_count; i++) {
		const struct field *row = &r->rows[i];
		const struct yaml_node *n = yaml_get(r->root, row->name);

		if (row->type != FIELD_GROUP || !n)
			continue;
		if (n->kind == YAML_MAP)
			check_keys(r, n, row->name);
		else
			mistakes_add(r->m, n->line, n->column, "`%s` is %s; expected a map: %s",
				     row->name, yaml_kind_name(n), row->help);
	}
}

/* A required key under a misspelt name is told once, as the misspelling. */
static bool is_misspelt(const struct field_reader *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->root->count; i++)
		if (str_eq(str_nearest(r->root->items[i]->key->text, &name, 1), name))
			return true;
	return false;
}

void fields_read(const struct field_reader *r)
{
	size_t i;

	if (r->root->kind != YAML_MAP) {
		mistakes_add(r->m, r->root->line, r->root->column,
			     "%s is %s; expected a map with %s", r->place, yaml_kind_name(r->root),
			     r->example);
		return;
	}
	check_groups(r);
	for (i = 0; i < r->row_count; i++) {
		const struct field *row = &r->rows[i];
		const struct yaml_node *map = group_map(r, row->group);
		const struct yaml_node *n = map ? yaml_get(map, row->name) : NULL;

		if (n)
			read_field(r, n, row);
		else if (row->otherwise)
			read_default(r, row);
		else if (row->required && !is_misspelt(r, row->name))
			mistakes_add(r->m, r->root->line, r->root->column,
				     "the %s lacks `%s`; expected %s", r->what, row->name,
				     row->help);
	}
}
