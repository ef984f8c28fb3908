// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every argument of every step of the table: a good value is taken, and each value that is wrong
 * for its type is told with its line, before anything is built. A new step needs nothing here but,
 * where its arguments want more than their types say, a row in `specials`.
 */
#include "tests/scratch.h"

#include "base/child.h"
#include "base/file.h"
#include "case/case.h"
#include "case/step-table.h"

/* What stands before and behind the step that is tried; `late` is made too late for it. */
#define BEFORE                                                                                     \
	"name: t\nquestion: q\nmachine: {cpus: 2}\nsteps:\n"                                       \
	"  - loop: {size: 16M, as: disk}\n"                                                        \
	"  - dm: {as: mapped, table: [\"0 8 linear /dev/{disk} 0\"]}\n"                            \
	"  - cgroup: {name: group}\n"                                                              \
	"  - memhog: {size: 1M, as: hog, hold: true}\n"                                            \
	"  - fail_make_request: {device: disk}\n  - fail_function: {function: f}\n"
#define BEHIND                                                                                     \
	"  - loop: {size: 1M, as: late}\n  - cgroup: {name: late}\n"                               \
	"  - memhog: {size: 1M, as: late, hold: true}\n"
#define STEP_LINE "t.yaml:11:"

/* Where a good value is not just any of its type. `with`: what else must be written then. */
static const struct special {
	const char *verb, *arg, *value, *with;
	const char *wrong; /* further values that are wrong, with | between */
} specials[] = {
	{ "mount", "type", "tmpfs", NULL, "'a b'|''|a/b" },
	{ "mount", "source", NULL, NULL, NULL },
	{ "mkfs", "size", "16M", NULL, "17M" },
	{ "cgroup", "*", "memory.max: 4M", NULL,
	  "memory.max: 4q|memory.maks: 4M|a/b: 1|pids.max: x|memory.oom.group: 2" },
	{ "failslab", "cache", NULL, NULL, "a/b|''" },
	{ "bpf_override", "comm", NULL, NULL, "''|longer_than_fifteen" },
	{ "bpf_override", "retval", "-EIO", NULL, NULL },
	{ "bpf_object", "object", "o.bpf.o", NULL, "t.yaml|t.c" },
	{ "bpf_object", "program", "one", NULL, "onne" },
	{ "fail_nth", "source", "t.c", NULL, NULL },
	{ "notifier_error", "chain", "netdev", NULL, NULL },
	{ "notifier_error", "action", "NETDEV_CHANGEMTU", NULL,
	  "NETDEV_CHANGEMTUU|PM_SUSPEND_PREPARE" },
	{ "notifier_error", "error", "-EINVAL", NULL, NULL },
	{ "cpu_hotplug_fail", "cpu", "1", NULL, "2" },
	{ "cpu_hotplug_fail", "state", "online", NULL, "''|-1" },
	{ "disarm", "fault", "fail_make_request", NULL, NULL },
	{ "disarm", "function", "f", ", fault: fail_function", "g" },
	{ "scsi_debug", "*", "sector_size: 512", NULL,
	  "sector_size: 513|sektor_size: 512|dif: 4|guard: x|zbc: hosted|inq_vendor: '123456789'" },
	{ "scsi_debug", "every_nth", "1", ", opts: [timeout]", NULL },
	{ "scsi_debug_set", "every_nth", "1", ", opts: [timeout]", NULL },
	{ "scsi_debug", "opts", "[medium_err]", NULL, NULL },
	{ "null_blk", "blocksize", "512", NULL, "1536" },
	{ "null_blk", "completion_nsec", "1", ", irqmode: timer", NULL },
	{ "null_blk", "memory_backed", "false", NULL, NULL },
	{ "null_blk", "bad", "[{from: 0, length: 512}]", NULL, "[{from: 1024M}]" },
	{ "virtio_disk", "errors", "[{on: read}]", NULL, "[{sector: 99999999}]" },
	{ "zram", "algorithm", "lzo", NULL, "'a b'|''" },
	{ "loop", "size", "1M", NULL, NULL },
	{ "loop", "as", NULL, ", size: 1M", NULL },
	{ "loop", "file", "/f", NULL, NULL },
	{ "loop", "direct_io", NULL, ", size: 1M", NULL },
	{ "partition", "from", "1M", NULL, "16M" },
	{ "partition", "length", "1M", NULL, "16M" },
	{ "dm", "table", "[\"0 8 zero\"]", NULL,
	  "[zero]|[\"8 8 zero\"]|[\"0 8 zero\", \"9 8 zero\"]" },
	{ "dm_table", "table", "[\"0 8 zero\"]", NULL, "[zero]" },
	{ "dm_table", "device", "mapped", NULL, "disk" },
	{ "dm_message", "device", "mapped", NULL, "disk" },
	{ "dm_dust", "block_size", "512", NULL, "1536" },
	{ "dm_dust", "bad", "[0, 2..4]", NULL, "[99999999]|[0..99999999]|[4..2]|[1..]|[..1]" },
	{ "dm_flakey", "down", "2s", NULL, "1500ms" },
	{ "dm_error", "from", "1M", NULL, "16M" },
	{ "dm_error", "length", "1M", NULL, "17M" },
	{ "memhog", "mode", "shared", NULL, NULL },
	{ "io", "verify", "true", ", rw: read", NULL },
	{ "io", "drop", "true", ", rw: read", NULL },
	{ "io", "block", "4k", NULL, "16M" },
	{ "io", "size", "1M", NULL, NULL },
	{ "coredump", "signal", "SIGABRT", NULL, "SIGKILL" },
	{ "run", "source", "t.c", NULL, "t.yaml" },
	{ "sysrq", "keys", "h", NULL, "''|'h h'" },
	{ "verify", "task", "hog", NULL, NULL },
};

