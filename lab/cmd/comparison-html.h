/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The HTML page of a comparison: finds its runs, reads what of them it shows. */
#ifndef KLAB_CMD_COMPARISON_HTML_H
#define KLAB_CMD_COMPARISON_HTML_H

#include <jansson.h>

/*
 * Links are relative to the comparison's folder (NULL: it is kept nowhere, and the page is for the
 * folder one is in). Runs are looked for beside that and then where the comparison names them;
 * without them the page has what the comparison itself says. Yours.
 */
char *comparison_html(const json_t *comparison, const char *dir);

#endif
