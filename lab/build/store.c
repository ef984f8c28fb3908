/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "build/build-inputs.h"
#include "build/gdb-scripts.h"
#include "build/zstd-file.h"

enum { MANIFEST_MAX_BYTES = 1 << 20, LOG_KEPT_BYTES = 4 << 20 };

const char store_manifest_name[] = "kernel.json";
const char store_use_name[] = "use";

/* The files of an entry. Those that a run uses directly are checked by content each time. */
static const struct artefact {
	const char *name;
	bool check_content;
} artefacts[] = {
	{ "bzImage", true },	{ "config", true },
	{ "System.map", true }, { "vmlinux.zst", false }, /* checked when it is decompressed */
	{ "build.log", false },
};

static char *entry_path(const char *cache_dir, const char *key)
{
	return xasprintf("%s/store/%s", cache_dir, key);
}

/* ---- locks ---- */

static int lock_entry(const char *entry_dir, int operation)
{
	_cleanup_free_ char *path = path_join(entry_dir, store_use_name);
	_cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat held, there;

	if (fd < 0 || flock(fd, operation) < 0)
		return -1;
	/* gc may have removed it between the two. */
	if (fstat(fd, &held) < 0 || stat(path, &there) < 0 || held.st_ino != there.st_ino ||
	    held.st_dev != there.st_dev)
		return -1;
	return take_fd(&fd);
}

int store_lock_entry(const char *entry_dir)
{
	return lock_entry(entry_dir, LOCK_EX | LOCK_NB);
}

