/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab help man: the tables of commands, options, case fields and steps as man(7) wants them. */
#include "cmd/man.h"

#include <string.h>

#include "case/case.h"
#include "case/step-table.h"
#include "cmd/cmd.h"
#include "cmd/options-internal.h"
#include "plan/night.h"

/* What has a meaning to troff: a backslash, a hyphen that is a minus, a dot or quote in front. */
static void add_text(struct strbuf *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		bool first = !out->length || out->data[out->length - 1] == '\n';

		if (first && (text[i] == '.' || text[i] == '\''))
			strbuf_adds(out, "\\&");
		if (text[i] == '\\')
			strbuf_adds(out, "\\e");
		else if (text[i] == '-')
			strbuf_adds(out, "\\-");
		else
			strbuf_addc(out, text[i]);
	}
}

static void add_words(struct strbuf *out, const char *text)
{
	add_text(out, text, strlen(text));
}

static void add_heading(struct strbuf *out, const char *macro, const char *before, const char *text)
{
	strbuf_addf(out, ".%s \"%s", macro, before);
	add_words(out, text);
	strbuf_adds(out, "\"\n");
}

/* Is it a table or an example, whose lines have to stay? Two blanks in a row are only there. */
static bool is_drawn(const char *paragraph)
{
	return *paragraph == ' ' || strstr(paragraph, "  ") || strstr(paragraph, "\n ");
}

/* Text that is folded for a terminal is filled again, what is drawn stays as it is. */
static void add_paragraphs(struct strbuf *out, const char *text)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		_cleanup_free_ char *one =
			end ? xstrndup(text, (size_t)(end - text)) : xstrdup(text);
		bool drawn = is_drawn(one);

		strbuf_adds(out, drawn ? ".PP\n.nf\n" : ".PP\n");
		add_words(out, one);
		if (out->data[out->length - 1] != '\n')
			strbuf_addc(out, '\n');
		if (drawn)
			strbuf_adds(out, ".fi\n");
		text = end ? end + 2 : text + strlen(text);
	}
}

static void add_verbatim(struct strbuf *out, const char *text)
{
	strbuf_adds(out, ".nf\n");
	add_words(out, text);
	if (out->data[out->length - 1] != '\n')
		strbuf_addc(out, '\n');
	strbuf_adds(out, ".fi\n");
}

static void begin(struct strbuf *out, const char *title, int section, const char *summary)
{
	_cleanup_free_ char *upper = xstrdup(title);

	for (char *p = upper; *p; p++)
		*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
	strbuf_adds(out, ".TH ");
	add_words(out, upper);
	strbuf_addf(out, " %d \"\" \"klab %s\" \"klab\"\n.SH NAME\n", section, KLAB_VERSION);
	add_words(out, title);
	strbuf_adds(out, " \\- ");
	add_words(out, summary);
	strbuf_addc(out, '\n');
}

/* ---- klab(1) ------------------------------------------------------------------------- */

static void add_option_names(struct strbuf *out, uint64_t mask)
{
	const char *between = "Options: ";

	for (size_t i = 0; i < option_count; i++) {
		if (!(option_table[i].bit & mask))
			continue;
		strbuf_adds(out, between);
		add_words(out, "--");
		add_words(out, option_table[i].name);
		between = ", ";
	}
	if (mask)
		strbuf_adds(out, ".\n");
}

static void add_command(struct strbuf *out, const struct cmd *cmd)
{
	_cleanup_free_ char *usage =
		xasprintf("klab %s%s%s", cmd->name, cmd->args[0] ? " " : "", cmd->args);

	add_heading(out, "SS", "", usage);
	add_words(out, cmd->summary);
	strbuf_adds(out, ".\n");
	if (cmd->details)
		add_paragraphs(out, cmd->details);
	if (cmd->options) {
		strbuf_adds(out, ".PP\n");
		add_option_names(out, cmd->options);
	}
}

static void add_option(struct strbuf *out, const struct option_def *def)
{
	strbuf_adds(out, ".TP\n.B ");
	if (def->letter) {
		strbuf_addf(out, "\\-%c, ", def->letter);
	}
	add_words(out, "--");
	add_words(out, def->name);
	if (def->value) {
		strbuf_addc(out, ' ');
		add_words(out, def->value);
	}
	strbuf_addc(out, '\n');
	add_words(out, def->help);
	strbuf_adds(out, ".\n");
}

