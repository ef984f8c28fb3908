// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/snapshot.h"

#include <inttypes.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/workdir.h"
#include "build/initramfs.h"
#include "console/frames.h"

enum { FRAMES_MAX_BYTES = 64 << 20, CONSOLE_MAX_BYTES = 64 << 20 };

/* Files of the boot's run directory that stay with its snapshot. */
static const char *const boot_files[] = { "initramfs.cpio", "initramfs.json", "console.log",
					  "frames.raw",	    "qemu.argv",      "qmp.log",
					  "machine.json" };

int run_snapshots_check(const struct case_file *test, const struct options *opt,
			const struct machine_ops *machine, struct err *err)
{
	if (!opt->from_snapshot)
		return 0;
	if (!machine->snapshots)
		return err_set(err, ERR_INPUT,
			       "--from-snapshot: the machine %s makes none; expected --machine "
			       "qemu",
			       machine->name);
	return plan_check_snapshot(test, opt->mode, err);
}

/* ---- what it is found by ---- */

/*
 * The seed of the boot, which all that go on from it share: the plain one; where
 * instructions are counted, the first of which each takes as long as of `seed`.
 */
static uint64_t boot_seed(enum plan_mode mode, uint64_t seed)
{
	int shift = plan_chance_of(seed).icount_shift;
	uint64_t first = 1;

	while (mode != PLAN_MODE_FREE && plan_chance_of(first).icount_shift != shift)
		first++;
	return first;
}

/* The speed of the host's clock is measured anew each time, and is never quite the same. */
static void hash_argument(struct hasher *h, const char *text)
{
	static const char measured[] = "tsc_early_khz=";
	const char *found = strstr(text, measured);
	_cleanup_free_ char *before = NULL;

	if (!found) {
		hasher_adds(h, text);
		return;
	}
	before = xstrndup(text, (size_t)(found - text));
	found += strlen(measured);
	hasher_adds(h, before);
	hasher_adds(h, found + strspn(found, "0123456789"));
}

/* All of the machine that has a name: what QEMU is started with, and which QEMU that is. */
static int hash_machine(struct hasher *h, const struct pipeline_request *req, const struct plan *p,
			struct err *err)
{
	_cleanup_machine_disks_ struct machine_disks disks = { 0 };
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_json_ json_t *facts = json_object();
	struct machine_spec spec;

	if (machine_disks_of_case(req->test, "RUN", &disks, err) < 0)
		return -1;
	spec = pipeline_make_spec(req, p, "RUN", "RUN/initramfs.cpio", &disks);
	spec.kernel_path = "bzImage";
	if (req->machine->probe(facts, err) < 0 || req->machine->command(&spec, &argv, err) < 0)
		return -1;
	hasher_adds(h, req->machine->name);
	hasher_adds(h, json_get_str(facts, "version", ""));
	for (size_t i = 0; i < argv.count; i++)
		hash_argument(h, argv.items[i]);
	return 0;
}

/* Yours; NULL on error. The initramfs has the plan in it, up to the checkpoint. */
static char *make_key(const struct cmd_env *env, const struct pipeline_request *boot,
		      struct err *err)
{
	_cleanup_workdir_ struct workdir scratch = WORKDIR_INIT;
	_cleanup_free_ char *path = NULL;
	_cleanup_json_ json_t *info = NULL;
	struct plan *p = pipeline_make_plan(boot);
	struct hasher *h = hasher_new();
	char hex[HASH_HEX_SIZE];
	int ret = workdir_make(&scratch, "snapshot", err);

	if (ret == 0) {
		path = path_join(scratch.path, "initramfs.cpio");
		ret = initramfs_write(p, env->data_dir, path, &info, err);
	}
	if (ret == 0)
		ret = hash_machine(h, boot, p, err);
	hasher_adds(h, boot->kernel->key);
	hasher_adds(h, json_get_str(info, "sha256", ""));
	hasher_end(h, hex);
	plan_free(p);
	return ret == 0 ? xstrdup(hex) : NULL;
}

