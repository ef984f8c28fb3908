/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/night-worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/night-inputs.h"
#include "cmd/night-runs.h"
#include "cmd/pipeline.h"
#include "cmd/prepare.h"

enum {
	SAY_EVERY_MS = 200,
	HEARD_MAX_BYTES = 1 << 20,
	STOP_GRACE_MS = 10000, /* a guest is asked to end, and its files are written */
};

/* ---- in the worker ---- */

struct saying {
	struct progress base;
	int fd;
	uint64_t last_ms;
};

static void say(int fd, json_t *line)
{
	_cleanup_json_ json_t *owned = line;
	_cleanup_free_ char *text = json_dumps(owned, JSON_COMPACT);
	_cleanup_free_ char *whole = xasprintf("%s\n", text);
	size_t length = strlen(whole), done = 0;

	while (done < length) {
		ssize_t count = write(fd, whole + done, length - done);

		/* Whoever listened is gone, and so are we, soon. */
		if (count < 0 && errno != EINTR)
			return;
		done += count > 0 ? (size_t)count : 0;
	}
}

static void say_note(struct progress *p, const char *text)
{
	fprintf(stderr, "%s\n", text);
}

static void say_update(struct progress *p, const char *what, uint64_t done, uint64_t total,
		       int eta_s)
{
	struct saying *s = (struct saying *)p;
	uint64_t now_ms = clock_monotonic_ms();
	json_t *line;

	if (now_ms - s->last_ms < SAY_EVERY_MS)
		return;
	s->last_ms = now_ms;
	line = json_object();
	json_set_str(line, "what", what);
	json_set_int(line, "done", (int64_t)done);
	json_set_int(line, "total", (int64_t)total);
	say(s->fd, line);
}

json_t *night_do_build(const struct night *n, const struct cmd_env *env, size_t index,
		       int processors)
{
	const struct night_kernel *kernel = &n->jobs.kernels[index];
	struct options opt = night_options_of(n, kernel, NULL);
	_cleanup_strv_ struct strv fragments = { 0 };
	const struct prepare_request wanted = { .opt = &opt, .fragments = &fragments };
	struct err err = ERR_INIT;
	struct kernel *k;
	json_t *result;

	night_inputs_fragments(n, kernel, &fragments);
	opt.jobs = processors;
	k = prepare_kernel(env, &wanted, NULL, &err);
	if (!k)
		return night_error_result(&err);
	result = json_object();
	json_set_int(result, "build_ms", json_get_int(k->manifest, "build_ms", 0));
	kernel_free(k);
	return result;
}

/* What its run.json says of where it belongs: the history's series, and the job. */
static json_t *run_keys(const struct night *n, const struct night_job *job)
{
	json_t *keys = json_object(), *nightly = json_object();

	json_set_strn(nightly, "night", n->began, strlen("2026-11-28"));
	json_set_str(nightly, "line", n->jobs.kernels[job->kernel].source);
	json_set_str(nightly, "id", path_base(n->dir));
	json_set_str(nightly, "job", job->id);
	json_object_set_new(keys, "nightly", nightly);
	return keys;
}

/* What `klab run` does for one boot. */
static int boot(const struct night *n, const struct cmd_env *env, const struct night_job *job,
		const struct options *opt, struct pipeline_outcome *outcome, struct err *err)
{
	const struct night_kernel *names = &n->jobs.kernels[job->kernel];
	_cleanup_strv_ struct strv fragments = { 0 };
	_cleanup_free_ char *path = night_inputs_case(n, job);
	_cleanup_case_ struct case_file *test = case_read(path, NULL, err);
	const struct prepare_request wanted = { .opt = opt, .fragments = &fragments, .test = test };
	_cleanup_kernel_ struct kernel *kernel = NULL;
	_cleanup_json_ json_t *keys = run_keys(n, job);
	struct pipeline_request req = {
		.test = test,
		.fragments = &names->fragments,
		.opt = opt,
		.machine = n->machine,
		.seed = job->seed,
		.run_keys = keys,
	};

	if (!test || pipeline_check(opt, test, n->machine, err) < 0 ||
	    prepare_boot(env, opt, test, err) < 0)
		return -1;
	night_inputs_fragments(n, names, &fragments);
	kernel = prepare_kernel(env, &wanted, NULL, err);
	if (!kernel)
		return -1;
	night_inputs_rename(names, kernel->manifest);
	req.kernel = kernel;
	return pipeline_run(env, &req, outcome, err);
}

