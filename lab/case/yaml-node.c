// SPDX-License-Identifier: GPL-2.0-or-later
/* What can be done with a node of YAML once it is read. */
#include <strings.h>

#include "case/yaml.h"

void yaml_free(struct yaml_node *node)
{
	size_t i;

	if (!node)
		return;
	for (i = 0; i < node->count; i++)
		yaml_free(node->items[i]);
	yaml_free(node->key);
	free(node->items);
	free(node->text);
	free(node);
}

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	size_t i;

	for (i = 0; map && map->kind == YAML_MAP && i < map->count; i++)
		if (str_eq(map->items[i]->key->text, key))
			return map->items[i];
	return NULL;
}

bool yaml_is_empty(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && node->plain &&
	       (node->length == 0 || str_eq(node->text, "~") ||
		strcasecmp(node->text, "null") == 0);
}

const char *yaml_kind_name(const struct yaml_node *node)
{
	if (node->kind == YAML_LIST)
		return "a list";
	if (node->kind == YAML_MAP)
		return "a map";
	return yaml_is_empty(node) ? "empty" : "text";
}

static void format_node(struct strbuf *sb, const struct yaml_node *node, bool outer)
{
	bool braces = !outer || node->kind == YAML_LIST;
	size_t i;

	if (node->kind == YAML_SCALAR) {
		for (i = 0; i < node->length; i++)
			strbuf_addc(sb, node->text[i] == '\n' ? ' ' : node->text[i]);
		return;
	}
	if (braces)
		strbuf_addc(sb, node->kind == YAML_LIST ? '[' : '{');
	for (i = 0; i < node->count; i++) {
		if (i)
			strbuf_adds(sb, ", ");
		if (node->kind == YAML_MAP) {
			format_node(sb, node->items[i]->key, false);
			strbuf_adds(sb, ": ");
		}
		format_node(sb, node->items[i], false);
	}
	if (braces)
		strbuf_addc(sb, node->kind == YAML_LIST ? ']' : '}');
}

char *yaml_format_line(const struct yaml_node *node)
{
	_cleanup_strbuf_ struct strbuf sb = { 0 };

	format_node(&sb, node, true);
	return strbuf_take(&sb);
}
