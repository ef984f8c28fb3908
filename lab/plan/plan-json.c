// SPDX-License-Identifier: GPL-2.0-or-later
/* plan.json: written before a run, read again by whatever judges the run later. */
#include <limits.h>

#include "base/json.h"
#include "plan/chance.h"
#include "plan/plan.h"

static const char *const kind_names[] = {
	[EXPECT_TASK] = "task",		  [EXPECT_REPORT] = "report",
	[EXPECT_NO_REPORT] = "no_report", [EXPECT_INJECTED] = "injected",
	[EXPECT_TRACE] = "trace",	  [EXPECT_SNAPSHOT] = "snapshot",
	[EXPECT_RESULT] = "result",	  [EXPECT_RECOVERED] = "recovered",
};

enum member_type { MEMBER_TEXT, MEMBER_INT, MEMBER_BOOL, MEMBER_LEAST, MEMBER_MOST, MEMBER_LIST };

/* The members of struct case_expect: both ways, so that neither can forget one. */
static const struct expect_member {
	const char *key;
	enum member_type type;
	size_t offset;
} expect_members[] = {
	{ "line", MEMBER_INT, offsetof(struct case_expect, line) },
	{ "since", MEMBER_INT, offsetof(struct case_expect, since) },
	{ "before", MEMBER_INT, offsetof(struct case_expect, before) },
	{ "text", MEMBER_TEXT, offsetof(struct case_expect, text) },
	{ "subject", MEMBER_TEXT, offsetof(struct case_expect, subject) },
	{ "title", MEMBER_TEXT, offsetof(struct case_expect, title) },
	{ "task", MEMBER_TEXT, offsetof(struct case_expect, task) },
	{ "cgroup", MEMBER_TEXT, offsetof(struct case_expect, cgroup) },
	{ "killed_by", MEMBER_INT, offsetof(struct case_expect, killed_by) },
	{ "has_exit", MEMBER_BOOL, offsetof(struct case_expect, has_exit) },
	{ "exit_code", MEMBER_INT, offsetof(struct case_expect, exit_code) },
	{ "has_or_exit", MEMBER_BOOL, offsetof(struct case_expect, has_or_exit) },
	{ "or_exit", MEMBER_INT, offsetof(struct case_expect, or_exit) },
	{ "recovered", MEMBER_BOOL, offsetof(struct case_expect, recovered) },
	{ "at_least", MEMBER_LEAST, offsetof(struct case_expect, at_least) },
	{ "at_most", MEMBER_MOST, offsetof(struct case_expect, at_most) },
	{ "sized", MEMBER_BOOL, offsetof(struct case_expect, sized) },
	{ "functions", MEMBER_LIST, offsetof(struct case_expect, functions) },
	{ "field", MEMBER_TEXT, offsetof(struct case_expect, field) },
	{ "label", MEMBER_TEXT, offsetof(struct case_expect, label) },
	{ "equals", MEMBER_TEXT, offsetof(struct case_expect, equals) },
	{ "over", MEMBER_TEXT, offsetof(struct case_expect, over) },
};

/* What was not asked is not written. */
static void member_to_json(json_t *object, const struct expect_member *m,
			   const struct case_expect *e)
{
	const void *member = (const char *)e + m->offset;
	const struct strv *list = member;
	int64_t limit;

	switch (m->type) {
	case MEMBER_TEXT:
		json_set_str(object, m->key, *(char *const *)member);
		break;
	case MEMBER_INT:
		if (*(const int *)member)
			json_set_int(object, m->key, *(const int *)member);
		break;
	case MEMBER_BOOL:
		if (*(const bool *)member)
			json_set_bool(object, m->key, true);
		break;
	case MEMBER_LEAST:
	case MEMBER_MOST:
		limit = *(const int64_t *)member;
		if (limit != (m->type == MEMBER_LEAST ? INT64_MIN : INT64_MAX))
			json_set_int(object, m->key, limit);
		break;
	case MEMBER_LIST:
		if (list->count)
			json_object_set_new(object, m->key, json_strv(list));
		break;
	}
}

