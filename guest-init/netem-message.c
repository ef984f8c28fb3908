// SPDX-License-Identifier: GPL-2.0-or-later
/* The half of netem.h that needs no kernel: settings to a message, statistics to counts. */
#include <math.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "guest-init/netem.h"

#define PPM	  1000000
#define NS_PER_MS 1000000

void netem_settings_of(const struct plan_step *step, struct netem_settings *s)
{
	*s = (struct netem_settings){
		.delay_ns = plan_arg_int(step, "delay", 0) * NS_PER_MS,
		.jitter_ns = plan_arg_int(step, "jitter", 0) * NS_PER_MS,
		.slot_ns = plan_arg_int(step, "slot", 0) * NS_PER_MS,
		.loss_ppm = plan_arg_int(step, "loss", 0),
		.duplicate_ppm = plan_arg_int(step, "duplicate", 0),
		.corrupt_ppm = plan_arg_int(step, "corrupt", 0),
		.reorder_ppm = plan_arg_int(step, "reorder", 0),
		.limit = (uint32_t)plan_arg_int(step, "limit", 1000),
		.rate_bytes_per_s = (uint32_t)plan_arg_int(step, "rate", 0),
		.distribution = plan_arg(step, "distribution"),
	};
	/* Without a gap netem does not reorder at all. */
	s->gap = (uint32_t)plan_arg_int(step, "gap", s->reorder_ppm > 0);
}

/* ---- distributions ------------------------------------------------------ */