int store_remove_entry(const char *entry_dir, struct err *err)
{
	_cleanup_free_ char *gone = xasprintf("%s.gone-%d", entry_dir, (int)getpid());

	/* First away in one step, so that nobody finds half an entry. */
	if (rename(entry_dir, gone) < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot remove %s", entry_dir);
	return file_remove_tree(gone, err);
}

/* ---- taking ---- */

static bool is_sound(const char *dir, const json_t *manifest)
{
	json_t *all = json_get_object(manifest, "artefacts");

	for (size_t i = 0; i < ARRAY_SIZE(artefacts); i++) {
		json_t *a = json_get_object(all, artefacts[i].name);
		_cleanup_free_ char *path = path_join(dir, artefacts[i].name);
		char hex[HASH_HEX_SIZE];
		struct stat st;

		if (!a || stat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
		    st.st_size != json_get_int(a, "bytes", -1))
			return false;
		if (artefacts[i].check_content &&
		    (hash_file(path, hex, NULL) < 0 || !str_eq(hex, json_get_str(a, "sha256", ""))))
			return false;
	}
	return true;
}

static struct kernel *new_kernel(const char *key, const char *dir, json_t *manifest, int use_fd)
{
	struct kernel *k = xcalloc(1, sizeof(*k));

	k->key = xstrdup(key);
	k->dir = xstrdup(dir);
	k->image = path_join(dir, "bzImage");
	k->vmlinux_zst = path_join(dir, "vmlinux.zst");
	k->config = path_join(dir, "config");
	k->system_map = path_join(dir, "System.map");
	k->manifest = json_incref(manifest);
	k->use_fd = use_fd;
	return k;
}

struct kernel *store_take(const char *cache_dir, const char *key)
{
	_cleanup_free_ char *dir = entry_path(cache_dir, key);
	_cleanup_free_ char *path = path_join(dir, store_manifest_name);
	_cleanup_json_ json_t *manifest = NULL;
	_cleanup_close_ int fd = lock_entry(dir, LOCK_SH);

	if (fd < 0)
		return NULL;
	manifest = json_read_file(path, MANIFEST_MAX_BYTES, NULL);
	if (!manifest || !str_eq(json_get_str(manifest, "key", ""), key) ||
	    !is_sound(dir, manifest)) {
		/* Another one that uses it has the same broken files; it keeps them open or fails
		 * by itself. */
		store_remove_entry(dir, NULL);
		return NULL;
	}
	futimens(fd, NULL); /* used now */
	return new_kernel(key, dir, manifest, take_fd(&fd));
}

struct kernel *store_describe(const char *cache_dir, const char *key)
{
	_cleanup_free_ char *dir = entry_path(cache_dir, key);
	_cleanup_json_ json_t *manifest = json_object();

	return new_kernel(key, dir, manifest, -1);
}

void kernel_free(struct kernel *k)
{
	if (!k)
		return;
	free(k->key);
	free(k->dir);
	free(k->image);
	free(k->vmlinux_zst);
	free(k->config);
	free(k->system_map);
	json_decref(k->manifest);
	strv_clear(&k->facts);
	cleanup_close_p(&k->use_fd);
	free(k);
}

/* ---- putting ---- */

static int describe(json_t *all, const char *dir, const char *name, struct err *err)
{
	_cleanup_free_ char *path = path_join(dir, name);
	char hex[HASH_HEX_SIZE];
	struct stat st;

	if (hash_file(path, hex, err) < 0)
		return -1;
	if (stat(path, &st) < 0)
		return err_set_errno(err, ERR_HOST, errno, "%s", path);
	json_object_set_new(
		all, name, json_pack("{s:s, s:I}", "sha256", hex, "bytes", (json_int_t)st.st_size));
	return 0;
}

static int copy_into(const char *dir, const char *name, const char *from, struct err *err)
{
	_cleanup_free_ char *to = path_join(dir, name);

	return file_copy(from, to, err);
}

/* A log can be long; its end says what happened. */
static int copy_log(const char *dir, const char *from, struct err *err)
{
	_cleanup_free_ char *to = path_join(dir, "build.log");
	_cleanup_free_ char *bytes = NULL;
	size_t length = 0, skip;

	bytes = file_read(from, 64 << 20, &length, err);
	if (!bytes)
		return -1;
	skip = length > LOG_KEPT_BYTES ? length - LOG_KEPT_BYTES : 0;
	return file_write_atomic(to, bytes + skip, length - skip, err);
}

static int fill(const char *dir, const struct store_input *in, json_t *manifest, struct err *err)
{
	_cleanup_free_ char *vmlinux_zst = path_join(dir, "vmlinux.zst");
	_cleanup_free_ char *path = path_join(dir, store_manifest_name);
	json_t *all = json_object();
	char hex[HASH_HEX_SIZE];
	uint64_t bytes = 0;

	json_object_set_new(manifest, "artefacts", all);
	if (copy_into(dir, "bzImage", in->image, err) < 0 ||
	    copy_into(dir, "config", in->config, err) < 0 ||
	    copy_into(dir, "System.map", in->system_map, err) < 0 ||
	    copy_log(dir, in->log, err) < 0 ||
	    zstd_compress_file(in->vmlinux, vmlinux_zst, hex, &bytes, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(artefacts); i++)
		if (describe(all, dir, artefacts[i].name, err) < 0)
			return -1;
	/* Helps: an entry without them is as sound. */
	if (copy_into(dir, BUILD_INPUTS_FILE, in->inputs, err) < 0 ||
	    describe(all, dir, BUILD_INPUTS_FILE, err) < 0)
		return -1;
	if (in->gdb_scripts && (copy_into(dir, GDB_SCRIPTS_FILE, in->gdb_scripts, err) < 0 ||
				describe(all, dir, GDB_SCRIPTS_FILE, err) < 0))
		return -1;
	/* The uncompressed file, which is what can be compared with another build. */
	json_object_set_new(all, "vmlinux",
			    json_pack("{s:s, s:I}", "sha256", hex, "bytes", (json_int_t)bytes));
	return json_write_file(path, manifest, err);
}

static int make_temporary(const char *dir, int *fd, struct err *err)
{
	_cleanup_free_ char *use = path_join(dir, store_use_name);

	if (file_mkdir_p(dir, err) < 0)
		return -1;
	*fd = open(use, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (*fd < 0 || flock(*fd, LOCK_SH) < 0)
		return err_set_errno(err, ERR_HOST, errno, "%s", use);
	return 0;
}

int store_put(const char *cache_dir, const char *key, const struct store_input *in,
	      json_t *manifest, struct err *err)
{
	_cleanup_free_ char *dir = entry_path(cache_dir, key);
	_cleanup_free_ char *tmp =
		xasprintf("%s/store/.new-%d-%.12s", cache_dir, (int)getpid(), key);
	_cleanup_close_ int use = -1; /* gc sees by it that somebody is writing */
	int result;

	if (file_remove_tree(tmp, err) < 0)
		return -1;
	result = make_temporary(tmp, &use, err);
	if (result == 0)
		result = fill(tmp, in, manifest, err);
	if (result == 0 && rename(tmp, dir) < 0) {
		/* Somebody else was as fast: the same key is the same kernel. */
		if (errno != EEXIST && errno != ENOTEMPTY)
			result = err_set_errno(err, ERR_HOST, errno, "cannot store %s", dir);
	} else if (result == 0) {
		return 0;
	}
	file_remove_tree(tmp, NULL);
	return result < 0 ? err_add(err, "the kernel store") : 0;
}

/* ---- pins ---- */

/* Beside the entries, so that a damaged entry that is built again is still kept. */
static char *pins_dir(const char *entry_dir)
{
	return xasprintf("%s/../../pins/%s", entry_dir, path_base(entry_dir));
}

static char *pin_path(const char *pins, const char *run_dir)
{
	char hex[HASH_HEX_SIZE];

	hash_bytes(run_dir, strlen(run_dir), hex);
	return xasprintf("%s/%.16s", pins, hex);
}

int build_store_pin(const struct kernel *k, const char *run_dir, struct err *err)
{
	_cleanup_free_ char *run = realpath(run_dir, NULL);
	_cleanup_free_ char *pins = pins_dir(k->dir);
	_cleanup_free_ char *path = NULL;

	if (!run)
		return err_set_errno(err, ERR_HOST, errno, "%s", run_dir);
	path = pin_path(pins, run);
	if (file_mkdir_p(pins, err) < 0)
		return -1;
	return file_write_atomic(path, run, strlen(run), err);
}

bool store_is_pinned(const char *entry_dir)
{
	_cleanup_free_ char *pins = pins_dir(entry_dir);
	_cleanup_strv_ struct strv names = { 0 };

	if (!path_exists(pins) || file_list_dir(pins, &names, NULL) < 0)
		return false;
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(pins, names.items[i]);
		size_t length = 0;
		_cleanup_free_ char *run = file_read(path, 64 * 1024, &length, NULL);

		/* Unreadable: better kept than lost. */
		if (!run || path_exists(run))
			return true;
	}
	return false;
}

int build_store_vmlinux(const struct kernel *k, const char *to, struct err *err)
{
	json_t *a = json_get_object(json_get_object(k->manifest, "artefacts"), "vmlinux");

	return zstd_decompress_file(k->vmlinux_zst, to, json_get_str(a, "sha256", NULL), err);
}
