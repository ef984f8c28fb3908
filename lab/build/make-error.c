/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first real error in a build log: what the compiler said, not what make made of it. */
#include <ctype.h>

#include "build/make.h"

/* How much a line is worth as an explanation; 0: nothing. */
enum rank { RANK_NONE, RANK_MAKE, RANK_TOOL, RANK_COMPILER };

static const char *find_text(const char *line, size_t length, const char *text)
{
	return memmem(line, length, text, strlen(text));
}

/* "file.c:12:3: error: ..." or "file.S:12: Error: ...": a place before the word. */
static bool is_compiler_error(const char *line, size_t length)
{
	static const char *const words[] = { ": error: ", ": fatal error: ", ": Error: " };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *at = find_text(line, length, words[i]);

		if (at && at > line && isdigit((unsigned char)at[-1]) &&
		    memchr(line, ':', (size_t)(at - line)))
			return true;
	}
	/* Kconfig's own: "Kconfig:3: syntax error". */
	return find_text(line, length, ": syntax error") || find_text(line, length, ": #error ");
}

static bool is_tool_error(const char *line, size_t length)
{
	static const char *const texts[] = {
		"undefined reference to",
		"multiple definition of",
		"ld: ",
		"ld.lld: error",
		": error: ",
		"objtool: error",
		"FAILED",
		"not found",
		"Killed",
		"No such file or directory",
		"internal compiler error",
		"*** ",
	};

	if (find_text(line, length, "make[") || str_starts(line, "make:"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (find_text(line, length, texts[i]) && !find_text(line, length, "warning:"))
			return true;
	return false;
}

static enum rank rank_of(const char *line, size_t length)
{
	if (is_compiler_error(line, length))
		return RANK_COMPILER;
	if (is_tool_error(line, length))
		return RANK_TOOL;
	if (find_text(line, length, "*** ") && find_text(line, length, "make"))
		return RANK_MAKE;
	return RANK_NONE;
}

/* The line without control characters, and without the tree's own place before the file. */
static char *clean(const char *line, size_t length, const char *source_dir)
{
	struct strbuf sb = { 0 };
	size_t prefix = source_dir ? strlen(source_dir) : 0;

	if (prefix && length > prefix && memcmp(line, source_dir, prefix) == 0 &&
	    line[prefix] == '/') {
		line += prefix + 1;
		length -= prefix + 1;
	}
	while (length && isspace((unsigned char)*line)) {
		line++;
		length--;
	}
	for (size_t i = 0; i < length && i < 500; i++)
		strbuf_addc(&sb, (unsigned char)line[i] < ' ' ? ' ' : line[i]);
	return strbuf_take(&sb);
}

char *make_first_error(const char *log, size_t length, const char *source_dir)
{
	const char *end = log + length;
	const char *best = NULL;
	size_t best_length = 0;
	enum rank best_rank = RANK_NONE;

	for (const char *line = log; line < end && best_rank < RANK_COMPILER;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t n = (size_t)((newline ? newline : end) - line);
		enum rank rank = rank_of(line, n);

		if (rank > best_rank) {
			best_rank = rank;
			best = line;
			best_length = n;
		}
		line += n + 1;
	}
	return best ? clean(best, best_length, source_dir) : NULL;
}
