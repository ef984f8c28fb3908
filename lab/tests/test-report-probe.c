// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/scratch.h"

#include "base/json.h"
#include "case/report-kinds.h"
#include "report/probe.h"

/* Ten bytes a line. */
static int64_t line_at(void *ctx, int64_t offset)
{
	return offset / 10 + 1;
}

static json_t *add(json_t *reports, const char *lines)
{
	report_add_probes(reports, lines, strlen(lines), line_at, NULL);
	return reports;
}

static void test_probe_report_has_the_shape_of_others(void **state)
{
	_cleanup_json_ json_t *reports =
		add(json_array(),
		    "{\"probe\":1,\"at\":\"send_signal_locked\",\"when\":\"sig == 9\",\"hit\":2,"
		    "\"console_bytes\":25,\"cpu\":0,\"pid\":57,\"task\":\"memhog\",\"frames\":["
		    "{\"symbol\":\"send_signal_locked\",\"file\":\"kernel/signal.c\",\"line\":7,"
		    "\"args\":[{\"name\":\"sig\",\"value\":\"9\"}]},{\"symbol\":\"up\"}]}\n");
	const json_t *r = json_array_get(reports, 0);
	const json_t *frames =
		json_get_array(json_array_get(json_get_array(r, "traces"), 0), "frames");

	assert_int_equal(json_array_size(reports), 1);
	assert_string_equal(json_get_str(r, "title", ""), "probe: send_signal_locked");
	assert_string_equal(json_get_str(r, "kind", ""), "probe");
	assert_non_null(report_kind_find(json_get_str(r, "kind", "")));
	assert_string_equal(json_get_str(r, "frame", ""), "send_signal_locked");
	assert_string_equal(json_get_str(r, "task", ""), "memhog");
	assert_int_equal(json_get_int(r, "pid", 0), 57);
	assert_int_equal(json_get_int(r, "start_line", 0), 3);
	assert_true(json_get_bool(r, "info", false));
	assert_string_equal(json_get_str(json_get_object(r, "details"), "when", ""), "sig == 9");
	assert_int_equal(json_array_size(frames), 2);
	assert_true(json_get_bool(json_array_get(frames, 1), "reliable", false));
	assert_string_equal(json_get_str(json_array_get(frames, 0), "file", ""), "kernel/signal.c");
	assert_int_equal(json_array_size(json_get_array(json_array_get(frames, 0), "args")), 1);
}

/* They stand among the kernel's reports as they came in time. */
static void test_probe_reports_are_in_order(void **state)
{
	_cleanup_json_ json_t *reports = json_pack("[{s:s,s:i},{s:s,s:i}]", "title", "a", "start",
						   10, "title", "b", "start", 30);
	static const char *const expected[] = { "a", "probe: p", "probe: q", "b", "probe: r" };

	add(reports, "{\"at\":\"p\",\"console_bytes\":10}\n{\"at\":\"q\",\"console_bytes\":29}\n"
		     "{\"at\":\"r\",\"console_bytes\":31}");
	assert_int_equal(json_array_size(reports), 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(json_get_str(json_array_get(reports, i), "title", ""),
				    expected[i]);
}

/* A file that was cut, or is somebody else's. */
static void test_probe_lines_that_are_none_are_left_out(void **state)
{
	_cleanup_json_ json_t *reports =
		add(json_array(), "\n[]\n{}\n{\"at\":3}\n{\"at\":\"p\",\"frames\":[1,\"x\",{}]}\n"
				  "{\"at\":\"q\",\"fra");
	const json_t *trace =
		json_array_get(json_get_array(json_array_get(reports, 0), "traces"), 0);
	json_t *frame;
	size_t i;

	assert_int_equal(json_array_size(reports), 1);
	json_array_foreach (json_get_array(trace, "frames"), i, frame)
		assert_true(json_is_object(frame));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probe_report_has_the_shape_of_others),
		cmocka_unit_test(test_probe_reports_are_in_order),
		cmocka_unit_test(test_probe_lines_that_are_none_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
