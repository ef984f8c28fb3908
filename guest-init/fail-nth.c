// SPDX-License-Identifier: GPL-2.0-or-later
/* The step fail_nth: walks n until the call is over before the n-th place, and tables what came. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest-init/errno-name.h"
#include "guest-init/fail-nth.h"
#include "guest-init/faults.h"
#include "guest-init/signals.h"
#include "guest-init/tasks.h"
#include "guest-init/verbs.h"

#define SWEEP_MAX     4096 /* as in the step table */
#define TABLE_BYTES   32768
#define PROGRAM_WORDS 66

/* In memory shared with init: it outlives the sweeper, however that ends. */
struct sweep_findings {
	uint32_t tried;
	uint32_t injected;
	bool done; /* the last one was not injected */
	int errno_value;
	char why[128]; /* it could not go on; "": it could */
	struct nth_outcome outcomes[SWEEP_MAX];
};

struct sweep {
	struct guest *g;
	const struct fault *fault; /* the sweep's own account */
	const char *call;
	const char *argv[PROGRAM_WORDS]; /* a program; [0] NULL: the call is made by init's child */
	uint32_t from, until;
	struct nth_program program;
	struct sweep_findings *findings;
};

/* ---- in the sweeper, a child of init ---- */

static int call_main(void *argument)
{
	const struct sweep *sweep = argument;

	return nth_call_make(nth_call_find(sweep->call));
}

static int program_main(void *argument)
{
	const struct sweep *sweep = argument;

	task_environment(sweep->g);
	raise(SIGSTOP);
	execv(sweep->argv[0], (char *const *)sweep->argv);
	return TASK_EXIT_NO_EXEC;
}

static int sweep_main(void *argument)
{
	struct sweep *sweep = argument;
	struct sweep_findings *found = sweep->findings;

	faults_newly_fired(sweep->g, sweep->fault);
	for (uint32_t n = sweep->from; n <= sweep->until && !found->done; n++) {
		struct nth_outcome *outcome = &found->outcomes[found->tried];
		const char *why = "", *fault;

		if (nth_run(&sweep->program, n, outcome, &why)) {
			found->errno_value = errno;
			snprintf(found->why, sizeof(found->why), "n = %" PRIu32 ": %s", n, why);
			return 1;
		}
		fault = faults_newly_fired(sweep->g, sweep->fault);
		if (outcome->injected && fault)
			snprintf(outcome->fault, sizeof(outcome->fault), "%s", fault);
		found->injected += outcome->injected;
		found->done = !outcome->injected;
		found->tried++;
	}
	return found->done ? 0 : 1;
}

/* ---- what came of it ---- */

static void outcome_ending(const struct nth_outcome *o, char *text, size_t size)
{
	text[0] = '\0';
	if (WIFSIGNALED(o->status))
		snprintf(text, size, ", killed by %s", signal_name(WTERMSIG(o->status)));
	else if (WEXITSTATUS(o->status))
		snprintf(text, size, ", exit code %d", WEXITSTATUS(o->status));
}

/* "failslab ENOMEM": the attribute, how the call returned, how the program ended. */
static void outcome_text(const struct nth_outcome *o, char *text, size_t size)
{
	const char *fault = !o->injected ? "none" : o->fault[0] ? o->fault : "unknown";
	char ending[48], result[32] = "no return";

	outcome_ending(o, ending, sizeof(ending));
	if (o->returned && o->result >= 0)
		snprintf(result, sizeof(result), "ok");
	else if (o->returned)
		snprintf(result, sizeof(result), "%s", errno_name((int)-o->result));
	snprintf(text, size, "%s %s%s", fault, result, ending);
}

/* A line an outcome, "3 failslab ENOMEM"; a run of equal ones is one, "4-19 fail_page_alloc ok". */
static void outcome_table(const struct sweep_findings *found, char *table, size_t size)
{
	char text[128], next[128];
	size_t length = 0;
	uint32_t last;

	table[0] = '\0';
	for (uint32_t i = 0; i < found->tried && length + 160 < size; i = last + 1) {
		outcome_text(&found->outcomes[i], text, sizeof(text));
		for (last = i; last + 1 < found->tried; last++) {
			outcome_text(&found->outcomes[last + 1], next, sizeof(next));
			if (strcmp(text, next) != 0)
				break;
		}
		length += (size_t)snprintf(table + length, size - length, "%" PRIu32,
					   found->outcomes[i].n);
		if (last > i)
			length += (size_t)snprintf(table + length, size - length, "-%" PRIu32,
						   found->outcomes[last].n);
		length += (size_t)snprintf(table + length, size - length, " %s\n", text);
	}
}

