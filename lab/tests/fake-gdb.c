// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stands in for gdb: takes MI commands on standard input, connects to the
 * socket it is told of as gdb does to QEMU's stub (which the fake QEMU is told
 * by), and answers. What it does is in the environment:
 *
 *	KLAB_FAKE_GDB_HITS	how many times a probe is hit before the guest ends; default 3
 *	KLAB_FAKE_GDB_DO	"" all goes well; "no-function": the second probe cannot be set;
 *				"no-current": knows no current_task but pcpu_hot; "unmet": no
 *				condition with a 9 in it holds; "garbage": says what is no MI;
 *				"die": ends when the guest is to go on; "mute": answers nothing;
 *				"refuse": does not connect
 *	KLAB_FAKE_GDB_INST	the instruction that it finds at a breakpoint; default a push
 *	KLAB_FAKE_GDB_STEP	where a step comes to: "interrupts-off": nobody asks for one;
 *				"hit": the next breakpoint; "stay": where it was, the first time;
 *				default: nowhere that matters
 *	KLAB_FAKE_GDB_ARGV	started as by a person: a file for its arguments, one a line
 *	KLAB_FAKE_GDB_EXIT	its exit code then
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/str.h"

static int hits_left, stops, stayed, breakpoints, guest = -1;
static const char *what, *step;

static void say(const char *line)
{
	puts(line);
	fflush(stdout);
}

static void answer(const char *line)
{
	say(line);
	say("(gdb) ");
}

static void connect_guest(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", name);
	guest = socket(AF_UNIX, SOCK_STREAM, 0);
	if (str_eq(what, "refuse") ||
	    connect(guest, (const struct sockaddr *)&address, sizeof(address)) < 0)
		answer("^error,msg=\"could not connect: Connection refused.\"");
	else
		answer("^connected");
}

/* "f" and "alias" are names of one place, and "twice" is inlined there and elsewhere. */
static const char *place_of(const char *command, int number)
{
	static char place[32];

	if (strstr(command, "\"f\"") || strstr(command, "\"alias\""))
		return "0x10";
	snprintf(place, sizeof(place), "0x%d00", number);
	return place;
}

static char places[10][32];

/* The breakpoint of that number, and those beside it, which it does not name. */
static void stop_at(int number)
{
	printf("*stopped,reason=\"breakpoint-hit\",disp=\"keep\",bkptno=\"%d\","
	       "frame={addr=\"%s\"},thread-id=\"1\",stopped-threads=\"all\"\n",
	       number, places[number % 10]);
	say("(gdb) ");
}

static void stop_at_next(void)
{
	stop_at(stops++ % breakpoints + 1);
}

/* The breakpoints are hit in turn; then the guest runs to its end. */
static void go_on(void)
{
	char byte;

	answer("^running");
	if (str_eq(what, "die"))
		exit(1);
	if (stops < hits_left) {
		stop_at_next();
		return;
	}
	if (write(guest, "go", 2) != 2 || read(guest, &byte, 1) < 0)
		exit(1);
	say("*stopped,reason=\"exited-normally\"");
}

static void take_step(void)
{
	answer("^running");
	if (str_eq(step, "hit") && stops < hits_left)
		stop_at_next();
	else if (str_eq(step, "stay") && stayed < stops)
		stop_at(stayed++ % breakpoints + 1);
	else
		answer("*stopped,reason=\"end-stepping-range\",frame={addr=\"0x12\"},thread-id="
		       "\"1\",stopped-threads=\"all\"");
}

static void evaluate(const char *command)
{
	if (str_eq(what, "no-current") && !strstr(command, "pcpu_hot"))
		answer("^error,msg=\"No symbol \\\"current_task\\\" in current context.\"");
	else if (str_eq(what, "unmet") && strstr(command, "9") && strstr(command, ") ? 1 : 0"))
		answer("^done,value=\"0\"");
	else if (strstr(command, "$eflags & "))
		answer(str_eq(step, "interrupts-off") ? "^done,value=\"0\"" : "^done,value=\"1\"");
	else if (strstr(command, "->pid"))
		answer("^done,value=\"57\"");
	else if (strstr(command, "->comm\"") && !strstr(command, "sizeof"))
		answer("^done,value=\"\\\"memhog\\\"\"");
	else
		answer("^done,value=\"16\"");
}

