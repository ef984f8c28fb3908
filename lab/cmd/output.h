/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small helpers for what commands print on standard output. */
#ifndef KLAB_CMD_OUTPUT_H
#define KLAB_CMD_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "cmd/pipeline.h"

/* Prints the value, indented by one; returns 0, so that a command can end with it. */
int output_json(const json_t *value);
/* Prints the page of a run directory. */
int output_run(const char *run_dir, bool verbose, struct err *err);
/* Prints the command line that would boot; nothing is made. */
int output_command(const struct cmd_env *env, const struct pipeline_request *req, struct err *err);
/* "1.3 GB", "40 MB", "12 kB": powers of 1000, as gc's limit. */
void output_format_size(uint64_t bytes, char out[16]);

#endif
