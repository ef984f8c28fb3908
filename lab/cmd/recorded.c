/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/recorded.h"

#include <sys/stat.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "build/store.h"
#include "build/zstd-file.h"
#include "plan/chance.h"
#include "plan/plan.h"

enum {
	RECORDED_JSON_BYTES = 16 << 20,
	RECORDED_MAX_CPUS = 1024,
	REPLAY_FACTOR = 10, /* so many times as long as the run may a replay take */
	REPLAY_BASE_MS = 60 * 1000,
};

static json_t *read_object(const char *run_dir, const char *name, struct err *err)
{
	_cleanup_free_ char *path = path_join(run_dir, name);
	json_t *value = json_read_file(path, RECORDED_JSON_BYTES, err);

	if (value && !json_is_object(value)) {
		json_decref(value);
		err_set(err, ERR_INPUT, "%s: not a JSON object", path);
		return NULL;
	}
	return value;
}

static int take_mode(struct recorded *r, struct err *err)
{
	const char *name = json_get_str(r->plan, "mode", "");
	enum plan_mode mode;

	if (plan_mode_parse(name, &mode, err) < 0)
		return err_add(err, "%s/plan.json", r->dir);
	if (json_object_get(r->plan, "snapshot"))
		return err_set(err, ERR_INPUT,
			       "%s went on from a snapshot, which is not part of it; its rerun.sh "
			       "runs it again",
			       r->dir);
	switch (mode) {
	case PLAN_MODE_FREE:
		return err_set(err, ERR_INPUT,
			       "%s ran in free mode: chance had its part in it, and nothing was "
			       "recorded; its rerun.sh runs the case again",
			       r->dir);
	case PLAN_MODE_DETERMINISTIC:
		r->spec.mode = MACHINE_DETERMINISTIC;
		break;
	case PLAN_MODE_RECORD:
		r->spec.mode = MACHINE_REPLAY;
		break;
	}
	return 0;
}

