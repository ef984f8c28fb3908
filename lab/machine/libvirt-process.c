// SPDX-License-Identifier: GPL-2.0-or-later
/* What the process that speaks with libvirt keeps of klab's, and what it gives up. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "machine/libvirt-bridge.h"

enum { PLAIN_USER = 65534 }; /* nobody, in every passwd file */

static int keep_only(int *fd, int number)
{
	*fd = fcntl(*fd, F_DUPFD_CLOEXEC, number);
	return *fd;
}

/*
 * It outlives klab by as long as it takes to end the guest. What klab has open it does not keep:
 * locks are klab's, and a pipe that only we read from would never be at its end.
 */
int libvirt_settle(struct libvirt_job *job, struct err *err)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (prctl(PR_SET_PDEATHSIG, 0) < 0 || null < 0)
		return err_set_errno(err, ERR_HOST, errno, "prctl");
	if (dup2(null, 0) < 0 || dup2(job->words_fd, 1) < 0 || dup2(job->words_fd, 2) < 0 ||
	    keep_only(&job->qmp_fd, 200) < 0 || keep_only(&job->control_fd, 201) < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot duplicate a descriptor");
	if (job->target->place == LIBVIRT_REMOTE &&
	    (keep_only(&job->console_fd, 202) < 0 || keep_only(&job->frames_fd, 203) < 0))
		return err_set_errno(err, ERR_HOST, errno, "cannot duplicate a descriptor");
	close_range(3, 199, 0);
	close_range(204, ~0U, 0);
	return 0;
}

static int write_proc(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 || write(fd, text, strlen(text)) < 0 ? -1 : 0;
}

/*
 * The driver in a process of root's wants a user of its own, whom only its daemon's package
 * makes, hands files over to that, and asks systemd for control groups. In a user namespace
 * where root is a plain user it does none of that, and QEMU has no privilege either.
 */
int libvirt_become_plain_user(struct err *err)
{
	_cleanup_free_ char *uid_map = xasprintf("%d 0 1", PLAIN_USER);
	_cleanup_free_ char *gid_map = xasprintf("%d %u 1", PLAIN_USER, getegid());

	if (geteuid() != 0)
		return 0;
	if (unshare(CLONE_NEWUSER) < 0 || write_proc("/proc/self/uid_map", uid_map) < 0 ||
	    write_proc("/proc/self/setgroups", "deny") < 0 ||
	    write_proc("/proc/self/gid_map", gid_map) < 0)
		return err_set_errno(err, ERR_HOST, errno,
				     "qemu:///embed as root needs a user namespace; expected "
				     "another user than root, or --machine libvirt:qemu:///system");
	return 0;
}

int libvirt_watch_signals(int *signal_fd, struct err *err)
{
	sigset_t wanted;

	/* In all threads; the programs that libvirt starts begin with an empty mask. */
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGHUP);
	*signal_fd =
		sigprocmask(SIG_BLOCK, &wanted, NULL) < 0 ? -1 : signalfd(-1, &wanted, SFD_CLOEXEC);
	return *signal_fd < 0 ? err_set_errno(err, ERR_HOST, errno, "signalfd") : 0;
}
