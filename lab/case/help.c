// SPDX-License-Identifier: GPL-2.0-or-later
/* `klab help case`, `klab help steps`, `klab help step NAME`: the tables as text, 80 columns wide.
 */
#include <ctype.h>

#include "case/answer.h"
#include "case/case-table.h"
#include "case/mistakes.h"
#include "case/report-kinds.h"
#include "case/value.h"

/* ---- steps ------------------------------------------------------------------ */

static const char *arg_type_name(enum arg_type type)
{
	static const char *const names[] = {
		[ARG_STRING] = "text",	       [ARG_INT] = "number",
		[ARG_SIZE] = "size",	       [ARG_DURATION] = "duration",
		[ARG_PERCENT] = "percent",     [ARG_BOOL] = "true/false",
		[ARG_DEVICE] = "device",       [ARG_TASK] = "task",
		[ARG_CGROUP] = "cgroup",       [ARG_NEW_DEVICE] = "new device",
		[ARG_NEW_TASK] = "new task",   [ARG_NEW_CGROUP] = "new cgroup",
		[ARG_PATHS] = "paths",	       [ARG_SCRIPT] = "script",
		[ARG_SOURCE] = "C file",       [ARG_OBJECT] = "BPF object",
		[ARG_PROGRAM] = "program",     [ARG_WORDS] = "words",
		[ARG_SIGNAL] = "signal",       [ARG_PATH] = "path",
		[ARG_FAULT] = "fault",	       [ARG_CHOICE] = "word",
		[ARG_RULES] = "rules",	       [ARG_PPM] = "percentage",
		[ARG_INTERFACE] = "interface", [ARG_ADDRESS] = "address",
		[ARG_SUBNET] = "address",      [ARG_ERRNO] = "errno",
		[ARG_RETVAL] = "return value", [ARG_FLAGS] = "words",
		[ARG_NUMBERS] = "numbers",     [ARG_TEXTS] = "texts",
		[ARG_FUNCTION] = "function",
	};

	return names[type];
}

/* As it would be written in a case: 0, 200ms, 60s. Yours. */
static char *duration_text(int64_t ms)
{
	if (ms == 0)
		return xstrdup("0");
	return ms % 1000 ? xasprintf("%lldms", (long long)ms)
			 : xasprintf("%llds", (long long)(ms / 1000));
}

/* Bounds that only keep a number within its C type are not worth a word. */
static void add_arg_range(struct strbuf *text, const struct arg_def *arg)
{
	bool is_duration = arg->type == ARG_DURATION;
	_cleanup_free_ char *min = NULL, *max = NULL;

	if (arg->max == 0 || arg->max >= 1000000000)
		return;
	min = is_duration ? duration_text(arg->min) : value_format_size((uint64_t)arg->min);
	max = is_duration ? duration_text(arg->max) : value_format_size((uint64_t)arg->max);
	if (is_duration || arg->type == ARG_SIZE)
		strbuf_addf(text, "; %s to %s", min, max);
	else
		strbuf_addf(text, "; %lld to %lld", arg->min, arg->max);
}

/* "TASK" for the short form of `wait`. Yours. */
static char *placeholder(const char *name)
{
	char *upper = xstrdup(name), *p;

	for (p = upper; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	return upper;
}

/* "read|write" with blanks in it, so that it wraps. */
static void add_choices(struct strbuf *text, const char *choices)
{
	_cleanup_strv_ struct strv words = { 0 };
	_cleanup_free_ char *list = NULL;

	strv_split(&words, choices, '|');
	list = strv_join(&words, ", ");
	strbuf_addf(text, "; one of %s", list);
}

static void add_arg_row(struct strbuf *sb, const char *name, const struct arg_def *arg)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	strbuf_adds(&text, arg->help);
	add_arg_range(&text, arg);
	if (arg->choices)
		add_choices(&text, arg->choices);
	if (arg->needs)
		strbuf_addf(&text, "; with `%s`", arg->needs);
	if (arg->config && !arg->choices)
		strbuf_addf(&text, "; needs CONFIG_%s", arg->config);
	if (arg->flags & ARG_REQUIRED)
		strbuf_adds(&text, " (required)");
	else if (arg->otherwise && !str_eq(arg->otherwise, "{step}"))
		strbuf_addf(&text, " (default %s)", arg->otherwise);
	help_add_row(sb, name, arg_type_name(arg->type), text.data);
}

