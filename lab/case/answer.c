// SPDX-License-Identifier: GPL-2.0-or-later
#include "case/answer.h"

static const struct kind {
	const char *name;
	enum answer_kind kind;
	const char *subject; /* NULL: takes none */
	const char *field;   /* NULL: takes none; in brackets: may be left out */
} kinds[] = {
	{ "task", ANSWER_TASK, "NAME", NULL },
	{ "result", ANSWER_RESULT, "TASK", "FIELD" },
	{ "injected", ANSWER_INJECTED, "FAULT", NULL },
	{ "snapshot", ANSWER_SNAPSHOT, "FILE[@LABEL[:max]]", "[FIELD]" },
	{ "report", ANSWER_REPORT, "KIND", NULL },
	{ "title", ANSWER_TITLE, "KIND", NULL },
	{ "detail", ANSWER_DETAIL, "KIND", "NAME" },
	{ "recovered", ANSWER_RECOVERED, NULL, NULL },
};

static const char *const units[] = {
	[ANSWER_BYTES] = "bytes", [ANSWER_KIB] = "KiB", [ANSWER_PAGES] = "pages",
	[ANSWER_US] = "us",	  [ANSWER_MS] = "ms",
};

char *answer_kinds(void)
{
	_cleanup_strbuf_ struct strbuf sb = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		strbuf_addf(&sb, "%s{%s%s%s%s%s}", i ? ", " : "", kinds[i].name,
			    kinds[i].subject ? " " : "", kinds[i].subject ? kinds[i].subject : "",
			    kinds[i].field ? " " : "", kinds[i].field ? kinds[i].field : "");
	return strbuf_take(&sb);
}

static struct answer_part *part_add(struct answer *answer, enum answer_kind kind)
{
	struct answer_part *part = vec_push(&answer->parts, &answer->count, &answer->capacity);

	part->kind = kind;
	return part;
}

/* "... as KiB" at the end; takes the two words off. */
static int take_unit(struct strv *words, enum answer_unit *unit, struct err *err)
{
	const char *last;

	if (words->count < 3 || !str_eq(words->items[words->count - 2], "as"))
		return 0;
	last = words->items[words->count - 1];
	for (size_t i = ANSWER_BYTES; i < ARRAY_SIZE(units); i++) {
		if (!str_eq(units[i], last))
			continue;
		*unit = (enum answer_unit)i;
		free(words->items[--words->count]);
		free(words->items[--words->count]);
		words->items[words->count] = NULL;
		return 0;
	}
	return err_set(err, ERR_INPUT, "no unit `%.60s`; expected one of bytes, KiB, pages, us, ms",
		       last);
}

static char *join_from(const struct strv *words, size_t from)
{
	_cleanup_strbuf_ struct strbuf sb = { 0 };

	for (size_t i = from; i < words->count; i++)
		strbuf_addf(&sb, "%s%s", i > from ? " " : "", words->items[i]);
	return strbuf_take(&sb);
}

static int placeholder_parse(struct answer *answer, const struct kind *kind, const char *text,
			     size_t length, struct strv *words, struct err *err)
{
	struct answer_part *part = part_add(answer, kind->kind);
	size_t least = 1 + (kind->subject != NULL) + (kind->field && kind->field[0] != '[');
	char *at;

	part->text = xasprintf("{%.*s}", (int)length, text);
	if (take_unit(words, &part->unit, err) < 0)
		return -1;
	if (words->count < least || (!kind->field && words->count > least))
		return err_set(err, ERR_INPUT, "`{%s}` is of another form; expected {%s%s%s%s%s}",
			       kind->name, kind->name, kind->subject ? " " : "",
			       kind->subject ? kind->subject : "", kind->field ? " " : "",
			       kind->field ? kind->field : "");
	part->subject = words->count > 1 ? xstrdup(words->items[1]) : NULL;
	part->field = words->count > 2 ? join_from(words, 2) : NULL;
	at = kind->kind == ANSWER_SNAPSHOT ? strrchr(part->subject, '@') : NULL;
	if (at) {
		part->label = xstrndup(at + 1, strcspn(at + 1, ":"));
		part->over = at[1 + strlen(part->label)] ? xstrdup(strchr(at + 1, ':') + 1) : NULL;
		*at = '\0';
	}
	return 0;
}

static int placeholder_add(struct answer *answer, const char *text, size_t length, struct err *err)
{
	_cleanup_free_ char *inner = xstrndup(text, length);
	_cleanup_free_ char *known = NULL;
	_cleanup_strv_ struct strv words = { 0 };
	char *save = NULL;

	for (char *w = strtok_r(inner, " ", &save); w; w = strtok_r(NULL, " ", &save))
		strv_add(&words, w);
	for (size_t i = 0; words.count && i < ARRAY_SIZE(kinds); i++)
		if (str_eq(kinds[i].name, words.items[0]))
			return placeholder_parse(answer, &kinds[i], text, length, &words, err);
	known = answer_kinds();
	return err_set(err, ERR_INPUT, "`{%.60s}` stands for nothing known; expected one of %s",
		       words.count ? words.items[0] : "", known);
}

/* Length of what stands between a brace and its other half, which may hold pairs of them
 * (the {disk} of a path); SIZE_MAX: there is none. */
static size_t inner_length(const char *text)
{
	size_t depth = 1;

	for (size_t i = 0; text[i]; i++) {
		depth += text[i] == '{';
		depth -= text[i] == '}';
		if (depth == 0)
			return i;
	}
	return SIZE_MAX;
}

int answer_parse(const char *text, struct answer *answer, struct err *err)
{
	while (*text) {
		size_t literal = strcspn(text, "{}");
		size_t inner;

		if (literal > 0)
			part_add(answer, ANSWER_TEXT)->subject = xstrndup(text, literal);
		text += literal;
		if (!*text)
			break;
		inner = *text == '{' ? inner_length(text + 1) : SIZE_MAX;
		if (inner == SIZE_MAX)
			return err_set(err, ERR_INPUT,
				       "a brace without its other half; expected `{...}` for what "
				       "the run showed, and no braces else");
		if (placeholder_add(answer, text + 1, inner, err) < 0)
			return -1;
		text += inner + 2;
	}
	return 0;
}

void answer_clear(struct answer *answer)
{
	for (size_t i = 0; i < answer->count; i++) {
		free(answer->parts[i].text);
		free(answer->parts[i].subject);
		free(answer->parts[i].field);
		free(answer->parts[i].label);
		free(answer->parts[i].over);
	}
	free(answer->parts);
	*answer = (struct answer){ 0 };
}
