/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of history_watch(). */
#ifndef KLAB_HISTORY_WATCH_H
#define KLAB_HISTORY_WATCH_H

#include "history/change.h"
#include "history/ingest.h"

enum alarm_kind {	/* in the database: only add */
	ALARM_FAILS,	/* runs that crash, hang or fail, of those that were judged */
	ALARM_UNJUDGED,	/* runs that are broken, incomplete or skipped, of all */
	ALARM_TITLE,	/* runs of a series with a title, of all */
	ALARM_NEW_TITLE,
	ALARM_NUMBER,
};

enum {
	WATCH_NIGHTS = 365,	/* back, that a rate is compared with */
	WATCH_FIRST_NIGHTS = 90,/* of a history that was never looked at: what was before is old */
	WATCH_FORGET_NIGHTS = 30, /* a new title that was not seen for so long is over */
};

/* What an alarm is about; 0: none. */
struct subject {
	enum alarm_kind kind;
	int64_t series, title, quantity;
};

struct watch {
	struct history *h;
	int64_t from, last;	/* nights to look at: both are looked at */
	double rate_enough, level_enough, over_enough;	/* evidence for an alarm, and for its end */
	int64_t raised;
};

/* The nights of a series that have runs, oldest first. */
struct series_nights {
	size_t count;
	int64_t nights[WATCH_NIGHTS + 1];
	unsigned runs[WATCH_NIGHTS + 1], unjudged[WATCH_NIGHTS + 1], failed[WATCH_NIGHTS + 1];
};

/* The subject's last alarm; id 0: there was none. */
struct alarm {
	int64_t id, first, ended;	/* ended 0: it is open */
	double before, after;
};

/* alarms.c */
int alarm_last(struct watch *w, const struct subject *s, struct alarm *out, struct err *err);
int alarm_raise(struct watch *w, const struct subject *s, int64_t night, int64_t first,
		const struct change *c, struct alarm *out, struct err *err);
int alarm_end(struct watch *w, struct alarm *a, int64_t night, struct err *err);
const char *alarm_kind_name(int64_t kind); /* alarms-json.c */
/*
 * alarm-groups.c: alarms as of history_alarms(), those of one kind, title or number, first night, line
 * and pair of sources as one: the first of them, which the others are added to. New reference.
 */
json_t *alarm_groups(const json_t *alarms);

/* watch-rates.c, watch-titles.c, watch-numbers.c: of one series; the second: of all. */
int watch_rates(struct watch *w, int64_t series, const struct series_nights *nights,
		struct err *err);
int watch_new_titles(struct watch *w, struct err *err);
int watch_numbers(struct watch *w, int64_t series, struct err *err);

#endif
