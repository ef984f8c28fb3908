// SPDX-License-Identifier: GPL-2.0-or-later
/* QEMU's command line, and the guest kernel's. Each choice with its reason. */
#include <inttypes.h>
#include <stdlib.h>

#include "machine/host-tsc.h"
#include "machine/mailbox.h"
#include "machine/qemu.h"

/* An argument that is the same in every run. */
struct fixed_arg {
	const char *option, *value; /* value NULL: an option without one */
	const char *why;
};

static const struct fixed_arg qemu_fixed[] = {
	{ "-nodefaults", NULL, "only what is asked for; also means: no network" },
	{ "-no-user-config", NULL, "a run must not depend on files of the host" },
	{ "-no-reboot", NULL, "a reset ends the run instead of starting another" },
	{ "-action", "panic=none", "a panicked guest goes on: the rest of its text is wanted" },
	{ "-S", NULL, "it starts by QMP, when every event is sure to be heard" },
	{ "-display", "none", "nobody looks" },
	{ "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
	  "a guest that breaks out of QEMU finds little" },
	/*
	 * pc: ACPI power-off, PCI for virtio, in every QEMU build. Without i8042 the
	 * kernel has no PS/2 mouse to probe, which is 0.4 s of a 1.5 s boot. microvm is
	 * 0.08 s faster still, and not in every build, nor known to libvirt.
	 */
	{ "-machine", "pc,i8042=off,vmport=off", "see above" },
	{ "-device", "pvpanic", "a panic is told by an event, where the kernel has the driver" },
};

static const struct fixed_arg kernel_fixed[] = {
	{ "console=ttyS0,115200", NULL,
	  "the first port; the speed costs nothing, none is modelled" },
	{ "earlycon=uart8250,io,0x3f8,115200", NULL, "crashes before the console driver are seen" },
	{ "ignore_loglevel", NULL, "everything reaches the console, whatever the level" },
	{ "printk.time=1", NULL, "the parser wants times" },
	{ "panic=-1", NULL, "reset at once after a panic, and so the end of the run" },
	{ "reboot=t", NULL, "by triple fault: other ways wait 3 s for a keyboard controller" },
	{ "nokaslr", NULL, "addresses of two runs can be compared and looked up as they are" },
	{ "no_hash_pointers", NULL, "the same; a guest of ours has no secrets" },
	{ "no_timer_check", NULL, "a busy host is no broken IO-APIC" },
	{ "tsc=reliable", NULL, "nor a broken TSC: its watchdog measures the host's load" },
	{ "random.trust_cpu=on", NULL, "no wait for entropy" },
};

enum { KERNEL_CMDLINE_BYTES = 2047 }; /* COMMAND_LINE_SIZE of x86 is 2048 with the NUL */

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

/*
 * Under TCG a guest's TSC is the host's, and the kernel finds its speed by the PIT.
 * On a busy host that goes wrong by any factor ("Detected 129.957 MHz" where it was
 * 2445), and all time in the guest with it: timeouts and lockups that never were.
 * With -icount nobody disturbs it, and KVM has a clock of its own.
 */
static void cmdline_add_tsc(const struct machine_spec *spec, const char *accel, struct strv *words)
{
	uint64_t khz;

	if (spec->mode != MACHINE_FREE || !str_eq(accel, "tcg"))
		return;
	khz = spec->tsc_khz ? spec->tsc_khz() : host_tsc_khz();
	if (khz)
		strv_addf(words, "tsc_early_khz=%" PRIu64, khz);
}

