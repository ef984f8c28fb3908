/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/workdir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/str.h"

/* The folder's lock, and that it is there still and ours; -1: somebody uses it, or it is not ours.
 */
static int lock_dir(const char *path)
{
	_cleanup_close_ int fd =
		open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat held, there;

	if (fd < 0 || fstat(fd, &held) < 0 || held.st_uid != geteuid() ||
	    flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -1;
	if (lstat(path, &there) < 0 || held.st_dev != there.st_dev || held.st_ino != there.st_ino)
		return -1;
	return take_fd(&fd);
}

static void remove_left(const char *folder, const char *prefix)
{
	_cleanup_strv_ struct strv names = { 0 };

	if (file_list_dir(folder, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(folder, names.items[i]);
		_cleanup_close_ int lock = -1;

		if (!str_starts(names.items[i], prefix))
			continue;
		lock = lock_dir(path);
		if (lock >= 0)
			file_remove_tree(path, NULL);
	}
}

int workdir_make(struct workdir *w, const char *purpose, struct err *err)
{
	const char *set = getenv("TMPDIR");
	const char *folder = set && *set == '/' ? set : "/tmp";
	_cleanup_free_ char *prefix = xasprintf("klab-%s-", purpose);

	*w = (struct workdir)WORKDIR_INIT;
	remove_left(folder, prefix);
	/* Between its making and its lock another one may take it for left behind. */
	for (int attempt = 0; attempt < 100; attempt++) {
		_cleanup_free_ char *path = xasprintf("%s/%sXXXXXX", folder, prefix);

		if (!mkdtemp(path))
			return err_set_errno(err, ERR_HOST, errno, "cannot make the folder %s",
					     path);
		w->lock_fd = lock_dir(path);
		if (w->lock_fd >= 0) {
			w->path = take_ptr(&path);
			return 0;
		}
		rmdir(path);
	}
	return err_set(err, ERR_HOST, "cannot lock a folder in %s", folder);
}

void workdir_clear(struct workdir *w)
{
	if (w->path)
		file_remove_tree(w->path, NULL);
	free(w->path);
	cleanup_close_p(&w->lock_fd);
	*w = (struct workdir)WORKDIR_INIT;
}
