// SPDX-License-Identifier: GPL-2.0-or-later
/* The fields of a night's plan, and their help. */
#include "plan/night.h"

/* clang-format off */
#define AT(member) offsetof(struct night_plan, member)

const struct field night_field_table[] = {
	{ NULL, "sources", FIELD_PATTERNS, false, NULL, AT(matrix.sources), 0, 0, 0,
	  "kernel sources: folders, tarballs, PATH@REV of git repositories, or `default`, the "
	  "newest installed tarball, as when nothing is said" },
	{ NULL, "kconfigs", FIELD_PATTERNS, false, NULL, AT(matrix.kconfigs), 0, 0, 0,
	  "config fragments, each as base+fault, or `own`, those of the case, as when nothing is "
	  "said" },
	{ NULL, "toggles", FIELD_PATTERNS, false, NULL, AT(matrix.toggles), 0, 0, 0,
	  "a fragment more, each as wbt-on or kasan+slub, or `none`" },
	{ NULL, "cases", FIELD_PATTERNS, false, NULL, AT(matrix.cases), 0, 0, 0,
	  "cases: names or groups of `klab list cases` as patterns (swap-*, swap/*, *), or paths" },
	{ NULL, "mode", FIELD_MODE, false, "free", AT(matrix.mode), 0, 0, 0,
	  "free, deterministic or record" },
	{ NULL, "seeds", FIELD_SEEDS, false, "1", AT(matrix.seed), 0, 0, 0,
	  "a seed, or several as 1..50, each a boot" },
	{ NULL, "repeat", FIELD_COUNT, false, "1", AT(matrix.repeat), 1, 100000, 0,
	  "boots of each, with seeds that count up" },
	{ NULL, "name", FIELD_NAME, true, NULL, AT(name), 0, 0, 0,
	  "its name, at most 31 letters, digits, `-` and `_`: nights of one name are compared" },
	{ NULL, "include", FIELD_INCLUDES, false, NULL, 0, 0, 0, 0,
	  "what is run besides: maps of the fields above; what one leaves out is the plan's" },
	{ NULL, "exclude", FIELD_EXCLUDES, false, NULL, 0, 0, 0, 0,
	  "what is not run: maps of sources, kconfigs, toggles and cases, as patterns; what all of "
	  "one match is left out, but not of what is included" },
	{ NULL, "append", FIELD_WORDS, false, NULL, AT(append), 0, 0, 0,
	  "words added to the command line of each kernel" },
	{ NULL, "timeout", FIELD_DURATION, false, NULL, AT(timeout_ms), 1000, 0, 0,
	  "host time of one boot; default: the case's own" },
	{ NULL, "budget", FIELD_DURATION, false, NULL, AT(budget_ms), 1000, 0, 0,
	  "how long the night may take, as 6h; what does not fit is told, and is no pass" },
	{ NULL, "known", FIELD_TEXT, false, NULL, AT(known), 0, 0, 0,
	  "a file of known bugs, as of `klab regressions --known`" },
	{ NULL, "jobs", FIELD_COUNT, false, NULL, AT(jobs), 1, 4096, 0,
	  "processors that builds and guests share; default: all" },
	{ NULL, "memory", FIELD_SIZE, false, NULL, AT(memory_bytes), 64 << 20, 1LL << 50, 0,
	  "memory that guests share; default: four fifths of what is free" },
};
const size_t night_field_count = ARRAY_SIZE(night_field_table);
const size_t night_matrix_field_count = 7;
const size_t night_axis_field_count = 4;
/* clang-format on */

char *night_plan_help(void)
{
	static const char example[] = "\n"
				      "  # What runs every night.\n"
				      "  name: nightly\n"
				      "  sources: [~/linux@master, linux-6.1.tar.xz]\n"
				      "  cases: [swap/*, boots]\n"
				      "  toggles: [none, wbt-on, wbt-off]\n"
				      "  repeat: 3\n"
				      "  budget: 6h\n"
				      "  exclude:\n"
				      "    - {cases: boots, toggles: wbt-*}\n"
				      "  include:\n"
				      "    - {cases: boots, seeds: 1..20, toggles: none}\n"
				      "\n";
	_cleanup_strbuf_ struct strbuf sb = { 0 };

	help_add_wrapped(&sb, 0, 0,
			 "A plan is a YAML file that says what `klab nightly` runs: each source "
			 "with each kconfig, toggle, case and seed. Relative paths begin where the "
			 "plan is.");
	strbuf_adds(&sb, example);
	for (size_t i = 0; i < night_field_count; i++)
		help_add_field(&sb, &night_field_table[i]);
	return strbuf_take(&sb);
}
