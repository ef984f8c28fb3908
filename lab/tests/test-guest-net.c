// SPDX-License-Identifier: GPL-2.0-or-later
/* The network steps' messages: what goes to the kernel, and what comes back, also when it is
 * broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "guest-init/guest.h"
#include "guest-init/net.h"
#include "guest-init/netem.h"
#include "guest-init/ping.h"

/* ---- netlink ------------------------------------------------------------ */

static void test_netlink_attributes_are_found_again(void **state)
{
	struct nl_message m;
	size_t nest, length = 0;
	const char *found;

	nl_begin(&m, 1, 0, "head", 4);
	nl_put_text(&m, 5, "five");
	nest = nl_nest_begin(&m, 6, "base", 4);
	nl_put(&m, 7, "abc", 3);
	nl_nest_end(&m, nest);
	assert_false(m.overflow);
	assert_int_equal(m.length % 4, 0);
	found = nl_find(m.bytes + NLMSG_HDRLEN + 4, m.length - NLMSG_HDRLEN - 4, 6, &length);
	assert_non_null(found);
	assert_int_equal(length, 4 + 8);
	assert_memory_equal(found, "base", 4);
	found = nl_find(found + 4, length - 4, 7, &length);
	assert_int_equal(length, 3);
	assert_memory_equal(found, "abc", 3);
	assert_null(nl_find(m.bytes + NLMSG_HDRLEN + 4, m.length - NLMSG_HDRLEN - 4, 8, &length));
}

static void test_netlink_message_does_not_outgrow_its_room(void **state)
{
	static const char much[NL_MAX_MESSAGE];
	struct nl_message m;

	nl_begin(&m, 1, 0, NULL, 0);
	nl_put(&m, 1, much, NL_MAX_MESSAGE - NLMSG_HDRLEN - NLA_HDRLEN);
	assert_false(m.overflow);
	assert_int_equal(m.length, NL_MAX_MESSAGE);
	nl_put(&m, 2, NULL, 0);
	assert_true(m.overflow);
	assert_int_equal(m.length, NL_MAX_MESSAGE);
	assert_int_equal(nl_request(-1, &m, NULL, NULL), -1);
	assert_int_equal(errno, EMSGSIZE);
}

/* Each broken length ends the search, and none reads beyond (the sanitizer looks on). */
static void test_netlink_broken_attributes_end_the_search(void **state)
{
	for (unsigned int claimed = 0; claimed < 24; claimed++) {
		for (size_t have = 0; have <= 12; have++) {
			struct nlattr *attribute = malloc(have ? have : 1);
			const struct nlattr header = { .nla_len = (uint16_t)claimed,
						       .nla_type = 1 };
			size_t length = 99;

			memset(attribute, 0, have ? have : 1);
			memcpy(attribute, &header, have < sizeof(header) ? have : sizeof(header));
			if (nl_find(attribute, have, 1, &length))
				assert_true(claimed >= 4 && claimed <= have &&
					    length == claimed - 4);
			nl_find(attribute, have, 2, &length);
			free(attribute);
		}
	}
}

struct seen {
	int count;
	uint16_t type;
	size_t length;
};

static void see(void *context, uint16_t type, const void *payload, size_t length)
{
	struct seen *seen = context;

	seen->count++;
	seen->type = type;
	seen->length = length;
}

static size_t put_message(char *at, uint16_t type, uint32_t sequence, const void *payload,
			  size_t length)
{
	const struct nlmsghdr header = { .nlmsg_len = (uint32_t)(NLMSG_HDRLEN + length),
					 .nlmsg_type = type,
					 .nlmsg_seq = sequence };

	memcpy(at, &header, sizeof(header));
	memcpy(at + NLMSG_HDRLEN, payload, length);
	return NLMSG_ALIGN(header.nlmsg_len);
}

