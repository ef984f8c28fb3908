// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/search-request.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "build/toolchain.h"
#include "plan/plan.h"

int search_request_add_file(json_t *list, const char *name, const char *path, struct err *err)
{
	char hex[HASH_HEX_SIZE];
	json_t *file;

	if (hash_file(path, hex, err) < 0)
		return -1;
	file = json_object();
	json_set_str(file, "name", name);
	json_set_str(file, "sha256", hex);
	json_array_append_new(list, file);
	return 0;
}

/* The C files and BPF objects that a step runs. */
static int add_step_files(json_t *list, const struct case_file *test, const struct case_step *step,
			  struct err *err)
{
	for (size_t k = 0; k < STEP_MAX_ARGS && step->def->args[k].name; k++) {
		const struct arg_def *arg = &step->def->args[k];
		const char *source = case_step_arg(step, arg->name);
		_cleanup_free_ char *path = NULL;

		if ((arg->type != ARG_SOURCE && arg->type != ARG_OBJECT) || !source)
			continue;
		path = path_join(test->dir, source);
		if (search_request_add_file(list, source, path, err) < 0)
			return -1;
	}
	return 0;
}

/* What the case is, with what it takes along; and the patches on every kernel. */
static int add_files(json_t *request, const struct case_file *test, const struct options *opt,
		     struct err *err)
{
	json_t *files = json_array(), *patches = json_array();
	char hex[HASH_HEX_SIZE];

	json_object_set_new(request, "files", files);
	json_object_set_new(request, "patches", patches);
	hash_bytes(test->bytes, test->length, hex);
	json_set_str(request, "case", test->name);
	json_set_str(request, "case_sha256", hex);
	for (size_t i = 0; i < test->step_count; i++)
		if (add_step_files(files, test, &test->steps[i], err) < 0)
			return -1;
	for (size_t i = 0; i < opt->patches.count; i++)
		if (search_request_add_file(patches, path_base(opt->patches.items[i]),
					    opt->patches.items[i], err) < 0)
			return err_add(err, "--patch");
	return 0;
}

static int add_host(json_t *request, const struct machine_ops *machine, struct err *err)
{
	_cleanup_json_ json_t *facts = json_object();
	struct toolchain toolchain;

	if (machine->probe(facts, err) < 0 || toolchain_init(&toolchain, err) < 0)
		return -1;
	json_set_str(request, "machine", machine->name);
	json_set_str(request, "machine_version", json_get_str(facts, "version", ""));
	json_set_str(request, "toolchain", toolchain.id);
	toolchain_clear(&toolchain);
	return 0;
}

json_t *search_request(const struct case_file *test, const struct options *opt,
		       const struct machine_ops *machine, struct err *err)
{
	_cleanup_json_ json_t *request = json_object();

	if (add_files(request, test, opt, err) < 0 || add_host(request, machine, err) < 0)
		return NULL;
	json_object_set_new(request, "append", json_strv(&opt->append));
	json_object_set_new(request, "probes", json_strv(&opt->probes));
	json_set_str(request, "mode", plan_mode_name(opt->mode));
	json_set_int(request, "seed", (int64_t)opt->seed);
	json_set_int(request, "timeout_ms", (int64_t)opt->timeout_ms);
	json_set_str(request, "only", opt->only ? opt->only : "");
	return take_ptr(&request);
}
