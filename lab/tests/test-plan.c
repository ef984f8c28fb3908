/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan: the guest's text, plan.json there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>

#include "base/json.h"
#include "plan/chance.h"
#include "plan/plan.h"

static const char *const small_case =
	"name: small\n"
	"question: q\n"
	"kernel: {fragments: [base, fault], append: [quiet]}\n"
	"machine: {memory: 64M, cpus: 2}\n"
	"steps:\n"
	"  - scsi_debug: {size: 64M, as: disk}\n"
	"  - cgroup: {name: t, memory.max: 40M}\n"
	"  - write: {path: /tmp/a b, value: \"1%\\n\\t\u00e9\"}\n"
	"  - memhog: {size: 8M, as: hog, cgroup: t}\n"
	"  - sh: |\n"
	"      exit 0\n"
	"  - snapshot: [/proc/swaps, cgroup:t/memory.stat]\n"
	"  - fail_make_request: {device: disk, times: 3}\n"
	"expect:\n"
	"  - {task: hog, killed_by: SIGKILL}\n"
	"  - {task: hog, exits: 0, or_exits: 5}\n"
	"  - {report: oom-kill, title: 'OOM.*', task: memhog, cgroup: /t}\n"
	"  - {no_report: any}\n"
	"  - {injected: fail_make_request, at_least: 1, at_most: 9}\n"
	"  - {trace: [submit_bio_noacct, __swap_writepage]}\n"
	"  - {snapshot: /proc/swaps, label: 5, field: a, equals: b c}\n"
	"  - {result: hog, field: pages_wrong, equals: 0}\n";

static struct case_file *read_text(const char *text)
{
	struct err err = ERR_INIT;
	struct case_file *c = case_read_bytes("t.yaml", text, strlen(text), NULL, &err);

	if (!c)
		fail_msg("%s", err.msg);
	return c;
}

static void test_plan_format_guest_whole_text(void **state)
{
	struct case_file *c = read_text(small_case);
	struct plan *p = plan_new(c);
	_cleanup_free_ char *text = NULL, *expected = NULL;

	p->seed = 7;
	strv_add(&p->facts, "readable /sys/block/{disk}/queue/wbt_lat_usec");
	strv_add(&p->facts, "equals  /proc/x a b ");
	plan_set_nonce(p, "key");
	text = plan_format_guest(p);
	expected = xasprintf(
		"klab-plan 1\nnonce %s\nseed 7\n"
		"fact equals /sys/devices/system/cpu/online 0-1\n"
		"fact readable /sys/block/{disk}/queue/wbt_lat_usec\n"
		"fact equals /proc/x a%%20b%%20\n"
		"step 0 6 scsi_debug\narg size 67108864\narg as disk\narg delay 0\n"
		"step 1 7 cgroup\narg name t\narg memory.max 40M\n"
		"step 2 8 write\narg path /tmp/a%%20b\n"
		"arg value 1%%25%%0A%%09%%C3%%A9\narg append 0\n"
		"step 3 9 memhog\narg size 8388608\narg as hog\narg cgroup t\n"
		"arg mode private\narg rounds 1\narg reread 1\narg hold 0\narg code_pages 1\n"
		"step 4 10 sh\narg script /klab/sh/4.sh\narg timeout 60000\n"
		"step 5 12 snapshot\narg files /proc/swaps\n"
		"arg files cgroup:t/memory.stat\narg label 5\narg optional 0\n"
		"step 6 13 fail_make_request\narg device disk\n"
		"arg probability 100\narg interval 1\narg times 3\narg space 0\n"
		"arg verbose 1\narg task_filter 0\n"
		"end\n",
		p->nonce);
	assert_string_equal(text, expected);
	plan_free(p);
	case_free(c);
}

/* A guest with fewer processors than asked is not the case's machine: its init has to look. */
static void test_plan_new_has_processors_looked_at(void **state)
{
	struct case_file *one = read_text("name: x\nquestion: q\nsteps: [mkdir: /a]\n");
	struct case_file *four = read_text("name: x\nquestion: q\nmachine: {cpus: 4}\n"
					   "steps: [mkdir: /a]\n");
	struct plan *p = plan_new(one), *q = plan_new(four);
	_cleanup_free_ char *text = plan_format_guest(q);

	assert_int_equal(p->facts.count, 0);
	assert_non_null(strstr(text, "\nfact equals /sys/devices/system/cpu/online 0-3\n"));
	plan_free(p);
	plan_free(q);
	case_free(one);
	case_free(four);
}

