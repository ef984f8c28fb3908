// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/prober.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#include "base/file.h"
#include "base/json.h"
#include "machine/probe-look.h"
#include "machine/step-flags.h"

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
	PROBER_MASKING,
	PROBER_STEPPING,
	PROBER_UNMASKING,
	PROBER_DELETING,
	PROBER_LEAVING,
	PROBER_GONE,
};

/* A probe, and gdb's breakpoint of it. An inlined function has several places. */
struct armed {
	const struct case_probe *probe;
	char number[NUMBER_BYTES];
	struct strv places; /* addresses as gdb writes them */
	int hits;
	bool done;
};

struct prober {
	const struct machine_spec *spec;
	struct gdb gdb;
	int out_fd; /* probes.jsonl; owned */
	enum prober_state state;
	size_t next;	      /* setting, way to the current task, or probe in the making */
	const char *current;  /* expression of the task that runs; NULL: not known */
	struct armed *armed;  /* as many as probes */
	struct armed *hit;    /* the one that is tested, and then looks */
	char *place;	      /* owned: the address where the guest stands */
	json_t *stop;	      /* what gdb said of that; NULL: nothing yet */
	enum step_flags step; /* of the instruction there */
	bool masked;	      /* interrupts are off for it, and were on */
	json_t *seen;	      /* the line in the making; NULL: none */
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
 * gdb would let the processor take one step without its breakpoints. Where instructions are
 * counted an interrupt is due after each stop, since QEMU moves the clock on to the next timer
 * then, and while QEMU records that is not kept from a step: it would end in the interrupt, the
 * breakpoint be hit again after it, and so for ever. So interrupts are off for this one
 * instruction, and what it did with that flag is put right after it.
 */
#define IF_FLAG		   "0x200"
#define STACK_WORD(offset) "*(unsigned long *)($rsp + " #offset ")"

static const char mask_interrupts[] =
	"$eflags & " IF_FLAG " ? ($klab_pc = (unsigned long)$pc, "
	"$klab_sp = (unsigned long)$rsp, $eflags &= ~" IF_FLAG ", 1) : 0";

/* What the processor saved of an instruction that faulted, with or without an error code. */
#define FAULTED(pc, sp) STACK_WORD(pc) " == $klab_pc && " STACK_WORD(sp) " == $klab_sp"

static const char *const unmask_interrupts[] = {
	[STEP_KEEPS_FLAG] = FAULTED(0, 24) " ? (" STACK_WORD(16) " |= " IF_FLAG ", 1) : " FAULTED(
		8, 32) " ? (" STACK_WORD(24) " |= " IF_FLAG ", 1) : "
					     "($eflags |= " IF_FLAG ", 1)",
	[STEP_PUSHES_FLAGS] = STACK_WORD(0) " |= " IF_FLAG ", $eflags |= " IF_FLAG ", 1",
	[STEP_TRAPS] = STACK_WORD(16) " |= " IF_FLAG,
};

static int ask_expression(struct prober *p, enum prober_state state, const char *expression,
			  struct err *err)
{
	_cleanup_strbuf_ struct strbuf command = { 0 };

