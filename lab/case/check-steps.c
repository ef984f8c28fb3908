// SPDX-License-Identifier: GPL-2.0-or-later
#include "case/check-steps.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include "case/value.h"

#define COMM_MAX    15 /* TASK_COMM_LEN of the kernel, without the NUL */
#define SAMPLES_MAX 8  /* GUEST_MAX_SAMPLERS */
#define FAULTS_MAX  64 /* GUEST_MAX_FAULTS */

/* ---- what the checks look at ---- */

const struct yaml_node *check_written(const struct step_reader *s, const char *name)
{
	const struct step_def *def = s->step->def;

	for (size_t i = 0; i < STEP_MAX_ARGS && def->args[i].name; i++)
		if (str_eq(def->args[i].name, name) && !(def->args[i].flags & ARG_OPEN))
			return s->given[i];
	return yaml_get(s->written, name);
}

int64_t check_number(const struct step_reader *s, const char *name, int64_t otherwise)
{
	const char *text = case_step_arg(s->step, name);
	int64_t number;

	return text && str_parse_i64(text, &number) ? number : otherwise;
}

void check_tell(const struct step_reader *s, const char *name, const char *fmt, ...)
{
	const struct yaml_node *at = check_written(s, name);
	char text[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	at = at ? at : s->at;
	mistakes_add(s->r->m, at->line, at->column, "%s", text);
}

const struct case_step *check_maker(const struct case_reader *r, enum arg_type type,
				    const char *name)
{
	for (size_t i = 0; i < r->c->step_count; i++) {
		const struct case_step *step = &r->c->steps[i];

		for (size_t k = 0; k < STEP_MAX_ARGS && step->def->args[k].name; k++)
			if (step->def->args[k].type == type &&
			    str_eq(case_step_arg(step, step->def->args[k].name), name))
				return step;
	}
	return NULL;
}

/* ---- faults ---- */

static void check_fault_attr(struct step_reader *s)
{
	const char *cache = case_step_arg(s->step, "cache");

	if (cache && (!*cache || strchr(cache, '/') || *cache == '.'))
		check_tell(s, "cache", "`cache` is `%.60s`; expected a name of /sys/kernel/slab",
			   cache);
	if (check_written(s, "task") && check_number(s, "task_filter", 0))
		check_tell(s, "task_filter", "`task` and `task_filter`; expected one of them");
}

static void check_bpf_override(struct step_reader *s)
{
	const char *comm = case_step_arg(s->step, "comm");

	if (comm && (!*comm || strlen(comm) > COMM_MAX))
		check_tell(s, "comm", "`comm` is `%.60s`; expected 1 to %d bytes, as ps has it",
			   comm, COMM_MAX);
}

/* In the order of the choices of `chain`; lib/NAME-notifier-error-inject.c. */
static const struct {
	const char *chain, *actions;
} notifier_actions[] = {
	{ "memory", "MEM_GOING_ONLINE|MEM_GOING_OFFLINE" },
	{ "netdev", "NETDEV_REGISTER|NETDEV_CHANGEMTU|NETDEV_CHANGENAME|NETDEV_PRE_UP|"
		    "NETDEV_PRE_TYPE_CHANGE|NETDEV_POST_INIT|NETDEV_PRECHANGEMTU|"
		    "NETDEV_PRECHANGEUPPER|NETDEV_CHANGEUPPER" },
	{ "pm", "PM_HIBERNATION_PREPARE|PM_SUSPEND_PREPARE|PM_RESTORE_PREPARE" },
};

static void check_notifier_error(struct step_reader *s)
{
	const char *chain = case_step_arg(s->step, "chain");
	const char *action = case_step_arg(s->step, "action");

	for (size_t i = 0; action && i < ARRAY_SIZE(notifier_actions); i++) {
		_cleanup_strv_ struct strv actions = { 0 };
		_cleanup_free_ char *expected = NULL, *hint = NULL;

		strv_split(&actions, notifier_actions[i].actions, '|');
		if (!str_eq(notifier_actions[i].chain, chain) || strv_has(&actions, action))
			continue;
		expected = strv_join(&actions, ", ");
		hint = mistakes_hint(action, (const char *const *)actions.items, actions.count);
		check_tell(s, "action", "`action` is `%.60s`%s; expected one of %s", action, hint,
			   expected);
	}
}

static void check_cpu_hotplug_fail(struct step_reader *s)
{
	int64_t cpu = check_number(s, "cpu", 0);
	const char *state = case_step_arg(s->step, "state");

	if (cpu >= s->r->c->cpus)
		check_tell(s, "cpu",
			   "`cpu` is %" PRId64 ", and the machine has %d; expected at most %d", cpu,
			   s->r->c->cpus, s->r->c->cpus - 1);
	if (state && (!*state || *state == '-'))
		check_tell(s, "state",
			   "`state` is `%.60s`; expected a name such as sched:active, or a number "
			   "from 0",
			   state);
}

/* The function is that of an earlier step; what a BPF object holds is not looked at. */
static void check_disarm_function(struct step_reader *s, const char *fault)
{
	const char *function = case_step_arg(s->step, "function");
	const char *known[FAULTS_MAX];
	_cleanup_free_ char *hint = NULL;
	size_t count = 0;

	if (!function || str_eq(fault, "bpf_object"))
		return;
	for (const struct case_step *step = s->r->c->steps; step < s->step; step++) {
		const char *armed = case_step_arg(step, "function");

		if (!armed || !str_eq(step->def->fault, fault))
			continue;
		if (str_eq(armed, function))
			return;
		if (count < ARRAY_SIZE(known))
			known[count++] = armed;
	}
	hint = mistakes_hint(function, known, count);
	check_tell(s, "function", "`function` is `%.60s`%s; expected that of a `%s` step before",
		   function, hint, fault);
}

/* By an earlier step, and not disarmed as a whole since. */
static void check_disarm(struct step_reader *s)
{
	const char *fault = case_step_arg(s->step, "fault");
	const struct case_step *last = NULL;

	if (fault)
		check_disarm_function(s, fault);
	for (const struct case_step *step = s->r->c->steps; fault && step < s->step; step++) {
		bool whole = str_eq(step->def->verb, "disarm") &&
			     str_eq(case_step_arg(step, "fault"), fault) &&
			     !case_step_arg(step, "device") && !case_step_arg(step, "function");

		if (whole || str_eq(step->def->fault, fault))
			last = step;
	}
	if (last && !str_eq(last->def->fault, fault))
		check_tell(s, "fault",
			   "line %d disarms `%s` already; expected a step between that "
			   "arms it",
			   last->line, fault);
}

/* ---- tasks ---- */

static void check_rounds(struct step_reader *s)
{
	if (check_written(s, "for") && check_written(s, "rounds"))
		check_tell(s, "for", "`for` and `rounds`; expected one of them");
}

static void check_memhog(struct step_reader *s)
{
	if (check_written(s, "file") && check_written(s, "mode"))
		check_tell(s, "mode", "`file` and `mode`; expected one of them");
	check_rounds(s);
}

/* A memhog that stays: nobody else can be waited for so. */
static void check_holds(struct step_reader *s, const char *what)
{
	const char *name = case_step_arg(s->step, "task");
	const struct case_step *maker = name ? check_maker(s->r, ARG_NEW_TASK, name) : NULL;

	if (!maker)
		return;
	if (!str_eq(maker->def->verb, "memhog"))
		check_tell(s, "task", "task `%s` is of a `%s` step; expected a memhog to %s", name,
			   maker->def->verb, what);
	else if (!str_eq(case_step_arg(maker, "hold"), "1"))
		check_tell(s, "task",
			   "task `%s` ends by itself (line %d); expected `hold: true` there to %s",
			   name, maker->line, what);
}

static void check_verify(struct step_reader *s)
{
	check_holds(s, "verify");
}

static void check_wait(struct step_reader *s)
{
	if (str_eq(case_step_arg(s->step, "until"), "holding"))
		check_holds(s, "wait for");
}

static void check_coredump(struct step_reader *s)
{
	static const int dumps[] = { SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGFPE,
				     SIGSEGV, SIGBUS, SIGSYS,  SIGXCPU, SIGXFSZ };
	int64_t number = check_number(s, "signal", SIGABRT);

	for (size_t i = 0; i < ARRAY_SIZE(dumps); i++)
		if (number == dumps[i])
			return;
	check_tell(s, "signal", "signal %" PRId64 " dumps no core; expected one such as SIGABRT",
		   number);
}

/* ---- others ---- */

static void check_mount(struct step_reader *s)
{
	if (check_written(s, "source") && check_written(s, "device"))
		check_tell(s, "source", "`source` and `device`; expected one of them");
}

static void check_sample(struct step_reader *s)
{
	int count = 0;

	check_snapshot(s);
	for (const struct case_step *step = s->r->c->steps; step <= s->step; step++)
		count += str_eq(step->def->verb, "sample");
	if (count > SAMPLES_MAX)
		check_tell(s, "files",
			   "more than %d sample steps; expected fewer, with several "
			   "files each",
			   SAMPLES_MAX);
}

static void check_sysrq(struct step_reader *s)
{
	const char *keys = case_step_arg(s->step, "keys");

	if (keys && (!*keys || keys[strspn(keys, "abcdefghijklmnopqrstuvwxyz0123456789")]))
		check_tell(s, "keys", "`keys` is `%.60s`; expected letters and digits", keys);
}

/* ---- the table ---- */

static const struct {
	const char *verb;
	void (*check)(struct step_reader *s);
} checks[] = {
	{ "mount", check_mount },
	{ "mkfs", check_mkfs },
	{ "cgroup", check_cgroup },
	{ "fail_make_request", check_fault_attr },
	{ "fail_io_timeout", check_fault_attr },
	{ "failslab", check_fault_attr },
	{ "fail_function", check_fault_attr },
	{ "fail_page_alloc", check_fault_attr },
	{ "fail_usercopy", check_fault_attr },
	{ "fail_futex", check_fault_attr },
	{ "fail_sunrpc", check_fault_attr },
	{ "bpf_override", check_bpf_override },
	{ "notifier_error", check_notifier_error },
	{ "cpu_hotplug_fail", check_cpu_hotplug_fail },
	{ "disarm", check_disarm },
	{ "scsi_debug", check_scsi_debug },
	{ "virtio_disk", check_virtio_disk },
	{ "null_blk", check_null_blk },
	{ "loop", check_loop },
	{ "partition", check_partition },
	{ "dm", check_dm },
	{ "dm_table", check_dm },
	{ "dm_message", check_dm_mapped },
	{ "dm_dust", check_dm_dust },
	{ "dm_flakey", check_dm_flakey },
	{ "dm_error", check_dm_error },
	{ "memhog", check_memhog },
	{ "verify", check_verify },
	{ "io", check_io },
	{ "coredump", check_coredump },
	{ "wait", check_wait },
	{ "snapshot", check_snapshot },
	{ "sample", check_sample },
	{ "sysrq", check_sysrq },
};

void check_step(struct step_reader *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (str_eq(checks[i].verb, s->step->def->verb))
			checks[i].check(s);
}
