// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/prober.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#include "base/file.h"
#include "base/json.h"

enum { MAX_FRAMES = 64 };

/* What was asked last: the answer is taken by the row of this name below. */
enum prober_state {
	PROBER_BANNER,
	PROBER_SETTING,
	PROBER_CONNECTING,
	PROBER_CURRENT,
	PROBER_INSERTING,
	PROBER_RUNNING,
	PROBER_PID,
	PROBER_COMM,
	PROBER_FRAMES,
	PROBER_ARGS,
	PROBER_DELETING,
	PROBER_LEAVING,
	PROBER_GONE,
};

struct armed {
	const struct case_probe *probe;
	char number[16]; /* gdb's, of the breakpoint */
	int hits;
	bool done;
};

struct prober {
	const struct machine_spec *spec;
	struct gdb gdb;
	int out_fd; /* probes.jsonl; owned */
	enum prober_state state;
	size_t next;	     /* setting, way to the current task, or probe in the making */
	const char *current; /* expression of the task that runs; NULL: not known */
	struct armed *armed; /* as many as probes */
	struct armed *hit;   /* that the guest stands at */
	json_t *seen;	     /* the line in the making; NULL: none */
	uint64_t console_bytes;
};

/* Each is answered with ^done; an older gdb that does not know one does without. */
static const char *const settings[] = {
	"-gdb-set confirm off",
	"-gdb-set width 0",
	"-gdb-set print null-stop on",
	"-gdb-set print elements 64",
	"-gdb-set print entry-values no",
	"-gdb-set print repeats unlimited",
	"-gdb-set may-call-functions off",
	"-gdb-set breakpoint always-inserted off",
	"-gdb-set backtrace past-entry on",
	"-gdb-set remotetimeout 60",
};

/*
 * The task that runs, on x86: a variable of the processor, at the base of %gs.
 * Up to Linux 6.1 current_task, then in pcpu_hot, from 6.15 on current_task again.
 */
static const char *const current_tasks[] = {
	"((struct task_struct *)*(unsigned long *)($gs_base + (unsigned long)&current_task))",
	"((struct task_struct *)*(unsigned long *)($gs_base + (unsigned "
	"long)&pcpu_hot.current_task))",
};

/* ---- asking ---- */

static int __attribute__((format(printf, 4, 5)))
prober_ask(struct prober *p, enum prober_state state, struct err *err, const char *fmt, ...)
{
	_cleanup_free_ char *command = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&command, fmt, ap) < 0)
		abort();
	va_end(ap);
	p->state = state;
	return gdb_send(&p->gdb, command, err);
}

static int ask_insert(struct prober *p, struct err *err)
{
	const struct case_probe *probe = p->armed[p->next].probe;
	_cleanup_strbuf_ struct strbuf command = { 0 };

	strbuf_adds(&command, "-break-insert -h ");
	if (probe->when) {
		strbuf_adds(&command, "-c ");
		mi_quote(&command, probe->when);
		strbuf_addc(&command, ' ');
	}
	mi_quote(&command, probe->at);
	return prober_ask(p, PROBER_INSERTING, err, "%s", command.data);
}

static int ask_continue(struct prober *p, struct err *err)
{
	p->hit = NULL;
	return prober_ask(p, PROBER_RUNNING, err, "-exec-continue");
}

/* ---- one look ---- */

static int write_seen(struct prober *p, struct err *err)
{
	_cleanup_free_ char *text = json_dumps(p->seen, JSON_COMPACT);
	_cleanup_free_ char *line = xasprintf("%s\n", text);
	size_t length = strlen(line);

	json_decref(p->seen);
	p->seen = NULL;
	if (write(p->out_fd, line, length) != (ssize_t)length)
		return err_set_errno(err, ERR_HOST, errno, "%s/probes.jsonl", p->spec->run_dir);
	return 0;
}

static int finish_look(struct prober *p, struct err *err)
{
	struct armed *a = p->hit;

	if (write_seen(p, err) < 0)
		return -1;
	if (++a->hits < a->probe->limit)
		return ask_continue(p, err);
	a->done = true;
	return prober_ask(p, PROBER_DELETING, err, "-break-delete %s", a->number);
}

/* After one is done with: on, or away when it was the last. */
static int after_delete(struct prober *p, struct err *err)
{
	for (size_t i = 0; i < p->spec->probe_count; i++)
		if (!p->armed[i].done)
			return ask_continue(p, err);
	return prober_ask(p, PROBER_LEAVING, err, "-target-detach");
}

/* "1.2" is a place of breakpoint 1. */
static struct armed *find_armed(struct prober *p, const char *number)
{
	size_t length = strcspn(number, ".");

	for (size_t i = 0; i < p->spec->probe_count; i++)
		if (!p->armed[i].done && strlen(p->armed[i].number) == length &&
		    strncmp(p->armed[i].number, number, length) == 0)
			return &p->armed[i];
	return NULL;
}

