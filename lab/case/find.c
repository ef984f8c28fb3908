// SPDX-License-Identifier: GPL-2.0-or-later
/* Cases and fragments by name. */
#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "case/case.h"
#include "case/mistakes.h"

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* cases/NAME.yaml and cases/SUBJECT/NAME.yaml, no deeper: a subject is one folder. */
static int list_folder(const char *dir, bool subjects, struct strv *paths, struct err *err)
{
	_cleanup_strv_ struct strv names = { 0 };
	size_t i;

	if (file_list_dir(dir, &names, err) < 0)
		return -1;
	for (i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(dir, names.items[i]);

		if (names.items[i][0] == '.')
			continue;
		if (is_dir(path)) {
			if (subjects && list_folder(path, false, paths, err) < 0)
				return -1;
		} else if (str_ends(path, ".yaml")) {
			strv_add_take(paths, take_ptr(&path));
		}
	}
	return 0;
}

int case_list(const char *data_dir, struct strv *paths, struct err *err)
{
	_cleanup_free_ char *dir = path_join(data_dir, "cases");

	return list_folder(dir, true, paths, err);
}

static char *name_of(const char *path)
{
	const char *base = path_base(path);

	return xstrndup(base, strlen(base) - strlen(".yaml"));
}

static char *find_by_name(const char *name, const struct strv *paths, struct err *err)
{
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_free_ char *hint = NULL;
	const char *found = NULL;
	size_t i;

	for (i = 0; i < paths->count; i++) {
		strv_add_take(&names, name_of(paths->items[i]));
		if (!str_eq(names.items[i], name))
			continue;
		if (found) {
			err_set(err, ERR_INPUT,
				"two cases are called `%s`: %s and %s; expected a path", name,
				found, paths->items[i]);
			return NULL;
		}
		found = paths->items[i];
	}
	if (found)
		return xstrdup(found);
	hint = mistakes_hint(name, (const char *const *)names.items, names.count);
	err_set(err, ERR_INPUT,
		"no case `%.200s`%s; expected the path of a .yaml file, or a name that `klab list "
		"cases` lists",
		name, hint);
	return NULL;
}

char *case_find(const char *name_or_path, const char *data_dir, struct err *err)
{
	_cleanup_strv_ struct strv paths = { 0 };

	if (strchr(name_or_path, '/') || str_ends(name_or_path, ".yaml") ||
	    str_ends(name_or_path, ".yml")) {
		if (path_exists(name_or_path))
			return xstrdup(name_or_path);
		err_set_errno(err, ERR_INPUT, ENOENT, "%s", name_or_path);
		return NULL;
	}
	if (case_list(data_dir, &paths, err) < 0)
		return NULL;
	return find_by_name(name_or_path, &paths, err);
}

char *case_fragment_path(const char *name, const char *data_dir)
{
	_cleanup_free_ char *file = NULL;

	if (strchr(name, '/') || str_ends(name, ".config"))
		return xstrdup(name);
	file = xasprintf("kconfigs/%s.config", name);
	return path_join(data_dir, file);
}

int case_split_fragments(const char *value, struct strv *out, struct err *err)
{
	_cleanup_strv_ struct strv parts = { 0 };

	if (path_exists(value)) {
		strv_add(out, value);
		return 0;
	}
	strv_split(&parts, value, '+');
	for (size_t i = 0; i < parts.count; i++)
		if (!parts.items[i][0])
			return err_set(err, ERR_INPUT,
				       "'%s': expected fragments joined by '+', as in base+fault",
				       value);
	strv_add_strv(out, &parts);
	return 0;
}

int case_check_fragments(const struct case_file *c, const char *data_dir, struct strv *mistakes,
			 struct err *err)
{
	_cleanup_mistakes_ struct mistakes m = { 0 };
	_cleanup_strv_ struct strv files = { 0 }, names = { 0 };
	_cleanup_free_ char *dir = path_join(data_dir, "kconfigs");
	size_t i;

	if (file_list_dir(dir, &files, err) < 0)
		return -1;
	for (i = 0; i < files.count; i++)
		if (str_ends(files.items[i], ".config"))
			strv_add_take(&names, xstrndup(files.items[i],
						       strlen(files.items[i]) - strlen(".config")));
	for (i = 0; i < c->fragments.count; i++) {
		const char *name = c->fragments.items[i];
		_cleanup_free_ char *path = case_fragment_path(name, data_dir);
		_cleanup_free_ char *hint = NULL;

		if (path_exists(path))
			continue;
		hint = mistakes_hint(name, (const char *const *)names.items, names.count);
		mistakes_add(&m, c->fragment_places[i].line, c->fragment_places[i].column,
			     "no fragment `%.60s`%s; expected a name that `klab list kconfigs` "
			     "lists, or a path",
			     name, hint);
	}
	return mistakes_report(&m, c->path, mistakes, err);
}
