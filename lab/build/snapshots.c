// SPDX-License-Identifier: GPL-2.0-or-later
#include "build/snapshots.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "build/store.h"

#define SNAPSHOT_INFO  "snapshot.json"
#define SNAPSHOT_DISKS "disks"

enum { INFO_MAX_BYTES = 1 << 20 };

static char *entry_path(const char *cache_dir, const char *key)
{
	return xasprintf("%s/snapshots/%s", cache_dir, key);
}

static int lock_shared(const char *dir, bool make)
{
	_cleanup_free_ char *path = path_join(dir, store_use_name);
	_cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC | (make ? O_CREAT : 0), 0644);

	if (fd < 0 || flock(fd, LOCK_SH | (make ? 0 : LOCK_NB)) < 0)
		return -1;
	return take_fd(&fd);
}

/* ---- files ---- */

static int add_file(json_t *files, const char *dir, const char *name, struct err *err)
{
	_cleanup_free_ char *path = path_join(dir, name);
	json_t *entry;
	char hex[HASH_HEX_SIZE];
	struct stat st;

	if (stat(path, &st) < 0)
		return err_set_errno(err, ERR_HOST, errno, "%s", path);
	if (hash_file(path, hex, err) < 0)
		return -1;
	entry = json_object();
	json_set_str(entry, "sha256", hex);
	json_set_int(entry, "bytes", (int64_t)st.st_size);
	json_object_set_new(files, name, entry);
	return 0;
}

static int add_files(json_t *files, const char *dir, const char *below, struct err *err)
{
	_cleanup_free_ char *folder = path_join(dir, below);
	_cleanup_strv_ struct strv names = { 0 };

	if (file_list_dir(folder, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *name =
			*below ? path_join(below, names.items[i]) : xstrdup(names.items[i]);

		if (str_eq(name, store_use_name))
			continue;
		if ((str_eq(name, SNAPSHOT_DISKS) ? add_files(files, dir, name, err)
						  : add_file(files, dir, name, err)) < 0)
			return -1;
	}
	return 0;
}

static bool is_sound(const char *dir, const json_t *info)
{
	json_t *files = json_get_object(info, "files");
	const char *name;
	json_t *entry;

	json_object_foreach (files, name, entry) {
		_cleanup_free_ char *path = path_join(dir, name);
		char hex[HASH_HEX_SIZE];
		struct stat st;

		/* The size first: a file cut short need not be read. */
		if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
		    st.st_size != json_get_int(entry, "bytes", -1) ||
		    hash_file(path, hex, NULL) < 0 ||
		    !str_eq(hex, json_get_str(entry, "sha256", "")))
			return false;
	}
	return json_object_get(files, SNAPSHOT_STATE) != NULL;
}

/* ---- entries ---- */

bool snapshots_find(const char *cache_dir, const char *key, struct snapshot *s)
{
	_cleanup_free_ char *dir = entry_path(cache_dir, key);
	_cleanup_free_ char *path = path_join(dir, SNAPSHOT_INFO);
	_cleanup_close_ int use = lock_shared(dir, false);
	_cleanup_json_ json_t *info = NULL;
	int lock;

	if (use < 0)
		return false;
	info = json_read_file(path, INFO_MAX_BYTES, NULL);
	if (info && is_sound(dir, info)) {
		futimens(use, NULL);
		*s = (struct snapshot){ .dir = take_ptr(&dir),
					.info = take_ptr(&info),
					.use_fd = take_fd(&use) };
		return true;
	}
	close(take_fd(&use));
	lock = store_lock_entry(dir);
	if (lock >= 0) {
		store_remove_entry(dir, NULL);
		close(lock);
	}
	return false;
}

void snapshot_clear(struct snapshot *s)
{
	free(s->dir);
	json_decref(s->info);
	if (s->use_fd >= 0)
		close(s->use_fd);
	*s = (struct snapshot)SNAPSHOT_INIT;
}

char *snapshots_begin(const char *cache_dir, const char *key, int *use_fd, struct err *err)
{
	_cleanup_free_ char *dir =
		xasprintf("%s/snapshots/.new-%d-%.12s", cache_dir, (int)getpid(), key);

	if (file_remove_tree(dir, err) < 0 || file_mkdir_p(dir, err) < 0)
		return NULL;
	*use_fd = lock_shared(dir, true);
	if (*use_fd < 0) {
		err_set_errno(err, ERR_HOST, errno, "cannot lock %s", dir);
		return NULL;
	}
	return take_ptr(&dir);
}

int snapshots_put(const char *cache_dir, const char *key, const char *dir, json_t *info,
		  struct err *err)
{
	_cleanup_free_ char *entry = entry_path(cache_dir, key);
	_cleanup_free_ char *path = path_join(dir, SNAPSHOT_INFO);
	json_t *files = json_object();

	json_object_set_new(info, "files", files);
	if (add_files(files, dir, "", err) < 0 || json_write_file(path, info, err) < 0)
		return -1;
	if (rename(dir, entry) == 0)
		return 0;
	if (errno != EEXIST && errno != ENOTEMPTY)
		return err_set_errno(err, ERR_HOST, errno, "cannot store %s", entry);
	return file_remove_tree(dir, err);
}
