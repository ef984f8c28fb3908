// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/file.h"
#include "machine/qmp.h"

#define GREETING                                                                                   \
	"{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, "         \
	"\"package\": \"Debian\"}, \"capabilities\": [\"oob\"]}}\r\n"
#define CAPABLE	 "{\"return\": {}, \"id\": \"capabilities\"}\r\n"
#define RESUMED	 "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"RESUME\"}\r\n"
#define GOING_ON "{\"return\": {}, \"id\": \"cont\"}\r\n"
#define SHUTDOWN                                                                                   \
	"{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"SHUTDOWN\", "         \
	"\"data\": "                                                                               \
	"{\"guest\": true, \"reason\": \"guest-shutdown\"}}\r\n"
#define PANICKED "{\"event\": \"GUEST_PANICKED\", \"data\": {\"action\": \"run\"}}\r\n"

static void feed(struct qmp *q, const char *text)
{
	qmp_feed(q, text, strlen(text));
}

static void start(struct qmp *q)
{
	feed(q, GREETING CAPABLE RESUMED GOING_ON);
	assert_int_equal(q->state, QMP_RUNNING);
}

static void test_qmp_negotiates_and_starts(void **state)
{
	_cleanup_qmp_ struct qmp q = QMP_INIT;

	feed(&q, GREETING);
	assert_string_equal(q.version, "7.2.22");
	assert_int_equal(q.state, QMP_NEGOTIATING);
	assert_string_equal(q.out.data,
			    "{\"execute\":\"qmp_capabilities\",\"id\":\"capabilities\"}\n");
	strbuf_reset(&q.out);
	feed(&q, CAPABLE);
	assert_int_equal(q.state, QMP_STARTING);
	assert_string_equal(q.out.data, "{\"execute\":\"cont\",\"id\":\"cont\"}\n");
	feed(&q, RESUMED GOING_ON);
	assert_int_equal(q.state, QMP_RUNNING);
}

static void test_qmp_any_cut_is_the_same(void **state)
{
	static const char whole[] = GREETING CAPABLE RESUMED GOING_ON PANICKED SHUTDOWN;

	for (size_t cut = 0; cut < sizeof(whole); cut++) {
		_cleanup_qmp_ struct qmp q = QMP_INIT;

		qmp_feed(&q, whole, cut);
		qmp_feed(&q, whole + cut, sizeof(whole) - 1 - cut);
		assert_int_equal(q.state, QMP_RUNNING);
		assert_true(q.panicked);
		assert_string_equal(q.shutdown_reason, "guest-shutdown");
	}
}

static void test_qmp_a_cut_event_is_none(void **state)
{
	for (size_t cut = 0; cut < strlen(SHUTDOWN) - 1; cut++) {
		_cleanup_qmp_ struct qmp q = QMP_INIT;

		start(&q);
		qmp_feed(&q, SHUTDOWN, cut);
		assert_string_equal(q.shutdown_reason, "");
	}
}

static void test_qmp_the_first_shutdown_counts(void **state)
{
	_cleanup_qmp_ struct qmp q = QMP_INIT;

	start(&q);
	feed(&q, "{\"event\": \"SHUTDOWN\", \"data\": {\"reason\": \"host-signal\"}}\n" SHUTDOWN);
	assert_string_equal(q.shutdown_reason, "host-signal");
}

static void test_qmp_a_shutdown_without_reason(void **state)
{
	static const char *const events[] = {
		"{\"event\": \"SHUTDOWN\"}\n",
		"{\"event\": \"SHUTDOWN\", \"data\": 7}\n",
		"{\"event\": \"SHUTDOWN\", \"data\": {\"reason\": 7}}\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		_cleanup_qmp_ struct qmp q = QMP_INIT;

		start(&q);
		feed(&q, events[i]);
		assert_string_equal(q.shutdown_reason, "unknown");
	}
}

static void test_qmp_garbage_ends_the_conversation(void **state)
{
	static const char *const garbage[] = {
		"hello\n",    "{\n",
		"[]\n",	      "1\n",
		"{}\n",	      "{\"event\": 1}\n",
		"\xff\xfe\n", "{\"event\": \"X\"} {\"event\": \"SHUTDOWN\"}\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(garbage); i++) {
		_cleanup_qmp_ struct qmp q = QMP_INIT;

		start(&q);
		feed(&q, garbage[i]);
		assert_int_equal(q.state, QMP_BROKEN);
		assert_int_not_equal(q.why[0], '\0');
		/* What comes after it is not believed. */
		feed(&q, SHUTDOWN);
		assert_string_equal(q.shutdown_reason, "");
	}
}

static void test_qmp_no_greeting(void **state)
{
	_cleanup_qmp_ struct qmp q = QMP_INIT;

	feed(&q, SHUTDOWN);
	assert_int_equal(q.state, QMP_BROKEN);
	assert_string_equal(q.shutdown_reason, "");
}