static void test_netlink_takes_answers_to_its_question_only(void **state)
{
	char bytes[256] = "";
	struct seen seen = { 0 };
	int error = 0;
	size_t length;

	length = put_message(bytes, 40, 7, "mine", 4);
	length += put_message(bytes + length, 41, 6, "old", 3);
	assert_int_equal(nl_take(bytes, length, 7, see, &seen), 0);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.type, 40);
	assert_int_equal(seen.length, 4);
	assert_int_equal(
		nl_take(bytes, put_message(bytes, NLMSG_ERROR, 7, &error, 4), 7, NULL, NULL), 1);
	assert_int_equal(
		nl_take(bytes, put_message(bytes, NLMSG_DONE, 7, &error, 4), 7, NULL, NULL), 1);
	assert_int_equal(
		nl_take(bytes, put_message(bytes, NLMSG_ERROR, 6, &error, 4), 7, NULL, NULL), 0);
	error = -ENODEV;
	assert_int_equal(
		nl_take(bytes, put_message(bytes, NLMSG_ERROR, 7, &error, 4), 7, NULL, NULL), -1);
	assert_int_equal(errno, ENODEV);
	error = INT32_MIN;
	assert_int_equal(
		nl_take(bytes, put_message(bytes, NLMSG_ERROR, 7, &error, 4), 7, NULL, NULL), -1);
	assert_int_equal(errno, EBADMSG);
}

static void test_netlink_broken_answers_are_refused(void **state)
{
	char whole[64] = "";
	size_t length = put_message(whole, 40, 7, "12345678", 8);

	for (uint32_t claimed = 0; claimed < 40; claimed++) {
		for (size_t have = 0; have <= length; have++) {
			char *bytes = malloc(have ? have : 1);
			struct seen seen = { 0 };
			int taken;

			memcpy(whole, &claimed, sizeof(claimed));
			memcpy(bytes, whole, have);
			taken = nl_take(bytes, have, 7, see, &seen);
			if (claimed < NLMSG_HDRLEN || claimed > have)
				assert_true(taken == -1 && seen.count == 0);
			else
				assert_int_equal(seen.length, claimed - NLMSG_HDRLEN);
			free(bytes);
		}
	}
}

/* ---- netem -------------------------------------------------------------- */

static void test_netem_encodes_what_the_step_says(void **state)
{
	const struct plan_arg args[] = {
		{ "delay", "100" }, { "loss", "1000" }, { "reorder", "250000" }, { "limit", "77" }
	};
	const struct plan_step step = { .args = args, .arg_count = ARRAY_SIZE(args) };
	struct netem_settings settings;
	struct nl_message m;
	const char *attributes, *options;
	struct tcmsg head;
	struct tc_netem_qopt base;
	struct tc_netem_reorder reorder;
	int64_t delay_ns;
	size_t length, found = 0;

	netem_settings_of(&step, &settings);
	netem_encode(&m, 3, &settings);
	assert_false(m.overflow);
	memcpy(&head, m.bytes + NLMSG_HDRLEN, sizeof(head));
	assert_int_equal(head.tcm_ifindex, 3);
	assert_int_equal(head.tcm_parent, TC_H_ROOT);
	attributes = m.bytes + NLMSG_HDRLEN + sizeof(head);
	length = m.length - NLMSG_HDRLEN - sizeof(head);
	assert_string_equal(nl_find(attributes, length, TCA_KIND, &found), "netem");
	options = nl_find(attributes, length, TCA_OPTIONS, &length);
	assert_non_null(options);
	memcpy(&base, options, sizeof(base));
	assert_int_equal(base.limit, 77);
	assert_int_equal(base.loss, 4294967); /* a thousandth of 2^32 - 1 */
	assert_int_equal(base.duplicate, 0);
	assert_int_equal(base.gap, 1);
	options += sizeof(base);
	length -= sizeof(base);
	memcpy(&delay_ns, nl_find(options, length, TCA_NETEM_LATENCY64, &found), sizeof(delay_ns));
	assert_int_equal(found, 8);
	assert_int_equal(delay_ns, 100000000);
	memcpy(&reorder, nl_find(options, length, TCA_NETEM_REORDER, &found), sizeof(reorder));
	assert_int_equal(reorder.probability, UINT32_MAX / 4);
	assert_non_null(nl_find(options, length, TCA_NETEM_DELAY_DIST, &found));
	assert_int_equal(found, 2 * NETEM_DIST_ENTRIES);
}

