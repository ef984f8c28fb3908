// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/plan.h"

#include <inttypes.h>

#include "base/hash.h"
#include "case/mistakes.h"

static const char *const mode_names[] = {
	[PLAN_MODE_FREE] = "free",
	[PLAN_MODE_DETERMINISTIC] = "deterministic",
	[PLAN_MODE_RECORD] = "record",
};

int plan_check_mode(const struct case_file *test, enum plan_mode mode, struct err *err)
{
	for (size_t i = 0; mode == PLAN_MODE_DETERMINISTIC && i < test->step_count; i++) {
		const struct case_step *step = &test->steps[i];

		if (step->def->inexact)
			return err_set(
				err, ERR_INPUT,
				"%s:%d: `%s` cannot repeat to the byte: %s; or --mode record, "
				"which klab replay repeats",
				test->path, step->line, step->def->verb, step->def->inexact);
	}
	return 0;
}

struct plan *plan_new(const struct case_file *test)
{
	struct plan *p = xcalloc(1, sizeof(*p));

	p->test = test;
	strv_add_strv(&p->kconfig, &test->fragments);
	strv_add_strv(&p->append, &test->append);
	p->mode = PLAN_MODE_FREE;
	p->seed = 1;
	p->timeout_ms = test->timeout_ms;
	p->memory_bytes = test->memory_bytes;
	p->cpus = test->cpus;
	/* CONFIG_NR_CPUS, maxcpus= or a processor that did not come up leave fewer than asked. */
	if (p->cpus > 1)
		strv_addf(&p->facts, "equals /sys/devices/system/cpu/online 0-%d", p->cpus - 1);
	plan_set_nonce(p, NULL);
	return p;
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	strv_clear(&p->kconfig);
	strv_clear(&p->append);
	strv_clear(&p->facts);
	free(p);
}

void plan_set_nonce(struct plan *p, const char *kernel_key)
{
	char hex[HASH_HEX_SIZE], seed[24];
	struct hasher *h = hasher_new();

	snprintf(seed, sizeof(seed), "%" PRIu64, p->seed);
	hasher_adds(h, seed);
	hasher_add(h, p->test->bytes, p->test->length);
	hasher_adds(h, kernel_key);
	hasher_end(h, hex);
	memcpy(p->nonce, hex, sizeof(p->nonce) - 1);
	p->nonce[sizeof(p->nonce) - 1] = '\0';
}

const char *plan_mode_name(enum plan_mode mode)
{
	return mode_names[mode];
}

int plan_mode_parse(const char *name, enum plan_mode *out, struct err *err)
{
	_cleanup_free_ char *hint = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mode_names); i++) {
		if (str_eq(mode_names[i], name)) {
			*out = (enum plan_mode)i;
			return 0;
		}
	}
	hint = mistakes_hint(name, mode_names, ARRAY_SIZE(mode_names));
	return err_set(err, ERR_INPUT, "no mode `%.60s`%s; expected free, deterministic or record",
		       name, hint);
}

uint64_t plan_boot_seed(enum plan_mode mode, uint64_t first, uint64_t last, int repeat, int index)
{
	bool same = mode == PLAN_MODE_DETERMINISTIC || last != first;

	return first + (uint64_t)(same ? index / repeat : index);
}
