/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/make.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/statvfs.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"

enum {
	TERM_GRACE_MS = 5000, /* make waits for its compilers and removes their targets */
	PROGRESS_EVERY_MS = 100,
	LOG_MAX_BYTES = 64 << 20,
	POLL_MS = 1000,
};

/*
 * Everything that would differ from one build to the next. LOCALVERSION set
 * but empty keeps setlocalversion from asking git.
 */
static const char *const fixed_settings[] = {
	"KBUILD_BUILD_TIMESTAMP=Thu Jan  1 00:00:00 UTC 1970",
	"KBUILD_BUILD_USER=klab",
	"KBUILD_BUILD_HOST=klab",
	"KBUILD_BUILD_VERSION=1",
	"LOCALVERSION=",
	NULL,
};

void make_hash_environment(struct hasher *h)
{
	for (const char *const *s = fixed_settings; *s; s++)
		hasher_adds(h, *s);
}

static void make_argv(const struct make_spec *spec, struct strv *argv)
{
	const struct toolchain *tc = spec->tc;
	_cleanup_free_ char *map = xasprintf("-ffile-prefix-map=%s=. -ffile-prefix-map=%s=.",
					     spec->source_dir, spec->object_dir);
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	strv_add(argv, "make");
	strv_addf(argv, "-j%ld", spec->jobs > 0 ? spec->jobs : cpus > 0 ? cpus : 1);
	strv_add(argv, "-C");
	strv_add(argv, spec->source_dir);
	strv_addf(argv, "O=%s", spec->object_dir);
	strv_add_strv(argv, &tc->make_args);
	for (const char *const *s = fixed_settings; *s; s++)
		strv_add(argv, *s);
	/* Debug information and __FILE__ must not say where it was built. */
	strv_addf(argv, "KCFLAGS=%s%s%s", map, tc->kcflags ? " " : "",
		  tc->kcflags ? tc->kcflags : "");
	strv_addf(argv, "KAFLAGS=%s", map);
	for (const char *const *t = spec->targets; *t; t++)
		strv_add(argv, *t);
}

/* ---- the log ---- */

struct make_log {
	const struct make_spec *spec;
	int fd;	  /* the file */
	int pipe; /* what make prints */
	struct strbuf line;
	uint64_t steps, started_ms, shown_ms;
};

/* "  CC      block/bio.o": what kbuild is about to do. */
static bool is_step(const char *line)
{
	return line[0] == ' ' && line[1] == ' ' && line[2] >= 'A' && line[2] <= 'Z' &&
	       strncmp(line + 2, "CHK ", 4) != 0;
}

static void show_progress(struct make_log *log)
{
	uint64_t total = log->spec->steps_expected;
	uint64_t now_ms = clock_monotonic_ms();
	uint64_t elapsed_ms = now_ms - log->started_ms;
	int eta_s = -1;

	if (!log->spec->what || now_ms - log->shown_ms < PROGRESS_EVERY_MS)
		return;
	log->shown_ms = now_ms;
	/* It was too low, and nobody knows by how much: no share, no time left. */
	if (log->steps > total)
		total = 0;
	if (total && log->steps > 10)
		eta_s = (int)(elapsed_ms * (total - log->steps) / log->steps / 1000);
	progress_update(log->spec->progress, log->spec->what, log->steps, total, eta_s);
}

static void log_bytes(struct make_log *log, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] != '\n') {
			if (log->line.length < 16)
				strbuf_addc(&log->line, bytes[i]);
			continue;
		}
		if (log->line.length > 4 && is_step(log->line.data))
			log->steps++;
		strbuf_reset(&log->line);
	}
}

static int write_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t n = write(fd, bytes, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}

/* Reads what there is; false at the end. */
static bool drain(struct make_log *log)
{
	char chunk[64 * 1024];

	for (;;) {
		ssize_t n = read(log->pipe, chunk, sizeof(chunk));

		if (n > 0) {
			log_bytes(log, chunk, (size_t)n);
			/* A log that cannot be written is no reason to stop: make will meet the
			 * full disk too. */
			(void)write_all(log->fd, chunk, (size_t)n);
		} else if (n < 0 && errno == EINTR) {
			continue;
		} else {
			return n < 0 && errno == EAGAIN;
		}
	}
}

/* ---- running ---- */

static int wait_for_make(struct make_log *log, struct child *c, struct child_exit *ex,
			 struct make_result *result, struct err *err)
{
	bool open = true;

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = open ? log->pipe : -1, .events = POLLIN },
			{ .fd = c->pidfd, .events = POLLIN },
			{ .fd = cancel_fd(), .events = POLLIN },
		};

		poll(fds, ARRAY_SIZE(fds), POLL_MS);
		if (cancel_requested()) {
			uint64_t before_ms = clock_monotonic_ms();

			child_stop(c, TERM_GRACE_MS);
			drain(log);
			/* Past the grace it was killed, and may have left half an object. */
			result->ended = clock_monotonic_ms() - before_ms < TERM_GRACE_MS;
			return err_set(err, ERR_CANCELLED, "interrupted while building");
		}
		open = open && drain(log);
		show_progress(log);
		if (fds[1].revents) {
			if (child_wait(c, 0, ex, err) < 0)
				return -1;
			drain(log);
			result->ended = ex->exited;
			return 0;
		}
	}
}

