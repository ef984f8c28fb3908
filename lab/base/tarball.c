/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/tarball.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/str.h"

enum {
	BLOCK_BYTES = 64 * 1024,
	NAME_BYTES = 512,
	NAME_PARTS = 16,
};

/* ---- writing ---- */

static int archive_fail(struct archive *archive, const char *path, struct err *err)
{
	return err_set(err, ERR_HOST, "%s: %s", path,
		       archive_error_string(archive) ?: "libarchive gives no reason");
}

static int copy_bytes(struct archive *archive, int fd, const char *path, uint64_t size,
		      struct err *err)
{
	_cleanup_free_ char *block = xmalloc(BLOCK_BYTES);

	while (size) {
		ssize_t n = read(fd, block, size < BLOCK_BYTES ? size : BLOCK_BYTES);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set_errno(err, ERR_HOST, n < 0 ? errno : EIO, "cannot read %s",
					     path);
		if (archive_write_data(archive, block, (size_t)n) != n)
			return archive_fail(archive, path, err);
		size -= (uint64_t)n;
	}
	return 0;
}

static int write_member(struct archive *archive, const struct tarball_member *member,
			struct err *err)
{
	_cleanup_close_ int fd = open(member->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct archive_entry *entry;
	struct stat st;
	int result;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot read %s", member->path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_HOST, "%s is no plain file", member->path);
	entry = archive_entry_new();
	if (!entry)
		return err_set(err, ERR_HOST, "libarchive: no memory");
	/* Whatever else a header has stays 0: owner, times. */
	archive_entry_set_pathname(entry, member->name);
	archive_entry_set_mode(entry, S_IFREG | (st.st_mode & 0100 ? 0755 : 0644));
	archive_entry_set_size(entry, st.st_size);
	archive_entry_set_mtime(entry, 0, 0);
	result = archive_write_header(archive, entry);
	archive_entry_free(entry);
	if (result < ARCHIVE_WARN)
		return archive_fail(archive, member->path, err);
	return copy_bytes(archive, fd, member->path, (uint64_t)st.st_size, err);
}

static int write_all(struct archive *archive, const char *to, const struct tarball_member *members,
		     size_t count, struct err *err)
{
	if (archive_write_set_format_pax_restricted(archive) < ARCHIVE_WARN ||
	    archive_write_add_filter_zstd(archive) < ARCHIVE_WARN ||
	    archive_write_open_filename(archive, to) < ARCHIVE_WARN)
		return archive_fail(archive, to, err);
	for (size_t i = 0; i < count; i++)
		if (write_member(archive, &members[i], err) < 0)
			return -1;
	return archive_write_close(archive) < ARCHIVE_WARN ? archive_fail(archive, to, err) : 0;
}

int tarball_write(const char *to, const struct tarball_member *members, size_t count,
		  struct err *err)
{
	_cleanup_free_ char *tmp = xasprintf("%s.tmp-%d", to, (int)getpid());
	struct archive *archive = archive_write_new();
	int result;

