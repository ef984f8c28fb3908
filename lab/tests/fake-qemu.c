// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stands in for qemu-system-x86_64: takes its arguments, speaks QMP on the
 * inherited socket, and prints what it is told on the inherited pipes. What it
 * does is in the environment:
 *
 *	KLAB_FAKE_DO		a script below; default "poweroff"
 *	KLAB_FAKE_CONSOLE	a file to print on the first serial port
 *	KLAB_FAKE_HEAD		the same, before gdb lets the guest go
 *	KLAB_FAKE_FRAMES	a file to print on the second
 *	KLAB_FAKE_FLOOD		bytes of numbered 32-byte lines to print on the first
 *	KLAB_FAKE_FRAMES_FLOOD	the same on the second
 *	KLAB_FAKE_PID		a file to write its pid to
 *	KLAB_FAKE_IGNORE	"quit", "term" or "quit term": does not listen to it
 *	KLAB_FAKE_VERSION	what --version and the greeting say; default 7.2.22
 *	KLAB_FAKE_BLOCKSTATS	what it answers to query-blockstats; default []
 *	KLAB_FAKE_MIGRATE	how a snapshot's state is written or read: "ok" (the default),
 *				"refuse", "fail", "die"; read only: "no-checkpoint"
 *	KLAB_FAKE_KVM		a script for -accel kvm, in place of KLAB_FAKE_DO
 *	KLAB_FAKE_STUB		"1": what connects to its gdb stub speaks the remote protocol (see
 *				stub-server.h); "mute": it answers nothing
 *	KLAB_FAKE_SAVEVM	what its monitor says to savevm; default: nothing, it worked
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/str.h"
#include "stub-server.h"

struct fake {
	int qmp, console, frames;
	bool started, ignore_quit;
	int passed_fd;	   /* that came with the last bytes; -1: none */
	uint32_t *mailbox; /* NULL: the machine has none */
	char input[65536];
	size_t input_length;
};

static void say(struct fake *f, const char *line)
{
	size_t length = strlen(line);

	if (send(f->qmp, line, length, MSG_NOSIGNAL) != (ssize_t)length ||
	    send(f->qmp, "\r\n", 2, MSG_NOSIGNAL) != 2)
		exit(0);
}

static void say_event(struct fake *f, const char *event, const char *data)
{
	_cleanup_free_ char *line =
		xasprintf("{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": "
			  "\"%s\", \"data\": {%s}}",
			  event, data);

	say(f, line);
}

static void say_shutdown(struct fake *f, const char *reason)
{
	_cleanup_free_ char *data = xasprintf("\"guest\": true, \"reason\": \"%s\"", reason);

	say_event(f, "SHUTDOWN", data);
}

