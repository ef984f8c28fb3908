/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bugs that are known, from a file of a list of
 *
 *	- title: "WARNING in *"		a pattern, as file names have them
 *	  until: 2026-12-31		the last night that it is silenced
 *	  link: https://example.org/1	where it is told about; may be left out
 */
#ifndef KLAB_HISTORY_KNOWN_H
#define KLAB_HISTORY_KNOWN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

struct known_bug {
	char *title, *link; /* link "": none */
	int64_t until;	    /* night */
};

struct known_bugs {
	struct known_bug *items;
	size_t count, capacity;
};

/* ERR_INPUT, "FILE:LINE:COLUMN: ...", for what is wrong. Clear it with known_bugs_clear(). */
int known_bugs_read(struct known_bugs *k, const char *path, struct err *err);
/* The entry whose pattern a title fits, of several the one that lasts longest; NULL: none. Borrowed. */
const struct known_bug *known_bugs_find(const struct known_bugs *k, const char *title);
/* Whether an alarm, as history_alarms() gives it, is of a known bug that is silenced still. */
bool known_bug_silences(const json_t *alarm);
void known_bugs_clear(struct known_bugs *k); /* NULL-safe */
#define _cleanup_known_bugs_ _cleanup_(known_bugs_clear)

#endif
