// SPDX-License-Identifier: GPL-2.0-or-later
#include "build/git.h"

#include "base/child.h"

enum { GIT_TIMEOUT_MS = 10 * 60000 };

int git_read(const char *repo, const char *const *words, size_t max_bytes, struct strbuf *out,
	     struct err *err)
{
	/*
	 * A hook or a bisect that called us may have named another repository; safe.directory
	 * may stand in any of the user's files.
	 */
	static const char *const env[] = {
		"GIT_OPTIONAL_LOCKS=0",
		"GIT_DIR",
		"GIT_WORK_TREE",
		"GIT_INDEX_FILE",
		"GIT_COMMON_DIR",
		"GIT_OBJECT_DIRECTORY",
		"GIT_NAMESPACE",
		"GIT_CEILING_DIRECTORIES",
		"LC_ALL=C",
		NULL,
	};
	_cleanup_strv_ struct strv argv = { 0 };
	struct child_spec spec = { .env_set = env };

	strv_add(&argv, "git");
	strv_add(&argv, "-C");
	strv_add(&argv, repo);
	for (; *words; words++)
		strv_add(&argv, *words);
	spec.argv = (const char *const *)argv.items;
	return child_run_ok(&spec, GIT_TIMEOUT_MS, max_bytes, out, err);
}
