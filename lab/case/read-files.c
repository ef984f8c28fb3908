// SPDX-License-Identifier: GPL-2.0-or-later
/* Arguments that name files beside the case: they go along into the run directory. */
#include <sys/stat.h>

#include "base/file.h"
#include "case/bpf-object.h"
#include "case/reader.h"
#include "case/value.h"

/* The path of a file below the case's folder; yours. NULL: it is none, and that is told. */
static char *read_beside(struct step_reader *s, const struct yaml_node *n, const char *name,
			 const char *suffix, const char *expected)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_strv_ struct strv parts = { 0 };
	struct stat st;

	if (!value_text(s->r->m, n, name, VALUE_MAX_TEXT, expected))
		return NULL;
	strv_split(&parts, n->text, '/');
	if (n->text[0] == '/' || strv_has(&parts, "..") || !str_ends(n->text, suffix) ||
	    str_eq(path_base(n->text), suffix)) {
		mistakes_add(s->r->m, n->line, n->column,
			     "`%s` is `%.60s`; expected %s, relative to it and not above it", name,
			     n->text, expected);
		return NULL;
	}
	path = path_join(s->r->c->dir, n->text);
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode)) {
		mistakes_add(s->r->m, n->line, n->column, "no file `%.200s`; expected %s", path,
			     expected);
		return NULL;
	}
	return take_ptr(&path);
}

static void read_source(struct step_reader *s, const struct yaml_node *n, const char *name,
			struct strv *values)
{
	_cleanup_free_ char *path = read_beside(s, n, name, ".c", "a .c file beside the case");

	if (path)
		strv_add(values, n->text);
}

/* ---- BPF objects ---- */

/* What is written of the step's argument of a type; NULL: nothing. */
static const struct yaml_node *written(const struct step_reader *s, enum arg_type type)
{
	for (size_t i = 0; i < STEP_MAX_ARGS && s->step->def->args[i].name; i++)
		if (s->step->def->args[i].type == type)
			return s->given[i];
	return NULL;
}

/* Is this program there to be attached? By its section alone it can be, or never. */
static void check_program(struct step_reader *s, const struct yaml_node *at,
			  const struct bpf_object_program *program)
{
	if (!program->known)
		mistakes_add(s->r->m, at->line, at->column,
			     "program `%.60s` is in the section `%.60s`; expected one that says "
			     "what it is attached to, such as kprobe/FUNCTION or "
			     "tracepoint/GROUP/EVENT",
			     program->name, program->section);
}

static void check_chosen(struct step_reader *s, const struct yaml_node *object,
			 const struct yaml_node *chosen, const struct bpf_object_programs *programs)
{
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_free_ char *hint = NULL, *all = NULL;

	for (size_t i = 0; i < programs->count; i++) {
		if (str_eq(programs->items[i].name, chosen->text)) {
			check_program(s, chosen, &programs->items[i]);
			return;
		}
		strv_add(&names, programs->items[i].name);
	}
	hint = mistakes_hint(chosen->text, (const char *const *)names.items, names.count);
	all = strv_join(&names, ", ");
	mistakes_add(s->r->m, chosen->line, chosen->column,
		     "no program `%.60s` in %.60s%s; expected one of %.400s", chosen->text,
		     object->text, hint, all);
}

static void check_all(struct step_reader *s, const struct yaml_node *object,
		      const struct bpf_object_programs *programs)
{
	bool any = false;

	for (size_t i = 0; i < programs->count; i++) {
		any |= programs->items[i].attached;
		if (programs->items[i].attached)
			check_program(s, object, &programs->items[i]);
	}
	if (!any)
		mistakes_add(s->r->m, object->line, object->column,
			     "all programs of %.60s are in sections that begin with `?`; expected "
			     "one of them as `program`",
			     object->text);
}

static void read_object(struct step_reader *s, const struct yaml_node *n, const char *name,
			struct strv *values)
{
	static const char expected[] = "a .o file of clang -target bpf beside the case";
	_cleanup_free_ char *path = read_beside(s, n, name, ".o", expected);
	const struct yaml_node *chosen = written(s, ARG_PROGRAM);
	struct bpf_object_programs programs;
	struct err why = ERR_INIT;

	if (!path)
		return;
	if (bpf_object_read(path, &programs, &why) < 0) {
		mistakes_add(s->r->m, n->line, n->column, "%.200s %s; expected %s", path, why.msg,
			     expected);
		return;
	}
	if (chosen && chosen->kind == YAML_SCALAR)
		check_chosen(s, n, chosen, &programs);
	else
		check_all(s, n, &programs);
	bpf_object_programs_clear(&programs);
	strv_add(values, n->text);
}

void read_arg_file(struct step_reader *s, const struct yaml_node *n, const struct arg_def *def,
		   struct strv *values)
{
	if (def->type == ARG_OBJECT)
		read_object(s, n, def->name, values);
	else
		read_source(s, n, def->name, values);
}
