// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * No target counts what it does to requests. Its map function says
 * so, though, by what it returns (drivers/md/dm-target.c and its neighbours), and
 * the kernel traces each bio that a device has done, with its error.
 *
 * A function is one for all devices of its target, a bio's device is the device
 * whatever failed it, maybe the disk below. Neither count may show what did not
 * happen, so the smaller one of the two is told.
 */
#include "guest-init/dm-faults.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest-init/counters.h"
#include "guest-init/dm.h"
#include "guest-init/panic.h"

/* include/linux/device-mapper.h: what a map function returns. */
#define RETURNS_KILL	  "ret == 4"
#define RETURNS_SUBMITTED "ret == 0"
#define RETURNS_EITHER	  "ret == 0 || ret == 4"

/* How a fault shows itself. */
struct proof {
	const char *fault;
	const char *function, *returns; /* NULL: the device's failed bios are all there is */
	bool fails;			/* its bios fail: no more than those that did */
	bool in_status;			/* dm-delay: the status is the count */
};

static const struct proof proofs[] = {
	{ "dm_dust", "dust_map", RETURNS_KILL, true },
	{ "dm_error", "io_err_map", RETURNS_KILL, true },
	{ "dm_delay", "delay_map", RETURNS_SUBMITTED, false },
	{ "dm_table", NULL, NULL, true },
};

/* dm_flakey does one of these, by its features. */
static const struct {
	int64_t features;
	struct proof proof;
} flakey_proofs[] = {
	/* 6.12 has the first, and there the second may be inlined. */
	{ FLAKEY_CORRUPT, { "dm_flakey", "corrupt_bio_common|corrupt_bio_data", NULL, false } },
	{ FLAKEY_DROP_WRITES, { "dm_flakey", "flakey_map", RETURNS_SUBMITTED, false } },
	{ FLAKEY_ERROR_WRITES, { "dm_flakey", "flakey_map", RETURNS_SUBMITTED, true } },
	/* 6.12 ends writes itself; nothing else is SUBMITTED without a feature. */
	{ 0, { "dm_flakey", "flakey_map", RETURNS_EITHER, true } },
};

struct account {
	const struct proof *proof;
	const char *name; /* of the device */
	const struct plan_step *step;
	struct dm_table quiet; /* that disarms it; empty: a message does */
	struct counter *returns;
	struct bio_counts bios;
};

/* Of the four targets and dm_table; what is none of them is dm_flakey. */
static const struct proof *proof_of(const char *fault, int64_t features)
{
	for (size_t i = 0; i < ARRAY_SIZE(proofs); i++)
		if (strcmp(proofs[i].fault, fault) == 0)
			return &proofs[i];
	for (size_t i = 0; i < ARRAY_SIZE(flakey_proofs); i++)
		if ((features & flakey_proofs[i].features) == flakey_proofs[i].features)
			return &flakey_proofs[i].proof;
	return &flakey_proofs[ARRAY_SIZE(flakey_proofs) - 1].proof;
}

static int count(const struct account *account, int64_t *asked, int64_t *fired)
{
	int64_t failed = 0, returned = 0;

	if (counter_read(account->bios.done, asked))
		return -1;
	if (counter_read(account->bios.failed, &failed) ||
	    (account->returns && counter_read(account->returns, &returned)))
		return -1;
	if (!account->returns)
		*fired = failed;
	else if (account->proof->fails && failed < returned)
		*fired = failed;
	else
		*fired = returned;
	return 0;
}

static int account_count(struct guest *g, struct fault *fault)
{
	const struct account *account = fault->context;

	if (count(account, &fault->asked, &fault->fired) == 0)
		return 0;
	guest_say("count what %s did: %s", fault->name, strerror(errno));
	return -1;
}

static int account_disarm(struct guest *g, struct fault *fault)
{
	const struct account *account = fault->context;
	char answer[DM_ANSWER_BYTES];

	if (!account->quiet.count)
		return dm_message(account->name, "disable", answer);
	if (dm_reload(g, account->step, account->name, &account->quiet) == 0)
		return 0;
	errno = g->failure.errno_value;
	return -1;
}

static void account_release(struct fault *fault)
{
	struct account *account = fault->context;

	counter_close(account->returns);
	bio_counts_close(&account->bios);
	dm_table_clear(&account->quiet);
	free(account);
}

static const struct fault_ops account_ops = { account_count, account_disarm, account_release };

static int account_begin(struct guest *g, struct account *account, const struct device *device)
{
	const struct proof *proof = account->proof;

	if (bio_counts_open(g, device, &account->bios))
		return -1;
	if (!proof->function)
		return 0;
	account->returns = counter_open_return(g, proof->function, proof->returns);
	return account->returns ? 0 : -1;
}

int dm_fault_arm(struct guest *g, const struct plan_step *step, const char *name,
		 const struct device *device, int64_t features, struct dm_table *quiet)
{
	struct account *account = calloc(1, sizeof(*account));
	struct fault *fault;

	if (!account)
		return step_fail(g, ENOMEM, "an account of %s", name);
	account->proof = proof_of(name, features);
	account->name = device->name;
	account->step = step;
	if (quiet) {
		account->quiet = *quiet;
		*quiet = (struct dm_table){ 0 };
	}
	fault = fault_open(g, step, account->proof->fault, device->name, &account_ops, account);
	if (!fault) {
		dm_table_clear(&account->quiet);
		free(account);
		return -1;
	}
	if (account_begin(g, account, device))
		return -1;
	fault_armed(g, fault);
	return 0;
}
