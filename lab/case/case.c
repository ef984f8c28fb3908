// SPDX-License-Identifier: GPL-2.0-or-later
#include "case/case.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>

#include "base/file.h"
#include "case/reader.h"
#include "case/value.h"

static void *member_of(struct case_file *c, const struct case_field *field)
{
	return (char *)c + field->offset;
}

void case_require(struct case_file *c, const char *symbol, struct case_place place, const char *by)
{
	if (strv_has(&c->require, symbol))
		return;
	strv_add(&c->require, symbol);
	if (place.line)
		strv_addf(&c->require_by, "%s:%d:%d: %s", c->path, place.line, place.column, by);
	else
		strv_add(&c->require_by, by);
}

/* Symbols that no kernel can have are told here; those that this one has not, by the build. */
static void read_symbols(struct case_reader *r, const struct yaml_node *n,
			 const struct case_field *field)
{
	_cleanup_strv_ struct strv words = { 0 };
	size_t i, k;

	value_words(r->m, n, field->name, &words);
	for (i = 0; i < words.count; i++) {
		const struct yaml_node *at =
			n->kind == YAML_LIST && words.count == n->count ? n->items[i] : n;
		const char *word = words.items[i];
		bool good = *word != '\0';

		for (k = 0; word[k]; k++)
			good = good && (isalnum((unsigned char)word[k]) || word[k] == '_');
		if (!good || str_starts(word, "CONFIG_"))
			mistakes_add(r->m, at->line, at->column,
				     "`%s` has `%.60s`; expected a symbol without CONFIG_, such as "
				     "MEMCG",
				     field->name, word);
		else
			case_require(r->c, word, (struct case_place){ at->line, at->column },
				     "`kernel.require`");
	}
}

/* The command line is split at blanks, so a word with one would be two. */
static void read_words(struct case_reader *r, const struct yaml_node *n,
		       const struct case_field *field)
{
	struct strv *out = member_of(r->c, field);
	size_t before = out->count, i;

	if (!value_words(r->m, n, field->name, out))
		return;
	for (i = before; i < out->count; i++) {
		const struct yaml_node *at = n->kind == YAML_LIST ? n->items[i - before] : n;

		if (!out->items[i][0] || strpbrk(out->items[i], " \t\r\n"))
			mistakes_add(r->m, at->line, at->column,
				     "`%s` has `%.60s`; expected a word without blanks",
				     field->name, out->items[i]);
	}
}

