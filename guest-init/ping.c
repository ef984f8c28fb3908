// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/ping.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest-init/net.h"
#include "guest-init/tasks.h"
#include "guest-init/verbs.h"

#define ECHO_REPLY   0
#define ECHO_REQUEST 8
#define ECHO_HEADER  8 /* type, code, checksum, id, sequence */
/* linux/icmp.h, which says the same, and more that disagrees with the C library. */
#define SOL_RAW_LEVEL	 255
#define ICMP_FILTER_NAME 1

#define PING_EXIT_NO_MEMORY 2

/* ---- packets ------------------------------------------------------------ */

/* RFC 1071; over a packet with its checksum in place it gives 0. */
static uint16_t checksum(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

size_t ping_build(uint8_t *packet, uint16_t id, uint32_t number, uint64_t now_ns, size_t content)
{
	uint8_t *body = packet + ECHO_HEADER;

	memset(packet, 0, ECHO_HEADER + content);
	packet[0] = ECHO_REQUEST;
	put16(packet + 4, id);
	put16(packet + 6, (uint16_t)number);
	memcpy(body, &number, sizeof(number));
	memcpy(body + 8, &now_ns, sizeof(now_ns));
	for (size_t i = PING_MIN_CONTENT; i < content; i++)
		body[i] = (uint8_t)i;
	put16(packet + 2, checksum(packet, ECHO_HEADER + content));
	return ECHO_HEADER + content;
}

enum ping_kind ping_parse(const uint8_t *packet, size_t length, uint16_t id, size_t content,
			  uint32_t count, struct ping_reply *reply)
{
	size_t header = length > 0 ? (size_t)(packet[0] & 15) * 4 : 0;

	if (header < 20 || length < header + ECHO_HEADER)
		return PING_OTHER;
	packet += header;
	length -= header;
	if (packet[0] != ECHO_REPLY || get16(packet + 4) != id)
		return PING_OTHER;
	if (length != ECHO_HEADER + content || checksum(packet, length) != 0)
		return PING_CORRUPTED;
	memcpy(&reply->number, packet + ECHO_HEADER, sizeof(reply->number));
	memcpy(&reply->sent_ns, packet + ECHO_HEADER + 8, sizeof(reply->sent_ns));
	return reply->number < count ? PING_REPLY : PING_CORRUPTED;
}

void ping_count(struct ping_findings *f, uint8_t *seen, int64_t *last,
		const struct ping_reply *reply, uint64_t now_ns)
{
	uint8_t bit = (uint8_t)(1 << reply->number % 8);
	uint64_t rtt_ns = now_ns > reply->sent_ns ? now_ns - reply->sent_ns : 0;

	if (seen[reply->number / 8] & bit) {
		f->duplicates++;
		return;
	}
	seen[reply->number / 8] |= bit;
	if (f->received++ == 0 || rtt_ns < f->rtt_min_ns)
		f->rtt_min_ns = rtt_ns;
	if (rtt_ns > f->rtt_max_ns)
		f->rtt_max_ns = rtt_ns;
	f->rtt_sum_ns += rtt_ns;
	if (reply->number < *last)
		f->reordered++;
	else
		*last = reply->number;
}

/* ---- the task ----------------------------------------------------------- */

struct ping {
	int fd;
	uint16_t id;
	uint32_t count;
	size_t content;
	uint64_t interval_ns, timeout_ns;
	struct ping_findings *findings;
	uint8_t *seen;
	int64_t last;
};

/* Everything that is there. */
static void ping_receive(struct ping *ping)
{
	static uint8_t packet[PING_MAX_PACKET];
	ssize_t n;

	while ((n = recv(ping->fd, packet, sizeof(packet), MSG_DONTWAIT)) > 0) {
		struct ping_reply reply;

		switch (ping_parse(packet, (size_t)n, ping->id, ping->content, ping->count,
				   &reply)) {
		case PING_REPLY:
			ping_count(ping->findings, ping->seen, &ping->last, &reply,
				   frame_clock_ns());
			break;
		case PING_CORRUPTED:
			ping->findings->corrupted++;
			break;
		case PING_OTHER:
			break;
		}
	}
}

/* Until then, or until all that was sent is answered when `until_all`. */
static void ping_listen(struct ping *ping, uint64_t until_ns, bool until_all)
{
	const struct ping_findings *f = ping->findings;

	for (;;) {
		struct pollfd fd = { .fd = ping->fd, .events = POLLIN };
		uint64_t now_ns;
		struct timespec left;

		ping_receive(ping);
		now_ns = frame_clock_ns();
		if (now_ns >= until_ns || (until_all && f->received >= f->sent))
			return;
		left.tv_sec = (time_t)((until_ns - now_ns) / 1000000000u);
		left.tv_nsec = (long)((until_ns - now_ns) % 1000000000u);
		ppoll(&fd, 1, &left, NULL);
	}
}

static void ping_send(struct ping *ping, uint32_t number)
{
	static uint8_t packet[PING_MAX_PACKET];
	size_t length = ping_build(packet, ping->id, number, frame_clock_ns(), ping->content);

	if (send(ping->fd, packet, length, 0) == (ssize_t)length) {
		ping->findings->sent++;
		return;
	}
	if (ping->findings->send_errors++ == 0)
		ping->findings->send_errno = errno;
}

static int ping_main(void *argument)
{
	struct ping *ping = argument;
	uint64_t next_ns = frame_clock_ns();

	prctl(PR_SET_NAME, "ping");
	ping->seen = calloc(1, ping->count / 8 + 1);
	if (!ping->seen)
		return PING_EXIT_NO_MEMORY;
	for (uint32_t i = 0; i < ping->count; i++) {
		ping_send(ping, i);
		next_ns += ping->interval_ns;
		if (i + 1 < ping->count)
			ping_listen(ping, next_ns, false);
	}
	ping_listen(ping, frame_clock_ns() + ping->timeout_ns, true);
	free(ping->seen);
	return 0;
}

static void ping_result(struct task *task, struct frame_writer *frames)
{
	const struct ping_findings *f = task->context;

	frame_int(frames, "sent", (int64_t)f->sent);
	frame_int(frames, "received", (int64_t)f->received);
	frame_int(frames, "lost", (int64_t)(f->sent - f->received));
	frame_int(frames, "duplicates", (int64_t)f->duplicates);
	frame_int(frames, "corrupted", (int64_t)f->corrupted);
	frame_int(frames, "reordered", (int64_t)f->reordered);
	if (f->send_errors) {
		frame_int(frames, "send_errors", (int64_t)f->send_errors);
		frame_int(frames, "send_errno", f->send_errno);
	}
	if (f->received) {
		frame_int(frames, "rtt_min_us", (int64_t)(f->rtt_min_ns / 1000));
		frame_int(frames, "rtt_avg_us", (int64_t)(f->rtt_sum_ns / f->received / 1000));
		frame_int(frames, "rtt_max_us", (int64_t)(f->rtt_max_ns / 1000));
	}
}

/* A socket that hears only echo replies, connected. -1 with step_fail(). */
static int ping_open(struct guest *g, const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	const uint32_t others = ~(1u << ECHO_REPLY);
	int fd;

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		return step_fail(g, EINVAL, "'%s' is no IPv4 address", address);
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	if (fd < 0)
		return step_fail(g, errno, "a raw socket (the kernel needs NET and INET)");
	if (setsockopt(fd, SOL_RAW_LEVEL, ICMP_FILTER_NAME, &others, sizeof(others)) ||
	    connect(fd, (const struct sockaddr *)&to, sizeof(to))) {
		step_fail(g, errno, "ping %s", address);
		close(fd);
		return -1;
	}
	return fd;
}

int verb_ping(struct guest *g, const struct plan_step *step)
{
	struct ping ping = { .last = -1 };
	struct task_spec spec = { .main = ping_main, .argument = &ping, .result = ping_result };
	const char *address = step_need(g, step, "address");
	struct task *task;

	spec.name = step_need(g, step, "as");
	spec.cgroup = plan_arg(step, "cgroup");
	if (!address || !spec.name || net_up(g, "lo") < 0)
		return -1;
	ping.findings = task_findings(g, sizeof(*ping.findings));
	if (!ping.findings)
		return -1;
	ping.fd = ping_open(g, address);
	if (ping.fd < 0)
		return -1;
	ping.id = (uint16_t)(step->index + 1);
	ping.count = (uint32_t)plan_arg_int(step, "count", 10);
	ping.content = (size_t)plan_arg_int(step, "size", 56);
	ping.interval_ns = (uint64_t)plan_arg_int(step, "interval", 100) * 1000000u;
	ping.timeout_ns = (uint64_t)plan_arg_int(step, "timeout", 5000) * 1000000u;
	spec.context = ping.findings;
	task = task_start(g, step, &spec);
	close(ping.fd);
	return task ? 0 : -1;
}
