/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run directory as history takes it: read, checked and bounded, whoever it comes from. */
#ifndef KLAB_HISTORY_RECORD_H
#define KLAB_HISTORY_RECORD_H

#include "compare/compare.h"
#include "verdict/verdict.h"

enum {
	RECORD_MAX_TEXT = 500,	    /* bytes of a title, a name: what is longer is cut */
	RECORD_MAX_REPORTS = 1000,  /* of a run; those beyond are left out */
	RECORD_MAX_NUMBERS = 4096,
	RECORD_MAX_INJECTIONS = 1000,
	RECORD_DIGEST_SIZE = 33,
};

struct record {
	struct run_facts facts;
	char *name, *folder;		   /* its id; its absolute path */
	char identity[RECORD_DIGEST_SIZE]; /* of what it was started with */
	char judged[RECORD_DIGEST_SIZE];   	   /* of what it came to */
	char *case_name, *line, *config, *append, *mode, *bisect; /* of its series */
	int64_t night, started;		   /* day, second */
	enum verdict verdict;
	char *why;			   /* its worst reason, "" none */
	bool going_on;			   /* a klab is at it: then nothing above but `name` is set */
};

/* ERR_INPUT: it is no run directory, or something in it is not what it should be. */
int record_read(struct record *r, const char *run_dir, struct err *err);
void record_clear(struct record *r);
#define _cleanup_record_ _cleanup_(record_clear)

/* Tomorrow, as zones differ: no run has a later night, unless a clock is wrong. */
int64_t record_latest_night(void);

/* A text of at most RECORD_MAX_TEXT bytes, whole characters. Yours. */
char *record_text(const char *text);

#endif
