// SPDX-License-Identifier: GPL-2.0-or-later
/* The plan as the guest reads it: docs/formats.md, "The plan the guest reads". */
#include <inttypes.h>

#include "base/file.h"
#include "plan/chance.h"
#include "plan/plan.h"

char *plan_guest_source_path(size_t index, const char *source)
{
	const char *base = path_base(source);
	size_t length = strlen(base) - (str_ends(base, ".c") ? 2 : 0);

	return xasprintf("/klab/bin/%zu-%.*s", index, (int)length, base);
}

char *plan_guest_object_path(size_t index)
{
	return xasprintf("/klab/bpf/%zu.o", index);
}

char *plan_guest_script_path(size_t index)
{
	return xasprintf("/klab/sh/%zu.sh", index);
}

char *plan_guest_filesystem_path(size_t index)
{
	return xasprintf("/klab/fs/%zu", index);
}

static void add_encoded(struct strbuf *sb, const char *value)
{
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (c < 0x21 || c == '%' || c > 0x7e)
			strbuf_addf(sb, "%%%02X", c);
		else
			strbuf_addc(sb, (char)c);
	}
}

/* "equals PATH VALUE": blanks part the first two words, the rest is one value. */
static void add_fact(struct strbuf *sb, const char *fact)
{
	int part;

	strbuf_adds(sb, "fact");
	for (part = 0; part < 3; part++) {
		_cleanup_free_ char *word = NULL;

		fact += strspn(fact, " \t");
		if (!*fact)
			break;
		word = part < 2 ? xstrndup(fact, strcspn(fact, " \t")) : xstrdup(fact);
		strbuf_addc(sb, ' ');
		add_encoded(sb, word);
		fact += strlen(word);
	}
	strbuf_addc(sb, '\n');
}

static const struct arg_def *find_arg_def(const struct step_def *def, const char *name)
{
	size_t i;

	for (i = 0; i < STEP_MAX_ARGS && def->args[i].name; i++)
		if (str_eq(def->args[i].name, name))
			return &def->args[i];
	return NULL;
}

/* What the guest gets in place of the text in the case: files are named by where they are packed.
 */
static char *guest_value(const struct arg_def *def, size_t index, const char *value)
{
	if (def && def->type == ARG_SOURCE)
		return plan_guest_source_path(index, value);
	if (def && def->type == ARG_OBJECT)
		return plan_guest_object_path(index);
	if (def && def->type == ARG_SCRIPT)
		return plan_guest_script_path(index);
	return xstrdup(value);
}

static void add_step(struct strbuf *sb, const struct case_step *step, size_t index)
{
	size_t i, k;

	strbuf_addf(sb, "step %zu %d %s\n", index, step->line, step->def->verb);
	for (i = 0; i < step->arg_count; i++) {
		const struct case_arg *arg = &step->args[i];
		const struct arg_def *def = find_arg_def(step->def, arg->name);

		for (k = 0; k < arg->values.count; k++) {
			_cleanup_free_ char *value = guest_value(def, index, arg->values.items[k]);

			strbuf_adds(sb, "arg ");
			add_encoded(sb, arg->name);
			strbuf_addc(sb, ' ');
			add_encoded(sb, value);
			strbuf_addc(sb, '\n');
		}
	}
}

static bool makes_device(const struct step_def *def)
{
	for (size_t i = 0; i < STEP_MAX_ARGS && def->args[i].name; i++)
		if (def->args[i].type == ARG_NEW_DEVICE)
			return true;
	return false;
}

/*
 * Facts are looked at after the last step that makes a device. Where that is beyond
 * a checkpoint, the guest that waits there must know of none yet.
 */
static bool wants_facts(const struct plan *p, size_t step_count)
{
	for (size_t i = step_count; i < p->test->step_count; i++)
		if (makes_device(p->test->steps[i].def))
			return false;
	return true;
}

char *plan_format_guest(const struct plan *p)
{
	_cleanup_strbuf_ struct strbuf sb = { 0 };
	size_t i, step_count = p->test->step_count;

	if (p->to_checkpoint)
		step_count = (size_t)plan_find_checkpoint(p->test) + 1;
	strbuf_addf(&sb, "klab-plan 1\nnonce %s\nseed %" PRIu64 "\n", p->nonce, p->seed);
	if (p->mode != PLAN_MODE_FREE)
		strbuf_addf(&sb, "skew %" PRIu64 "\n", plan_chance_of(p->seed).skew_loops);
	if (p->to_checkpoint)
		strbuf_adds(&sb, "mailbox\n");
	for (i = 0; i < p->facts.count && wants_facts(p, step_count); i++)
		add_fact(&sb, p->facts.items[i]);
	for (i = 0; i < step_count; i++)
		add_step(&sb, &p->test->steps[i], i);
	strbuf_adds(&sb, "end\n");
	return strbuf_take(&sb);
}
