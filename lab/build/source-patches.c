// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Patches on top of a revision: in our own checkout, which the next preparation takes back to a
 * revision. They are read once, when they are hashed.
 */
#include <stdlib.h>

#include "base/child.h"
#include "base/file.h"
#include "base/json.h"
#include "build/source.h"

enum { PATCH_MAX_BYTES = 64 << 20, APPLY_TIMEOUT_MS = 60000, LINE_MAX_BYTES = 1 << 20 };

int source_add_patches(struct source *s, const struct strv *paths, struct err *err)
{
	struct hasher *h;
	char hex[HASH_HEX_SIZE];
	char *hash;

	if (!paths || !paths->count)
		return 0;
	if (s->kind != SOURCE_GIT)
		return err_set(err, ERR_INPUT,
			       "%s: a patch is put on a revision of a git repository, as "
			       "REPOSITORY@REV",
			       s->path);
	s->patches = xcalloc(paths->count, sizeof(*s->patches));
	h = hasher_new();
	for (size_t i = 0; i < paths->count; i++) {
		struct source_patch *p = &s->patches[s->patch_count];

		p->text = file_read(paths->items[i], PATCH_MAX_BYTES, &p->length, err);
		if (!p->text) {
			hasher_end(h, hex);
			return err_add(err, "the patch %s", paths->items[i]);
		}
		s->patch_count++;
		p->name = xstrdup(path_base(paths->items[i]));
		hash_bytes(p->text, p->length, p->sha256);
		hasher_adds(h, p->sha256);
	}
	hasher_end(h, hex);
	hash = xasprintf("%s+patches:%s", s->tree_hash, hex);
	free(s->tree_hash);
	s->tree_hash = hash;
	return 0;
}

int source_apply_patches(const struct source *s, const char *folder, const char *const *env,
			 struct err *err)
{
	_cleanup_free_ char *path = path_join(folder, "patch");
	/* With an index as git makes them, a patch also applies where lines have moved. */
	const char *argv[] = { "git", "apply", "--3way", "--whitespace=nowarn", path, NULL };
	const struct child_spec spec = {
		.argv = argv, .cwd = s->dir, .env_set = env, .env_clean = true
	};

	for (size_t i = 0; i < s->patch_count; i++) {
		const struct source_patch *p = &s->patches[i];

		if (file_write_atomic(path, p->text, p->length, err) < 0)
			return -1;
		if (child_run_ok(&spec, APPLY_TIMEOUT_MS, LINE_MAX_BYTES, NULL, err) == 0)
			continue;
		/* The revision's fault, not the host's: it cannot be built so. */
		if (err && err->kind == ERR_HOST)
			err->kind = ERR_BUILD;
		return err_add(err, "the patch %s does not apply to %s", p->name, s->commit);
	}
	return 0;
}

json_t *source_patches_json(const struct source *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->patch_count; i++) {
		json_t *patch = json_object();

		json_set_str(patch, "name", s->patches[i].name);
		json_set_str(patch, "sha256", s->patches[i].sha256);
		json_array_append_new(list, patch);
	}
	return list;
}

void source_patches_clear(struct source *s)
{
	for (size_t i = 0; i < s->patch_count; i++) {
		free(s->patches[i].name);
		free(s->patches[i].text);
	}
	free(s->patches);
}
