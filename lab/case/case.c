// SPDX-License-Identifier: GPL-2.0-or-later
#include "case/case.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>

#include "base/file.h"
#include "case/reader.h"
#include "case/value.h"

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
			 const struct field *field)
{
	_cleanup_strv_ struct strv words = { 0 };
	size_t i, k;

	value_words(r->m, n, field->name, &words);
	for (i = 0; i < words.count; i++) {
		const struct yaml_node *at = field_word_node(n, i, words.count);
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

static void read_own(const struct field_reader *f, const struct yaml_node *n,
		     const struct field *row)
{
	struct case_reader *r = f->context;

	switch (row->type) {
	case FIELD_ANSWER:
		if (r->c->answer)
			read_answer(r, n, r->c->answer);
		break;
	case FIELD_SYMBOLS:
		read_symbols(r, n, row);
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
	default:
		break;
	}
}

static void read_case(struct case_reader *r)
{
	const struct field_reader f = {
		.rows = case_field_table,
		.row_count = case_field_count,
		.what = "case",
		.place = "the file",
		.example = "`name`, `question` and `steps`",
		.m = r->m,
		.root = r->root,
		.out = r->c,
		.read_own = read_own,
		.context = r,
	};

	fields_read(&f);
}

static void remember_fragments(struct case_reader *r)
{
	const struct yaml_node *kernel = yaml_get(r->root, "kernel");
	const struct yaml_node *n = kernel ? yaml_get(kernel, "fragments") : NULL;
	struct case_file *c = r->c;
	size_t i;

	c->fragment_places = xcalloc(c->fragments.count + 1, sizeof(*c->fragment_places));
	for (i = 0; i < c->fragments.count; i++) {
		const struct yaml_node *at = n ? field_word_node(n, i, c->fragments.count) : NULL;

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