/* What makes a guest that counts instructions the same each time, and no slower than it must be. */
static void cmdline_add_counted(const struct machine_spec *spec, struct strv *words)
{
	/* Stack, mmap and brk would differ with the random numbers that the kernel had by then. */
	strv_add(words, "norandmaps");
	/*
	 * For 0.4 s of the guest the kernel spins to measure the local APIC's timer, and then
	 * finds that it cannot use it. Each turn of that loop (PAUSE) ends QEMU's own: three
	 * quarters of all time of a case of 1.8 s, and 28 of 29 MB of a recording. A second
	 * processor would have no timer of its own without it.
	 */
	if (spec->cpus <= 1)
		strv_add(words, "nolapic_timer");
	/* Nobody's parameter, but the kernel's random numbers begin with all of this line:
	 * a seed that does not hang on what QEMU's own -seed reaches, which changed. */
	strv_addf(words, "klab.seed=%" PRIu64, spec->seed);
}

char *qemu_kernel_cmdline(const struct machine_spec *spec, const char *accel, struct err *err)
{
	_cleanup_strv_ struct strv words = { 0 };
	_cleanup_free_ char *line = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(kernel_fixed); i++)
		strv_add(&words, kernel_fixed[i].option);
	cmdline_add_tsc(spec, accel, &words);
	if (spec->mode != MACHINE_FREE)
		cmdline_add_counted(spec, &words);
	if (spec->append)
		strv_add_strv(&words, spec->append); /* last: the user's word overrides ours */
	line = strv_join(&words, " ");
	if (has_control(line)) {
		err_set(err, ERR_INPUT, "a control character in the kernel command line");
		return NULL;
	}
	if (strlen(line) > KERNEL_CMDLINE_BYTES) {
		err_set(err, ERR_INPUT,
			"the kernel command line has %zu bytes, the kernel takes %d", strlen(line),
			KERNEL_CMDLINE_BYTES);
		return NULL;
	}
	return take_ptr(&line);
}

static void argv_add(struct strv *argv, const char *option, const char *value)
{
	strv_add(argv, option);
	if (value)
		strv_add(argv, value);
}

/* In QEMU's option lists a comma is doubled. Yours. */
char *qemu_quote_comma(const char *path)
{
	struct strbuf out = { 0 };

	for (; *path; path++) {
		strbuf_addc(&out, *path);
		if (*path == ',')
			strbuf_addc(&out, ',');
	}
	return strbuf_take(&out);
}

static void argv_add_size(const struct machine_spec *spec, struct strv *argv)
{
	uint64_t kib = (spec->memory_bytes + 1023) / 1024;

	strv_add(argv, "-m");
	if (kib % 1024 == 0)
		strv_addf(argv, "%" PRIu64 "M", kib / 1024);
	else
		strv_addf(argv, "%" PRIu64 "k", kib);
	strv_add(argv, "-smp");
	strv_addf(argv, "%d", spec->cpus > 0 ? spec->cpus : 1);
}

/*
 * A recording counts instructions too, at about the speed that they have under TCG. Its
 * clock must not follow the host's (shift=auto): on a busy host a guest then runs into its
 * own timeouts. It sleeps as long as the host does, because disks of the host answer in the
 * host's time, and a clock that jumps to the next timer whenever the guest waits would make
 * hours of that.
 */
#define RECORD_CLOCK "shift=3,sleep=on"

/* Yours. */
static char *counted_clock(const struct machine_spec *spec)
{
	return xasprintf("shift=%d,sleep=off", spec->icount_shift);
}

/*
 * While a guest waits, QEMU's main thread moves its clock on to the next timer. It takes a
 * processor for waiting as soon as that has executed HLT, whose last instructions are counted a
 * moment later: when the main thread is awake just then, those are added to a clock that was
 * set to the timer already, and all that follows is late by them (seen: 52 ns). Recording makes
 * the two take turns, by a lock that is held from before the processor runs until its
 * instructions are counted. Nobody needs what is recorded. QEMU records one processor only, and
 * no migration.
 */
#define TAKE_TURNS ",rr=record,rrfile=/dev/null"

static bool can_take_turns(const struct machine_spec *spec)
{
	return spec->cpus <= 1 && !spec->save_path && !spec->resume;
}

