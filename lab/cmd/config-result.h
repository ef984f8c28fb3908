/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came of a search for options, for people and as JSON. */
#ifndef KLAB_CMD_CONFIG_RESULT_H
#define KLAB_CMD_CONFIG_RESULT_H

#include "cmd/config-search.h"

/*
 * docs/formats.md, "A bisect of configurations". Where both outcomes were seen there is a
 * comparison of two runs, in a folder of its own beside them. New reference.
 */
json_t *config_result_make(const struct config_search *s, const struct config_step *step,
			   struct err *err);
/* A kept one, also one that is going on. */
int config_result_show(const char *dir, const struct options *opt, struct err *err);
void config_result_print(const json_t *result, const char *dir);

#endif