static int take_stop(struct prober *p, const json_t *stop, struct err *err)
{
	const char *thread = json_get_str(stop, "thread-id", "1");
	int64_t cpu;

	/* The guest has gone: QEMU's end tells how. */
	if (str_starts(json_get_str(stop, "reason", ""), "exited")) {
		p->state = PROBER_GONE;
		return 0;
	}
	p->hit = find_armed(p, json_get_str(stop, "bkptno", ""));
	if (!p->hit)
		return ask_continue(p, err);
	p->seen = json_object();
	json_set_int(p->seen, "probe", p->hit - p->armed);
	json_set_str(p->seen, "at", p->hit->probe->at);
	json_set_str(p->seen, "when", p->hit->probe->when);
	json_set_int(p->seen, "hit", p->hit->hits + 1);
	json_set_int(p->seen, "console_bytes", (int64_t)p->console_bytes);
	/* QEMU's threads are the processors, from 1. */
	if (str_parse_i64(thread, &cpu))
		json_set_int(p->seen, "cpu", cpu - 1);
	if (p->current)
		return prober_ask(p, PROBER_PID, err, "-data-evaluate-expression \"%s->pid\"",
				  p->current);
	return prober_ask(p, PROBER_FRAMES, err, "-stack-list-frames 0 %d", MAX_FRAMES - 1);
}

static void take_pid(struct prober *p, const json_t *results)
{
	int64_t pid;

	if (str_parse_i64(json_get_str(results, "value", ""), &pid))
		json_set_int(p->seen, "pid", pid);
}

/* gdb gives a char array as a C string in quotes. */
static void take_comm(struct prober *p, const json_t *results)
{
	const char *value = json_get_str(results, "value", "");
	size_t length = strlen(value);

	if (length >= 2 && value[0] == '"' && value[length - 1] == '"')
		json_set_strn(p->seen, "task", value + 1, length - 2);
}

/* A frame that was inlined has the address of the one that it is in. */
static void take_frames(struct prober *p, const json_t *results)
{
	const json_t *stack = json_get_array(results, "stack");
	json_t *frames = json_array(), *frame;
	size_t i;

	json_array_foreach (stack, i, frame) {
		const char *address = json_get_str(frame, "addr", "");
		const json_t *outer = json_array_get(stack, i + 1);
		json_t *one = json_object();
		int64_t line;

		json_set_str(one, "symbol", json_get_str(frame, "func", "??"));
		json_set_str(one, "address", address);
		json_set_str(one, "file", json_get_str(frame, "file", NULL));
		if (str_parse_i64(json_get_str(frame, "line", ""), &line))
			json_set_int(one, "line", line);
		if (str_eq(address, json_get_str(outer, "addr", NULL)))
			json_set_bool(one, "inline", true);
		json_array_append_new(frames, one);
	}
	json_object_set_new(p->seen, "frames", frames);
}

static void take_args(struct prober *p, const json_t *results)
{
	const json_t *list = json_get_array(results, "stack-args");
	json_t *of_frame, *arg;
	size_t i, k;

	json_array_foreach (list, i, of_frame) {
		json_t *frame = json_array_get(json_get_array(p->seen, "frames"), i);
		json_t *args = json_array();

		json_array_foreach (json_get_array(of_frame, "args"), k, arg) {
			json_t *one = json_object();

			json_set_str(one, "name", json_get_str(arg, "name", "?"));
			json_set_str(one, "value",
				     json_get_str(arg, "value", json_get_str(arg, "type", "?")));
			json_array_append_new(args, one);
		}
		if (!frame || json_object_set_new(frame, "args", args) < 0)
			json_decref(args);
	}
}

/* ---- answers ---- */

static int fail_probe(const struct armed *a, const json_t *results, struct err *err)
{
	return err_set(err, ERR_INPUT, "the probe `%s`%s%s: gdb says: %s", a->probe->at,
		       a->probe->when ? " when " : "", a->probe->when ?: "",
		       json_get_str(results, "msg", "no"));
}

static int take_inserted(struct prober *p, bool done, const json_t *results, struct err *err)
{
	struct armed *a = &p->armed[p->next];

	if (!done)
		return fail_probe(a, results, err);
	snprintf(a->number, sizeof(a->number), "%.15s",
		 json_get_str(json_get_object(results, "bkpt"), "number", ""));
	if (++p->next < p->spec->probe_count)
		return ask_insert(p, err);
	return ask_continue(p, err);
}

/* What this kernel calls the current task is tried, in the order of the table. */
static int ask_current(struct prober *p, struct err *err)
{
	if (p->next < ARRAY_SIZE(current_tasks))
		return prober_ask(p, PROBER_CURRENT, err,
				  "-data-evaluate-expression \"sizeof(%s->comm)\"",
				  current_tasks[p->next]);
	p->next = 0;
	return ask_insert(p, err);
}

