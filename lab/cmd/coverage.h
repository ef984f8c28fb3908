/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which functions a run runs, for `--coverage`: asked of the machine, and kept in coverage.json. */
#ifndef KLAB_CMD_COVERAGE_H
#define KLAB_CMD_COVERAGE_H

#include "build/build.h"
#include "cmd/options.h"
#include "machine/machine.h"
#include "symbols/system-map.h"

#define COVERAGE_JSON "coverage.json"

/* Can it be done, in this mode and on this machine? ERR_INPUT, known before a build. */
int coverage_check(const struct options *opt, const struct machine_ops *machine, struct err *err);

/* What is asked of one run. */
struct coverage_wish {
	char *plugin_path;
	struct system_map map;
	struct machine_coverage bits;
};
#define COVERAGE_WISH_INIT { .map = SYSTEM_MAP_INIT, .bits = MACHINE_COVERAGE_INIT }

/* What the machine's command line says of it; nothing is made. Of a kernel that is to be built
 * nobody knows how large it is. */
int coverage_describe(struct coverage_wish *w, const char *data_dir, const struct kernel *kernel,
		      struct err *err);
/* Before the run: its bits are ready for the machine. */
int coverage_begin(struct coverage_wish *w, const char *data_dir, const struct kernel *kernel,
		   struct err *err);
/* After it: coverage.json is there. */
int coverage_end(const struct coverage_wish *w, bool from_checkpoint, const char *run_dir,
		 struct err *err);
void coverage_wish_clear(struct coverage_wish *w);
#define _cleanup_coverage_wish_ _cleanup_(coverage_wish_clear)

#endif
