/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resolves fragments with the tree's own kconfig, and says what became of each
 * requested line. The work is done by kconfig-helper/, linked with the tree's
 * objects in a small object tree of its own, so that neither a build in
 * progress is disturbed nor anything built when options are lost.
 */
#ifndef KLAB_BUILD_KCONFIG_H
#define KLAB_BUILD_KCONFIG_H

#include <jansson.h>

#include "build/build.h"
#include "build/fragments.h"
#include "build/source.h"
#include "build/toolchain.h"

struct kconfig_request {
	const struct source *source; /* prepared */
	const struct toolchain *tc;
	const struct fragment_set *fragments;
	const struct strv *require; /* symbols that must be y or m; NULL: none */
	const struct strv *require_by; /* of each, who wants it; NULL when `require` is */
	const struct strv *held;    /* the symbols whose lines must hold; NULL: all */
	const struct strv *describe; /* symbols to describe; NULL: none */
	const char *explain;	    /* a symbol to explain in full; NULL: none */
	const char *cache_dir;
	const char *data_dir;
	struct progress *progress;
};

struct kconfig_result {
	char *config; /* the resolved .config */
	size_t config_length;
	struct kconfig_lost *lost;
	size_t lost_count;
	struct strv notes;
	json_t *explained; /* of `explain`, else NULL */
	json_t *described; /* as in struct config_answer */
};

/* Lost options are no error here: look at lost_count. */
int kconfig_resolve(const struct kconfig_request *req, struct kconfig_result *result,
		    struct err *err);
void kconfig_result_clear(struct kconfig_result *result);

/* Hash of the helper's source, part of every key: another helper may resolve otherwise. */
int kconfig_helper_hash(const char *data_dir, char hex[HASH_HEX_SIZE], struct err *err);

/* An explained symbol as text for people; yours. */
char *kconfig_why_text(const json_t *explained);

#endif