static json_t *expect_to_json(const struct case_expect *e)
{
	json_t *object = json_object();
	size_t i;

	json_set_str(object, "kind", kind_names[e->kind]);
	for (i = 0; i < ARRAY_SIZE(expect_members); i++)
		member_to_json(object, &expect_members[i], e);
	return object;
}

/* Of the arguments that can have several values all have to be told, or two tests look like one. */
static bool is_list(const struct case_step *step, const char *name)
{
	for (size_t i = 0; i < STEP_MAX_ARGS && step->def->args[i].name; i++) {
		enum arg_type type = step->def->args[i].type;

		if (str_eq(step->def->args[i].name, name))
			return type == ARG_PATHS || type == ARG_WORDS || type == ARG_RULES ||
			       type == ARG_TEXTS || type == ARG_NUMBERS;
	}
	return false;
}

static json_t *step_to_json(const struct case_step *step, size_t index)
{
	json_t *object = json_object(), *args = json_object();
	size_t i;

	json_set_int(object, "i", (int64_t)index);
	json_set_int(object, "line", step->line);
	json_set_str(object, "verb", step->def->verb);
	for (i = 0; i < step->arg_count; i++) {
		const struct case_arg *arg = &step->args[i];

		if (is_list(step, arg->name))
			json_object_set_new(args, arg->name, json_strv(&arg->values));
		else if (arg->values.count)
			json_set_str(args, arg->name, arg->values.items[0]);
	}
	json_object_set_new(object, "args", args);
	return object;
}

static json_t *probes_to_json(const struct case_file *test)
{
	json_t *probes = json_array();

	for (size_t i = 0; i < test->probe_count; i++) {
		const struct case_probe *p = &test->probes[i];
		json_t *object = json_object();

		if (p->line)
			json_set_int(object, "line", p->line);
		json_set_str(object, "at", p->at);
		json_set_str(object, "when", p->when);
		json_set_bool(object, "args", p->args);
		json_set_int(object, "limit", p->limit);
		json_array_append_new(probes, object);
	}
	return probes;
}

static json_t *chance_to_json(uint64_t seed)
{
	struct plan_chance chance = plan_chance_of(seed);
	json_t *object = json_object();

	json_set_int(object, "icount_shift", chance.icount_shift);
	json_set_int(object, "skew_loops", (int64_t)chance.skew_loops);
	return object;
}

static json_t *snapshot_to_json(const struct plan_snapshot *s)
{
	json_t *object = json_object();

	json_set_str(object, "key", s->key);
	json_set_str(object, "nonce", s->nonce);
	json_set_str(object, "state_sha256", s->state_sha256);
	json_set_int(object, "seed", (int64_t)s->seed);
	json_set_int(object, "boot_ms", (int64_t)s->boot_ms);
	json_set_int(object, "console_bytes", (int64_t)s->console_bytes);
	json_set_int(object, "frames_bytes", (int64_t)s->frames_bytes);
	return object;
}

