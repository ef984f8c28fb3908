/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CACHE/requests/HASH holds a store key, HASH.config the .config that has it, HASH.left-out a line
 * for each option that was asked for and that the source has not, where there are any.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "build/store.h"

enum { CONFIG_MAX_BYTES = 16 << 20, UNUSED_AFTER_S = 30 * 24 * 3600 };

static const char left_out_suffix[] = ".left-out";

static char *request_path(const char *cache_dir, const char *request, const char *suffix)
{
	return xasprintf("%s/requests/%s%s", cache_dir, request, suffix);
}

char *store_find_request(const char *cache_dir, const char *request)
{
	_cleanup_free_ char *path = request_path(cache_dir, request, "");
	size_t length = 0;
	_cleanup_free_ char *key = NULL;

	if (!path_exists(path))
		return NULL;
	key = file_read(path, HASH_HEX_SIZE, &length, NULL);
	if (!key || length != HASH_HEX_SIZE - 1 ||
	    strspn(key, "0123456789abcdef") != HASH_HEX_SIZE - 1)
		return NULL;
	utimensat(AT_FDCWD, path, NULL, 0); /* used now */
	return take_ptr(&key);
}

char *store_find_config(const char *cache_dir, const char *request, size_t *length)
{
	_cleanup_free_ char *path = request_path(cache_dir, request, ".config");

	if (!path_exists(path))
		return NULL;
	utimensat(AT_FDCWD, path, NULL, 0);
	return file_read(path, CONFIG_MAX_BYTES, length, NULL);
}

void store_find_left_out(const char *cache_dir, const char *request, struct strv *left_out)
{
	_cleanup_free_ char *path = request_path(cache_dir, request, left_out_suffix);
	_cleanup_free_ char *text = NULL;

	if (!path_exists(path))
		return;
	utimensat(AT_FDCWD, path, NULL, 0);
	text = file_read(path, CONFIG_MAX_BYTES, NULL, NULL);
	if (text)
		strv_split(left_out, text, '\n');
}

static int note_left_out(const char *cache_dir, const char *request, const struct strv *left_out,
			 struct err *err)
{
	_cleanup_free_ char *path = request_path(cache_dir, request, left_out_suffix);
	_cleanup_free_ char *text = strv_join(left_out, "\n");

	return left_out->count ? file_write_atomic(path, text, strlen(text), err) : 0;
}

int store_note_request(const char *cache_dir, const char *request, const char *key,
		       const char *config, size_t length, const struct strv *left_out,
		       struct err *err)
{
	_cleanup_free_ char *folder = path_join(cache_dir, "requests");
	_cleanup_free_ char *path = request_path(cache_dir, request, "");
	_cleanup_free_ char *config_path = request_path(cache_dir, request, ".config");

	if (file_mkdir_p(folder, err) < 0 ||
	    file_write_atomic(config_path, config, length, err) < 0 ||
	    note_left_out(cache_dir, request, left_out, err) < 0)
		return -1;
	return file_write_atomic(path, key, strlen(key), err);
}

static size_t prune(const char *cache_dir, const char *name, bool dry_run)
{
	_cleanup_free_ char *folder = path_join(cache_dir, name);
	_cleanup_strv_ struct strv names = { 0 };
	int64_t now_s = clock_realtime_s();
	size_t count = 0;

	if (!path_exists(folder) || file_list_dir(folder, &names, NULL) < 0)
		return 0;
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(folder, names.items[i]);
		struct stat st;

		if (stat(path, &st) < 0 || (int64_t)st.st_mtim.tv_sec + UNUSED_AFTER_S > now_s)
			continue;
		if (dry_run || unlink(path) == 0)
			count++;
	}
	return count;
}

size_t store_prune_memories(const char *cache_dir, bool dry_run)
{
	static const char *const folders[] = { "requests", "hashes", "proven" };
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		count += prune(cache_dir, folders[i], dry_run);
	return count;
}