/* By type; "MIN" and the like are made of the row's limits. */
static const char *const good_values[] = {
	[ARG_STRING] = "x",
	[ARG_INT] = "1",
	[ARG_SIZE] = "1M",
	[ARG_DURATION] = "1s",
	[ARG_PERCENT] = "50",
	[ARG_PPM] = "0.1%",
	[ARG_BOOL] = "true",
	[ARG_DEVICE] = "disk",
	[ARG_TASK] = "hog",
	[ARG_CGROUP] = "group",
	[ARG_NEW_DEVICE] = "new",
	[ARG_NEW_TASK] = "new",
	[ARG_NEW_CGROUP] = "new",
	[ARG_PATHS] = "[/f]",
	[ARG_SCRIPT] = "true",
	[ARG_SOURCE] = "t.c",
	[ARG_OBJECT] = "o.bpf.o",
	[ARG_PROGRAM] = "one",
	[ARG_FUNCTION] = "f",
	[ARG_WORDS] = "[x]",
	[ARG_SIGNAL] = "SIGTERM",
	[ARG_INTERFACE] = "lo",
	[ARG_ADDRESS] = "127.0.0.1",
	[ARG_SUBNET] = "10.0.0.1/24",
	[ARG_ERRNO] = "EIO",
	[ARG_RETVAL] = "-EIO",
	[ARG_PATH] = "/f",
	[ARG_NUMBERS] = "[1]",
	[ARG_TEXTS] = "[x]",
	[ARG_RULES] = "[]",
	[ARG_FAULT] = "fail_make_request",
};

