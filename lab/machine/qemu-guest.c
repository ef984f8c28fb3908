// SPDX-License-Identifier: GPL-2.0-or-later
/* One guest under QEMU, from start to end, in one poll loop. */
#include "machine/qemu-guest.h"

#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "machine/starved.h"

enum {
	QMP_START_MS = 30 * 1000,   /* QEMU answers within milliseconds, even on a busy host */
	PANIC_GRACE_MS = 30 * 1000, /* to print and reset; a panicked guest may also hang */
	QUIT_GRACE_MS = 1000,	    /* from QMP quit to TERM */
	/* Where instructions are counted a guest that spins without interrupts keeps QEMU's main
	 * thread out until the next beat, for a tenth of a second of its time, which TCG may take
	 * several seconds for on a busy host. */
	COUNTED_QUIT_GRACE_MS = 10 * 1000,
	CANCEL_QUIT_GRACE_MS = 200, /* the user waits */
	SILENCE_MS = 5000,	    /* a probed guest that lives has printed by then */
	PROGRESS_MS = 250,
	MAILBOX_LOOK_MS = 5,
	STARVED_LOOK_MS = 500,
	STARVED_STEP_MS = 50, /* less is what any process waits now and then */
};

/* ---- stopping ---- */

static uint64_t quit_grace_ms(const struct guest *g, enum guest_stop why)
{
	if (why == STOP_CANCELLED)
		return CANCEL_QUIT_GRACE_MS;
	return g->spec->mode == MACHINE_FREE ? QUIT_GRACE_MS : COUNTED_QUIT_GRACE_MS;
}

void guest_stop(struct guest *g, enum guest_stop why)
{
	if (g->stop != STOP_NOT)
		return;
	g->stop = why;
	g->term_ms = clock_monotonic_ms() + quit_grace_ms(g, why);
	if (g->qmp_fd < 0 || g->qmp.state == QMP_BROKEN) {
		g->term_ms = 0;
		return;
	}
	if (why == STOP_TIMEOUT && !g->until_words)
		qmp_ask_registers(&g->qmp); /* where did it hang? */
	if (g->spec->disk_count && !g->asked_disks)
		qmp_ask_blockstats(&g->qmp);
	qmp_command(&g->qmp, "quit", "quit");
}

void guest_fail(struct guest *g, const struct err *why)
{
	if (g->stop == STOP_NOT)
		g->failure = *why;
	guest_stop(g, STOP_FAILED);
}

/* ---- the loop ---- */

static void words_add(struct guest *g, const char *bytes, size_t length)
{
	size_t room = sizeof(g->words);

	if (length > room) {
		bytes += length - room;
		length = room;
	}
	if (g->words_length + length > room) {
		size_t drop = g->words_length + length - room;

		memmove(g->words, g->words + drop, g->words_length - drop);
		g->words_length -= drop;
	}
	memcpy(g->words + g->words_length, bytes, length);
	g->words_length += length;
}

/* Bounded: QEMU may complain as fast as we read. */
static void words_drain(struct guest *g)
{
	char chunk[4096];

	for (int i = 0; i < 64 && g->stderr_fd >= 0; i++) {
		ssize_t n = read(g->stderr_fd, chunk, sizeof(chunk));

		if (n > 0)
			words_add(g, chunk, (size_t)n);
		else if (n < 0 && errno == EAGAIN)
			return;
		else if (n == 0 || errno != EINTR)
			close(take_fd(&g->stderr_fd));
	}
}

/* With disks QEMU stays when the guest is gone, so that it can be asked what they counted. */
static void guest_account_disks(struct guest *g)
{
	if (!g->spec->disk_count || !g->qmp.shutdown_reason[0] || g->stop != STOP_NOT)
		return;
	if (!g->asked_disks) {
		g->asked_disks = true;
		qmp_ask_blockstats(&g->qmp);
	} else if (g->qmp.blockstats && !g->told_quit) {
		g->told_quit = true;
		qmp_command(&g->qmp, "quit", "quit");
	}
}

