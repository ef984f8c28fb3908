// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loads a BPF object that a user compiled, and attaches its programs as the names of
 * their sections say, by libbpf. A program of its own, packed for cases with the step
 * bpf_object only: libbpf.a wants the C library that it was built with, and init does
 * with a smaller one.
 *
 *	bpf-loader OBJECT [PROGRAM]
 *
 * On standard output, for init: a line for each program, and then `ready`; or one line
 * that says why not, and exit code 1.
 *
 *	program PROGRAM-FD LINK-FD NAME SECTION
 *	ready
 *	error WHAT
 *
 * The descriptors are the loader's own. Init takes copies of them while the loader
 * sleeps, and ends it then: what is attached lasts as long as they are open.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

static char last_warning[300]; /* libbpf's */

static int __attribute__((format(printf, 2, 0)))
keep_warning(enum libbpf_print_level level, const char *format, va_list args)
{
	char text[sizeof(last_warning)];

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	/* All of them for the reader of the run; the log of the verifier is among them. */
	fprintf(stderr, "%s\n", text);
	/* The lines that frame that log say nothing. */
	if (!strstr(text, "PROG LOAD LOG"))
		memcpy(last_warning, text, sizeof(text));
	return 0;
}

static int fail(const char *what, const char *which)
{
	printf("error %s %s: %s%s%s\n", what, which, strerror(errno), *last_warning ? ": " : "",
	       last_warning);
	fflush(stdout);
	return 1;
}

/* Only one of the programs, where one is named. */
static void choose(struct bpf_object *object, const char *only)
{
	struct bpf_program *program;

	if (!only)
		return;
	bpf_object__for_each_program (program, object) {
		bpf_program__set_autoload(program, !strcmp(bpf_program__name(program), only));
	}
}

static int attach(const struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach(program);
	int fd = link ? bpf_link__fd(link) : -1;

	if (!link)
		return fail("attach", bpf_program__section_name(program));
	if (fd < 0) {
		errno = EOPNOTSUPP;
		return fail("keep attached", bpf_program__section_name(program));
	}
	/* The link is never destroyed: that would detach it. */
	printf("program %d %d %s %s\n", bpf_program__fd(program), fd, bpf_program__name(program),
	       bpf_program__section_name(program));
	return 0;
}

int main(int argc, char **argv)
{
	struct bpf_program *program;
	struct bpf_object *object;

	if (argc < 2 || argc > 3)
		return 2;
	libbpf_set_print(keep_warning);
	object = bpf_object__open_file(argv[1], NULL);
	if (!object)
		return fail("open", argv[1]);
	choose(object, argc > 2 ? argv[2] : NULL);
	if (bpf_object__load(object))
		return fail("load", "the BPF object");
	bpf_object__for_each_program (program, object) {
		if (bpf_program__autoload(program) && attach(program))
			return 1;
	}
	printf("ready\n");
	fflush(stdout);
	for (;;)
		pause();
}
