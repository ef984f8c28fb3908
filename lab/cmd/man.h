/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manual pages klab(1), klab-case(5) and klab-plan(5), made of the same tables as the help. */
#ifndef KLAB_CMD_MAN_H
#define KLAB_CMD_MAN_H

#include "base/err.h"
#include "base/str.h"

/*
 * Adds the page as man(7) has it, for `man -l` and for below share/man. Names: "klab", "case"
 * or "plan". 0, or -1 with `err` (ERR_INPUT: no such page).
 */
int man_page(const char *name, struct strbuf *out, struct err *err);

#endif
