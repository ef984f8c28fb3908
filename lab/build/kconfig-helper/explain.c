// SPDX-License-Identifier: GPL-2.0-or-later
/* Why a symbol has the value it has, in words, and what would change it. */
#include <stdlib.h>
#include <string.h>

#include "helper.h"

static tristate parse_tristate(const char *s)
{
	return s[0] == 'y' ? yes : s[0] == 'm' ? mod : no;
}

/* ---- words ---- */

/* A constant is what is left of a question to the toolchain: the plan says which. */
static bool is_unmet(struct expr *e, tristate to)
{
	return expr_calc_value(e) < to && !(e->type == E_SYMBOL && e->left.sym == &symbol_no);
}

static int count_unmet(struct expr *e, tristate to)
{
	if (e && e->type == E_AND)
		return count_unmet(e->left.expr, to) + count_unmet(e->right.expr, to);
	return is_unmet(e, to);
}

static void add_unmet_terms(struct text *t, struct expr *e, tristate to, bool several)
{
	bool brackets = e && e->type == E_OR && several;

	if (e && e->type == E_AND) {
		add_unmet_terms(t, e->left.expr, to, several);
		add_unmet_terms(t, e->right.expr, to, several);
		return;
	}
	if (!is_unmet(e, to))
		return;
	if (t->length)
		text_add(t, " && ");
	if (brackets)
		text_add(t, "(");
	text_add_expr(t, e);
	if (brackets)
		text_add(t, ")");
}

static void say_unmet(struct text *t, struct symbol *sym, tristate to)
{
	struct property *prop;
	bool first = true;

	for_all_prompts(sym, prop)
	{
		struct text terms = { 0 };

		add_unmet_terms(&terms, prop->visible.expr, to,
				count_unmet(prop->visible.expr, to) > 1);
		if (terms.length) {
			text_addf(t, first ? "unmet dependency: %s" : "; or: %s", text_get(&terms));
			first = false;
		}
		text_clear(&terms);
	}
}

/* The values of the symbols in the unmet part only. */
static void say_unmet_values(struct text *t, struct expr *e, tristate to)
{
	if (e && e->type == E_AND) {
		say_unmet_values(t, e->left.expr, to);
		say_unmet_values(t, e->right.expr, to);
	} else if (expr_calc_value(e) < to) {
		struct text values = { 0 };

		text_add_values(&values, e);
		if (t->length && values.length)
			text_add(t, ", ");
		text_add(t, text_get(&values));
		text_clear(&values);
	}
}

static void say_selected_by(struct text *t, struct symbol *sym, tristate above)
{
	struct symbol *by;
	struct property *prop;
	bool first = true;

	helper_for_all_symbols(by)
	{
		for_all_properties(by, prop, P_SELECT)
		{
			if (prop_get_symbol(prop) != sym || by->curr.tri <= above ||
			    expr_calc_value(prop->visible.expr) <= above)
				continue;
			text_addf(t, "%s%s (%s:%d)", first ? "forced by select: " : ", ",
				  symbol_name(by), helper_file(prop), prop->lineno);
			first = false;
		}
	}
}

static void say_defaults(struct text *t, struct symbol *sym)
{
	struct property *prop;
	bool first = true;

	for_all_defaults(sym, prop)
	{
		text_add(t, first ? ", its default is " : ", ");
		text_add_expr(t, prop->expr);
		if (!expr_is_yes(prop->visible.expr)) {
			text_add(t, " if ");
			text_add_expr(t, prop->visible.expr);
		}
		first = false;
	}
}

static void say_why_not_on(struct text *t, struct symbol *sym, tristate to)
{
	struct symbol *choice = choice_of(sym);
	struct property *prop;

	if (to == mod && sym->type == S_BOOLEAN) {
		text_add(t, "it is a bool, which cannot be m");
	} else if (!has_prompt(sym)) {
		text_add(t, "it has no prompt, so no fragment can set it; it is on when something "
			    "selects it");
		say_defaults(t, sym);
	} else if (sym->visible >= to && choice) {
		struct symbol *on = choice_member_on(choice);

		text_addf(t, "the choice \"%s\" has %s", choice_prompt(choice),
			  on ? symbol_name(on) : "no member that is on");
	} else if (sym->visible >= to) {
		text_add(t, "nothing turns it on");
	} else {
		struct text values = { 0 };

		say_unmet(t, sym, to);
		for_all_prompts(sym, prop) say_unmet_values(&values, prop->visible.expr, to);
		if (values.length)
			text_addf(t, " (%s)", text_get(&values));
		text_clear(&values);
	}
}