static void print_file(int fd, const char *path)
{
	_cleanup_fclose_ FILE *file = path ? fopen(path, "re") : NULL;
	char chunk[4096];
	size_t n;

	if (!path)
		return;
	if (!file) {
		fprintf(stderr, "fake-qemu: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
		stub_write(fd, chunk, n);
}

static void print_flood(int fd, const char *bytes)
{
	enum { LINE = 32, LINES = 2048 };
	_cleanup_free_ char *block = xmalloc(LINE * LINES + 1);
	unsigned long long left = bytes ? strtoull(bytes, NULL, 10) : 0;

	for (unsigned long long line = 0; left;) {
		size_t n = left < LINE * LINES ? left : LINE * LINES;

		for (size_t i = 0; i < LINES; i++)
			snprintf(block + i * LINE, LINE + 1, "[%20llu] a line..\n", line++);
		stub_write(fd, block, n);
		left -= n;
	}
}

/* ---- snapshots ---- */

enum { MAILBOX_WORDS = 8, MAILBOX_STATE = 1, MAILBOX_LENGTH = 2, GUEST_WAITS = 1, GO = 2 };

#define FAKE_STATE "the state of a fake machine"

static bool migrate_is(const char *how)
{
	return str_eq(getenv("KLAB_FAKE_MIGRATE") ?: "ok", how);
}

static void answer_migration(struct fake *f, const char *id)
{
	_cleanup_free_ char *good = xasprintf("{\"return\": {}, \"id\": \"%s\"}", id);
	_cleanup_free_ char *bad =
		xasprintf("{\"id\": \"%s\", \"error\": {\"class\": \"GenericError\", \"desc\": "
			  "\"State blocked by a fake device\"}}",
			  id);

	if (migrate_is("die")) {
		fprintf(stderr, "fake-qemu: load of migration failed: Input/output error\n");
		exit(1);
	}
	if (migrate_is("refuse")) {
		say(f, bad);
		return;
	}
	say_event(f, "MIGRATION", "\"status\": \"setup\"");
	say(f, good);
	say_event(f, "MIGRATION",
		  migrate_is("fail") ? "\"status\": \"failed\"" : "\"status\": \"completed\"");
}

static void save_state(struct fake *f)
{
	if (f->passed_fd < 0)
		exit(1);
	stub_write(f->passed_fd, FAKE_STATE, strlen(FAKE_STATE));
	close(f->passed_fd);
	answer_migration(f, "save");
}

/* What the guest had in its mailbox comes with its state; so it has to be the one saved. */
static void load_state(struct fake *f, const char *line)
{
	const char *fd = strstr(line, "fd:");
	char state[64] = "";

	if (!fd || read(atoi(fd + 3), state, sizeof(state) - 1) < 0 || !str_eq(state, FAKE_STATE)) {
		fprintf(stderr, "fake-qemu: load of migration failed: Invalid argument\n");
		exit(1);
	}
	if (f->mailbox && !migrate_is("no-checkpoint"))
		f->mailbox[MAILBOX_STATE] = GUEST_WAITS;
	answer_migration(f, "load");
}

/* The guest that goes on says what it was told. */
static void print_mailbox(struct fake *f)
{
	if (f->mailbox && f->mailbox[MAILBOX_STATE] == GO)
		stub_write(f->frames, (const char *)(f->mailbox + MAILBOX_WORDS),
			   f->mailbox[MAILBOX_LENGTH]);
}

static void map_mailbox(struct fake *f, char **argv)
{
	for (int i = 1; argv[i]; i++) {
		const char *path = strstr(argv[i], "mem-path=");
		int fd;

		if (!path || !strstr(argv[i], "id=mailbox,share=on"))
			continue;
		fd = open(path + strlen("mem-path="), O_RDWR | O_CLOEXEC);
		f->mailbox = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (f->mailbox == MAP_FAILED)
			exit(1);
		close(fd);
	}
}

/* ---- QMP ---- */

static void take_command(struct fake *f, const char *line, const char *script)
{
	if (strstr(line, "\"qmp_capabilities\"")) {
		say(f, "{\"return\": {}, \"id\": \"capabilities\"}");
	} else if (strstr(line, "\"cont\"") && str_eq(script, "refuse")) {
		say(f, "{\"id\": \"cont\", \"error\": {\"class\": \"GenericError\", \"desc\": "
		       "\"Resetting the Virtual Machine is required\"}}");
	} else if (strstr(line, "\"execute\":\"cont\"")) {
		say_event(f, "RESUME", "");
		say(f, "{\"return\": {}, \"id\": \"cont\"}");
		f->started = true;
	} else if (strstr(line, "\"execute\":\"stop\"")) {
		say_event(f, "STOP", "");
		say(f, "{\"return\": {}, \"id\": \"save-stop\"}");
	} else if (strstr(line, "\"migrate-set-capabilities\"")) {
		say(f, strstr(line, "\"load\"") ? "{\"return\": {}, \"id\": \"load\"}"
						: "{\"return\": {}, \"id\": \"save\"}");
	} else if (strstr(line, "\"getfd\"")) {
		say(f, "{\"return\": {}, \"id\": \"save\"}");
	} else if (strstr(line, "\"migrate-incoming\"")) {
		load_state(f, line);
	} else if (strstr(line, "\"migrate\"")) {
		save_state(f);
	} else if (strstr(line, "\"savevm ")) {
		_cleanup_free_ char *answer = xasprintf("{\"return\": \"%s\", \"id\": \"monitor\"}",
							getenv("KLAB_FAKE_SAVEVM") ?: "");

		say(f, answer);
	} else if (strstr(line, "\"info registers")) {
		say(f, "{\"return\": \"RIP=ffffffff81000000\", \"id\": \"registers\"}");
	} else if (strstr(line, "\"query-blockstats\"")) {
		_cleanup_free_ char *answer = xasprintf("{\"return\": %s, \"id\": \"blockstats\"}",
							getenv("KLAB_FAKE_BLOCKSTATS") ?: "[]");

		say(f, answer);
	} else if (strstr(line, "\"quit\"") && !f->ignore_quit) {
		say_shutdown(f, "host-qmp-quit");
		say(f, "{\"return\": {}, \"id\": \"quit\"}");
		exit(0);
	}
}

/* Bytes, and a descriptor if one comes with them. */
static ssize_t receive(struct fake *f)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec bytes = { f->input + f->input_length, sizeof(f->input) - 1 - f->input_length };
	struct msghdr message = { .msg_iov = &bytes,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control.room) };
	ssize_t n = recvmsg(f->qmp, &message, MSG_CMSG_CLOEXEC);

	if (n > 0 && CMSG_FIRSTHDR(&message) && control.head.cmsg_type == SCM_RIGHTS)
		memcpy(&f->passed_fd, CMSG_DATA(&control.head), sizeof(int));
	return n;
}

