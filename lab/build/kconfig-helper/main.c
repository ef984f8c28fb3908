// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Usage: klab-helper KCONFIG REQUESTS REPORT
 *
 * Lets the tree's conf resolve $KCONFIG_ALLCONFIG with --allnoconfig, writing
 * $KCONFIG_CONFIG, then looks in the same process whether every request holds.
 * REQUESTS has a line a request, fields separated by tabs:
 *     want SYMBOL VALUE ORIGIN     a line of a fragment
 *     need SYMBOL on ORIGIN        the symbol must be y or m
 *     explain SYMBOL
 *     describe SYMBOL              where it is defined, and what a user is asked
 * REPORT is JSON, read by lab/build/kconfig.c. Exit 0 also when options were lost.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "helper.h"

struct request {
	char *verb, *symbol, *value, *origin;
};

struct report {
	FILE *out;
	struct text lost, notes, explained, described; /* JSON array elements */
};

static bool next_request(FILE *in, char **line, size_t *size, struct request *r)
{
	char *rest;

	if (getline(line, size, in) < 0)
		return false;
	rest = *line;
	rest[strcspn(rest, "\n")] = '\0';
	r->verb = strsep(&rest, "\t");
	r->symbol = strsep(&rest, "\t");
	r->value = strsep(&rest, "\t");
	r->origin = strsep(&rest, "\t");
	if (!r->symbol)
		r->symbol = "";
	if (!r->value)
		r->value = "";
	if (!r->origin)
		r->origin = "";
	return true;
}

/* `"a\"b"` -> `a"b`, in place. */
static char *unquote(char *s)
{
	char *to = s, *from = s;

	if (*from++ != '"')
		return s;
	while (*from && *from != '"') {
		if (*from == '\\' && from[1])
			from++;
		*to++ = *from++;
	}
	*to = '\0';
	return s;
}

static bool holds(struct symbol *sym, const char *wanted)
{
	const char *got = sym_get_string_value(sym);

	switch (sym->type) {
	case S_HEX:
		return got[0] && strtoull(got, NULL, 16) == strtoull(wanted, NULL, 16);
	case S_INT:
		/* n asks that it be not set: it has no value while it is not visible. */
		return !strcmp(got, wanted) || (!strcmp(wanted, "n") && !got[0]);
	default:
		return !strcmp(got, wanted);
	}
}

static void add_lost(struct report *rep, const struct request *r, const char *got, const char *why,
		     const char *turn_on)
{
	char *data = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&data, &size);

	if (!out)
		abort();
	fprintf(out, "%s{\"symbol\":", rep->lost.length ? ",\n" : "");
	json_str(out, r->symbol);
	fputs(",\"wanted\":", out);
	json_str(out, r->value);
	fputs(",\"got\":", out);
	json_str(out, got);
	fputs(",\"origin\":", out);
	json_str(out, r->origin);
	fputs(",\"why\":", out);
	json_str(out, why);
	fprintf(out, ",\"turn_on\":[%s]}", turn_on);
	fclose(out);
	text_add(&rep->lost, data);
	free(data);
}

static void add_note(struct report *rep, const char *note)
{
	char *data = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&data, &size);

	if (!out)
		abort();
	fputs(rep->notes.length ? ",\n" : "", out);
	json_str(out, note);
	fclose(out);
	text_add(&rep->notes, data);
	free(data);
}

static void no_such_symbol(struct report *rep, const struct request *r, struct symbol *sym)
{
	const char *near = nearest_symbol(r->symbol);
	struct text t = { 0 };

	text_addf(&t, "no such symbol in this tree%s", sym ? " for this architecture" : "");
	if (near)
		text_addf(&t, "; did you mean %s?", near);
	if (strcmp(r->value, "n")) {
		add_lost(rep, r, "undefined", text_get(&t), "");
	} else {
		/* It is off all the same: older and newer trees may lack it. But say so, it may be
		 * misspelt. */
		struct text note = { 0 };

		text_addf(&note, "%s: %s is off, but %s", r->origin, r->symbol, text_get(&t));
		add_note(rep, text_get(&note));
		text_clear(&note);
	}
	text_clear(&t);
}

static void check(struct report *rep, struct request *r)
{
	struct symbol *sym = sym_find(r->symbol);
	bool need = !strcmp(r->verb, "need");
	struct advice a;

	if (!sym || sym->type == S_UNKNOWN) {
		no_such_symbol(rep, r, sym);
		return;
	}
	sym_calc_value(sym);
	if (need) {
		if (sym->curr.tri != no)
			return;
		r->value = "y";
	} else {
		if (sym->type == S_STRING)
			unquote(r->value);
		if (holds(sym, r->value))
			return;
	}
	explain_value(sym, r->value, !need, &a);
	add_lost(rep, r, sym_get_string_value(sym), text_get(&a.why), text_get(&a.turn_on));
	text_clear(&a.why);
	text_clear(&a.turn_on);
}

/* What `say` has to say of the symbol, as another element of the list. */
static void add_about(struct text *list, const struct request *r,
		      void (*say)(FILE *out, const char *name))
{
	char *data = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&data, &size);

	if (!out)
		abort();
	if (list->length)
		fputs(",\n", out);
	say(out, r->symbol);
	fclose(out);
	text_add(list, data);
	free(data);
}

int main(int argc, char **argv)
{
	struct report rep = { 0 };
	struct request r;
	char *line = NULL;
	size_t size = 0;
	FILE *in;

	if (argc != 4) {
		fprintf(stderr, "usage: %s KCONFIG REQUESTS REPORT\n", argv[0]);
		return 2;
	}
	if (klab_conf_main(4, (char *[]){ "conf", "--silent", "--allnoconfig", argv[1], NULL }))
		return 1;
	in = fopen(argv[2], "r");
	rep.out = fopen(argv[3], "w");
	if (!in || !rep.out) {
		perror(in ? argv[3] : argv[2]);
		return 1;
	}
	while (next_request(in, &line, &size, &r)) {
		if (!strcmp(r.verb, "explain"))
			add_about(&rep.explained, &r, explain_symbol);
		else if (!strcmp(r.verb, "describe"))
			add_about(&rep.described, &r, describe_symbol);
		else
			check(&rep, &r);
	}
	fputs("{\"version\":", rep.out);
	json_str(rep.out, getenv("KERNELVERSION"));
	fprintf(rep.out,
		",\n\"lost\":[%s],\n\"notes\":[%s],\n\"explained\":[%s],\n\"described\":[%s]}\n",
		text_get(&rep.lost), text_get(&rep.notes), text_get(&rep.explained),
		text_get(&rep.described));
	fclose(in);
	return fclose(rep.out) ? 1 : 0;
}
