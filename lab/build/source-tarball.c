/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tarball: hashed once for each (path, inode, size, time), unpacked once for each hash. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "build/source.h"
#include "build/toolchain.h"

enum { MEMO_MAX_BYTES = 64 * 1024, LOCK_RETRY_MS = 50 };

static const char complete_mark[] = ".klab-complete";

char *source_tarball_newest(struct err *err)
{
	static const char pattern[] = "/usr/src/linux-source-*.tar.*";
	glob_t found;
	const char *newest = NULL;
	char *path;

	if (glob(pattern, 0, NULL, &found) == 0) {
		/* By version, not by name: 6.12 is newer than 6.1. */
		for (size_t i = 0; i < found.gl_pathc; i++)
			if (!newest || strverscmp(found.gl_pathv[i], newest) > 0)
				newest = found.gl_pathv[i];
	}
	path = xstrdup(newest);
	globfree(&found);
	if (!path)
		err_set(err, ERR_HOST,
			"no kernel source: %s matches nothing; apt install linux-source, or give "
			"--source",
			pattern);
	return path;
}

/* ---- the hash, remembered ---- */

/* Where the hash of this very file is remembered; yours. */
static char *memo_path(const struct source *s, const struct stat *st)
{
	char hex[HASH_HEX_SIZE];
	struct hasher *h = hasher_new();

	hasher_adds(h, s->path);
	hasher_add(h, &st->st_dev, sizeof(st->st_dev));
	hasher_add(h, &st->st_ino, sizeof(st->st_ino));
	hasher_add(h, &st->st_size, sizeof(st->st_size));
	hasher_add(h, &st->st_mtim.tv_sec, sizeof(st->st_mtim.tv_sec));
	hasher_add(h, &st->st_mtim.tv_nsec, sizeof(st->st_mtim.tv_nsec));
	hasher_add(h, &st->st_ctim.tv_sec, sizeof(st->st_ctim.tv_sec));
	hasher_add(h, &st->st_ctim.tv_nsec, sizeof(st->st_ctim.tv_nsec));
	hasher_end(h, hex);
	return xasprintf("%s/hashes/%s.tarball", s->cache_dir, hex);
}

static bool read_memo(const char *path, char hex[HASH_HEX_SIZE])
{
	size_t length = 0;
	_cleanup_free_ char *bytes = file_read(path, MEMO_MAX_BYTES, &length, NULL);

	if (!bytes || length != HASH_HEX_SIZE - 1 ||
	    strspn(bytes, "0123456789abcdef") != HASH_HEX_SIZE - 1)
		return false;
	memcpy(hex, bytes, HASH_HEX_SIZE);
	return true;
}

/* What tar reads, by how it begins, and the program that tar calls for it. */
static const struct kind {
	size_t at, length;
	const char *bytes, *program;
} kinds[] = {
	{ 257, 5, "ustar", "tar" },
	{ 0, 2, "\x1f\x8b", "gzip" },
	{ 0, 3, "BZh", "bzip2" },
	{ 0, 6, "\3757zXZ\0", "xz" },
	{ 0, 4, "\x28\xb5\x2f\xfd", "zstd" },
	{ 0, 3, "\x5d\0\0", "lzma" },
	{ 0, 4, "LZIP", "lzip" },
	{ 0, 4, "\x89LZO", "lzop" },
};

static const struct kind *find_kind(const struct source *s, struct err *err)
{
	/* A pipe has no beginning that could be read again. */
	_cleanup_close_ int fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char head[512] = "";
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));

	if (n < 0) {
		err_set_errno(err, ERR_HOST, errno, "cannot read the source %s", s->path);
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (memcmp(head + kinds[i].at, kinds[i].bytes, kinds[i].length) == 0)
			return &kinds[i];
	err_set(err, ERR_INPUT,
		"%s is no kernel source: neither a folder, nor REPOSITORY@REV, nor a tarball",
		s->path);
	return NULL;
}

