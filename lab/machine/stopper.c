// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/stopper.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "machine/prober.h"
#include "machine/rsp.h"

enum {
	/* So far apart in host time: going back costs at most about so long. */
	SNAPSHOT_EVERY_MS = 2000,
	SNAPSHOT_MOST = 16,
};

/* What was asked last; the answer is taken by the function of this name below. */
enum stopper_state {
	STOPPER_SETTING, /* how to step */
	STOPPER_ARMING,	 /* the breakpoint */
	STOPPER_SAVING,	 /* a snapshot, by QMP */
	STOPPER_RUNNING,
	STOPPER_STEPPING, /* off the breakpoint */
	STOPPER_DISARMING,
	STOPPER_THERE,
};

struct stopper {
	const struct machine_spec *spec;
	struct machine_debug *debug;
	struct qmp *qmp;
	struct stopper_console console;
	struct rsp rsp;
	struct strbuf packet;
	enum stopper_state state;
	bool has_run;
	int snapshots;
	uint64_t saved_ms; /* when the last one was taken */
};

static int __attribute__((format(printf, 4, 5)))
ask(struct stopper *s, enum stopper_state state, struct err *err, const char *fmt, ...)
{
	char text[64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->state = state;
	return rsp_send(&s->rsp, text, err);
}

static int go_on(struct stopper *s, struct err *err)
{
	if (!s->has_run) {
		s->has_run = true;
		return ask(s, STOPPER_RUNNING, err, "c");
	}
	return ask(s, STOPPER_STEPPING, err, "s");
}

/* The monitor says nothing when it worked. The first that does not is told, and no more are tried.
 */
static int take_saved(struct stopper *s, struct err *err)
{
	if (!s->qmp->monitor)
		return 0;
	if (s->qmp->monitor[0]) {
		snprintf(s->debug->no_reverse, sizeof(s->debug->no_reverse),
			 "QEMU takes no snapshot: %.*s", (int)strcspn(s->qmp->monitor, "\r\n"),
			 s->qmp->monitor);
		s->snapshots = SNAPSHOT_MOST;
	} else {
		s->snapshots++;
	}
	s->saved_ms = clock_monotonic_ms();
	return go_on(s, err);
}

static bool wants_snapshot(const struct stopper *s)
{
	return s->spec->debug->snapshots_path && s->snapshots < SNAPSHOT_MOST &&
	       (!s->snapshots || clock_monotonic_ms() - s->saved_ms >= SNAPSHOT_EVERY_MS);
}

/* The guest stands: a snapshot when one is due, and then on. */
static int rest(struct stopper *s, struct err *err)
{
	_cleanup_free_ char *command = NULL;

	if (!wants_snapshot(s))
		return go_on(s, err);
	command = xasprintf("savevm klab-%d", s->snapshots);
	s->state = STOPPER_SAVING;
	qmp_ask_monitor(s->qmp, command);
	return 0;
}

/* "T05thread:01;" at a breakpoint or after a step; "W00" when the guest has gone. */
static bool is_stop(const char *packet)
{
	return packet[0] == 'T' || packet[0] == 'S';
}

static int take_hit(struct stopper *s, struct err *err)
{
	uint64_t bytes = 0;

	/* Only now: what was counted before it stood may lack something. */
	if (s->console.count(s->console.context, &bytes, err) < 0)
		return -1;
	if (bytes < s->debug->console_bytes)
		return rest(s, err);
	s->debug->stopped_bytes = bytes;
	return ask(s, STOPPER_DISARMING, err, "z1,%" PRIx64 ",1", s->debug->stop_address);
}

static int refused(const struct stopper *s, struct err *err)
{
	return err_set(err, ERR_HOST, "QEMU's gdb stub does not take what it is told: '%.40s'",
		       s->packet.data ? s->packet.data : "");
}

static int take_packet(struct stopper *s, struct err *err)
{
	const char *packet = s->packet.data ? s->packet.data : "";

	/* A guest that ends tells so in any state: its end is QEMU's to tell. */
	if (packet[0] == 'W' || packet[0] == 'X')
		return 0;
	switch (s->state) {
	case STOPPER_SETTING:
		/* Empty: not known to this QEMU, whose steps are then without interrupts. */
		return ask(s, STOPPER_ARMING, err, "Z1,%" PRIx64 ",1", s->debug->stop_address);
	case STOPPER_ARMING:
		return str_eq(packet, "OK") ? rest(s, err) : refused(s, err);
	case STOPPER_RUNNING:
		return is_stop(packet) ? take_hit(s, err) : refused(s, err);
	case STOPPER_STEPPING:
		return is_stop(packet) ? ask(s, STOPPER_RUNNING, err, "c") : refused(s, err);
	case STOPPER_DISARMING:
		if (!str_eq(packet, "OK"))
			return refused(s, err);
		s->state = STOPPER_THERE;
		return 0;
	default:
		return refused(s, err);
	}
}

int stopper_work(struct stopper *s, struct err *err)
{
	if (s->state == STOPPER_SAVING && take_saved(s, err) < 0)
		return -1;
	while (s->state != STOPPER_THERE) {
		int taken = rsp_receive(&s->rsp, &s->packet, err);

		if (taken == 0)
			return 0;
		if (taken < 0 || take_packet(s, err) < 0) {
			rsp_clear(&s->rsp);
			return -1;
		}
	}
	rsp_clear(&s->rsp);
	return 1;
}

struct stopper *stopper_start(const struct machine_spec *spec, struct qmp *qmp,
			      const struct stopper_console *console, struct err *err)
{
	_cleanup_free_ char *path = path_join(spec->run_dir, GDB_SOCKET);
	struct stopper *s = xcalloc(1, sizeof(*s));

	*s = (struct stopper){
		.spec = spec, .debug = spec->debug, .qmp = qmp, .console = *console, .rsp = RSP_INIT
	};
	/* Steps with interrupts and timers, as the guest would go by itself. */
	if (rsp_connect(&s->rsp, path, err) == 0 &&
	    ask(s, STOPPER_SETTING, err, "Qqemu.sstep=1") == 0)
		return s;
	stopper_free(s);
	return NULL;
}

void stopper_free(struct stopper *s)
{
	if (!s)
		return;
	rsp_clear(&s->rsp);
	strbuf_clear(&s->packet);
	free(s);
}

int stopper_fd(const struct stopper *s)
{
	return s->rsp.fd;
}
