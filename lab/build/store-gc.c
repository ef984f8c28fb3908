/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps the cache below its limit. What can go: kernels of the store, object
 * trees, unpacked and checked-out sources, snapshots; the longest unused first. What cannot: a
 * kernel that a run directory needs (pinned), anything that is in use (locked).
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "build/store.h"

/* A folder in the making has no lock yet for a moment; one so old has been left. */
enum { MANIFEST_MAX_BYTES = 1 << 20, LEFTOVER_AGE_S = 60 };

static const uint64_t default_limit_bytes = 20ull << 30;

enum item_kind {
	ITEM_KERNEL,
	ITEM_TREE,
	ITEM_KCONFIG,
	ITEM_SOURCE,
	ITEM_WORKTREE,
	ITEM_SNAPSHOT,
	ITEM_LEFTOVER
};

static const struct {
	const char *folder, *name;
} kinds[] = {
	[ITEM_KERNEL] = { "store", "kernel" },
	[ITEM_TREE] = { "trees", "object tree" },
	[ITEM_KCONFIG] = { "kconfig", "kconfig tree" },
	[ITEM_SOURCE] = { "sources", "source" },
	[ITEM_WORKTREE] = { "worktrees", "checkout" },
	[ITEM_SNAPSHOT] = { "snapshots", "snapshot" },
	[ITEM_LEFTOVER] = { NULL, "leftover" },
};

struct item {
	enum item_kind kind;
	char *path;
	uint64_t bytes;
	int64_t last_used_s;
	bool pinned;
};

struct items {
	struct item *all;
	size_t count, capacity;
};

static void items_clear(struct items *items)
{
	for (size_t i = 0; i < items->count; i++)
		free(items->all[i].path);
	free(items->all);
}

static int64_t mtime_s(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (int64_t)st.st_mtim.tv_sec : 0;
}

/* What tells when it was used last: the file that whoever uses it touches or locks. */
static char *used_path(const struct item *item)
{
	switch (item->kind) {
	case ITEM_KERNEL:
	case ITEM_SNAPSHOT:
	case ITEM_LEFTOVER:
		return path_join(item->path, store_use_name);
	case ITEM_TREE:
		return path_join(item->path, "state.json");
	case ITEM_KCONFIG:
		return path_join(item->path, "klab-report");
	case ITEM_WORKTREE:
		return path_join(item->path, "git/index");
	default:
		return path_join(item->path, ".klab-complete");
	}
}

static int64_t last_used_s(const struct item *item)
{
	_cleanup_free_ char *used = used_path(item);

	return mtime_s(path_exists(used) ? used : item->path);
}

static int collect_kind(struct items *items, const char *cache_dir, enum item_kind kind,
			struct err *err)
{
	_cleanup_free_ char *folder = path_join(cache_dir, kinds[kind].folder);
	_cleanup_strv_ struct strv names = { 0 };

	if (!path_exists(folder))
		return 0;
	if (file_list_dir(folder, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.items[i];
		struct item *item;

		if (str_ends(name, ".lock"))
			continue;
		item = vec_push(&items->all, &items->count, &items->capacity);
		item->kind = name[0] == '.' || strstr(name, ".gone-") ? ITEM_LEFTOVER : kind;
		item->path = path_join(folder, name);
		item->bytes = file_tree_size(item->path);
		item->last_used_s = last_used_s(item);
		item->pinned = item->kind == ITEM_KERNEL && store_is_pinned(item->path);
	}
	return 0;
}

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->last_used_s != y->last_used_s)
		return x->last_used_s < y->last_used_s ? -1 : 1;
	return strcmp(x->path, y->path);
}

static int collect(struct items *items, const char *cache_dir, struct err *err)
{
	for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++)
		if (kinds[kind].folder &&
		    collect_kind(items, cache_dir, (enum item_kind)kind, err) < 0)
			return -1;
	if (items->count)
		qsort(items->all, items->count, sizeof(*items->all), compare_items);
	return 0;
}

/* ---- removing ---- */

/* -1: somebody uses it. */
static int lock_item(const struct item *item)
{
	_cleanup_free_ char *path = NULL;
	bool busy = false;
	int fd;

	switch (item->kind) {
	case ITEM_KERNEL:
	case ITEM_SNAPSHOT:
		return store_lock_entry(item->path);
	case ITEM_LEFTOVER:
		fd = store_lock_entry(item->path);
		if (fd >= 0)
			return fd;
		/* Without its lock file nobody can be writing it; with it, somebody is. */
		path = path_join(item->path, store_use_name);
		return path_exists(path) ? -1 : open("/dev/null", O_RDONLY | O_CLOEXEC);
	case ITEM_WORKTREE:
		path = path_join(item->path, "lock");
		break;
	default:
		path = xasprintf("%s.lock", item->path);
		break;
	}
	fd = file_lock(path, false, &busy, NULL);
	return fd;
}