/* How many injected calls failed with each error, and how many with none. */
static void result_counts(const struct sweep_findings *found, struct frame_writer *f)
{
	uint32_t errors[134] = { 0 }, failed = 0, survived = 0, killed = 0;

	for (uint32_t i = 0; i < found->tried; i++) {
		const struct nth_outcome *o = &found->outcomes[i];

		if (!o->injected)
			continue;
		killed += WIFSIGNALED(o->status);
		survived += o->returned && o->result >= 0;
		failed += o->returned && o->result < 0;
		if (o->returned && o->result < 0 && -o->result < (int64_t)ARRAY_SIZE(errors))
			errors[-o->result]++;
	}
	frame_int(f, "failed", failed);
	frame_int(f, "survived", survived);
	frame_int(f, "killed", killed);
	for (size_t e = 1; e < ARRAY_SIZE(errors); e++)
		if (errors[e])
			frame_int(f, errno_name((int)e), errors[e]);
}

static void sweep_result(struct task *task, struct frame_writer *f)
{
	static char table[TABLE_BYTES];
	const struct sweep_findings *found = task->context;

	outcome_table(found, table, sizeof(table));
	frame_int(f, "tried", found->tried);
	frame_int(f, "injected", found->injected);
	frame_int(f, "done", found->done);
	result_counts(found, f);
	frame_str(f, "table", table);
}

static int sweep_count(struct guest *g, struct fault *fault)
{
	const struct sweep_findings *found = fault->context;

	(void)g;
	fault->asked = found->tried;
	fault->fired = found->injected;
	return 0;
}

/* It is over with the sweep. */
static int sweep_disarm(struct guest *g, struct fault *fault)
{
	(void)g;
	(void)fault;
	return 0;
}

static const struct fault_ops sweep_ops = { sweep_count, sweep_disarm };

/* ---- the step ---- */

static int sweep_read(struct guest *g, const struct plan_step *step, struct sweep *sweep)
{
	const char *source = plan_arg(step, "source");
	size_t words = 0;

	sweep->call = step_need(g, step, "call");
	if (!sweep->call)
		return -1;
	if (!nth_call_find(sweep->call))
		return step_fail(g, 0, "no call '%s'", sweep->call);
	if (source) {
		sweep->argv[words++] = source;
		for (size_t i = 0; i < step->arg_count && words < PROGRAM_WORDS - 1; i++)
			if (strcmp(step->args[i].name, "args") == 0)
				sweep->argv[words++] = step->args[i].value;
		/* Asked for here: in the child it could only be an exit code. */
		if (access(source, X_OK))
			return step_fail(g, errno, "%s", source);
	}
	sweep->from = (uint32_t)plan_arg_int(step, "from", 1);
	sweep->until = (uint32_t)plan_arg_int(step, "until", SWEEP_MAX);
	if (sweep->until - sweep->from >= SWEEP_MAX)
		sweep->until = sweep->from + SWEEP_MAX - 1;
	sweep->program = (struct nth_program){
		.main = source ? program_main : call_main,
		.argument = sweep,
		.number = nth_call_find(sweep->call)->number,
		.at = (uint32_t)plan_arg_int(step, "at", 1),
	};
	return 0;
}

static int sweep_finish(struct guest *g, const struct plan_step *step, const struct sweep *sweep,
			struct task *task)
{
	uint64_t timeout_ms = (uint64_t)plan_arg_int(step, "timeout", 60000);
	const struct sweep_findings *found = sweep->findings;

	if (!task_wait(g, task, timeout_ms)) {
		char what[96];
		int result;

		snprintf(what, sizeof(what), "the sweep of %s", sweep->call);
		result = task_still_runs(g, step, task, what, timeout_ms);
		/* The program dies with it: PTRACE_O_EXITKILL. */
		kill(task->pid, SIGKILL);
		return result;
	}
	if (found->why[0])
		return step_fail(g, found->errno_value, "sweep of %s, %s", sweep->call, found->why);
	if (!found->done)
		return step_fail(g, 0,
				 "%s is not done after n = %" PRIu32 ": the sweep is not complete",
				 sweep->call, sweep->until);
	return 0;
}

int verb_fail_nth(struct guest *g, const struct plan_step *step)
{
	struct sweep sweep = { .g = g };
	struct task_spec spec = { .main = sweep_main, .argument = &sweep, .result = sweep_result };
	struct fault *fault;
	struct task *task;
	int result;

	spec.name = step_need(g, step, "as");
	spec.cgroup = plan_arg(step, "cgroup");
	if (!spec.name || sweep_read(g, step, &sweep))
		return -1;
	sweep.findings = mmap(NULL, sizeof(*sweep.findings), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sweep.findings == MAP_FAILED)
		return step_fail(g, errno, "memory shared with the task");
	/* Touched here first: its pages are charged to init, not to the task's group. */
	memset(sweep.findings, 0, sizeof(*sweep.findings));
	spec.context = sweep.findings;
	fault = fault_open(g, step, "fail_nth", sweep.call, &sweep_ops, sweep.findings);
	if (!fault)
		return -1;
	sweep.fault = fault;
	task = task_start(g, step, &spec);
	if (!task)
		return -1;
	fault_armed(g, fault);
	result = sweep_finish(g, step, &sweep, task);
	fault_close(g, fault);
	return result;
}