static void test_plan_guest_paths(void **state)
{
	_cleanup_free_ char *source = plan_guest_source_path(3, "sub/repro.c");
	_cleanup_free_ char *script = plan_guest_script_path(12);

	assert_string_equal(source, "/klab/bin/3-repro");
	assert_string_equal(script, "/klab/sh/12.sh");
}

static void test_plan_set_nonce_repeats_with_seed_case_and_kernel(void **state)
{
	struct case_file *c = read_text(small_case);
	struct case_file *other = read_text("name: x\nquestion: q\nsteps: [mkdir: /a]\n");
	struct plan *p = plan_new(c), *q = plan_new(c), *r = plan_new(other);

	plan_set_nonce(p, "key");
	plan_set_nonce(q, "key");
	plan_set_nonce(r, "key");
	assert_int_equal(strlen(p->nonce), 16);
	assert_int_equal(strspn(p->nonce, "0123456789abcdef"), 16);
	assert_string_equal(p->nonce, q->nonce);
	assert_string_not_equal(p->nonce, r->nonce);
	plan_set_nonce(q, "other key");
	assert_string_not_equal(p->nonce, q->nonce);
	q->seed = 2;
	plan_set_nonce(q, "key");
	assert_string_not_equal(p->nonce, q->nonce);
	plan_free(p);
	plan_free(q);
	plan_free(r);
	case_free(c);
	case_free(other);
}

/* ---- checkpoints ---- */

#define CHECKPOINT_HEAD "name: x\nquestion: q\nsteps:\n  - scsi_debug: {size: 8M, as: disk}\n"
#define CHECKPOINT_CASE CHECKPOINT_HEAD "  - checkpoint\n"

static char *boot_text(const char *text, char nonce[17])
{
	struct case_file *c = read_text(text);
	struct plan *p = plan_new(c);
	char *out;

	strv_add(&p->facts, "exists /x");
	p->to_checkpoint = true;
	plan_set_boot_nonce(p, "key");
	memcpy(nonce, p->nonce, 17);
	out = plan_format_guest(p);
	plan_free(p);
	case_free(c);
	return out;
}

static void test_plan_to_a_checkpoint_is_of_what_stands_before(void **state)
{
	char a[17], b[17], c[17];
	_cleanup_free_ char *one = boot_text(CHECKPOINT_CASE "  - mkdir: /a\n", a);
	_cleanup_free_ char *other = boot_text(CHECKPOINT_CASE "  - sleep: 1s\n", b);
	_cleanup_free_ char *third = boot_text(
		"name: x\nquestion: q\nsteps:\n  - mkdir: /a\n  - checkpoint\n  - sleep: 1s\n", c);

	assert_string_equal(one, other);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	assert_string_not_equal(one, third);
	assert_non_null(strstr(one, "\nseed 1\nmailbox\nfact exists /x\nstep 0 4 scsi_debug\n"));
	assert_true(str_ends(one, "\nstep 1 5 checkpoint\nend\n"));
}

/* They are looked at after the last device: a guest that has not all of them must not look. */
static void test_plan_to_a_checkpoint_before_the_last_device_has_no_facts(void **state)
{
	char nonce[17];
	_cleanup_free_ char *text =
		boot_text(CHECKPOINT_CASE "  - scsi_debug: {size: 8M, as: other}\n", nonce);

	assert_null(strstr(text, "fact"));
}

