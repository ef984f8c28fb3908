// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a symbol is defined, and what it belongs to: the menu tree, which is the same in every
 * version. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "helper.h"

static struct menu *next_menu(struct menu *m)
{
	if (m->list)
		return m->list;
	while (m && !m->next)
		m = m->parent;
	return m ? m->next : NULL;
}

struct menu *menu_of(struct symbol *sym, struct menu *after)
{
	struct menu *m = after ? next_menu(after) : &rootmenu;

	while (m && m->sym != sym)
		m = next_menu(m);
	return m;
}

struct menu *menu_asked(struct symbol *sym, int *place)
{
	struct menu *first = NULL;
	int before = 0;

	for (struct menu *m = &rootmenu; m; m = next_menu(m), before++) {
		if (m->sym != sym || (first && !m->prompt))
			continue;
		first = m;
		*place = before;
		if (m->prompt)
			break;
	}
	return first;
}

struct symbol *choice_of(struct symbol *sym)
{
	if (!sym_is_choice_value(sym))
		return NULL;
	for (struct menu *m = menu_of(sym, NULL); m; m = menu_of(sym, m))
		for (struct menu *up = m->parent; up; up = up->parent)
			if (up->sym && sym_is_choice(up->sym))
				return up->sym;
	return NULL;
}

const char *choice_prompt(struct symbol *choice)
{
	struct menu *m = menu_of(choice, NULL);

	return m && m->prompt && m->prompt->text ? m->prompt->text : "choice";
}

struct symbol *choice_member_on(struct symbol *choice)
{
	struct menu *top = menu_of(choice, NULL);

	for (struct menu *m = top ? top->list : NULL; m && m != top->next; m = next_menu(m)) {
		if (!m->sym || !sym_is_choice_value(m->sym))
			continue;
		sym_calc_value(m->sym);
		if (sym_get_tristate_value(m->sym) != no)
			return m->sym;
	}
	return NULL;
}

bool choice_prefers(struct symbol *sym)
{
	struct symbol *choice = choice_of(sym);
	struct property *prop;

	if (!choice)
		return false;
	for_all_defaults(choice, prop) if (prop_get_symbol(prop) == sym) return true;
	return false;
}

bool has_prompt(struct symbol *sym)
{
	struct property *prop;

	for_all_prompts(sym, prop) return true;
	return false;
}

static char *trimmed(char *s)
{
	char *end;

	while (isspace((unsigned char)*s))
		s++;
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s;
}

const char *toolchain_line(struct symbol *sym)
{
	static char line[300];
	const char *found = NULL;

	for (struct menu *m = menu_of(sym, NULL); m && !found; m = menu_of(sym, m)) {
		FILE *in = helper_file(m) ? zconf_fopen(helper_file(m)) : NULL;

		if (!in)
			continue;
		for (int n = 1; !found && fgets(line, sizeof(line), in); n++) {
			/* A definition ends at the next keyword in the first column, or at its
			 * help. */
			if (n > m->lineno &&
			    (isalpha((unsigned char)line[0]) || !strncmp(trimmed(line), "help", 4)))
				break;
			if (n >= m->lineno && line[0] != '#' && strstr(line, "$("))
				found = trimmed(line);
		}
		fclose(in);
	}
	return found;
}

const char *symbol_name(struct symbol *sym)
{
	if (sym->name)
		return sym->name;
	return sym_is_choice(sym) ? choice_prompt(sym) : "(unnamed)";
}

static int min3(int a, int b, int c)
{
	return a < b ? (a < c ? a : c) : (b < c ? b : c);
}

#define MAX_NAME 80

static int distance(const char *a, const char *b)
{
	int row[MAX_NAME + 1];
	int an = (int)strlen(a), bn = (int)strlen(b);

	if (an > MAX_NAME || bn > MAX_NAME)
		return MAX_NAME;
	for (int j = 0; j <= bn; j++)
		row[j] = j;
	for (int i = 1; i <= an; i++) {
		int diagonal = row[0];

		row[0] = i;
		for (int j = 1; j <= bn; j++) {
			int above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[bn];
}

/* How many letters may be wrong before it is no likeness. */
static int tolerance(size_t length)
{
	return length <= 4 ? 1 : length <= 8 ? 2 : 3;
}

const char *nearest_symbol(const char *name)
{
	size_t length = strlen(name);
	int best_distance = tolerance(length) + 1;
	const char *best = NULL;
	struct symbol *sym;

	helper_for_all_symbols(sym)
	{
		size_t more;
		int d;

		if (!sym->name || sym->type == S_UNKNOWN || sym->flags & SYMBOL_CONST)
			continue;
		d = distance(name, sym->name);
		/* A name that is left half-typed is near too: WBT for BLK_WBT. */
		more = strlen(sym->name) > length ? strlen(sym->name) - length : 0;
		if (d > 1 && length >= 3 && more && more <= 6 && strstr(sym->name, name))
			d = 1;
		if (d < best_distance ||
		    (d == best_distance && best && strcmp(sym->name, best) < 0)) {
			best_distance = d;
			best = sym->name;
		}
	}
	return best;
}
