// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/prober.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#include "base/file.h"
#include "base/json.h"
#include "machine/probe-look.h"
#include "machine/step-past.h"

enum { MAX_FRAMES = 64, NUMBER_BYTES = 16 };

/* What was asked last: the answer is taken by the row of this name below. */
enum prober_state {
	PROBER_BANNER,
	PROBER_SETTING,
	PROBER_CONNECTING,
	PROBER_CURRENT,
	PROBER_INSERTING,
	PROBER_BARING,
	PROBER_RUNNING,
	PROBER_TESTING,
	PROBER_PID,
	PROBER_COMM,
	PROBER_FRAMES,
	PROBER_ARGS,
	PROBER_READING,
	PROBER_DISABLING,
	PROBER_PLACING,
	PROBER_UNPLACING,
	PROBER_ENABLING,
	PROBER_DELETING,
	PROBER_LEAVING,
	PROBER_GONE,
};

/* A probe. The first of those at one place has the breakpoint of all of them. */
struct armed {
	const struct case_probe *probe;
	struct armed *first;
	char number[NUMBER_BYTES];	      /* first: gdb's, of the breakpoint */
	char past[STEP_PLACES][NUMBER_BYTES]; /* first: where it is enabled again; "": nowhere */
	int hits;
	bool done;
};

