/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <poll.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/clock.h"

enum { COPY_CHUNK_BYTES = 256 * 1024, LOCK_RETRY_MS = 50 };

/* ---- paths ---- */

char *path_join(const char *dir, const char *name)
{
	size_t length = strlen(dir);

	if (name[0] == '/' || length == 0)
		return xstrdup(name);
	return xasprintf("%s%s%s", dir, dir[length - 1] == '/' ? "" : "/", name);
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool path_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

static bool path_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *path_cache_dir(struct err *err)
{
	const char *base = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	_cleanup_free_ char *dir = NULL;

	/* The XDG rules: a relative path there counts as none. */
	if (base && base[0] == '/') {
		dir = path_join(base, "klab");
	} else {
		if (!home || home[0] != '/') {
			const struct passwd *user = getpwuid(getuid());

			home = user ? user->pw_dir : NULL;
		}
		if (!home || home[0] != '/') {
			err_set(err, ERR_INPUT,
				"no place for the cache: neither XDG_CACHE_HOME nor HOME is set");
			return NULL;
		}
		dir = xasprintf("%s/.cache/klab", home);
	}
	if (file_mkdir_p(dir, err) < 0) {
		err_add(err, "cache folder");
		return NULL;
	}
	return take_ptr(&dir);
}

static bool path_is_data_dir(const char *dir)
{
	_cleanup_free_ char *cases = path_join(dir, "cases");

	return path_is_dir(cases);
}

char *path_relative(const char *from, const char *to)
{
	struct strbuf out = { 0 };
	size_t same = 0, i;

	/* The folders that both have in front. */
	for (i = 0; from[i] && from[i] == to[i]; i++)
		if (from[i] == '/')
			same = i + 1;
	if ((!from[i] && (!to[i] || to[i] == '/')) || (!to[i] && from[i] == '/'))
		same = from[i] || to[i] ? i + 1 : i;
	for (const char *p = strlen(from) >= same ? from + same : ""; *p;) {
		size_t n = strcspn(p, "/");

		strbuf_adds(&out, out.length ? "/.." : "..");
		p += n + (p[n] == '/');
	}
	if (strlen(to) > same)
		strbuf_addf(&out, "%s%s", out.length ? "/" : "", to + same);
	return out.length ? strbuf_take(&out) : xstrdup(".");
}

char *path_own_program(struct err *err)
{
	char *path = realpath("/proc/self/exe", NULL);

	if (!path)
		err_set_errno(err, ERR_HOST, errno, "/proc/self/exe");
	return path;
}

char *path_data_dir(struct err *err)
{
	/* CHECKOUT/build/clang/dev/tests/test-x is the deepest place that we run from. */
	enum { MAX_LEVELS = 5 };
	const char *set = getenv("KLAB_DATA");
	_cleanup_free_ char *dir = NULL;

	if (set && *set) {
		if (path_is_dir(set))
			return realpath(set, NULL);
		err_set(err, ERR_INPUT, "KLAB_DATA=%s is no folder", set);
		return NULL;
	}
	dir = path_own_program(err);
	if (!dir)
		return NULL;
	for (int level = 0; level < MAX_LEVELS; level++) {
		_cleanup_free_ char *installed = NULL;
		char *slash = strrchr(dir, '/');

		if (!slash || slash == dir)
			break;
		*slash = '\0';
		installed = path_join(dir, "lib/klab");
		if (path_is_data_dir(installed))
			return take_ptr(&installed);
		if (path_is_data_dir(dir))
			return take_ptr(&dir);
	}
	err_set(err, ERR_HOST,
		"klab's own data (cases/, kconfigs/) is not beside its program: set KLAB_DATA");
	return NULL;
}

int file_mkdir_p(const char *path, struct err *err)
{
	_cleanup_free_ char *part = xstrdup(path);

	if (!*path)
		return err_set(err, ERR_INPUT, "an empty path names no folder");
	for (char *p = part + 1; *part; p++) {
		char end = *p;

		if (end && end != '/')
			continue;
		*p = '\0';
		if (mkdir(part, 0777) < 0) {
			int why = errno; /* not what looking again says */

			if (!path_is_dir(part))
				return err_set_errno(err, ERR_HOST, why,
						     "cannot make the folder %s", part);
		}
		if (!end)
			break;
		*p = end;
	}
	return 0;
}

/* ---- whole files ---- */

char *file_read(const char *path, size_t max_bytes, size_t *length, struct err *err)
{
	_cleanup_free_ char *chunk = xmalloc(COPY_CHUNK_BYTES);
	_cleanup_strbuf_ struct strbuf text = { 0 };
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		err_set_errno(err, ERR_HOST, errno, "%s", path);
		return NULL;
	}
	/* Sizes are not asked for: files of /proc and pipes have none. */
	for (;;) {
		ssize_t n = read(fd, chunk, COPY_CHUNK_BYTES);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_set_errno(err, ERR_HOST, errno, "%s", path);
			return NULL;
		}
		if (n == 0)
			break;
		if ((size_t)n > max_bytes - text.length) {
			err_set(err, ERR_HOST, "%s: larger than %zu bytes", path, max_bytes);
			return NULL;
		}
		strbuf_add(&text, chunk, (size_t)n);
	}
	if (length)
		*length = text.length;
	return strbuf_take(&text);
}