/* ---- making one ---- */

/*
 * Is it of a guest that said all it had to say, and no more? 0: it says that it waits,
 * and its frames do not show it.
 */
static int check_boot(const char *run_dir, const char *nonce, struct err *err)
{
	_cleanup_free_ char *path = path_join(run_dir, "frames.raw");
	_cleanup_(frames_clear)
	struct frames frames = { 0 };
	size_t length;
	_cleanup_free_ char *bytes = file_read(path, FRAMES_MAX_BYTES, &length, err);

	if (!bytes)
		return -1;
	frames_parse(&frames, bytes, length, nonce);
	return frames_tell_checkpoint(&frames);
}

static int copy_files(const char *const *names, size_t count, const char *from, const char *to,
		      struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *source = path_join(from, names[i]);
		_cleanup_free_ char *target = path_join(to, names[i]);

		if (file_copy(source, target, err) < 0)
			return -1;
	}
	return 0;
}

static int copy_disks(const char *from, const char *to, struct err *err)
{
	_cleanup_free_ char *source = path_join(from, "disks");
	_cleanup_free_ char *target = path_join(to, "disks");
	_cleanup_strv_ struct strv names = { 0 };

	if (!path_exists(source))
		return 0;
	if (file_mkdir_p(target, err) < 0 || file_list_dir(source, &names, err) < 0)
		return -1;
	return copy_files((const char *const *)names.items, names.count, source, target, err);
}

/* As make_snapshot(). */
static int store_boot(const struct cmd_env *env, const struct pipeline_request *boot,
		      const char *key, const char *run_dir, const char *dir, struct err *err)
{
	_cleanup_free_ char *machine_path = path_join(run_dir, "machine.json");
	_cleanup_json_ json_t *info = json_object();
	_cleanup_json_ json_t *machine = NULL;
	struct plan *p = pipeline_make_plan(boot);
	int ret = check_boot(run_dir, p->nonce, err);

	json_set_str(info, "key", key);
	json_set_str(info, "case", p->test->name);
	json_set_str(info, "kernel", boot->kernel->key);
	json_set_str(info, "nonce", p->nonce);
	json_set_int(info, "seed", (int64_t)p->seed);
	plan_free(p);
	if (ret != 1)
		return ret;
	machine = json_read_file(machine_path, 1 << 20, err);
	if (!machine)
		return -1;
	json_set_str(info, "accel", json_get_str(machine, "accel", ""));
	json_set_int(info, "boot_ms", json_get_int(machine, "wall_ms", 0));
	if (copy_files(boot_files, ARRAY_SIZE(boot_files), run_dir, dir, err) < 0 ||
	    copy_disks(run_dir, dir, err) < 0)
		return -1;
	return snapshots_put(env->cache_dir, key, dir, info, err) < 0 ? -1 : 1;
}

/* 1: made. 0: the guest did not come to its checkpoint, outcome is that run. */
static int make_snapshot(const struct cmd_env *env, struct pipeline_request *boot, const char *key,
			 struct pipeline_outcome *outcome, struct err *err)
{
	_cleanup_close_ int use = -1;
	_cleanup_free_ char *dir = snapshots_begin(env->cache_dir, key, &use, err);
	_cleanup_free_ char *state = dir ? path_join(dir, SNAPSHOT_STATE) : NULL;
	int ret = -1;

	if (!dir)
		return -1;
	progress_note(env->progress, "booting %s to its checkpoint", boot->test->name);
	boot->save_path = state;
	if (pipeline_run(env, boot, outcome, err) == 0)
		ret = outcome->saved ? store_boot(env, boot, key, outcome->run_dir, dir, err) : 0;
	/* One that only says so is judged as the run that it is. */
	if (ret == 0 && outcome->saved)
		ret = pipeline_judge(outcome->run_dir, outcome, err);
	/* All of the boot is with the snapshot: a folder of its own would look like a run. */
	if (ret == 1) {
		file_remove_tree(outcome->run_dir, NULL);
		pipeline_outcome_clear(outcome);
	} else {
		file_remove_tree(dir, NULL);
	}
	return ret;
}

