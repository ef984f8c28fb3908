/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program linked with the kconfig objects of one kernel tree, so that the
 * tree's own code says what an option's value is and why. Compiled in the
 * object tree by klab.mk, once for each tree; it must therefore build against
 * the kconfig of several kernel versions. What differs between them is here.
 */
#ifndef KLAB_KCONFIG_HELPER_H
#define KLAB_KCONFIG_HELPER_H

#include <stdbool.h>
#include <stdio.h>

#include "lkc.h"
#include "internal.h"

/* klab.mk looks into the tree's headers and defines these as 0 or more. */
#ifndef KLAB_SYMBOL_HASHTABLE
#error "compile through klab.mk"
#endif

#if KLAB_SYMBOL_HASHTABLE /* since 6.9 */
#define helper_for_all_symbols(sym) for_all_symbols(sym)
#else
#define helper_for_all_symbols(sym)                                                                \
	for (int bucket_ = 0; bucket_ < SYMBOL_HASHSIZE; bucket_++)                                \
		for ((sym) = symbol_hash[bucket_]; (sym); (sym) = (sym)->next)
#endif

#if KLAB_PLAIN_FILENAME /* since 6.9 */
#define helper_file(node) ((node)->filename)
#else
#define helper_file(node) ((node)->file ? (node)->file->name : NULL)
#endif

/* main() of the tree's own conf.c, compiled under this name. */
int klab_conf_main(int argc, char **argv);

/* ---- out.c: text and JSON ---- */
struct text {
	char *data; /* NUL-terminated; NULL while empty */
	size_t length, capacity;
};

void text_add(struct text *t, const char *s);
void text_addf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_clear(struct text *t);
const char *text_get(const struct text *t);
/* A JSON string, quoted; NULL is null. */
void json_str(FILE *out, const char *s);
/* The dependency as it is written in Kconfig. Conjunctions are not bracketed at the top. */
void text_add_expr(struct text *t, struct expr *e);
/* "A=n, B=y": the value of every symbol in the expression, each once. */
void text_add_values(struct text *t, struct expr *e);
void json_values(FILE *out, struct expr *e);

/* ---- menus.c: where a symbol is defined, what it belongs to ---- */
struct menu *menu_of(struct symbol *sym, struct menu *after); /* next definition, or NULL */
struct symbol *choice_of(struct symbol *sym);		      /* the choice it is a member of */
const char *choice_prompt(struct symbol *choice);	      /* never NULL */
struct symbol *choice_member_on(struct symbol *choice);	      /* NULL: none */
bool choice_prefers(struct symbol *sym);		      /* it is its choice's default */
bool has_prompt(struct symbol *sym);
/* The first definition with a prompt, or the first; NULL: none. *place: entries before it. */
struct menu *menu_asked(struct symbol *sym, int *place);
static inline bool is_switch(struct symbol *sym)
{
	return sym->type == S_BOOLEAN || sym->type == S_TRISTATE;
}
/* The line of its definition that asks the toolchain, "$(cc-option,...)"; static buffer; NULL. */
const char *toolchain_line(struct symbol *sym);
const char *symbol_name(struct symbol *sym);  /* a choice's is its prompt */
const char *nearest_symbol(const char *name); /* NULL: none near */

/* ---- plan.c: what to turn on ---- */
#define PLAN_MAX 48

struct plan_step {
	struct symbol *sym;
	tristate to;
};

struct plan {
	struct plan_step steps[PLAN_MAX]; /* what others need comes first */
	int count;
	int cost;
	char blocked[400]; /* why it cannot be done, "" */
};

/* What makes the symbol at least (on) or at most (off) `to`, itself included. False: cannot be. */
bool plan_symbol(struct plan *p, struct symbol *sym, tristate to, bool on);
/* What makes it possible to set a number or a text. */
bool plan_visible(struct plan *p, struct symbol *sym);

/* ---- prove.c, explain.c ---- */
struct advice {
	struct text why;
	struct text turn_on; /* JSON array elements */
	bool proven;	     /* kconfig gave the value with these settings */
};

/* Fills turn_on and proven; why_blocked: why it cannot be had. See explain_value() for `asked`. */
void prove(struct symbol *sym, tristate to, bool on, bool asked, struct advice *a,
	   struct text *why_blocked);
/*
 * Why it has not the wanted value: "y", "m", "n", or other text. asked: some
 * fragment sets it already, so that setting it is no advice.
 */
void explain_value(struct symbol *sym, const char *wanted, bool asked, struct advice *a);
/* All there is to know about it, as a JSON object. */
void explain_symbol(FILE *out, const char *name);
/*
 * Where it is defined, as a JSON object {symbol, file, line, place, prompt}: the definition with
 * a prompt where there is one, else prompt is null. place: how many menu entries come before it.
 */
void describe_symbol(FILE *out, const char *name);

#endif