/* With | between. Of all: what is empty, and what is a map. */
static const char *const wrong_values[] = {
	[ARG_STRING] = "[x]",
	[ARG_INT] = "x|1.5|[1]|10s|99999999999999999999|''|true",
	[ARG_SIZE] = "x|-1|4q|10s|[1]|1.5M|''",
	[ARG_DURATION] = "x|5|-1s|169h|[1s]|4M|''",
	[ARG_PERCENT] = "-1|101|50%|x|[1]",
	[ARG_PPM] = "1|101%|-1%|x%|0.00001%|[1%]",
	[ARG_BOOL] = "maybe|2|[true]|''",
	[ARG_DEVICE] = "no-such|hog|group|late|[disk]|a b|/dev/sda",
	[ARG_TASK] = "no-such|disk|group|late|[hog]|a b",
	[ARG_CGROUP] = "no-such|disk|hog|late|[group]|/group",
	[ARG_NEW_DEVICE] = "disk|a b|-x|[new]|a/b|a234567890123456789012345678901x",
	[ARG_NEW_TASK] = "hog|a b|-x|[new]|a/b|a234567890123456789012345678901x",
	[ARG_NEW_CGROUP] = "group|a b|-x|[new]|a/b|a234567890123456789012345678901x",
	[ARG_PATHS] = "f|[]|[f]|[cgroup:no-such/f]|[dm:no-such/f]|[cgroup:group]|['/dev/{late}']",
	[ARG_SCRIPT] = "[x]|''",
	[ARG_SOURCE] = "no-such.c|t|[t.c]|../t.c/|''",
	[ARG_OBJECT] = "no-such.o|[o.bpf.o]|''",
	[ARG_PROGRAM] = "no-such|[one]",
	[ARG_FUNCTION] = "a b|f+0x1|[f]|''",
	[ARG_WORDS] = "[[x]]|[{a: b}]",
	[ARG_SIGNAL] = "SIGNONE|0|65|-9|[9]|''",
	[ARG_FAULT] = "no-such|failslab|[failslab]",
	[ARG_CHOICE] = "no-such|[x]|''",
	[ARG_INTERFACE] = "a/b|sixteen_letters_|a b|[lo]|''",
	[ARG_ADDRESS] = "1.2.3|1.2.3.256|1.2.3.4/24|x|[1.2.3.4]",
	[ARG_SUBNET] = "10.0.0.1|10.0.0.1/33|10.0.0.1/0|x/24|[10.0.0.1/24]",
	[ARG_ERRNO] = "ENONE|0|-5|5000|[5]|''",
	[ARG_RETVAL] = "EIO|-ENONE|x|[5]|''",
	[ARG_PATH] = "f|[/f]|/dev/{no-such}|/dev/{late}|''",
	[ARG_FLAGS] = "[no-such]|no-such|-1|[[x]]",
	[ARG_NUMBERS] = "x|[x]|[]|[-1]|[1.5]|[[1]]",
	[ARG_TEXTS] = "[]|[[x]]|[{a: b}]|[\"/dev/{no-such}\"]",
	[ARG_RULES] = "x|[x]|[{no-such: 1}]|[]|[{}]",
};

static const struct special *find_special(const char *verb, const char *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(specials); i++)
		if (str_eq(specials[i].verb, verb) && str_eq(specials[i].arg, arg))
			return &specials[i];
	return NULL;
}

/* A limit as the type is written. Yours. */
static char *limit_text(const struct arg_def *arg, long long value)
{
	if (arg->type == ARG_DURATION)
		return xasprintf("%lldms", value);
	return xasprintf("%lld", value);
}

static char *good_value(const struct step_def *def, const struct arg_def *arg)
{
	const struct special *special = def ? find_special(def->verb, arg->name) : NULL;
	const char *any = good_values[arg->type];

	if (special && special->value)
		return xstrdup(special->value);
	if (arg->choices && arg->type == ARG_FLAGS)
		return xasprintf("[%.*s]", (int)strcspn(arg->choices, "|"), arg->choices);
	if (arg->choices)
		return xstrndup(arg->choices, strcspn(arg->choices, "|"));
	if ((arg->type == ARG_INT || arg->type == ARG_DURATION) && (arg->min || arg->max))
		return limit_text(arg, arg->max);
	if (arg->type == ARG_SIZE && arg->max && arg->max < 1 << 20)
		return limit_text(arg, arg->max);
	return xstrdup(any);
}

