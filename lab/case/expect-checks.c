// SPDX-License-Identifier: GPL-2.0-or-later
/* The values of expectations, each checked against what the case can bring about. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "case/reader.h"
#include "case/report-kinds.h"
#include "case/value.h"

#define COMM_MAX	  15  /* TASK_COMM_LEN of the kernel, without the NUL */
#define PATTERN_MAX_BYTES 512 /* nobody needs more to tell one title from another */

bool expect_check_kind(struct case_reader *r, const struct yaml_node *n, const char *what)
{
	_cleanup_free_ char *hint = NULL;

	if (!value_text(r->m, n, what, VALUE_MAX_NAME, "a kind of report"))
		return false;
	if (str_eq(n->text, "any") || report_kind_find(n->text))
		return true;
	hint = mistakes_hint(n->text, report_kind_table, ARRAY_SIZE(report_kind_table));
	mistakes_add(r->m, n->line, n->column,
		     "no kind of report `%.60s`%s; expected one of those `klab help case` lists",
		     n->text, hint);
	return false;
}

bool expect_check_fault(struct case_reader *r, const struct yaml_node *n, const char *what)
{
	const char *faults[ARRAY_SIZE(step_table)];
	_cleanup_free_ char *hint = NULL;
	size_t i, count = 0;
	const char *verb = NULL;

	if (!value_text(r->m, n, what, VALUE_MAX_NAME, "a fault"))
		return false;
	for (i = 0; i < r->c->step_count; i++)
		if (str_eq(r->c->steps[i].def->fault, n->text))
			return true;
	for (i = 0; i < ARRAY_SIZE(step_table); i++) {
		if (!step_table[i].fault)
			continue;
		faults[count++] = step_table[i].fault;
		if (str_eq(step_table[i].fault, n->text))
			verb = step_table[i].verb;
	}
	hint = mistakes_hint(n->text, faults, count);
	if (!verb)
		mistakes_add(r->m, n->line, n->column,
			     "no fault `%.60s`%s; expected the fault of a step, see `klab help "
			     "steps`",
			     n->text, hint);
	else if (!r->unsure)
		mistakes_add(r->m, n->line, n->column,
			     "no step arms the fault `%.60s`; expected a `%s` step", n->text, verb);
	return false;
}

/* Symbols of C and what compilers append: foo.isra.0, foo.cold; of several versions: foo|bar. */
static bool names_functions(const char *text)
{
	_cleanup_strv_ struct strv names = { 0 };

	strv_split(&names, text, '|');
	for (size_t i = 0; i < names.count; i++)
		if (!names.items[i][0] ||
		    names.items[i]
			       [strspn(names.items[i], "abcdefghijklmnopqrstuvwxyz"
						       "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$")])
			return false;
	return names.count > 0;
}

bool expect_check_functions(struct case_reader *r, const struct yaml_node *n, const char *what,
			    struct strv *out)
{
	size_t i;

	if (n->kind != YAML_LIST || n->count == 0) {
		mistakes_add(r->m, n->line, n->column,
			     "`%s` is %s; expected a list of functions, innermost first", what,
			     n->kind == YAML_LIST ? "an empty list" : yaml_kind_name(n));
		return false;
	}
	for (i = 0; i < n->count; i++) {
		const struct yaml_node *item = n->items[i];

		if (!value_text(r->m, item, what, 255, "the name of a function"))
			continue;
		if (!names_functions(item->text)) {
			mistakes_add(r->m, item->line, item->column,
				     "`%s` has `%.60s`; expected the name of a function alone, or "
				     "several with | between",
				     what, item->text);
			continue;
		}
		strv_add(out, item->text);
	}
	return true;
}

/* A snapshot step, or one that samples. */
static bool takes_files(const struct step_def *def)
{
	return def->args[0].type == ARG_PATHS;
}

/* Do the case's snapshot steps take such a file, or bear such a label? */
bool expect_check_snapshot(struct case_reader *r, const struct yaml_node *n, const char *what,
			   const char *arg_name, const char *expected)
{
	_cleanup_strv_ struct strv taken = { 0 };
	_cleanup_free_ char *hint = NULL;
	size_t i, k;

	if (!value_text(r->m, n, what, VALUE_MAX_TEXT, expected))
		return false;
	for (i = 0; i < r->c->step_count; i++) {
		const struct case_step *step = &r->c->steps[i];

		for (k = 0; takes_files(step->def) && k < step->arg_count; k++)
			if (str_eq(step->args[k].name, arg_name))
				strv_add_strv(&taken, &step->args[k].values);
	}
	if (r->unsure || strv_has(&taken, n->text))
		return true;
	hint = mistakes_hint(n->text, (const char *const *)taken.items, taken.count);
	mistakes_add(r->m, n->line, n->column, "no snapshot step has `%.60s`%s; expected %s",
		     n->text, hint, expected);
	return false;
}

