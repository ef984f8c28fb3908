/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The content hash of a directory: every file's path, mode and SHA-256, but for
 * .git and for runs/ at the top, where klab puts its own when it is started
 * there: each run would make another source of it. The
 * hashes are remembered with the file's identity (inode, size, mtime, ctime),
 * so that a second look costs one stat a file; a file that changed within the
 * clock's tick of the first look is read again.
 *
 * The memory is one file, in the order of the walk:
 *     magic, struct head, then for each entry: struct entry, path, NUL.
 */
#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "build/source.h"

enum {
	MEMORY_MAX_BYTES = 256 << 20,
	LINK_MAX_BYTES = 4096,
	DEPTH_MAX = 64,
	PROGRESS_EVERY = 1024,
};

/* Coarser than any file system's clock. */
static const uint64_t tick_ns = 2000000000;

static const char magic[8] = "klabdir2";

struct head {
	uint64_t looked_ns;	   /* when the walk began */
	uint64_t hidden_change_ns; /* see struct source */
	uint64_t entries;
};

struct entry {
	uint64_t dev, inode, size, mtime_ns, ctime_ns;
	uint32_t mode;
	uint32_t path_length;
	uint8_t sha[SHA256_DIGEST_SIZE];
};

struct walk {
	struct source *source;
	struct progress *progress;
	struct err *err;
	char *old; /* the memory of the look before, NULL: none */
	size_t old_length, old_at;
	struct head old_head;
	struct strbuf new;
	struct sha256_ctx sha; /* over the whole */
	struct strbuf path;    /* relative to the directory */
	uint64_t now_ns, entries;
	bool hidden_change;
	bool changed; /* anything differs from the memory */
};

static uint64_t ns_of(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * 1000000000 + (uint64_t)t->tv_nsec;
}

/* ---- the memory ---- */

/* The entry at old_at, and its path; false at the end or where the file is damaged. */
static bool old_peek(const struct walk *w, struct entry *e, const char **path)
{
	size_t left = w->old_length - w->old_at;

	if (!w->old || left < sizeof(*e))
		return false;
	memcpy(e, w->old + w->old_at, sizeof(*e));
	if (left - sizeof(*e) < (size_t)e->path_length + 1)
		return false;
	*path = w->old + w->old_at + sizeof(*e);
	return (*path)[e->path_length] == '\0';
}

static void old_skip(struct walk *w, const struct entry *e)
{
	w->old_at += sizeof(*e) + e->path_length + 1;
}