/* ---- a case with the step ---- */

struct trial {
	void **state;
	const struct step_def *def;
	const char *without; /* an argument that is not written; NULL: none */
	struct strbuf failures;
	size_t tried;
};

static bool wants(const struct trial *t, const struct arg_def *arg, const struct arg_def *tried)
{
	const struct step_def *def = t->def;
	const struct arg_def *by = tried;
	bool any_of = false;

	if (str_eq(arg->name, t->without))
		return false;
	if (arg->flags & ARG_REQUIRED)
		return true;
	/* What it needs, and what that needs. */
	for (int depth = 0; by && by->needs && depth < 3; depth++) {
		const struct arg_def *next = NULL;

		for (size_t i = 0; i < STEP_MAX_ARGS && def->args[i].name; i++)
			if (str_eq(def->args[i].name, by->needs))
				next = &def->args[i];
		if (next == arg)
			return true;
		any_of |= next && (next->flags & ARG_ONE_OF);
		by = next;
	}
	/* The first of those of which one must be there. */
	if (!(arg->flags & ARG_ONE_OF) || (tried->flags & ARG_ONE_OF) || any_of)
		return false;
	for (const struct arg_def *first = def->args; first < arg; first++)
		if ((first->flags & ARG_ONE_OF) && !str_eq(first->name, t->without))
			return false;
	return true;
}

/* The step with all that it must have, the tried argument with this value. Yours. */
static char *write_step(const struct trial *t, const struct arg_def *tried, const char *value)
{
	const struct step_def *def = t->def;
	const struct special *special = find_special(def->verb, tried->name);
	const char *with = special && special->with ? special->with : "";
	_cleanup_strbuf_ struct strbuf sb = { 0 };

	strbuf_addf(&sb, "  - %s: {", def->verb);
	for (size_t i = 0; i < STEP_MAX_ARGS && def->args[i].name; i++) {
		const struct arg_def *arg = &def->args[i];
		_cleanup_free_ char *good = good_value(def, arg);
		_cleanup_free_ char *key = xasprintf(" %s:", arg->name);

		if (arg == tried || strstr(with, key) || !wants(t, arg, tried))
			continue;
		strbuf_addf(&sb, "%s: %s, ", arg->name, good);
	}
	if (str_eq(tried->name, "*"))
		strbuf_addf(&sb, "%s%s}\n", value, with);
	else
		strbuf_addf(&sb, "%s: %s%s}\n", tried->name, value, with);
	return strbuf_take(&sb);
}

/* Reads a case with the step; what is told, yours: "" when it is good. */
static char *read_step(struct trial *t, const char *step, bool *good)
{
	_cleanup_free_ char *text = xasprintf(BEFORE "%s" BEHIND, step);
	_cleanup_free_ char *path = scratch_path(t->state, "t.yaml");
	_cleanup_strv_ struct strv told = { 0 };
	struct err err = ERR_INIT;
	struct case_file *c = case_read_bytes(path, text, strlen(text), &told, &err);

	*good = c != NULL;
	case_free(c);
	t->tried++;
	return strv_join(&told, "\n");
}

static void expect_good(struct trial *t, const struct arg_def *arg)
{
	_cleanup_free_ char *value = good_value(t->def, arg);
	_cleanup_free_ char *step = write_step(t, arg, value);
	bool good;
	_cleanup_free_ char *told = read_step(t, step, &good);

	if (!good)
		strbuf_addf(&t->failures, "refused: %s\t%s\n", step, told);
}

static void expect_wrong(struct trial *t, const struct arg_def *arg, const char *value)
{
	_cleanup_free_ char *step = write_step(t, arg, value);
	bool good;
	_cleanup_free_ char *told = read_step(t, step, &good);

	if (good)
		strbuf_addf(&t->failures, "taken: %s", step);
	else if (!strstr(told, STEP_LINE) || !strstr(told, "expected"))
		strbuf_addf(&t->failures, "told otherwise: %s\t%s\n", step, told);
}

