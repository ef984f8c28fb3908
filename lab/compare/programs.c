// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the steps brought into the guest: compiled C files, scripts, filesystems. The plan only
 * names them; that they are the same is told by their contents, in initramfs.json.
 */
#include "base/json.h"
#include "compare/compare-internal.h"

#define OF_THE_CASE "/klab/"
/* Not of the case: the plan has the nonce, which the kernel is part of, and the loader is ours. */
#define THE_PLAN   "/klab/plan"
#define THE_LOADER "/klab/bin/bpf-loader"

/* {path: sha256} of what the case brought. New reference. */
static json_t *brought(const struct run_facts *run)
{
	json_t *out = json_object(), *file;
	size_t i;

	json_array_foreach (json_get_array(run->initramfs, "files"), i, file) {
		const char *path = json_get_str(file, "path", "");

		if (str_starts(path, OF_THE_CASE) && !str_eq(path, THE_PLAN) &&
		    !str_eq(path, THE_LOADER))
			json_set_str(out, path, json_get_str(file, "sha256", "?"));
	}
	return out;
}

static bool needs_compiler(const struct run_facts *run)
{
	json_t *step;
	size_t i;

	/* A mount has a `source` too. */
	json_array_foreach (json_get_array(run->plan, "steps"), i, step)
		if (str_ends(json_get_str(json_object_get(step, "args"), "source", ""), ".c"))
			return true;
	return false;
}

/* A file of one of them that the other has not, or has otherwise. Borrowed; NULL: none. */
static const char *first_other(json_t *a, json_t *b)
{
	const char *path;
	json_t *hash;

	json_object_foreach (a, path, hash)
		if (!json_equal(hash, json_object_get(b, path)))
			return path;
	json_object_foreach (b, path, hash)
		if (!json_object_get(a, path))
			return path;
	return NULL;
}

void compare_programs(struct compare_sides *c, const struct compare_side *side,
		      const struct run_facts *run)
{
	const struct compare_side *like = compare_same_case(c, side);
	const struct run_facts *first = &like->runs[0];
	_cleanup_json_ json_t *ours = brought(run);
	_cleanup_json_ json_t *theirs = brought(first);
	const char *path;

	if (!run->initramfs || !first->initramfs) {
		if (run != first && needs_compiler(run))
			compare_reason(c, "broken", run->initramfs ? first->dir : run->dir,
				       "no initramfs.json: nobody can say whether the runs of %s "
				       "and %s had the same programs",
				       like->name, side->name);
		return;
	}
	path = first_other(ours, theirs);
	if (path)
		compare_reason(c, "broken", run->dir,
			       "not the same test: %s of this run of %s is not that of the first "
			       "run of %s: another source, compiler or tool made it",
			       path, side->name, like->name);
}
