// SPDX-License-Identifier: GPL-2.0-or-later
/* KTAP version 1, as the kernel's Documentation/dev-tools/ktap.rst has it: a test a case, and in
 * it one for each kernel and seed. */
#include "base/file.h"
#include "base/json.h"
#include "page/results.h"
#include "page/safe.h"

/* A '#' would end the description, and a line is one line. */
static void add_words(struct strbuf *out, const char *text)
{
	_cleanup_free_ char *safe = page_safe(text);

	for (const char *c = safe; *c; c++)
		strbuf_addc(out, *c == '#' ? '_' : *c);
}

/* What stands behind the '#': a keyword for what is neither passed nor failed. */
static const char *directive_of(const json_t *result)
{
	switch (page_outcome_of(result)) {
	case PAGE_UNABLE:
		return "ERROR";
	case PAGE_NOT_RUN:
	case PAGE_SKIPPED:
		return "SKIP";
	case PAGE_FAILED:
		return str_eq(page_result_word(result), "hang") ? "TIMEOUT" : NULL;
	case PAGE_PASSED:
		break;
	}
	return NULL;
}

static bool is_ok(const json_t *result)
{
	enum page_outcome outcome = page_outcome_of(result);

	return outcome == PAGE_PASSED || outcome == PAGE_SKIPPED || outcome == PAGE_NOT_RUN;
}

static void add_reasons(struct strbuf *out, const json_t *result, const struct strv *lines)
{
	const char *dir = json_get_str(result, "dir", NULL);

	for (size_t i = 0; i < lines->count; i++) {
		_cleanup_free_ char *safe = page_safe(lines->items[i]);

		strbuf_addf(out, "  # %s: %s\n", page_result_word(result), safe);
	}
	if (lines->count && dir) {
		_cleanup_free_ char *safe = page_safe(path_base(dir));

		strbuf_addf(out, "  # run %s\n", safe);
	}
}

static void add_test(struct strbuf *out, const json_t *result, size_t number)
{
	_cleanup_strv_ struct strv lines = { 0 };
	const char *directive = directive_of(result);

	page_result_reasons(result, &lines);
	add_reasons(out, result, &lines);
	strbuf_addf(out, "  %s %zu ", is_ok(result) ? "ok" : "not ok", number);
	add_words(out, page_result_label(result));
	if (directive || lines.count)
		strbuf_addf(out, " # %s", directive ? directive : page_result_word(result));
	if (lines.count) {
		strbuf_addc(out, ' ');
		add_words(out, lines.items[0]);
	}
	strbuf_addc(out, '\n');
}

/* A case is ok when all of its tests are, and skipped when they all are. */
static void add_case(struct strbuf *out, const json_t *all, const char *name, size_t number)
{
	_cleanup_strbuf_ struct strbuf tests = { 0 };
	size_t i, count = 0, skipped = 0;
	bool ok = true;
	json_t *result;

	json_array_foreach (json_get_array(all, "results"), i, result) {
		if (!str_eq(json_get_str(result, "case", "?"), name))
			continue;
		add_test(&tests, result, ++count);
		ok = ok && is_ok(result);
		skipped += is_ok(result) && page_outcome_of(result) != PAGE_PASSED;
	}
	strbuf_addf(out, "  KTAP version 1\n  1..%zu\n", count);
	strbuf_adds(out, tests.data);
	strbuf_addf(out, "%s %zu ", ok ? "ok" : "not ok", number);
	add_words(out, name);
	strbuf_adds(out, skipped == count ? " # SKIP\n" : "\n");
}

char *page_results_ktap(const json_t *all)
{
	_cleanup_strv_ struct strv cases = { 0 };
	_cleanup_strbuf_ struct strbuf out = { 0 };

	page_results_cases(all, &cases);
	strbuf_addf(&out, "KTAP version 1\n1..%zu\n", cases.count);
	for (size_t i = 0; i < cases.count; i++)
		add_case(&out, all, cases.items[i], i + 1);
	return strbuf_take(&out);
}
