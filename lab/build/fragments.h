/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Config fragments: read, checked, laid one over the other. */
#ifndef KLAB_BUILD_FRAGMENTS_H
#define KLAB_BUILD_FRAGMENTS_H

#include <jansson.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"

struct fragment {
	char *name; /* as asked for: "base" or a path */
	char *path;
	char sha256[HASH_HEX_SIZE];
	struct strv facts;
	bool overridden; /* a later fragment gave one of its symbols another value */
};

/* Versions of Linux as one number: FRAGMENT_VERSION(6, 4) is 6.4. */
#define FRAGMENT_VERSION(major, minor) ((major) * 1000 + (minor))

/* A line that must hold, of kernels from `since` on and before `before`. */
struct fragment_line {
	char *symbol;	 /* without CONFIG_ */
	char *value;	 /* as after the "=", "n" for "is not set" */
	size_t fragment; /* index of the fragment it comes from */
	int line;
	int since;  /* FRAGMENT_VERSION(), 0: of all */
	int before; /* likewise */
};

struct fragment_set {
	struct fragment *items;
	size_t count, capacity;
	/* Sorted by symbol; each once, or once for a span of versions. */
	struct fragment_line *lines;
	size_t line_count, line_capacity;
};

/*
 * Reads the fragments in order. An unknown name, an unreadable file, a line that
 * is no kconfig line: ERR_INPUT, the latter with FILE:LINE:COLUMN.
 */
int fragments_read(struct fragment_set *set, const struct strv *names, const char *data_dir,
		   struct err *err);
/* One fragment from memory; for tests and for fragments_read(). */
int fragments_add(struct fragment_set *set, const char *name, const char *path, const char *bytes,
		  size_t length, struct err *err);
void fragments_clear(struct fragment_set *set);

/*
 * Leaves what a kernel of this version is asked for: each symbol once. `left_out` gets
 * the others, as "lab:74 NAME=y (since 6.4)": nothing is lost without a word.
 */
void fragments_for_version(struct fragment_set *set, int version, struct strv *left_out);
/* Does what is asked for depend on the version? */
bool fragments_need_version(const struct fragment_set *set);

/* The lines as one kconfig file; yours. After fragments_for_version(). */
char *fragments_text(const struct fragment_set *set);
/* "wbt-on:5"; yours. */
char *fragments_origin(const struct fragment_set *set, const struct fragment_line *line);
/* Facts that the set promises: those of fragments that hold in full. */
void fragments_facts(const struct fragment_set *set, struct strv *facts);
/* [{name, sha256, asked {symbol: value}}]: what each asks for and no later one asks otherwise. New
 * reference. */
json_t *fragments_json(const struct fragment_set *set);

#endif
