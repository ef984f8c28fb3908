/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all runs came to: a database beside the run directories, which are what it is made of.
 * Only this folder knows that it is SQLite. Several processes may have it open; each call is a
 * transaction of its own, unless it stands between history_begin() and history_commit().
 *
 * A series is what is run again and again: a case on a line of kernels with a config, words
 * on the kernel's command line and a mode. The line is what run.json says in `nightly`, {`night`
 * ("2026-11-28"), `line` (any name that stays the same from night to night)}; else the
 * branch of a git source, else the first two numbers of the kernel's release ("6.1"). A night is
 * that of `nightly`, else the UTC day on which the run started. The runs of a bisect are
 * kept in series of their own, and count in no rate.
 */
#ifndef KLAB_HISTORY_HISTORY_H
#define KLAB_HISTORY_HISTORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct history;

/* $XDG_STATE_HOME/klab/history.db or ~/.local/state/klab/history.db; its folder is made. Yours; NULL on error. */
char *history_default_path(struct err *err);
/*
 * Opens it, made when missing. NULL path: the default one. ERR_INPUT: the file is none of ours,
 * is damaged, or was written by a newer klab. NULL on error.
 */
struct history *history_open(const char *path, struct err *err);
void history_close(struct history *h);	/* NULL-safe; what was begun is undone */
#define _cleanup_history_ _cleanup_(history_close_p)

/* Many changes at once, which all happen or none: ten times as fast. Other writers wait meanwhile. */
int history_begin(struct history *h, struct err *err);
int history_commit(struct history *h, struct err *err);

/* Nights are days since 1970-01-01. Parsing fails with ERR_INPUT. */
int history_night_parse(const char *text, int64_t *night, struct err *err);
void history_night_format(int64_t night, char out[16]);

enum history_ingested {
	HISTORY_ADDED,
	HISTORY_KNOWN,	  /* this very run is in it: nothing was changed, but where it is if it was moved */
	HISTORY_REJUDGED, /* it is in it, and came to something else before: it counts as what it is now */
	HISTORY_GOING_ON, /* a klab is at it: nothing was changed */
};

/*
 * Takes a run in. Its directory may come from anyone: all of it is checked and bounded, and
 * ERR_INPUT says what is wrong with it; then nothing of it is kept. A run is known by its id and what it
 * was started with; one of a night after tomorrow is refused. One that was killed is `incomplete`. The
 * path is remembered as an absolute one.
 */
int history_ingest(struct history *h, const char *run_dir, enum history_ingested *what,
		   struct err *err);

/* A series, or as much of it as is known: NULL is any. Borrowed. */
struct history_series {
	const char *case_name, *line, *config; /* config: "base+fault" */
	const char *append;		       /* words of --append, a blank between them; "": none */
	const char *mode;		       /* "free" */
};

/* What a job is expected to take, and to tell, by the newest 30 runs of the series. */
struct history_cost {
	unsigned runs;	     /* that it was learned from; 0: nothing is known, and all else is 0 */
	unsigned failed;     /* of them: crash, hang or fail */
	unsigned unjudged;   /* of them: broken, incomplete or skip */
	double wall_s;	     /* the median, of a guest that did not have to wait for a processor */
	double cpu_s;	     /* the median */
	int64_t last_night;  /* of the newest */
};

/*
 * By the series itself, else by any of its case, else by any run at all: `runs` is of what it was
 * learned from.
 */
int history_run_cost(struct history *h, const struct history_series *series,
		     struct history_cost *cost, struct err *err);
/* Seconds that a kernel with this config took to be built: the median of the newest ten of it, else
 * of any; 0: nothing is known. */
int history_build_cost(struct history *h, const char *config, double *seconds, struct err *err);

/*
 * Looks at all nights since the last look for what has changed, and raises and ends alarms: a new
 * title at once; a rate, of failures, of runs that could not be judged or of a title in a series, and the
 * level of a number, by lab/history/change.h. alarms_a_year: so many false ones are
 * accepted of all rates together, and so many of all numbers. Nights that come in later than their
 * successors count from the next look on; their new titles are raised then, if they are among the
 * last 90 nights. *raised (may be NULL) is how many there are new.
 */
int history_watch(struct history *h, double alarms_a_year, int64_t *raised, struct err *err);
#define HISTORY_ALARMS_A_YEAR 2.0

/* The newest with a run; ERR_INPUT: there is no run in it. */
int history_last_night(struct history *h, int64_t *night, struct err *err);

/* The number of the newest alarm, open or not; 0: none was raised yet. */
int history_last_alarm(struct history *h, int64_t *id, struct err *err);

struct known_bugs;
/*
 * The open alarms, those of one cause as one, the newest first, those of numbers last:
 * docs/formats.md, "Regressions". New reference.
 */
json_t *history_alarms(struct history *h, const struct known_bugs *known, struct err *err);

/*
 * What pages show; docs/formats.md, "The history", has the shapes. Those over a year of a thousand
 * series take below 200 ms each (make bench-history). since: a night, 0: all. New references; NULL on
 * error, and ERR_INPUT of a name that is none.
 */
json_t *history_overview(struct history *h, int64_t since, struct err *err);
json_t *history_case(struct history *h, const char *case_name, int64_t since, struct err *err);
/* Of the case's numbers those whose name has all the words in it, at most `most`; NULL: all. */
json_t *history_numbers(struct history *h, const char *case_name, const char *words, int64_t since,
			size_t most, struct err *err);
/* Titles that were seen since then, the newest first; only_new: that were seen first since then. */
json_t *history_reports(struct history *h, int64_t since, bool only_new, size_t most,
			struct err *err);
json_t *history_report(struct history *h, const char *title, struct err *err);
/* The runs of a case that did not pass, the newest first: [{run, night, verdict, why, and its series}]. */
json_t *history_runs(struct history *h, const char *case_name, int64_t since, size_t most,
		     struct err *err);
json_t *history_run(struct history *h, const char *id, struct err *err);

int history_count_runs(struct history *h, int64_t *runs, struct err *err);
/* Whether a run with this id is in it: 1, 0, -1. */
int history_has_run(struct history *h, const char *id, struct err *err);

/*
 * Calls fn with one report of each way that a title's traces looked, as reports.json has them (title,
 * kind and traces), and the title's first and last run; the oldest title first. Borrowed. What fn returns
 * but 0 ends it.
 */
struct history_trace {
	const json_t *report;
	const char *first, *last; /* ids of runs */
	int64_t runs, times;	  /* of the title */
};
int history_each_trace(struct history *h, int (*fn)(void *ctx, const struct history_trace *trace),
		       void *ctx, struct err *err);

static inline void history_close_p(struct history **h)
{
	history_close(*h);
}

#endif