static void guest_talk(struct guest *g)
{
	bool was_panicked = g->qmp.panicked;

	if (g->qmp_fd >= 0 && !qmp_pump(&g->qmp, g->qmp_fd))
		close(take_fd(&g->qmp_fd));
	if (g->qmp.state == QMP_BROKEN) {
		struct err err = ERR_INIT;

		err_set(&err, ERR_HOST, "%s", g->qmp.why);
		guest_fail(g, &err);
	}
	if (g->qmp.state == QMP_RUNNING && !g->running_ms) {
		g->running_ms = clock_monotonic_ms() - g->start_ms ?: 1;
		/* Starting QEMU takes nothing from the guest's time. */
		g->deadline_ms += g->running_ms;
	}
	guest_account_disks(g);
	if (g->qmp.panicked && !was_panicked) {
		uint64_t until_ms = clock_monotonic_ms() + PANIC_GRACE_MS;

		if (until_ms < g->deadline_ms)
			g->deadline_ms = until_ms;
	}
}

static void guest_drain(struct guest *g, struct sink *s)
{
	struct err err = ERR_INIT;

	if (sink_drain(s, &err) < 0) {
		/* Nothing more can be written; QEMU must not wait for us to read. */
		guest_fail(g, &err);
		close(take_fd(&s->fd));
	}
}

static void guest_look_starved(struct guest *g)
{
	uint64_t now_ms =
		g->spec->starved_ms ? g->spec->starved_ms(g->pid) : starved_ms("/proc", g->pid);

	uint64_t age_ms = clock_monotonic_ms() - g->start_ms;

	/* Two threads may have waited at once. */
	if (now_ms > age_ms)
		now_ms = age_ms;
	if (now_ms > g->starved_ms)
		g->starved_ms = now_ms;
	starved_log_add(&g->starved, age_ms, g->starved_ms, false);
}

/*
 * At the deadline: what the host owes the guest puts it off, so that a busy host
 * makes no hang of a slow guest. Not for ever: then it was the host.
 */
static void guest_at_deadline(struct guest *g, uint64_t now_ms)
{
	uint64_t timeout_ms = g->spec->timeout_ms ?: DEFAULT_TIMEOUT_MS;
	uint64_t last_ms = g->start_ms + g->running_ms + timeout_ms * MACHINE_STARVED_FACTOR;

	guest_look_starved(g);
	if (g->starved_ms <= g->granted_ms + STARVED_STEP_MS) {
		g->stood_still = g->qmp.held && g->qmp.state == QMP_RUNNING && !g->prober;
		guest_stop(g, STOP_TIMEOUT);
	} else if (now_ms >= last_ms) {
		guest_stop(g, STOP_STARVED);
	} else {
		uint64_t owed_ms = g->starved_ms - g->granted_ms;

		/* What is not granted stays owed, so that the end is known for the host's. */
		if (owed_ms > last_ms - g->deadline_ms)
			owed_ms = last_ms - g->deadline_ms;
		g->deadline_ms += owed_ms;
		g->granted_ms += owed_ms;
	}
}

/* Has QEMU said that it ends, or gone? What gdb says then is no news. */
static bool guest_is_over(const struct guest *g)
{
	return g->qmp_fd < 0 || g->qmp.shutdown_reason[0];
}

int guest_count_console(struct guest *g, uint64_t *bytes, struct err *err)
{
	int more;

	do {
		more = sink_drain(&g->console, err);
	} while (more > 0);
	*bytes = g->console.bytes;
	return more;
}

/* What is seen from outside. The guest stands still then, and all that it printed is in the pipe.
 */
static void guest_probe(struct guest *g)
{
	struct err err = ERR_INIT;
	uint64_t bytes;

	if (guest_count_console(g, &bytes, &err) < 0 ||
	    (prober_work(g->prober, bytes, &err) < 0 && !guest_is_over(g)))
		guest_fail(g, &err);
}

/* Where somebody is to look at it with gdb. */
static void guest_work_debug(struct guest *g)
{
	struct err err = ERR_INIT;

	if (!g->spec->debug || g->qmp.state != QMP_RUNNING || g->stop)
		return;
	if (guest_debug(g, &err) < 0 && !guest_is_over(g))
		guest_fail(g, &err);
	else if (g->spec->debug->stopped && !g->gdb.pid)
		guest_stop(g, STOP_ENOUGH);
}