/* Order of the walk: folder by folder, names by bytes; so '/' sorts before everything. */
static int compare_paths(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (*a == *b)
		return 0;
	if (!*a || *a == '/')
		return *b == '/' || !*b ? (*a ? 1 : -1) : -1;
	if (!*b || *b == '/')
		return 1;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

/* What is remembered of `path`; passes those before it, which are no longer there. */
static bool old_find(struct walk *w, const char *path, struct entry *e)
{
	const char *old_path;

	while (old_peek(w, e, &old_path)) {
		int order = compare_paths(old_path, path);

		if (order > 0)
			return false;
		old_skip(w, e);
		if (order == 0)
			return true;
		w->changed = true; /* gone; its object goes when the tree is opened */
	}
	return false;
}

static void load_memory(struct walk *w, const char *path)
{
	w->old = file_read(path, MEMORY_MAX_BYTES, &w->old_length, NULL);
	w->old_at = sizeof(magic) + sizeof(w->old_head);
	if (!w->old || w->old_length < w->old_at || memcmp(w->old, magic, sizeof(magic)) != 0) {
		free(take_ptr(&w->old));
		return;
	}
	memcpy(&w->old_head, w->old + sizeof(magic), sizeof(w->old_head));
}

static int save_memory(struct walk *w, const char *path, struct err *err)
{
	struct head head = {
		.looked_ns = w->now_ns,
		.hidden_change_ns = w->source->hidden_change_ns,
		.entries = w->entries,
	};

	memcpy(w->new.data, magic, sizeof(magic));
	memcpy(w->new.data + sizeof(magic), &head, sizeof(head));
	return file_write_atomic(path, w->new.data, w->new.length, err);
}

/* ---- one entry ---- */

static int hash_content(struct walk *w, int dir_fd, const char *name, struct entry *e)
{
	struct sha256_ctx sha;
	uint8_t chunk[64 * 1024];
	ssize_t n;

	sha256_init(&sha);
	if (S_ISLNK(e->mode)) {
		n = readlinkat(dir_fd, name, (char *)chunk, LINK_MAX_BYTES);
		if (n < 0)
			return err_set_errno(w->err, ERR_HOST, errno,
					     "cannot read the source %s/%s", w->source->path,
					     w->path.data);
		sha256_update(&sha, (size_t)n, chunk);
	} else {
		_cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

		while (fd >= 0 && (n = read(fd, chunk, sizeof(chunk))) > 0)
			sha256_update(&sha, (size_t)n, chunk);
		if (fd < 0 || n < 0)
			return err_set_errno(w->err, ERR_HOST, errno,
					     "cannot read the source %s/%s", w->source->path,
					     w->path.data);
	}
	sha256_digest(&sha, sizeof(e->sha), e->sha);
	return 0;
}

/* The same file as remembered, and old enough then that a later change has another time. */
static bool is_known(const struct walk *w, const struct entry *e, const struct entry *old)
{
	return e->dev == old->dev && e->inode == old->inode && e->size == old->size &&
	       e->mtime_ns == old->mtime_ns && e->ctime_ns == old->ctime_ns &&
	       e->mode == old->mode && old->ctime_ns + tick_ns < w->old_head.looked_ns;
}

static int add_file(struct walk *w, int dir_fd, const char *name, const struct stat *st)
{
	struct entry old, e = {
		.dev = st->st_dev,
		.inode = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime_ns = ns_of(&st->st_mtim),
		.ctime_ns = ns_of(&st->st_ctim),
		.mode = st->st_mode,
		.path_length = (uint32_t)w->path.length,
	};
	bool remembered = old_find(w, w->path.data, &old);
	uint8_t executable = (st->st_mode & 0111) != 0;

	if (remembered && is_known(w, &e, &old)) {
		memcpy(e.sha, old.sha, sizeof(e.sha));
	} else {
		if (hash_content(w, dir_fd, name, &e) < 0)
			return -1;
		if (!remembered || memcmp(e.sha, old.sha, sizeof(e.sha)) != 0) {
			w->changed = true;
			/* make goes by mtime: this change is one it cannot see. */
			if (w->old && e.mtime_ns <= w->old_head.looked_ns)
				w->hidden_change = true;
		}
	}
	strbuf_add(&w->new, &e, sizeof(e));
	strbuf_add(&w->new, w->path.data, w->path.length + 1);
	sha256_update(&w->sha, w->path.length + 1, (const uint8_t *)w->path.data);
	sha256_update(&w->sha, 1, &executable);
	sha256_update(&w->sha, sizeof(e.sha), e.sha);
	if (++w->entries % PROGRESS_EVERY == 0) {
		progress_update(w->progress, "hashing the source", w->entries, w->old_head.entries,
				-1);
		if (cancel_requested())
			return err_set(w->err, ERR_CANCELLED, "interrupted");
	}
	return 0;
}

/* ---- the walk ---- */

static int read_names(struct walk *w, int fd, struct strv *names)
{
	_cleanup_closedir_ DIR *dir = NULL;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	struct dirent *d;

	dir = copy >= 0 ? fdopendir(copy) : NULL;
	if (!dir) {
		if (copy >= 0)
			close(copy);
		return err_set_errno(w->err, ERR_HOST, errno, "cannot read the source %s/%s",
				     w->source->path, w->path.data ? w->path.data : "");
	}
	errno = 0;
	while ((d = readdir(dir)))
		if (!str_eq(d->d_name, ".") && !str_eq(d->d_name, "..") &&
		    !str_eq(d->d_name, ".git"))
			strv_add(names, d->d_name);
	if (errno)
		return err_set_errno(w->err, ERR_HOST, errno, "cannot read the source %s/%s",
				     w->source->path, w->path.data ? w->path.data : "");
	strv_sort(names);
	return 0;
}

static int walk_dir(struct walk *w, int fd, int depth);

static int walk_entry(struct walk *w, int fd, const char *name, int depth)
{
	struct stat st;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_set_errno(w->err, ERR_HOST, errno, "cannot read the source %s/%s",
				     w->source->path, w->path.data);
	if (S_ISDIR(st.st_mode)) {
		_cleanup_close_ int sub =
			openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

		if (depth == 0 && str_eq(name, "runs"))
			return 0;
		if (sub < 0)
			return err_set_errno(w->err, ERR_HOST, errno,
					     "cannot read the source %s/%s", w->source->path,
					     w->path.data);
		return walk_dir(w, sub, depth + 1);
	}
	if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return 0; /* sockets and the like are nothing to compile */
	return add_file(w, fd, name, &st);
}

static int walk_dir(struct walk *w, int fd, int depth)
{
	_cleanup_strv_ struct strv names = { 0 };
	size_t length = w->path.length;

	if (depth > DEPTH_MAX)
		return err_set(w->err, ERR_HOST, "%s is too deep", w->source->path);
	if (read_names(w, fd, &names) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		int result;

		if (length)
			strbuf_addc(&w->path, '/');
		strbuf_adds(&w->path, names.items[i]);
		result = walk_entry(w, fd, names.items[i], depth);
		w->path.length = length;
		if (w->path.data)
			w->path.data[length] = '\0';
		if (result < 0)
			return -1;
	}
	return 0;
}

static void set_tree_hash(struct walk *w)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct strbuf text = { 0 };

	sha256_digest(&w->sha, sizeof(digest), digest);
	strbuf_adds(&text, "sha256:");
	for (size_t i = 0; i < sizeof(digest); i++) {
		strbuf_addc(&text, digits[digest[i] >> 4]);
		strbuf_addc(&text, digits[digest[i] & 15]);
	}
	w->source->tree_hash = strbuf_take(&text);
}