static int take_current(struct prober *p, bool done, struct err *err)
{
	if (done) {
		p->current = current_tasks[p->next];
		p->next = ARRAY_SIZE(current_tasks);
	} else {
		p->next++;
	}
	return ask_current(p, err);
}

static int ask_setting(struct prober *p, struct err *err)
{
	if (p->next < ARRAY_SIZE(settings))
		return prober_ask(p, PROBER_SETTING, err, "%s", settings[p->next++]);
	p->next = 0;
	return prober_ask(p, PROBER_CONNECTING, err, "-target-select remote " GDB_SOCKET);
}

static int take_answer(struct prober *p, bool done, const json_t *results, struct err *err)
{
	switch (p->state) {
	case PROBER_SETTING:
		return ask_setting(p, err);
	case PROBER_CONNECTING:
		if (!done)
			return err_set(err, ERR_HOST, "gdb does not get at the guest: %s",
				       json_get_str(results, "msg", "no reason"));
		return ask_current(p, err);
	case PROBER_CURRENT:
		return take_current(p, done, err);
	case PROBER_INSERTING:
		return take_inserted(p, done, results, err);
	case PROBER_PID:
		take_pid(p, results);
		return prober_ask(p, PROBER_COMM, err, "-data-evaluate-expression \"%s->comm\"",
				  p->current);
	case PROBER_COMM:
		take_comm(p, results);
		return prober_ask(p, PROBER_FRAMES, err, "-stack-list-frames 0 %d", MAX_FRAMES - 1);
	case PROBER_FRAMES:
		take_frames(p, results);
		if (!p->hit->probe->args)
			return finish_look(p, err);
		return prober_ask(p, PROBER_ARGS, err, "-stack-list-arguments 2 0 %d",
				  MAX_FRAMES - 1);
	case PROBER_ARGS:
		take_args(p, results);
		return finish_look(p, err);
	case PROBER_DELETING:
		return after_delete(p, err);
	case PROBER_LEAVING:
		p->state = PROBER_GONE;
		return 0;
	default:
		return 0;
	}
}

static int take_record(struct prober *p, const struct mi_record *r, struct err *err)
{
	bool failed = str_eq(r->word, "error");

	if (p->state == PROBER_BANNER)
		return r->kind == MI_PROMPT ? ask_setting(p, err) : 0;
	if (p->state == PROBER_RUNNING) {
		if (r->kind == MI_RESULT && failed)
			return err_set(err, ERR_HOST, "gdb does not let the guest go on: %s",
				       json_get_str(r->results, "msg", "no reason"));
		if (r->kind == MI_ASYNC && str_eq(r->word, "stopped"))
			return take_stop(p, r->results, err);
		return 0;
	}
	return r->kind == MI_RESULT ? take_answer(p, !failed, r->results, err) : 0;
}

int prober_work(struct prober *p, uint64_t console_bytes, struct err *err)
{
	p->console_bytes = console_bytes;
	while (p->state != PROBER_GONE) {
		_cleanup_mi_record_ struct mi_record r = { 0 };
		int taken = gdb_receive(&p->gdb, &r, err);

		if (taken == 0)
			return 0;
		if (taken < 0 || take_record(p, &r, err) < 0) {
			gdb_clear(&p->gdb);
			p->state = PROBER_GONE;
			return -1;
		}
	}
	/* Detached: what is left of gdb has nothing to do with the guest any more. */
	gdb_clear(&p->gdb);
	return 0;
}

/* ---- start and end ---- */

struct prober *prober_start(const struct machine_spec *spec, struct err *err)
{
	_cleanup_free_ char *path = path_join(spec->run_dir, "probes.jsonl");
	struct prober *p = xcalloc(1, sizeof(*p));

	p->spec = spec;
	p->gdb = (struct gdb)GDB_INIT;
	p->armed = xcalloc(spec->probe_count, sizeof(*p->armed));
	for (size_t i = 0; i < spec->probe_count; i++)
		p->armed[i].probe = &spec->probes[i];
	p->out_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (p->out_fd < 0)
		err_set_errno(err, ERR_HOST, errno, "cannot write %s", path);
	if (p->out_fd < 0 || gdb_start(&p->gdb, spec->run_dir, spec->vmlinux_path, err) < 0) {
		prober_free(p);
		return NULL;
	}
	return p;
}

void prober_free(struct prober *p)
{
	if (!p)
		return;
	gdb_clear(&p->gdb);
	cleanup_close_p(&p->out_fd);
	json_decref(p->seen);
	free(p->armed);
	free(p);
}

int prober_fd(const struct prober *p)
{
	return p->gdb.out_fd;
}
