// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The regular expressions of the format table. Each is compiled at its first
 * use and kept for the process; a few shorthands keep the table readable:
 *
 *   {FUNC}  a function's name up to its offset or suffix, caught
 *   {PC}    an address in brackets
 *   {SRC}   file:line, caught
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <pthread.h>
#include <string.h>

#include "report/internal.h"

#define MATCH_SLOTS 512	    /* power of two, far more than the table has patterns */
#define MATCH_STEPS 200000u /* backtracking allowed on one line */

struct slot {
	const char *const *pattern;
	pcre2_code *code;
};

static struct slot slots[MATCH_SLOTS];
static pthread_mutex_t slots_lock = PTHREAD_MUTEX_INITIALIZER;

static const struct {
	const char *name, *expression;
} shorthands[] = {
	{ "{FUNC}", "([a-zA-Z0-9_]+)[.+]" },
	{ "{PC}", "\\[<?(?:0x)?[0-9a-f]+>?\\]" },
	{ "{SRC}", "([-a-zA-Z0-9_/.]+\\.[a-z]+:[0-9]+)" },
};

static void expand(const char *pattern, struct strbuf *out)
{
	while (*pattern) {
		size_t i;

		for (i = 0; i < ARRAY_SIZE(shorthands); i++)
			if (str_starts(pattern, shorthands[i].name))
				break;
		if (i < ARRAY_SIZE(shorthands)) {
			strbuf_adds(out, shorthands[i].expression);
			pattern += strlen(shorthands[i].name);
		} else {
			strbuf_addc(out, *pattern++);
		}
	}
}

static pcre2_code *compile(const char *pattern)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	PCRE2_SIZE offset;
	pcre2_code *code;
	int error;

	expand(pattern, &text);
	code = pcre2_compile((PCRE2_SPTR)text.data, text.length, PCRE2_DOLLAR_ENDONLY, &error,
			     &offset, NULL);
	/* The tests compile every row of our table. */
	if (!code)
		err_bug("pattern %s: error %d at %zu", pattern, error, (size_t)offset);
	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	return code;
}

static pcre2_code *code_of(const char *const *pattern)
{
	size_t i = ((uintptr_t)pattern >> 3) * 0x9e3779b1u & (MATCH_SLOTS - 1);

	for (;; i = (i + 1) & (MATCH_SLOTS - 1)) {
		const char *const *key = __atomic_load_n(&slots[i].pattern, __ATOMIC_ACQUIRE);

		if (key == pattern)
			return slots[i].code;
		if (key)
			continue;
		pthread_mutex_lock(&slots_lock);
		if (!slots[i].pattern) {
			slots[i].code = compile(*pattern);
			__atomic_store_n(&slots[i].pattern, pattern, __ATOMIC_RELEASE);
		}
		pthread_mutex_unlock(&slots_lock);
		i--; /* look at this slot again */
	}
}

static __thread pcre2_match_data *match_data;
static __thread pcre2_match_context *match_context;

bool match_text(const char *const *pattern, struct span text, struct match *m)
{
	pcre2_code *code = code_of(pattern);
	PCRE2_SIZE *at;
	int count;

	if (!match_data) {
		match_data = pcre2_match_data_create(MATCH_MAX, NULL);
		match_context = pcre2_match_context_create(NULL);
		if (!match_data || !match_context)
			abort();
		pcre2_set_match_limit(match_context, MATCH_STEPS);
	}
	count = pcre2_match(code, (PCRE2_SPTR)text.p, text.n, 0, 0, match_data, match_context);
	if (count < 0)
		return false;
	if (!m)
		return true;
	if (count == 0)
		count = MATCH_MAX;
	*m = (struct match){ 0 };
	at = pcre2_get_ovector_pointer(match_data);
	for (int i = 0; i < count; i++)
		if (at[2 * i] != PCRE2_UNSET)
			m->group[i] =
				(struct span){ text.p + at[2 * i], at[2 * i + 1] - at[2 * i] };
	return true;
}
