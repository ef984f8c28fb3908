/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A YAML document as a small tree whose every node knows its line and column.
 * libfyaml scans; what a case never needs is refused here, with its place:
 * anchors and aliases (they can blow up), tags, several documents, keys that
 * are no words, repeated keys, control characters, bytes that are no UTF-8.
 */
#ifndef KLAB_CASE_YAML_H
#define KLAB_CASE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "case/mistakes.h"

/* Far above any case worth reading, far below what would cost time or stack. */
#define YAML_MAX_BYTES (1024 * 1024)
#define YAML_MAX_DEPTH 16
#define YAML_MAX_NODES 20000
#define YAML_MAX_KEYS  500 /* in one map: repeated keys are looked for one by one */

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	int line, column; /* 1-based, column in characters; of the key where the value is empty */
	char *text;	  /* scalar: never NULL */
	size_t length;	  /* bytes of text; no NUL within */
	bool plain;	  /* scalar: written without quotes and not as a block */
	struct yaml_node *key; /* in a map: what it is the value of; owned */
	struct yaml_node **items;
	size_t count, capacity;
};

/* NULL when the file cannot be taken further; then and otherwise look at m. */
struct yaml_node *yaml_parse(const char *bytes, size_t length, struct mistakes *m);
void yaml_free(struct yaml_node *node); /* NULL-safe */

/* The value of a key of a map, or NULL. Borrowed. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* Nothing was written: `key:` alone, or `~` or `null`. */
bool yaml_is_empty(const struct yaml_node *node);
/* "text", "a list", "a map", "empty": what a node is, for messages. */
const char *yaml_kind_name(const struct yaml_node *node);
/* As one line of flow YAML, for people. Yours. */
char *yaml_format_line(const struct yaml_node *node);

static inline void yaml_free_p(struct yaml_node **node)
{
	yaml_free(*node);
}
#define _cleanup_yaml_ _cleanup_(yaml_free_p)

#endif