static void assert_no_snapshot(const char *text, enum plan_mode mode, const char *what)
{
	struct case_file *c = read_text(text);
	struct err err = ERR_INIT;

	assert_int_equal(plan_check_snapshot(c, mode, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	if (!strstr(err.msg, what))
		fail_msg("\"%s\" does not say \"%s\"", err.msg, what);
	case_free(c);
}

static void test_plan_check_snapshot(void **state)
{
	struct case_file *c = read_text(CHECKPOINT_CASE);
	struct err err = ERR_INIT;

	assert_int_equal(plan_check_snapshot(c, PLAN_MODE_FREE, &err), 0);
	assert_int_equal(plan_check_snapshot(c, PLAN_MODE_DETERMINISTIC, &err), 0);
	case_free(c);
	assert_no_snapshot(CHECKPOINT_CASE, PLAN_MODE_RECORD, "--mode free or deterministic");
	assert_no_snapshot(CHECKPOINT_HEAD, PLAN_MODE_FREE,
			   "t.yaml: --from-snapshot: the case has no step `checkpoint`");
	assert_no_snapshot(CHECKPOINT_CASE "probes: [{at: panic}]\n", PLAN_MODE_FREE,
			   "t.yaml:6: --from-snapshot: probes");
	assert_no_snapshot("name: x\nquestion: q\nsteps:\n"
			   "  - virtio_disk: {size: 8M, as: disk, errors: [{on: read}]}\n"
			   "  - checkpoint\n",
			   PLAN_MODE_FREE,
			   "t.yaml:4: --from-snapshot: `virtio_disk` with `errors`");
}

static void test_plan_json_of_a_run_from_a_snapshot(void **state)
{
	static const struct plan_snapshot snapshot = { "k", "00ff00ff00ff00ff", "abc", 1, 1900, 10,
						       20 };
	struct case_file *c = read_text(CHECKPOINT_CASE);
	struct plan *p = plan_new(c);
	_cleanup_json_ json_t *without = plan_to_json(p);
	_cleanup_json_ json_t *with = NULL;
	const json_t *found;

	p->snapshot = &snapshot;
	with = plan_to_json(p);
	assert_null(json_object_get(without, "snapshot"));
	found = json_get_object(with, "snapshot");
	assert_string_equal(json_get_str(found, "key", ""), "k");
	assert_string_equal(json_get_str(found, "nonce", ""), "00ff00ff00ff00ff");
	assert_int_equal(json_get_int(found, "frames_bytes", 0), 20);
	plan_free(p);
	case_free(c);
}

static void assert_same_text(const char *a, const char *b)
{
	if (!a || !b)
		assert_ptr_equal(a, b);
	else
		assert_string_equal(a, b);
}

static void assert_same_expect(const struct case_expect *a, const struct case_expect *b)
{
	size_t i;

	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->line, b->line);
	assert_same_text(a->text, b->text);
	assert_same_text(a->subject, b->subject);
	assert_same_text(a->title, b->title);
	assert_same_text(a->task, b->task);
	assert_same_text(a->cgroup, b->cgroup);
	assert_int_equal(a->killed_by, b->killed_by);
	assert_int_equal(a->has_exit, b->has_exit);
	assert_int_equal(a->exit_code, b->exit_code);
	assert_true(a->at_least == b->at_least);
	assert_true(a->at_most == b->at_most);
	assert_int_equal(a->functions.count, b->functions.count);
	for (i = 0; i < a->functions.count; i++)
		assert_string_equal(a->functions.items[i], b->functions.items[i]);
	assert_same_text(a->field, b->field);
	assert_same_text(a->label, b->label);
	assert_same_text(a->equals, b->equals);
}

static void test_plan_json_round_trip_of_expectations(void **state)
{
	struct case_file *c = read_text(small_case);
	struct plan *p = plan_new(c);
	struct err err = ERR_INIT;
	struct case_expect *expects = NULL;
	json_t *plan = plan_to_json(p), *again;
	char *text = json_dumps(plan, 0);
	size_t count = 0, i;

	again = json_loads(text, 0, NULL);
	assert_non_null(again);
	assert_int_equal(plan_expects_from_json(again, &expects, &count, &err), 0);
	assert_int_equal(count, c->expect_count);
	assert_int_equal(count, 8);
	for (i = 0; i < count; i++)
		assert_same_expect(&expects[i], &c->expects[i]);
	plan_expects_free(expects, count);
	free(text);
	json_decref(plan);
	json_decref(again);
	plan_free(p);
	case_free(c);
}

static void test_plan_to_json_holds_the_run(void **state)
{
	struct case_file *c = read_text(small_case);
	struct plan *p = plan_new(c);
	_cleanup_json_ json_t *plan = NULL;
	const json_t *step, *args;

	p->mode = PLAN_MODE_RECORD;
	plan = plan_to_json(p);
	assert_string_equal(json_get_str(plan, "case", ""), "small");
	assert_string_equal(json_get_str(plan, "mode", ""), "record");
	assert_string_equal(json_get_str(plan, "nonce", ""), p->nonce);
	assert_int_equal(json_get_int(plan, "memory_bytes", 0), 64 << 20);
	assert_int_equal(json_get_int(plan, "cpus", 0), 2);
	assert_int_equal(json_get_int(plan, "timeout_ms", 0), 120000);
	assert_int_equal(json_array_size(json_get_array(plan, "kconfig")), 2);
	assert_int_equal(json_array_size(json_get_array(plan, "steps")), 7);
	step = json_array_get(json_get_array(plan, "steps"), 5);
	args = json_get_object(step, "args");
	assert_int_equal(json_get_int(step, "i", -1), 5);
	assert_int_equal(json_get_int(step, "line", 0), 12);
	assert_string_equal(json_get_str(step, "verb", ""), "snapshot");
	assert_int_equal(json_array_size(json_get_array(args, "files")), 2);
	assert_string_equal(json_get_str(args, "label", ""), "5");
	plan_free(p);
	case_free(c);
}

static void test_plan_to_json_has_all_values_of_a_list(void **state)
{
	struct case_file *c =
		read_text("name: lists\n"
			  "question: Are all values told?\n"
			  "steps:\n"
			  "  - scsi_debug: {size: 1M, as: disk}\n"
			  "  - dm_dust: {device: disk, as: dust, bad: [1, 3..5]}\n"
			  "  - dm_message: {device: dust, message: [disable, enable]}\n"
			  "expect:\n"
			  "  - {no_report: oom-kill}\n");
	struct plan *p = plan_new(c);
	_cleanup_json_ json_t *plan = plan_to_json(p);
	const json_t *steps = json_get_array(plan, "steps"), *bad, *message;

	bad = json_object_get(json_get_object(json_array_get(steps, 1), "args"), "bad");
	message = json_object_get(json_get_object(json_array_get(steps, 2), "args"), "message");
	assert_int_equal(json_array_size(bad), 4);
	assert_string_equal(json_string_value(json_array_get(bad, 3)), "5");
	assert_int_equal(json_array_size(message), 2);
	plan_free(p);
	case_free(c);
}

static void test_plan_expects_from_json_refuses_other_shapes(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"expect\": {}}",
		"{\"expect\": [1]}",
		"{\"expect\": [{}]}",
		"{\"expect\": [{\"kind\": \"nothing\"}]}",
		"{\"expect\": [{\"kind\": 1}]}",
		"{\"expect\": [{\"kind\": \"task\", \"subject\": 1}]}",
		"{\"expect\": [{\"kind\": \"task\", \"killed_by\": \"9\"}]}",
		"{\"expect\": [{\"kind\": \"task\", \"killed_by\": 4294967296}]}",
		"{\"expect\": [{\"kind\": \"task\", \"has_exit\": 1}]}",
		"{\"expect\": [{\"kind\": \"trace\", \"functions\": \"f\"}]}",
		"{\"expect\": [{\"kind\": \"report\", \"at_least\": 1.5}]}",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_json_ json_t *plan = json_loads(texts[i], 0, NULL);
		struct case_expect *expects = NULL;
		struct err err = ERR_INIT;
		size_t count = 0;

		assert_non_null(plan);
		if (plan_expects_from_json(plan, &expects, &count, &err) == 0)
			fail_msg("taken: %s", texts[i]);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_null(expects);
	}
}