static void expect_wrong_each(struct trial *t, const struct arg_def *arg, const char *values,
			      const char *format)
{
	_cleanup_strv_ struct strv each = { 0 };

	strv_split(&each, values ? values : "", '|');
	for (size_t i = 0; i < each.count && values; i++) {
		_cleanup_strbuf_ struct strbuf value = { 0 };
		const char *at = strchr(format, '@');

		strbuf_addf(&value, "%.*s%s%s", (int)(at - format), format, each.items[i], at + 1);
		expect_wrong(t, arg, value.data);
	}
}

/* Outside the row's limits, in an argument or (`format`) in the field of a rule. */
static void expect_limits(struct trial *t, const struct arg_def *outer, const struct arg_def *arg,
			  const char *format)
{
	_cleanup_free_ char *below = limit_text(arg, arg->min - 1);
	_cleanup_free_ char *above = limit_text(arg, arg->max + 1);
	_cleanup_free_ char *uneven = limit_text(arg, arg->min + arg->multiple_of + 1);

	if (arg->type != ARG_INT && arg->type != ARG_SIZE && arg->type != ARG_DURATION &&
	    arg->type != ARG_NUMBERS)
		return;
	if (arg->type == ARG_NUMBERS)
		format = "[@]";
	if (arg->min || (arg->max && arg->type != ARG_DURATION))
		expect_wrong_each(t, outer, below, format);
	if (arg->max)
		expect_wrong_each(t, outer, above, format);
	if (arg->multiple_of > 1)
		expect_wrong_each(t, outer, uneven, format);
}

/* Each field of a rule, with the required ones beside it. */
static void expect_fields(struct trial *t, const struct arg_def *arg)
{
	for (const struct arg_def *field = arg->fields; field && field->name; field++) {
		_cleanup_strbuf_ struct strbuf format = { 0 };

		strbuf_adds(&format, "[{");
		for (const struct arg_def *other = arg->fields; other->name; other++) {
			_cleanup_free_ char *good = good_value(NULL, other);

			if (other != field && (other->flags & ARG_REQUIRED))
				strbuf_addf(&format, "%s: %s, ", other->name, good);
		}
		strbuf_addf(&format, "%s: @}]", field->name);
		expect_wrong_each(t, arg, wrong_values[field->type], format.data);
		expect_limits(t, arg, field, format.data);
	}
}

static void try_arg(struct trial *t, const struct arg_def *arg)
{
	const struct special *special = find_special(t->def->verb, arg->name);
	_cleanup_free_ char *long_text = xmalloc(5001);

	expect_good(t, arg);
	if (special)
		expect_wrong_each(t, arg, special->wrong, "@");
	/* What an open row takes is what its specials say. */
	if (str_eq(arg->name, "*"))
		return;
	expect_wrong_each(t, arg, wrong_values[arg->type], "@");
	expect_limits(t, arg, arg, "@");
	expect_fields(t, arg);
	expect_wrong(t, arg, "{a: {b: c}}");
	expect_wrong(t, arg, "~");
	memset(long_text, 'x', 5000);
	long_text[5000] = '\0';
	if (arg->type != ARG_SCRIPT)
		expect_wrong(t, arg, long_text);
}

/* A step with required arguments alone, and this one without what it needs. */
static void try_without_need(struct trial *t, const struct arg_def *arg)
{
	struct arg_def alone = *arg;
	_cleanup_free_ char *value = good_value(t->def, arg);

	if (!arg->needs)
		return;
	alone.needs = NULL;
	t->without = arg->needs;
	expect_wrong(t, &alone, value);
	t->without = NULL;
}

