/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/json.h"
#include "build/config-diff.h"

enum {
	CONFIG_MAX_BYTES = 16 << 20,
	STATE_MAX_BYTES = 64 * 1024,
	CMD_MAX_BYTES = 4 << 20,
	LINK_STEPS = 40,	     /* what follows any change: link, symbol table, compress */
	STEPS_PER_100_OPTIONS = 210, /* measured on small configurations of 6.1 */
};

/* A file's time may be this much older than the clock said when it was written. */
static const uint64_t clock_slack_ns = 1000000000;

static uint64_t realtime_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- state ---- */

/* In building: make runs, or was killed. */
static int write_state(struct tree *t, bool building, struct err *err)
{
	_cleanup_json_ json_t *j = json_object();

	json_set_str(j, "phase", building ? "building" : "ready");
	json_set_int(j, "last_build_ns", (int64_t)t->last_build_ns);
	json_set_int(j, "full_steps", (int64_t)t->full_steps);
	return json_write_file(t->state_path, j, err);
}

/* Whether a build was begun and not ended. */
static bool read_state(struct tree *t)
{
	_cleanup_json_ json_t *j = json_read_file(t->state_path, STATE_MAX_BYTES, NULL);

	if (!j)
		return false;
	t->last_build_ns = (uint64_t)json_get_int(j, "last_build_ns", 0);
	t->full_steps = (uint64_t)json_get_int(j, "full_steps", 0);
	return !str_eq(json_get_str(j, "phase", ""), "ready");
}

/* ---- cleaning up after a killed build ---- */

static bool is_newer(const struct stat *st, uint64_t since_ns)
{
	uint64_t mtime_ns =
		(uint64_t)st->st_mtim.tv_sec * 1000000000 + (uint64_t)st->st_mtim.tv_nsec;

	return mtime_ns + clock_slack_ns >= since_ns;
}

/*
 * Any file written since the killed build began may be half of one, and make
 * would take it for whole by its time; without it make writes it again. Not
 * below include/config: the times of its empty files are how kbuild knows which
 * options changed, and the rest there is written by rename.
 */
static int remove_since(const char *obj, uint64_t since_ns, struct err *err)
{
	char *paths[] = { (char *)(uintptr_t)obj, NULL };
	_cleanup_free_ char *markers = path_join(obj, "include/config");
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	int result = 0;
	FTSENT *e;

	if (!fts)
		return err_set_errno(err, ERR_HOST, errno, "%s", obj);
	while (result == 0 && (e = fts_read(fts))) {
		if (e->fts_info == FTS_D && str_eq(e->fts_path, markers))
			fts_set(fts, e, FTS_SKIP);
		else if ((e->fts_info == FTS_F || e->fts_info == FTS_SL) &&
			 is_newer(e->fts_statp, since_ns) && unlink(e->fts_path) < 0 &&
			 errno != ENOENT)
			result = err_set_errno(err, ERR_HOST, errno, "cannot remove %s",
					       e->fts_path);
	}
	fts_close(fts);
	return result;
}

static int clean_up(struct tree *t, const struct source *s, bool was_building, struct err *err)
{
	if (s->hidden_change_ns > t->last_build_ns && t->last_build_ns) {
		/* make goes by file times, and would miss that change. */
		if (file_remove_tree(t->obj, err) < 0)
			return -1;
		t->last_build_ns = 0;
	} else if (was_building && path_exists(t->obj)) {
		if (remove_since(t->obj, t->last_build_ns, err) < 0)
			return -1;
	}
	if (file_mkdir_p(t->obj, err) < 0)
		return -1;
	return write_state(t, false, err);
}

