// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer target for what comes over QMP. The input is heard from the
 * beginning, and once more after a good start: events count only then.
 */
#include <stdlib.h>

#include "machine/qmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const char good_start[] =
	"{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 1, \"minor\": 2, \"major\": 7}}}}\n"
	"{\"return\": {}, \"id\": \"capabilities\"}\n{\"return\": {}, \"id\": \"cont\"}\n";

static void check(const struct qmp *q)
{
	if ((q->state == QMP_BROKEN) != (q->why[0] != '\0') || q->in.length > 256 * 1024)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	_cleanup_qmp_ struct qmp fresh = QMP_INIT;
	_cleanup_qmp_ struct qmp running = QMP_INIT;
	size_t half = length / 2;

	qmp_feed(&fresh, (const char *)bytes, length);
	check(&fresh);
	qmp_feed(&running, good_start, sizeof(good_start) - 1);
	if (running.state != QMP_RUNNING)
		abort();
	qmp_feed(&running, (const char *)bytes, half);
	qmp_feed(&running, (const char *)bytes + half, length - half);
	check(&running);
	return 0;
}
