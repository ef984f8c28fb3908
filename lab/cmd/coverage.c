// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/coverage.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "symbols/coverage.h"

#define PLUGIN "build/coverage.so" /* in a checkout and below PREFIX/lib/klab alike */

int coverage_check(const struct options *opt, const struct machine_ops *machine, struct err *err)
{
	if (!opt->coverage)
		return 0;
	/* A recording is for QEMU to give again, and to nobody else's disturbance. */
	if (opt->mode == PLAN_MODE_RECORD)
		return err_set(err, ERR_INPUT,
			       "--coverage with --mode record: expected free or deterministic");
	if (!machine->coverage && !machine->for_tests)
		return err_set(err, ERR_INPUT, "--coverage: the machine %s does not tell what runs",
			       machine->name);
	return 0;
}

int coverage_describe(struct coverage_wish *w, const char *data_dir, const struct kernel *kernel,
		      struct err *err)
{
	w->plugin_path = path_join(data_dir, PLUGIN);
	w->bits.plugin_path = w->plugin_path;
	if (!path_exists(kernel->system_map))
		return 0;
	if (system_map_read(&w->map, kernel->system_map, err) < 0)
		return -1;
	return coverage_text_range(&w->map, &w->bits.text_address, &w->bits.text_bytes, err);
}

int coverage_begin(struct coverage_wish *w, const char *data_dir, const struct kernel *kernel,
		   struct err *err)
{
	if (coverage_describe(w, data_dir, kernel, err) < 0)
		return -1;
	return machine_coverage_open(&w->bits, err);
}

int coverage_end(const struct coverage_wish *w, bool from_checkpoint, const char *run_dir,
		 struct err *err)
{
	_cleanup_free_ char *path = path_join(run_dir, COVERAGE_JSON);
	_cleanup_json_ json_t *json =
		coverage_make_json(&w->bits, &w->map, from_checkpoint ? "checkpoint" : "boot");

	return json_write_file(path, json, err);
}

void coverage_wish_clear(struct coverage_wish *w)
{
	free(w->plugin_path);
	system_map_clear(&w->map);
	machine_coverage_close(&w->bits);
}
