/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/tree.h"

#include <time.h>

#include "base/file.h"
#include "base/json.h"

enum { CONFIG_MAX_BYTES = 16 << 20, STATE_MAX_BYTES = 64 * 1024 };

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
	json_set_bool(j, "complete", t->complete);
	return json_write_file(t->state_path, j, err);
}

/* Whether a build was begun and not ended. */
static bool read_state(struct tree *t)
{
	_cleanup_json_ json_t *j = json_read_file(t->state_path, STATE_MAX_BYTES, NULL);

	if (!j)
		return false;
	t->last_build_ns = (uint64_t)json_get_int(j, "last_build_ns", 0);
	t->complete = json_get_bool(j, "complete", false);
	return !str_eq(json_get_str(j, "phase", ""), "ready");
}

void tree_describe(struct tree *t, const char *prefix, int n)
{
	*t = (struct tree)TREE_INIT;
	t->dir = xasprintf("%s-%d", prefix, n);
	t->obj = path_join(t->dir, "obj");
	t->state_path = path_join(t->dir, "state.json");
	t->wanted_path = path_join(t->dir, "wanted.config");
	read_state(t);
}

static char *lock_path(const struct tree *t)
{
	return xasprintf("%s.lock", t->dir);
}

bool tree_is_busy(const struct tree *t)
{
	_cleanup_free_ char *path = lock_path(t);
	_cleanup_close_ int fd = -1;
	bool busy = false;

	if (path_exists(path))
		fd = file_lock(path, false, &busy, NULL);
	return busy;
}

static int clean_up(struct tree *t, const struct source *s, struct err *err)
{
	/* What was known of the tree may be older than the wait for it. */
	bool was_building = read_state(t);

	if (tree_clean(t, s, was_building, err) < 0 || file_mkdir_p(t->obj, err) < 0)
		return -1;
	return write_state(t, false, err);
}

/* Chooses and locks. Others choose when it is locked, and what it will be is written down. */
static int take(struct tree *t, const char *prefix, const struct source *s, const char *config,
		struct progress *progress, struct err *err)
{
	_cleanup_free_ char *choice_path = xasprintf("%s.lock", prefix);
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int choice =
		source_lock(choice_path, "it chooses an object tree", progress, err);
	bool wait = false;

	if (choice < 0)
		return -1;
	tree_describe(t, prefix, tree_choose(prefix, s, config, &wait));
	if (wait)
		close(take_fd(&choice));
	path = lock_path(t);
	t->lock_fd =
		source_lock(path, "it builds in the object tree that is nearest", progress, err);
	if (t->lock_fd < 0 || file_mkdir_p(t->dir, err) < 0)
		return -1;
	return file_write_atomic(t->wanted_path, config, strlen(config), err);
}

int tree_open(struct tree *t, const struct source *s, const struct toolchain *tc,
	      const char *cache_dir, const char *config, struct progress *progress, struct err *err)
{
	_cleanup_free_ char *folder = path_join(cache_dir, "trees");
	_cleanup_free_ char *prefix = NULL;
	char id[HASH_HEX_SIZE];
	struct hasher *h = hasher_new();

	hasher_adds(h, s->id);
	hasher_adds(h, tc->tree_id);
	hasher_end(h, id);
	prefix = xasprintf("%s/%.16s", folder, id);
	*t = (struct tree)TREE_INIT;
	if (file_mkdir_p(folder, err) < 0 || take(t, prefix, s, config, progress, err) < 0 ||
	    clean_up(t, s, err) < 0) {
		tree_close(t);
		return -1;
	}
	return 0;
}

void tree_close(struct tree *t)
{
	free(t->dir);
	free(t->obj);
	free(t->state_path);
	free(t->wanted_path);
	cleanup_close_p(&t->lock_fd);
	*t = (struct tree)TREE_INIT;
}

int tree_begin_build(struct tree *t, struct err *err)
{
	t->last_build_ns = realtime_ns();
	t->complete = false;
	return write_state(t, true, err);
}

int tree_end_build(struct tree *t, bool complete, struct err *err)
{
	t->complete = complete;
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
