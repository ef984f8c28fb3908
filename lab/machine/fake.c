// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/fake.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "machine/machine-json.h"

/* What a run may lack is told by whether it is needed. */
static const struct {
	const char *name;
	bool needed;
} fake_files[] = {
	{ "console.log", true },
	{ "frames.raw", true },
	{ "qmp.log", false },
	{ "qemu.argv", false },
};

static const char *fake_run_dir(struct err *err)
{
	const char *dir = getenv("KLAB_FAKE_RUN");

	if (!dir || !*dir) {
		err_set(err, ERR_INPUT,
			"the machine fake wants KLAB_FAKE_RUN: the directory of the "
			"run to give again");
		return NULL;
	}
	return dir;
}

static int fake_probe(json_t *facts, struct err *err)
{
	const char *dir = fake_run_dir(err);

	if (!dir)
		return -1;
	json_set_str(facts, "run", dir);
	return 0;
}

static int fake_command(const struct machine_spec *spec, struct strv *argv, struct err *err)
{
	return err_set(err, ERR_INPUT, "the machine fake runs no program");
}

static int fake_run(const struct machine_spec *spec, struct machine_result *result,
		    struct progress *progress, struct err *err)
{
	const char *dir = fake_run_dir(err);

	if (!dir)
		return -1;
	if (!machine_read_json(dir, result))
		return err_set(err, ERR_INPUT,
			       "%s: no finished run: machine.json is missing or "
			       "names no end",
			       dir);
	for (size_t i = 0; i < ARRAY_SIZE(fake_files); i++) {
		_cleanup_free_ char *from = path_join(dir, fake_files[i].name);
		_cleanup_free_ char *to = path_join(spec->run_dir, fake_files[i].name);

		if (!fake_files[i].needed && !path_exists(from))
			continue;
		if (file_copy(from, to, err) < 0)
			return -1;
	}
	progress_note(progress, "gave again the run %s", dir);
	return machine_write_json(spec->run_dir, result, NULL, err);
}

const struct machine_ops machine_fake = {
	.name = "fake",
	.summary = "gives again the run that KLAB_FAKE_RUN names; for tests",
	.for_tests = true,
	.probe = fake_probe,
	.command = fake_command,
	.run = fake_run,
};
