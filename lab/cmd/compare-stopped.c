// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/compare-stopped.h"

#include "base/file.h"

#define DEFAULT_OUT "runs" /* of struct options */

/* "wbt-on 2, wbt-off 1". */
static void add_counts(struct strbuf *out, const struct sides *sides)
{
	for (size_t s = 0; s < sides->count; s++)
		strbuf_addf(out, "%s%s %zu", s ? ", " : "", sides->list[s].name,
			    sides->list[s].run_dirs.count);
}

/* Their ids, which hold in the folder of the runs. */
static void add_ids(struct strbuf *out, const struct strv *dirs)
{
	_cleanup_strv_ struct strv ids = { 0 };
	_cleanup_free_ char *list = NULL;

	for (size_t i = 0; i < dirs->count; i++)
		strv_add(&ids, path_base(dirs->items[i]));
	list = strv_join(&ids, ",");
	strbuf_addc(out, ' ');
	strbuf_add_shell(out, list);
}

static void add_diff(struct strbuf *out, const struct sides *sides, size_t other,
		     const char *out_dir)
{
	strbuf_adds(out, "\n  klab diff");
	if (!str_eq(out_dir, DEFAULT_OUT)) {
		strbuf_adds(out, " -o ");
		strbuf_add_shell(out, out_dir);
	}
	add_ids(out, &sides->list[0].run_dirs);
	add_ids(out, &sides->list[other].run_dirs);
}

static void add_runs(struct strbuf *out, const struct sides *sides)
{
	for (size_t s = 0; s < sides->count; s++)
		for (size_t r = 0; r < sides->list[s].run_dirs.count; r++)
			strbuf_addf(out, "\n  %s", sides->list[s].run_dirs.items[r]);
}

char *compare_stopped_text(const struct sides *sides, int planned, const char *out_dir)
{
	size_t done = 0, with_runs = 0;
	struct strbuf out = { 0 };

	for (size_t s = 0; s < sides->count; s++) {
		done += sides->list[s].run_dirs.count;
		with_runs += sides->list[s].run_dirs.count > 0;
	}
	strbuf_addf(&out, "%zu of %zu runs are done", done, sides->count * (size_t)planned);
	if (!done)
		return strbuf_take(&out);
	strbuf_adds(&out, " (");
	add_counts(&out, sides);
	/* Sides take turns: one that has a run comes after the first that has. */
	if (with_runs < 2) {
		strbuf_adds(&out, "), of one side, and nothing to compare:");
		add_runs(&out, sides);
		return strbuf_take(&out);
	}
	strbuf_adds(&out, ");\nwhat there is is judged by");
	for (size_t s = 1; s < sides->count; s++)
		if (sides->list[s].run_dirs.count)
			add_diff(&out, sides, s, out_dir);
	return strbuf_take(&out);
}
