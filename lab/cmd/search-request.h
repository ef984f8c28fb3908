/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What makes two bisects, or two searches of configurations, the same one: all that the outcome of
 * their runs hangs on. One that was stopped is gone on with only when it is all as it was: runs of
 * another compiler, timeout or reproducer are no evidence beside these.
 */
#ifndef KLAB_CMD_SEARCH_REQUEST_H
#define KLAB_CMD_SEARCH_REQUEST_H

#include <jansson.h>

#include "case/case.h"
#include "cmd/options.h"
#include "machine/machine.h"

/* docs/formats.md, `request`: what both have. New reference; NULL on error. */
json_t *search_request(const struct case_file *test, const struct options *opt,
		       const struct machine_ops *machine, struct err *err);
/* Adds {name, sha256}, of the file's content, to a list. */
int search_request_add_file(json_t *list, const char *name, const char *path, struct err *err);

#endif