static void test_plan_mode_parse_names(void **state)
{
	struct err err = ERR_INIT;
	enum plan_mode mode = PLAN_MODE_FREE;

	assert_int_equal(plan_mode_parse("record", &mode, &err), 0);
	assert_int_equal(mode, PLAN_MODE_RECORD);
	assert_string_equal(plan_mode_name(PLAN_MODE_DETERMINISTIC), "deterministic");
	assert_int_equal(plan_mode_parse("recrod", &mode, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.msg, "did you mean `record`"));
}

/* Each seed is a way that things fall, the plain one is seed 1, and they do not crowd. */
static void test_plan_chance_of_seeds(void **state)
{
	struct plan_chance one = plan_chance_of(1), again = plan_chance_of(4711);
	int shifts[CHANCE_MAX_SHIFT + 1] = { 0 };
	uint64_t least = UINT64_MAX, most = 0;

	assert_int_equal(one.icount_shift, 0);
	assert_int_equal(one.skew_loops, 0);
	assert_int_equal(plan_chance_of(4711).skew_loops, again.skew_loops);
	for (uint64_t seed = 2; seed < 302; seed++) {
		struct plan_chance c = plan_chance_of(seed);

		assert_in_range(c.icount_shift, 0, CHANCE_MAX_SHIFT);
		shifts[c.icount_shift]++;
		least = c.skew_loops < least ? c.skew_loops : least;
		most = c.skew_loops > most ? c.skew_loops : most;
	}
	for (int i = 0; i <= CHANCE_MAX_SHIFT; i++)
		assert_in_range(shifts[i], 70, 130);
	assert_in_range(least, 0, CHANCE_MAX_SKEW / 20);
	assert_in_range(most, CHANCE_MAX_SKEW - CHANCE_MAX_SKEW / 20, CHANCE_MAX_SKEW - 1);
}

