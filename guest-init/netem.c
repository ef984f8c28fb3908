// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The step, and the account of what it did. netem keeps count of what it lost
 * and reordered and of all that went through; what it duplicated shows beside a
 * trace event of the packets that it was given, and what it spoiled in the
 * counts of the protocols (netem.h).
 */
#include "guest-init/netem.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "guest-init/counters.h"
#include "guest-init/faults.h"
#include "guest-init/io.h"
#include "guest-init/net.h"
#include "guest-init/panic.h"
#include "guest-init/verbs.h"

#define SNMP_BYTES 16384

struct netem_account {
	struct netem_settings settings;
	char interface[IFNAMSIZ];
	int index;
	bool replaced; /* another step's settings take its place: the discipline stays */
	bool gone;     /* the discipline is deleted: what was counted last stands */
	struct netem_counts start;
	struct net_counts net_start;
	struct counter *given; /* packets handed to the interface; NULL: nothing is duplicated */
};

/* One for each of the guest's faults, in the same order. */
static struct netem_account accounts[GUEST_MAX_FAULTS];

struct netem_look {
	int index;
	struct netem_counts *counts;
};

static void take_counts(void *context, uint16_t type, const void *payload, size_t length)
{
	const struct netem_look *look = context;

	netem_decode(payload, length, look->index, look->counts);
}

/* Sends one message on a socket of its own. 0, or -1 with errno. */
static int netem_talk(struct nl_message *m, nl_handle *handle, void *context)
{
	int fd = nl_open(NETLINK_ROUTE, 0);
	int result, errno_value;

	if (fd < 0)
		return -1;
	result = nl_request(fd, m, handle, context);
	errno_value = errno;
	close(fd);
	errno = errno_value;
	return result;
}

/* -1 with errno: ENOENT when the interface's root is no netem. */
static int netem_look(int index, struct netem_counts *counts)
{
	struct netem_look look = { .index = index, .counts = counts };
	struct nl_message m;

	*counts = (struct netem_counts){ 0 };
	netem_encode_dump(&m, index);
	if (netem_talk(&m, take_counts, &look))
		return -1;
	errno = ENOENT;
	return counts->found ? 0 : -1;
}

static uint64_t sum_of(const char *path, const char *const fields[][2], size_t count)
{
	static char text[SNMP_BYTES];
	uint64_t sum = 0;

	/* What the kernel was not built with has no file, and counts nothing. */
	if (io_read_text(path, text, sizeof(text)))
		return 0;
	for (size_t i = 0; i < count; i++)
		sum += net_snmp_value(text, fields[i][0], fields[i][1]);
	return sum;
}

static void look_at_protocols(struct net_counts *counts)
{
	static const char *const damaged[][2] = { { "Ip", "InHdrErrors" },
						  { "Icmp", "InCsumErrors" },
						  { "Tcp", "InCsumErrors" },
						  { "Udp", "InCsumErrors" } };

	counts->damaged = sum_of("/proc/net/snmp", damaged, ARRAY_SIZE(damaged));
}

static void look_at_interface(const char *interface, struct net_counts *counts)
{
	char path[PATH_MAX];
	int64_t left = 0;

	snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/tx_packets", interface);
	if (io_read_number(path, &left))
		guest_say("read %s: %s", path, strerror(errno));
	counts->left = (uint64_t)left;
}

static int netem_count(struct guest *g, struct fault *fault)
{
	const struct netem_account *account = fault->context;
	struct netem_counts now;
	struct net_counts net_now = { 0 };
	int64_t given = 0;

	if (account->gone)
		return 0;
	/* In this order a packet on its way is missed, and at the start it counts twice: in doubt
	 * nothing was duplicated. */
	look_at_interface(account->interface, &net_now);
	if (netem_look(account->index, &now)) {
		guest_say("statistics of netem on %s: %s", account->interface, strerror(errno));
		return -1;
	}
	look_at_protocols(&net_now);
	if (account->given && counter_read(account->given, &given)) {
		guest_say("read how many packets came to %s: %s", account->interface,
			  strerror(errno));
		return -1;
	}
	net_now.sent = (uint64_t)given;
	fault->asked = (int64_t)(now.packets + now.drops + now.waiting - account->start.packets -
				 account->start.drops - account->start.waiting);
	fault->fired = netem_fired(&account->settings, &account->start, &now, &account->net_start,
				   &net_now);
	return 0;
}

static int netem_disarm(struct guest *g, struct fault *fault)
{
	struct netem_account *account = fault->context;
	struct nl_message m;

	if (account->replaced || account->gone)
		return 0;
	/* The counts go with it. */
	if (fault->armed && !fault->lost)
		fault->lost = netem_count(g, fault) != 0;
	netem_encode_delete(&m, account->index);
	if (netem_talk(&m, NULL, NULL) && errno != ENOENT && errno != EINVAL)
		return -1;
	account->gone = true;
	return 0;
}

static void netem_release(struct fault *fault)
{
	struct netem_account *account = fault->context;

	counter_close(account->given);
	account->given = NULL;
}

static const struct fault_ops netem_ops = { netem_count, netem_disarm, netem_release };

/* Before the interface is looked at: what passes in between is then no duplicate. */
static int count_given(struct guest *g, struct netem_account *account)
{
	char filter[IFNAMSIZ + 16];

	if (!account->settings.duplicate_ppm)
		return 0;
	snprintf(filter, sizeof(filter), "name == \"%s\"", account->interface);
	account->given = counter_open(g, "net/net_dev_queue", filter);
	return account->given ? 0 : -1;
}

/* The settings of the interface before, if the case made some, end here. */
static void close_last(struct guest *g, const char *interface)
{
	struct fault *last = fault_find_open(g, "netem", interface);
	struct netem_account *account = last ? last->context : NULL;

	if (account) {
		account->replaced = true;
		fault_close(g, last);
	}
}

int verb_netem(struct guest *g, const struct plan_step *step)
{
	const char *interface = step_need(g, step, "interface");
	struct netem_account *account = &accounts[g->fault_count % GUEST_MAX_FAULTS];
	struct netem_settings settings;
	struct nl_message m;
	struct fault *fault;
	int index;

	if (!interface)
		return -1;
	netem_settings_of(step, &settings);
	index = net_up(g, interface);
	if (index < 0)
		return -1;
	close_last(g, interface);
	fault = fault_open(g, step, "netem", interface, &netem_ops, account);
	if (!fault)
		return -1;
	*account = (struct netem_account){ .settings = settings, .index = index };
	snprintf(account->interface, sizeof(account->interface), "%s", interface);
	if (count_given(g, account))
		return -1;
	/* What one that is there already has counted is not ours. */
	look_at_protocols(&account->net_start);
	if (netem_look(index, &account->start) && errno != ENOENT)
		return step_fail(g, errno, "statistics of netem on %s", interface);
	look_at_interface(interface, &account->net_start);
	netem_encode(&m, index, &settings);
	if (netem_talk(&m, NULL, NULL))
		return step_fail(g, errno, "netem on %s%s", interface,
				 errno == ENOENT ? " (the kernel needs NET_SCH_NETEM)" : "");
	fault_armed(g, fault);
	return 0;
}
