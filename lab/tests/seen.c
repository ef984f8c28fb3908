// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

json_t *seen_parse(const char *text)
{
	json_t *value = json_loads(text, 0, NULL);

	assert_non_null(value);
	return value;
}

void seen_clear(struct seen *s)
{
	json_decref(s->verdict);
	json_decref(s->reports);
}

struct seen warning(void)
{
	return (struct seen){
		seen_parse("{\"verdict\": \"fail\", \"reasons\": [{\"verdict\": \"fail\", "
			   "\"what\": \"WARNING in f (2 times)\", \"where\": \"console.log:40\"}], "
			   "\"expectations\": []}"),
		seen_parse("[{\"title\": \"OOM kill of a\", \"start_line\": 9}, "
			   "{\"title\": \"WARNING in f\", \"alt_titles\": [\"WARNING in g\"], "
			   "\"start_line\": 40}]")
	};
}

struct seen pass(void)
{
	return (struct seen){ seen_parse("{\"verdict\": \"pass\", \"reasons\": []}"),
			      seen_parse("[]") };
}

struct seen other_crash(void)
{
	return (struct seen){ seen_parse("{\"verdict\": \"crash\", \"reasons\": [{\"what\": "
					 "\"BUG: unable to handle page fault in x\", \"where\": "
					 "\"console.log:3\"}]}"),
			      seen_parse("[{\"title\": \"BUG: unable to handle page fault in x\", "
					 "\"start_line\": 3}]") };
}

struct seen broken(void)
{
	return (struct seen){ seen_parse("{\"verdict\": \"broken\", \"reasons\": [{\"what\": "
					 "\"step swapon failed\"}]}"),
			      seen_parse("[]") };
}
