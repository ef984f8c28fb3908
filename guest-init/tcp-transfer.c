// SPDX-License-Identifier: GPL-2.0-or-later
/* A task that sends bytes to itself over lo: both ends in one, so that nothing else is timed. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest-init/net.h"
#include "guest-init/tasks.h"
#include "guest-init/verbs.h"

#define CHUNK_BYTES	    65536
#define TRANSFER_EXIT_ERRNO 2
#define TRANSFER_EXIT_LATE  1

/* In memory shared with init. */
struct transfer_findings {
	uint64_t sent, received; /* bytes */
	uint64_t elapsed_ns;
	uint64_t retransmits; /* segments */
	int errno_value;
};

struct transfer {
	uint64_t size;
	uint64_t timeout_ns;
	struct transfer_findings *findings;
};

/* A connection of lo to itself: [0] to send, [1] to receive, both without waiting. */
static int connect_pair(int fds[2], int timeout_ms)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct pollfd waiting = { .events = POLLIN };
	socklen_t length = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	waiting.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (waiting.fd < 0 || fds[0] < 0 ||
	    bind(waiting.fd, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(waiting.fd, 1) ||
	    getsockname(waiting.fd, (struct sockaddr *)&address, &length) ||
	    (connect(fds[0], (struct sockaddr *)&address, sizeof(address)) && errno != EINPROGRESS))
		return -1;
	if (poll(&waiting, 1, timeout_ms) == 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	fds[1] = accept4(waiting.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	return fds[1] < 0 ? -1 : 0;
}

/* One turn: what can be sent and received now. False with errno when the connection broke. */
static bool pump(const int fds[2], struct transfer_findings *f, uint64_t size)
{
	static char bytes[CHUNK_BYTES];
	uint64_t left = size - f->sent;
	ssize_t n = 0;

	if (left > 0)
		n = send(fds[0], bytes, left < sizeof(bytes) ? left : sizeof(bytes), MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	f->sent += n > 0 ? (uint64_t)n : 0;
	while ((n = recv(fds[1], bytes, sizeof(bytes), 0)) > 0)
		f->received += (uint64_t)n;
	return n >= 0 || errno == EAGAIN || errno == EINTR;
}

static int transfer_main(void *argument)
{
	const struct transfer *transfer = argument;
	struct transfer_findings *f = transfer->findings;
	uint64_t start_ns = frame_clock_ns(), deadline_ns = start_ns + transfer->timeout_ns;
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);
	bool good = true;
	int fds[2];

	prctl(PR_SET_NAME, "tcp_transfer");
	if (connect_pair(fds, (int)(transfer->timeout_ns / 1000000u))) {
		f->errno_value = errno;
		return TRANSFER_EXIT_ERRNO;
	}
	while (good && f->received < transfer->size && frame_clock_ns() < deadline_ns) {
		struct pollfd ready[2] = {
			{ .fd = fds[0], .events = f->sent < transfer->size ? POLLOUT : 0 },
			{ .fd = fds[1], .events = POLLIN },
		};

		poll(ready, 2, 100);
		good = pump(fds, f, transfer->size);
	}
	f->elapsed_ns = frame_clock_ns() - start_ns;
	if (!good)
		f->errno_value = errno;
	if (getsockopt(fds[0], IPPROTO_TCP, TCP_INFO, &info, &length) == 0)
		f->retransmits = info.tcpi_total_retrans;
	if (!good)
		return TRANSFER_EXIT_ERRNO;
	return f->received < transfer->size ? TRANSFER_EXIT_LATE : 0;
}

static void transfer_result(struct task *task, struct frame_writer *frames)
{
	const struct transfer_findings *f = task->context;
	uint64_t us = f->elapsed_ns / 1000 + 1;

	frame_int(frames, "sent_bytes", (int64_t)f->sent);
	frame_int(frames, "received_bytes", (int64_t)f->received);
	frame_int(frames, "elapsed_us", (int64_t)us);
	frame_int(frames, "kib_per_s", (int64_t)(f->received / 1024 * 1000000u / us));
	frame_int(frames, "retransmits", (int64_t)f->retransmits);
	if (f->errno_value)
		frame_int(frames, "errno", f->errno_value);
}

int verb_tcp_transfer(struct guest *g, const struct plan_step *step)
{
	struct transfer transfer = { 0 };
	struct task_spec spec = { .main = transfer_main,
				  .argument = &transfer,
				  .result = transfer_result };

	spec.name = step_need(g, step, "as");
	spec.cgroup = plan_arg(step, "cgroup");
	if (!spec.name || net_up(g, "lo") < 0)
		return -1;
	transfer.findings = task_findings(g, sizeof(*transfer.findings));
	if (!transfer.findings)
		return -1;
	transfer.size = (uint64_t)plan_arg_int(step, "size", 1 << 20);
	transfer.timeout_ns = (uint64_t)plan_arg_int(step, "timeout", 60000) * 1000000u;
	spec.context = transfer.findings;
	return task_start(g, step, &spec) ? 0 : -1;
}