/* What is removed can always be had again. */
static bool try_remove(const struct item *item, bool dry_run, struct err *err)
{
	_cleanup_close_ int lock = lock_item(item);

	if (lock < 0)
		return false;
	/* What was listed may have gone, and one of its name be in the making. */
	if (item->kind == ITEM_LEFTOVER && clock_realtime_s() - last_used_s(item) < LEFTOVER_AGE_S)
		return false;
	/* A run may have come to need it since. */
	if (item->kind == ITEM_KERNEL && store_is_pinned(item->path))
		return false;
	if (dry_run)
		return true;
	if (item->kind == ITEM_LEFTOVER)
		return file_remove_tree(item->path, err) == 0;
	/* Away in one step: killed half-way, a source would still say that it is complete. */
	return store_remove_entry(item->path, err) == 0;
}

static json_t *describe(const struct item *item)
{
	json_t *j = json_object();
	char when[32];

	clock_format_utc(item->last_used_s, when);
	json_set_str(j, "kind", kinds[item->kind].name);
	json_set_str(j, "name", path_base(item->path));
	json_set_int(j, "bytes", (int64_t)item->bytes);
	json_set_str(j, "last_used", when);
	if (item->pinned)
		json_set_bool(j, "pinned", true);
	return j;
}

static int limit_of(const struct store_gc_options *opt, uint64_t *limit, struct err *err)
{
	const char *env = getenv("KLAB_STORE_LIMIT");

	*limit = opt->limit_bytes ? opt->limit_bytes : default_limit_bytes;
	if (!opt->limit_bytes && env && *env && !str_parse_size(env, limit))
		return err_set(err, ERR_INPUT,
			       "KLAB_STORE_LIMIT=%s is no size: expected 20G or the like", env);
	return 0;
}

json_t *build_store_gc(const char *cache_dir, const struct store_gc_options *opt, struct err *err)
{
	_cleanup_(items_clear)
	struct items items = { 0 };
	json_t *report, *removed = NULL, *kept = NULL;
	uint64_t limit = 0, before = 0, now;
	int64_t now_s = clock_realtime_s();
	struct err ignored = ERR_INIT;

	if (limit_of(opt, &limit, err) < 0 || collect(&items, cache_dir, err) < 0)
		return NULL;
	for (size_t i = 0; i < items.count; i++)
		before += items.all[i].bytes;
	now = before;
	removed = json_array();
	kept = json_array();
	for (size_t i = 0; i < items.count; i++) {
		const struct item *item = &items.all[i];
		/* What a killed klab left is of no use, whatever the limit. */
		bool wanted = item->kind == ITEM_LEFTOVER
				      ? item->last_used_s + LEFTOVER_AGE_S < now_s
				      : now > limit;

		if (wanted && try_remove(item, opt->dry_run, &ignored)) {
			now -= item->bytes;
			json_array_append_new(removed, describe(item));
		} else {
			json_array_append_new(kept, describe(item));
		}
	}
	report = json_object();
	json_set_bool(report, "dry_run", opt->dry_run);
	json_set_int(report, "limit_bytes", (int64_t)limit);
	json_set_int(report, "bytes_before", (int64_t)before);
	json_set_int(report, "bytes", (int64_t)now);
	json_set_int(report, "forgotten", (int64_t)store_prune_memories(cache_dir, opt->dry_run));
	json_object_set_new(report, "removed", removed);
	json_object_set_new(report, "kept", kept);
	return report;
}

void store_keep_limit(const char *cache_dir, struct progress *progress)
{
	const struct store_gc_options by_default = { 0 };
	_cleanup_json_ json_t *report = build_store_gc(cache_dir, &by_default, NULL);
	int64_t bytes = json_get_int(report, "bytes", 0);
	int64_t removed = json_get_int(report, "bytes_before", 0) - bytes;

	if (json_array_size(json_get_array(report, "removed")))
		progress_note(progress,
			      "removed %lld MB of the cache, longest unused first: its limit is "
			      "%lld MB (KLAB_STORE_LIMIT)",
			      (long long)(removed / 1000000),
			      (long long)(json_get_int(report, "limit_bytes", 0) / 1000000));
}

json_t *build_store_list(const char *cache_dir, struct err *err)
{
	_cleanup_(items_clear)
	struct items items = { 0 };
	json_t *array;

	if (collect_kind(&items, cache_dir, ITEM_KERNEL, err) < 0)
		return NULL;
	array = json_array();
	if (items.count)
		qsort(items.all, items.count, sizeof(*items.all), compare_items);
	for (size_t i = items.count; i-- > 0;) {
		const struct item *item = &items.all[i];
		_cleanup_free_ char *path = path_join(item->path, store_manifest_name);
		json_t *manifest;
		char when[32];

		if (item->kind != ITEM_KERNEL)
			continue;
		/* Removed by another klab since, or damaged: not in the list. */
		manifest = json_read_file(path, MANIFEST_MAX_BYTES, NULL);
		if (!manifest)
			continue;
		clock_format_utc(item->last_used_s, when);
		json_set_str(manifest, "last_used", when);
		json_set_int(manifest, "bytes", (int64_t)item->bytes);
		json_set_bool(manifest, "pinned", item->pinned);
		json_array_append_new(array, manifest);
	}
	return array;
}
