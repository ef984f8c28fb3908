/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must not stay in an object tree, because make would take it for good. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <sys/stat.h>

#include "base/file.h"
#include "build/tree.h"

enum { CMD_HEAD_BYTES = 32 * 1024 };

/* A file's time may be this much older than the clock said when it was written. */
static const uint64_t clock_slack_ns = 1000000000;

/* ---- after a killed build ---- */

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

/* ---- after a file of the source has gone ---- */

/*
 * The source of the object that kbuild described in this file, when it lies in
 * the source tree: "source_block/bio.o := /src/linux/block/bio.c". Yours; NULL:
 * none, it was generated.
 */
static char *object_source(const char *cmd_path, const char *source_dir)
{
	_cleanup_free_ char *head = xcalloc(1, CMD_HEAD_BYTES);
	_cleanup_close_ int fd = open(cmd_path, O_RDONLY | O_CLOEXEC);
	char *line;

	if (fd < 0 || read(fd, head, CMD_HEAD_BYTES - 1) <= 0)
		return NULL;
	line = strstr(head, "\nsource_");
	line = line ? strstr(line, " := ") : NULL;
	if (!line || !str_starts(line + 4, source_dir))
		return NULL;
	line += 4;
	return strchr(line, '\n') ? xstrndup(line, strcspn(line, "\n")) : NULL;
}

/* .bio.o.cmd and bio.o. */
static int remove_object(const char *cmd_path, struct err *err)
{
	const char *name = path_base(cmd_path);
	_cleanup_free_ char *object =
		xasprintf("%.*s%.*s", (int)(name - cmd_path), cmd_path,
			  (int)(strlen(name) - strlen(".") - strlen(".cmd")), name + 1);

	if ((unlink(object) < 0 && errno != ENOENT) || unlink(cmd_path) < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot remove %s", object);
	return 0;
}

/*
 * make has no rule for an object without its source, and so leaves it alone: a
 * commit that removes a file and forgets its makefile would build here, and
 * nowhere else.
 */
static int remove_orphans(const char *obj, const char *source_dir, struct err *err)
{
	char *paths[] = { (char *)(uintptr_t)obj, NULL };
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	int result = 0;
	FTSENT *e;

	if (!fts)
		return err_set_errno(err, ERR_HOST, errno, "%s", obj);
	while (result == 0 && (e = fts_read(fts))) {
		_cleanup_free_ char *source = NULL;

		if (e->fts_name[0] != '.' || !str_ends(e->fts_name, ".o.cmd"))
			continue;
		source = object_source(e->fts_path, source_dir);
		if (source && !path_exists(source))
			result = remove_object(e->fts_path, err);
	}
	fts_close(fts);
	return result;
}

int tree_clean(struct tree *t, const struct source *s, bool was_building, struct err *err)
{
	if (!path_exists(t->obj))
		return 0;
	if (s->hidden_change_ns > t->last_build_ns && t->last_build_ns) {
		/* make goes by file times, and would miss that change. */
		t->last_build_ns = 0;
		t->complete = false;
		return file_remove_tree(t->obj, err);
	}
	if (was_building && remove_since(t->obj, t->last_build_ns, err) < 0)
		return -1;
	return remove_orphans(t->obj, s->dir, err);
}