/* What makes a run repeat: instructions are the clock, nothing random comes from the host. */
void qemu_argv_add_mode(const struct machine_spec *spec, struct strv *argv)
{
	if (spec->mode == MACHINE_FREE)
		return;
	strv_add(argv, "-icount");
	if (spec->mode != MACHINE_DETERMINISTIC) {
		bool replay = spec->mode == MACHINE_REPLAY;
		_cleanup_free_ char *dir =
			qemu_quote_comma(replay ? spec->recorded_dir : spec->run_dir);
		_cleanup_free_ char *clock =
			spec->record_counted ? counted_clock(spec) : xstrdup(RECORD_CLOCK);

		strv_addf(argv, "%s,rr=%s,rrfile=%s/record/events", clock,
			  replay ? "replay" : "record", dir);
	} else {
		_cleanup_free_ char *clock = counted_clock(spec);

		strv_addf(argv, "%s%s", clock, can_take_turns(spec) ? TAKE_TURNS : "");
	}
	argv_add(argv, "-rtc", "base=2026-01-01T00:00:00,clock=vm");
	/* A help for Windows guests under KVM. With it QEMU (7.2) stands still for ever when it
	 * goes back in a replay: loading it waits for a processor that waits for the replay. */
	argv_add(argv, "-global", "apic.vapic=off");
	strv_add(argv, "-seed");
	strv_addf(argv, "%" PRIu64, spec->seed);
}

const char *qemu_cpu_model(const struct machine_spec *spec, const char *accel)
{
	if (str_eq(accel, "kvm"))
		return "host";
	if (spec->mode != MACHINE_FREE)
		return "qemu64"; /* the same in every QEMU version, and no RDRAND */
	/* SMEP, SMAP, RDRAND as real machines have; five page table levels only cost time. */
	return "max,la57=off";
}

/*
 * A recording holds what becomes of each byte only where the port is made by -serial. That
 * makes its end certain too: QEMU notes a guest's power-off before the instructions that led
 * to it, those since the event before, and its replay stops at that note. With the bytes as
 * events nothing that is printed comes after it. The guest finds its devices in another order
 * then, so a deterministic run, which may be recorded later, has such ports from the start.
 */
static void argv_add_pipe(const struct machine_spec *spec, struct strv *argv, const char *id,
			  int set, int fd)
{
	bool recorded = spec->mode != MACHINE_FREE;

	strv_add(argv, "-add-fd");
	strv_addf(argv, "fd=%d,set=%d,opaque=%s", fd, set, id);
	strv_add(argv, "-chardev");
	/* append: QEMU would truncate otherwise, which a pipe refuses. */
	strv_addf(argv, "file,id=%s,path=/dev/fdset/%d,append=on", id, set);
	strv_add(argv, recorded ? "-serial" : "-device");
	if (recorded)
		strv_addf(argv, "chardev:%s", id);
	else
		strv_addf(argv, "isa-serial,chardev=%s,index=%d", id, set - 1);
}

/* A guest that a snapshot is made of, and one that goes on from it: the same machine. */
static void argv_add_mailbox(const struct machine_spec *spec, struct strv *argv)
{
	_cleanup_free_ char *dir = qemu_quote_comma(spec->run_dir);

	if (!spec->save_path && !spec->resume)
		return;
	strv_add(argv, "-object");
	strv_addf(argv, "memory-backend-file,id=mailbox,share=on,size=%d,mem-path=%s/" QEMU_MAILBOX,
		  MAILBOX_BYTES, dir);
	argv_add(argv, "-device", "ivshmem-plain,memdev=mailbox,master=on");
	/* By QMP, so that its end is heard of. */
	if (spec->resume)
		argv_add(argv, "-incoming", "defer");
}

/*
 * A timer of QEMU's own, which the guest does not know of: a filter's, on a network that nothing
 * is connected to. Without it a guest that counts instructions and spins with interrupts off
 * keeps QEMU's main thread out for 2^31 ns of its time, and so from its deadline and from quit.
 * And where a breakpoint stops such a guest, QEMU takes its processor for waiting and moves the
 * clock on to the next timer: while the kernel's tick was not set again, that was the real-time
 * clock's, a day later. No snapshot holds that timer, so gdb cannot go back where it was recorded:
 * nothing that is recorded has it, but what repeats a run with probes.
 */
