/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two configurations, and what is between them: the first one with some options as the
 * second one has them, by the tree's own kconfig.
 */
#ifndef KLAB_BUILD_CONFIG_MIX_H
#define KLAB_BUILD_CONFIG_MIX_H

#include "build/build.h"

/* An option that differs and that a user can set. */
struct config_option {
	char *symbol;
	char *prompt;
	char *file; /* in the source, where it is defined */
	int line, place;
	char *values[2]; /* of both sides; NULL: the side does not name it, which is off */
};

struct config_mix {
	const struct build_request *req; /* borrowed; but its fragments */
	char *sides[2];		/* the resolved .config of each */
	char *source_hash;	/* of the source's content */
	struct config_option *options; /* in the order of the menus */
	size_t count, room;
	struct strv names;	/* of the options, in the same order */
	size_t follow_count;	/* how many others differ: those that only other options set */
};

/*
 * Resolves both sides, each a list of fragments or of one .config, whatever the request
 * requires. Lines that do not hold are
 * ERR_INPUT with what stands against the first, but for options without a prompt: those follow.
 * Sides that do not differ in anything that can be set are ERR_INPUT.
 */
int config_mix_init(struct config_mix *mix, const struct build_request *req,
		    const struct strv *first, const struct strv *second, struct progress *progress,
		    struct err *err);
void config_mix_clear(struct config_mix *mix); /* NULL-safe */

/*
 * The first side with the options of `set` as in the second; work_path is a file that may be
 * written for that. What they need of the other options
 * is taken along; *got (as long as `set`) then says which options are as in the second, for
 * whatever reason. *config: the resolved .config, yours; NULL: one of the set, or of what the
 * request requires, is not to be had, and *why says so (yours). -1: none of this could be found out.
 */
int config_mix_resolve(const struct config_mix *mix, const char *work_path, const bool *set,
		       bool *got, char **config, char **why, struct err *err);

#endif
