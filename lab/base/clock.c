/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

uint64_t clock_monotonic_ns(void)
{
	struct timespec ts;

	/* It cannot fail with this clock and a valid pointer. */
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t clock_monotonic_ms(void)
{
	return clock_monotonic_ns() / 1000000u;
}

double clock_seconds_since(uint64_t began_ms)
{
	return (double)(clock_monotonic_ms() - began_ms) / 1000;
}

int64_t clock_realtime_s(void)
{
	return (int64_t)time(NULL);
}

void clock_format_utc(int64_t epoch_s, char out[32])
{
	time_t t = epoch_s >= 0 ? (time_t)epoch_s : time(NULL);
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(out, 32, "@%lld", (long long)t);
}

/* ---- the user's wish to stop ---- */

static volatile sig_atomic_t cancel_seen;
static int cancel_event_fd = -1;

static void cancel_on_signal(int sig)
{
	int saved_errno = errno;
	uint64_t one = 1;

	if (cancel_seen && sig == SIGINT) {
		/* Pending until we return, then it ends us; children follow by their death signal.
		 */
		signal(SIGINT, SIG_DFL);
		raise(SIGINT);
	}
	cancel_seen = 1;
	if (cancel_event_fd >= 0 && write(cancel_event_fd, &one, sizeof(one)) < 0) {
		/* Only when the counter is full, and then it is readable already. */
	}
	errno = saved_errno;
}

void cancel_install(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = cancel_on_signal, .sa_flags = SA_RESTART };

	if (cancel_event_fd >= 0)
		return;
	/* Without a descriptor cancel_requested() still works; waits look at it at intervals. */
	cancel_event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction old;

		/* nohup(1) and `trap '' INT` keep their word. */
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN)
			continue;
		sigaction(signals[i], &sa, NULL);
	}
}

bool cancel_requested(void)
{
	return cancel_seen != 0;
}

int cancel_fd(void)
{
	return cancel_event_fd;
}