static uint64_t file_size(const char *dir, const char *name)
{
	_cleanup_free_ char *path = path_join(dir, name);
	struct stat st;

	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/*
 * A run that klab or its user ended, or that ended klab, goes on for ever when it is repeated: only
 * what it wrote by then can be.
 */
static void take_output(struct recorded *r)
{
	const json_t *console = json_get_object(r->machine, "console");

	if (machine_end_is_own(json_get_str(r->machine, "end", "")))
		return;
	r->output.console_bytes =
		(uint64_t)json_get_int(console, "bytes", (int64_t)file_size(r->dir, "console.log"));
	r->output.frames_bytes = (uint64_t)json_get_int(r->machine, "frames_bytes",
							(int64_t)file_size(r->dir, "frames.raw"));
	r->spec.enough = &r->output;
}

/* Numbers and words of plan.json that a QEMU is started with. */
static int take_machine(struct recorded *r, struct err *err)
{
	int64_t memory = json_get_int(r->plan, "memory_bytes", 0);
	int64_t cpus = json_get_int(r->plan, "cpus", 0);
	int64_t seed = json_get_int(r->plan, "seed", -1);

	if (memory <= 0 || cpus <= 0 || cpus > RECORDED_MAX_CPUS || seed < 0)
		return err_set(err, ERR_INPUT,
			       "%s/plan.json: memory_bytes, cpus or seed is not what a run has",
			       r->dir);
	json_to_strv(json_get_array(r->plan, "append"), &r->append);
	r->spec.append = &r->append;
	r->spec.memory_bytes = (uint64_t)memory;
	r->spec.cpus = (int)cpus;
	r->spec.seed = (uint64_t)seed;
	r->spec.icount_shift = plan_chance_of(r->spec.seed).icount_shift;
	r->spec.recorded_dir = r->dir;
	take_output(r);
	r->spec.timeout_ms =
		REPLAY_BASE_MS + REPLAY_FACTOR * (uint64_t)json_get_int(r->machine, "wall_ms", 0);
	return 0;
}

/* What it booted: the kernel by its content, the initramfs by what the run wrote down of it. */
static int check_hash(const char *path, const char *expected, struct err *err)
{
	char hex[HASH_HEX_SIZE];

	if (hash_file(path, hex, err) < 0)
		return -1;
	if (!str_eq(hex, expected))
		return err_set(err, ERR_INPUT, "%s is not what the run booted: its content changed",
			       path);
	return 0;
}

static int take_initramfs(struct recorded *r, struct err *err)
{
	_cleanup_json_ json_t *info = read_object(r->dir, "initramfs.json", err);

	r->initramfs = path_join(r->dir, "initramfs.cpio");
	if (!info || check_hash(r->initramfs, json_get_str(info, "sha256", ""), err) < 0)
		return -1;
	r->spec.initramfs_path = r->initramfs;
	return 0;
}

/* In a pack the kernel is beside the run; else the store has it. */
static int take_kernel(struct recorded *r, const char *cache_dir, struct err *err)
{
	_cleanup_json_ json_t *kernel = read_object(r->dir, "kernel.json", err);
	const char *key = json_get_str(kernel, "key", "");
	const json_t *artefact = json_get_object(json_get_object(kernel, "artefacts"), "bzImage");

	if (!kernel)
		return -1;
	r->image = path_join(r->dir, "kernel/bzImage");
	r->spec.kernel_path = r->image;
	if (path_exists(r->image))
		return check_hash(r->image, json_get_str(artefact, "sha256", ""), err);
	if (!*key || strspn(key, "0123456789abcdef") != strlen(key))
		return err_set(err, ERR_INPUT, "%s/kernel.json: `key` is no hash", r->dir);
	r->kernel = store_take(cache_dir, key);
	if (!r->kernel)
		return err_set(err, ERR_HOST,
			       "the kernel of %s is no longer in the store; its rerun.sh builds it "
			       "again",
			       r->dir);
	r->spec.kernel_path = r->kernel->image;
	return 0;
}

/* All that a replay writes is in one folder of the run. Of the run itself: no file is left. */
static int lock_run(struct recorded *r, struct err *err)
{
	bool busy;

	r->lock = file_lock_dir(r->dir, &busy, err);
	if (busy)
		return err_set(err, ERR_HOST, "%s: another klab runs or replays it at this moment",
			       r->dir);
	return r->lock < 0 ? -1 : 0;
}

/*
 * A look of gdb's at a guest that counts instructions moves its clock on, by up to a millisecond
 * (QEMU warps it while a processor stands): the same each time, but such a run is only
 * repeated with its probes. A recording holds what became of its clock.
 */
static int take_probes(struct recorded *r, struct err *err)
{
	const json_t *all = json_get_array(r->plan, "probes");
	json_t *from;
	size_t i;

	if (r->spec.mode != MACHINE_DETERMINISTIC || !json_array_size(all))
		return 0;
	r->probes = xcalloc(json_array_size(all), sizeof(*r->probes));
	json_array_foreach (all, i, from) {
		struct case_probe *p = &r->probes[r->probe_count++];
		const char *at = json_get_str(from, "at", "");
		const char *when = json_get_str(from, "when", NULL);
		_cleanup_free_ char *text = when ? xasprintf("%s if %s", at, when) : xstrdup(at);

		*p = (struct case_probe)CASE_PROBE_INIT;
		/* As of the command line: it may be anybody's, and goes to gdb. */
		if (case_probe_parse(p, text, err) < 0)
			return err_add(err, "%s/plan.json", r->dir);
		p->args = json_get_bool(from, "args", true);
		if (json_get_int(from, "limit", 0) > 0)
			p->limit = (int)json_get_int(from, "limit", 0);
	}
	r->spec.probes = r->probes;
	r->spec.probe_count = r->probe_count;
	r->spec.probed = true;
	r->spec.vmlinux_path = "vmlinux";
	return 0;
}

int recorded_unpack_vmlinux(struct recorded *r, const char *cache_dir, const char *dir,
			    const struct kernel **stored, struct err *err)
{
	_cleanup_json_ json_t *manifest = read_object(r->dir, "kernel.json", err);
	_cleanup_free_ char *packed = path_join(r->dir, "kernel/vmlinux.zst");
	_cleanup_free_ char *plain = path_join(dir, "vmlinux");
	const json_t *all = json_get_object(manifest, "artefacts");
	const char *key = json_get_str(manifest, "key", "");
	const struct kernel *found;

	if (!manifest)
		return -1;
	if (!r->kernel && !r->symbols && *key && strspn(key, "0123456789abcdef") == strlen(key))
		r->symbols = store_take(cache_dir, key);
	found = r->kernel ? r->kernel : r->symbols;
	if (!path_exists(packed) && !found)
		return err_set(err, ERR_HOST,
			       "%s has no vmlinux with it, and the store does not have it: "
			       "`klab pack --vmlinux` packs it too",
			       r->dir);
	if (stored)
		*stored = found;
	return zstd_decompress_file(found ? found->vmlinux_zst : packed, plain,
				    json_get_str(json_get_object(all, "vmlinux"), "sha256", ""),
				    err);
}

int recorded_open(struct recorded *r, const char *run_dir, const char *cache_dir, struct err *err)
{
	_cleanup_free_ char *machine_path = path_join(run_dir, "machine.json");
	_cleanup_free_ char *case_path = path_join(run_dir, "case.yaml");

	*r = (struct recorded){ .dir = xstrdup(run_dir), .lock = -1 };
	if (lock_run(r, err) < 0)
		return -1;
	r->run = read_object(run_dir, "run.json", err);
	r->plan = r->run ? read_object(run_dir, "plan.json", err) : NULL;
	if (!r->plan)
		return -1;
	if (path_exists(machine_path)) {
		r->machine = read_object(run_dir, "machine.json", err);
		if (!r->machine)
			return -1;
	}
	r->test = case_read(case_path, NULL, err);
	if (!r->test || take_mode(r, err) < 0 || take_machine(r, err) < 0 ||
	    take_probes(r, err) < 0 || take_initramfs(r, err) < 0)
		return -1;
	return take_kernel(r, cache_dir, err);
}

void recorded_clear(struct recorded *r)
{
	free(r->dir);
	cleanup_close_p(&r->lock);
	json_decref(r->run);
	json_decref(r->plan);
	json_decref(r->machine);
	kernel_free(r->kernel);
	kernel_free(r->symbols);
	for (size_t i = 0; i < r->probe_count; i++)
		case_probe_clear(&r->probes[i]);
	free(r->probes);
	case_free(r->test);
	free(r->image);
	free(r->initramfs);
	strv_clear(&r->append);
}
