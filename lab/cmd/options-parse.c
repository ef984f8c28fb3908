/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command line, and the help about it, by the table of options. */
#include <getopt.h>
#include <stdio.h>

#include "cmd/help.h"
#include "cmd/options-internal.h"
#include "cmd/ui.h"

/* The mask's options as getopt_long() wants them; val is the index in the table plus 256. */
static void getopt_tables(uint64_t mask, struct option *longs, struct strbuf *shorts)
{
	size_t n = 0;

	/* ':' first: a missing value is told from an unknown option. */
	strbuf_adds(shorts, ":");
	for (size_t i = 0; i < option_count; i++) {
		const struct option_def *def = &option_table[i];

		if (!(mask & def->bit))
			continue;
		longs[n++] =
			(struct option){ def->name, def->value ? required_argument : no_argument,
					 NULL, 256 + (int)i };
		if (def->letter) {
			strbuf_addc(shorts, def->letter);
			if (def->value)
				strbuf_addc(shorts, ':');
		}
	}
	longs[n] = (struct option){ 0 };
}

static const struct option_def *find_def(int value, uint64_t mask)
{
	if (value >= 256)
		return &option_table[value - 256];
	for (size_t i = 0; i < option_count; i++)
		if (option_table[i].letter == value && (mask & option_table[i].bit))
			return &option_table[i];
	return NULL;
}

static int unknown_option(const struct cmd *cmd, const char *word, struct err *err)
{
	const char *names[MAX_OPTIONS];
	_cleanup_free_ char *name = NULL;
	const char *near = NULL;
	size_t count = 0;

	if (str_starts(word, "--")) {
		name = xstrndup(word + 2, strcspn(word + 2, "="));
		for (size_t i = 0; i < option_count; i++)
			if (cmd->options & option_table[i].bit)
				names[count++] = option_table[i].name;
		near = str_nearest(name, names, count);
	}
	if (near)
		return err_set(err, ERR_INPUT, "%s: no such option here; did you mean --%s?", word,
			       near);
	return err_set(err, ERR_INPUT, "%s: no such option here; `klab help %s` lists them", word,
		       cmd->name);
}

static int check_args(const struct options *o, const struct cmd *cmd, int min_args, int max_args,
		      struct err *err)
{
	if ((int)o->args.count < min_args)
		return err_set(err, ERR_INPUT, "expected: klab %s %s", cmd->name, cmd->args);
	if (max_args >= 0 && (int)o->args.count > max_args)
		return err_set(err, ERR_INPUT, "'%s' is one word too many; expected: klab %s %s",
			       o->args.items[max_args], cmd->name, cmd->args);
	return 0;
}

int options_parse(struct options *o, const struct cmd_env *env, const struct cmd *cmd, int argc,
		  char **argv, int min_args, int max_args, struct err *err)
{
	struct option longs[MAX_OPTIONS + 1];
	_cleanup_strbuf_ struct strbuf shorts = { 0 };
	int c;

	o->out_dir = "runs";
	o->seed = o->seed_last = 1;
	o->repeat = 1;
	o->most = 10;
	o->confidence = 0.95;
	o->retention = (struct retention)RETENTION_INIT;
	o->error = 0.05;
	o->power = 0.95;
	o->difference = 0.5;
	getopt_tables(cmd->options, longs, &shorts);
	opterr = 0;
	optind = 0; /* glibc: start over */
	while ((c = getopt_long(argc, argv, shorts.data, longs, NULL)) != -1) {
		const struct option_def *def;

		if (c == ':')
			return err_set(err, ERR_INPUT, "%s: expected a value after it",
				       argv[optind - 1]);
		def = c == '?' ? NULL : find_def(c, cmd->options);
		if (!def) {
			/* In "-vx" getopt is still at the word when x is wrong. */
			const char letter[3] = { '-', (char)optopt, '\0' };
			bool is_short = optopt > 0 && optopt < 256;

			return unknown_option(cmd, is_short ? letter : argv[optind - 1], err);
		}
		if (def->set(o, optarg, err) < 0)
			return err_add(err, "--%s", def->name);
	}
	for (int i = optind; i < argc; i++)
		strv_add(&o->args, argv[i]);
	ui_configure(env->progress, o->json || o->quiet);
	if (options_boot_count(o) > MAX_BOOTS)
		return err_set(err, ERR_INPUT, "--seed and --repeat: expected at most %d boots",
			       MAX_BOOTS);
	return check_args(o, cmd, min_args, max_args, err);
}

void options_format_help(uint64_t mask, struct strbuf *out)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option_def *def = &option_table[i];
		char head[64];

		if (!(mask & def->bit))
			continue;
		snprintf(head, sizeof(head), "  %c%c%s--%s%s%s", def->letter ? '-' : ' ',
			 def->letter ? def->letter : ' ', def->letter ? ", " : "  ", def->name,
			 def->value ? " " : "", def->value ? def->value : "");
		help_format_row(out, head, 26, def->help);
	}
}

int options_boot_count(const struct options *o)
{
	return (int)(o->seed_last - o->seed + 1) * o->repeat;
}

uint64_t options_boot_seed(const struct options *o, int index)
{
	return plan_boot_seed(o->mode, o->seed, o->seed_last, o->repeat, index);
}

void options_clear(struct options *o)
{
	strv_clear(&o->sbatch);
	strv_clear(&o->kconfig);
	strv_clear(&o->sources);
	strv_clear(&o->cases);
	strv_clear(&o->with);
	strv_clear(&o->append);
	strv_clear(&o->probes);
	strv_clear(&o->good);
	strv_clear(&o->patches);
	strv_clear(&o->fixups);
	strv_clear(&o->folders);
	strv_clear(&o->results);
	strv_clear(&o->args);
}