static void say_why_on(struct text *t, struct symbol *sym, tristate wanted)
{
	struct symbol *choice = choice_of(sym);

	say_selected_by(t, sym, wanted);
	if (t->length)
		return;
	if (wanted == mod) {
		sym_calc_value(modules_sym);
		if (!modules_sym || modules_sym->curr.tri == no)
			text_add(t, "without MODULES, m is y");
		else
			text_add(t, "it is a bool, which cannot be m");
	} else if (choice) {
		text_addf(t, "the choice \"%s\" must have a member, and has this one",
			  choice_prompt(choice));
	} else if (sym->visible != no) {
		text_add(t, "it is set, and nothing forces it");
	} else {
		text_add(t, "it has no prompt, so no fragment can turn it off");
		say_defaults(t, sym);
	}
}

static void say_why_not_text(struct text *t, struct symbol *sym, const char *wanted)
{
	struct property *range;

	if (sym->visible == no && has_prompt(sym)) {
		say_why_not_on(t, sym, yes);
	} else if (!has_prompt(sym)) {
		text_add(t, "it has no prompt, so no fragment can set it");
		say_defaults(t, sym);
	} else if (!sym_string_valid(sym, wanted)) {
		text_addf(t, "%s is no value for an option of type %s", wanted,
			  sym_type_name(sym->type));
	} else if ((range = sym_get_range_prop(sym))) {
		text_addf(t, "out of range: %s to %s", sym_get_string_value(range->expr->left.sym),
			  sym_get_string_value(range->expr->right.sym));
	} else {
		text_add(t, "kconfig gave it another value");
	}
}

void explain_value(struct symbol *sym, const char *wanted, bool asked, struct advice *a)
{
	struct text why_blocked = { 0 };
	tristate to;

	memset(a, 0, sizeof(*a));
	sym_calc_value(sym);
	if (!is_switch(sym)) {
		say_why_not_text(&a->why, sym, wanted);
		if (sym->visible == no && has_prompt(sym))
			prove(sym, yes, true, asked, a, &why_blocked);
	} else if (!strchr("ymn", wanted[0]) || wanted[1]) {
		text_addf(&a->why, "%s is no value for an option of type %s", wanted,
			  sym_type_name(sym->type));
	} else {
		to = parse_tristate(wanted);
		if (sym->curr.tri < to) {
			say_why_not_on(&a->why, sym, to);
			prove(sym, to, true, asked, a, &why_blocked);
		} else if (sym->curr.tri > to) {
			say_why_on(&a->why, sym, to);
			prove(sym, to, false, asked, a, &why_blocked);
		}
	}
	if (why_blocked.length)
		text_addf(&a->why, "%s%s", a->why.length ? "; " : "", text_get(&why_blocked));
	text_clear(&why_blocked);
}

/* ---- all about one symbol ---- */

static void json_expr(FILE *out, struct expr *e)
{
	struct text t = { 0 };

	if (e)
		text_add_expr(&t, e);
	json_str(out, e ? text_get(&t) : NULL);
	text_clear(&t);
}

static void json_definitions(FILE *out, struct symbol *sym)
{
	const char *comma = "";

	fputs(",\"defined\":[", out);
	for (struct menu *m = menu_of(sym, NULL); m; m = menu_of(sym, m)) {
		fprintf(out, "%s{\"file\":", comma);
		json_str(out, helper_file(m));
		fprintf(out, ",\"line\":%d,\"prompt\":", m->lineno);
		json_str(out, m->prompt ? m->prompt->text : NULL);
		fputs(",\"visible_if\":", out);
		json_expr(out, m->prompt ? m->prompt->visible.expr : NULL);
		fputc('}', out);
		comma = ",";
	}
	fputc(']', out);
}