/* Only now: an event before QMP is agreed on would not be told, and gdb lets the guest go. */
static void guest_start_probing(struct guest *g)
{
	struct err err = ERR_INIT;

	if (!g->spec->probe_count || g->prober || g->qmp.state != QMP_RUNNING || g->stop)
		return;
	g->prober = prober_start(g->spec, &err);
	if (!g->prober)
		guest_fail(g, &err);
}

/* The deadline is of time in which the guest could run. */
static void guest_count_held(struct guest *g, uint64_t now_ms)
{
	/* While somebody looks at it nothing is late. */
	bool held = (g->prober && g->qmp.held) || g->gdb.pid;

	if (g->held_since_ms)
		g->deadline_ms += now_ms - g->held_since_ms;
	g->held_since_ms = held ? now_ms : 0;
}

bool guest_wrote_enough(const struct guest *g)
{
	return g->spec->enough && g->console.bytes == g->console.most_bytes &&
	       g->frames.bytes == g->frames.most_bytes;
}

/* What the clock and the user say. */
static void guest_consider(struct guest *g, struct progress *progress)
{
	uint64_t now_ms = clock_monotonic_ms();
	uint64_t age_ms = now_ms - g->start_ms;

	guest_count_held(g, now_ms);
	if (cancel_requested())
		guest_stop(g, STOP_CANCELLED);
	if ((g->until_words && g->frames.bytes) || guest_wrote_enough(g))
		guest_stop(g, STOP_ENOUGH);
	if (g->qmp.state < QMP_RUNNING && age_ms > QMP_START_MS) {
		struct err err = ERR_INIT;

		err_set(&err, ERR_HOST, "QEMU says nothing over QMP for %d s", QMP_START_MS / 1000);
		guest_fail(g, &err);
	}
	if (g->until_words && !g->console.bytes && age_ms > SILENCE_MS)
		guest_stop(g, STOP_TIMEOUT);
	/* Once QEMU has ended nobody can ask any more. */
	if (!g->first_output_ms && g->console.bytes)
		g->first_output_ms = age_ms ?: 1;
	if (now_ms >= g->look_ms) {
		g->look_ms = now_ms + STARVED_LOOK_MS;
		guest_look_starved(g);
	}
	if (panic_end_is_over(&g->panic_end, g->console.bytes + g->frames.bytes,
			      g->held_since_ms != 0, now_ms))
		guest_stop(g, STOP_PANICKED);
	/* Before it runs, QMP_START_MS is the limit. */
	if (now_ms >= g->deadline_ms && !g->stop && g->running_ms)
		guest_at_deadline(g, now_ms);
	if (progress && now_ms >= g->progress_ms && !g->gdb.pid) {
		g->progress_ms = now_ms + PROGRESS_MS;
		progress_update(progress, "guest runs, seconds", age_ms / 1000, 0, -1);
	}
}

static int until(uint64_t when_ms, uint64_t now_ms, int most_ms)
{
	if (when_ms <= now_ms)
		return 0;
	return when_ms - now_ms < (uint64_t)most_ms ? (int)(when_ms - now_ms) : most_ms;
}

/* How long poll() may sleep, with pipes at rest left out of the set. */
static int guest_poll_ms(const struct guest *g, struct progress *progress, struct pollfd *fds)
{
	const struct sink *sinks[2] = { &g->console, &g->frames };
	uint64_t now_ms = clock_monotonic_ms();
	int wait_ms = until(g->stop ? g->term_ms : g->deadline_ms, now_ms, 1000);

	for (int i = 0; i < 2; i++) {
		int rest_ms = until(sinks[i]->rest_until_ms, now_ms, SINK_REST_MS);

		fds[i].fd = rest_ms ? -1 : sinks[i]->fd;
		fds[i].events = POLLIN;
		if (rest_ms && sinks[i]->fd >= 0 && rest_ms < wait_ms)
			wait_ms = rest_ms;
	}
	if (progress && !g->gdb.pid)
		wait_ms = until(g->progress_ms, now_ms, wait_ms);
	/* Nobody tells us of it. */
	if (g->spec->save_path && g->qmp.save == QMP_SAVE_NOT && wait_ms > MAILBOX_LOOK_MS)
		wait_ms = MAILBOX_LOOK_MS;
	return wait_ms;
}

