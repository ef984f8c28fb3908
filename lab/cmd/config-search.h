/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What bisect-config and minimize-config share: the search for the options behind a bug. */
#ifndef KLAB_CMD_CONFIG_SEARCH_H
#define KLAB_CMD_CONFIG_SEARCH_H

#include "bisect/config-bisect.h"
#include "build/config-mix.h"
#include "case/case.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "machine/machine.h"

struct config_search {
	const struct cmd_env *env;
	const char *kind; /* of its folder: "bisect-config", "minimize-config" */
	bool minimize;
	struct options opt;
	const struct machine_ops *machine;
	struct case_file *test;
	struct strv good, bad; /* fragments, or a .config */
	struct build_request req;
	struct config_mix mix;
	struct config_bisect bisect;
	json_t *request; /* what makes two searches the same one */
	char *dir;
	int lock_fd;
};

/*
 * From the parsed options, the case and both sides to the answer, printed. Goes on where one of the
 * same request was stopped. The exit code; -1: error.
 */
int config_search_run(struct config_search *s, struct err *err);
/* The case of the first argument, and all that can be checked before a build. */
int config_search_prepare(struct config_search *s, struct err *err);
/* A side as a user names it: a .config file, a run, or fragments as base+fault; added to `fragments`. */
int config_search_read_side(const struct config_search *s, const char *value,
			    struct strv *fragments, struct err *err);
void config_search_clear(struct config_search *s);

/* The .config of a configuration, in the search's folder; yours. */
char *config_search_path(const struct config_search *s, const struct config_try *try);

#endif