#define BEAT_US	       "100000"
#define PROBED_BEAT_US "1000" /* so much may a look move the clock; in idle hours it costs */

void qemu_argv_add_beat(const struct machine_spec *spec, struct strv *argv)
{
	if (spec->mode != MACHINE_DETERMINISTIC && !spec->probed)
		return;
	argv_add(argv, "-netdev", "hubport,id=beat,hubid=0");
	argv_add(argv, "-netdev", "hubport,id=still,hubid=1,netdev=beat");
	argv_add(argv, "-object",
		 spec->probed ? "filter-buffer,id=clock,netdev=beat,interval=" PROBED_BEAT_US
			      : "filter-buffer,id=clock,netdev=beat,interval=" BEAT_US);
}

static void argv_add_gdb(const struct machine_spec *spec, const struct qemu_fds *fds,
			 struct strv *argv)
{
	strv_add(argv, "-chardev");
	strv_addf(argv, "socket,id=gdb,fd=%d,server=on,wait=off", fds->gdb);
	argv_add(argv, "-gdb", "chardev:gdb");
	if (spec->debug && spec->debug->snapshots_path) {
		_cleanup_free_ char *path = qemu_quote_comma(spec->debug->snapshots_path);

		/* No device has it: the guest does not know of it. */
		strv_add(argv, "-drive");
		strv_addf(argv, "file=%s,format=qcow2,if=none,id=klab-snapshots", path);
	}
}

/* Of one that goes on from a snapshot the boot is not seen. */
static void argv_add_coverage(const struct machine_spec *spec, struct strv *argv)
{
	const struct machine_coverage *c = spec->coverage;
	_cleanup_free_ char *plugin = c ? qemu_quote_comma(c->plugin_path) : NULL;

	if (!c)
		return;
	strv_add(argv, "-plugin");
	strv_addf(argv, "file=%s,fd=%d,text=%" PRIx64 ",bytes=%" PRIu64 ",begun=%s", plugin,
		  QEMU_FD_COVERAGE, c->text_address, c->text_bytes, spec->resume ? "on" : "off");
}

int qemu_argv(const struct machine_spec *spec, const char *qemu, const char *accel,
	      const struct qemu_fds *fds, struct strv *argv, struct err *err)
{
	_cleanup_free_ char *cmdline = qemu_kernel_cmdline(spec, accel, err);

	if (!cmdline)
		return -1;
	strv_add(argv, qemu);
	for (size_t i = 0; i < ARRAY_SIZE(qemu_fixed); i++)
		argv_add(argv, qemu_fixed[i].option, qemu_fixed[i].value);
	argv_add(argv, "-accel", accel);
	argv_add(argv, "-cpu", qemu_cpu_model(spec, accel));
	argv_add_size(spec, argv);
	qemu_argv_add_mode(spec, argv);
	strv_add(argv, "-chardev");
	strv_addf(argv, "socket,id=qmp,fd=%d", fds->qmp);
	argv_add(argv, "-mon", "chardev=qmp,mode=control");
	argv_add_pipe(spec, argv, "console", 1, fds->console);
	argv_add_pipe(spec, argv, "frames", 2, fds->frames);
	qemu_argv_add_disks(spec, argv);
	argv_add_mailbox(spec, argv);
	qemu_argv_add_beat(spec, argv);
	if (spec->probe_count || spec->debug)
		argv_add_gdb(spec, fds, argv);
	argv_add_coverage(spec, argv);
	argv_add(argv, "-kernel", spec->kernel_path);
	argv_add(argv, "-initrd", spec->initramfs_path);
	argv_add(argv, "-append", cmdline);
	return 0;
}
