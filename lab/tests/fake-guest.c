// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stands in for QEMU and for the guest in it: boots the kernels of fixtures/build/tree, whose
 * image is its sources, gzipped. What the guest does is what these say, a line each:
 *
 *	WARNS FUNCTION PERMILLE [WORD]	a warning in FUNCTION, in so many of 1000 boots
 *	OOPSES FUNCTION PERMILLE [WORD]	an oops, and a panic of it, before init is through
 *	PANICS				no boot comes to init
 *
 * With a WORD: only where the image has a line that is it, as CONFIG_WBT=y. KLAB_FAKE_SECONDS: how
 * long it takes.
 *
 * Chance is drawn from the seed of the plan and from the image. What goes over the ports is given
 * to fake-qemu, which is beside this program, and becomes it.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/str.h"
#include "guest-init/frames.h"

enum { IMAGE_MAX_BYTES = 16 << 20, WARNED = 1 << 9 };

struct fake_guest {
	char *kernel; /* the text of the image */
	char *plan;
	const char *append;
	struct strv steps;
	char nonce[17], seed[24];
	struct strbuf console, out;
	struct frame_writer frames;
	int tainted;
	bool panicked;
};

static void die(const char *what) __attribute__((noreturn));
static void die(const char *what)
{
	fprintf(stderr, "fake-guest: %s\n", what);
	exit(1);
}

static const char *argument(char **argv, const char *option)
{
	for (int i = 1; argv[i] && argv[i + 1]; i++)
		if (str_eq(argv[i], option))
			return argv[i + 1];
	die(option);
}

/* ---- what it boots ---- */

static char *read_all(const char *path, size_t *length)
{
	struct err err = ERR_INIT;
	char *bytes = file_read(path, IMAGE_MAX_BYTES, length, &err);

	if (!bytes)
		die(err.msg);
	return bytes;
}