static void check_distribution(const char *name, double deviation)
{
	int16_t table[NETEM_DIST_ENTRIES];
	double sum = 0, squares = 0;

	netem_distribution(name, table);
	for (int i = 0; i < NETEM_DIST_ENTRIES; i++) {
		double x = (double)table[i] / NETEM_DIST_SCALE;

		assert_true(i == 0 || table[i] >= table[i - 1]);
		sum += x;
		squares += x * x;
	}
	sum /= NETEM_DIST_ENTRIES;
	squares /= NETEM_DIST_ENTRIES;
	if (sum < -0.03 || sum > 0.03 || squares < deviation * 0.9 || squares > deviation * 1.05)
		fail_msg("%s: mean %f, variance %f", name, sum, squares);
}

static void test_netem_distributions_have_their_mean_and_variance(void **state)
{
	check_distribution("uniform", 1.0 / 3);
	check_distribution("normal", 1);
	/* Of the integral of its variance, which is 1, 0.544 is left when all beyond 4 deviations,
	 * the most that the table can say, is put there. */
	check_distribution("pareto", 0.544);
}

static size_t put_statistics(char *bytes, int interface, uint32_t parent, const char *kind)
{
	const struct tcmsg head = { .tcm_ifindex = interface, .tcm_parent = parent };
	const struct gnet_stats_basic basic = { .bytes = 1000, .packets = 42 };
	const struct gnet_stats_queue queue = { .qlen = 3, .drops = 5, .requeues = 7 };
	struct nl_message m;
	size_t nest;

	nl_begin(&m, RTM_NEWQDISC, 0, &head, sizeof(head));
	nl_put_text(&m, TCA_KIND, kind);
	nest = nl_nest_begin(&m, TCA_STATS2, NULL, 0);
	nl_put(&m, TCA_STATS_BASIC, &basic, sizeof(basic));
	nl_put(&m, TCA_STATS_QUEUE, &queue, sizeof(queue));
	nl_nest_end(&m, nest);
	memcpy(bytes, m.bytes + NLMSG_HDRLEN, m.length - NLMSG_HDRLEN);
	return m.length - NLMSG_HDRLEN;
}

static void test_netem_reads_its_own_statistics_only(void **state)
{
	struct netem_counts counts = { 0 };
	char bytes[512];
	size_t length;

	length = put_statistics(bytes, 2, TC_H_ROOT, "netem");
	netem_decode(bytes, length, 1, &counts);
	assert_false(counts.found);
	netem_decode(bytes, length, 2, &counts);
	assert_true(counts.found);
	assert_int_equal(counts.packets, 42);
	assert_int_equal(counts.drops, 5);
	assert_int_equal(counts.requeues, 7);
	assert_int_equal(counts.waiting, 3);
	counts.found = false;
	netem_decode(bytes, put_statistics(bytes, 2, 0x10001, "netem"), 2, &counts);
	netem_decode(bytes, put_statistics(bytes, 2, TC_H_ROOT, "netemx"), 2, &counts);
	netem_decode(bytes, put_statistics(bytes, 2, TC_H_ROOT, "pfifo"), 2, &counts);
	assert_false(counts.found);
}

static void test_netem_statistics_cut_short_are_none(void **state)
{
	char bytes[512];
	size_t whole = put_statistics(bytes, 2, TC_H_ROOT, "netem");

	for (size_t length = 0; length < whole; length++) {
		struct netem_counts counts = { 0 };
		char *cut = malloc(length ? length : 1);

		memcpy(cut, bytes, length);
		netem_decode(cut, length, 2, &counts);
		assert_false(counts.found);
		free(cut);
	}
}

static const char snmp[] = "Ip: Forwarding DefaultTTL OutRequests\n"
			   "Ip: 2 64 1234\n"
			   "Icmp: InMsgs InErrors InCsumErrors\n"
			   "Icmp: 10 3 2\n"
			   "IcmpMsg: InType0 InType8\n"
			   "IcmpMsg: 5 6\n"
			   "Tcp: RtoAlgorithm MaxConn InCsumErrors\n"
			   "Tcp: 1 -1 9";