/*
 * The line of the log that says that the host failed and not the source; yours,
 * NULL: none. At its end, because compilers quote lines of code too.
 */
static char *find_host_failure(const char *log)
{
	static const char *const ends[] = {
		": No space left on device",
		": Cannot allocate memory",
		": Input/output error",
		": Read-only file system",
		": Too many open files",
		": Resource temporarily unavailable",
		": Disk quota exceeded",
		": File too large",
		" Killed signal terminated program cc1",
		" Killed signal terminated program as",
	};

	for (const char *line = log; *line;) {
		size_t n = strcspn(line, "\n");
		_cleanup_free_ char *text = xstrndup(line, n);

		for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
			if (str_ends(text, ends[i]))
				return take_ptr(&text);
		line += n + (line[n] == '\n');
	}
	return NULL;
}

/* What the host, an interrupt or the compiler did, told by the log. */
static int explain_failure(const struct make_spec *spec, const struct child_exit *ex,
			   struct err *err)
{
	size_t length = 0;
	_cleanup_free_ char *log = file_read(spec->log_path, LOG_MAX_BYTES, &length, NULL);
	_cleanup_free_ char *first = log ? make_first_error(log, length, spec->source_dir) : NULL;
	_cleanup_free_ char *host = log ? find_host_failure(log) : NULL;
	struct statvfs fs;

	if (host && str_ends(host, "No space left on device")) {
		unsigned long long free_mib = 0;

		if (statvfs(spec->object_dir, &fs) == 0)
			free_mib = (unsigned long long)fs.f_bavail * fs.f_frsize >> 20;
		return err_set(err, ERR_HOST, "disk full: %s (%llu MiB left at %s)", host, free_mib,
			       spec->object_dir);
	}
	if (host)
		return err_set(err, ERR_HOST, "the host failed, not the source: %s (log: %s)", host,
			       spec->log_path);
	if (!ex->exited)
		return err_set(err, ERR_HOST, "make was ended by signal %d", ex->code);
	if (first) {
		const char *too_new = make_too_new(log, first);

		return err_set(err, ERR_BUILD, "%s (%s%slog: %s)", first, too_new ? too_new : "",
			       too_new ? "; " : "", spec->log_path);
	}
	return err_set(err, ERR_BUILD, "make failed with status %d (log: %s)", ex->code,
		       spec->log_path);
}

static int open_log(struct make_log *log, int *theirs, struct err *err)
{
	int fds[2];

	log->fd = open(log->spec->log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (log->fd < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot write %s", log->spec->log_path);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_set_errno(err, ERR_HOST, errno, "pipe");
	log->pipe = fds[0];
	*theirs = fds[1];
	if (fcntl(log->pipe, F_SETFL, O_NONBLOCK) < 0)
		return err_set_errno(err, ERR_HOST, errno, "pipe");
	return 0;
}

static int start_and_wait(struct make_log *log, int theirs, struct child_exit *ex,
			  struct make_result *result, struct err *err)
{
	const struct make_spec *spec = log->spec;
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_strv_ struct strv env = { 0 };
	_cleanup_child_ struct child c = CHILD_INIT;
	int keep[] = { spec->lock_fd, -1 };
	struct child_spec child = {
		.env_clean = true, /* MAKEFLAGS, KBUILD_OUTPUT, CFLAGS and the like are not ours */
		.stdout_fd = theirs,
		.stderr_fd = theirs,
		.keep_fds = spec->lock_fd >= 0 ? keep : NULL,
	};

	make_argv(spec, &argv);
	strv_add_strv(&env, &spec->tc->env);
	for (const char *const *e = spec->env; e && *e; e++)
		strv_add(&env, *e);
	child.argv = (const char *const *)argv.items;
	child.env_set = (const char *const *)env.items;
	if (child_start(&c, &child, err) < 0) {
		close(theirs);
		return -1;
	}
	/* Ours must go, or the pipe never ends. */
	close(theirs);
	return wait_for_make(log, &c, ex, result, err);
}

int make_run(const struct make_spec *spec, struct make_result *result, struct err *err)
{
	struct make_log log = {
		.spec = spec, .fd = -1, .pipe = -1, .started_ms = clock_monotonic_ms()
	};
	struct child_exit ex = { 0 };
	int theirs = -1;
	int done;

	*result = (struct make_result){ 0 };
	done = open_log(&log, &theirs, err);
	if (done == 0)
		done = start_and_wait(&log, theirs, &ex, result, err);
	if (spec->what)
		progress_end(spec->progress);
	cleanup_close_p(&log.fd);
	cleanup_close_p(&log.pipe);
	strbuf_clear(&log.line);
	result->steps = log.steps;
	result->wall_ms = clock_monotonic_ms() - log.started_ms;
	if (done < 0)
		return -1;
	if (ex.exited && ex.code == 0)
		return 0;
	return explain_failure(spec, &ex, err);
}