static char *inflate_kernel(const char *path)
{
	size_t length;
	_cleanup_free_ char *bytes = read_all(path, &length);
	char *text = xmalloc(IMAGE_MAX_BYTES + 1);
	const char *start = memmem(bytes, length, "\x1f\x8b", 2);
	z_stream z = { .next_out = (Bytef *)text, .avail_out = IMAGE_MAX_BYTES };

	if (!start || inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		die("no kernel of the stand-in for a source");
	z.next_in = (Bytef *)(uintptr_t)start;
	z.avail_in = (uInt)(length - (size_t)(start - bytes));
	if (inflate(&z, Z_FINISH) != Z_STREAM_END)
		die("half a kernel");
	text[z.total_out] = '\0';
	inflateEnd(&z);
	return text;
}

static char *find_plan(const char *path)
{
	static const char head[] = "klab-plan 1\n";
	size_t length;
	_cleanup_free_ char *bytes = read_all(path, &length);
	const char *start = memmem(bytes, length, head, strlen(head));
	const char *end = start ? strstr(start, "\nend\n") : NULL;

	if (!end)
		die("no plan");
	return xstrndup(start, (size_t)(end + 1 - start));
}

static void read_plan(struct fake_guest *g)
{
	_cleanup_strv_ struct strv lines = { 0 };

	strv_split(&lines, g->plan, '\n');
	for (size_t i = 0; i < lines.count; i++) {
		const char *line = lines.items[i];

		if (str_starts(line, "nonce "))
			snprintf(g->nonce, sizeof(g->nonce), "%s", line + strlen("nonce "));
		if (str_starts(line, "seed "))
			snprintf(g->seed, sizeof(g->seed), "%s", line + strlen("seed "));
		if (str_starts(line, "step ") || str_starts(line, "arg files "))
			strv_add(&g->steps, line);
	}
}

/* ---- what it does ---- */

static int write_out(void *context, const char *bytes, size_t length)
{
	strbuf_add(context, bytes, length);
	return 0;
}

/* The same seed and image: the same. */
static bool draws(const struct fake_guest *g, const char *line, unsigned int permille)
{
	_cleanup_free_ char *text = xasprintf("%s %s %s", g->seed, line, g->kernel);
	char hex[HASH_HEX_SIZE];

	hash_bytes(text, strlen(text), hex);
	hex[8] = '\0';
	return strtoul(hex, NULL, 16) % 1000 < permille;
}

static void say_report(struct fake_guest *g, const char *head, const char *function)
{
	strbuf_addf(&g->console,
		    "%s"
		    "[    1.200010] CPU: 0 PID: 1 Comm: init Not tainted 6.1.0-fake #1\n"
		    "[    1.200020] Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS\n"
		    "[    1.200030] RIP: 0010:%s+0x10/0x20\n"
		    "[    1.200040] Code: 0f 0b\n"
		    "[    1.200050] Call Trace:\n"
		    "[    1.200060]  <TASK>\n"
		    "[    1.200070]  seq_read_iter+0x100/0x400\n"
		    "[    1.200080]  vfs_read+0x180/0x1f0\n"
		    "[    1.200090]  ksys_read+0x60/0xe0\n"
		    "[    1.200100]  do_syscall_64+0x40/0x90\n"
		    "[    1.200110]  </TASK>\n"
		    "[    1.200120] ---[ end trace 0000000000000000 ]---\n",
		    head, function);
}

static void warn(struct fake_guest *g, const char *function)
{
	_cleanup_free_ char *head =
		xasprintf("[    1.200000] ------------[ cut here ]------------\n"
			  "[    1.200005] WARNING: CPU: 0 PID: 1 at mm/swap.c:1 %s+0x10/0x20\n",
			  function);

	say_report(g, head, function);
	g->tainted |= WARNED;
}

static void panic(struct fake_guest *g, const char *why)
{
	strbuf_addf(&g->console,
		    "[    1.300000] Kernel panic - not syncing: %s\n"
		    "[    1.300010] Rebooting in 1 seconds..\n",
		    why);
	g->panicked = true;
}

static void oops(struct fake_guest *g, const char *function)
{
	say_report(g,
		   "[    1.200000] BUG: kernel NULL pointer dereference, address: "
		   "0000000000000010\n"
		   "[    1.200002] #PF: supervisor read access in kernel mode\n"
		   "[    1.200004] #PF: error_code(0x0000) - not-present page\n"
		   "[    1.200006] Oops: 0000 [#1] SMP\n",
		   function);
	panic(g, "Fatal exception");
}

static bool has_word(const struct fake_guest *g, const char *word)
{
	_cleanup_free_ char *line = xasprintf("\n%s\n", word);

	return strstr(g->kernel, line) != NULL;
}

static void run_kernel(struct fake_guest *g)
{
	_cleanup_strv_ struct strv lines = { 0 };

	strv_split(&lines, g->kernel, '\n');
	for (size_t i = 0; i < lines.count && !g->panicked; i++) {
		char what[8] = "", function[64] = "", word[32] = "";
		unsigned int permille = 0;
		int words =
			sscanf(lines.items[i], "%7s %63s %u %31s", what, function, &permille, word);

		if (words < 3 || (words == 4 && !has_word(g, word)) ||
		    !draws(g, lines.items[i], permille))
			continue;
		if (str_eq(what, "WARNS"))
			warn(g, function);
		else if (str_eq(what, "OOPSES"))
			oops(g, function);
	}
}

static void end_step(struct fake_guest *g, long i, long line)
{
	frame_begin(&g->frames, "step-end");
	frame_int(&g->frames, "i", i);
	frame_int(&g->frames, "line", line);
	frame_bool(&g->frames, "ok", true);
	frame_end(&g->frames);
}

/* Steps and their `arg files` lines follow one another. */
static int run_steps(struct fake_guest *g)
{
	long i = -1, line = 0;

	for (size_t k = 0; k < g->steps.count; k++) {
		const char *text = g->steps.items[k];
		char verb[32] = "";

		if (str_starts(text, "arg files ")) {
			frame_begin(&g->frames, "snapshot");
			frame_int(&g->frames, "i", i);
			frame_str(&g->frames, "label", "0");
			frame_str(&g->frames, "file", text + strlen("arg files "));
			frame_end_data(&g->frames, "fake\n", strlen("fake\n"));
			continue;
		}
		if (i >= 0)
			end_step(g, i, line);
		if (sscanf(text, "step %ld %ld %31s", &i, &line, verb) != 3)
			die(text);
		frame_begin(&g->frames, "step");
		frame_int(&g->frames, "i", i);
		frame_int(&g->frames, "line", line);
		frame_str(&g->frames, "verb", verb);
		frame_end(&g->frames);
	}
	if (i >= 0)
		end_step(g, i, line);
	return (int)(i + 1);
}

static void say_hello(struct fake_guest *g)
{
	frame_begin(&g->frames, "hello");
	frame_str(&g->frames, "init", "2");
	frame_str(&g->frames, "release", "6.1.0-fake");
	frame_str(&g->frames, "version", "#1 SMP");
	frame_str(&g->frames, "cmdline", g->append);
	frame_int(&g->frames, "cgroup", 2);
	frame_end(&g->frames);
}

static void say_end(struct fake_guest *g, int steps)
{
	strbuf_addf(&g->console,
		    "[    1.400000] klab-init: end of the log %08x\n"
		    "[    1.500000] reboot: Power down\n",
		    frame_crc32(0, g->nonce, strlen(g->nonce)));
	frame_begin(&g->frames, "end");
	frame_int(&g->frames, "steps", steps);
	frame_int(&g->frames, "failed", -1);
	frame_bool(&g->frames, "log", true);
	frame_str(&g->frames, "warnings_us", g->tainted & WARNED ? "1200005" : "");
	frame_int(&g->frames, "tainted", g->tainted);
	frame_int(&g->frames, "frames", (int64_t)g->frames.sequence);
	frame_end(&g->frames);
}

static void run_guest(struct fake_guest *g)
{
	strbuf_adds(&g->console, "[    0.000000] Linux version 6.1.0-fake\n");
	if (strstr(g->kernel, "\nPANICS\n")) {
		panic(g, "VFS: Unable to mount root fs on unknown-block(0,0)");
		return;
	}
	say_hello(g);
	run_kernel(g);
	if (!g->panicked)
		say_end(g, run_steps(g));
}

/* ---- over the ports ---- */

/* A file that is nowhere, as fake-qemu shall open it. */
static void hand_over(const char *name, const struct strbuf *text)
{
	int fd = memfd_create(name, 0);
	_cleanup_free_ char *path = xasprintf("/proc/self/fd/%d", fd);

	if (fd < 0 || write(fd, text->data, text->length) != (ssize_t)text->length)
		die("no room");
	setenv(name, path, 1);
}

int main(int argc, char **argv)
{
	static struct fake_guest g;
	char self[PATH_MAX] = "";
	_cleanup_free_ char *qemu = NULL;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		die("no /proc");
	*strrchr(self, '/') = '\0';
	qemu = path_join(self, "fake-qemu");
	if (argc > 2) {
		g.kernel = inflate_kernel(argument(argv, "-kernel"));
		g.plan = find_plan(argument(argv, "-initrd"));
		g.append = argument(argv, "-append");
		read_plan(&g);
		g.frames = (struct frame_writer){ .write = write_out,
						  .context = &g.out,
						  .nonce = g.nonce };
		/* As long as a boot takes: tests want to hit it. */
		if (getenv("KLAB_FAKE_GUEST_MS"))
			usleep((useconds_t)atoi(getenv("KLAB_FAKE_GUEST_MS")) * 1000);
		run_guest(&g);
		usleep((useconds_t)(1e6 * strtod(getenv("KLAB_FAKE_SECONDS") ?: "0", NULL)));
		hand_over("KLAB_FAKE_CONSOLE", &g.console);
		hand_over("KLAB_FAKE_FRAMES", &g.out);
		setenv("KLAB_FAKE_DO", g.panicked ? "reset" : "poweroff", 1);
	}
	execv(qemu, argv);
	die(qemu);
}
