/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/pipeline.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "build/initramfs.h"
#include "cmd/coverage.h"
#include "cmd/snapshot.h"
#include "machine/disks.h"
#include "machine/machine-json.h"
#include "plan/chance.h"
#include "plan/plan.h"
#include "plan/step-append.h"

/* Genuine frames are held in memory to be judged; init bounds what tasks say far below this. */
#define FRAMES_LIMIT (12u << 20)

static void plan_free_p(struct plan **p)
{
	plan_free(*p);
}
#define _cleanup_plan_ _cleanup_(plan_free_p)

void pipeline_outcome_clear(struct pipeline_outcome *o)
{
	free(o->run_dir);
	o->run_dir = NULL;
}

struct plan *pipeline_make_plan(const struct pipeline_request *req)
{
	struct plan *p = plan_new(req->test);

	/* The case's own fragments give way to what the kernel was really built from. */
	strv_clear(&p->kconfig);
	strv_add_strv(&p->kconfig, req->fragments);
	/* The kernel takes the last of a kind: the case overrides its steps, the user overrides
	 * both. */
	strv_clear(&p->append);
	plan_add_step_append(req->test, &p->append);
	strv_add_strv(&p->append, &req->test->append);
	strv_add_strv(&p->append, &req->opt->append);
	p->asked_append = &req->opt->append;
	strv_add_strv(&p->facts, &req->kernel->facts);
	p->mode = req->opt->mode;
	p->seed = req->seed;
	if (req->opt->timeout_ms)
		p->timeout_ms = req->opt->timeout_ms;
	p->snapshot = req->snapshot ? &req->snapshot->plan : NULL;
	p->to_checkpoint = req->save_path != NULL;
	if (p->to_checkpoint)
		plan_set_boot_nonce(p, req->kernel->key);
	else
		plan_set_nonce(p, req->kernel->key);
	return p;
}

/* One key of run.json. */
static int set_run_key(const char *run_dir, const char *key, const char *value, struct err *err)
{
	_cleanup_json_ json_t *values = json_object();

	json_set_str(values, key, value);
	return plan_run_dir_update(run_dir, values, err);
}

static int set_ended(const char *run_dir, struct err *err)
{
	char now[32];

	clock_format_utc(-1, now);
	return set_run_key(run_dir, "ended", now, err);
}

static int write_json(const char *run_dir, const char *name, json_t *value, struct err *err)
{
	_cleanup_free_ char *path = path_join(run_dir, name);
	_cleanup_json_ json_t *owned = value;

	return json_write_file(path, owned, err);
}

/* What is known before the guest starts, beside what plan_run_dir_make() wrote. */
static int write_inputs(const struct cmd_env *env, const struct pipeline_request *req,
			const struct plan *p, const char *run_dir, struct err *err)
{
	_cleanup_free_ char *config_path = path_join(run_dir, "kernel.config");
	_cleanup_free_ char *initramfs_path = path_join(run_dir, "initramfs.cpio");
	const struct rerun rerun = { .source = req->opt->source,
				     .patches = &req->opt->patches,
				     .machine = req->opt->machine ?: req->machine->name,
				     .append = &req->opt->append,
				     .missing_ok = req->opt->missing_ok };
	json_t *info = NULL;

	if ((req->run_keys && plan_run_dir_update(run_dir, req->run_keys, err) < 0) ||
	    write_json(run_dir, "kernel.json", json_incref(req->kernel->manifest), err) < 0 ||
	    file_copy(req->kernel->config, config_path, err) < 0 ||
	    build_store_pin(req->kernel, run_dir, err) < 0 ||
	    plan_run_dir_write_rerun(run_dir, p, &rerun, err) < 0)
		return -1;
	if (req->snapshot)
		return run_snapshot_copy(req->snapshot, run_dir, err);
	if (initramfs_write(p, env->data_dir, initramfs_path, &info, err) < 0)
		return -1;
	return write_json(run_dir, "initramfs.json", info, err);
}