static const char klab_end[] =
	".SH EXIT STATUS\n"
	".TP\n.B 0\nPass, or the sides are the same.\n"
	".TP\n.B 1\nThe test failed, or the sides differ.\n"
	".TP\n.B 2\nBad input.\n"
	".TP\n.B 3\nIt could not be run, or nothing is known of the kernel.\n"
	".PP\n"
	"With \\-\\-git\\-bisect: 0 good, 1 bad, 125 cannot be tested, 128 stop.\n"
	".SH ENVIRONMENT\n"
	".TP\n.B XDG_CACHE_HOME\nSources, object trees and kernels are in klab below it "
	"(~/.cache).\n"
	".TP\n.B XDG_STATE_HOME\nThe history is klab/history.db below it (~/.local/state).\n"
	".TP\n.B KLAB_STORE_LIMIT\nHow large the cache may be, as 40G; 20 GiB if it is not set.\n"
	".TP\n.B KLAB_QEMU\nThe QEMU to take.\n"
	".TP\n.B KLAB_DATA\nThe folder with klab's cases, kconfigs and guest programs.\n"
	".SH FILES\n"
	".TP\n.B runs/\nRun directories, each with everything of its run.\n"
	".SH SEE ALSO\n"
	".BR klab\\-case (5),\n.BR klab\\-plan (5),\n.BR git\\-bisect (1),\n"
	".BR qemu\\-system\\-x86_64 (1)\n";

static int klab_page(struct strbuf *out, struct err *err)
{
	begin(out, "klab", 1, "a reproducible test lab for Linux kernels");
	strbuf_adds(out, ".SH SYNOPSIS\n.B klab\n.I COMMAND\n[\\fIOPTION\\fR...] "
			 "[\\fIARGUMENT\\fR...]\n"
			 ".SH DESCRIPTION\n"
			 "Builds kernels from config fragments, boots them under QEMU, sets up a "
			 "case in the "
			 "guest (disks, swap, cgroups, faults), reads the serial console and all "
			 "kernel reports "
			 "in it, judges what happened, and compares runs across configs, kernels "
			 "and nights.\n"
			 ".SH COMMANDS\n");
	for (const struct cmd *const *c = cmd_table; *c; c++)
		add_command(out, *c);
	strbuf_adds(out, ".SH OPTIONS\nEach command takes those that it names.\n");
	for (size_t i = 0; i < option_count; i++)
		add_option(out, &option_table[i]);
	strbuf_adds(out, klab_end);
	return 0;
}

/* ---- the formats ----------------------------------------------------------------------- */

static int case_page(struct strbuf *out, struct err *err)
{
	_cleanup_free_ char *fields = case_help_format();

	begin(out, "klab-case", 5, "what a case of klab says");
	strbuf_adds(
		out,
		".SH DESCRIPTION\n"
		"A case is a YAML file: the kernel that it needs, the machine, the steps that are "
		"done in the guest, and what is expected.\n.SH FIELDS\n");
	add_verbatim(out, fields);
	strbuf_adds(out, ".SH STEPS\n");
	for (size_t i = 0; i < ARRAY_SIZE(step_table); i++) {
		_cleanup_free_ char *step = case_help_step(step_table[i].verb, err);

		if (!step)
			return -1;
		add_heading(out, "SS", "", step_table[i].verb);
		add_verbatim(out, step);
	}
	strbuf_adds(out, ".SH SEE ALSO\n.BR klab (1),\n.BR klab\\-plan (5)\n");
	return 0;
}

static int plan_page(struct strbuf *out, struct err *err)
{
	_cleanup_free_ char *fields = night_plan_help();

	begin(out, "klab-plan", 5, "what a plan of klab nightly says");
	strbuf_adds(out, ".SH DESCRIPTION\nA plan is a YAML file that names what a night runs.\n"
			 ".SH FIELDS\n");
	add_verbatim(out, fields);
	strbuf_adds(out, ".SH SEE ALSO\n.BR klab (1),\n.BR klab\\-case (5)\n");
	return 0;
}

int man_page(const char *name, struct strbuf *out, struct err *err)
{
	if (str_eq(name, "klab"))
		return klab_page(out, err);
	if (str_eq(name, "case"))
		return case_page(out, err);
	if (str_eq(name, "plan"))
		return plan_page(out, err);
	return err_set(err, ERR_INPUT, "%s: no such manual page; expected klab, case or plan",
		       name);
}
