/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/source.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"

enum { MAKEFILE_MAX_BYTES = 1 << 20 };

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int source_lock(const char *path, const char *what, struct progress *progress, struct err *err)
{
	bool busy = false;
	int fd = file_lock(path, false, &busy, err);

	if (fd >= 0 || !busy)
		return fd;
	*err = (struct err)ERR_INIT;
	progress_note(progress, "waiting for another klab: %s", what);
	return file_lock(path, true, NULL, err);
}

/* The directory before one of the @ in "a@b/linux@v6.1@{1}"; yours, *rev points into spec. */
static char *split_rev(const char *spec, const char **rev)
{
	for (const char *at = strchr(spec, '@'); at; at = strchr(at + 1, '@')) {
		_cleanup_free_ char *dir = xstrndup(spec, (size_t)(at - spec));

		if (is_dir(dir)) {
			*rev = at + 1;
			return take_ptr(&dir);
		}
	}
	return NULL;
}

static int set_path(struct source *s, const char *path, struct err *err)
{
	s->path = realpath(path, NULL);
	if (s->path)
		return 0;
	/* What is not there was misspelt; what cannot be read is the host's. */
	return err_set_errno(err, errno == ENOENT || errno == ENOTDIR ? ERR_INPUT : ERR_HOST, errno,
			     "cannot read the source %s", path);
}

/* The place's name, for what is shared by all that is built from it. */
static void set_id(struct source *s)
{
	struct hasher *h = hasher_new();

	hasher_add(h, &s->kind, sizeof(s->kind));
	/* A tarball is unpacked by its content, wherever it lies. */
	hasher_adds(h, s->kind == SOURCE_TARBALL ? s->tree_hash : s->path);
	hasher_end(h, s->id);
}

static int open_dir(struct source *s, struct progress *progress, struct err *err)
{
	/* kbuild refuses a separate object tree when the source itself was built in. */
	static const char *const leftovers[] = { ".config", "include/config", "include/generated" };
	_cleanup_free_ char *kconfig = path_join(s->path, "Kconfig");
	_cleanup_free_ char *kbuild = path_join(s->path, "scripts/Kbuild.include");

	if (access(s->path, R_OK | X_OK) < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot read the source %s", s->path);
	if (!path_exists(kconfig) || !path_exists(kbuild))
		return err_set(err, ERR_INPUT, "%s is no kernel source: it has no %s", s->path,
			       path_exists(kconfig) ? "scripts/Kbuild.include" : "Kconfig");
	for (size_t i = 0; i < ARRAY_SIZE(leftovers); i++) {
		_cleanup_free_ char *path = path_join(s->path, leftovers[i]);

		if (path_exists(path))
			return err_set(err, ERR_INPUT,
				       "%s was built in (%s is there): run make mrproper there, or "
				       "give a commit of it as %s@HEAD",
				       s->path, leftovers[i], s->path);
	}
	s->dir = xstrdup(s->path);
	set_id(s);
	return source_dir_hash(s, progress, err);
}

static int open_spec(struct source *s, const char *spec, struct progress *progress, struct err *err)
{
	const char *rev = NULL;
	_cleanup_free_ char *repo = NULL;
	_cleanup_free_ char *newest = NULL;

	if (!spec) {
		newest = source_tarball_newest(err);
		if (!newest)
			return -1;
		spec = newest;
	}
	if (!path_exists(spec))
		repo = split_rev(spec, &rev);
	if (set_path(s, repo ? repo : spec, err) < 0)
		return -1;
	if (repo) {
		s->kind = SOURCE_GIT;
		s->rev = xstrdup(rev);
		set_id(s);
		return source_git_open(s, err);
	}
	if (is_dir(s->path)) {
		s->kind = SOURCE_DIR;
		return open_dir(s, progress, err);
	}
	s->kind = SOURCE_TARBALL;
	if (source_tarball_open(s, progress, err) < 0)
		return -1;
	set_id(s);
	return 0;
}

int source_open(struct source *s, const char *spec, const char *cache_dir,
		struct progress *progress, struct err *err)
{
	*s = (struct source)SOURCE_INIT;
	s->cache_dir = xstrdup(cache_dir);
	if (open_spec(s, spec, progress, err) < 0) {
		source_clear(s);
		return -1;
	}
	return 0;
}

int source_prepare(struct source *s, struct progress *progress, struct err *err)
{
	switch (s->kind) {
	case SOURCE_GIT:
		return source_git_prepare(s, progress, err);
	case SOURCE_TARBALL:
		return source_tarball_prepare(s, progress, err);
	default:
		return 0;
	}
}

int source_check_unchanged(const struct source *s, struct err *err)
{
	struct source now = SOURCE_INIT;
	int result;

	/* Only we write the others, under a lock. */
	if (s->kind != SOURCE_DIR)
		return 0;
	result = source_open(&now, s->path, s->cache_dir, NULL, err);
	if (result == 0 && !str_eq(now.tree_hash, s->tree_hash))
		result =
			err_set(err, ERR_HOST,
				"%s changed while it was being built: nothing was stored", s->path);
	source_clear(&now);
	return result;
}

/* "VERSION = 6": the number; -1: no such line. */
static int makefile_number(const struct strv *lines, const char *name)
{
	for (size_t i = 0; i < lines->count; i++) {
		const char *line = lines->items[i];
		int number;

		if (str_starts(line, name) && sscanf(line + strlen(name), " = %6d", &number) == 1)
			return number;
	}
	return -1;
}

int source_version(const struct source *s, int *major, int *minor, struct err *err)
{
	_cleanup_free_ char *path = path_join(s->dir, "Makefile");
	_cleanup_strv_ struct strv lines = { 0 };
	size_t length = 0;
	_cleanup_free_ char *text = file_read(path, MAKEFILE_MAX_BYTES, &length, err);

	if (!text)
		return -1;
	strv_split(&lines, text, '\n');
	*major = makefile_number(&lines, "VERSION");
	*minor = makefile_number(&lines, "PATCHLEVEL");
	if (*major < 0 || *minor < 0)
		return err_set(err, ERR_INPUT, "%s has no VERSION or no PATCHLEVEL", path);
	return 0;
}

void source_clear(struct source *s)
{
	free(s->path);
	free(s->rev);
	free(s->commit);
	free(s->tree_hash);
	free(s->dir);
	source_patches_clear(s);
	free(s->cache_dir);
	cleanup_close_p(&s->lock_fd);
	*s = (struct source)SOURCE_INIT;
}

json_t *source_json(const struct source *s, const char *release)
{
	static const char *const kinds[] = { "", "dir", "git", "tarball" };
	json_t *j = json_object();

	json_set_str(j, "kind", kinds[s->kind]);
	json_set_str(j, "path", s->path);
	if (s->rev)
		json_set_str(j, "rev", s->rev);
	if (s->commit)
		json_set_str(j, "commit", s->commit);
	if (s->patch_count)
		json_object_set_new(j, "patches", source_patches_json(s));
	json_set_str(j, "tree_hash", s->tree_hash);
	json_set_str(j, "release", release);
	return j;
}
