// SPDX-License-Identifier: GPL-2.0-or-later
/* What a checkpoint divides: the boot that is shared, and the runs that go on from it. */
#include "base/hash.h"
#include "plan/plan.h"

int plan_find_checkpoint(const struct case_file *test)
{
	for (size_t i = 0; i < test->step_count; i++)
		if (str_eq(test->steps[i].def->verb, "checkpoint"))
			return (int)i;
	return -1;
}

/* QEMU's own errors and its counts of them begin anew where a guest goes on. */
static int check_step(const struct case_file *test, const struct case_step *step, struct err *err)
{
	for (size_t i = 0; i < step->arg_count; i++) {
		const struct case_arg *arg = &step->args[i];

		if (str_eq(step->def->verb, "virtio_disk") && str_eq(arg->name, "errors") &&
		    arg->values.count)
			return err_set(err, ERR_INPUT,
				       "%s:%d: --from-snapshot: `virtio_disk` with `errors` makes "
				       "QEMU fail requests, and no snapshot holds which it has "
				       "failed; use a disk that fails in the guest (dm_dust, "
				       "fail_make_request), or no --from-snapshot",
				       test->path, step->line);
	}
	return 0;
}

int plan_check_snapshot(const struct case_file *test, enum plan_mode mode, struct err *err)
{
	if (plan_find_checkpoint(test) < 0)
		return err_set(err, ERR_INPUT,
			       "%s: --from-snapshot: the case has no step `checkpoint`; put "
			       "`- checkpoint` where its runs may part",
			       test->path);
	if (mode == PLAN_MODE_RECORD)
		return err_set(err, ERR_INPUT,
			       "--from-snapshot: a recording begins with the boot; use "
			       "--mode free or deterministic");
	if (test->probe_count) {
		int line = test->probes[0].line;
		_cleanup_free_ char *where =
			line ? xasprintf("%s:%d", test->path, line) : xstrdup("--probe");

		return err_set(err, ERR_INPUT,
			       "%s: --from-snapshot: probes are set before the guest starts, and "
			       "no snapshot holds them; leave out one of both",
			       where);
	}
	for (size_t i = 0; i < test->step_count; i++)
		if (check_step(test, &test->steps[i], err) < 0)
			return -1;
	return 0;
}

void plan_set_boot_nonce(struct plan *p, const char *kernel_key)
{
	char hex[HASH_HEX_SIZE];
	_cleanup_free_ char *text = NULL;
	struct hasher *h = hasher_new();

	memset(p->nonce, '0', sizeof(p->nonce) - 1);
	text = plan_format_guest(p);
	hasher_adds(h, "snapshot");
	hasher_adds(h, text);
	hasher_adds(h, kernel_key);
	hasher_end(h, hex);
	memcpy(p->nonce, hex, sizeof(p->nonce) - 1);
}