/* Handles what came, waiting for it; false when the other end is closed. */
static bool listen_once(struct fake *f, const char *script)
{
	ssize_t n = receive(f);
	char *newline;

	if (n < 0 && errno == EINTR)
		return true;
	if (n <= 0)
		return false;
	f->input_length += (size_t)n;
	f->input[f->input_length] = '\0';
	while ((newline = strchr(f->input, '\n'))) {
		*newline = '\0';
		take_command(f, f->input, script);
		f->input_length -= (size_t)(newline + 1 - f->input);
		memmove(f->input, newline + 1, f->input_length + 1);
	}
	return true;
}

static void hang(struct fake *f, const char *script) __attribute__((noreturn));
static void hang(struct fake *f, const char *script)
{
	while (listen_once(f, script))
		;
	for (;;)
		pause();
}

static void greet(struct fake *f)
{
	const char *version = getenv("KLAB_FAKE_VERSION") ?: "7.2.22";
	int major = 0, minor = 0, micro = 0;
	_cleanup_free_ char *line = NULL;

	sscanf(version, "%d.%d.%d", &major, &minor, &micro);
	line = xasprintf("{\"QMP\": {\"version\": {\"qemu\": {\"micro\": %d, \"minor\": %d, "
			 "\"major\": %d}, \"package\": \"fake\"}, \"capabilities\": []}}",
			 micro, minor, major);
	say(f, line);
}

/*
 * With a gdb stub: the guest is let go by who is connected there, as the fake gdb
 * does. What it prints first is printed before it is looked at.
 */
static void wait_for_gdb(struct fake *f, int listening, const char *script)
{
	int gdb = -1;
	char word[2];

	print_file(f->console, getenv("KLAB_FAKE_HEAD"));
	while (!f->started) {
		struct pollfd fds[2] = { { .fd = f->qmp, .events = POLLIN },
					 { .fd = gdb < 0 ? listening : gdb, .events = POLLIN } };

		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents && !listen_once(f, script))
			exit(1);
		if (!fds[1].revents)
			continue;
		if (gdb < 0)
			gdb = accept(listening, NULL, NULL);
		else if (read(gdb, word, sizeof(word)) == sizeof(word))
			f->started = true;
		else
			close(take_fd(&gdb)); /* gdb is gone; the guest stands, as with QEMU */
	}
	say_event(f, "RESUME", "");
}

static bool stub_listen(void *context)
{
	struct fake *f = context;

	return listen_once(f, getenv("KLAB_FAKE_DO") ?: "poweroff");
}

