// SPDX-License-Identifier: GPL-2.0-or-later
/* Making a snapshot of a guest, and going on from one. */
#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "machine/qemu-guest.h"

static char *mailbox_path(const struct guest *g)
{
	return path_join(g->spec->run_dir, QEMU_MAILBOX);
}

int guest_open_mailbox(struct guest *g, struct err *err)
{
	_cleanup_free_ char *path = NULL;

	if (!g->spec->save_path && !g->spec->resume)
		return 0;
	path = mailbox_path(g);
	g->mailbox = mailbox_new(path, err);
	return g->mailbox ? 0 : -1;
}

void guest_close_mailbox(struct guest *g)
{
	_cleanup_free_ char *path = NULL;

	if (!g->mailbox)
		return;
	path = mailbox_path(g);
	unlink(path);
	mailbox_free(g->mailbox);
	g->mailbox = NULL;
}

/* Its state has been read, and it stands: now what it goes on with. */
static void guest_send_off(struct guest *g)
{
	const struct machine_resume *resume = g->spec->resume;
	struct err err = ERR_INIT;

	if (!mailbox_guest_waits(g->mailbox)) {
		err_set(&err, ERR_HOST, "%s: that guest does not wait at a checkpoint",
			resume->state_path);
		guest_fail(g, &err);
	} else if (mailbox_put(g->mailbox, resume->nonce, resume->message, strlen(resume->message),
			       &err) < 0) {
		guest_fail(g, &err);
	} else {
		qmp_go(&g->qmp);
	}
}

static void guest_save(struct guest *g)
{
	const char *path = g->spec->save_path;
	struct err err = ERR_INIT;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0) {
		err_set_errno(&err, ERR_HOST, errno, "cannot make %s", path);
		guest_fail(g, &err);
		return;
	}
	qmp_save(&g->qmp, fd);
}

void guest_work_snapshot(struct guest *g)
{
	struct err err = ERR_INIT;

	if (!g->mailbox || g->stop)
		return;
	if (g->spec->resume && g->qmp.state == QMP_LOADED)
		guest_send_off(g);
	if (!g->spec->save_path)
		return;
	if (g->qmp.save == QMP_SAVE_NOT && g->qmp.state == QMP_RUNNING &&
	    mailbox_guest_waits(g->mailbox))
		guest_save(g);
	if (g->qmp.save == QMP_SAVED)
		guest_stop(g, STOP_SAVED);
	if (g->qmp.save == QMP_SAVE_FAILED) {
		err_set(&err, ERR_HOST, "QEMU could not make a snapshot: %s", g->qmp.save_why);
		guest_fail(g, &err);
	}
}
