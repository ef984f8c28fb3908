// SPDX-License-Identifier: GPL-2.0-or-later
/* Proof that a plan is enough: a child, whose kconfig state nobody needs afterwards, sets it and
 * looks. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper.h"

static bool reached(struct symbol *sym, tristate to, bool on)
{
	sym_calc_value(sym);
	if (!is_switch(sym))
		return sym->visible != no;
	return on ? sym->curr.tri >= to : sym->curr.tri <= to;
}

static void apply(const struct plan_step *s)
{
	struct symbol *choice = choice_of(s->sym);

	if (choice)
		sym_calc_value(choice);
	sym_calc_value(s->sym);
	sym_set_tristate_value(s->sym, s->to);
}

static void prove_in_child(FILE *out, struct symbol *sym, tristate to, bool on)
{
	for (int round = 0; round < 6 && !reached(sym, to, on); round++) {
		static struct plan p;

		memset(&p, 0, sizeof(p));
		if (!(is_switch(sym) ? plan_symbol(&p, sym, to, on) : plan_visible(&p, sym))) {
			fprintf(out, "blocked %s\n", p.blocked);
			return;
		}
		for (int i = 0; i < p.count; i++) {
			static const char letter[] = "nmy";

			fprintf(out, "step %s=%c\n", symbol_name(p.steps[i].sym),
				letter[p.steps[i].to]);
			apply(&p.steps[i]);
		}
		if (p.count == 0)
			break;
	}
	fprintf(out, reached(sym, to, on) ? "proven\n" : "blocked\n");
}

static void read_proof(FILE *in, struct symbol *sym, bool asked, struct advice *a,
		       struct text *why_blocked)
{
	char line[1024];

	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "step ", 5)) {
			size_t n = strlen(symbol_name(sym));

			if (asked && !strncmp(line + 5, symbol_name(sym), n) && line[5 + n] == '=')
				continue;
			text_addf(&a->turn_on, "%s\"%s\"", a->turn_on.length ? "," : "", line + 5);
		} else if (!strcmp(line, "proven")) {
			a->proven = true;
		} else if (!strncmp(line, "blocked ", 8)) {
			text_add(why_blocked, line + 8);
		}
	}
	if (!a->proven)
		text_clear(&a->turn_on);
}

void prove(struct symbol *sym, tristate to, bool on, bool asked, struct advice *a,
	   struct text *why_blocked)
{
	int fds[2];
	pid_t pid;
	FILE *in;

	fflush(NULL);
	if (pipe(fds) || (pid = fork()) < 0) {
		perror("fork");
		exit(1);
	}
	if (pid == 0) {
		FILE *out = fdopen(fds[1], "w");

		close(fds[0]);
		if (!out || !freopen("/dev/null", "w", stderr))
			_exit(1);
		prove_in_child(out, sym, to, on);
		fflush(out);
		_exit(0);
	}
	close(fds[1]);
	in = fdopen(fds[0], "r");
	if (in) {
		read_proof(in, sym, asked, a, why_blocked);
		fclose(in);
	}
	waitpid(pid, NULL, 0);
}