static enum machine_mode machine_mode_of(enum plan_mode mode)
{
	switch (mode) {
	case PLAN_MODE_DETERMINISTIC:
		return MACHINE_DETERMINISTIC;
	case PLAN_MODE_RECORD:
		return MACHINE_RECORD;
	case PLAN_MODE_FREE:
		break;
	}
	return MACHINE_FREE;
}

struct machine_spec pipeline_make_spec(const struct pipeline_request *req, const struct plan *p,
				       const char *run_dir, const char *initramfs_path,
				       const struct machine_disks *disks)
{
	return (struct machine_spec){
		.kernel_path = req->kernel->image,
		.initramfs_path = initramfs_path,
		.append = &p->append,
		.memory_bytes = p->memory_bytes,
		.cpus = p->cpus,
		.mode = machine_mode_of(p->mode),
		.seed = p->seed,
		.icount_shift = plan_chance_of(p->seed).icount_shift,
		.timeout_ms = p->timeout_ms,
		.run_dir = run_dir,
		.probes = req->test->probes,
		.probe_count = req->test->probe_count,
		.probed = p->mode == PLAN_MODE_DETERMINISTIC && req->test->probe_count,
		.frames_limit_bytes = FRAMES_LIMIT,
		.disks = disks->items,
		.disk_count = disks->count,
		.save_path = req->save_path,
		.resume = req->snapshot ? &req->snapshot->resume : NULL,
	};
}

int pipeline_command(const struct cmd_env *env, const struct pipeline_request *req,
		     struct strv *argv, struct err *err)
{
	_cleanup_plan_ struct plan *p = pipeline_make_plan(req);
	_cleanup_free_ char *run_dir = path_join(req->opt->out_dir, "RUN");
	_cleanup_free_ char *initramfs_path = path_join(run_dir, "initramfs.cpio");
	_cleanup_machine_disks_ struct machine_disks disks = { 0 };
	_cleanup_coverage_wish_ struct coverage_wish coverage = COVERAGE_WISH_INIT;
	struct machine_spec spec;

	if (machine_disks_of_case(req->test, run_dir, &disks, err) < 0)
		return -1;
	spec = pipeline_make_spec(req, p, run_dir, initramfs_path, &disks);
	if (req->coverage) {
		if (coverage_describe(&coverage, env->data_dir, req->kernel, err) < 0)
			return -1;
		spec.coverage = &coverage.bits;
	}
	return req->machine->command(&spec, argv, err);
}

int pipeline_check(const struct options *opt, const struct case_file *test,
		   const struct machine_ops *machine, struct err *err)
{
	const struct strv no_fragments = { 0 };
	struct kernel none = { .key = (char *)"", .image = (char *)"bzImage" };
	const struct pipeline_request req = {
		.test = test,
		.kernel = &none,
		.fragments = &no_fragments,
		.opt = opt,
		.machine = machine,
		.seed = opt->seed,
	};
	_cleanup_strv_ struct strv argv = { 0 };

	if (coverage_check(opt, machine, err) < 0)
		return -1;
	if (test->probe_count && !machine->gdb && !machine->for_tests)
		return err_set(err, ERR_INPUT,
			       "probes: the machine %s lets no gdb look at a guest; expected "
			       "--machine qemu",
			       machine->name);
	/* One that gives an earlier run again starts nothing. */
	return machine->for_tests ? 0 : pipeline_command(NULL, &req, &argv, err);
}

