/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lab/report gives as `details` of a report (docs/formats.md): what an answer may ask for. */
#ifndef KLAB_CASE_REPORT_DETAILS_H
#define KLAB_CASE_REPORT_DETAILS_H

#include <stdbool.h>

#include "base/str.h"

/*
 * Can a report of this kind ("any": of any) have a detail of this name, "memory.usage_kib"? It need not: the
 * kernel does not always print it. All names that it can have are added to `known`.
 */
bool report_detail_known(const char *kind, const char *name, struct strv *known);

#endif