json_t *plan_to_json(const struct plan *p)
{
	json_t *object = json_object(), *steps = json_array(), *expects = json_array();
	size_t i;

	for (i = 0; i < p->test->step_count; i++)
		json_array_append_new(steps, step_to_json(&p->test->steps[i], i));
	for (i = 0; i < p->test->expect_count; i++)
		json_array_append_new(expects, expect_to_json(&p->test->expects[i]));
	json_set_str(object, "case", p->test->name);
	json_set_str(object, "question", p->test->question);
	json_set_str(object, "answer", p->test->answer);
	json_object_set_new(object, "kconfig", json_strv(&p->kconfig));
	json_object_set_new(object, "require", json_strv(&p->test->require));
	json_object_set_new(object, "append", json_strv(&p->append));
	if (p->asked_append)
		json_object_set_new(object, "asked_append", json_strv(p->asked_append));
	json_set_int(object, "memory_bytes", (int64_t)p->memory_bytes);
	json_set_int(object, "cpus", p->cpus);
	json_set_int(object, "seed", (int64_t)p->seed);
	if (p->mode != PLAN_MODE_FREE)
		json_object_set_new(object, "chance", chance_to_json(p->seed));
	json_set_str(object, "nonce", p->nonce);
	if (p->snapshot)
		json_object_set_new(object, "snapshot", snapshot_to_json(p->snapshot));
	json_set_str(object, "mode", plan_mode_name(p->mode));
	json_set_int(object, "timeout_ms", (int64_t)p->timeout_ms);
	json_object_set_new(object, "facts", json_strv(&p->facts));
	if (p->test->probe_count)
		json_object_set_new(object, "probes", probes_to_json(p->test));
	json_object_set_new(object, "steps", steps);
	json_object_set_new(object, "expect", expects);
	return object;
}

/* ---- and back ----------------------------------------------------------------- */

static int wrong_member(const struct expect_member *m, size_t index, struct err *err)
{
	return err_set(err, ERR_INPUT, "plan.json: `%s` of expectation %zu is of another type",
		       m->key, index);
}

static int member_from_json(const json_t *value, const struct expect_member *m,
			    struct case_expect *e, size_t index, struct err *err)
{
	void *member = (char *)e + m->offset;
	bool good = false;

	switch (m->type) {
	case MEMBER_TEXT:
		good = json_is_string(value);
		if (good)
			*(char **)member = xstrdup(json_string_value(value));
		break;
	case MEMBER_INT:
		good = json_is_integer(value) && json_integer_value(value) >= INT_MIN &&
		       json_integer_value(value) <= INT_MAX;
		if (good)
			*(int *)member = (int)json_integer_value(value);
		break;
	case MEMBER_BOOL:
		good = json_is_boolean(value);
		*(bool *)member = json_is_true(value);
		break;
	case MEMBER_LEAST:
	case MEMBER_MOST:
		good = json_is_integer(value);
		if (good)
			*(int64_t *)member = json_integer_value(value);
		break;
	case MEMBER_LIST:
		good = json_is_array(value);
		if (good)
			json_to_strv(value, member);
		break;
	}
	return good ? 0 : wrong_member(m, index, err);
}

static int expect_from_json(const json_t *object, struct case_expect *e, size_t index,
			    struct err *err)
{
	const char *kind = json_get_str(object, "kind", NULL);
	size_t i;

	e->at_least = INT64_MIN;
	e->at_most = INT64_MAX;
	for (i = EXPECT_TASK; i < ARRAY_SIZE(kind_names) && !str_eq(kind_names[i], kind); i++)
		;
	if (i == ARRAY_SIZE(kind_names))
		return err_set(err, ERR_INPUT, "plan.json: expectation %zu is of no known kind",
			       index);
	e->kind = (enum expect_kind)i;
	for (i = 0; i < ARRAY_SIZE(expect_members); i++) {
		const json_t *value = json_object_get(object, expect_members[i].key);

		if (value && member_from_json(value, &expect_members[i], e, index, err) < 0)
			return -1;
	}
	return 0;
}

int plan_expects_from_json(const json_t *plan, struct case_expect **expects, size_t *count,
			   struct err *err)
{
	const json_t *list = json_get_array(plan, "expect");
	struct case_expect *items;
	size_t total, i;

	if (!list)
		return err_set(err, ERR_INPUT, "plan.json: no list `expect`");
	total = json_array_size(list);
	items = xcalloc(total + 1, sizeof(*items));
	for (i = 0; i < total; i++) {
		if (expect_from_json(json_array_get(list, i), &items[i], i, err) < 0) {
			plan_expects_free(items, total);
			return -1;
		}
	}
	*expects = items;
	*count = total;
	return 0;
}

void plan_expects_free(struct case_expect *expects, size_t count)
{
	case_expects_free(expects, count);
}
