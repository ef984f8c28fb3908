/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How progress looks: a bar on a terminal, plain lines elsewhere, nothing when
 * quiet. All of it goes to standard error; results go to standard output.
 */
#ifndef KLAB_CMD_UI_H
#define KLAB_CMD_UI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/progress.h"
#include "base/str.h"

/* The one of the process: borrowed, never NULL. */
struct progress *ui_progress(void);
/* Is standard error a terminal on which a line can be drawn again? How wide is it? */
bool ui_is_terminal(void);
int ui_terminal_columns(void);
void ui_configure(struct progress *p, bool quiet);

/* One line of a bar, `columns` wide at most: pure. eta_s < 0 and total 0: unknown. */
void ui_format_bar(struct strbuf *out, int columns, const char *what, uint64_t done, uint64_t total,
		   int eta_s);
/* A message in lines of so many columns, the further ones indented, made harmless. */
void ui_format_note(struct strbuf *out, int columns, const char *text);
/* The same as a plain line. */
void ui_format_line(struct strbuf *out, const char *what, uint64_t done, uint64_t total, int eta_s);

#endif
