// SPDX-License-Identifier: GPL-2.0-or-later
/* Two command lines that differ: does the kernel know what they differ in? */
#include "base/json.h"
#include "compare/compare-internal.h"

static void append_words(const struct run_facts *run, struct strv *words)
{
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(run->plan, "append"), i, item)
		if (json_is_string(item))
			strv_split_words(words, json_string_value(item));
}

/* The words that the run's kernel handed to init, for it does not know them; false: init did not
 * tell. */
static bool unknown_words(const struct run_facts *run, struct strv *words)
{
	const struct frames frames = { .list = run->frames };
	const char *unknown =
		json_get_str(frames_find(&frames, "hello", NULL, NULL), "unknown", NULL);

	if (unknown)
		strv_split_words(words, unknown);
	return unknown != NULL;
}

/* A parameter of a module that is not there is ignored without a word. */
static bool is_of_module(const char *word)
{
	return strcspn(word, ".") < strcspn(word, "=");
}

/* How many words only `run` has, by what its kernel does with them. */
struct own_words {
	size_t known, unknown, untold;
};

static void count_own(const struct run_facts *run, const struct run_facts *other,
		      struct own_words *own)
{
	_cleanup_strv_ struct strv words = { 0 };
	_cleanup_strv_ struct strv others = { 0 };
	_cleanup_strv_ struct strv unknown = { 0 };
	bool told = unknown_words(run, &unknown);

	append_words(run, &words);
	append_words(other, &others);
	for (size_t i = 0; i < words.count; i++) {
		if (strv_has(&others, words.items[i]))
			continue;
		if (strv_has(&unknown, words.items[i]))
			own->unknown++;
		else if (!told || is_of_module(words.items[i]))
			own->untold++;
		else
			own->known++;
	}
}

enum compare_words compare_command_lines(const struct run_facts *a, const struct run_facts *b)
{
	struct own_words own = { 0 };

	count_own(a, b, &own);
	count_own(b, a, &own);
	/* One is enough: it is another test than was asked for, and init's own log parts by it. */
	if (own.unknown)
		return COMPARE_WORDS_UNKNOWN;
	/* The same words in another order: another value of one may be the last. */
	return own.known || !own.untold ? COMPARE_WORDS_KNOWN : COMPARE_WORDS_UNTOLD;
}
