/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are looked at again and again while init waits: the sample step. */
#ifndef GUEST_SAMPLE_H
#define GUEST_SAMPLE_H

#include "guest-init/guest.h"

/* Takes the samples that are due; returns when the next one is, UINT64_MAX: none. */
uint64_t samples_take(struct guest *g);
/* No more. */
void samples_stop(struct guest *g);

#endif