json_t *night_do_boot(const struct night *n, const struct cmd_env *env, size_t index)
{
	const struct night_job *job = &n->jobs.list[index];
	struct options opt = night_options_of(n, &n->jobs.kernels[job->kernel], job);
	_cleanup_outcome_ struct pipeline_outcome outcome = { 0 };
	struct err err = ERR_INIT;
	json_t *result;

	opt.jobs = 1;
	if (boot(n, env, job, &opt, &outcome, &err) == 0)
		return night_run_result(outcome.run_dir);
	result = night_error_result(&err);
	if (outcome.run_dir)
		json_set_str(result, "dir", path_base(outcome.run_dir));
	return result;
}

struct task {
	const struct night *n;
	const struct night_worker *w;
	int fd;
};

/* What a worker has to say beside its result goes into the night's log. */
static int work(void *context)
{
	const struct task *task = context;
	struct saying saying = {
		.base = { .note = say_note, .update = say_update },
		.fd = task->fd,
	};
	struct cmd_env env = *task->n->env;
	_cleanup_free_ char *log_path = path_join(task->n->dir, "nightly.log");
	int log = open(log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	json_t *result, *line = json_object();

	if (log >= 0)
		dup2(log, STDERR_FILENO);
	setvbuf(stderr, NULL, _IOLBF, 0);
	env.progress = &saying.base;
	result = task->w->work == NIGHT_BUILD
			 ? night_do_build(task->n, &env, task->w->index, task->w->processors)
			 : night_do_boot(task->n, &env, task->w->index);
	json_object_set_new(line, "result", result);
	say(task->fd, line);
	return 0;
}

/* ---- outside of it ---- */

int night_worker_start(struct night_worker *w, const struct night *n, enum night_work kind,
		       size_t index, int processors, struct err *err)
{
	struct task task = { .n = n, .w = w };
	int fds[2], ret;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_set_errno(err, ERR_HOST, errno, "pipe");
	*w = (struct night_worker){ .work = kind,
				    .index = index,
				    .processors = processors,
				    .child = CHILD_INIT,
				    .fd = fds[0],
				    .began_ms = clock_monotonic_ms() };
	task.fd = fds[1];
	ret = child_fork(&w->child, work, &task, err);
	close(fds[1]);
	if (ret < 0)
		night_worker_clear(w);
	else
		fcntl(w->fd, F_SETFL, O_NONBLOCK);
	return ret;
}

static void hear_line(struct night_worker *w, const char *line, size_t length)
{
	_cleanup_json_ json_t *said = json_loadb(line, length, 0, NULL);
	json_t *result = json_object_get(said, "result");

	if (result && !w->result) {
		w->result = json_incref(result);
		return;
	}
	snprintf(w->what, sizeof(w->what), "%s", json_get_str(said, "what", ""));
	w->done = (uint64_t)json_get_int(said, "done", 0);
	w->total = (uint64_t)json_get_int(said, "total", 0);
}

static void hear_lines(struct night_worker *w)
{
	size_t begin = 0;

	for (size_t i = 0; i < w->heard.length; i++) {
		if (w->heard.data[i] != '\n')
			continue;
		hear_line(w, w->heard.data + begin, i - begin);
		begin = i + 1;
	}
	memmove(w->heard.data, w->heard.data + begin, w->heard.length - begin + 1);
	w->heard.length -= begin;
}

int night_worker_hear(struct night_worker *w)
{
	char bytes[4096];

	for (;;) {
		ssize_t count = read(w->fd, bytes, sizeof(bytes));

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 && errno == EAGAIN)
			return 0;
		if (count <= 0)
			break;
		strbuf_add(&w->heard, bytes, (size_t)count);
		hear_lines(w);
		if (w->heard.length > HEARD_MAX_BYTES)
			strbuf_reset(&w->heard);
	}
	child_stop(&w->child, STOP_GRACE_MS);
	return 1;
}

void night_worker_clear(struct night_worker *w)
{
	child_stop(&w->child, STOP_GRACE_MS);
	child_clear(&w->child);
	if (w->fd >= 0)
		close(w->fd);
	json_decref(w->result);
	strbuf_clear(&w->heard);
	*w = (struct night_worker){ .child = CHILD_INIT, .fd = -1 };
}
