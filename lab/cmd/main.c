/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a command line to a command; errors and exit codes. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cmd/cmd.h"
#include "cmd/help.h"
#include "cmd/ui.h"

#define BISECT_STOP 128

static bool wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc && !str_eq(argv[i], "--"); i++)
		if (str_eq(argv[i], "--help") || str_eq(argv[i], "-h"))
			return true;
	return false;
}

static int command_main(const struct cmd *cmd, int argc, char **argv, struct err *err)
{
	_cleanup_free_ char *data_dir = NULL;
	_cleanup_free_ char *cache_dir = NULL;
	struct cmd_env env = { .progress = ui_progress() };
	int code;

	if (cmd->needs & CMD_NEEDS_DATA) {
		data_dir = path_data_dir(err);
		if (!data_dir)
			return -1;
	}
	if (cmd->needs & CMD_NEEDS_CACHE) {
		cache_dir = path_cache_dir(err);
		if (!cache_dir)
			return -1;
	}
	env.data_dir = data_dir;
	env.cache_dir = cache_dir;
	code = cmd->main(&env, argc, argv, err);
	progress_end(env.progress);
	return code;
}

static int klab_main(int argc, char **argv, struct err *err)
{
	const struct cmd *cmd;

	if (argc < 2) {
		help_print_commands();
		return err_set(err, ERR_INPUT, "expected a command");
	}
	if (str_eq(argv[1], "--version") || str_eq(argv[1], "-V")) {
		puts("klab " KLAB_VERSION);
		return 0;
	}
	if (str_eq(argv[1], "--help") || str_eq(argv[1], "-h")) {
		help_print_commands();
		return 0;
	}
	cmd = cmd_find(argv[1], err);
	if (!cmd)
		return -1;
	if (wants_help(argc - 1, argv + 1)) {
		help_print_command(cmd);
		return 0;
	}
	return command_main(cmd, argc - 1, argv + 1, err);
}

/*
 * To `git bisect run` every code from 1 to 127 but 125 says that the commit is
 * bad, also a 2 or 3 of ours, from wherever it comes; above 127 it stops. The
 * option may be shortened, and the mistake may stand before it.
 */
static int exit_code_of(const struct err *err, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strlen(argv[i]) > strlen("--") && str_starts("--git-bisect", argv[i]))
			return BISECT_STOP;
	return err_exit_code(err);
}

/*
 * Who closed a standard stream wants nothing from it. Else the next file that
 * is opened would be that stream, and get what we or a child print.
 */
static void fill_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* Of a write that stdio did in between nobody kept the errno. */
static bool reader_is_gone(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP));
}

static int finish_output(struct err *err)
{
	errno = 0;
	if ((fflush(stdout) == 0 && !ferror(stdout)) || reader_is_gone())
		return 0;
	if (errno)
		return err_set_errno(err, ERR_HOST, errno, "standard output");
	return err_set(err, ERR_HOST, "standard output: not all of it could be written");
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	int code;

	fill_standard_streams();
	cancel_install();
	/* A reader that goes away (klab show | head) ends the output, not a guest that runs. */
	signal(SIGPIPE, SIG_IGN);
	/* A file beyond the user's limit is an error with a name, like a full disk. */
	signal(SIGXFSZ, SIG_IGN);
	code = klab_main(argc, argv, &err);
	if (err.kind == ERR_NONE && finish_output(&err) < 0)
		code = -1;
	if (err.kind != ERR_NONE)
		fprintf(stderr, "klab: %s\n", err.msg);
	/* A command may set the code itself, beside an error: `run` does, for git bisect. */
	return code >= 0 ? code : exit_code_of(&err, argc, argv);
}