static void stub_gone(void *context)
{
	say_shutdown(context, "guest-shutdown");
	exit(0);
}

static void serve_stub(struct fake *f, int listening)
{
	const struct stub_server server = {
		listening,   f->qmp,	f->console, getenv("KLAB_FAKE_CONSOLE"),
		stub_listen, stub_gone, f
	};

	stub_serve(&server);
}

/* ---- scripts ---- */

static void do_poweroff(struct fake *f)
{
	say_shutdown(f, "guest-shutdown");
}

static void do_reset(struct fake *f)
{
	say_shutdown(f, "guest-reset");
}

static void do_panic(struct fake *f)
{
	say_event(f, "GUEST_PANICKED", "\"action\": \"run\"");
	stub_write(f->console, "---[ end Kernel panic\n", 22);
	say_shutdown(f, "guest-reset");
}

static void do_panic_hang(struct fake *f)
{
	say_event(f, "GUEST_PANICKED", "\"action\": \"run\"");
	hang(f, "panic-hang");
}

/* Says that it panicked, and then ends as if all were well. */
static void do_panic_poweroff(struct fake *f)
{
	say_event(f, "GUEST_PANICKED", "\"action\": \"run\"");
	say_shutdown(f, "guest-shutdown");
}

static void do_hang(struct fake *f)
{
	hang(f, "hang");
}

/* The guest says that it waits. */
static void do_checkpoint(struct fake *f)
{
	if (f->mailbox)
		f->mailbox[MAILBOX_STATE] = GUEST_WAITS;
	hang(f, "checkpoint");
}

/* As a QEMU whose main loop hangs. */
static void do_deaf(struct fake *f)
{
	signal(SIGTERM, SIG_IGN);
	for (;;)
		pause();
}

/* As after an internal error of KVM: the guest is stopped for good, and QEMU lives. */
static void do_stand_still(struct fake *f)
{
	say_event(f, "STOP", "");
	hang(f, "stand-still");
}

static void do_die(struct fake *f)
{
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
}

static void do_fail(struct fake *f)
{
	fprintf(stderr, "fake-qemu: terminating\nfake-qemu: something \033[31mbroke\n\n");
	exit(3);
}

static void do_poweroff_fail(struct fake *f)
{
	say_shutdown(f, "guest-shutdown");
	exit(1);
}

static void do_silent_exit(struct fake *f)
{
}

static void do_host_signal(struct fake *f)
{
	say_shutdown(f, "host-signal");
}

static void do_garbage(struct fake *f)
{
	say(f, "\033[2Jthis is no QMP");
	hang(f, "garbage");
}

static void do_half_json(struct fake *f)
{
	say(f, "{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true, \"reason\": \"guest-shut");
	hang(f, "half-json");
}

static void do_endless_line(struct fake *f)
{
	static const char chunk[] =
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

	while (send(f->qmp, chunk, sizeof(chunk) - 1, MSG_NOSIGNAL) > 0)
		;
}

static const struct script {
	const char *name;
	void (*before)(struct fake *f); /* in place of the greeting */
	void (*run)(struct fake *f);	/* once the guest was started */
} scripts[] = {
	{ "poweroff", greet, do_poweroff },
	{ "reset", greet, do_reset },
	{ "panic", greet, do_panic },
	{ "panic-poweroff", greet, do_panic_poweroff },
	{ "panic-hang", greet, do_panic_hang },
	{ "hang", greet, do_hang },
	{ "stand-still", greet, do_stand_still },
	{ "checkpoint", greet, do_checkpoint },
	{ "die", greet, do_die },
	{ "fail", greet, do_fail },
	{ "poweroff-fail", greet, do_poweroff_fail },
	{ "silent-exit", greet, do_silent_exit },
	{ "host-signal", greet, do_host_signal },
	{ "garbage", greet, do_garbage },
	{ "half-json", greet, do_half_json },
	{ "endless-line", greet, do_endless_line },
	{ "refuse", greet, do_hang },
	{ "mute", do_hang, do_hang },
	{ "deaf", greet, do_deaf },
	{ "fail-at-once", do_fail, do_hang },
	{ "garbage-at-once", do_garbage, do_hang },
};

