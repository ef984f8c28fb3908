/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab completion: what a shell offers while a command line is typed, of the tables. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "case/case.h"
#include "case/step-table.h"
#include "cmd/cmd.h"
#include "cmd/options-internal.h"
#include "machine/machine.h"
#include "page/results.h"
#include "plan/plan.h"

#define DEFAULT_RUNS "runs"

/* What may stand at a place; the word that was begun chooses among them. */
struct offers {
	const struct cmd_env *env;
	const char *begun;
	struct strv words;
};

static void offer(struct offers *offers, const char *word)
{
	if (str_starts(word, offers->begun))
		strv_add(&offers->words, word);
}

static void offer_without_ending(struct offers *offers, const char *path, const char *ending)
{
	const char *base = path_base(path);
	_cleanup_free_ char *name = NULL;

	if (!str_ends(base, ending))
		return;
	name = xstrndup(base, strlen(base) - strlen(ending));
	offer(offers, name);
}

/* A folder that cannot be read offers nothing: who types is not to be told of it. */
static void offer_cases(struct offers *offers)
{
	_cleanup_strv_ struct strv paths = { 0 };
	struct err err = ERR_INIT;

	if (case_list(offers->env->data_dir, &paths, &err) < 0)
		return;
	for (size_t i = 0; i < paths.count; i++)
		offer_without_ending(offers, paths.items[i], ".yaml");
}

static void offer_fragments(struct offers *offers)
{
	_cleanup_free_ char *dir = path_join(offers->env->data_dir, "kconfigs");
	_cleanup_strv_ struct strv names = { 0 };
	struct err err = ERR_INIT;

	if (file_list_dir(dir, &names, &err) < 0)
		return;
	for (size_t i = 0; i < names.count; i++)
		offer_without_ending(offers, names.items[i], ".config");
}

static void offer_runs(struct offers *offers)
{
	_cleanup_strv_ struct strv names = { 0 };
	struct err err = ERR_INIT;

	offer(offers, "last");
	if (file_list_dir(DEFAULT_RUNS, &names, &err) < 0)
		return;
	for (size_t i = 0; i < names.count; i++)
		offer(offers, names.items[i]);
}

static void offer_machines(struct offers *offers)
{
	for (const struct machine_ops *const *m = machine_table; *m; m++)
		if (!(*m)->for_tests)
			offer(offers, (*m)->name);
}

static void offer_modes(struct offers *offers)
{
	for (int mode = PLAN_MODE_FREE; mode <= PLAN_MODE_RECORD; mode++)
		offer(offers, plan_mode_name((enum plan_mode)mode));
}

static void offer_formats(struct offers *offers)
{
	for (int format = FORMAT_TEXT; format <= FORMAT_HTML; format++)
		offer(offers, output_format_names[format]);
}

static void offer_results(struct offers *offers)
{
	for (const struct page_results_format *f = page_results_formats; f->name; f++)
		offer(offers, f->name);
}

static void offer_executors(struct offers *offers)
{
	offer(offers, "local");
	offer(offers, "slurm");
}

static void offer_commands(struct offers *offers)
{
	for (const struct cmd *const *c = cmd_table; *c; c++)
		offer(offers, (*c)->name);
}

static void offer_steps(struct offers *offers)
{
	for (size_t i = 0; i < ARRAY_SIZE(step_table); i++)
		offer(offers, step_table[i].verb);
}

/* Values of options that are no files. */
static const struct {
	uint64_t bit;
	const char *name;
	void (*offer)(struct offers *offers);
} values[] = {
	{ OPT_KCONFIG, "kconfig", offer_fragments }, { OPT_WITH, "with", offer_fragments },
	{ OPT_CASES, "case", offer_cases },	     { OPT_MODE, "mode", offer_modes },
	{ OPT_MACHINE, "machine", offer_machines },  { OPT_FORMAT, "format", offer_formats },
	{ OPT_RESULTS, "format", offer_results },    { OPT_EXECUTOR, "executor", offer_executors },
};

/* The option of the command that `word` is, and that takes a value; NULL: none. */
static const struct option_def *option_with_value(const struct cmd *cmd, const char *word)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option_def *def = &option_table[i];

		if (!(def->bit & cmd->options) || !def->value)
			continue;
		if ((str_starts(word, "--") && str_eq(word + 2, def->name)) ||
		    (def->letter && word[0] == '-' && word[1] == def->letter && !word[2]))
			return def;
	}
	return NULL;
}