static void test_plan_guest_is_told_the_skew_unless_free(void **state)
{
	struct case_file *c = read_text(small_case);
	struct plan *p = plan_new(c);
	_cleanup_free_ char *free_text = NULL, *text = NULL, *line = NULL;
	_cleanup_json_ json_t *plan = NULL;

	p->seed = 3;
	free_text = plan_format_guest(p);
	assert_null(strstr(free_text, "\nskew "));
	p->mode = PLAN_MODE_DETERMINISTIC;
	text = plan_format_guest(p);
	line = xasprintf("\nseed 3\nskew %" PRIu64 "\n", plan_chance_of(3).skew_loops);
	assert_non_null(strstr(text, line));
	plan = plan_to_json(p);
	assert_int_equal(json_get_int(json_get_object(plan, "chance"), "icount_shift", -1),
			 plan_chance_of(3).icount_shift);
	plan_free(p);
	case_free(c);
}

static void test_plan_check_mode_names_what_cannot_repeat(void **state)
{
	struct case_file *c = read_text(small_case);
	struct step_def inexact = *c->steps[1].def;
	struct err err = ERR_INIT;

	assert_int_equal(plan_check_mode(c, PLAN_MODE_DETERMINISTIC, &err), 0);
	inexact.inexact = "it asks the host; ask nobody";
	c->steps[1].def = &inexact;
	assert_int_equal(plan_check_mode(c, PLAN_MODE_FREE, &err), 0);
	assert_int_equal(plan_check_mode(c, PLAN_MODE_RECORD, &err), 0);
	assert_int_equal(plan_check_mode(c, PLAN_MODE_DETERMINISTIC, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_string_equal(err.msg, "t.yaml:7: `cgroup` cannot repeat to the byte: it asks the "
				     "host; ask nobody; or --mode record, which klab replay "
				     "repeats");
	case_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan_format_guest_whole_text),
		cmocka_unit_test(test_plan_new_has_processors_looked_at),
		cmocka_unit_test(test_plan_guest_paths),
		cmocka_unit_test(test_plan_to_a_checkpoint_is_of_what_stands_before),
		cmocka_unit_test(test_plan_to_a_checkpoint_before_the_last_device_has_no_facts),
		cmocka_unit_test(test_plan_check_snapshot),
		cmocka_unit_test(test_plan_json_of_a_run_from_a_snapshot),
		cmocka_unit_test(test_plan_set_nonce_repeats_with_seed_case_and_kernel),
		cmocka_unit_test(test_plan_json_round_trip_of_expectations),
		cmocka_unit_test(test_plan_to_json_holds_the_run),
		cmocka_unit_test(test_plan_to_json_has_all_values_of_a_list),
		cmocka_unit_test(test_plan_expects_from_json_refuses_other_shapes),
		cmocka_unit_test(test_plan_mode_parse_names),
		cmocka_unit_test(test_plan_chance_of_seeds),
		cmocka_unit_test(test_plan_guest_is_told_the_skew_unless_free),
		cmocka_unit_test(test_plan_check_mode_names_what_cannot_repeat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
