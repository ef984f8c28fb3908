// SPDX-License-Identifier: GPL-2.0-or-later
/* One function a family of argument types: from what is written to what the guest is told. */
#include <inttypes.h>

#include "base/file.h"
#include "case/reader.h"
#include "case/value.h"

void read_use_devices(struct step_reader *s, const struct yaml_node *n)
{
	const char *p = n->text;

	while ((p = strchr(p, '{'))) {
		size_t length = strspn(++p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					    "0123456789-_");

		if (length && p[length] == '}')
			names_use(s->r, NAME_DEVICE, p, length, n, s->index);
	}
}

static void read_path(struct step_reader *s, const struct yaml_node *n, const char *name,
		      struct strv *values)
{
	static const char expected[] = "a guest path from the root, such as /mnt";

	if (!value_text(s->r->m, n, name, VALUE_MAX_TEXT, expected))
		return;
	if (n->text[0] != '/') {
		mistakes_add(s->r->m, n->line, n->column, "`%s` is `%.60s`; expected %s", name,
			     n->text, expected);
		return;
	}
	read_use_devices(s, n);
	strv_add(values, n->text);
}

/* "cgroup:NAME/FILE", "dm:NAME/status": what is in a thing that the case made. */
static const struct {
	const char *prefix;
	enum name_kind kind;
} made_paths[] = {
	{ "cgroup:", NAME_CGROUP },
	{ "dm:", NAME_DEVICE },
};

static bool check_paths(struct step_reader *s, const struct yaml_node *n, const char *name)
{
	static const char expected[] =
		"a guest path such as /proc/swaps, cgroup:NAME/FILE or dm:NAME/status";

	if (!value_text(s->r->m, n, name, VALUE_MAX_TEXT, expected))
		return false;
	if (n->text[0] == '/') {
		read_use_devices(s, n);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(made_paths); i++) {
		const char *made = n->text + strlen(made_paths[i].prefix);
		const char *slash =
			str_starts(n->text, made_paths[i].prefix) ? strchr(made, '/') : NULL;

		if (!slash || slash == made || !slash[1])
			continue;
		names_use(s->r, made_paths[i].kind, made, (size_t)(slash - made), n, s->index);
		return true;
	}
	mistakes_add(s->r->m, n->line, n->column, "`%s` has `%.60s`; expected %s", name, n->text,
		     expected);
	return false;
}

static void read_paths(struct step_reader *s, const struct yaml_node *n, const struct arg_def *def,
		       struct strv *values)
{
	size_t i;

	if (n->kind != YAML_LIST) {
		if (check_paths(s, n, def->name))
			strv_add(values, n->text);
		return;
	}
	if (n->count == 0)
		mistakes_add(s->r->m, n->line, n->column,
			     "`%s` is an empty list; expected guest paths", def->name);
	for (i = 0; i < n->count; i++)
		if (check_paths(s, n->items[i], def->name))
			strv_add(values, n->items[i]->text);
}

static void read_name(struct step_reader *s, const struct yaml_node *n, const struct arg_def *def,
		      struct strv *values)
{
	static const enum name_kind kinds[] = {
		[ARG_DEVICE] = NAME_DEVICE, [ARG_NEW_DEVICE] = NAME_DEVICE,
		[ARG_TASK] = NAME_TASK,	    [ARG_NEW_TASK] = NAME_TASK,
		[ARG_CGROUP] = NAME_CGROUP, [ARG_NEW_CGROUP] = NAME_CGROUP,
	};
	bool makes = def->type == ARG_NEW_DEVICE || def->type == ARG_NEW_TASK ||
		     def->type == ARG_NEW_CGROUP;

	if (!value_name(s->r->m, n, def->name))
		return;
	if (makes)
		names_make(s->r, kinds[def->type], n, s->index);
	else
		names_use(s->r, kinds[def->type], n->text, n->length, n, s->index);
	strv_add(values, n->text);
}

static void read_number(struct step_reader *s, const struct yaml_node *n, const struct arg_def *def,
			struct strv *values)
{
	struct mistakes *m = s->r->m;
	bool any = def->min == 0 && def->max == 0, good = false, on = false;
	uint64_t u = 0;
	int64_t v = 0;
	int number = 0;

