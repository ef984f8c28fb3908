/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting a child: what happens between fork() and exec. child.c has the rest of its life. */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <linux/close_range.h>

#include "base/child-internal.h"
#include "base/file.h"

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

char *child_find_program(const char *name)
{
	const char *path = getenv("PATH");
	_cleanup_strv_ struct strv dirs = { 0 };

	if (strchr(name, '/')) {
		/* Links stay as they are: some programs are what they are called. */
		_cleanup_free_ char *cwd = name[0] == '/' ? NULL : getcwd(NULL, 0);

		return is_program(name) ? path_join(cwd ? cwd : "", name) : NULL;
	}
	if (!*name)
		return NULL;
	strv_split(&dirs, path ? path : "/usr/local/bin:/usr/bin:/bin", ':');
	for (size_t i = 0; i < dirs.count; i++) {
		_cleanup_free_ char *file = NULL;

		/* Empty and relative entries mean "wherever we are": no place for a tool. */
		if (dirs.items[i][0] != '/')
			continue;
		file = path_join(dirs.items[i], name);
		if (is_program(file))
			return take_ptr(&file);
	}
	return NULL;
}

static bool env_names_same(const char *a, const char *b)
{
	size_t length = strcspn(a, "=");

	return length == strcspn(b, "=") && strncmp(a, b, length) == 0;
}

static bool env_is_set_by(const char *const *env_set, const char *entry)
{
	for (; env_set && *env_set; env_set++)
		if (env_names_same(*env_set, entry))
			return true;
	return false;
}

static void child_env(const struct child_spec *spec, struct strv *env)
{
	static const char *const clean[] = { "PATH", "HOME", NULL };
	static const char locale[] = "LC_ALL=C";

	for (char **e = environ; e && *e; e++) {
		if (env_is_set_by(spec->env_set, *e))
			continue;
		if (!spec->env_clean || env_is_set_by(clean, *e))
			strv_add(env, *e);
	}
	if (spec->env_clean && !env_is_set_by(spec->env_set, locale))
		strv_add(env, locale);
	for (const char *const *s = spec->env_set; s && *s; s++)
		if (strchr(*s, '='))
			strv_add(env, *s);
	/* execve() takes an empty environment as a list, not as NULL. */
	if (!env->items)
		env->items = xcalloc(1, sizeof(*env->items));
}

/* What the child tells when it could not become the program. */
struct child_failure {
	int errno_value;
	char what[32];
};

static void child_fail(int report_fd, const char *what) __attribute__((noreturn));
static void child_fail(int report_fd, const char *what)
{
	struct child_failure f = { .errno_value = errno };

	for (size_t i = 0; what[i] && i < sizeof(f.what) - 1; i++)
		f.what[i] = what[i];
	while (write(report_fd, &f, sizeof(f)) < 0 && errno == EINTR)
		;
	_exit(127);
}

/* From here to exec: only calls that are safe after fork(). */
static void child_become(const struct child_spec *spec, const char *program, char **env,
			 pid_t parent, int report_fd) __attribute__((noreturn));

/* Standard streams first to numbers above them, so that none overwrites another one's source. */
static void child_set_streams(const struct child_spec *spec, int report_fd)
{
	int from[3] = { spec->stdin_fd, spec->stdout_fd ? spec->stdout_fd : 1,
			spec->stderr_fd ? spec->stderr_fd : 2 };

	if (!spec->stdin_fd && !spec->foreground) {
		from[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (from[0] < 0)
			child_fail(report_fd, "/dev/null");
	}
	for (int i = 0; i < 3; i++) {
		from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 3);
		/* A stream of ours that is closed stays closed. */
		if (from[i] < 0 && errno != EBADF)
			child_fail(report_fd, "standard streams");
	}
	for (int i = 0; i < 3; i++) {
		if (from[i] < 0)
			close(i);
		else if (dup2(from[i], i) < 0)
			child_fail(report_fd, "standard streams");
	}
}

static void child_become(const struct child_spec *spec, const char *program, char **env,
			 pid_t parent, int report_fd)
{
	struct sigaction by_default = { .sa_handler = SIG_DFL };
	sigset_t none;

	if (!spec->foreground && setpgid(0, 0) < 0)
		child_fail(report_fd, "setpgid");
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		child_fail(report_fd, "prctl");
	/* The parent may have died before it was asked for. */
	if (getppid() != parent)
		_exit(127);
	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &by_default, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	child_set_streams(spec, report_fd);
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		child_fail(report_fd, "close_range");
	for (const int *fd = spec->keep_fds; fd && *fd >= 0; fd++)
		if (fcntl(*fd, F_SETFD, 0) < 0)
			child_fail(report_fd, "a descriptor to keep");
	if (spec->max_file_bytes) {
		struct rlimit limit = { spec->max_file_bytes, spec->max_file_bytes };

		if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
			child_fail(report_fd, "setrlimit");
	}
	if (spec->cwd && chdir(spec->cwd) < 0)
		child_fail(report_fd, spec->cwd);
	execve(program, (char *const *)spec->argv, env);
	child_fail(report_fd, "");
}