struct prober {
	const struct machine_spec *spec;
	struct gdb gdb;
	int out_fd; /* probes.jsonl; owned */
	enum prober_state state;
	size_t next;		 /* setting, way to the current task, or probe in the making */
	const char *current;	 /* expression of the task that runs; NULL: not known */
	struct armed *armed;	 /* as many as probes */
	struct armed *place;	 /* the first of those where the guest stands */
	struct armed *hit;	 /* the one of them that is tested, and then looks */
	char *past[STEP_PLACES]; /* owned: where the guest comes to next */
	size_t past_count;
	json_t *seen; /* the line in the making; NULL: none */
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

/* ---- past a breakpoint ---- */

/*
 * gdb would let the processor take one step without the breakpoint. Where instructions are
 * counted an interrupt is due after each stop, since QEMU moves the clock on to the next timer
 * then, and while QEMU records that is not kept from a step: it would end in the interrupt, the
 * breakpoint be hit again after it, and so for ever. So the guest runs, without this
 * breakpoint, to the next instruction.
 */
static int pass(struct prober *p, struct err *err)
{
	if (p->spec->mode == MACHINE_FREE)
		return ask_continue(p, err);
	return prober_ask(p, PROBER_READING, err, "-data-disassemble -s $pc -e $pc+16 -- 0");
}

static void forget_past(struct prober *p)
{
	while (p->past_count)
		free(p->past[--p->past_count]);
}

static int take_read(struct prober *p, const json_t *results, struct err *err)
{
	const json_t *list = json_get_array(results, "asm_insns");
	const char *inst = json_get_str(json_array_get(list, 0), "inst", "");
	const char *next = json_get_str(json_array_get(list, 1), "address", NULL);

	if (next)
		p->past_count = step_past(inst, next, p->past);
	if (!p->past_count)
		return ask_continue(p, err);
	p->next = 0;
	return prober_ask(p, PROBER_DISABLING, err, "-break-disable %s", p->place->number);
}

static int ask_place(struct prober *p, struct err *err)
{
	return prober_ask(p, PROBER_PLACING, err, "-break-insert -t -h \"%s\"", p->past[p->next]);
}

static void keep_number(char number[NUMBER_BYTES], const json_t *results)
{
	snprintf(number, NUMBER_BYTES, "%.15s",
		 json_get_str(json_get_object(results, "bkpt"), "number", ""));
}

static int take_placed(struct prober *p, bool done, const json_t *results, struct err *err)
{
	if (!done)
		return err_set(err, ERR_HOST, "gdb cannot stop the guest after a probe: %s",
			       json_get_str(results, "msg", "no reason"));
	keep_number(p->place->past[p->next], results);
	if (++p->next < p->past_count)
		return ask_place(p, err);
	forget_past(p);
	return ask_continue(p, err);
}

/* It is past the place: the other one where it might have come to goes, and the probe is back. */
static int arrive(struct prober *p, struct err *err)
{
	for (size_t i = 0; i < STEP_PLACES; i++) {
		char *number = p->place->past[i];
		_cleanup_free_ char *gone = *number ? xstrdup(number) : NULL;

		*number = '\0';
		if (gone)
			return prober_ask(p, PROBER_UNPLACING, err, "-break-delete %s", gone);
	}
	return prober_ask(p, PROBER_ENABLING, err, "-break-enable %s", p->place->number);
}

/* ---- which probe ---- */

static int look(struct prober *p, struct err *err)
{
	json_set_int(p->seen, "probe", p->hit - p->armed);
	json_set_str(p->seen, "at", p->hit->probe->at);
	json_set_str(p->seen, "when", p->hit->probe->when);
	json_set_int(p->seen, "hit", p->hit->hits + 1);
	json_set_int(p->seen, "console_bytes", (int64_t)p->console_bytes);
	if (p->current)
		return prober_ask(p, PROBER_PID, err, "-data-evaluate-expression \"%s->pid\"",
				  p->current);
	return prober_ask(p, PROBER_FRAMES, err, "-stack-list-frames 0 %d", MAX_FRAMES - 1);
}

static int ask_test(struct prober *p, struct err *err)
{
	_cleanup_free_ char *expression = xasprintf("(%s) ? 1 : 0", p->hit->probe->when);
	_cleanup_strbuf_ struct strbuf command = { 0 };

	strbuf_adds(&command, "-data-evaluate-expression ");
	mi_quote(&command, expression);
	return prober_ask(p, PROBER_TESTING, err, "%s", command.data);
}

/* From p->hit on: the first of this place that has something to see. */
static int test(struct prober *p, struct err *err)
{
	for (; p->hit < p->armed + p->spec->probe_count; p->hit++) {
		if (p->hit->first != p->place || p->hit->done)
			continue;
		return p->hit->probe->when ? ask_test(p, err) : look(p, err);
	}
	json_decref(p->seen);
	p->seen = NULL;
	return pass(p, err);
}

/* A condition that cannot be told is no reason not to look, as gdb has it. */
static int take_tested(struct prober *p, bool done, const json_t *results, struct err *err)
{
	if (!done || !str_eq(json_get_str(results, "value", ""), "0"))
		return look(p, err);
	p->hit++;
	return test(p, err);
}

static bool has_more(const struct prober *p, const struct armed *place)
{
	for (size_t i = 0; i < p->spec->probe_count; i++)
		if (!p->armed[i].done && (!place || p->armed[i].first == place))
			return true;
	return false;
}

static int finish_look(struct prober *p, struct err *err)
{
	if (write_seen(p, err) < 0)
		return -1;
	if (++p->hit->hits >= p->hit->probe->limit)
		p->hit->done = true;
	if (has_more(p, p->place))
		return pass(p, err);
	return prober_ask(p, PROBER_DELETING, err, "-break-delete %s", p->place->number);
}

/* After one is done with: on, or away when it was the last. */
static int after_delete(struct prober *p, struct err *err)
{
	if (has_more(p, NULL))
		return ask_continue(p, err);
	return prober_ask(p, PROBER_LEAVING, err, "-target-detach");
}

/* "1.2" is a place of breakpoint 1. */
static bool is_number(const char *own, const char *said)
{
	size_t length = strcspn(said, ".");

	return length > 0 && strlen(own) == length && strncmp(own, said, length) == 0;
}

/* At which breakpoint does it stand: of a probe, or after one? */
static void find_place(struct prober *p, const char *number, bool *past)
{
	p->place = NULL;
	*past = false;
	for (size_t i = 0; i < p->spec->probe_count && !p->place; i++) {
		struct armed *a = &p->armed[i];

		if (is_number(a->number, number))
			p->place = a;
		for (size_t k = 0; k < STEP_PLACES; k++) {
			if (!is_number(a->past[k], number))
				continue;
			a->past[k][0] = '\0'; /* gdb has deleted it */
			p->place = a;
			*past = true;
		}
	}
}

static int take_stop(struct prober *p, const json_t *stop, struct err *err)
{
	bool past;

	/* The guest has gone: QEMU's end tells how. */
	if (str_starts(json_get_str(stop, "reason", ""), "exited")) {
		p->state = PROBER_GONE;
		return 0;
	}
	find_place(p, json_get_str(stop, "bkptno", ""), &past);
	if (!p->place)
		return ask_continue(p, err);
	if (past)
		return arrive(p, err);
	p->seen = json_object();
	look_take_stop(p->seen, stop);
	p->hit = p->place;
	return test(p, err);
}

/* ---- answers ---- */

static int fail_probe(const struct armed *a, const json_t *results, struct err *err)
{
	return err_set(err, ERR_INPUT, "the probe `%s`%s%s: gdb says: %s", a->probe->at,
		       a->probe->when ? " when " : "", a->probe->when ?: "",
		       json_get_str(results, "msg", "no"));
}

static int after_insert(struct prober *p, struct err *err)
{
	if (++p->next < p->spec->probe_count)
		return ask_insert(p, err);
	return ask_continue(p, err);
}

/*
 * gdb knows now that the place and the condition are good. The condition is tested by us, so
 * that it is us who let the guest go on: see pass(). Of several at one place one stays.
 */
static int take_inserted(struct prober *p, bool done, const json_t *results, struct err *err)
{
	struct armed *a = &p->armed[p->next];
	char number[NUMBER_BYTES];

	if (!done)
		return fail_probe(a, results, err);
	keep_number(number, results);
	if (a->first != a)
		return prober_ask(p, PROBER_BARING, err, "-break-delete %s", number);
	memcpy(a->number, number, sizeof(number));
	if (a->probe->when)
		return prober_ask(p, PROBER_BARING, err, "-break-condition %s", number);
	return after_insert(p, err);
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
	case PROBER_BARING:
		return done ? after_insert(p, err) : fail_probe(&p->armed[p->next], results, err);
	case PROBER_TESTING:
		return take_tested(p, done, results, err);
	case PROBER_PID:
		look_take_pid(p->seen, results);
		return prober_ask(p, PROBER_COMM, err, "-data-evaluate-expression \"%s->comm\"",
				  p->current);
	case PROBER_COMM:
		look_take_comm(p->seen, results);
		return prober_ask(p, PROBER_FRAMES, err, "-stack-list-frames 0 %d", MAX_FRAMES - 1);
	case PROBER_FRAMES:
		look_take_frames(p->seen, results);
		if (!p->hit->probe->args)
			return finish_look(p, err);
		return prober_ask(p, PROBER_ARGS, err, "-stack-list-arguments 2 0 %d",
				  MAX_FRAMES - 1);
	case PROBER_ARGS:
		look_take_args(p->seen, results);
		return finish_look(p, err);
	case PROBER_READING:
		return take_read(p, results, err);
	case PROBER_DISABLING:
		return ask_place(p, err);
	case PROBER_PLACING:
		return take_placed(p, done, results, err);
	case PROBER_UNPLACING:
		return arrive(p, err);
	case PROBER_ENABLING:
		return ask_continue(p, err);
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
	for (size_t i = 0; i < spec->probe_count; i++) {
		p->armed[i].probe = &spec->probes[i];
		p->armed[i].first = &p->armed[i];
		for (size_t k = i; k-- > 0;)
			if (str_eq(spec->probes[k].at, spec->probes[i].at))
				p->armed[i].first = &p->armed[k];
	}
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
	forget_past(p);
	free(p->armed);
	free(p);
}

int prober_fd(const struct prober *p)
{
	return p->gdb.out_fd;
}
