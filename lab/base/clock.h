/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time, and the user's wish to stop. */
#ifndef KLAB_BASE_CLOCK_H
#define KLAB_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

uint64_t clock_monotonic_ms(void);
uint64_t clock_monotonic_ns(void);
double clock_seconds_since(uint64_t began_ms); /* of clock_monotonic_ms() */
/* "2026-11-22T19:32:44Z" of now, or of SOURCE_DATE_EPOCH's second where `epoch` >= 0. */
void clock_format_utc(int64_t epoch_s, char out[32]);
int64_t clock_realtime_s(void);

/*
 * SIGINT, SIGTERM and SIGHUP ask to stop: cancel_install() catches them, whoever
 * loops or waits looks at cancel_requested() (or polls cancel_fd(), readable
 * from then on) and returns ERR_CANCELLED. A second SIGINT ends at once.
 */
void cancel_install(void);
bool cancel_requested(void);
int cancel_fd(void);		/* borrowed; -1 when not installed */

#endif
