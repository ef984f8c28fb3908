/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help texts, for 80 columns. */
#ifndef KLAB_CMD_HELP_H
#define KLAB_CMD_HELP_H

#include "base/str.h"
#include "cmd/cmd.h"

/* Adds `head`, then `text` folded at 80 columns from `indent` on. */
void help_format_row(struct strbuf *out, const char *head, int indent, const char *text);
/* Adds what a command's `details` say: paragraphs with a line wider than that are folded. */
void help_format_details(struct strbuf *out, const char *details);
void help_print_command(const struct cmd *cmd);
void help_print_commands(void);

#endif
