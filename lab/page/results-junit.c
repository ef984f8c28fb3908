// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JUnit XML. There are several schemas: what stands here is valid by that of Ant's JUnit task with
 * its later `skipped`, and by that of Jenkins. GitLab shows the class, the name, and the text of a
 * failure, not its message.
 */
#include "base/file.h"
#include "base/json.h"
#include "page/html.h"
#include "page/results.h"

static void add_attribute(struct strbuf *out, const char *name, const char *value)
{
	strbuf_addf(out, " %s=\"", name);
	html_textn(out, value, strlen(value));
	strbuf_addc(out, '"');
}

static void add_seconds(struct strbuf *out, int64_t ms)
{
	strbuf_addf(out, " time=\"%lld.%03lld\"", (long long)ms / 1000, (long long)ms % 1000);
}

static int64_t wall_ms_of(const json_t *result)
{
	int64_t ms = json_get_int(result, "wall_ms", 0);

	return ms > 0 ? ms : 0;
}

/* The element of a result that did not pass; NULL: it did. */
static const char *element_of(const json_t *result)
{
	switch (page_outcome_of(result)) {
	case PAGE_FAILED:
		return "failure";
	case PAGE_UNABLE:
		return "error";
	case PAGE_NOT_RUN:
	case PAGE_SKIPPED:
		return "skipped";
	case PAGE_PASSED:
		break;
	}
	return NULL;
}

static void add_line(struct strbuf *out, const char *text)
{
	html_textn(out, text, strlen(text));
	strbuf_addc(out, '\n');
}

static void add_outcome(struct strbuf *out, const json_t *result, const char *element)
{
	_cleanup_strv_ struct strv lines = { 0 };
	const char *dir = json_get_str(result, "dir", NULL);

	page_result_reasons(result, &lines);
	strbuf_addf(out, "      <%s", element);
	add_attribute(out, "message", lines.count ? lines.items[0] : page_result_word(result));
	/* Ant's `skipped` has no type. */
	if (!str_eq(element, "skipped"))
		add_attribute(out, "type", page_result_word(result));
	strbuf_addc(out, '>');
	for (size_t i = 0; i < lines.count; i++)
		add_line(out, lines.items[i]);
	if (dir) {
		strbuf_adds(out, "run ");
		add_line(out, path_base(dir));
	}
	strbuf_addf(out, "</%s>\n", element);
}

static void add_test(struct strbuf *out, const json_t *result, const char *name)
{
	_cleanup_free_ char *class_name = xasprintf("klab.%s", name);
	const char *element = element_of(result);

	strbuf_adds(out, "    <testcase");
	add_attribute(out, "name", page_result_label(result));
	add_attribute(out, "classname", class_name);
	add_seconds(out, wall_ms_of(result));
	if (!element) {
		strbuf_adds(out, "/>\n");
		return;
	}
	strbuf_adds(out, ">\n");
	add_outcome(out, result, element);
	strbuf_adds(out, "    </testcase>\n");
}

/* What a suite is headed with: sums of its results, when and where the first of them ran. */
struct suite {
	size_t tests, failures, errors, skipped;
	int64_t ms;
	const char *started, *host;
	struct strbuf body;
};

static void suite_add(struct suite *s, const json_t *result, const char *name)
{
	const char *element = element_of(result);

	s->tests++;
	s->failures += str_eq(element, "failure");
	s->errors += str_eq(element, "error");
	s->skipped += str_eq(element, "skipped");
	s->ms += wall_ms_of(result);
	if (!s->started)
		s->started = json_get_str(result, "started", NULL);
	if (!s->host)
		s->host = json_get_str(result, "host", NULL);
	add_test(&s->body, result, name);
}

/* Schemas want a time of day without a zone. */
static void add_timestamp(struct strbuf *out, const char *started)
{
	size_t length = strlen("2026-11-28T03:04:58");
	_cleanup_free_ char *text = xstrndup(started, length);

	add_attribute(out, "timestamp", strlen(text) == length ? text : "1970-01-01T00:00:00");
}

static void add_suite(struct strbuf *out, const json_t *all, const char *name, size_t number)
{
	struct suite s = { 0 };
	size_t i;
	json_t *result;

	json_array_foreach (json_get_array(all, "results"), i, result)
		if (str_eq(json_get_str(result, "case", "?"), name))
			suite_add(&s, result, name);
	strbuf_addf(out, "  <testsuite id=\"%zu\"", number);
	add_attribute(out, "name", name);
	add_attribute(out, "package", "klab");
	add_timestamp(out, s.started ? s.started : json_get_str(all, "began", ""));
	add_attribute(out, "hostname", s.host && *s.host ? s.host : "localhost");
	strbuf_addf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", s.tests,
		    s.failures, s.errors, s.skipped);
	add_seconds(out, s.ms);
	strbuf_adds(out, ">\n    <properties/>\n");
	strbuf_adds(out, s.body.data);
	strbuf_adds(out, "    <system-out/>\n    <system-err/>\n  </testsuite>\n");
	strbuf_clear(&s.body);
}

char *page_results_junit(const json_t *all)
{
	_cleanup_strv_ struct strv cases = { 0 };
	_cleanup_strbuf_ struct strbuf out = { 0 };

	page_results_cases(all, &cases);
	strbuf_adds(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
	for (size_t i = 0; i < cases.count; i++)
		add_suite(&out, all, cases.items[i], i);
	strbuf_adds(&out, "</testsuites>\n");
	return strbuf_take(&out);
}
