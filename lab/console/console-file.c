/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console/console-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/str.h"
#include "build/zstd-file.h"

enum { CHUNK_BYTES = 256 * 1024 };

static const unsigned char zstd_magic[] = { 0x28, 0xb5, 0x2f, 0xfd };

/* Into memory: readers look at places of it, and nobody else needs it. */
static int unpack(const char *path, struct err *err)
{
	_cleanup_close_ int fd = memfd_create("console", MFD_CLOEXEC);

	if (fd < 0)
		return err_set_errno(err, ERR_HOST, errno, "memory for %s", path);
	if (zstd_decompress_to(path, fd, CONSOLE_MAX_BYTES, err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_set_errno(err, ERR_HOST, errno, "%s", path);
	return take_fd(&fd);
}

int console_open_file(const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char head[sizeof(zstd_magic)];

	if (fd < 0)
		return err_set_errno(err, ERR_INPUT, errno, "%s", path);
	/* What is no file has no place to go back to, and is read as it is. */
	if (pread(fd, head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head, zstd_magic, sizeof(head)) != 0)
		return take_fd(&fd);
	return unpack(path, err);
}

const char *console_file_name(const char *run_dir)
{
	_cleanup_free_ char *plain = path_join(run_dir, CONSOLE_FILE);
	_cleanup_free_ char *packed = path_join(run_dir, CONSOLE_FILE_PACKED);

	return !path_exists(plain) && path_exists(packed) ? CONSOLE_FILE_PACKED : CONSOLE_FILE;
}

int console_open(const char *run_dir, bool *missing, struct err *err)
{
	_cleanup_free_ char *path = path_join(run_dir, console_file_name(run_dir));
	struct stat st;
	int fd;

	*missing = stat(path, &st) < 0 && errno == ENOENT;
	if (*missing)
		return -1;
	/* A pipe in somebody else's run directory would block for ever. */
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, ERR_INPUT, "%s: not a plain file", path);
	if (str_ends(path, ".zst"))
		return unpack(path, err);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? err_set_errno(err, ERR_HOST, errno, "%s", path) : fd;
}

/* All that comes: a pipe does not say how much that is. */
static char *read_all(int fd, const char *name, size_t max_bytes, size_t *length, struct err *err)
{
	_cleanup_strbuf_ struct strbuf all = { 0 };
	_cleanup_free_ char *chunk = xmalloc(CHUNK_BYTES);
	ssize_t n;

	while ((n = read(fd, chunk, CHUNK_BYTES)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_set_errno(err, ERR_HOST, errno, "%s", name);
			return NULL;
		}
		if ((size_t)n > max_bytes - all.length) {
			err_set(err, ERR_INPUT, "%s: more than %zu bytes", name, max_bytes);
			return NULL;
		}
		strbuf_add(&all, chunk, (size_t)n);
	}
	*length = all.length;
	return strbuf_take(&all);
}

char *console_read(const char *run_dir, size_t max_bytes, size_t *length, struct err *err)
{
	_cleanup_free_ char *name = path_join(run_dir, console_file_name(run_dir));
	bool missing;
	_cleanup_close_ int fd = console_open(run_dir, &missing, err);

	return fd < 0 ? NULL : read_all(fd, name, max_bytes, length, err);
}

char *console_read_file(const char *path, size_t max_bytes, size_t *length, struct err *err)
{
	_cleanup_close_ int fd = console_open_file(path, err);

	return fd < 0 ? NULL : read_all(fd, path, max_bytes, length, err);
}

/* Does it unpack to what it was made from? */
static int check_packed(const char *plain, const char *packed, const char *hex, struct err *err)
{
	_cleanup_close_ int fd = unpack(packed, err);
	_cleanup_free_ char *again = NULL;
	char other[HASH_HEX_SIZE];

	if (fd < 0)
		return -1;
	again = xasprintf("/proc/self/fd/%d", fd);
	if (hash_file(again, other, err) < 0)
		return -1;
	return str_eq(hex, other) ? 0 : err_set(err, ERR_HOST, "%s: packing changed it", plain);
}

int console_pack(const char *run_dir, uint64_t *saved, struct err *err)
{
	_cleanup_free_ char *plain = path_join(run_dir, CONSOLE_FILE);
	_cleanup_free_ char *packed = path_join(run_dir, CONSOLE_FILE_PACKED);
	_cleanup_free_ char *tmp = xasprintf("%s.tmp-%d", packed, (int)getpid());
	char hex[HASH_HEX_SIZE];
	struct stat was, is;
	uint64_t bytes;

	*saved = 0;
	if (lstat(plain, &was) < 0 || !S_ISREG(was.st_mode) ||
	    (uint64_t)was.st_size > CONSOLE_MAX_BYTES)
		return 0;
	if (zstd_compress_file(plain, tmp, hex, &bytes, err) < 0 ||
	    check_packed(plain, tmp, hex, err) < 0 || stat(tmp, &is) < 0 ||
	    rename(tmp, packed) < 0) {
		unlink(tmp);
		return err->kind ? -1 : err_set_errno(err, ERR_HOST, errno, "%s", packed);
	}
	if (unlink(plain) < 0)
		return err_set_errno(err, ERR_HOST, errno, "%s", plain);
	*saved = (uint64_t)(was.st_size > is.st_size ? was.st_size - is.st_size : 0);
	return 0;
}