/* All stages up to the guest's end. */
static int boot(const struct cmd_env *env, const struct pipeline_request *req, const struct plan *p,
		const char *run_dir, bool *saved, struct err *err)
{
	_cleanup_free_ char *initramfs_path = path_join(run_dir, "initramfs.cpio");
	_cleanup_machine_disks_ struct machine_disks disks = { 0 };
	_cleanup_free_ char *vmlinux = NULL, *message = NULL;
	_cleanup_coverage_wish_ struct coverage_wish coverage = COVERAGE_WISH_INIT;
	struct machine_resume resume;
	struct machine_result result = { 0 };
	struct machine_spec spec;
	int ret;

	if (write_inputs(env, req, p, run_dir, err) < 0 ||
	    machine_disks_of_case(req->test, run_dir, &disks, err) < 0 ||
	    (!req->snapshot && machine_disks_make(&disks, err) < 0))
		return -1;
	message = req->snapshot ? plan_format_guest(p) : NULL;
	spec = pipeline_make_spec(req, p, run_dir, initramfs_path, &disks);
	if (spec.resume) {
		resume = *spec.resume;
		resume.message = message;
		spec.resume = &resume;
	}
	if (spec.probe_count) {
		/* gdb wants a plain file. It is large, and the store has it: not kept. */
		vmlinux = path_join(run_dir, "vmlinux");
		spec.vmlinux_path = "vmlinux";
		if (build_store_vmlinux(req->kernel, vmlinux, err) < 0)
			return -1;
	}
	if (req->coverage) {
		if (coverage_begin(&coverage, env->data_dir, req->kernel, err) < 0)
			return -1;
		spec.coverage = &coverage.bits;
	}
	ret = req->machine->run(&spec, &result, env->progress, err);
	if (vmlinux)
		unlink(vmlinux);
	progress_end(env->progress);
	*saved = result.saved;
	if (ret < 0 ||
	    (req->coverage && coverage_end(&coverage, req->snapshot != NULL, run_dir, err) < 0))
		return -1;
	return set_ended(run_dir, err);
}

bool pipeline_ended_by_itself(const char *run_dir)
{
	struct machine_result result;

	return machine_read_json(run_dir, &result) &&
	       machine_end_is_own(machine_end_name(result.end));
}

bool pipeline_port_was_full(const char *run_dir)
{
	struct machine_result result;

	return machine_read_json(run_dir, &result) && result.port_full;
}

int pipeline_set_repeats(const char *run_dir, const json_t *repeats, struct err *err)
{
	_cleanup_json_ json_t *values = json_object();

	json_object_set(values, "repeats", (json_t *)repeats);
	return plan_run_dir_update(run_dir, values, err);
}

/* Where to look, unless the message says it already. */
static int add_run_dir(struct err *err, const char *run_dir)
{
	return strstr(err->msg, run_dir) ? -1 : err_add(err, "%s", run_dir);
}

int pipeline_run(const struct cmd_env *env, const struct pipeline_request *req,
		 struct pipeline_outcome *outcome, struct err *err)
{
	_cleanup_plan_ struct plan *p = pipeline_make_plan(req);
	_cleanup_close_ int lock = -1;
	bool busy;

	outcome->run_dir = plan_run_dir_make(req->opt->out_dir, p, err);
	if (!outcome->run_dir)
		return -1;
	/* Held while it goes on: others see that it does. */
	lock = file_lock_dir(outcome->run_dir, &busy, err);
	if (lock < 0)
		return -1;
	if (boot(env, req, p, outcome->run_dir, &outcome->saved, err) < 0) {
		/* The first error is the one to tell; that run.json says `incomplete` it does
		 * already. */
		set_run_key(outcome->run_dir, "error", err->msg, NULL);
		/* What it had come to is told like any other end. */
		if (err->kind == ERR_CANCELLED)
			pipeline_judge(outcome->run_dir, outcome, NULL);
		return add_run_dir(err, outcome->run_dir);
	}
	if (outcome->saved)
		return 0;
	if (pipeline_judge(outcome->run_dir, outcome, err) < 0)
		return add_run_dir(err, outcome->run_dir);
	if (cancel_requested())
		return err_set(err, ERR_CANCELLED, "%s: stopped", outcome->run_dir);
	return 0;
}