/* The x below which the standard normal distribution has the share p. */
static double normal_inverse(double p)
{
	double low = -6, high = 6;

	for (int i = 0; i < 60; i++) {
		double middle = (low + high) / 2;

		if (0.5 * (1 + erf(middle / sqrt(2.0))) < p)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Pareto's distribution of shape 3 from 1 on, moved to mean 0 and stretched to deviation 1. */
static double pareto_inverse(double p)
{
	return (1 / cbrt(1 - p) - 1.5) / sqrt(0.75);
}

void netem_distribution(const char *name, int16_t table[NETEM_DIST_ENTRIES])
{
	for (int i = 0; i < NETEM_DIST_ENTRIES; i++) {
		double p = (i + 0.5) / NETEM_DIST_ENTRIES;
		double x = 2 * p - 1;

		if (name && strcmp(name, "normal") == 0)
			x = normal_inverse(p);
		else if (name && strcmp(name, "pareto") == 0)
			x = pareto_inverse(p);
		x *= NETEM_DIST_SCALE;
		table[i] = (int16_t)(x > INT16_MAX ? INT16_MAX : x);
	}
}

/* ---- messages ----------------------------------------------------------- */

static uint32_t probability(int64_t ppm)
{
	return (uint32_t)((uint64_t)ppm * UINT32_MAX / PPM);
}

static struct tcmsg root_of(int interface)
{
	return (struct tcmsg){ .tcm_family = AF_UNSPEC,
			       .tcm_ifindex = interface,
			       .tcm_parent = TC_H_ROOT };
}

/*
 * All of the settings, also those that are off: a change leaves what it is not
 * told. For the same reason the uniform distribution is a table too.
 */
void netem_encode(struct nl_message *m, int interface, const struct netem_settings *s)
{
	const struct tcmsg head = root_of(interface);
	const struct tc_netem_qopt base = { .limit = s->limit,
					    .loss = probability(s->loss_ppm),
					    .gap = s->gap,
					    .duplicate = probability(s->duplicate_ppm) };
	const struct tc_netem_corr independent = { 0 };
	const struct tc_netem_reorder reorder = { .probability = probability(s->reorder_ppm) };
	const struct tc_netem_corrupt corrupt = { .probability = probability(s->corrupt_ppm) };
	const struct tc_netem_rate rate = { .rate = s->rate_bytes_per_s };
	const struct tc_netem_slot slot = { .min_delay = s->slot_ns, .max_delay = s->slot_ns };
	int16_t table[NETEM_DIST_ENTRIES];
	size_t nest;

	netem_distribution(s->distribution, table);
	nl_begin(m, RTM_NEWQDISC, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, &head, sizeof(head));
	nl_put_text(m, TCA_KIND, "netem");
	nest = nl_nest_begin(m, TCA_OPTIONS, &base, sizeof(base));
	nl_put(m, TCA_NETEM_CORR, &independent, sizeof(independent));
	nl_put(m, TCA_NETEM_REORDER, &reorder, sizeof(reorder));
	nl_put(m, TCA_NETEM_CORRUPT, &corrupt, sizeof(corrupt));
	nl_put(m, TCA_NETEM_RATE, &rate, sizeof(rate));
	nl_put(m, TCA_NETEM_SLOT, &slot, sizeof(slot));
	nl_put(m, TCA_NETEM_LATENCY64, &s->delay_ns, sizeof(s->delay_ns));
	nl_put(m, TCA_NETEM_JITTER64, &s->jitter_ns, sizeof(s->jitter_ns));
	nl_put(m, TCA_NETEM_DELAY_DIST, table, sizeof(table));
	nl_nest_end(m, nest);
}

void netem_encode_delete(struct nl_message *m, int interface)
{
	const struct tcmsg head = root_of(interface);

	nl_begin(m, RTM_DELQDISC, NLM_F_ACK, &head, sizeof(head));
}

void netem_encode_dump(struct nl_message *m, int interface)
{
	const struct tcmsg head = root_of(interface);

	nl_begin(m, RTM_GETQDISC, NLM_F_DUMP, &head, sizeof(head));
}

/* A statistics structure of the kernel may be longer or shorter than ours: newer or older. */
static void copy_stats(const void *stats, size_t length, uint16_t attribute, void *out, size_t size)
{
	size_t found = 0;
	const void *data = nl_find(stats, length, attribute, &found);

	if (data)
		memcpy(out, data, found < size ? found : size);
}

void netem_decode(const void *payload, size_t length, int interface, struct netem_counts *counts)
{
	const char *attributes = (const char *)payload + NLMSG_ALIGN(sizeof(struct tcmsg));
	struct gnet_stats_basic basic = { 0 };
	struct gnet_stats_queue queue = { 0 };
	const char *kind, *stats;
	size_t kind_length = 0, stats_length = 0;
	struct tcmsg head;

	if (length < NLMSG_ALIGN(sizeof(head)))
		return;
	memcpy(&head, payload, sizeof(head));
	length -= NLMSG_ALIGN(sizeof(head));
	if (head.tcm_ifindex != interface || head.tcm_parent != TC_H_ROOT)
		return;
	kind = nl_find(attributes, length, TCA_KIND, &kind_length);
	stats = nl_find(attributes, length, TCA_STATS2, &stats_length);
	if (!kind || kind_length != sizeof("netem") || memcmp(kind, "netem", kind_length) != 0 ||
	    !stats)
		return;
	copy_stats(stats, stats_length, TCA_STATS_BASIC, &basic, sizeof(basic));
	copy_stats(stats, stats_length, TCA_STATS_QUEUE, &queue, sizeof(queue));
	*counts = (struct netem_counts){ .found = true,
					 .packets = basic.packets,
					 .drops = queue.drops,
					 .requeues = queue.requeues,
					 .waiting = queue.qlen };
}

/* ---- counts ------------------------------------------------------------- */

/* The n-th word of a line, as a number. */
static uint64_t word_value(const char *line, size_t n)
{
	uint64_t value = 0;

	for (; n > 0; n--) {
		line += strcspn(line, " \n");
		line += *line == ' ';
	}
	for (; *line >= '0' && *line <= '9'; line++)
		value = value * 10 + (uint64_t)(*line - '0');
	return value;
}

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return *line ? line + 1 : NULL;
}

static bool is_word(const char *at, size_t length, const char *word)
{
	return strlen(word) == length && strncmp(at, word, length) == 0;
}

uint64_t net_snmp_value(const char *text, const char *group, const char *field)
{
	for (const char *names = text, *values; names && (values = next_line(names));
	     names = next_line(values)) {
		size_t n = 0;

		if (strncmp(names, group, strlen(group)) != 0 || names[strlen(group)] != ':')
			continue;
		for (const char *at = names; *at && *at != '\n'; n++) {
			size_t length = strcspn(at, " \n");

			if (is_word(at, length, field))
				return word_value(values, n);
			at += length;
			at += *at == ' ';
		}
	}
	return 0;
}

static void keep_least(int64_t *least, bool asked, uint64_t count)
{
	if (asked && (*least < 0 || (int64_t)count < *least))
		*least = (int64_t)count;
}

int64_t netem_fired(const struct netem_settings *s, const struct netem_counts *was,
		    const struct netem_counts *now, const struct net_counts *net_was,
		    const struct net_counts *net_now)
{
	uint64_t packets = now->packets - was->packets;
	uint64_t drops = now->drops - was->drops;
	uint64_t sent = net_now->sent - net_was->sent;
	uint64_t out = net_now->left - net_was->left + drops + now->waiting - was->waiting;
	int64_t least = -1;

	keep_least(&least, s->delay_ns || s->rate_bytes_per_s || s->slot_ns, packets);
	keep_least(&least, s->loss_ppm, drops);
	keep_least(&least, s->reorder_ppm, now->requeues - was->requeues);
	keep_least(&least, s->corrupt_ppm, net_now->damaged - net_was->damaged);
	/*
	 * What came out beyond what was put in. To spoil a packet netem cuts it to
	 * segments, which would look the same: then the others have to do.
	 */
	keep_least(&least, s->duplicate_ppm && !s->corrupt_ppm, out > sent ? out - sent : 0);
	return least < 0 ? 0 : least;
}
