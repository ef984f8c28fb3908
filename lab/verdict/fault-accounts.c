// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/fault-accounts.h"

#include "base/json.h"

#define MAX_ACCOUNTS 1000 /* a guest has fewer */

/* NULL: there are too many. */
static json_t *account_of(json_t *all, int64_t step, const char *fault, const char *device)
{
	json_t *account;
	size_t i;

	json_array_foreach (all, i, account)
		if (json_get_int(account, "i", -1) == step &&
		    str_eq(json_get_str(account, "fault", ""), fault) &&
		    str_eq(json_get_str(account, "device", ""), device))
			return account;
	if (i >= MAX_ACCOUNTS)
		return NULL;
	account = json_object();
	json_set_int(account, "i", step);
	json_set_str(account, "fault", fault);
	json_set_str(account, "device", device);
	json_array_append_new(all, account);
	return account;
}

/* A disk that the machine makes fail is armed from the start, and for as long as it is there. */
static void add_disk(json_t *all, const json_t *disk)
{
	json_t *account = account_of(all, json_get_int(disk, "i", -1), "virtio_disk",
				     json_get_str(disk, "name", ""));
	bool counted = json_is_integer(json_object_get(disk, "failed"));

	json_set_bool(account, "armed", true);
	json_set_int(account, "fired", json_get_int(disk, "failed", 0));
	if (counted)
		json_set_int(account, "asked",
			     json_get_int(disk, "operations", 0) + json_get_int(disk, "failed", 0));
	json_set_bool(account, "final", counted);
	json_set_bool(account, "lost", !counted);
}

json_t *fault_accounts(const struct frames *frames, const json_t *machine)
{
	json_t *all = json_array(), *frame, *disk;
	bool beyond = false;
	size_t i;

	json_array_foreach (json_get_array(machine, "disks"), i, disk)
		if (json_get_bool(disk, "fails", false))
			add_disk(all, disk);

	json_array_foreach (frames->list, i, frame) {
		int64_t fired = json_get_int(frame, "fired", -1);
		json_t *account;

		if (!str_eq(json_get_str(frame, "k", ""), "fault"))
			continue;
		account = account_of(all, json_get_int(frame, "i", -1),
				     json_get_str(frame, "fault", ""),
				     json_get_str(frame, "device", ""));
		beyond |= !account;
		if (!account)
			continue;
		json_set_bool(account, "armed",
			      json_get_bool(account, "armed", false) ||
				      json_get_bool(frame, "armed", false));
		json_set_int(account, "fired",
			     fired < 0 ? json_get_int(account, "fired", 0) : fired);
		if (json_is_integer(json_object_get(frame, "asked")))
			json_set_int(account, "asked", json_get_int(frame, "asked", 0));
		json_set_bool(account, "final",
			      fired >= 0 && json_get_bool(frame, "disarmed", false));
		json_set_bool(account, "lost", fired < 0);
		if (*json_get_str(frame, "ceased", ""))
			json_set_str(account, "ceased", json_get_str(frame, "ceased", ""));
	}
	/* What was not taken in may not have fired: that must not look complete. */
	if (beyond)
		json_set_bool(json_array_get(all, 0), "final", false);
	return all;
}