static void test_net_snmp_value_takes_the_field_of_its_group(void **state)
{
	assert_int_equal(net_snmp_value(snmp, "Ip", "OutRequests"), 1234);
	assert_int_equal(net_snmp_value(snmp, "Icmp", "InCsumErrors"), 2);
	assert_int_equal(net_snmp_value(snmp, "Tcp", "InCsumErrors"), 9);
	assert_int_equal(net_snmp_value(snmp, "Tcp", "OutRequests"), 0);
	assert_int_equal(net_snmp_value(snmp, "Udp", "InCsumErrors"), 0);
	assert_int_equal(net_snmp_value("Ip: OutRequests", "Ip", "OutRequests"), 0);
	assert_int_equal(net_snmp_value("Ip: OutRequests\n", "Ip", "OutRequests"), 0);
	assert_int_equal(net_snmp_value("", "Ip", "OutRequests"), 0);
}

static void test_netem_fired_is_that_of_the_rarest_effect(void **state)
{
	const struct netem_counts was = { .packets = 10 },
				  now = { .packets = 110, .drops = 2, .requeues = 4, .waiting = 1 };
	const struct net_counts net_was = { .sent = 50, .left = 20 },
				net_now = { .sent = 150, .left = 123, .damaged = 6 };
	struct netem_settings s = { .delay_ns = 1 };

	assert_int_equal(netem_fired(&s, &was, &now, &net_was, &net_now), 100);
	s.reorder_ppm = 1;
	assert_int_equal(netem_fired(&s, &was, &now, &net_was, &net_now), 4);
	s.loss_ppm = 1;
	assert_int_equal(netem_fired(&s, &was, &now, &net_was, &net_now), 2);
	s = (struct netem_settings){ .duplicate_ppm = 1 };
	/* 103 left, 2 were lost, 1 waits: 106 of 100. */
	assert_int_equal(netem_fired(&s, &was, &now, &net_was, &net_now), 6);
	s = (struct netem_settings){ .corrupt_ppm = 1 };
	assert_int_equal(netem_fired(&s, &was, &now, &net_was, &net_now), 6);
	/* One of two that never happened. */
	s = (struct netem_settings){ .delay_ns = 1, .loss_ppm = 1 };
	assert_int_equal(netem_fired(&s, &was, &(struct netem_counts){ .packets = 110 }, &net_was,
				     &net_now),
			 0);
}

/* ---- addresses ---------------------------------------------------------- */

static void test_net_address_is_parsed_or_refused(void **state)
{
	static const char *const bad[] = {
		"",	      "/",	  "10.0.0.1",	 "10.0.0.1/", "10.0.0.1/33",
		"10.0.0.1/0", "10.0.0/8", "10.0.0.1/8x", "a/8",	      "1000.1000.1000.1000/8"
	};
	uint32_t address, mask;

	assert_true(net_parse_address("10.1.2.3/20", &address, &mask));
	assert_int_equal(ntohl(address), 0x0a010203);
	assert_int_equal(ntohl(mask), 0xfffff000);
	assert_true(net_parse_address("10.1.2.3/32", &address, &mask));
	assert_int_equal(ntohl(mask), 0xffffffff);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(net_parse_address(bad[i], &address, &mask));
}

/* ---- ping --------------------------------------------------------------- */

/* An IPv4 packet with the reply to a request: what the kernel would make of it. */
static size_t reply_to(uint8_t *packet, uint16_t id, uint32_t number, uint64_t now_ns,
		       size_t content)
{
	size_t length = ping_build(packet + 20, id, number, now_ns, content);
	uint32_t sum;

	memset(packet, 0, 20);
	packet[0] = 0x45;
	packet[20] = 0;
	/* The type is 8 less in the first byte of the sum: RFC 1624. */
	sum = (uint32_t)(packet[22] << 8 | packet[23]) + 0x800;
	sum = (sum & 0xffff) + (sum >> 16);
	packet[22] = (uint8_t)(sum >> 8);
	packet[23] = (uint8_t)sum;
	return length + 20;
}