int tree_open(struct tree *t, const struct source *s, const struct toolchain *tc,
	      const char *cache_dir, struct progress *progress, struct err *err)
{
	_cleanup_free_ char *lock_path = NULL;
	_cleanup_free_ char *folder = path_join(cache_dir, "trees");
	char id[HASH_HEX_SIZE];
	struct hasher *h = hasher_new();

	hasher_adds(h, s->id);
	hasher_adds(h, tc->id);
	hasher_end(h, id);
	*t = (struct tree)TREE_INIT;
	t->dir = xasprintf("%s/%.16s", folder, id);
	t->obj = path_join(t->dir, "obj");
	t->state_path = path_join(t->dir, "state.json");
	lock_path = xasprintf("%s.lock", t->dir);
	if (file_mkdir_p(folder, err) < 0)
		goto fail;
	t->lock_fd = source_lock(lock_path, "it builds in the same object tree", progress, err);
	if (t->lock_fd < 0 || file_mkdir_p(t->dir, err) < 0 ||
	    clean_up(t, s, read_state(t), err) < 0)
		goto fail;
	return 0;
fail:
	tree_close(t);
	return -1;
}

void tree_close(struct tree *t)
{
	free(t->dir);
	free(t->obj);
	free(t->state_path);
	cleanup_close_p(&t->lock_fd);
	*t = (struct tree)TREE_INIT;
}

int tree_begin_build(struct tree *t, struct err *err)
{
	t->last_build_ns = realtime_ns();
	return write_state(t, true, err);
}

int tree_end_build(struct tree *t, uint64_t steps, bool complete, struct err *err)
{
	if (complete && steps > t->full_steps)
		t->full_steps = steps;
	return write_state(t, false, err);
}

/* ---- .config ---- */

int tree_set_config(struct tree *t, const char *config, size_t length, struct err *err)
{
	_cleanup_free_ char *path = path_join(t->obj, ".config");
	_cleanup_free_ char *now = NULL;
	size_t now_length = 0;

	if (path_exists(path))
		now = file_read(path, CONFIG_MAX_BYTES, &now_length, err);
	if (now && now_length == length && memcmp(now, config, length) == 0)
		return 0;
	return file_write_atomic(path, config, length, err);
}

/* How many of the compile commands below obj depend on one of the symbols. */
static uint64_t count_dependents(const char *obj, const struct strv *symbols)
{
	char *paths[] = { (char *)(uintptr_t)obj, NULL };
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	uint64_t count = 0;
	FTSENT *e;

	while (fts && (e = fts_read(fts))) {
		_cleanup_free_ char *text = NULL;
		size_t length = 0;

		if (e->fts_info != FTS_F && e->fts_info != FTS_NSOK)
			continue;
		if (!str_ends(e->fts_name, ".o.cmd"))
			continue;
		text = file_read(e->fts_path, CMD_MAX_BYTES, &length, NULL);
		for (size_t i = 0; text && i < symbols->count; i++) {
			_cleanup_free_ char *marker =
				xasprintf("include/config/%s)", symbols->items[i]);

			if (memmem(text, length, marker, strlen(marker))) {
				count++;
				break;
			}
		}
	}
	if (fts)
		fts_close(fts);
	return count;
}

static uint64_t count_options(const char *config)
{
	uint64_t count = 0;

	for (const char *p = strstr(config, "=y\n"); p; p = strstr(p + 1, "=y\n"))
		count++;
	return count;
}

uint64_t tree_estimate(const struct tree *t, const char *config)
{
	_cleanup_free_ char *path = path_join(t->obj, ".config");
	_cleanup_free_ char *vmlinux = path_join(t->obj, "vmlinux");
	_cleanup_free_ char *before = NULL;
	_cleanup_strv_ struct strv symbols = { 0 };
	size_t length = 0;

	/* More than this many changed options, and reading all commands costs more than it tells.
	 */
	enum { SYMBOLS_MAX = 40 };

	if (path_exists(path) && path_exists(vmlinux))
		before = file_read(path, CONFIG_MAX_BYTES, &length, NULL);
	if (before)
		config_changed(before, config, &symbols);
	if (before && symbols.count <= SYMBOLS_MAX)
		return LINK_STEPS + count_dependents(t->obj, &symbols);
	if (t->full_steps)
		return t->full_steps;
	return count_options(config) * STEPS_PER_100_OPTIONS / 100;
}
