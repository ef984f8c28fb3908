/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What config-record.c knows, for config-bisect.c to decide. */
#ifndef KLAB_BISECT_CONFIG_BISECT_INTERNAL_H
#define KLAB_BISECT_CONFIG_BISECT_INTERNAL_H

#include <stdlib.h>

#include "bisect/config-bisect.h"

bool *config_copy_set(const struct config_bisect *b, const bool *set); /* yours */
/* NULL: kconfig was not asked for it. Borrowed, until something is added; likewise below. */
const struct config_asked *config_find_asked(const struct config_bisect *b, const bool *set);
const struct config_asked *config_end_asked(const struct config_bisect *b, bool bad);
/* The configuration of a set, as an index; CONFIG_LOST: there is none, or nobody knows. */
size_t config_try_of(const struct config_bisect *b, const bool *set);
/* Is its kernel the kernel of this side? */
bool config_is_end(const struct config_bisect *b, const struct config_try *try, bool bad);

#endif
