// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/packed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "base/tarball.h"

/* A kernel with its symbols is some 200 MB, a recording some 10 MB. */
static const struct tarball_limits limits = { .files = 4096, .bytes = 4ull << 30 };

enum { KEEP_TRIES = 1000 };

bool packed_is_file(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 && S_ISREG(st.st_mode);
}

/* A pack has one folder, the run's, and that is a run. */
static int find_run(struct packed *p, const char *file, struct err *err)
{
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_free_ char *run_json = NULL;

	if (file_list_dir(p->folder, &names, err) < 0)
		return -1;
	if (names.count == 1) {
		p->run_dir = path_join(p->folder, names.items[0]);
		run_json = path_join(p->run_dir, "run.json");
		if (path_exists(run_json))
			return 0;
	}
	return err_set(err, ERR_INPUT, "%s: no pack of klab: expected one run in it", file);
}

int packed_open(struct packed *p, const char *file, const char *out_dir, struct err *err)
{
	_cleanup_free_ char *folder = path_join(out_dir, ".packed-XXXXXX");

	*p = (struct packed){ .out_dir = xstrdup(out_dir), .made_out_dir = !path_exists(out_dir) };
	if (file_mkdir_p(out_dir, err) < 0)
		return -1;
	if (!mkdtemp(folder))
		return err_set_errno(err, ERR_HOST, errno, "cannot make a folder in %s", out_dir);
	p->folder = take_ptr(&folder);
	if (tarball_read(file, p->folder, &limits, err) < 0)
		return -1;
	return find_run(p, file, err);
}

char *packed_keep(struct packed *p, struct err *err)
{
	const char *id = path_base(p->run_dir);

	for (int i = 1; i < KEEP_TRIES; i++) {
		_cleanup_free_ char *name = i == 1 ? xstrdup(id) : xasprintf("%s-%d", id, i);
		_cleanup_free_ char *to = path_join(p->out_dir, name);

		/* A folder takes the place of no other one that has something in it. */
		if (path_exists(to))
			continue;
		if (rename(p->run_dir, to) == 0)
			return take_ptr(&to);
		if (errno != EEXIST && errno != ENOTEMPTY) {
			err_set_errno(err, ERR_HOST, errno, "cannot make %s", to);
			return NULL;
		}
	}
	err_set(err, ERR_HOST, "no free name for %s in %s", id, p->out_dir);
	return NULL;
}

void packed_clear(struct packed *p)
{
	if (!p)
		return;
	if (p->folder)
		file_remove_tree(p->folder, NULL);
	/* Only when nothing is in it. */
	if (p->made_out_dir)
		rmdir(p->out_dir);
	free(p->folder);
	free(p->run_dir);
	free(p->out_dir);
	*p = (struct packed){ 0 };
}