static void guest_poll(struct guest *g, struct progress *progress)
{
	struct pollfd fds[9] = { 0 };
	int wait_ms = guest_poll_ms(g, progress, fds);
	bool talk_late = g->qmp.out.length > 0;

	fds[2] = (struct pollfd){ .fd = g->child.pidfd, .events = POLLIN };
	fds[3] = (struct pollfd){ .fd = g->qmp_fd, .events = POLLIN | (talk_late ? POLLOUT : 0) };
	fds[4] = (struct pollfd){ .fd = g->stderr_fd, .events = POLLIN };
	fds[5] = (struct pollfd){ .fd = g->stop ? -1 : cancel_fd(), .events = POLLIN };
	fds[6] = (struct pollfd){ .fd = g->prober && !g->stop ? prober_fd(g->prober) : -1,
				  .events = POLLIN };
	fds[7] = (struct pollfd){ .fd = g->stopper && !g->stop ? stopper_fd(g->stopper) : -1,
				  .events = POLLIN };
	fds[8] = (struct pollfd){ .fd = g->gdb.pidfd, .events = POLLIN };
	if (poll(fds, ARRAY_SIZE(fds), wait_ms) < 0)
		return; /* a signal */
	if (fds[3].revents)
		guest_talk(g);
	if (fds[0].revents)
		guest_drain(g, &g->console);
	if (fds[1].revents)
		guest_drain(g, &g->frames);
	if (fds[4].revents)
		words_drain(g);
	if (fds[6].revents)
		guest_probe(g);
	g->ended = fds[2].revents != 0;
}

/* Until QEMU has ended, by itself or by us. */
static void guest_loop(struct guest *g, struct progress *progress)
{
	while (!g->ended) {
		guest_consider(g, progress);
		if (g->stop && clock_monotonic_ms() >= g->term_ms)
			break;
		guest_start_probing(g);
		guest_work_snapshot(g);
		guest_work_debug(g);
		if (g->qmp.out.length)
			guest_talk(g);
		guest_poll(g, progress);
	}
	/* A deadline in the past: TERM and KILL at once if it still runs. */
	child_wait(&g->child, 1, &g->exit, NULL);
	g->by->end(g);
	/* What it had written before its end is in the pipes, and no more comes. */
	if (g->qmp_fd >= 0)
		guest_talk(g);
	words_drain(g);
	for (int i = 0; i < 2; i++) {
		struct sink *s = i ? &g->frames : &g->console;
		struct err err = ERR_INIT;
		int more;

		do {
			more = sink_drain(s, &err);
		} while (more > 0);
		if (more < 0 || sink_finish(s, &err) < 0)
			guest_fail(g, &err);
	}
	progress_end(progress);
}

static void guest_clear(struct guest *g)
{
	prober_free(g->prober);
	guest_close_mailbox(g);
	stopper_free(g->stopper);
	child_clear(&g->gdb);
	cleanup_close_p(&g->run_dir_fd);
	child_clear(&g->child);
	sink_clear(&g->console);
	sink_clear(&g->frames);
	qmp_clear(&g->qmp);
	cleanup_close_p(&g->qmp_fd);
	cleanup_close_p(&g->qmp_log_fd);
	cleanup_close_p(&g->stderr_fd);
	cleanup_close_p(&g->control_fd);
}

int qemu_guest_run(const struct machine_spec *spec, const struct guest_launcher *by,
		   const struct machine_accel *accel, bool until_words,
		   struct machine_result *result, struct progress *progress, struct err *err)
{
	_cleanup_(guest_clear)
	struct guest g = {
		.spec = spec,
		.by = by,
		.child = CHILD_INIT,
		.gdb = CHILD_INIT,
		.run_dir_fd = -1,
		.qmp = QMP_INIT,
		.qmp_fd = -1,
		.qmp_log_fd = -1,
		.stderr_fd = -1,
		.control_fd = -1,
		.console = SINK_INIT,
		.frames = SINK_INIT,
		.until_words = until_words,
	};
	struct err ignored;

	if (!err)
		err = &ignored;
	*result = (struct machine_result){ .end = MACHINE_END_KILLED, .exit_code = -1 };
	if (by->start(&g, accel, err) < 0)
		return -1;
	guest_loop(&g, progress);
	guest_fill(&g, accel, result);
	return guest_verify(&g, result, err);
}
