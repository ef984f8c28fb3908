// SPDX-License-Identifier: GPL-2.0-or-later
/* What klab keeps of a port: did it ever come too late? */
#include "tests/scratch.h"

#include <fcntl.h>

#include "base/cleanup.h"
#include "machine/console-sink.h"

static void open_sink(void **state, struct sink *s, int *write_fd)
{
	_cleanup_free_ char *dir = scratch_path(state, "");
	struct err err = ERR_INIT;

	if (sink_open(s, dir, "console.log", 64 << 20, true, write_fd, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(fcntl(*write_fd, F_SETFL, O_NONBLOCK), 0);
}

/* As QEMU does, a byte at a time, until the pipe takes no more or so many are in it. */
static size_t fill(int fd, size_t most)
{
	size_t done = 0;

	while (done < most && write(fd, "x", 1) == 1)
		done++;
	return done;
}

static void test_sink_that_is_read_in_time(void **state)
{
	_cleanup_sink_ struct sink s = SINK_INIT;
	_cleanup_close_ int write_fd = -1;
	struct err err = ERR_INIT;

	open_sink(state, &s, &write_fd);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fill(write_fd, s.pipe_bytes / 2), s.pipe_bytes / 2);
		assert_int_equal(sink_drain(&s, &err), 1);
	}
	assert_false(s.was_full);
	assert_int_equal(s.bytes, 3 * (s.pipe_bytes / 2));
}

/* Nothing is lost, but the guest saw that it had to wait. */
static void test_sink_that_is_read_too_late(void **state)
{
	_cleanup_sink_ struct sink s = SINK_INIT;
	_cleanup_close_ int write_fd = -1;
	struct err err = ERR_INIT;
	size_t refused_at;

	open_sink(state, &s, &write_fd);
	refused_at = fill(write_fd, SIZE_MAX);
	assert_int_equal(sink_drain(&s, &err), 1);
	assert_true(s.was_full);
	assert_int_equal(s.bytes, refused_at);
}

/* The reader has begun a page, and the pipe is full though it holds less than it could. */
static void test_sink_that_is_full_with_a_page_begun(void **state)
{
	_cleanup_sink_ struct sink s = SINK_INIT;
	_cleanup_close_ int write_fd = -1;
	struct err err = ERR_INIT;
	char some[100];

	open_sink(state, &s, &write_fd);
	fill(write_fd, 4096);
	assert_int_equal(read(s.fd, some, sizeof(some)), sizeof(some));
	fill(write_fd, SIZE_MAX);
	assert_int_equal(sink_drain(&s, &err), 1);
	assert_true(s.was_full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_sink_that_is_read_in_time),
		scratch_test(test_sink_that_is_read_too_late),
		scratch_test(test_sink_that_is_full_with_a_page_begun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
