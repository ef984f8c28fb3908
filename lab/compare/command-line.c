// SPDX-License-Identifier: GPL-2.0-or-later
/* Two command lines that differ: does the kernel know what they differ in? */
#include "base/json.h"
#include "compare/compare-internal.h"

/* print_unknown_bootoptions() of init/main.c: words that no part of the kernel took. Module
 * parameters of what is built in are known. */
#define UNKNOWN_BEFORE "Unknown kernel command line parameters \""
#define UNKNOWN_AFTER  "\", will be passed to user space."

static void append_words(const struct run_facts *run, struct strv *words)
{
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(run->plan, "append"), i, item)
		if (json_is_string(item))
			strv_split_words(words, json_string_value(item));
}

/* The words that the run's kernel said it does not know. */
static void unknown_words(const struct run_facts *run, struct strv *words)
{
	size_t length = 0;
	_cleanup_free_ char *console = run_facts_console(run, &length);
	const char *at =
		console ? memmem(console, length, UNKNOWN_BEFORE, strlen(UNKNOWN_BEFORE)) : NULL;
	const char *end = NULL;
	_cleanup_free_ char *list = NULL;

	if (at) {
		at += strlen(UNKNOWN_BEFORE);
		end = memmem(at, length - (size_t)(at - console), UNKNOWN_AFTER,
			     strlen(UNKNOWN_AFTER));
	}
	if (!end || memchr(at, '\n', (size_t)(end - at)))
		return;
	list = xstrndup(at, (size_t)(end - at));
	strv_split_words(words, list);
}

/* How many words only `run` has, and how many of those its kernel does not know. */
static void count_own(const struct run_facts *run, const struct run_facts *other, size_t *own,
		      size_t *unknown)
{
	_cleanup_strv_ struct strv words = { 0 };
	_cleanup_strv_ struct strv others = { 0 };
	_cleanup_strv_ struct strv not_known = { 0 };

	append_words(run, &words);
	append_words(other, &others);
	unknown_words(run, &not_known);
	for (size_t i = 0; i < words.count; i++) {
		if (strv_has(&others, words.items[i]))
			continue;
		*own += 1;
		*unknown += strv_has(&not_known, words.items[i]);
	}
}

bool compare_words_unknown(const struct run_facts *a, const struct run_facts *b)
{
	size_t own = 0, unknown = 0;

	count_own(a, b, &own, &unknown);
	count_own(b, a, &own, &unknown);
	return own && own == unknown;
}