int child_pipe_above(int *read_fd, int *write_fd)
{
	int fds[2];
	int high[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
		close(fds[i]);
	}
	if (high[0] >= 0 && high[1] >= 0) {
		*read_fd = high[0];
		*write_fd = high[1];
		return 0;
	}
	for (int i = 0; i < 2; i++)
		if (high[i] >= 0)
			close(high[i]);
	errno = EMFILE;
	return -1;
}

/* fork() that leaves no moment in which a signal handler of ours runs in the child. */
static pid_t fork_blocked(sigset_t *saved)
{
	sigset_t all;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, saved);
	pid = fork();
	if (pid != 0)
		sigprocmask(SIG_SETMASK, saved, NULL);
	return pid;
}

/* Reads what became of exec: 0, or -1 with err set. */
static int child_await_exec(const struct child_spec *spec, int report_fd, struct err *err)
{
	struct child_failure f;
	ssize_t n;

	do {
		n = read(report_fd, &f, sizeof(f));
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		return 0;
	if (n != (ssize_t)sizeof(f))
		return err_set(err, ERR_HOST, "cannot run %s", spec->argv[0]);
	f.what[sizeof(f.what) - 1] = '\0';
	if (f.what[0])
		return err_set_errno(err, ERR_HOST, f.errno_value, "cannot run %s: %s",
				     spec->argv[0], f.what);
	return err_set_errno(err, ERR_HOST, f.errno_value, "cannot run %s", spec->argv[0]);
}

int child_start(struct child *c, const struct child_spec *spec, struct err *err)
{
	_cleanup_free_ char *program = child_find_program(spec->argv[0]);
	_cleanup_strv_ struct strv env = { 0 };
	_cleanup_close_ int report_read = -1;
	_cleanup_close_ int report_write = -1;
	sigset_t saved;
	pid_t parent = getpid();

	*c = (struct child)CHILD_INIT;
	if (!program)
		return err_set(err, ERR_HOST, "%s is not installed (not found in PATH)",
			       spec->argv[0]);
	child_env(spec, &env);
	if (child_pipe_above(&report_read, &report_write) < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot run %s", spec->argv[0]);
	c->pid = fork_blocked(&saved);
	if (c->pid == 0)
		child_become(spec, program, env.items, parent, report_write);
	if (c->pid < 0) {
		c->pid = 0;
		return err_set_errno(err, ERR_HOST, errno, "cannot run %s", spec->argv[0]);
	}
	c->foreground = spec->foreground;
	c->tidies = spec->tidies;
	close(take_fd(&report_write));
	/* Until we wait for it the pid cannot become another process. */
	c->pidfd = pidfd_open(c->pid, 0);
	if (c->pidfd < 0) {
		err_set_errno(err, ERR_HOST, errno, "pidfd_open");
		kill(c->pid, SIGKILL);
	}
	if (c->pidfd < 0 || child_await_exec(spec, report_read, err) < 0) {
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			;
		c->pid = 0;
		child_clear(c);
		return -1;
	}
	return 0;
}

/* What is buffered for standard output is the parent's to write. */
static void child_do(int (*body)(void *context), void *context, pid_t parent, sigset_t *mask)
	__attribute__((noreturn));
static void child_do(int (*body)(void *context), void *context, pid_t parent, sigset_t *mask)
{
	if (setpgid(0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		_exit(127);
	/* The parent may have died before it was asked for. */
	if (getppid() != parent)
		_exit(127);
	sigprocmask(SIG_SETMASK, mask, NULL);
	_exit(body(context));
}

int child_fork(struct child *c, int (*body)(void *context), void *context, struct err *err)
{
	pid_t parent = getpid();
	sigset_t saved;

	*c = (struct child)CHILD_INIT;
	c->pid = fork_blocked(&saved);
	if (c->pid == 0)
		child_do(body, context, parent, &saved);
	if (c->pid < 0) {
		c->pid = 0;
		return err_set_errno(err, ERR_HOST, errno, "fork");
	}
	/* As the child does itself: whoever is first. */
	setpgid(c->pid, c->pid);
	c->pidfd = pidfd_open(c->pid, 0);
	if (c->pidfd >= 0)
		return 0;
	err_set_errno(err, ERR_HOST, errno, "pidfd_open");
	kill(c->pid, SIGKILL);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
	return -1;
}