static void test_qmp_refusal(void **state)
{
	_cleanup_qmp_ struct qmp q = QMP_INIT;

	feed(&q, GREETING CAPABLE "{\"id\": \"cont\", \"error\": {\"class\": \"GenericError\", "
				  "\"desc\": \"no\"}}\n");
	assert_int_equal(q.state, QMP_BROKEN);
	assert_string_equal(q.why, "QEMU does not start the guest: no");
}

static void test_qmp_an_error_while_running_is_only_an_answer(void **state)
{
	_cleanup_qmp_ struct qmp q = QMP_INIT;

	start(&q);
	feed(&q, "{\"id\": \"registers\", \"error\": {\"desc\": \"no\"}}\n");
	assert_int_equal(q.state, QMP_RUNNING);
}

static void test_qmp_endless_line(void **state)
{
	_cleanup_qmp_ struct qmp q = QMP_INIT;
	_cleanup_free_ char *chunk = xmalloc(65536);

	memset(chunk, 'x', 65536);
	start(&q);
	for (int i = 0; i < 1000; i++)
		qmp_feed(&q, chunk, 65536);
	assert_int_equal(q.state, QMP_BROKEN);
	assert_true(q.in.capacity < 1024 * 1024);
}

static void test_qmp_log_is_bounded_and_printable(void **state)
{
	_cleanup_qmp_ struct qmp q = QMP_INIT;
	_cleanup_fclose_ FILE *log = tmpfile();
	_cleanup_free_ char *text = xmalloc(2 << 20);
	size_t length;

	assert_non_null(log);
	q.log_fd = fileno(log);
	start(&q);
	for (int i = 0; i < 40000; i++)
		feed(&q, "{\"event\": \"RTC_CHANGE\",\t\"data\": {\"offset\": 0}}\n");
	assert_int_equal(q.state, QMP_RUNNING);
	rewind(log);
	length = fread(text, 1, (2 << 20) - 1, log);
	text[length] = '\0';
	assert_in_range(length, 1 << 19, (1 << 20) + 100);
	assert_true(str_starts(text, "< {\"QMP\""));
	assert_non_null(strstr(text, "\n> {\"execute\":\"cont\""));
	assert_non_null(strstr(text, "\n< {\"event\": \"RTC_CHANGE\",?\"data\""));
	assert_true(str_ends(text, "\n# the rest was left out\n"));
}

/* ---- what real QEMUs said ---- */

#define FIXTURES "lab/tests/fixtures/machine"

/* Hears the lines of a log that QEMU sent, until `lines` of them were heard. Returns how many. */
static size_t hear(struct qmp *q, const char *log, size_t lines)
{
	size_t heard = 0;

	for (const char *s = log; *s && heard < lines;) {
		size_t n = strcspn(s, "\n");

		if (s[0] == '<' && s[1] == ' ') {
			qmp_feed(q, s + 2, n - 2);
			qmp_feed(q, "\r\n", 2);
			heard++;
		}
		s += n + (s[n] == '\n');
	}
	return heard;
}

static void assert_transcript(const char *path, const char *reason)
{
	struct err err = ERR_INIT;
	size_t length;
	_cleanup_free_ char *log = file_read(path, 1 << 20, &length, &err);
	_cleanup_qmp_ struct qmp whole = QMP_INIT;
	size_t lines;

	assert_non_null(log);
	lines = hear(&whole, log, SIZE_MAX);
	assert_int_equal(whole.state, QMP_RUNNING);
	assert_string_equal(whole.shutdown_reason, reason);
	for (size_t cut = 0; cut < lines; cut++) {
		_cleanup_qmp_ struct qmp part = QMP_INIT;

		assert_int_equal(hear(&part, log, cut), cut);
		assert_int_not_equal(part.state, QMP_BROKEN);
		if (part.shutdown_reason[0])
			assert_string_equal(part.shutdown_reason, reason);
	}
}

static void test_qmp_of_real_qemus(void **state)
{
	_cleanup_strv_ struct strv names = { 0 };
	struct err err = ERR_INIT;
	int found = 0;

	assert_int_equal(file_list_dir(FIXTURES, &names, &err), 0);
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(FIXTURES, names.items[i]);
		_cleanup_free_ char *reason = NULL;

		if (!str_ends(path, ".qmp"))
			continue;
		reason = xstrndup(names.items[i], strlen(names.items[i]) - 4);
		assert_transcript(path, reason);
		found++;
	}
	assert_true(found > 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_qmp_negotiates_and_starts),
		cmocka_unit_test(test_qmp_any_cut_is_the_same),
		cmocka_unit_test(test_qmp_a_cut_event_is_none),
		cmocka_unit_test(test_qmp_the_first_shutdown_counts),
		cmocka_unit_test(test_qmp_a_shutdown_without_reason),
		cmocka_unit_test(test_qmp_garbage_ends_the_conversation),
		cmocka_unit_test(test_qmp_no_greeting),
		cmocka_unit_test(test_qmp_refusal),
		cmocka_unit_test(test_qmp_an_error_while_running_is_only_an_answer),
		cmocka_unit_test(test_qmp_endless_line),
		cmocka_unit_test(test_qmp_log_is_bounded_and_printable),
		cmocka_unit_test(test_qmp_of_real_qemus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