/* ---- having one ---- */

static bool take_found(struct run_snapshot *s, const char *cache_dir, const char *key)
{
	json_t *files, *state;
	const char *dir;

	if (!snapshots_find(cache_dir, key, &s->stored))
		return false;
	files = json_get_object(s->stored.info, "files");
	state = json_get_object(files, SNAPSHOT_STATE);
	dir = s->stored.dir;
	s->key = xstrdup(key);
	s->console_path = path_join(dir, "console.log");
	s->frames_path = path_join(dir, "frames.raw");
	s->state_path = path_join(dir, SNAPSHOT_STATE);
	s->plan = (struct plan_snapshot){
		.key = s->key,
		.nonce = json_get_str(s->stored.info, "nonce", ""),
		.state_sha256 = json_get_str(state, "sha256", ""),
		.seed = (uint64_t)json_get_int(s->stored.info, "seed", 0),
		.boot_ms = (uint64_t)json_get_int(s->stored.info, "boot_ms", 0),
		.console_bytes =
			(uint64_t)json_get_int(json_get_object(files, "console.log"), "bytes", 0),
		.frames_bytes =
			(uint64_t)json_get_int(json_get_object(files, "frames.raw"), "bytes", 0),
	};
	s->resume = (struct machine_resume){
		.state_path = s->state_path,
		.console_path = s->console_path,
		.frames_path = s->frames_path,
		.accel = json_get_str(s->stored.info, "accel", ""),
		.nonce = s->plan.nonce,
	};
	return true;
}

const struct run_snapshot *run_snapshots_get(struct run_snapshots *all, const struct cmd_env *env,
					     const struct pipeline_request *req,
					     struct pipeline_outcome *outcome, int *error_code,
					     struct err *err)
{
	bool counted = req->opt->mode != PLAN_MODE_FREE;
	struct run_snapshot *s = &all->items[counted ? plan_chance_of(req->seed).icount_shift : 0];
	struct pipeline_request boot = *req;
	_cleanup_free_ char *key = NULL;

	*error_code = 0;
	if (s->stored.dir)
		return s;
	s->stored = (struct snapshot)SNAPSHOT_INIT;
	boot.seed = boot_seed(req->opt->mode, req->seed);
	boot.save_path = "RUN/" SNAPSHOT_STATE;
	boot.coverage = false; /* of the runs that go on from it */
	*error_code = -1;
	key = make_key(env, &boot, err);
	if (!key)
		return NULL;
	if (take_found(s, env->cache_dir, key))
		return s;
	*error_code = make_snapshot(env, &boot, key, outcome, err);
	if (*error_code != 1)
		return NULL;
	*error_code = -1;
	if (take_found(s, env->cache_dir, key))
		return s;
	err_set(err, ERR_HOST, "the snapshot %.12s is gone, or was not kept as it was written",
		key);
	return NULL;
}

void run_snapshots_clear(struct run_snapshots *all)
{
	for (size_t i = 0; i < ARRAY_SIZE(all->items); i++) {
		struct run_snapshot *s = &all->items[i];

		if (!s->stored.dir)
			continue;
		snapshot_clear(&s->stored);
		free(s->key);
		free(s->console_path);
		free(s->frames_path);
		free(s->state_path);
		*s = (struct run_snapshot){ 0 };
	}
}

int run_snapshot_copy(const struct run_snapshot *s, const char *run_dir, struct err *err)
{
	static const char *const names[] = { "initramfs.cpio", "initramfs.json" };

	if (copy_files(names, ARRAY_SIZE(names), s->stored.dir, run_dir, err) < 0)
		return -1;
	return copy_disks(s->stored.dir, run_dir, err);
}