static void add_arg(struct strbuf *sb, const struct arg_def *arg)
{
	add_arg_row(sb, arg->name, arg);
	for (const struct arg_def *field = arg->fields; field && field->name; field++) {
		_cleanup_free_ char *name = xasprintf("  %s", field->name);

		add_arg_row(sb, name, field);
	}
}

/* "  At least one of `a`, `b`.", where there are such. */
static void add_one_of(struct strbuf *sb, const struct step_def *step)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const struct arg_def *arg;

	for (arg = step->args; arg < step->args + STEP_MAX_ARGS && arg->name; arg++)
		if (arg->flags & ARG_ONE_OF)
			strbuf_addf(&text, "%s`%s`", text.length ? ", " : "At least one of ",
				    arg->name);
	if (text.length) {
		strbuf_addc(&text, '.');
		help_add_wrapped(sb, 0, 2, text.data);
	}
}

/* "  BEFORE a BETWEEN b.", of "a|b"; nothing of NULL. */
static void add_list(struct strbuf *sb, const char *before, const char *between, const char *words)
{
	_cleanup_strv_ struct strv each = { 0 };
	_cleanup_free_ char *all = NULL, *text = NULL;

	if (!words)
		return;
	strv_split(&each, words, '|');
	all = strv_join(&each, between);
	text = xasprintf("%s%s.", before, all);
	help_add_wrapped(sb, 0, 2, text);
}

static void add_step(struct strbuf *sb, const struct step_def *step)
{
	_cleanup_free_ char *title = xasprintf("%s: %s.", step->verb, step->summary);
	const struct arg_def *arg, *short_form = NULL;

	help_add_wrapped(sb, 0, 0, title);
	for (arg = step->args; arg < step->args + STEP_MAX_ARGS && arg->name; arg++) {
		add_arg(sb, arg);
		if (arg->flags & ARG_MAIN)
			short_form = arg;
	}
	if (short_form) {
		_cleanup_free_ char *name = placeholder(short_form->name);

		if (short_form->type == ARG_SCRIPT)
			strbuf_addf(sb, "  In short: `- %s: |`, and the script below, indented.\n",
				    step->verb);
		else
			strbuf_addf(sb, "  In short: `- %s: %s`.\n", step->verb,
				    short_form->type == ARG_PATHS ? "[PATH, PATH]" : name);
	}
	add_one_of(sb, step);
	add_list(sb, "Needs of the kernel: CONFIG_", ", CONFIG_", step->config);
	add_list(sb, "Its result has: ", ", ", step->results);
	add_list(sb, "It exits with ", "; ", step->exits);
	if (step->fault)
		strbuf_addf(sb, "  Fault, for an expectation: `injected: %s`.\n", step->fault);
}

char *case_help_step(const char *verb, struct err *err)
{
	_cleanup_strbuf_ struct strbuf sb = { 0 };
	const char *names[ARRAY_SIZE(step_table)];
	_cleanup_free_ char *hint = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(step_table); i++) {
		names[i] = step_table[i].verb;
		if (str_eq(step_table[i].verb, verb)) {
			add_step(&sb, &step_table[i]);
			return strbuf_take(&sb);
		}
	}
	hint = mistakes_hint(verb, names, ARRAY_SIZE(names));
	err_set(err, ERR_INPUT, "no step `%.60s`%s; expected one of those `klab help steps` lists",
		verb, hint);
	return NULL;
}

char *case_help_steps(void)
{
	_cleanup_strbuf_ struct strbuf sb = { 0 };
	size_t i;

	help_add_wrapped(
		&sb, 0, 0,
		"The steps of a case, done in order; the first that fails ends the run. A size "
		"is written 40M (powers of 1024; a plain number is bytes), a duration 200ms, "
		"60s or 2m. A device, task or cgroup is named by the step that makes it and "
		"used by later ones. What a kernel can be made to fail at: `klab run "
		"inventory`.");
	for (i = 0; i < ARRAY_SIZE(step_table); i++) {
		strbuf_addc(&sb, '\n');
		add_step(&sb, &step_table[i]);
	}
	return strbuf_take(&sb);
}

/* ---- the case ----------------------------------------------------------------- */