static void insert(const char *command)
{
	char *place = places[(breakpoints + 1) % 10];

	if (str_eq(what, "no-function") && breakpoints == 1) {
		answer("^error,msg=\"Function \\\"nowhere\\\" not defined.\"");
		return;
	}
	snprintf(place, sizeof(places[0]), "%s", place_of(command, ++breakpoints));
	if (strstr(command, "\"twice\""))
		printf("^done,bkpt={number=\"%d\",addr=\"<MULTIPLE>\",locations=[{addr=\"%s\"},"
		       "{addr=\"0x10\"}]}\n",
		       breakpoints, place);
	else
		printf("^done,bkpt={number=\"%d\",addr=\"%s\"}\n", breakpoints, place);
	say("(gdb) ");
	/* For the test: what was asked. */
	fprintf(stderr, "%s\n", command);
}

static void disassemble(void)
{
	printf("^done,asm_insns=[{address=\"0x10\",func-name=\"f\",offset=\"0\",inst=\"%s\"},"
	       "{address=\"0x12\",func-name=\"f\",offset=\"2\",inst=\"nop\"}]\n",
	       getenv("KLAB_FAKE_GDB_INST") ?: "push   %rbp");
	say("(gdb) ");
}

static void take(const char *command)
{
	if (str_eq(what, "mute"))
		return;
	if (str_starts(command, "-target-select remote "))
		connect_guest(command + strlen("-target-select remote "));
	else if (str_starts(command, "-data-evaluate-expression"))
		evaluate(command);
	else if (str_starts(command, "-break-insert"))
		insert(command);
	else if (str_starts(command, "-exec-continue"))
		go_on();
	else if (str_starts(command, "-data-disassemble"))
		disassemble();
	else if (str_starts(command, "-exec-step-instruction"))
		take_step();
	else if (str_starts(command, "-stack-list-frames"))
		answer("^done,stack=[frame={level=\"0\",addr=\"0x10\",func=\"inner\",file=\"a.c\","
		       "line=\"3\"},frame={level=\"1\",addr=\"0x10\",func=\"outer\",file=\"a.c\","
		       "line=\"9\"},frame={level=\"2\",addr=\"0x20\",func=\"entry\"}]");
	else if (str_starts(command, "-stack-list-arguments"))
		answer("^done,stack-args=[frame={level=\"0\",args=[{name=\"sig\",type=\"int\","
		       "value=\"9\"},{name=\"s\",type=\"struct x\"}]},frame={level=\"1\",args=[]},"
		       "frame={level=\"2\",args=[]}]");
	else if (str_starts(command, "-target-detach") && write(guest, "go", 2) == 2)
		answer("^done");
	else
		answer("^done");
}

/* As a person starts it: what it was started with goes to a file, and it connects once. */
static int be_interactive(char **argv)
{
	const char *path = getenv("KLAB_FAKE_GDB_ARGV");
	_cleanup_fclose_ FILE *file = path ? fopen(path, "we") : NULL;

	for (int i = 1; argv[i]; i++) {
		if (str_starts(argv[i], "target remote ")) {
			connect_guest(argv[i] + strlen("target remote "));
			if (file)
				fprintf(file, "%s\n", guest >= 0 ? "connected" : "not connected");
		}
		if (file)
			fprintf(file, "%s\n", argv[i]);
	}
	return atoi(getenv("KLAB_FAKE_GDB_EXIT") ?: "0");
}

int main(int argc, char **argv)
{
	const char *hits = getenv("KLAB_FAKE_GDB_HITS");
	char line[4096];

	hits_left = hits ? atoi(hits) : 3;
	what = getenv("KLAB_FAKE_GDB_DO") ?: "";
	step = getenv("KLAB_FAKE_GDB_STEP") ?: "";
	if (argc < 2 || !str_starts(argv[1], "--interpreter"))
		return be_interactive(argv);
	say(str_eq(what, "garbage") ? "\033[31mno MI" : "=thread-group-added,id=\"i1\"");
	say("(gdb) ");
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		take(line);
	}
	return 0;
}
