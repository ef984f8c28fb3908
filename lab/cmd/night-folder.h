/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder of a night: its journal and its lock; and finding nights. */
#ifndef KLAB_CMD_NIGHT_FOLDER_H
#define KLAB_CMD_NIGHT_FOLDER_H

#include <jansson.h>

#include "base/err.h"
#include "base/progress.h"
#include "base/str.h"

/*
 * journal.jsonl, opened to add lines; half a line at its end, of a klab that was killed, is cut
 * off. The descriptor is yours; -1 on error.
 */
int night_journal_open(const char *dir, struct err *err);
/* One line, whole and on the disk when it returns 0. */
int night_journal_add(int fd, const json_t *line, struct err *err);
/* Each line, borrowed, in order. */
int night_journal_read(const char *dir, void (*take)(void *context, json_t *line), void *context,
		       struct err *err);

/*
 * As file_lock_dir(), but what a killed klab left is given some seconds to end: its workers hold
 * the lock too.
 */
int night_lock_dir(const char *dir, bool *busy, struct err *err);
/* ERR_INPUT: a night of that plan's name is going on in BASE. One that was killed is told. */
int night_check_alone(const char *base, const char *name, struct progress *progress,
		      struct err *err);
/* The folder of a night: "last", an id, its start, a path, or a plan's file: its last one, where
 * "last" is one that is going on, if there is any. Yours. */
char *night_find(const char *base, const char *name, struct err *err);

#endif