static void read_case_name(struct case_reader *r, const struct yaml_node *n,
			   const struct case_field *field)
{
	if (value_name(r->m, n, field->name))
		*(char **)member_of(r->c, field) = xstrdup(n->text);
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

static void read_field(struct case_reader *r, const struct yaml_node *n,
		       const struct case_field *field)
{
	void *member = member_of(r->c, field);
	int64_t v;

	switch (field->type) {
	case FIELD_NAME:
		read_case_name(r, n, field);
		break;
	case FIELD_TEXT:
		if (value_text(r->m, n, field->name, VALUE_MAX_TEXT, field->help))
			*(char **)member = one_line(n);
		break;
	case FIELD_ANSWER:
		if (!value_text(r->m, n, field->name, VALUE_MAX_TEXT, field->help))
			break;
		*(char **)member = one_line(n);
		read_answer(r, n, *(char **)member);
		break;
	case FIELD_WORDS:
		read_words(r, n, field);
		break;
	case FIELD_SYMBOLS:
		read_symbols(r, n, field);
		break;
	case FIELD_SIZE:
		value_size(r->m, n, field->name, (uint64_t)field->min, (uint64_t)field->max,
			   (uint64_t)field->multiple_of, member);
		break;
	case FIELD_COUNT:
		if (value_i64(r->m, n, field->name, field->min, field->max, &v))
			*(int *)member = (int)v;
		break;
	case FIELD_DURATION:
		value_duration(r->m, n, field->name, (uint64_t)field->min, member);
		break;
	case FIELD_STEPS:
		read_steps(r, n);
		break;
	case FIELD_EXPECTS:
		read_expects(r, n);
		break;
	case FIELD_PROBES:
		read_probes(r, n);
		break;
	case FIELD_BOOL:
	case FIELD_GROUP:
		break;
	}
}

static void read_default(struct case_reader *r, const struct case_field *field)
{
	struct yaml_node n = { .kind = YAML_SCALAR, .line = 1, .column = 1 };
	_cleanup_free_ char *text = xstrdup(field->otherwise);

	n.text = text;
	n.length = strlen(text);
	read_field(r, &n, field);
}

static void check_keys(struct case_reader *r, const struct yaml_node *map, const char *group)
{
	_cleanup_free_ const char **names = xcalloc(case_field_count, sizeof(*names));
	_cleanup_strv_ struct strv all = { 0 };
	_cleanup_free_ char *expected = NULL;
	size_t i, k, count = 0;

	for (i = 0; i < case_field_count; i++) {
		if (case_field_table[i].group != group && !str_eq(case_field_table[i].group, group))
			continue;
		names[count++] = case_field_table[i].name;
		strv_addf(&all, "`%s`", case_field_table[i].name);
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
static const struct yaml_node *group_map(struct case_reader *r, const char *group)
{
	const struct yaml_node *map = group ? yaml_get(r->root, group) : r->root;

	return map && map->kind == YAML_MAP ? map : NULL;
}

static void read_groups(struct case_reader *r)
{
	size_t i;

	check_keys(r, r->root, NULL);
	for (i = 0; i < case_field_count; i++) {
		const struct case_field *field = &case_field_table[i];
		const struct yaml_node *n = yaml_get(r->root, field->name);

		if (field->type != FIELD_GROUP || !n)
			continue;
		if (n->kind == YAML_MAP)
			check_keys(r, n, field->name);
		else
			mistakes_add(r->m, n->line, n->column, "`%s` is %s; expected a map: %s",
				     field->name, yaml_kind_name(n), field->help);
	}
}

/* A required key under a misspelt name is told once, as the misspelling. */
static bool is_misspelt(const struct case_reader *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->root->count; i++)
		if (str_eq(str_nearest(r->root->items[i]->key->text, &name, 1), name))
			return true;
	return false;
}

static void read_case(struct case_reader *r)
{
	size_t i;

	if (r->root->kind != YAML_MAP) {
		mistakes_add(r->m, r->root->line, r->root->column,
			     "the file is %s; expected a map with `name`, `question` and `steps`",
			     yaml_kind_name(r->root));
		return;
	}
	read_groups(r);
	for (i = 0; i < case_field_count; i++) {
		const struct case_field *field = &case_field_table[i];
		const struct yaml_node *map = group_map(r, field->group);
		const struct yaml_node *n = map ? yaml_get(map, field->name) : NULL;

		if (n)
			read_field(r, n, field);
		else if (field->otherwise)
			read_default(r, field);
		else if (field->required && !is_misspelt(r, field->name))
			mistakes_add(r->m, 1, 1, "the case lacks `%s`; expected %s", field->name,
				     field->help);
	}
}

static void remember_fragments(struct case_reader *r)
{
	const struct yaml_node *kernel = yaml_get(r->root, "kernel");
	const struct yaml_node *n = kernel ? yaml_get(kernel, "fragments") : NULL;
	struct case_file *c = r->c;
	size_t i;

	c->fragment_places = xcalloc(c->fragments.count + 1, sizeof(*c->fragment_places));
	for (i = 0; i < c->fragments.count; i++) {
		const struct yaml_node *at = n;

		if (n && n->kind == YAML_LIST && n->count == c->fragments.count)
			at = n->items[i];
		c->fragment_places[i].line = at ? at->line : 1;
		c->fragment_places[i].column = at ? at->column : 1;
	}
}

static void require_of_machine(struct case_reader *r)
{
	const struct yaml_node *machine = yaml_get(r->root, "machine");
	const struct yaml_node *cpus = machine ? yaml_get(machine, "cpus") : NULL;
	struct case_file *c = r->c;
	_cleanup_free_ char *by = xasprintf("`cpus: %d`", c->cpus);

	/* A kernel without SMP takes one processor of many without a word. */
	if (c->cpus > 1 && cpus)
		case_require(c, "SMP", (struct case_place){ cpus->line, cpus->column }, by);
	if (c->probe_count)
		case_require(c, "DEBUG_INFO",
			     (struct case_place){ c->probes[0].line, c->probes[0].column },
			     "a probe");
}

struct case_file *case_read_bytes(const char *path, const char *bytes, size_t length,
				  struct strv *mistakes, struct err *err)
{
	_cleanup_mistakes_ struct mistakes m = { 0 };
	_cleanup_yaml_ struct yaml_node *root = yaml_parse(bytes, length, &m);
	struct case_file *c = xcalloc(1, sizeof(*c));
	struct case_reader r = { .c = c, .m = &m, .root = root };
	size_t dir_length = (size_t)(path_base(path) - path);

	c->path = xstrdup(path);
	c->dir = dir_length ? xstrndup(path, dir_length > 1 ? dir_length - 1 : 1) : xstrdup(".");
	c->bytes = xmalloc(length + 1);
	if (length)
		memcpy(c->bytes, bytes, length);
	c->bytes[length] = '\0';
	c->length = length;
	if (root) {
		read_case(&r);
		remember_fragments(&r);
		require_of_machine(&r);
	}
	names_clear(&r);
	if (mistakes_report(&m, path, mistakes, err) == 0)
		return c;
	case_free(c);
	return NULL;
}

struct case_file *case_read(const char *path, struct strv *mistakes, struct err *err)
{
	struct err why = ERR_INIT;
	_cleanup_free_ char *bytes = NULL;
	size_t length = 0;

	bytes = file_read(path, YAML_MAX_BYTES, &length, &why);
	if (!bytes) {
		/* Whatever keeps us from reading it: it is the file that the user named. */
		err_set(err, ERR_INPUT, "%s; expected a case file of at most 1 MiB", why.msg);
		if (mistakes)
			strv_addf(mistakes, "%s; expected a case file of at most 1 MiB", why.msg);
		return NULL;
	}
	return case_read_bytes(path, bytes, length, mistakes, err);
}

static void expect_clear(struct case_expect *e)
{
	free(e->text);
	free(e->subject);
	free(e->title);
	free(e->task);
	free(e->cgroup);
	strv_clear(&e->functions);
	free(e->field);
	free(e->label);
	free(e->equals);
	free(e->over);
}

void case_expects_free(struct case_expect *expects, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		expect_clear(&expects[i]);
	free(expects);
}

static void step_clear(struct case_step *step)
{
	size_t i;

	for (i = 0; i < step->arg_count; i++) {
		free(step->args[i].name);
		strv_clear(&step->args[i].values);
	}
	free(step->args);
}

void case_free(struct case_file *c)
{
	size_t i;

	if (!c)
		return;
	free(c->path);
	free(c->dir);
	free(c->bytes);
	free(c->name);
	free(c->question);
	free(c->answer);
	strv_clear(&c->fragments);
	free(c->fragment_places);
	strv_clear(&c->require);
	strv_clear(&c->require_by);
	strv_clear(&c->append);
	for (i = 0; i < c->step_count; i++)
		step_clear(&c->steps[i]);
	free(c->steps);
	case_expects_free(c->expects, c->expect_count);
	for (i = 0; i < c->probe_count; i++)
		case_probe_clear(&c->probes[i]);
	free(c->probes);
	free(c);
}

const char *case_step_arg(const struct case_step *step, const char *name)
{
	size_t i;

	for (i = 0; i < step->arg_count; i++)
		if (str_eq(step->args[i].name, name))
			return step->args[i].values.count ? step->args[i].values.items[0] : NULL;
	return NULL;
}
