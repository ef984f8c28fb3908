// SPDX-License-Identifier: GPL-2.0-or-later
#include "build/gdb-scripts.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/tarball.h"

#define SCRIPTS_FOLDER "scripts/gdb/linux"

static const struct tarball_limits limits = { .files = 256, .bytes = 16 << 20 };

struct members {
	struct tarball_member *items;
	size_t count, capacity;
};

static void members_clear(struct members *m)
{
	for (size_t i = 0; i < m->count; i++) {
		free(m->items[i].name);
		free(m->items[i].path);
	}
	free(m->items);
}

/* Beside what a build makes are links into the source. */
static void add(struct members *m, const char *object_dir, const char *name)
{
	_cleanup_free_ char *link = path_join(object_dir, name);
	char *path = realpath(link, NULL);
	struct tarball_member *member;

	if (!path)
		return;
	member = vec_push(&m->items, &m->count, &m->capacity);
	member->name = xstrdup(name);
	member->path = path;
}

int gdb_scripts_pack(const char *object_dir, const char *to, bool *made, struct err *err)
{
	_cleanup_free_ char *folder = path_join(object_dir, SCRIPTS_FOLDER);
	_cleanup_free_ char *loader = path_join(object_dir, GDB_SCRIPTS_LOADER);
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_(members_clear)
	struct members m = { 0 };

	*made = false;
	if (!path_exists(folder) || !path_exists(loader))
		return 0;
	if (file_list_dir(folder, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *name = xasprintf(SCRIPTS_FOLDER "/%s", names.items[i]);

		if (str_ends(name, ".py"))
			add(&m, object_dir, name);
	}
	add(&m, object_dir, GDB_SCRIPTS_LOADER);
	if (tarball_write(to, m.items, m.count, err) < 0)
		return err_add(err, "the kernel's scripts for gdb");
	*made = true;
	return 0;
}

int gdb_scripts_unpack(const struct kernel *k, const char *dir, struct err *err)
{
	_cleanup_free_ char *from = path_join(k->dir, GDB_SCRIPTS_FILE);

	return path_exists(from) ? tarball_read(from, dir, &limits, err) : 0;
}
