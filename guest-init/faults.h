/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Faults that the case arms, and the proof that they fired. */
#ifndef GUEST_FAULTS_H
#define GUEST_FAULTS_H

#include "guest-init/guest.h"

/* A `fault` frame with the kernel's count so far; nothing when no step armed one. */
void faults_report(struct guest *g);
/* Disarms, and then reports the count that stays. For every ending of a case; once is enough. */
void faults_disarm(struct guest *g);

#endif