static void json_reverse(FILE *out, struct symbol *sym, enum prop_type type, const char *key)
{
	const char *comma = "";
	struct property *prop;
	struct symbol *by;

	fprintf(out, ",\"%s\":[", key);
	helper_for_all_symbols(by)
	{
		for_all_properties(by, prop, type)
		{
			if (prop_get_symbol(prop) != sym)
				continue;
			sym_calc_value(by);
			fprintf(out, "%s{\"symbol\":", comma);
			json_str(out, symbol_name(by));
			fputs(",\"value\":", out);
			json_str(out, sym_get_string_value(by));
			fputs(",\"if\":", out);
			json_expr(out, prop->visible.expr);
			fprintf(out, ",\"active\":%s,\"file\":",
				by->curr.tri != no && expr_calc_value(prop->visible.expr) != no
					? "true"
					: "false");
			json_str(out, helper_file(prop));
			fprintf(out, ",\"line\":%d}", prop->lineno);
			comma = ",";
		}
	}
	fputc(']', out);
}

static void json_defaults(FILE *out, struct symbol *sym)
{
	const char *comma = "";
	struct property *prop;

	fputs(",\"defaults\":[", out);
	for_all_defaults(sym, prop)
	{
		fprintf(out, "%s{\"value\":", comma);
		json_expr(out, prop->expr);
		fputs(",\"if\":", out);
		json_expr(out, prop->visible.expr);
		fputc('}', out);
		comma = ",";
	}
	fputc(']', out);
}

static void json_advice(FILE *out, struct symbol *sym)
{
	struct advice a;

	/* The question behind "why" is how to get the other value. */
	explain_value(sym, sym->curr.tri != no ? "n" : "y", false, &a);
	fputs(",\"to_change\":", out);
	json_str(out, a.why.length ? text_get(&a.why) : NULL);
	fprintf(out, ",\"set\":[%s]", text_get(&a.turn_on));
	text_clear(&a.why);
	text_clear(&a.turn_on);
}

void explain_symbol(FILE *out, const char *name)
{
	struct symbol *choice, *sym = sym_find(name);

	fputs("{\"symbol\":", out);
	json_str(out, name);
	if (!sym || sym->type == S_UNKNOWN) {
		fprintf(out,
			",\"exists\":false,\"referenced\":%s,\"nearest\":", sym ? "true" : "false");
		json_str(out, nearest_symbol(name));
		fputc('}', out);
		return;
	}
	sym_calc_value(sym);
	choice = choice_of(sym);
	fprintf(out, ",\"exists\":true,\"type\":\"%s\",\"value\":", sym_type_name(sym->type));
	json_str(out, sym_get_string_value(sym));
	fprintf(out, ",\"settable\":%s,\"toolchain\":", sym->visible != no ? "true" : "false");
	json_str(out, toolchain_line(sym));
	fputs(",\"choice\":", out);
	json_str(out, choice ? choice_prompt(choice) : NULL);
	fputs(",\"depends\":", out);
	json_expr(out, sym->dir_dep.expr);
	fputs(",\"depends_values\":", out);
	json_values(out, sym->dir_dep.expr);
	json_definitions(out, sym);
	json_defaults(out, sym);
	json_reverse(out, sym, P_SELECT, "selected_by");
	json_reverse(out, sym, P_IMPLY, "implied_by");
	if (is_switch(sym))
		json_advice(out, sym);
	fputc('}', out);
}

void describe_symbol(FILE *out, const char *name)
{
	struct symbol *sym = sym_find(name);
	int place = 0;
	struct menu *m = sym ? menu_asked(sym, &place) : NULL;

	fputs("{\"symbol\":", out);
	json_str(out, name);
	fputs(",\"file\":", out);
	json_str(out, m ? helper_file(m) : NULL);
	fprintf(out, ",\"line\":%d,\"place\":%d,\"prompt\":", m ? m->lineno : 0, place);
	json_str(out, m && m->prompt ? m->prompt->text : NULL);
	fputc('}', out);
}
