// SPDX-License-Identifier: GPL-2.0-or-later
#include "build/build-inputs.h"

#include <errno.h>
#include <fts.h>

#include "base/file.h"

enum { CMD_MAX_BYTES = 4 << 20, INPUTS_MAX_BYTES = 64 << 20 };

/* "a/b/../c" -> "a/c", in place. What would leave the source stays as it is. */
static void normalize(char *path)
{
	char *up;

	while ((up = strstr(path, "/../"))) {
		char *before = up;

		while (before > path && before[-1] != '/')
			before--;
		if (before == up)
			return;
		memmove(before, up + strlen("/../"), strlen(up + strlen("/../")) + 1);
	}
}

/* Every word of the file that is a path in the source. */
static void add_paths(struct strv *paths, const char *text, const char *prefix)
{
	static const char ends[] = " \t\n\\\"'();,:";

	for (const char *p = strstr(text, prefix); p; p = strstr(p, prefix)) {
		size_t length;
		char *path;

		p += strlen(prefix);
		length = strcspn(p, ends);
		path = xstrndup(p, length);
		normalize(path);
		if (*path)
			strv_add_take(paths, path);
		else
			free(path);
		p += length;
	}
}

static int read_notes(struct strv *paths, const char *object_dir, const char *prefix,
		      struct err *err)
{
	char *roots[] = { (char *)(uintptr_t)object_dir, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	int result = 0;
	FTSENT *e;

	if (!fts)
		return err_set_errno(err, ERR_HOST, errno, "%s", object_dir);
	while (result == 0 && (e = fts_read(fts))) {
		_cleanup_free_ char *text = NULL;

		if (e->fts_name[0] != '.' || !str_ends(e->fts_name, ".cmd"))
			continue;
		text = file_read(e->fts_path, CMD_MAX_BYTES, NULL, err);
		if (text)
			add_paths(paths, text, prefix);
		else
			result = -1;
	}
	fts_close(fts);
	return result;
}

int build_inputs_write(const char *object_dir, const char *source_dir, const char *to,
		       struct err *err)
{
	_cleanup_free_ char *prefix = xasprintf("%s/", source_dir);
	_cleanup_strv_ struct strv paths = { 0 };
	_cleanup_strbuf_ struct strbuf text = { 0 };

	if (read_notes(&paths, object_dir, prefix, err) < 0)
		return err_add(err, "what the kernel was built of");
	strv_sort(&paths);
	for (size_t i = 0; i < paths.count; i++) {
		if (i && str_eq(paths.items[i], paths.items[i - 1]))
			continue;
		strbuf_adds(&text, paths.items[i]);
		strbuf_addc(&text, '\n');
	}
	return file_write_atomic(to, text.data ? text.data : "", text.length, err);
}

bool build_inputs_read(const struct kernel *k, struct strv *paths)
{
	_cleanup_free_ char *from = path_join(k->dir, BUILD_INPUTS_FILE);
	size_t length = 0;
	_cleanup_free_ char *text = file_read(from, INPUTS_MAX_BYTES, &length, NULL);

	if (!text || !length)
		return false;
	text[length - 1] = '\0'; /* the last newline */
	strv_split(paths, text, '\n');
	return true;
}
