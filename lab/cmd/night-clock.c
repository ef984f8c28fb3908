/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/night-clock.h"

#include <inttypes.h>
#include <poll.h>

#include "base/clock.h"
#include "base/file.h"

enum { EVERY_MS = 2000, TEXT_MAX_BYTES = 32 };

static char *clock_path(const char *dir)
{
	return path_join(dir, "spent_ms");
}

/* What cannot be noted now may be the next time. */
static int tick(void *context)
{
	const struct night *n = context;
	_cleanup_free_ char *path = clock_path(n->dir);

	while (!cancel_requested()) {
		_cleanup_free_ char *text = xasprintf("%" PRIu64 "\n", night_elapsed_ms(n));

		file_write_atomic(path, text, strlen(text), NULL);
		poll(&(struct pollfd){ .fd = cancel_fd(), .events = POLLIN }, 1, EVERY_MS);
	}
	return 0;
}

int night_clock_start(struct child *child, const struct night *n, struct err *err)
{
	return child_fork(child, tick, (void *)n, err);
}

uint64_t night_clock_read(const char *night_dir)
{
	_cleanup_free_ char *path = clock_path(night_dir);
	_cleanup_free_ char *text = file_read(path, TEXT_MAX_BYTES, NULL, NULL);
	int64_t spent_ms = 0;

	if (text)
		text[strcspn(text, "\n")] = '\0';
	return text && str_parse_i64(text, &spent_ms) && spent_ms > 0 ? (uint64_t)spent_ms : 0;
}
