/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/scratch.h"

#include <errno.h>
#include <poll.h>
#include <sys/pidfd.h>

#include "base/file.h"

int scratch_setup(void **state)
{
	const char *base = getenv("TMPDIR");
	char *dir = xasprintf("%s/klab-test.XXXXXX", base && *base ? base : "/tmp");

	if (!mkdtemp(dir)) {
		print_error("%s: %s\n", dir, strerror(errno));
		free(dir);
		return -1;
	}
	*state = dir;
	return 0;
}

int scratch_teardown(void **state)
{
	_cleanup_free_ char *dir = *state;
	struct err err = ERR_INIT;

	if (file_remove_tree(dir, &err) == 0)
		return 0;
	print_error("%s\n", err.msg);
	return -1;
}

char *scratch_path(void **state, const char *name)
{
	return path_join(*state, name);
}

void scratch_write(void **state, const char *name, const char *text)
{
	_cleanup_free_ char *path = scratch_path(state, name);
	struct err err = ERR_INIT;

	if (file_write_atomic(path, text, strlen(text), &err) < 0)
		fail_msg("%s", err.msg);
}

char *scratch_read(void **state, const char *name)
{
	_cleanup_free_ char *path = scratch_path(state, name);
	struct err err = ERR_INIT;
	char *text = file_read(path, 64 << 20, NULL, &err);

	if (!text)
		fail_msg("%s", err.msg);
	return text;
}

char *scratch_list(void **state)
{
	_cleanup_strv_ struct strv names = { 0 };
	struct err err = ERR_INIT;

	if (file_list_dir(*state, &names, &err) < 0)
		fail_msg("%s", err.msg);
	return strv_join(&names, " ");
}

bool process_ends_within(pid_t pid, uint64_t timeout_ms)
{
	_cleanup_close_ int fd = pidfd_open(pid, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (fd < 0)
		return errno == ESRCH;
	return poll(&p, 1, (int)timeout_ms) == 1;
}
