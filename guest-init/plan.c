// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	struct guest_plan *plan;
	struct plan_error *error;
	int line;
	bool has_header, has_nonce, has_seed, has_end;
};

static int plan_fail(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int plan_fail(struct parser *p, const char *fmt, ...)
{
	va_list args;

	p->error->line = p->line;
	va_start(args, fmt);
	vsnprintf(p->error->what, sizeof(p->error->what), fmt, args);
	va_end(args);
	return -1;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes %XX in place. A byte that should have been encoded is a mistake; spaces only where told.
 */
static int plan_decode(struct parser *p, char *s, bool spaces)
{
	char *to = s;

	for (const char *from = s; *from; from++) {
		unsigned char c = (unsigned char)*from;

		if (c == '%') {
			int high = hex_digit(from[1]);
			int low = high < 0 ? -1 : hex_digit(from[2]);

			if (low < 0)
				return plan_fail(p, "%% without two hex digits");
			c = (unsigned char)(high << 4 | low);
			if (c == 0)
				return plan_fail(p, "a NUL in a value");
			from += 2;
		} else if ((c < 0x21 && !(spaces && c == ' ')) || c > 0x7e) {
			return plan_fail(p, "byte 0x%02x is not encoded", c);
		}
		*to++ = (char)c;
	}
	*to = '\0';
	return 0;
}

/* Cuts the first word off `*rest`, which is left at what follows the space, or at "". */
static char *cut_word(char **rest)
{
	char *word = *rest;
	char *space = strchr(word, ' ');

	if (space) {
		*space = '\0';
		*rest = space + 1;
	} else {
		*rest = word + strlen(word);
	}
	return word;
}

/* Whole string, decimal, no sign but '-'. */
static bool parse_i64(const char *s, int64_t *out)
{
	char *end;
	long long value;

	if (!((*s >= '0' && *s <= '9') || (*s == '-' && s[1] >= '0' && s[1] <= '9')))
		return false;
	errno = 0;
	value = strtoll(s, &end, 10);
	if (errno || *end)
		return false;
	*out = value;
	return true;
}

static bool parse_u64(const char *s, uint64_t *out)
{
	char *end;
	unsigned long long value;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	value = strtoull(s, &end, 10);
	if (errno || *end)
		return false;
	*out = value;
	return true;
}

static int plan_read_header(struct parser *p, char *rest)
{
	if (p->has_header)
		return plan_fail(p, "klab-plan a second time");
	if (strcmp(rest, "1") != 0)
		return plan_fail(p, "plan version %.20s, this init reads 1", rest);
	p->has_header = true;
	return 0;
}

static int plan_read_nonce(struct parser *p, char *rest)
{
	size_t length = strlen(rest);

	if (p->has_nonce)
		return plan_fail(p, "nonce a second time");
	if (length != PLAN_NONCE_SIZE - 1 || strspn(rest, "0123456789abcdef") != length)
		return plan_fail(p, "the nonce is no 16 lower-case hex digits");
	memcpy(p->plan->nonce, rest, length + 1);
	p->has_nonce = true;
	return 0;
}

static int plan_read_seed(struct parser *p, char *rest)
{
	if (p->has_seed)
		return plan_fail(p, "seed a second time");
	if (!parse_u64(rest, &p->plan->seed))
		return plan_fail(p, "the seed is no number");
	p->has_seed = true;
	return 0;
}

static int plan_read_skew(struct parser *p, char *rest)
{
	if (p->plan->exact)
		return plan_fail(p, "skew a second time");
	if (!parse_u64(rest, &p->plan->skew))
		return plan_fail(p, "the skew is no number");
	p->plan->exact = true;
	return 0;
}

static const struct {
	const char *name;
	enum plan_fact_kind kind;
} fact_kinds[] = {
	{ "exists", FACT_EXISTS },	   { "absent", FACT_ABSENT }, { "readable", FACT_READABLE },
	{ "unreadable", FACT_UNREADABLE }, { "equals", FACT_EQUALS },
};

/* `text` is a copy of `rest`, both are ours to change: the words of one, the whole of the other. */
static int plan_read_fact(struct parser *p, char *rest, char *text)
{
	struct plan_fact *fact = &p->plan->facts[p->plan->fact_count];
	const char *kind;

	if (plan_decode(p, rest, true) || plan_decode(p, text, true))
		return -1;
	kind = cut_word(&rest);
	fact->kind = 0;
	for (size_t i = 0; i < sizeof(fact_kinds) / sizeof(fact_kinds[0]); i++)
		if (strcmp(kind, fact_kinds[i].name) == 0)
			fact->kind = fact_kinds[i].kind;
	if (!fact->kind)
		return plan_fail(p, "unknown kind of fact '%.40s'", kind);
	fact->text = text;
	fact->value = NULL;
	if (fact->kind == FACT_EQUALS) {
		fact->path = cut_word(&rest);
		fact->value = rest;
	} else {
		fact->path = rest;
	}
	if (fact->path[0] != '/')
		return plan_fail(p, "the fact names no absolute path");
	p->plan->fact_count++;
	return 0;
}

static int plan_read_step(struct parser *p, char *rest)
{
	struct plan_step *step = &p->plan->steps[p->plan->step_count];
	int64_t index, line;

	if (!parse_i64(cut_word(&rest), &index) || index != (int64_t)p->plan->step_count)
		return plan_fail(p, "step %zu is expected here", p->plan->step_count);
	if (!parse_i64(cut_word(&rest), &line) || line < 0 || line > INT32_MAX)
		return plan_fail(p, "the step's line is no number");
	if (plan_decode(p, rest, false))
		return -1;
	if (!*rest)
		return plan_fail(p, "the step has no verb");
	step->index = (int)index;
	step->line = (int)line;
	step->verb = rest;
	step->args = &p->plan->args[p->plan->arg_count];
	step->arg_count = 0;
	p->plan->step_count++;
	return 0;
}

static int plan_read_arg(struct parser *p, char *rest)
{
	struct plan_arg *arg = &p->plan->args[p->plan->arg_count];
	char *name;

	if (p->plan->step_count == 0)
		return plan_fail(p, "an argument before the first step");
	if (!strchr(rest, ' '))
		return plan_fail(p, "an argument without a value");
	name = cut_word(&rest);
	if (plan_decode(p, name, false) || plan_decode(p, rest, false))
		return -1;
	if (!*name)
		return plan_fail(p, "an argument without a name");
	arg->name = name;
	arg->value = rest;
	p->plan->arg_count++;
	p->plan->steps[p->plan->step_count - 1].arg_count++;
	return 0;
}

/* One line, NUL-terminated, its copy at `copy`. */
static int plan_read_line(struct parser *p, char *line, char *copy)
{
	char *rest = line;
	const char *word = cut_word(&rest);

	if (p->has_end)
		return plan_fail(p, "something after the end");
	if (!p->has_header && strcmp(word, "klab-plan") != 0)
		return plan_fail(p, "this is no plan: the first word must be klab-plan");
	if (strcmp(word, "klab-plan") == 0)
		return plan_read_header(p, rest);
	if (strcmp(word, "nonce") == 0)
		return plan_read_nonce(p, rest);
	if (strcmp(word, "seed") == 0)
		return plan_read_seed(p, rest);
	if (strcmp(word, "skew") == 0)
		return plan_read_skew(p, rest);
	if (strcmp(word, "mailbox") == 0 && !*rest) {
		p->plan->mailbox = true;
		return 0;
	}
	if (strcmp(word, "fact") == 0)
		return plan_read_fact(p, rest, copy + (rest - line));
	if (strcmp(word, "step") == 0)
		return plan_read_step(p, rest);
	if (strcmp(word, "arg") == 0)
		return plan_read_arg(p, rest);
	if (strcmp(word, "end") == 0 && !*rest) {
		p->has_end = true;
		return 0;
	}
	return plan_fail(p, "unknown word '%.40s'", word);
}

/* Room for as many of each as there are lines: one allocation, no pointer ever moves. */
static int plan_allocate(struct parser *p, const char *bytes, size_t length)
{
	struct guest_plan *plan = p->plan;
	size_t lines = 1;

	for (size_t i = 0; i < length; i++)
		lines += bytes[i] == '\n';
	plan->facts = calloc(lines, sizeof(*plan->facts));
	plan->steps = calloc(lines, sizeof(*plan->steps));
	plan->args = calloc(lines, sizeof(*plan->args));
	/* Twice: what is cut into words, and its copy for the text of facts. */
	plan->strings = malloc(2 * (length + 1));
	if (!plan->facts || !plan->steps || !plan->args || !plan->strings)
		return plan_fail(p, "no memory for it");
	memcpy(plan->strings, bytes, length);
	plan->strings[length] = '\0';
	memcpy(plan->strings + length + 1, plan->strings, length + 1);
	return 0;
}

static int plan_read_lines(struct parser *p, size_t length)
{
	char *line = p->plan->strings;
	char *copy = line + length + 1;
	char *end = line + length;

	while (line < end) {
		char *newline = memchr(line, '\n', (size_t)(end - line));

		p->line++;
		if (!newline)
			return plan_fail(p, "the line has no end: the plan was cut");
		copy[newline - line] = '\0';
		*newline = '\0';
		if (plan_read_line(p, line, copy))
			return -1;
		copy += newline + 1 - line;
		line = newline + 1;
	}
	p->line = 0;
	if (!p->has_end)
		return plan_fail(p, "the plan has no end: it was cut");
	if (!p->has_nonce || !p->has_seed)
		return plan_fail(p, "the plan has no %s", p->has_nonce ? "seed" : "nonce");
	return 0;
}

int guest_plan_parse(struct guest_plan *plan, const char *bytes, size_t length,
		     struct plan_error *error)
{
	struct parser p = { .plan = plan, .error = error };

	memset(plan, 0, sizeof(*plan));
	memset(error, 0, sizeof(*error));
	if (length > PLAN_MAX_BYTES)
		return plan_fail(&p, "the plan is larger than %u bytes", PLAN_MAX_BYTES);
	if (memchr(bytes, '\0', length))
		return plan_fail(&p, "a NUL in the plan");
	if (plan_allocate(&p, bytes, length) || plan_read_lines(&p, length)) {
		guest_plan_clear(plan);
		return -1;
	}
	return 0;
}

void guest_plan_clear(struct guest_plan *plan)
{
	free(plan->facts);
	free(plan->steps);
	free(plan->args);
	free(plan->strings);
	memset(plan, 0, sizeof(*plan));
}

const char *plan_arg(const struct plan_step *step, const char *name)
{
	for (size_t i = 0; i < step->arg_count; i++)
		if (strcmp(step->args[i].name, name) == 0)
			return step->args[i].value;
	return NULL;
}

int64_t plan_arg_int(const struct plan_step *step, const char *name, int64_t otherwise)
{
	const char *value = plan_arg(step, name);
	int64_t number;

	if (!value || !parse_i64(value, &number))
		return otherwise;
	return number;
}
