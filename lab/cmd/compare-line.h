/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The `klab compare` that boots again what two runs were of, so often that it can be tested. */
#ifndef KLAB_CMD_COMPARE_LINE_H
#define KLAB_CMD_COMPARE_LINE_H

#include "compare/compare.h"

/*
 * "klab compare DIR/case.yaml --kconfig base --with a --with b --repeat 20", from what the runs
 * kept; deterministic ones with the first one's seed in place of --repeat. NULL: no line makes two
 * such sides (they are of several cases, of patched sources, or differ in more than one of source,
 * config and command line, or in none). Yours.
 */
char *compare_line(const struct run_facts *a, const struct run_facts *b, int repeat);

#endif
