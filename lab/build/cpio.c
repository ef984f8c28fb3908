// SPDX-License-Identifier: GPL-2.0-or-later
#include "build/cpio.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/hash.h"
#include "base/json.h"

void cpio_clear(struct cpio *cpio)
{
	for (size_t i = 0; i < cpio->count; i++) {
		free(cpio->members[i].path);
		free(cpio->members[i].bytes);
	}
	free(cpio->members);
}

bool cpio_has(const struct cpio *cpio, const char *path)
{
	for (size_t i = 0; i < cpio->count; i++)
		if (str_eq(cpio->members[i].path, path))
			return true;
	return false;
}

void cpio_add(struct cpio *cpio, const char *path, mode_t mode, char *bytes, size_t length)
{
	struct cpio_member *member;

	path++;
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		_cleanup_free_ char *parent = xstrndup(path, (size_t)(slash - path));

		if (cpio_has(cpio, parent))
			continue;
		member = vec_push(&cpio->members, &cpio->count, &cpio->capacity);
		member->path = take_ptr(&parent);
		member->mode = S_IFDIR | 0755;
	}
	member = vec_push(&cpio->members, &cpio->count, &cpio->capacity);
	member->path = xstrdup(path);
	member->mode = mode;
	member->bytes = bytes;
	member->length = length;
}

static int member_compare(const void *a, const void *b)
{
	return strcmp(((const struct cpio_member *)a)->path, ((const struct cpio_member *)b)->path);
}

static la_ssize_t archive_to_strbuf(struct archive *archive, void *context, const void *bytes,
				    size_t length)
{
	(void)archive;
	strbuf_add(context, bytes, length);
	return (la_ssize_t)length;
}

static int write_member(struct archive *archive, const struct cpio_member *member, size_t number)
{
	struct archive_entry *entry = archive_entry_new();
	int result;

	if (!entry)
		return ARCHIVE_FATAL;
	/* Whatever else a header has stays 0: owner, times, the device it lies on. */
	archive_entry_set_pathname(entry, member->path);
	archive_entry_set_mode(entry, member->mode);
	archive_entry_set_nlink(entry, S_ISDIR(member->mode) ? 2 : 1);
	archive_entry_set_ino64(entry, (la_int64_t)number);
	archive_entry_set_size(entry, S_ISREG(member->mode) ? (la_int64_t)member->length : 0);
	if (S_ISLNK(member->mode))
		archive_entry_set_symlink(entry, member->bytes);
	if (S_ISCHR(member->mode))
		archive_entry_set_rdev(entry, member->device);
	result = archive_write_header(archive, entry);
	if (result >= ARCHIVE_WARN && S_ISREG(member->mode) && member->length > 0 &&
	    archive_write_data(archive, member->bytes, member->length) < 0)
		result = ARCHIVE_FATAL;
	archive_entry_free(entry);
	return result;
}

int cpio_pack(struct cpio *cpio, struct strbuf *out, struct err *err)
{
	struct archive *archive = archive_write_new();
	int result;

	if (!archive)
		return err_set(err, ERR_HOST, "libarchive: no memory");
	qsort(cpio->members, cpio->count, sizeof(*cpio->members), member_compare);
	/* Otherwise it pads the end to a tape's block. */
	result = archive_write_set_format_cpio_newc(archive);
	if (result == ARCHIVE_OK)
		result = archive_write_set_bytes_per_block(archive, 512);
	if (result == ARCHIVE_OK)
		result = archive_write_set_bytes_in_last_block(archive, 1);
	if (result == ARCHIVE_OK)
		result = archive_write_open(archive, out, NULL, archive_to_strbuf, NULL);
	for (size_t i = 0; i < cpio->count && result >= ARCHIVE_WARN; i++)
		result = write_member(archive, &cpio->members[i], i + 1);
	if (result >= ARCHIVE_WARN)
		result = archive_write_close(archive);
	if (result < ARCHIVE_WARN)
		err_set(err, ERR_HOST, "libarchive: %s", archive_error_string(archive));
	archive_write_free(archive);
	return result < ARCHIVE_WARN ? -1 : 0;
}

json_t *cpio_info(const struct cpio *cpio, const struct strbuf *packed)
{
	json_t *info = json_object(), *files = json_array();
	char hex[HASH_HEX_SIZE];

	hash_bytes(packed->data, packed->length, hex);
	json_set_str(info, "sha256", hex);
	json_set_int(info, "bytes", (int64_t)packed->length);
	for (size_t i = 0; i < cpio->count; i++) {
		const struct cpio_member *member = &cpio->members[i];
		_cleanup_free_ char *path = xasprintf("/%s", member->path);
		json_t *file;

		if (!S_ISREG(member->mode))
			continue;
		file = json_object();
		json_set_str(file, "path", path);
		hash_bytes(member->bytes, member->length, hex);
		json_set_str(file, "sha256", hex);
		json_array_append_new(files, file);
	}
	json_object_set_new(info, "files", files);
	return info;
}
