// SPDX-License-Identifier: GPL-2.0-or-later
/* What became of a guest. */
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "machine/qemu-guest.h"

/* QEMU's last words: the last line with something in it, printable. */
static void guest_last_words(const struct guest *g, char *out, size_t size)
{
	const char *end = g->words + g->words_length;
	const char *start;
	size_t n = 0;

	while (end > g->words && (unsigned char)end[-1] <= ' ')
		end--;
	start = end;
	while (start > g->words && start[-1] != '\n')
		start--;
	for (; start < end && n < size - 1; start++)
		out[n++] = (unsigned char)*start < ' ' || *start == 0x7f ? '?' : *start;
	out[n] = '\0';
}

/*
 * Did we have to kill it though it was asked for an answer, and told to end? Then
 * QEMU itself stood still, or the host held it, and nothing is known of the guest.
 */
static bool guest_was_deaf(const struct guest *g)
{
	return g->stop == STOP_TIMEOUT && !g->qmp.answered && !g->exit.exited &&
	       g->exit.code == SIGKILL;
}

static enum machine_end guest_end(const struct guest *g)
{
	const char *reason = g->qmp.shutdown_reason;

	if (g->qmp.panicked || str_eq(reason, "guest-panic") || g->stop == STOP_PANICKED)
		return MACHINE_END_PANIC;
	if (str_eq(reason, "guest-shutdown") && g->exit.exited && g->exit.code == 0)
		return MACHINE_END_POWEROFF;
	if (str_eq(reason, "guest-reset") && g->exit.exited && g->exit.code == 0)
		return MACHINE_END_RESET;
	if (g->stop == STOP_TIMEOUT)
		return guest_was_deaf(g) || g->stood_still ? MACHINE_END_KILLED
							   : MACHINE_END_TIMEOUT;
	if (g->stop == STOP_CANCELLED || g->stop == STOP_ENOUGH || g->stop == STOP_SAVED)
		return MACHINE_END_CANCELLED;
	return MACHINE_END_KILLED;
}

/* When QEMU had no last words of its own. */
static void guest_say_how_killed(const struct guest *g, struct machine_result *r)
{
	if (guest_was_deaf(g))
		snprintf(r->detail, sizeof(r->detail),
			 "at the deadline QEMU answered neither QMP nor SIGTERM");
	else if (g->stood_still)
		snprintf(r->detail, sizeof(r->detail),
			 "QEMU had stopped the guest by itself, as after an internal error of KVM");
	else if (g->stop == STOP_STARVED)
		snprintf(r->detail, sizeof(r->detail),
			 "the host is too busy: of %.0f s the guest waited %.0f s for a processor",
			 (double)r->wall_ms / 1000, (double)g->starved_ms / 1000);
	else if (g->stop != STOP_NOT)
		return; /* by us, and we say why */
	else if (!g->exit.exited)
		snprintf(r->detail, sizeof(r->detail), "QEMU was ended by signal %d (%s)",
			 g->exit.code, strsignal(g->exit.code));
	else if (g->qmp.shutdown_reason[0])
		snprintf(r->detail, sizeof(r->detail), "QEMU shut down: %s",
			 g->qmp.shutdown_reason);
}

void guest_fill(const struct guest *g, const struct machine_accel *accel, struct machine_result *r)
{
	*r = (struct machine_result){
		.end = guest_end(g),
		.exit_code = g->exit.exited ? g->exit.code : -1,
		.signal = g->exit.exited ? 0 : g->exit.code,
		.wall_ms = clock_monotonic_ms() - g->start_ms,
		.cpu_ms = g->exit.cpu_us / 1000,
		.starved_ms = g->starved_ms,
		.first_output_ms = g->first_output_ms,
		.console_bytes = g->console.bytes,
		.console_head_bytes = g->console.head_bytes,
		.console_kept_bytes = g->console.head_bytes + g->console.tail_bytes,
		.frames_bytes = g->frames.bytes,
		.port_full = g->console.was_full || g->frames.was_full,
		.stopped = g->stop != STOP_NOT,
		.enough = guest_wrote_enough(g),
		.saved = g->stop == STOP_SAVED,
		.running_ms = g->running_ms,
		.frames_cut = g->frames.bytes > g->frames.head_bytes,
	};
	r->starved = g->starved;
	starved_log_add(&r->starved, r->wall_ms, r->starved_ms, true);
	qemu_count_disks(g->spec, g->qmp.blockstats, r);
	snprintf(r->accel, sizeof(r->accel), "%s", accel->name);
	snprintf(r->accel_why, sizeof(r->accel_why), "%s", accel->why);
	snprintf(r->version, sizeof(r->version), "%s", g->qmp.version);
	guest_last_words(g, r->detail, sizeof(r->detail));
	if (g->stop == STOP_PANICKED)
		snprintf(r->detail, sizeof(r->detail),
			 "its console ends with the last line of a panic, and it did not reset");
	else if (r->end == MACHINE_END_KILLED && !r->detail[0])
		guest_say_how_killed(g, r);
}

int guest_verify(const struct guest *g, const struct machine_result *r, struct err *err)
{
	if (g->stop == STOP_CANCELLED)
		return err_set(err, ERR_CANCELLED, "interrupted");
	if (g->stop == STOP_FAILED) {
		*err = g->failure;
		if (r->detail[0])
			err_add(err, "%s", r->detail);
		return -1;
	}
	if (g->qmp.state != QMP_RUNNING && g->stop == STOP_TIMEOUT)
		return err_set(err, ERR_HOST, "QEMU did not start the guest in time");
	if (g->qmp.state != QMP_RUNNING && g->stop == STOP_NOT)
		return err_set(err, ERR_HOST, "QEMU did not start the guest (%s %d)%s%s",
			       r->signal ? "signal" : "exit status",
			       r->signal ? r->signal : r->exit_code, r->detail[0] ? ": " : "",
			       r->detail);
	return 0;
}