	if (!archive)
		return err_set(err, ERR_HOST, "libarchive: no memory");
	result = write_all(archive, tmp, members, count, err);
	archive_write_free(archive);
	if (result == 0 && rename(tmp, to) < 0)
		result = err_set_errno(err, ERR_HOST, errno, "cannot write %s", to);
	if (result < 0)
		unlink(tmp);
	return result;
}

/* ---- reading ---- */

struct reader {
	struct archive *archive;
	const char *from;
	int dir; /* owned */
	struct tarball_limits left;
};

static int refuse(const struct reader *r, struct err *err, const char *why)
{
	return err_set(err, ERR_INPUT, "%s: %s", r->from, why);
}

/* Relative, of plain parts: what stays below wherever it is put. */
static bool is_plain_name(const char *name)
{
	size_t parts = 0;

	if (!name || !*name || strlen(name) > NAME_BYTES)
		return false;
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	for (const char *part = name; part; parts++) {
		size_t length = strcspn(part, "/");

		if (!length || (length == 1 && part[0] == '.') ||
		    (length == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		part = part[length] ? part + length + 1 : NULL;
	}
	return parts <= NAME_PARTS;
}

/* Makes the folders above the last part. All are of our making: none is a link. */
static int make_folders(const struct reader *r, const char *name, struct err *err)
{
	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		_cleanup_free_ char *folder = xstrndup(name, (size_t)(slash - name));

		if (mkdirat(r->dir, folder, 0777) == 0 || errno == EEXIST)
			continue;
		return errno == ENOTDIR
			       ? refuse(r, err, "a name in it that is a file and a folder")
			       : err_set_errno(err, ERR_HOST, errno,
					       "cannot make the folder %s of %s", folder, r->from);
	}
	return 0;
}

static int write_block(int fd, const char *bytes, size_t length, const char *name, struct err *err)
{
	while (length) {
		ssize_t n = write(fd, bytes, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(err, ERR_HOST, errno, "cannot unpack %s", name);
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}

/* What the header said of its size is not believed: bytes are counted as they come. */
static int unpack_bytes(struct reader *r, int fd, const char *name, struct err *err)
{
	_cleanup_free_ char *block = xmalloc(BLOCK_BYTES);
	la_ssize_t n;

	while ((n = archive_read_data(r->archive, block, BLOCK_BYTES)) > 0) {
		if ((uint64_t)n > r->left.bytes)
			return refuse(r, err, "more in it than a pack may have");
		r->left.bytes -= (uint64_t)n;
		if (write_block(fd, block, (size_t)n, name, err) < 0)
			return -1;
	}
	return n < 0 ? refuse(r, err, "damaged, or no pack of klab") : 0;
}

static int unpack_file(struct reader *r, struct archive_entry *entry, const char *name,
		       struct err *err)
{
	mode_t mode = archive_entry_perm(entry) & 0100 ? 0777 : 0666;
	_cleanup_close_ int fd = -1;

	if (make_folders(r, name, err) < 0)
		return -1;
	fd = openat(r->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0 && (errno == EEXIST || errno == ENOTDIR || errno == EISDIR))
		return refuse(r, err, "a name that is there twice");
	if (fd < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot unpack %s", name);
	return unpack_bytes(r, fd, name, err);
}

static int unpack_entry(struct reader *r, struct archive_entry *entry, struct err *err)
{
	const char *given = archive_entry_pathname(entry);
	_cleanup_free_ char *name = xstrdup(given ? given : "");
	size_t length = strlen(name);

	if (r->left.files-- == 0)
		return refuse(r, err, "more files in it than a pack may have");
	if (archive_entry_hardlink(entry) || archive_entry_symlink(entry))
		return refuse(r, err, "a link in it, which no pack has");
	if (archive_entry_filetype(entry) == AE_IFDIR && length > 1 && name[length - 1] == '/')
		name[length - 1] = '\0';
	if (!is_plain_name(name))
		return refuse(r, err, "a name in it that leads out of where it is unpacked");
	if (archive_entry_filetype(entry) == AE_IFREG)
		return unpack_file(r, entry, name, err);
	if (archive_entry_filetype(entry) != AE_IFDIR)
		return refuse(r, err, "what is neither file nor folder in it");
	if (make_folders(r, name, err) < 0)
		return -1;
	if (mkdirat(r->dir, name, 0777) < 0 && errno != EEXIST)
		return err_set_errno(err, ERR_HOST, errno, "cannot unpack %s", name);
	return 0;
}

static int read_all(struct reader *r, struct err *err)
{
	struct archive_entry *entry;
	int result;

	if (archive_read_support_format_tar(r->archive) < ARCHIVE_WARN ||
	    archive_read_support_filter_zstd(r->archive) < ARCHIVE_WARN)
		return archive_fail(r->archive, r->from, err);
	if (archive_read_open_filename(r->archive, r->from, BLOCK_BYTES) < ARCHIVE_WARN)
		return refuse(r, err, "no pack of klab: it is no .tar.zst");
	while ((result = archive_read_next_header(r->archive, &entry)) >= ARCHIVE_WARN &&
	       result != ARCHIVE_EOF)
		if (unpack_entry(r, entry, err) < 0)
			return -1;
	return result == ARCHIVE_EOF ? 0 : refuse(r, err, "damaged, or no pack of klab");
}

int tarball_read(const char *from, const char *dir, const struct tarball_limits *limits,
		 struct err *err)
{
	struct reader r = {
		.archive = archive_read_new(),
		.from = from,
		.dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC),
		.left = *limits,
	};
	int result;

	if (!r.archive)
		result = err_set(err, ERR_HOST, "libarchive: no memory");
	else if (r.dir < 0)
		result = err_set_errno(err, ERR_HOST, errno, "%s", dir);
	else
		result = read_all(&r, err);
	archive_read_free(r.archive);
	cleanup_close_p(&r.dir);
	return result;
}