	switch (def->type) {
	case ARG_INT:
		good = value_i64(m, n, def->name, any ? INT64_MIN : def->min,
				 any ? INT64_MAX : def->max, &v);
		break;
	case ARG_PERCENT:
		good = value_i64(m, n, def->name, 0, 100, &v);
		break;
	case ARG_SIZE:
		good = value_size(m, n, def->name, (uint64_t)def->min,
				  any ? INT64_MAX : (uint64_t)def->max, (uint64_t)def->multiple_of,
				  &u);
		v = (int64_t)u;
		break;
	case ARG_DURATION:
		good = value_duration(m, n, def->name, (uint64_t)def->min, &u);
		if (good && def->max && u > (uint64_t)def->max) {
			mistakes_add(m, n->line, n->column,
				     "`%s` is `%.60s`; expected at most %lldms", def->name, n->text,
				     def->max);
			good = false;
		}
		v = (int64_t)u;
		if (good && def->multiple_of && v % def->multiple_of) {
			mistakes_add(m, n->line, n->column,
				     "`%s` is `%.60s`; expected a multiple of %lld ms", def->name,
				     n->text, def->multiple_of);
			good = false;
		}
		break;
	case ARG_PPM:
		good = value_ppm(m, n, def->name, &v);
		break;
	case ARG_BOOL:
		good = value_bool(m, n, def->name, &on);
		v = on;
		break;
	case ARG_ERRNO:
	case ARG_RETVAL:
		good = value_errno(m, n, def->name, def->type == ARG_RETVAL, &v);
		if (good && !any && (v < def->min || v > def->max)) {
			mistakes_add(m, n->line, n->column,
				     "`%s` is `%.60s`; expected an error such as -EINVAL",
				     def->name, n->text);
			good = false;
		}
		break;
	case ARG_SIGNAL:
		good = value_signal(m, n, def->name, &number);
		v = number;
		break;
	default:
		break;
	}
	if (good)
		strv_addf(values, "%" PRId64, v);
}

/* Empty text can be meant, as a value that is written; never as the whole of a step. */
static void read_text(struct step_reader *s, const struct yaml_node *n, const struct arg_def *def,
		      struct strv *values)
{
	size_t max_bytes = def->type == ARG_SCRIPT ? VALUE_MAX_SCRIPT : VALUE_MAX_TEXT;

	if (!value_text(s->r->m, n, def->name, max_bytes, def->help))
		return;
	if ((def->flags & ARG_MAIN) && n->length == 0)
		mistakes_add(s->r->m, n->line, n->column, "`%s` is empty; expected %s", def->name,
			     def->help);
	else
		strv_add(values, n->text);
}

static void read_choice(struct step_reader *s, const struct yaml_node *n, const struct arg_def *def,
			struct strv *values)
{
	_cleanup_strv_ struct strv choices = { 0 };
	_cleanup_free_ char *expected = NULL, *hint = NULL;

	strv_split(&choices, def->choices, '|');
	expected = strv_join(&choices, ", ");
	if (!value_text(s->r->m, n, def->name, VALUE_MAX_NAME, expected))
		return;
	if (strv_has(&choices, n->text)) {
		strv_add(values, n->text);
		return;
	}
	hint = mistakes_hint(n->text, (const char *const *)choices.items, choices.count);
	mistakes_add(s->r->m, n->line, n->column, "`%s` is `%.60s`%s; expected one of %s",
		     def->name, n->text, hint, expected);
}

void read_arg(struct step_reader *s, const struct yaml_node *n, const struct arg_def *def,
	      struct strv *values)
{
	switch (def->type) {
	case ARG_STRING:
	case ARG_SCRIPT:
	case ARG_PROGRAM:
		read_text(s, n, def, values);
		break;
	case ARG_FUNCTION:
		if (value_function(s->r->m, n, def->name))
			strv_add(values, n->text);
		break;
	case ARG_WORDS:
		value_words(s->r->m, n, def->name, values);
		break;
	case ARG_PATHS:
		read_paths(s, n, def, values);
		break;
	case ARG_PATH:
		read_path(s, n, def->name, values);
		break;
	case ARG_CHOICE:
		read_choice(s, n, def, values);
		break;
	case ARG_FAULT:
		if (expect_check_fault(s->r, n, def->name))
			strv_add(values, n->text);
		break;
	case ARG_NUMBERS:
	case ARG_TEXTS:
	case ARG_FLAGS:
	case ARG_RULES:
		read_arg_list(s, n, def, values);
		break;
	case ARG_INTERFACE:
		if (value_interface(s->r->m, n, def->name))
			strv_add(values, n->text);
		break;
	case ARG_ADDRESS:
	case ARG_SUBNET:
		if (value_address(s->r->m, n, def->name, def->type == ARG_SUBNET))
			strv_add(values, n->text);
		break;
	case ARG_SOURCE:
	case ARG_OBJECT:
		read_arg_file(s, n, def, values);
		break;
	case ARG_DEVICE:
	case ARG_TASK:
	case ARG_CGROUP:
	case ARG_NEW_DEVICE:
	case ARG_NEW_TASK:
	case ARG_NEW_CGROUP:
		read_name(s, n, def, values);
		break;
	default:
		read_number(s, n, def, values);
		break;
	}
}
