/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a night changed in the history, and the bisects of it. All of it is in the night's record as
 * soon as it is known (`changes`: docs/formats.md, "A night"), so that a night that goes on tells
 * no alarm less and bisects none twice.
 */
#ifndef KLAB_CMD_NIGHT_CHANGES_H
#define KLAB_CMD_NIGHT_CHANGES_H

#include "cmd/night.h"

/*
 * Before the first job: which alarms are older, and what --known and --bisect say, which holds for
 * all of the night. ERR_INPUT: the file of known bugs is none.
 */
int night_changes_begin(struct night *n, struct err *err);
/* After the last job: looks at the history. That it cannot be is told in the changes. */
int night_changes_look(struct night *n, struct err *err);
/*
 * With --bisect: bisects each alarm that the night raised and that has a command for it, one after
 * the other in what the budget leaves. What came of each is told. Stopped: ERR_CANCELLED.
 */
int night_changes_bisect(struct night *n, struct err *err);

#endif
