// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>

#include "case/reader.h"
#include "case/value.h"

#define CASE_MAX_PROBES 32

const struct field probe_key_table[] = {
	{ NULL, "at", FIELD_TEXT, true, NULL, offsetof(struct case_probe, at), 0, 0, 0,
	  "a function of the kernel, or FILE:LINE" },
	{ NULL, "when", FIELD_TEXT, false, NULL, offsetof(struct case_probe, when), 0, 0, 0,
	  "only when this C expression of its arguments holds, as in \"sig == 9\"" },
	{ NULL, "args", FIELD_BOOL, false, "true", offsetof(struct case_probe, args), 0, 0, 0,
	  "the arguments of each frame" },
	{ NULL, "limit", FIELD_COUNT, false, "10", offsetof(struct case_probe, limit), 1, 1000, 0,
	  "so many times at most, then the guest is left alone" },
};
const size_t probe_key_count = ARRAY_SIZE(probe_key_table);

static bool check_at(const char *at, struct err *err)
{
	static const char function[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789_.";
	const char *colon = strchr(at, ':');
	size_t length = strspn(at, function);

	if (*at && !isdigit((unsigned char)*at) && !at[length])
		return true;
	/* drivers/md/dm-crypt.c:12 */
	if (colon && colon > at && isalnum((unsigned char)*at) &&
	    isdigit((unsigned char)colon[1]) && !colon[1 + strspn(colon + 1, "0123456789")]) {
		for (length = 0; isalnum((unsigned char)at[length]) || strchr("_./-", at[length]);)
			length++;
		if (at + length == colon)
			return true;
	}
	err_set(err, ERR_INPUT, "'%.60s': expected a function of the kernel, or FILE:LINE", at);
	return false;
}

/*
 * gdb evaluates it, and has functions of its own that run programs of the host:
 * their names begin with `$_`. Registers are plain `$rdi`.
 */
static bool check_when(const char *when, struct err *err)
{
	const char *bad = NULL;

	for (const char *c = when; *c && !bad; c++)
		if ((unsigned char)*c < ' ' || (*c == '$' && !islower((unsigned char)c[1])))
			bad = c;
	if (!bad && *when)
		return true;
	err_set(err, ERR_INPUT,
		"'%.20s': expected a C expression of arguments and registers, in one line",
		bad ?: when);
	return false;
}

int case_probe_parse(struct case_probe *p, const char *text, struct err *err)
{
	const char *when = strstr(text, " if ");
	_cleanup_free_ char *at = xstrndup(text, when ? (size_t)(when - text) : strlen(text));

	*p = (struct case_probe)CASE_PROBE_INIT;
	if (!check_at(at, err) || (when && !check_when(when + 4, err)))
		return -1;
	p->at = take_ptr(&at);
	p->when = when ? xstrdup(when + 4) : NULL;
	return 0;
}

void case_probe_clear(struct case_probe *p)
{
	free(p->at);
	free(p->when);
}

static void read_probe_key(struct case_reader *r, const struct yaml_node *n,
			   const struct field *key, struct case_probe *p)
{
	struct err err = ERR_INIT;
	int64_t v;

	switch (key->type) {
	case FIELD_BOOL:
		value_bool(r->m, n, key->name, &p->args);
		break;
	case FIELD_COUNT:
		if (value_i64(r->m, n, key->name, key->min, key->max, &v))
			p->limit = (int)v;
		break;
	default:
		if (!value_text(r->m, n, key->name, VALUE_MAX_TEXT, key->help))
			return;
		if (str_eq(key->name, "at") ? check_at(n->text, &err) : check_when(n->text, &err))
			*(char **)((char *)p + key->offset) = xstrdup(n->text);
		else
			mistakes_add(r->m, n->line, n->column, "`%s` is %s", key->name, err.msg);
		break;
	}
}

static void tell_unknown(struct case_reader *r, const struct yaml_node *word)
{
	const char *names[ARRAY_SIZE(probe_key_table)];
	_cleanup_strv_ struct strv all = { 0 };
	_cleanup_free_ char *hint = NULL, *expected = NULL;

	for (size_t i = 0; i < probe_key_count; i++) {
		names[i] = probe_key_table[i].name;
		strv_addf(&all, "`%s`", names[i]);
	}
	hint = mistakes_hint(word->text, names, probe_key_count);
	expected = strv_join(&all, ", ");
	mistakes_add(r->m, word->line, word->column, "a probe has no `%.60s`%s; expected %s",
		     word->text, hint, expected);
}

static void read_probe(struct case_reader *r, const struct yaml_node *map)
{
	struct case_probe *p;

	if (map->kind != YAML_MAP) {
		mistakes_add(r->m, map->line, map->column,
			     "a probe that is %s; expected a map such as {at: oom_kill_process}",
			     yaml_kind_name(map));
		return;
	}
	p = vec_push(&r->c->probes, &r->c->probe_count, &r->c->probe_capacity);
	*p = (struct case_probe)CASE_PROBE_INIT;
	p->line = map->line;
	p->column = map->column;
	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_node *word = map->items[i]->key;
		size_t k;

		for (k = 0; k < probe_key_count; k++)
			if (str_eq(probe_key_table[k].name, word->text))
				break;
		if (k < probe_key_count)
			read_probe_key(r, map->items[i], &probe_key_table[k], p);
		else
			tell_unknown(r, word);
	}
	if (!yaml_get(map, "at"))
		mistakes_add(r->m, map->line, map->column, "the probe lacks `at`; expected %s",
			     probe_key_table[0].help);
}

void read_probes(struct case_reader *r, const struct yaml_node *node)
{
	if (node->kind != YAML_LIST || node->count == 0 || node->count > CASE_MAX_PROBES) {
		mistakes_add(r->m, node->line, node->column,
			     "`probes` is %s; expected a list of 1 to %d probes",
			     node->kind != YAML_LIST ? yaml_kind_name(node)
			     : node->count	     ? "too long a list"
						     : "an empty list",
			     CASE_MAX_PROBES);
		return;
	}
	for (size_t i = 0; i < node->count; i++)
		read_probe(r, node->items[i]);
}
