/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "history/known.h"

#include <fnmatch.h>

#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "case/yaml.h"
#include "history/history.h"

static const char *const keys[] = { "title", "until", "link" };

/* The text of a key; NULL, and a mistake where it must be there or is no text. */
static const struct yaml_node *read_text(const struct yaml_node *entry, const char *key, bool must,
					 struct mistakes *m)
{
	const struct yaml_node *node = yaml_get(entry, key);

	if (!node) {
		if (must)
			mistakes_add(m, entry->line, entry->column,
				     "a known bug without `%s`; expected title and until", key);
		return NULL;
	}
	if (node->kind == YAML_SCALAR && node->length)
		return node;
	mistakes_add(m, node->line, node->column, "%s; expected a text", yaml_kind_name(node));
	return NULL;
}

static void check_keys(const struct yaml_node *entry, struct mistakes *m)
{
	for (size_t i = 0; i < entry->count; i++) {
		const struct yaml_node *key = entry->items[i]->key;
		_cleanup_free_ char *hint = mistakes_hint(key->text, keys, ARRAY_SIZE(keys));
		bool known = false;

		for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
			known |= str_eq(key->text, keys[k]);
		if (!known)
			mistakes_add(m, key->line, key->column,
				     "no key `%s`%s; expected title, until or link", key->text,
				     hint);
	}
}

static void read_entry(struct known_bugs *k, const struct yaml_node *entry, struct mistakes *m)
{
	const struct yaml_node *title, *until, *link;
	struct err why = ERR_INIT;
	struct known_bug *bug;
	int64_t night = 0;

	if (entry->kind != YAML_MAP) {
		mistakes_add(m, entry->line, entry->column,
			     "%s; expected a known bug: title, until, link", yaml_kind_name(entry));
		return;
	}
	check_keys(entry, m);
	title = read_text(entry, "title", true, m);
	until = read_text(entry, "until", true, m);
	link = read_text(entry, "link", false, m);
	if (!title || !until)
		return;
	if (history_night_parse(until->text, &night, &why) < 0) {
		mistakes_add(m, until->line, until->column, "%s", why.msg);
		return;
	}
	bug = vec_push(&k->items, &k->count, &k->capacity);
	*bug = (struct known_bug){ xstrdup(title->text), xstrdup(link ? link->text : ""), night };
}

int known_bugs_read(struct known_bugs *k, const char *path, struct err *err)
{
	_cleanup_mistakes_ struct mistakes m = { 0 };
	_cleanup_free_ char *bytes = NULL;
	_cleanup_yaml_ struct yaml_node *root = NULL;
	size_t length;

	*k = (struct known_bugs){ 0 };
	bytes = file_read(path, YAML_MAX_BYTES, &length, err);
	if (!bytes)
		return err->kind = ERR_INPUT, -1;
	root = yaml_parse(bytes, length, &m);
	if (root && root->kind != YAML_LIST)
		mistakes_add(&m, root->line, root->column, "%s; expected a list of known bugs",
			     yaml_kind_name(root));
	else
		for (size_t i = 0; root && i < root->count; i++)
			read_entry(k, root->items[i], &m);
	return mistakes_report(&m, path, NULL, err);
}

const struct known_bug *known_bugs_find(const struct known_bugs *k, const char *title)
{
	const struct known_bug *found = NULL;

	for (size_t i = 0; i < k->count; i++)
		if (fnmatch(k->items[i].title, title, 0) == 0 &&
		    (!found || k->items[i].until > found->until))
			found = &k->items[i];
	return found;
}

bool known_bug_silences(const json_t *alarm)
{
	const json_t *known = json_get_object(alarm, "known");

	return known && !json_get_bool(known, "expired", false);
}

void known_bugs_clear(struct known_bugs *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->count; i++) {
		free(k->items[i].title);
		free(k->items[i].link);
	}
	free(k->items);
	*k = (struct known_bugs){ 0 };
}
