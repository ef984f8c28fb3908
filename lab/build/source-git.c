/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A revision of a git repository. It is checked out below the cache by a
 * repository of our own that borrows the user's objects (alternates): nothing
 * is written into the user's repository, not even a worktree's entry. The
 * checkout stays and moves from revision to revision, so that only what
 * changed gets a new time and is compiled again.
 */
#include <errno.h>

#include "base/child.h"
#include "base/file.h"
#include "build/git.h"
#include "build/source.h"
#include "build/toolchain.h"

enum { GIT_TIMEOUT_MS = 60000, CHECKOUT_TIMEOUT_MS = 20 * 60000, LINE_MAX_BYTES = 1 << 20 };

/* One line that git prints about the user's repository; yours. */
static char *ask(const struct source *s, const char *const *words, struct err *err)
{
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_strbuf_ struct strbuf out = { 0 };

	strv_add(&argv, "rev-parse");
	for (; *words; words++)
		strv_add(&argv, *words);
	if (git_read(s->path, (const char *const *)argv.items, LINE_MAX_BYTES, &out, err) < 0)
		return NULL;
	while (out.length && out.data[out.length - 1] == '\n')
		out.data[--out.length] = '\0';
	return strbuf_take(&out);
}

int source_git_open(struct source *s, struct err *err)
{
	_cleanup_free_ char *commit = xasprintf("%s^{commit}", s->rev);
	_cleanup_free_ char *tree_of = NULL;
	_cleanup_free_ char *tree = NULL;
	_cleanup_free_ char *git_dir = NULL;

	if (!*s->rev || s->rev[0] == '-')
		return err_set(err, ERR_INPUT, "%s@%s: expected a revision after the @", s->path,
			       s->rev);
	if (toolchain_need("git", "for a revision of a repository", err) < 0)
		return -1;
	git_dir = ask(s, (const char *const[]){ "--absolute-git-dir", NULL }, err);
	if (!git_dir) {
		/* Or one that git will not read. */
		if (err && strstr(err->msg, "not a git repository"))
			return err_set(err, ERR_INPUT, "%s@%s: no git repository", s->path, s->rev);
		return err_add(err, "%s@%s", s->path, s->rev);
	}
	s->commit = ask(s, (const char *const[]){ "--verify", "--quiet", commit, NULL }, err);
	if (!s->commit) {
		if (err && err->kind == ERR_HOST)
			err_set(err, ERR_INPUT, "%s has no revision %s", s->path, s->rev);
		return -1;
	}
	tree_of = xasprintf("%s^{tree}", s->commit);
	tree = ask(s, (const char *const[]){ "--verify", tree_of, NULL }, err);
	if (!tree)
		return err_add(err, "%s@%s", s->path, s->rev);
	s->tree_hash = xasprintf("git:%s", tree);
	s->dir = xasprintf("%s/worktrees/%.16s/tree", s->cache_dir, s->id);
	return 0;
}

/* ---- our own repository ---- */

/* Nothing of the user's environment has a say in it. */
static int run_git(const char *const *argv, const char *cwd, const char *const *env,
		   uint64_t timeout_ms, struct err *err)
{
	const struct child_spec spec = {
		.argv = argv, .cwd = cwd, .env_set = env, .env_clean = true
	};

	return child_run_ok(&spec, timeout_ms, LINE_MAX_BYTES, NULL, err);
}

/* The user's settings could rewrite line ends or run filters: the same commit must give the same
 * bytes. */
#define CLEAN_GIT                                                                                  \
	"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C"

static int borrow_objects(const struct source *s, const char *git_dir, struct err *err)
{
	static const char *const words[] = { "--path-format=absolute", "--git-path", "objects",
					     NULL };
	_cleanup_free_ char *objects = ask(s, words, err);
	_cleanup_free_ char *path = path_join(git_dir, "objects/info/alternates");
	_cleanup_free_ char *line = NULL;

	if (!objects)
		return -1;
	line = xasprintf("%s\n", objects);
	return file_write_atomic(path, line, strlen(line), err);
}

static int init_own(const char *git_dir, const char *const *env, struct err *err)
{
	_cleanup_free_ char *info = path_join(git_dir, "objects/info");
	const char *argv[] = { "git", "init", "--quiet", "--template=", NULL };

	if (path_exists(info))
		return 0;
	if (run_git(argv, NULL, env, GIT_TIMEOUT_MS, err) < 0)
		return -1;
	return file_mkdir_p(info, err);
}

static int check_out(const struct source *s, const char *git_dir, const char *const *env,
		     struct err *err)
{
	_cleanup_free_ char *index_lock = path_join(git_dir, "index.lock");
	const char *checkout[] = { "git",
				   "-c",
				   "core.hooksPath=/dev/null",
				   "-c",
				   "advice.detachedHead=false",
				   "checkout",
				   "--quiet",
				   "--force",
				   "--detach",
				   s->commit,
				   NULL };
	const char *clean[] = { "git", "clean", "-ffdxq", NULL };

	/* We hold the lock: a lock file here is a killed checkout's. */
	if (unlink(index_lock) < 0 && errno != ENOENT)
		return err_set_errno(err, ERR_HOST, errno, "%s", index_lock);
	if (run_git(checkout, s->dir, env, CHECKOUT_TIMEOUT_MS, err) < 0 ||
	    run_git(clean, s->dir, env, CHECKOUT_TIMEOUT_MS, err) < 0)
		return err_add(err, "checking out %s of %s", s->rev, s->path);
	return 0;
}

int source_git_prepare(struct source *s, struct progress *progress, struct err *err)
{
	_cleanup_free_ char *folder = xasprintf("%s/worktrees/%.16s", s->cache_dir, s->id);
	_cleanup_free_ char *git_dir = path_join(folder, "git");
	_cleanup_free_ char *lock_path = path_join(folder, "lock");
	_cleanup_free_ char *env_git_dir = xasprintf("GIT_DIR=%s", git_dir);
	_cleanup_free_ char *env_tree = xasprintf("GIT_WORK_TREE=%s", s->dir);
	const char *env[] = { env_git_dir, env_tree, CLEAN_GIT, NULL };
	_cleanup_free_ char *kconfig = path_join(s->dir, "Kconfig");
	int result;

	if (s->lock_fd >= 0)
		return 0;
	if (file_mkdir_p(s->dir, err) < 0)
		return -1;
	s->lock_fd =
		source_lock(lock_path, "it uses the checkout of this repository", progress, err);
	if (s->lock_fd < 0)
		return -1;
	progress_update(progress, "checking out the source", 0, 0, -1);
	result = init_own(git_dir, env, err) < 0 || borrow_objects(s, git_dir, err) < 0 ||
				 check_out(s, git_dir, env, err) < 0 ||
				 source_apply_patches(s, folder, env, err) < 0
			 ? -1
			 : 0;
	progress_end(progress);
	if (result == 0 && !path_exists(kconfig))
		return err_set(err, ERR_INPUT, "%s@%s is no kernel source: it has no Kconfig",
			       s->path, s->rev);
	return result;
}