static void test_ping_knows_its_reply(void **state)
{
	uint8_t packet[256];
	struct ping_reply reply;
	size_t length = reply_to(packet, 5, 70001, 123456789, 56);

	assert_int_equal(length, 20 + 8 + 56);
	assert_int_equal(ping_parse(packet, length, 5, 56, 70002, &reply), PING_REPLY);
	assert_int_equal(reply.number, 70001);
	assert_int_equal(reply.sent_ns, 123456789);
	assert_int_equal(ping_parse(packet, length, 6, 56, 70002, &reply), PING_OTHER);
	/* One that was never sent. */
	assert_int_equal(ping_parse(packet, length, 5, 56, 70001, &reply), PING_CORRUPTED);
	packet[20] = 8;
	assert_int_equal(ping_parse(packet, length, 5, 56, 70002, &reply), PING_OTHER);
}

static void test_ping_sees_each_flipped_bit(void **state)
{
	uint8_t packet[256];
	struct ping_reply reply;
	size_t length = reply_to(packet, 5, 1, 2, 16);

	/* Behind type, code and id, which say whose it is. */
	for (size_t bit = 8 * 26; bit < 8 * length; bit++) {
		packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(ping_parse(packet, length, 5, 16, 9, &reply), PING_CORRUPTED);
		packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(ping_parse(packet, length, 5, 16, 9, &reply), PING_REPLY);
}

static void test_ping_does_not_read_beyond_a_short_packet(void **state)
{
	uint8_t whole[256];
	size_t length = reply_to(whole, 5, 1, 2, 16);
	struct ping_reply reply;

	for (int first = 0; first < 256; first++) {
		for (size_t have = 0; have < length; have++) {
			uint8_t *packet = malloc(have ? have : 1);

			whole[0] = (uint8_t)first;
			memcpy(packet, whole, have);
			assert_int_not_equal(ping_parse(packet, have, 5, 16, 9, &reply),
					     PING_REPLY);
			free(packet);
		}
	}
}

static void test_ping_counts_times_duplicates_and_order(void **state)
{
	struct ping_findings f = { 0 };
	uint8_t seen[2] = { 0 };
	int64_t last = -1;

	ping_count(&f, seen, &last, &(struct ping_reply){ 0, 100 }, 300);
	ping_count(&f, seen, &last, &(struct ping_reply){ 9, 100 }, 200);
	ping_count(&f, seen, &last, &(struct ping_reply){ 9, 100 }, 900);
	ping_count(&f, seen, &last, &(struct ping_reply){ 8, 100 }, 700);
	assert_int_equal(f.received, 3);
	assert_int_equal(f.duplicates, 1);
	assert_int_equal(f.reordered, 1);
	assert_int_equal(f.rtt_min_ns, 100);
	assert_int_equal(f.rtt_max_ns, 600);
	assert_int_equal(f.rtt_sum_ns, 900);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_netlink_attributes_are_found_again),
		cmocka_unit_test(test_netlink_message_does_not_outgrow_its_room),
		cmocka_unit_test(test_netlink_broken_attributes_end_the_search),
		cmocka_unit_test(test_netlink_takes_answers_to_its_question_only),
		cmocka_unit_test(test_netlink_broken_answers_are_refused),
		cmocka_unit_test(test_netem_encodes_what_the_step_says),
		cmocka_unit_test(test_netem_distributions_have_their_mean_and_variance),
		cmocka_unit_test(test_netem_reads_its_own_statistics_only),
		cmocka_unit_test(test_netem_statistics_cut_short_are_none),
		cmocka_unit_test(test_net_snmp_value_takes_the_field_of_its_group),
		cmocka_unit_test(test_netem_fired_is_that_of_the_rarest_effect),
		cmocka_unit_test(test_net_address_is_parsed_or_refused),
		cmocka_unit_test(test_ping_knows_its_reply),
		cmocka_unit_test(test_ping_sees_each_flipped_bit),
		cmocka_unit_test(test_ping_does_not_read_beyond_a_short_packet),
		cmocka_unit_test(test_ping_counts_times_duplicates_and_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