static int write_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t n = write(fd, bytes, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}

/* A file that is not there yet: removed unless its rename took place. */
struct temporary {
	char *path; /* owned; NULL: nothing to remove */
	int fd;	    /* owned */
};

static void temporary_clear(struct temporary *t)
{
	if (t->fd >= 0)
		close(t->fd);
	if (t->path)
		unlink(t->path);
	free(t->path);
}
#define _cleanup_temporary_ _cleanup_(temporary_clear)

static int temporary_open(struct temporary *t, const char *path, struct err *err)
{
	static unsigned int serial;
	int dir_length = (int)(path_base(path) - path);

	/* A name left behind by a dead process with our pid costs one more turn. */
	for (;;) {
		_cleanup_free_ char *name = xasprintf("%.*s.%s.%d-%u.tmp", dir_length, path,
						      path_base(path), (int)getpid(), serial++);

		t->fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (t->fd >= 0) {
			t->path = take_ptr(&name);
			return 0;
		}
		if (errno != EEXIST)
			return err_set_errno(err, ERR_HOST, errno, "cannot write %s", path);
	}
}

static int temporary_rename(struct temporary *t, const char *path, struct err *err)
{
	/* Some filesystems tell only here that there was no room. */
	if (close(take_fd(&t->fd)) < 0 || rename(t->path, path) < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot write %s", path);
	free(take_ptr(&t->path));
	return 0;
}

/* That a name is there outlasts a power cut only once its folder is written. */
static int sync_folder_of(const char *path, struct err *err)
{
	size_t length = (size_t)(path_base(path) - path);
	_cleanup_free_ char *folder = length ? xstrndup(path, length) : xstrdup(".");
	_cleanup_close_ int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* Some filesystems cannot, and have no need to. */
	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL))
		return err_set_errno(err, ERR_HOST, errno, "cannot write %s", path);
	return 0;
}

