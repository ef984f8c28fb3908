/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab help: the commands, one command, the fields of a case, the steps. */
#include "cmd/help.h"

#include <stdio.h>
#include <unistd.h>

#include "case/case.h"
#include "cmd/man.h"
#include "cmd/options.h"
#include "page/layout.h"
#include "page/page.h"
#include "plan/night.h"

#define HELP_COLUMNS  80
#define NARROW_INDENT 4

void help_format_row(struct strbuf *out, const char *head, int indent, const char *text)
{
	int column = (int)strlen(head), columns = page_style_of(STDOUT_FILENO).width;

	if (columns > HELP_COLUMNS)
		columns = HELP_COLUMNS;
	if (columns < HELP_COLUMNS && indent > columns / 3)
		indent = NARROW_INDENT;
	strbuf_adds(out, head);
	if (column >= indent) {
		while (out->length && out->data[out->length - 1] == ' ')
			out->data[--out->length] = '\0';
		strbuf_addc(out, '\n');
		column = 0;
	}
	while (*text) {
		size_t word = strcspn(text, " ");

		if (column > indent && column + 1 + (int)word > columns) {
			strbuf_addc(out, '\n');
			column = 0;
		}
		if (column < indent) {
			strbuf_addf(out, "%*s", indent - column, "");
			column = indent;
		} else {
			strbuf_addc(out, ' ');
			column++;
		}
		strbuf_add(out, text, word);
		column += (int)word;
		text += word + strspn(text + word, " ");
	}
	strbuf_addc(out, '\n');
}

/* Columns that are aligned, or that stand in: a table, or an example. */
static bool is_laid_out(const char *line, size_t length)
{
	for (size_t i = 0; i + 1 < length; i++)
		if (line[i] == ' ' && (!i || line[i + 1] == ' '))
			return true;
	return false;
}

/* Lines of text of which one is too wide are folded anew. */
static bool is_to_be_folded(const char *paragraph, size_t length)
{
	bool wide = false;

	for (size_t at = 0; at < length;) {
		size_t line = strcspn(paragraph + at, "\n");

		if (is_laid_out(paragraph + at, line))
			return false;
		wide |= line > HELP_COLUMNS;
		at += line + 1;
	}
	return wide;
}

static void fold(struct strbuf *out, const char *paragraph, size_t length)
{
	const struct page_style style = { .width = HELP_COLUMNS };
	_cleanup_free_ char *words = xstrndup(paragraph, length);
	_cleanup_free_ char *folded = NULL;
	struct page p;

	/* A line's end is a blank to it. */
	page_init(&p, &style);
	page_wrap(&p, TONE_PLAIN, words, 0);
	page_line(&p);
	folded = page_take(&p);
	strbuf_adds(out, folded);
}

void help_format_details(struct strbuf *out, const char *details)
{
	while (*details) {
		const char *end = strstr(details, "\n\n");
		size_t length = end ? (size_t)(end - details) + 1 : strlen(details);

		if (is_to_be_folded(details, length))
			fold(out, details, length);
		else
			strbuf_add(out, details, length);
		details += length;
		if (*details)
			strbuf_addc(out, *details++);
	}
}

void help_print_command(const struct cmd *cmd)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };

	strbuf_addf(&out, "klab %s%s%s\n\n%s.\n", cmd->name, cmd->args[0] ? " " : "", cmd->args,
		    cmd->summary);
	if (cmd->details) {
		strbuf_addc(&out, '\n');
		help_format_details(&out, cmd->details);
	}
	if (cmd->options) {
		strbuf_adds(&out, "\nOptions:\n");
		options_format_help(cmd->options, &out);
	}
	fputs(out.data, stdout);
}

void help_print_commands(void)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };

	strbuf_adds(&out, "klab: a reproducible test lab for Linux kernels\n\n");
	for (const struct cmd *const *c = cmd_table; *c; c++) {
		char head[32];

		snprintf(head, sizeof(head), "  klab %s", (*c)->name);
		help_format_row(&out, head, 18, (*c)->summary);
	}
	strbuf_adds(
		&out,
		"\n"
		"  klab help COMMAND      what it takes\n"
		"  klab help case         the fields of a case file\n"
		"  klab help steps        the steps of a case; klab help step NAME: one of them\n"
		"  klab help plan         the fields of a plan of `klab nightly`\n"
		"  klab help man [PAGE]   klab, case or plan as a manual page: | man -l -\n"
		"  klab --version\n"
		"\n"
		"Exit codes: 0 pass or same, 1 the test failed or the sides differ,\n"
		"2 bad input, 3 could not be run.\n");
	fputs(out.data, stdout);
}

static int print_taken(char *text)
{
	_cleanup_free_ char *owned = text;

	if (!owned)
		return -1;
	fputs(owned, stdout);
	return 0;
}

static int print_man_page(const char *name, struct err *err)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };

	if (man_page(name, &out, err) < 0)
		return -1;
	fputs(out.data, stdout);
	return 0;
}

static int help_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	const struct cmd *cmd;

	if (argc == 1) {
		help_print_commands();
		return 0;
	}
	if (argc > 3 || (argc == 3 && !str_eq(argv[1], "step") && !str_eq(argv[1], "man")))
		return err_set(err, ERR_INPUT, "expected: klab help %s", cmd_help.args);
	if (str_eq(argv[1], "case"))
		return print_taken(case_help_format());
	if (str_eq(argv[1], "plan"))
		return print_taken(night_plan_help());
	if (str_eq(argv[1], "steps") || (str_eq(argv[1], "step") && argc == 2))
		return print_taken(case_help_steps());
	if (str_eq(argv[1], "step"))
		return print_taken(case_help_step(argv[2], err));
	if (str_eq(argv[1], "man"))
		return print_man_page(argc == 3 ? argv[2] : "klab", err);
	cmd = cmd_find(argv[1], err);
	if (!cmd)
		return -1;
	help_print_command(cmd);
	return 0;
}

const struct cmd cmd_help = {
	.name = "help",
	.args = "[COMMAND | case | steps | step NAME | plan | man [PAGE]]",
	.summary = "Says what a command takes, what a case file may say, what a step does",
	.main = help_main,
};
