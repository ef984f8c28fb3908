// SPDX-License-Identifier: GPL-2.0-or-later
/* The names of a case: devices, tasks and control groups, each made by one step and used by later
 * ones. */
#include "case/reader.h"

static const char *const kind_names[] = {
	[NAME_DEVICE] = "device",
	[NAME_TASK] = "task",
	[NAME_CGROUP] = "cgroup",
};

static const struct case_name *find_name(const struct case_reader *r, enum name_kind kind,
					 const char *text)
{
	size_t i;

	for (i = 0; i < r->name_count; i++)
		if ((r->names[i].kind == kind || r->names[i].kind == NAME_UNSURE) &&
		    str_eq(r->names[i].text, text))
			return &r->names[i];
	return NULL;
}

bool names_have(const struct case_reader *r, enum name_kind kind, const char *text)
{
	return find_name(r, kind, text) != NULL;
}

void names_make(struct case_reader *r, enum name_kind kind, const struct yaml_node *n, size_t step)
{
	const struct case_name *earlier = find_name(r, kind, n->text);
	struct case_name *name;

	if (earlier && kind != NAME_UNSURE && earlier->kind == kind) {
		mistakes_add(r->m, n->line, n->column,
			     "%s `%.60s` is there already, line %d makes it; expected a name of "
			     "its own",
			     kind_names[kind], n->text, earlier->line);
		return;
	}
	name = vec_push(&r->names, &r->name_count, &r->name_capacity);
	name->kind = kind;
	name->text = n->text;
	name->step = step;
	name->line = n->line;
}

void names_use(struct case_reader *r, enum name_kind kind, const char *text, size_t length,
	       const struct yaml_node *at, size_t step)
{
	struct case_use *use = vec_push(&r->uses, &r->use_count, &r->use_capacity);

	use->kind = kind;
	use->text = xstrndup(text, length);
	use->step = step;
	use->line = at->line;
	use->column = at->column;
}

/* "expected one of `a`, `b`" of what is there before the step; "no step before this one makes one".
 */
static char *describe_known(const struct case_reader *r, enum name_kind kind, size_t before)
{
	_cleanup_strbuf_ struct strbuf sb = { 0 };
	size_t i, shown = 0;

	for (i = 0; i < r->name_count && shown < 8; i++)
		if (r->names[i].kind == kind && r->names[i].step < before)
			strbuf_addf(&sb, "%s`%s`", shown++ ? ", " : "expected ", r->names[i].text);
	if (!shown)
		strbuf_addf(&sb, "expected a step %sthat makes it",
			    before == SIZE_MAX ? "" : "before this one ");
	return strbuf_take(&sb);
}

static void tell_unknown(struct case_reader *r, enum name_kind kind, const char *text, int line,
			 int column, size_t before)
{
	_cleanup_free_ const char **candidates = xcalloc(r->name_count + 1, sizeof(*candidates));
	_cleanup_free_ char *hint = NULL;
	_cleanup_free_ char *known = describe_known(r, kind, before);
	size_t i, count = 0;

	for (i = 0; i < r->name_count; i++)
		if (r->names[i].kind == kind && r->names[i].step < before)
			candidates[count++] = r->names[i].text;
	hint = mistakes_hint(text, candidates, count);
	mistakes_add(r->m, line, column, "no %s `%.60s`%s; %s", kind_names[kind], text, hint,
		     known);
}

void names_check_uses(struct case_reader *r)
{
	size_t i;

	for (i = 0; i < r->use_count; i++) {
		const struct case_use *use = &r->uses[i];
		const struct case_name *name = find_name(r, use->kind, use->text);

		if (!name)
			tell_unknown(r, use->kind, use->text, use->line, use->column, use->step);
		else if (name->step >= use->step)
			mistakes_add(r->m, use->line, use->column,
				     "%s `%.60s` is used before it exists; expected the step that "
				     "makes it, now on line %d, to come first",
				     kind_names[use->kind], use->text, name->line);
	}
}

bool names_check_known(struct case_reader *r, enum name_kind kind, const char *text,
		       const struct yaml_node *at)
{
	if (names_have(r, kind, text))
		return true;
	tell_unknown(r, kind, text, at->line, at->column, SIZE_MAX);
	return false;
}

void names_clear(struct case_reader *r)
{
	size_t i;

	for (i = 0; i < r->use_count; i++)
		free(r->uses[i].text);
	free(r->uses);
	free(r->names);
}