int source_tarball_open(struct source *s, struct progress *progress, struct err *err)
{
	_cleanup_free_ char *folder = path_join(s->cache_dir, "hashes");
	_cleanup_free_ char *memo = NULL;
	char hex[HASH_HEX_SIZE];
	struct stat st;

	if (stat(s->path, &st) < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot read the source %s", s->path);
	memo = memo_path(s, &st);
	if (!read_memo(memo, hex)) {
		if (!find_kind(s, err))
			return -1;
		progress_update(progress, "hashing the source", 0, 0, -1);
		if (hash_file(s->path, hex, err) < 0)
			return err_add(err, "the source");
		progress_end(progress);
		if (file_mkdir_p(folder, err) < 0 ||
		    file_write_atomic(memo, hex, HASH_HEX_SIZE - 1, err) < 0)
			return -1;
	}
	s->tree_hash = xasprintf("sha256:%s", hex);
	s->dir = xasprintf("%s/sources/%.16s", s->cache_dir, hex);
	return 0;
}

/* ---- unpacking ---- */

/* tar holds the lock too: one that outlives a killed klab still writes. */
static int unpack(const struct source *s, const char *into, int lock, struct err *err)
{
	const char *argv[] = { "tar",
			       "--extract",
			       "--file",
			       s->path,
			       "--directory",
			       into,
			       "--strip-components=1",
			       "--no-same-owner",
			       NULL };
	const int keep[] = { lock, -1 };
	struct child_spec spec = { .argv = argv,
				   .env_set = (const char *const[]){ "LC_ALL=C", NULL },
				   .keep_fds = keep };
	_cleanup_free_ char *kconfig = path_join(into, "Kconfig");
	_cleanup_free_ char *mark = path_join(into, complete_mark);
	const struct kind *kind = find_kind(s, err);
	_cleanup_strbuf_ struct strbuf said = { 0 };
	struct child_exit ex;

	if (!kind || toolchain_need("tar", "unpacks the source", err) < 0 ||
	    toolchain_need(kind->program, "unpacks the source", err) < 0)
		return -1;
	if (child_run(&spec, 0, 1 << 20, NULL, &said, &ex, err) < 0)
		return err_add(err, "unpacking the source %s", s->path);
	/* Its first complaint is the cause, its last that it stops. */
	if (!ex.exited || ex.code != 0)
		return err_set(err, ERR_HOST, "unpacking the source %s: %.*s", s->path,
			       said.data ? (int)strcspn(said.data, "\n") : 0,
			       said.data ? said.data : "");
	if (!path_exists(kconfig))
		return err_set(err, ERR_INPUT, "%s is no kernel source: it has no Kconfig",
			       s->path);
	return file_write_atomic(mark, "", 0, err);
}

static int wait_for(int fd, int operation, const char *path, struct progress *progress,
		    struct err *err)
{
	bool said = false;

	while (flock(fd, operation | LOCK_NB) < 0) {
		struct pollfd cancel = { .fd = cancel_fd(), .events = POLLIN };

		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_set_errno(err, ERR_HOST, errno, "cannot lock %s", path);
		if (!said)
			progress_note(progress, "waiting for another klab: it unpacks the source");
		said = true;
		poll(&cancel, 1, LOCK_RETRY_MS);
		if (cancel_requested())
			return err_set(err, ERR_CANCELLED, "interrupted while waiting for %s",
				       path);
	}
	return 0;
}

static int unpack_again(const struct source *s, int lock, struct progress *progress,
			struct err *err)
{
	int result;

	/* No mark: a killed klab left a part. */
	if (file_remove_tree(s->dir, err) < 0 || file_mkdir_p(s->dir, err) < 0)
		return -1;
	progress_update(progress, "unpacking the source", 0, 0, -1);
	result = unpack(s, s->dir, lock, err);
	progress_end(progress);
	return result;
}

/*
 * Whoever uses the source holds its lock shared, so that gc leaves it; who
 * unpacks it holds the lock alone.
 */
int source_tarball_prepare(struct source *s, struct progress *progress, struct err *err)
{
	_cleanup_free_ char *mark = path_join(s->dir, complete_mark);
	_cleanup_free_ char *folder = path_join(s->cache_dir, "sources");
	_cleanup_free_ char *lock_path = xasprintf("%s.lock", s->dir);
	_cleanup_close_ int lock = -1;

	if (s->lock_fd >= 0)
		return 0;
	if (file_mkdir_p(folder, err) < 0)
		return -1;
	lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (lock < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot lock %s", lock_path);
	if (wait_for(lock, LOCK_SH, lock_path, progress, err) < 0)
		return -1;
	if (!path_exists(mark)) {
		/* Giving up the shared lock for the exclusive one lets another one go first. */
		if (wait_for(lock, LOCK_EX, lock_path, progress, err) < 0 ||
		    (!path_exists(mark) && unpack_again(s, lock, progress, err) < 0) ||
		    wait_for(lock, LOCK_SH, lock_path, progress, err) < 0)
			return -1;
	}
	s->lock_fd = take_fd(&lock);
	return 0;
}