static const char *expect_type_name(enum expect_type type)
{
	static const char *const names[] = {
		[EXPECT_VALUE_TASK] = "task",	    [EXPECT_VALUE_KIND] = "kind",
		[EXPECT_VALUE_FAULT] = "fault",	    [EXPECT_VALUE_FUNCTIONS] = "functions",
		[EXPECT_VALUE_FILE] = "path",	    [EXPECT_VALUE_LABEL] = "label",
		[EXPECT_VALUE_SIGNAL] = "signal",   [EXPECT_VALUE_EXIT] = "number",
		[EXPECT_VALUE_OR_EXIT] = "number",  [EXPECT_VALUE_PATTERN] = "pattern",
		[EXPECT_VALUE_COMM] = "text",	    [EXPECT_VALUE_CGROUP] = "path",
		[EXPECT_VALUE_TEXT] = "text",	    [EXPECT_VALUE_COUNT] = "number",
		[EXPECT_VALUE_NUMBER] = "number",   [EXPECT_VALUE_EXACT] = "number",
		[EXPECT_VALUE_OVER] = "word",	    [EXPECT_VALUE_BOOL] = "true/false",
		[EXPECT_VALUE_VERSION] = "version",
	};

	return names[type];
}

static void add_expect(struct strbuf *sb, const struct expect_def *def)
{
	_cleanup_free_ char *title = xasprintf("%s: %s.", def->keys[0].name, def->summary);
	const struct expect_key *key;

	strbuf_addc(sb, '\n');
	help_add_wrapped(sb, 0, 0, title);
	for (key = def->keys; key < def->keys + EXPECT_MAX_KEYS && key->name; key++) {
		_cleanup_free_ char *text =
			xasprintf("%s%s", key->help,
				  key->flags & EXPECT_REQUIRED	 ? " (required)"
				  : key->flags & EXPECT_ONLY_ONE ? " (one of them)"
				  : key->flags & EXPECT_ONE_OF	 ? " (one of them at least)"
								 : "");

		help_add_row(sb, key->name, expect_type_name(key->type), text);
	}
}

static void add_kinds(struct strbuf *sb)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	size_t i;

	strbuf_adds(&text, "Kinds of report:");
	for (i = 0; i < ARRAY_SIZE(report_kind_table); i++)
		strbuf_addf(&text, " %s", report_kind_table[i]);
	strbuf_addc(sb, '\n');
	help_add_wrapped(sb, 0, 0, text.data);
}

static void add_answer(struct strbuf *sb)
{
	_cleanup_free_ char *kinds = answer_kinds();
	_cleanup_free_ char *text = xasprintf(
		"In `answer` these stand for what the run showed: %s. With `as bytes`, `as KiB`, "
		"`as pages`, `as us` or `as ms` before the brace a number is shown as a size or a "
		"time.",
		kinds);

	strbuf_addc(sb, '\n');
	help_add_wrapped(sb, 0, 0, text);
}

char *case_help_format(void)
{
	static const char example[] = "\n"
				      "  # Does this kernel boot, run init and power off?\n"
				      "  name: boots\n"
				      "  question: Does this kernel boot, run init and power off?\n"
				      "  kernel: {fragments: [base]}\n"
				      "  steps:\n"
				      "    - snapshot: [/proc/version]\n"
				      "\n";
	_cleanup_strbuf_ struct strbuf sb = { 0 };
	size_t i;

	help_add_wrapped(
		&sb, 0, 0,
		"A case is a YAML file: a map of the fields below. It opens with a comment that "
		"says which question it answers.");
	strbuf_adds(&sb, example);
	for (i = 0; i < case_field_count; i++)
		help_add_field(&sb, &case_field_table[i]);
	strbuf_addc(&sb, '\n');
	help_add_wrapped(
		&sb, 0, 0,
		"Each probe under `probes` is a map, such as {at: send_signal_locked, when: "
		"\"sig == 9\"}; what it sees is a report of kind probe:");
	for (i = 0; i < probe_key_count; i++)
		help_add_field(&sb, &probe_key_table[i]);
	strbuf_addc(&sb, '\n');
	help_add_wrapped(&sb, 0, 0,
			 "Each expectation under `expect` is a map, such as {task: hog, killed_by: "
			 "SIGKILL}, of one of these kinds:");
	for (i = 0; i < expect_count; i++)
		add_expect(&sb, &expect_table[i]);
	strbuf_addc(&sb, '\n');
	help_add_wrapped(&sb, 0, 0, "Any of them, where kernels differ:");
	for (i = 0; i < expect_common_count; i++)
		help_add_row(&sb, expect_common_keys[i].name,
			     expect_type_name(expect_common_keys[i].type),
			     expect_common_keys[i].help);
	add_kinds(&sb);
	add_answer(&sb);
	return strbuf_take(&sb);
}
