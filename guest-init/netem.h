/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netem, the kernel's queueing discipline that spoils a network: its settings as a message, its
 * statistics as counts. Plain C, so the host tests it as well. */
#ifndef GUEST_NETEM_H
#define GUEST_NETEM_H

#include "guest-init/netlink.h"
#include "guest-init/plan.h"

struct netem_settings {
	int64_t delay_ns, jitter_ns, slot_ns;
	int64_t loss_ppm, duplicate_ppm, corrupt_ppm, reorder_ppm;
	uint32_t gap, limit, rate_bytes_per_s;
	const char *distribution; /* borrowed from the plan */
};

/* What the interface's root discipline counted since it was made. */
struct netem_counts {
	bool found;	    /* it is a netem */
	uint64_t packets;   /* went through, in segments as the network card would see them */
	uint64_t drops;	    /* lost by chance, or because the queue was full */
	uint64_t requeues;  /* reordered: sent before those that waited */
	uint64_t waiting;   /* in its queue now */
};

/* What the network counted, for effects of which netem keeps no count itself. */
struct net_counts {
	uint64_t sent;	    /* packets handed to the interface */
	uint64_t damaged;   /* IPv4 headers, ICMP, TCP and UDP with a wrong checksum */
	uint64_t left;	    /* packets that left by the interface */
};

void netem_settings_of(const struct plan_step *step, struct netem_settings *settings);
/* Makes it the root of the interface, or changes the one that is there. */
void netem_encode(struct nl_message *m, int interface, const struct netem_settings *settings);
void netem_encode_delete(struct nl_message *m, int interface);
void netem_encode_dump(struct nl_message *m, int interface);
/* One RTM_NEWQDISC message: sets *counts when it is the root of the interface. */
void netem_decode(const void *payload, size_t length, int interface, struct netem_counts *counts);
/*
 * The value of `field` in `group` of /proc/net/snmp or /proc/net/netstat: a line
 * "Ip: name name..." and below it "Ip: number number...". 0 when it is not there.
 */
uint64_t net_snmp_value(const char *text, const char *group, const char *field);
/*
 * How often it fired between two looks: the least count of the effects that the
 * settings ask for, so that one of two that never happened shows as 0.
 */
int64_t netem_fired(const struct netem_settings *settings, const struct netem_counts *was,
		    const struct netem_counts *now, const struct net_counts *net_was,
		    const struct net_counts *net_now);

#define NETEM_DIST_ENTRIES 1024
/* Values of the distribution's inverse at even steps, 8192 for the standard deviation. */
void netem_distribution(const char *name, int16_t table[NETEM_DIST_ENTRIES]);

#endif