bool expect_check_taken(struct case_reader *r, const struct yaml_node *at, const char *file,
			const char *label)
{
	for (size_t i = 0; i < r->c->step_count; i++) {
		const struct case_step *step = &r->c->steps[i];
		bool labelled =
			takes_files(step->def) && str_eq(case_step_arg(step, "label"), label);

		for (size_t k = 0; labelled && k < step->arg_count; k++)
			if (str_eq(step->args[k].name, step->def->args[0].name) &&
			    strv_has(&step->args[k].values, file))
				return true;
	}
	if (!r->unsure)
		mistakes_add(r->m, at->line, at->column,
			     "no step with `label: %.60s` takes `%.60s`; expected a label of one "
			     "that does",
			     label, file);
	return r->unsure;
}

/* The steps that say something in a task's result: its own, and those that kill it. */
static bool tells_of(const struct case_step *step, const char *task)
{
	return str_eq(case_step_arg(step, "as"), task) || str_eq(case_step_arg(step, "task"), task);
}

bool expect_check_result(struct case_reader *r, const struct yaml_node *at, const char *task,
			 const char *field)
{
	_cleanup_strv_ struct strv fields = { 0 };
	_cleanup_free_ char *hint = NULL;
	const char *verb = NULL;

	for (size_t i = 0; i < r->c->step_count; i++) {
		const struct case_step *step = &r->c->steps[i];

		if (str_eq(case_step_arg(step, "as"), task))
			verb = step->def->verb;
		if (step->def->results && tells_of(step, task))
			strv_split(&fields, step->def->results, '|');
	}
	if (r->unsure || !verb || strv_has(&fields, field) ||
	    (strv_has(&fields, "ERRNO") && errno_number(field)))
		return true;
	hint = mistakes_hint(field, (const char *const *)fields.items, fields.count);
	if (fields.count)
		mistakes_add(
			r->m, at->line, at->column,
			"the result of `%.60s` has no `%.60s`%s; expected what `klab help step "
			"%s` lists",
			task, field, hint, verb);
	else
		mistakes_add(r->m, at->line, at->column,
			     "task `%.60s` is of a `%s` step, which leaves no result; expected a "
			     "task such as a memhog",
			     task, verb);
	return false;
}

bool expect_check_error_word(struct case_reader *r, const struct yaml_node *at, const char *field,
			     const char *word)
{
	if (!str_ends(field, "_error") && !str_eq(field, "error"))
		return true;
	if (str_eq(word, "none") || errno_number(word))
		return true;
	mistakes_add(r->m, at->line, at->column,
		     "`%.60s` is no error; expected a name as EIO, or none", word);
	return false;
}

bool expect_check_pattern(struct case_reader *r, const struct yaml_node *n, const char *what)
{
	PCRE2_SIZE offset = 0;
	pcre2_code *code;
	int error = 0;

	if (!value_text(r->m, n, what, PATTERN_MAX_BYTES, "a PCRE2 pattern"))
		return false;
	code = pcre2_compile((PCRE2_SPTR)n->text, n->length, PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C,
			     &error, &offset, NULL);
	if (!code) {
		char text[128] = "";

		pcre2_get_error_message(error, (PCRE2_UCHAR *)text, sizeof(text));
		mistakes_add(r->m, n->line, n->column,
			     "`%s` is `%.60s`: %s at character %zu; expected a PCRE2 pattern", what,
			     n->text, text, (size_t)offset);
		return false;
	}
	pcre2_code_free(code);
	return true;
}

/* Can the case make control groups by other means than its cgroup steps? */
static bool can_make_cgroups(const struct case_reader *r)
{
	static const char *const verbs[] = { "run", "sh", "mkdir", "mount" };
	size_t i, k;

	for (i = 0; i < r->c->step_count; i++)
		for (k = 0; k < ARRAY_SIZE(verbs); k++)
			if (str_eq(r->c->steps[i].def->verb, verbs[k]))
				return true;
	return r->unsure;
}

bool expect_check_cgroup(struct case_reader *r, const struct yaml_node *n, const char *what)
{
	static const char expected[] = "a path from the root of the control groups, such as /t";
	_cleanup_free_ char *first = NULL;

	if (!value_text(r->m, n, what, VALUE_MAX_TEXT, expected))
		return false;
	if (n->text[0] != '/' || strstr(n->text, "//") || strstr(n->text, "..") ||
	    (n->length > 1 && str_ends(n->text, "/"))) {
		mistakes_add(r->m, n->line, n->column, "`%s` is `%.60s`; expected %s", what,
			     n->text, expected);
		return false;
	}
	first = xstrndup(n->text + 1, strcspn(n->text + 1, "/"));
	return !*first || can_make_cgroups(r) || names_check_known(r, NAME_CGROUP, first, n);
}

bool expect_check_comm(struct case_reader *r, const struct yaml_node *n, const char *what)
{
	return value_text(r->m, n, what, COMM_MAX, "what the kernel calls the task, as ps does");
}

bool expect_check_over(struct case_reader *r, const struct yaml_node *n, const char *what)
{
	static const char *const words[] = { "first", "last", "min", "max" };
	_cleanup_free_ char *hint = NULL;

	if (!value_text(r->m, n, what, VALUE_MAX_NAME, "first, last, min or max"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(words[i], n->text))
			return true;
	hint = mistakes_hint(n->text, words, ARRAY_SIZE(words));
	mistakes_add(r->m, n->line, n->column,
		     "`%s` is `%.60s`%s; expected first, last, min or max", what, n->text, hint);
	return false;
}