int file_write_synced(const char *path, const void *bytes, size_t length, struct err *err)
{
	_cleanup_temporary_ struct temporary t = { .fd = -1 };

	if (temporary_open(&t, path, err) < 0)
		return -1;
	if (write_all(t.fd, bytes, length) < 0 || fsync(t.fd) < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot write %s", path);
	return temporary_rename(&t, path, err) < 0 ? -1 : sync_folder_of(path, err);
}

int file_write_atomic(const char *path, const void *bytes, size_t length, struct err *err)
{
	_cleanup_temporary_ struct temporary t = { .fd = -1 };

	if (temporary_open(&t, path, err) < 0)
		return -1;
	if (write_all(t.fd, bytes, length) < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot write %s", path);
	return temporary_rename(&t, path, err);
}

/*
 * Of a file with holes: goes on to where there is data again, in both. 1: there is
 * none, and the new file has its length.
 */
static int skip_hole(int from, int to, off_t length)
{
	off_t here = lseek(from, 0, SEEK_CUR);
	off_t data = lseek(from, here, SEEK_DATA);

	if (data < 0 && errno == ENXIO)
		return ftruncate(to, length) < 0 ? -1 : 1;
	/* A filesystem that knows nothing of holes: all is data. */
	if (data < 0)
		data = here;
	return lseek(from, data, SEEK_SET) < 0 || lseek(to, data, SEEK_SET) < 0 ? -1 : 0;
}

/* As much as there is until the next hole, at most a chunk. */
static size_t until_hole(int from)
{
	off_t here = lseek(from, 0, SEEK_CUR);
	off_t hole = lseek(from, here, SEEK_HOLE);
	off_t left = hole - here;

	if (lseek(from, here, SEEK_SET) < 0 || hole < 0 || left <= 0 || left > COPY_CHUNK_BYTES)
		return COPY_CHUNK_BYTES;
	return (size_t)left;
}

/* At most `size` bytes through `chunk`. 1: there may be more; 0: the end. */
static int copy_chunk(int from, int to, char *chunk, size_t size, const char *from_path,
		      const char *to_path, struct err *err)
{
	ssize_t n;

	do
		n = read(from, chunk, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set_errno(err, ERR_HOST, errno, "%s", from_path);
	if (n && write_all(to, chunk, (size_t)n) < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot write %s", to_path);
	return n > 0;
}

static int copy_sparse(int from, int to, const struct stat *st, const char *from_path,
		       const char *to_path, struct err *err)
{
	_cleanup_free_ char *chunk = xmalloc(COPY_CHUNK_BYTES);
	int more, skipped;

	do {
		skipped = skip_hole(from, to, st->st_size);
		if (skipped)
			return skipped > 0 ? 0
					   : err_set_errno(err, ERR_HOST, errno, "cannot write %s",
							   to_path);
		more = copy_chunk(from, to, chunk, until_hole(from), from_path, to_path, err);
	} while (more > 0);
	return more;
}

static int copy_bytes(int from, int to, const char *from_path, const char *to_path, struct err *err)
{
	_cleanup_free_ char *chunk = xmalloc(COPY_CHUNK_BYTES);
	int more;

	do
		more = copy_chunk(from, to, chunk, COPY_CHUNK_BYTES, from_path, to_path, err);
	while (more > 0);
	return more;
}

int file_copy(const char *from, const char *to, struct err *err)
{
	_cleanup_close_ int in = open(from, O_RDONLY | O_CLOEXEC);
	_cleanup_temporary_ struct temporary t = { .fd = -1 };
	struct stat st;

	if (in < 0 || fstat(in, &st) < 0)
		return err_set_errno(err, ERR_HOST, errno, "%s", from);
	if (temporary_open(&t, to, err) < 0)
		return -1;
	/* A clone works on few filesystems; anything it refuses, bytes can do. */
	if (ioctl(t.fd, FICLONE, in) < 0) {
		bool sparse = S_ISREG(st.st_mode) && st.st_blocks * 512 < st.st_size;

		if ((sparse ? copy_sparse(in, t.fd, &st, from, to, err)
			    : copy_bytes(in, t.fd, from, to, err)) < 0)
			return -1;
	}
	if (fchmod(t.fd, st.st_mode & 07777) < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot write %s", to);
	return temporary_rename(&t, to, err);
}

/* ---- trees ---- */

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Opens a folder inside another one, following no link. */
static DIR *open_dir_at(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir;

	if (fd < 0)
		return NULL;
	dir = fdopendir(fd);
	if (!dir)
		close(fd);
	return dir;
}

static int remove_below(int dir_fd, const char *name, const char *shown, struct err *err)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;

	if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	/* Linux says EISDIR for a folder, POSIX allows EPERM. */
	if (errno != EISDIR && errno != EPERM)
		return err_set_errno(err, ERR_HOST, errno, "cannot remove %s", shown);
	dir = open_dir_at(dir_fd, name);
	if (!dir)
		return err_set_errno(err, ERR_HOST, errno, "cannot remove %s", shown);
	while ((errno = 0, entry = readdir(dir))) {
		_cleanup_free_ char *path = NULL;

		if (is_dots(entry->d_name))
			continue;
		path = path_join(shown, entry->d_name);
		if (remove_below(dirfd(dir), entry->d_name, path, err) < 0)
			return -1;
	}
	if (errno || (unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT))
		return err_set_errno(err, ERR_HOST, errno, "cannot remove %s", shown);
	return 0;
}

int file_remove_tree(const char *path, struct err *err)
{
	return remove_below(AT_FDCWD, path, path, err);
}

static uint64_t size_below(int dir_fd, const char *name)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	struct stat st;
	uint64_t bytes;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	bytes = (uint64_t)st.st_blocks * 512;
	if (!S_ISDIR(st.st_mode) || !(dir = open_dir_at(dir_fd, name)))
		return bytes;
	while ((entry = readdir(dir)))
		if (!is_dots(entry->d_name))
			bytes += size_below(dirfd(dir), entry->d_name);
	return bytes;
}

uint64_t file_tree_size(const char *path)
{
	return size_below(AT_FDCWD, path);
}

int file_list_dir(const char *path, struct strv *names, struct err *err)
{
	_cleanup_closedir_ DIR *dir = opendir(path);
	_cleanup_strv_ struct strv found = { 0 };
	struct dirent *entry;

	if (!dir)
		return err_set_errno(err, ERR_HOST, errno, "%s", path);
	while ((errno = 0, entry = readdir(dir)))
		if (!is_dots(entry->d_name))
			strv_add(&found, entry->d_name);
	if (errno)
		return err_set_errno(err, ERR_HOST, errno, "%s", path);
	strv_sort(&found);
	strv_add_strv(names, &found);
	return 0;
}

/* ---- locks ---- */

/* Whether the path still leads to what fd has open: who held the lock may have removed it. */
static bool is_still_at(int fd, const char *path)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 && stat(path, &there) == 0 && ours.st_dev == there.st_dev &&
	       ours.st_ino == there.st_ino;
}

/* Without waiting. -1 with *busy: another holds it, and err is as it was. */
static int lock_now(const char *path, int flags, bool *busy, struct err *err)
{
	*busy = false;
	for (;;) {
		_cleanup_close_ int fd = open(path, flags | O_CLOEXEC, 0666);

		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
			if (is_still_at(fd, path))
				return take_fd(&fd);
			continue;
		}
		if (errno == EINTR)
			continue;
		*busy = errno == EWOULDBLOCK;
		return *busy ? -1 : err_set_errno(err, ERR_HOST, errno, "cannot lock %s", path);
	}
}

static int lock_or_say(const char *path, int flags, bool *busy, struct err *err)
{
	bool is_busy;
	int fd = lock_now(path, flags, &is_busy, err);

	if (busy)
		*busy = is_busy;
	return is_busy ? err_set(err, ERR_HOST, "%s is locked by another process", path) : fd;
}

int file_lock(const char *path, bool wait, bool *busy, struct err *err)
{
	if (!wait)
		return lock_or_say(path, O_RDWR | O_CREAT, busy, err);
	if (busy)
		*busy = false;
	for (;;) {
		struct pollfd cancel = { .fd = cancel_fd(), .events = POLLIN };
		bool is_busy;
		int fd = lock_now(path, O_RDWR | O_CREAT, &is_busy, err);

		if (!is_busy)
			return fd;
		/* A blocking flock() would sleep through a signal that came just before it. */
		poll(&cancel, 1, LOCK_RETRY_MS);
		if (cancel_requested())
			return err_set(err, ERR_CANCELLED, "interrupted while waiting for %s",
				       path);
	}
}

int file_lock_dir(const char *path, bool *busy, struct err *err)
{
	_cleanup_free_ char *inside = NULL;
	struct statfs fs;

	if (statfs(path, &fs) < 0 || fs.f_type != NFS_SUPER_MAGIC)
		return lock_or_say(path, O_RDONLY | O_DIRECTORY, busy, err);
	/* NFS locks only what is open for writing (flock(2)), which a folder never is. */
	inside = path_join(path, ".lock");
	return lock_or_say(inside, O_RDWR | O_CREAT, busy, err);
}