	strbuf_adds(&command, "-data-evaluate-expression ");
	mi_quote(&command, expression);
	return prober_ask(p, state, err, "%s", command.data);
}

static bool is_here(const struct prober *p, const struct armed *a)
{
	return !a->done && strv_has(&a->places, p->place);
}

static bool is_at_breakpoint(const struct prober *p)
{
	for (size_t i = 0; i < p->spec->probe_count; i++)
		if (is_here(p, &p->armed[i]))
			return true;
	return false;
}

static int take_read(struct prober *p, const json_t *results, struct err *err)
{
	const json_t *first = json_array_get(json_get_array(results, "asm_insns"), 0);
	const char *inst = json_get_str(first, "inst", NULL);

	if (!inst)
		return err_set(err, ERR_HOST, "gdb cannot read the instruction at %s: %s", p->place,
			       json_get_str(results, "msg", "no reason"));
	p->step = step_flags_of(inst);
	if (p->step == STEP_WAITS)
		return err_set(err, ERR_INPUT,
			       "a probe is on the instruction `%s` at %s: where instructions are "
			       "counted nobody can let the guest wait there; use another place, "
			       "or --mode free",
			       inst, p->place);
	return ask_expression(p, PROBER_MASKING, mask_interrupts, err);
}

static int cannot_step(const json_t *results, struct err *err)
{
	return err_set(err, ERR_HOST, "gdb cannot let the guest go on after a probe: %s",
		       json_get_str(results, "msg", "no reason"));
}

static int ask_step(struct prober *p, bool masked, struct err *err)
{
	p->masked = masked;
	return prober_ask(p, PROBER_STEPPING, err, "-exec-step-instruction");
}

static int take_masked(struct prober *p, bool done, const json_t *results, struct err *err)
{
	if (!done)
		return cannot_step(results, err);
	return ask_step(p, !str_eq(json_get_str(results, "value", ""), "0"), err);
}

/* From the place where it stands on. */
static int pass(struct prober *p, struct err *err)
{
	if (!is_at_breakpoint(p))
		return ask_continue(p, err);
	if (p->spec->mode == MACHINE_FREE)
		return ask_step(p, false, err);
	return prober_ask(p, PROBER_READING, err, "-data-disassemble -s $pc -e $pc+16 -- 0");
}

/* ---- which probe ---- */

static int look(struct prober *p, struct err *err)
{
	p->seen = json_object();
	look_take_stop(p->seen, p->stop);
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

	return ask_expression(p, PROBER_TESTING, expression, err);
}

static bool has_more(const struct prober *p)
{
	for (size_t i = 0; i < p->spec->probe_count; i++)
		if (!p->armed[i].done)
			return true;
	return false;
}

/* From p->hit on: the next of this place that has something to see. When each has seen its
 * limit, gdb leaves. */
static int test(struct prober *p, struct err *err)
{
	for (; p->hit < p->armed + p->spec->probe_count; p->hit++)
		if (is_here(p, p->hit))
			return p->hit->probe->when ? ask_test(p, err) : look(p, err);
	return has_more(p) ? pass(p, err) : prober_ask(p, PROBER_LEAVING, err, "-target-detach");
}

static int test_next(struct prober *p, struct err *err)
{
	p->hit++;
	return test(p, err);
}

/* A condition that cannot be told is no reason not to look, as gdb has it. */
static int take_tested(struct prober *p, bool done, const json_t *results, struct err *err)
{
	if (!done || !str_eq(json_get_str(results, "value", ""), "0"))
		return look(p, err);
	return test_next(p, err);
}

/* One that has seen its limit goes. */
static int finish_look(struct prober *p, struct err *err)
{
	if (write_seen(p, err) < 0)
		return -1;
	if (++p->hit->hits < p->hit->probe->limit)
		return test_next(p, err);
	p->hit->done = true;
	return prober_ask(p, PROBER_DELETING, err, "-break-delete %s", p->hit->number);
}

static const char *stop_place(const struct prober *p)
{
	return json_get_str(json_get_object(p->stop, "frame"), "addr", "");
}

/* At the places of which probes does it stand? gdb tells of one only. */
static int take_hit(struct prober *p, struct err *err)
{
	free(p->place);
	p->place = xstrdup(stop_place(p));
	p->hit = p->armed;
	return test(p, err);
}

static bool is_breakpoint(const json_t *stop)
{
	return str_eq(json_get_str(stop, "reason", ""), "breakpoint-hit");
}

static int after_run(struct prober *p, struct err *err)
{
	return is_breakpoint(p->stop) ? take_hit(p, err) : ask_continue(p, err);
}

/* Of an instruction that repeats itself (rep movs) a step does one round. */
static int after_step(struct prober *p, struct err *err)
{
	if (str_eq(stop_place(p), p->place))
		return pass(p, err);
	return after_run(p, err);
}

static int take_stop(struct prober *p, const json_t *stop, struct err *err)
{
	bool stepped = p->state == PROBER_STEPPING;

	/* The guest has gone: QEMU's end tells how. */
	if (str_starts(json_get_str(stop, "reason", ""), "exited")) {
		p->state = PROBER_GONE;
		return 0;
	}
	json_decref(p->stop);
	p->stop = json_deep_copy(stop);
	if (stepped && p->masked && p->step != STEP_SETS_FLAG)
		return ask_expression(p, PROBER_UNMASKING, unmask_interrupts[p->step], err);
	return stepped ? after_step(p, err) : after_run(p, err);
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

/* One address, or, where the compiler made several of it, a list of them. */
static void keep_places(struct armed *a, const json_t *bkpt)
{
	const json_t *locations = json_get_array(bkpt, "locations"), *one;
	size_t i;

	if (!locations)
		strv_add(&a->places, json_get_str(bkpt, "addr", ""));
	json_array_foreach (locations, i, one)
		strv_add(&a->places, json_get_str(one, "addr", ""));
}

/*
 * gdb knows now that the place and the condition are good. The condition is tested by us, so
 * that it is us who let the guest go on: see pass().
 */
static int take_inserted(struct prober *p, bool done, const json_t *results, struct err *err)
{
	struct armed *a = &p->armed[p->next];
	const json_t *bkpt = json_get_object(results, "bkpt");

	if (!done)
		return fail_probe(a, results, err);
	snprintf(a->number, NUMBER_BYTES, "%.15s", json_get_str(bkpt, "number", ""));
	keep_places(a, bkpt);
	if (a->probe->when)
		return prober_ask(p, PROBER_BARING, err, "-break-condition %s", a->number);
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
	case PROBER_MASKING:
		return take_masked(p, done, results, err);
	case PROBER_UNMASKING:
		return done ? after_step(p, err) : cannot_step(results, err);
	case PROBER_DELETING:
		return test_next(p, err);
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
	if (p->state == PROBER_RUNNING || p->state == PROBER_STEPPING) {
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
	json_decref(p->stop);
	for (size_t i = 0; i < p->spec->probe_count; i++)
		strv_clear(&p->armed[i].places);
	free(p->armed);
	free(p->place);
	free(p);
}

int prober_fd(const struct prober *p)
{
	return p->gdb.out_fd;
}