static void offer_values(struct offers *offers, const struct option_def *def)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (values[i].bit == def->bit && str_eq(values[i].name, def->name))
			values[i].offer(offers);
}

static void offer_options(struct offers *offers, const struct cmd *cmd)
{
	for (size_t i = 0; i < option_count; i++) {
		_cleanup_free_ char *name = xasprintf("--%s", option_table[i].name);

		if (option_table[i].bit & cmd->options)
			offer(offers, name);
	}
}

/* The words of "cases | steps | runs" that a command takes as they are. */
static void offer_keywords(struct offers *offers, const char *args)
{
	while (*args) {
		size_t length = strspn(args, "abcdefghijklmnopqrstuvwxyz-");
		_cleanup_free_ char *word = xstrndup(args, length);

		if (length && args[0] != '-')
			offer(offers, word);
		args += length ? length : 1;
	}
}

static void offer_arguments(struct offers *offers, const struct cmd *cmd, const char *before)
{
	const char *args = cmd->args + (cmd->args[0] == '[');

	if (str_eq(cmd->name, "help") && str_eq(before, "step"))
		offer_steps(offers);
	else if (str_starts(args, "CASE"))
		offer_cases(offers);
	else if (str_starts(args, "RUN") || str_starts(args, "NIGHT"))
		offer_runs(offers);
	else
		offer_keywords(offers, args);
	if (str_eq(cmd->name, "help") && str_eq(before, "help"))
		offer_commands(offers);
}

/* `words` are those after `klab`, of which the last one was begun. */
static void offer_at(struct offers *offers, char *const *words, int count)
{
	const struct option_def *def;
	const struct cmd *cmd;
	struct err err = ERR_INIT;

	if (count == 1) {
		offer_commands(offers);
		return;
	}
	cmd = cmd_find(words[0], &err);
	if (!cmd)
		return;
	def = option_with_value(cmd, words[count - 2]);
	if (def)
		offer_values(offers, def);
	else if (offers->begun[0] == '-')
		offer_options(offers, cmd);
	else
		offer_arguments(offers, cmd, words[count - 2]);
}

static const struct {
	const char *name, *script;
} shells[] = {
	{ "bash", "_klab() {\n"
		  "\tlocal IFS=$'\\n'\n"
		  "\tCOMPREPLY=($(klab completion -- \"${COMP_WORDS[@]:1:COMP_CWORD}\" "
		  "2>/dev/null))\n"
		  "}\n"
		  "complete -o default -F _klab klab\n" },
	{ "zsh", "#compdef klab\n"
		 "local -a found\n"
		 "found=(${(f)\"$(klab completion -- \"${(@)words[2,CURRENT]}\" 2>/dev/null)\"})\n"
		 "if (( $#found )); then compadd -a found; else _files; fi\n" },
	{ "fish", "complete -c klab -a '(klab completion -- (commandline -opc)[2..-1] "
		  "(commandline -ct) 2>/dev/null)'\n" },
};

static int completion_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	struct offers offers = { .env = env };

	if (argc > 2 && str_eq(argv[1], "--")) {
		offers.begun = argv[argc - 1];
		offer_at(&offers, argv + 2, argc - 2);
		for (size_t i = 0; i < offers.words.count; i++)
			puts(offers.words.items[i]);
		strv_clear(&offers.words);
		return 0;
	}
	for (size_t i = 0; argc == 2 && i < ARRAY_SIZE(shells); i++) {
		if (!str_eq(argv[1], shells[i].name))
			continue;
		fputs(shells[i].script, stdout);
		return 0;
	}
	return err_set(err, ERR_INPUT, "expected: klab completion %s", cmd_completion.args);
}

const struct cmd cmd_completion = {
	.name = "completion",
	.args = "bash | zsh | fish | -- WORD...",
	.summary = "Prints what makes a shell complete klab's commands, options and names",
	.main = completion_main,
	.needs = CMD_NEEDS_DATA,
	.details =
		"For bash: source <(klab completion bash), or its output as\n"
		"~/.local/share/bash-completion/completions/klab; for zsh as _klab in a folder of\n"
		"fpath; for fish as ~/.config/fish/completions/klab.fish. After -- it says how "
		"the\n"
		"last of the words may go on.\n",
};