static int walk_all(struct walk *w, const char *memory)
{
	static const char blank[sizeof(magic) + sizeof(struct head)];
	_cleanup_close_ int fd = open(w->source->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct entry e;
	const char *path;

	if (fd < 0)
		return err_set_errno(w->err, ERR_HOST, errno, "cannot read the source %s",
				     w->source->path);
	strbuf_add(&w->new, blank, sizeof(blank));
	sha256_init(&w->sha);
	if (walk_dir(w, fd, 0) < 0)
		return -1;
	if (old_peek(w, &e, &path))
		w->changed = true; /* the last ones are gone */
	/* Without a memory nobody knows what happened since the last build. */
	if (!w->old)
		w->hidden_change = true;
	w->source->hidden_change_ns = w->hidden_change ? w->now_ns : w->old_head.hidden_change_ns;
	set_tree_hash(w);
	/* Also when nothing changed: the later look makes more files certain. */
	if (w->old && !w->changed && w->old_head.looked_ns + 60 * tick_ns > w->now_ns)
		return 0;
	return save_memory(w, memory, w->err);
}

int source_dir_hash(struct source *s, struct progress *progress, struct err *err)
{
	_cleanup_free_ char *folder = path_join(s->cache_dir, "hashes");
	_cleanup_free_ char *memory = xasprintf("%s/%.16s.dir", folder, s->id);
	struct walk w = { .source = s, .progress = progress, .err = err };
	struct timespec now;
	int result;

	if (file_mkdir_p(folder, err) < 0)
		return -1;
	clock_gettime(CLOCK_REALTIME, &now);
	w.now_ns = ns_of(&now);
	load_memory(&w, memory);
	result = walk_all(&w, memory);
	progress_end(progress);
	free(w.old);
	strbuf_clear(&w.new);
	strbuf_clear(&w.path);
	return result;
}
