// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What has to be set so that a symbol gets a value: dependencies are followed
 * down to the symbols a user can set. This only proposes; explain.c then lets
 * the tree's kconfig say whether it is enough.
 */
#include <stdarg.h>
#include <string.h>

#include "helper.h"

#define COST_STEP      10
#define COST_PREFERRED 9 /* a tie goes to what a choice would pick by itself */
#define COST_INDIRECT  3 /* turning on something else so that it selects this */

/* The symbols being planned, so that circles end. */
static struct symbol *in_progress[64];
static int in_progress_count;

static bool blocked(struct plan *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool plan_expr(struct plan *p, struct expr *e, tristate to, bool on, struct symbol *owner);

static bool blocked(struct plan *p, const char *fmt, ...)
{
	va_list ap;

	if (!p->blocked[0]) {
		va_start(ap, fmt);
		vsnprintf(p->blocked, sizeof(p->blocked), fmt, ap);
		va_end(ap);
	}
	return false;
}

static bool add_step(struct plan *p, struct symbol *sym, tristate to)
{
	if (p->count == PLAN_MAX)
		return blocked(p, "too many options would have to change");
	p->steps[p->count++] = (struct plan_step){ .sym = sym, .to = to };
	p->cost += to != no && choice_prefers(sym) ? COST_PREFERRED : COST_STEP;
	return true;
}

/* Takes the cheaper of two ways, if any is possible. */
static bool take_better(struct plan *p, bool a_ok, const struct plan *a, bool b_ok,
			const struct plan *b)
{
	if (a_ok && (!b_ok || a->cost <= b->cost))
		*p = *a;
	else if (b_ok)
		*p = *b;
	else if (!p->blocked[0])
		memcpy(p->blocked, a->blocked[0] ? a->blocked : b->blocked, sizeof(p->blocked));
	return a_ok || b_ok;
}

static bool plan_either(struct plan *p, struct expr *e, tristate to, bool on, struct symbol *owner)
{
	struct plan a = *p, b = *p;
	bool a_ok = plan_expr(&a, e->left.expr, to, on, owner);
	bool b_ok = plan_expr(&b, e->right.expr, to, on, owner);

	return take_better(p, a_ok, &a, b_ok, &b);
}

static bool plan_compare(struct plan *p, struct expr *e, bool on)
{
	struct symbol *left = e->left.sym, *right = e->right.sym;
	struct text t = { 0 };
	bool equal = e->type == E_EQUAL;

	if ((equal || e->type == E_UNEQUAL) &&
	    (left->type == S_BOOLEAN || left->type == S_TRISTATE)) {
		if (right == &symbol_yes)
			return plan_symbol(p, left, on == equal ? yes : mod, on == equal);
		if (right == &symbol_no)
			return plan_symbol(p, left, on == equal ? no : mod, on != equal);
	}
	text_add_expr(&t, e);
	blocked(p, on ? "%s does not hold" : "%s holds", text_get(&t));
	text_clear(&t);
	return false;
}

static bool plan_constant(struct plan *p, struct symbol *owner, bool on)
{
	const char *line = owner ? toolchain_line(owner) : NULL;

	if (line)
		return blocked(p, "missing toolchain capability: %s: %s", symbol_name(owner), line);
	return blocked(p, "%s: a dependency is always %s in this tree",
		       owner ? symbol_name(owner) : "it", on ? "n" : "y");
}

/* Makes the expression at least (on) or at most (off) `to`; owner: whose expression it is. */
static bool plan_expr(struct plan *p, struct expr *e, tristate to, bool on, struct symbol *owner)
{
	tristate now = expr_calc_value(e); /* no expression: y */

	if (on ? now >= to : now <= to)
		return true;
	if (!e)
		return plan_constant(p, owner, on);
	switch (e->type) {
	case E_AND:
	case E_OR:
		if (on == (e->type == E_OR))
			return plan_either(p, e, to, on, owner);
		return plan_expr(p, e->left.expr, to, on, owner) &&
		       plan_expr(p, e->right.expr, to, on, owner);
	case E_NOT:
		return plan_expr(p, e->left.expr, EXPR_NOT(to), !on, owner);
	case E_SYMBOL:
		if (e->left.sym == &symbol_yes || e->left.sym == &symbol_no ||
		    e->left.sym == &symbol_mod)
			return plan_constant(p, owner, on);
		return plan_symbol(p, e->left.sym, to, on);
	default:
		return plan_compare(p, e, on);
	}
}

/* Through a prompt: it must be visible, then it can be set. */
static bool plan_prompt_on(struct plan *p, struct symbol *sym, tristate to)
{
	struct plan best = *p;
	struct property *prop;
	bool ok = false;

	for_all_prompts(sym, prop)
	{
		struct plan try = *p, before = best;
		bool try_ok = plan_expr(&try, prop->visible.expr, to, true, sym);

		/* A choice has no value of its own: one of its members is set. */
		if (try_ok && !sym_is_choice(sym) && is_switch(sym))
			try_ok = add_step(&try, sym, to);
		ok = take_better(&best, ok, &before, try_ok, &try);
	}
	*p = best;
	return ok;
}

/* Through a default, or another symbol that selects it. */
static bool plan_indirect_on(struct plan *p, struct symbol *sym, tristate to)
{
	struct plan best = *p;
	struct property *prop;
	struct symbol *by;
	bool ok = false;

	for_all_defaults(sym, prop)
	{
		struct plan try = *p, before = best;
		bool try_ok = plan_expr(&try, prop->visible.expr, to, true, sym) &&
			      plan_expr(&try, prop->expr, to, true, sym);

		ok = take_better(&best, ok, &before, try_ok, &try);
	}
	helper_for_all_symbols(by){
		for_all_properties(by, prop, P_SELECT){ struct plan try = *p, before = best;
	bool try_ok;

	if (prop_get_symbol(prop) != sym)
		continue;
	try.cost += COST_INDIRECT;
	try_ok = plan_expr(&try, prop->visible.expr, to, true, by) &&
		 plan_symbol(&try, by, to, true);
	ok = take_better(&best, ok, &before, try_ok, &try);
}
}
*p = best;
return ok;
}

static bool plan_on(struct plan *p, struct symbol *sym, tristate to)
{
	if (sym->type == S_UNKNOWN)
		return blocked(p, "%s is not defined in this tree for this architecture",
			       symbol_name(sym));
	if (!is_switch(sym))
		return blocked(p, "%s is no option that is on or off", symbol_name(sym));
	if (has_prompt(sym))
		return plan_prompt_on(p, sym, to);
	if (plan_indirect_on(p, sym, to))
		return true;
	if (toolchain_line(sym))
		p->blocked[0] = '\0'; /* the best reason there is */
	return plan_constant(p, sym, true);
}

/* Another member of the choice must take over. */
static bool plan_other_member(struct plan *p, struct symbol *choice, struct symbol *sym)
{
	struct menu *top = menu_of(choice, NULL);

	for (int preferred = 1; preferred >= 0; preferred--) {
		for (struct menu *m = top ? top->list : NULL; m; m = m->next) {
			struct plan try = *p;

			if (!m->sym || m->sym == sym || !sym_is_choice_value(m->sym) ||
			    choice_prefers(m->sym) != (preferred == 1))
				continue;
			if (plan_symbol(&try, m->sym, yes, true)) {
				*p = try;
				return true;
			}
		}
	}
	return blocked(p, "the choice \"%s\" leaves nothing but %s", choice_prompt(choice),
		       symbol_name(sym));
}

static bool plan_off(struct plan *p, struct symbol *sym, tristate to)
{
	struct symbol *by, *choice = choice_of(sym);
	struct property *prop;

	if (choice)
		return plan_other_member(p, choice, sym);
	helper_for_all_symbols(by)
	{
		for_all_properties(by, prop, P_SELECT)
		{
			if (prop_get_symbol(prop) != sym || by->curr.tri <= to ||
			    expr_calc_value(prop->visible.expr) <= to)
				continue;
			if (!plan_symbol(p, by, to, false))
				return false;
		}
	}
	if (has_prompt(sym))
		return add_step(p, sym, to);
	for_all_defaults(sym, prop)
	{
		struct plan a = *p, b = *p;
		bool a_ok, b_ok;

		if (expr_calc_value(prop->visible.expr) <= to)
			continue;
		a_ok = plan_expr(&a, prop->visible.expr, to, false, sym);
		b_ok = plan_expr(&b, prop->expr, to, false, sym);
		return take_better(p, a_ok, &a, b_ok, &b);
	}
	return true;
}

bool plan_symbol(struct plan *p, struct symbol *sym, tristate to, bool on)
{
	bool ok;

	for (int i = 0; i < p->count; i++)
		if (p->steps[i].sym == sym)
			return on ? p->steps[i].to >= to : p->steps[i].to <= to;
	sym_calc_value(sym);
	if (on ? sym->curr.tri >= to : sym->curr.tri <= to)
		return true;
	for (int i = 0; i < in_progress_count; i++)
		if (in_progress[i] == sym)
			return false; /* a circle: some other way, or none */
	if (in_progress_count == (int)(sizeof(in_progress) / sizeof(in_progress[0])))
		return false;
	in_progress[in_progress_count++] = sym;
	ok = on ? plan_on(p, sym, to) : plan_off(p, sym, to);
	in_progress_count--;
	return ok;
}

bool plan_visible(struct plan *p, struct symbol *sym)
{
	return plan_prompt_on(p, sym, yes);
}
