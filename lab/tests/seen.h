/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What runs say, for the tests of bisects: verdict.json and reports.json. */
#ifndef KLAB_TESTS_SEEN_H
#define KLAB_TESTS_SEEN_H

#include <jansson.h>

#include "base/str.h"

struct seen {
	json_t *verdict, *reports; /* owned */
};
void seen_clear(struct seen *s);
#define _cleanup_seen_ _cleanup_(seen_clear)

json_t *seen_parse(const char *text); /* new reference */
struct seen warning(void);
struct seen pass(void);
struct seen other_crash(void);
struct seen broken(void);

#endif