static const struct script *find_script(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++)
		if (str_eq(scripts[i].name, name))
			return &scripts[i];
	fprintf(stderr, "fake-qemu: no script \"%s\"\n", name);
	exit(1);
}

/* ---- arguments ---- */

/* The descriptor behind "fd=N,set=S,opaque=NAME" or "socket,id=NAME,fd=N"; -1: none. */
static int look_for_fd(char **argv, const char *option, const char *name)
{
	for (int i = 1; argv[i] && argv[i + 1]; i++) {
		const char *fd = strstr(argv[i + 1], "fd=");

		if (str_eq(argv[i], option) && strstr(argv[i + 1], name) && fd)
			return atoi(fd + 3);
	}
	return -1;
}

static int find_fd(char **argv, const char *option, const char *name)
{
	int fd = look_for_fd(argv, option, name);

	if (fd >= 0)
		return fd;
	fprintf(stderr, "fake-qemu: no %s ...%s\n", option, name);
	exit(1);
}

static void write_pid(const char *path)
{
	_cleanup_fclose_ FILE *file = path ? fopen(path, "we") : NULL;

	if (file)
		fprintf(file, "%d\n", (int)getpid());
}

static bool stays_when_guest_is_gone(char **argv)
{
	for (int i = 1; argv[i] && argv[i + 1]; i++)
		if (str_eq(argv[i], "-action") && str_eq(argv[i + 1], "shutdown=pause"))
			return true;
	return false;
}

static bool wants_kvm(char **argv)
{
	for (int i = 1; argv[i] && argv[i + 1]; i++)
		if (str_eq(argv[i], "-accel"))
			return str_eq(argv[i + 1], "kvm");
	return false;
}

int main(int argc, char **argv)
{
	const char *ignore = getenv("KLAB_FAKE_IGNORE") ?: "";
	const char *name = getenv("KLAB_FAKE_DO") ?: "poweroff";
	struct fake f = { .passed_fd = -1 };
	const struct script *script;
	int gdb;

	if (argc == 2 && str_eq(argv[1], "--version")) {
		printf("QEMU emulator version %s (fake)\n",
		       getenv("KLAB_FAKE_VERSION") ?: "7.2.22");
		return 0;
	}
	if (wants_kvm(argv) && getenv("KLAB_FAKE_KVM"))
		name = getenv("KLAB_FAKE_KVM");
	script = find_script(name);
	f.qmp = find_fd(argv, "-chardev", "socket,id=qmp");
	f.console = find_fd(argv, "-add-fd", "opaque=console");
	f.frames = find_fd(argv, "-add-fd", "opaque=frames");
	f.ignore_quit = strstr(ignore, "quit") != NULL;
	signal(SIGPIPE, SIG_IGN);
	if (strstr(ignore, "term"))
		signal(SIGTERM, SIG_IGN);
	write_pid(getenv("KLAB_FAKE_PID"));
	map_mailbox(&f, argv);
	script->before(&f);
	gdb = look_for_fd(argv, "-chardev", "socket,id=gdb");
	if (gdb >= 0 && getenv("KLAB_FAKE_STUB"))
		serve_stub(&f, gdb);
	if (gdb >= 0)
		wait_for_gdb(&f, gdb, name);
	while (!f.started)
		if (!listen_once(&f, name))
			return 1;
	print_file(f.console, getenv("KLAB_FAKE_CONSOLE"));
	print_flood(f.console, getenv("KLAB_FAKE_FLOOD"));
	print_mailbox(&f);
	print_file(f.frames, getenv("KLAB_FAKE_FRAMES"));
	print_flood(f.frames, getenv("KLAB_FAKE_FRAMES_FLOOD"));
	script->run(&f);
	if (stays_when_guest_is_gone(argv))
		hang(&f, name);
	return 0;
}