/* A second step of the verb whose argument all of them must share. */
static void try_other_value(struct trial *t, const struct arg_def *arg)
{
	const char *other = arg->type == ARG_SIZE ? "2M" : "2";
	_cleanup_free_ char *good = good_value(t->def, arg);
	_cleanup_free_ char *first = NULL, *second = NULL, *both = NULL;
	bool taken;
	char *as;

	if (!(arg->flags & ARG_SAME))
		return;
	first = write_step(t, arg, good);
	second = write_step(t, arg, other);
	/* The name that both would make is another mistake. */
	as = strstr(second, "as: new");
	if (as)
		memcpy(as, "as: two", strlen("as: two"));
	both = xasprintf("%s%s", first, second);
	free(read_step(t, both, &taken));
	if (taken)
		strbuf_addf(&t->failures, "taken: %s", both);
}

static void try_twice(struct trial *t)
{
	_cleanup_free_ char *both = xasprintf("  - %s\n  - %s\n", t->def->verb, t->def->verb);
	bool taken;

	if (!t->def->once)
		return;
	free(read_step(t, both, &taken));
	if (taken)
		strbuf_addf(&t->failures, "taken: %s", both);
}

/* What is no argument at all, one twice, one that must be there. */
static void try_step(struct trial *t)
{
	const struct arg_def *first = &t->def->args[0];

	for (size_t i = 0; i < STEP_MAX_ARGS && t->def->args[i].name; i++) {
		try_arg(t, &t->def->args[i]);
		try_without_need(t, &t->def->args[i]);
		try_other_value(t, &t->def->args[i]);
	}
	try_twice(t);
	for (size_t i = 0; i < STEP_MAX_ARGS && t->def->args[i].name; i++) {
		_cleanup_free_ char *one = xasprintf("  - %s: {}\n", t->def->verb);
		bool good;
		_cleanup_free_ char *told =
			t->def->args[i].flags & ARG_REQUIRED ? read_step(t, one, &good) : NULL;

		if (told && (good || !strstr(told, t->def->args[i].name)))
			strbuf_addf(&t->failures, "not missed: %s of %s\n", t->def->args[i].name,
				    t->def->verb);
	}
	if (first->name) {
		static const struct arg_def none = { .name = "no-such-argument" };

		expect_wrong(t, &none, "1");
	}
}

static void make_files(void **state)
{
	static const char object[] = "__attribute__((section(\"kprobe/f\"), used)) "
				     "int one(void *c) { return 0; }\n";
	const char *const argv[] = { "clang", "-target", "bpf",	    "-O2", "-c",
				     "x.c",   "-o",	 "o.bpf.o", NULL };
	struct child_spec spec = { .argv = argv, .cwd = *state };
	struct err err = ERR_INIT;

	scratch_write(state, "x.c", object);
	scratch_write(state, "t.c", "int main(void) { return 0; }\n");
	scratch_write(state, "t.yaml", "x\n");
	if (child_run_ok(&spec, 60000, 1 << 20, NULL, &err) < 0)
		fail_msg("%s", err.msg);
}

static void test_steps_refuse_every_wrong_argument(void **state)
{
	struct trial t = { .state = state };

	make_files(state);
	for (size_t i = 0; i < ARRAY_SIZE(step_table); i++) {
		t.def = &step_table[i];
		try_step(&t);
	}
	if (t.failures.length) {
		fprintf(stderr, "%s", t.failures.data);
		strbuf_clear(&t.failures);
		fail_msg("of %zu cases these were judged wrongly", t.tried);
	}
	assert_true(t.tried > 2000);
}

/* A row of specials for what is no argument would hide that one is not tried. */
static void test_steps_specials_are_of_arguments(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(specials); i++) {
		bool found = false;

		for (size_t k = 0; k < ARRAY_SIZE(step_table); k++)
			for (size_t n = 0; n < STEP_MAX_ARGS && step_table[k].args[n].name; n++)
				found |= str_eq(specials[i].verb, step_table[k].verb) &&
					 str_eq(specials[i].arg, step_table[k].args[n].name);
		if (!found)
			fail_msg("%s has no %s", specials[i].verb, specials[i].arg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_steps_refuse_every_wrong_argument),
		cmocka_unit_test(test_steps_specials_are_of_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
