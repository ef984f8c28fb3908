// SPDX-License-Identifier: GPL-2.0-or-later
/* Names and addresses of a kernel and its modules -> lines; one console line rewritten. */
#include <ctype.h>
#include <stdlib.h>

#include "base/str.h"
#include "symbols/image.h"

struct symbolizer_module {
	char *name, *path;   /* path NULL: nobody named one */
	struct image *image; /* NULL: not opened, or cannot be */
	bool asked;
};

struct symbolizer {
	struct image *kernel;
	struct symbolizer_module *modules;
	size_t module_count, module_capacity;
	uint64_t offset;
};

struct symbolizer *symbolizer_open(const char *vmlinux_path, struct err *err)
{
	struct image *kernel = image_open(vmlinux_path, NULL, err);
	struct symbolizer *s;

	if (!kernel)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->kernel = kernel;
	return s;
}

void symbolizer_free(struct symbolizer *s)
{
	if (!s)
		return;
	image_free(s->kernel);
	for (size_t i = 0; i < s->module_count; i++) {
		free(s->modules[i].name);
		free(s->modules[i].path);
		image_free(s->modules[i].image);
	}
	free(s->modules);
	free(s);
}

bool symbolizer_has_lines(const struct symbolizer *s)
{
	return s->kernel->dwarf != NULL;
}

bool symbolizer_has_source_function(struct symbolizer *s, const char *name)
{
	return image_has_source_function(s->kernel, name);
}

static struct symbolizer_module *module_entry(struct symbolizer *s, const char *name)
{
	struct symbolizer_module *m;

	for (size_t i = 0; i < s->module_count; i++)
		if (str_eq(s->modules[i].name, name))
			return &s->modules[i];
	m = vec_push(&s->modules, &s->module_count, &s->module_capacity);
	m->name = xstrdup(name);
	return m;
}

void symbolizer_add_module(struct symbolizer *s, const char *name, const char *ko_path)
{
	struct symbolizer_module *m = module_entry(s, name);

	free(m->path);
	m->path = xstrdup(ko_path);
}

void symbolizer_missing_modules(const struct symbolizer *s, struct strv *names)
{
	for (size_t i = 0; i < s->module_count; i++)
		if (s->modules[i].asked && !s->modules[i].image)
			strv_add(names, s->modules[i].name);
	strv_sort(names);
}

void symbolizer_set_offset(struct symbolizer *s, uint64_t kernel_offset)
{
	s->offset = kernel_offset;
}

static struct image *find_image(struct symbolizer *s, const char *module)
{
	struct symbolizer_module *m;

	if (!module)
		return s->kernel;
	m = module_entry(s, module);
	if (!m->asked && m->path)
		m->image = image_open(m->path, m->name, NULL);
	m->asked = true;
	return m->image;
}

/*
 * Static functions share names: the size that the kernel printed tells which is
 * meant. kallsyms counts up to the next symbol, so alignment is in it.
 */
static const struct image_function *pick_function(const struct image *image, const char *name,
						  uint64_t offset, uint64_t size, bool *ambiguous)
{
	const struct image_function *all, *best = NULL;
	size_t count, fitting = 0;
	int best_rank = 0;

	*ambiguous = false;
	all = image_functions_named(image, name, &count);
	for (size_t i = 0; i < count; i++) {
		const struct image_function *f = &all[i];
		int rank = 1;

		if (best && f->address == best->address)
			continue;
		if (size && f->size == size)
			rank = 4;
		else if (size && f->elf_size == size)
			rank = 3;
		else if (offset < f->size)
			rank = 2;
		if (rank > best_rank) {
			best = f;
			best_rank = rank;
			fitting = 1;
		} else if (rank == best_rank) {
			fitting++;
		}
	}
	*ambiguous = fitting > 1;
	return best;
}

bool symbolizer_find(struct symbolizer *s, const char *function, uint64_t offset, uint64_t size,
		     const char *module, bool is_return, struct symbol_place *out)
{
	struct image *image = find_image(s, module);
	const struct image_function *f;
	uint64_t back = is_return && offset > 0 ? 1 : 0;
	bool ambiguous;

	if (!image)
		return false;
	f = pick_function(image, function, offset, size, &ambiguous);
	if (!f || !image_lines_at(image, f->address + offset - back, out))
		return false;
	out->ambiguous = ambiguous;
	return true;
}

bool symbolizer_find_address(struct symbolizer *s, uint64_t address, bool is_return,
			     const char **function, uint64_t *offset, struct symbol_place *out)
{
	uint64_t at = address - s->offset;
	const struct image_function *f = image_function_at(s->kernel, at - (is_return ? 1 : 0));

	if (!f)
		return false;
	*function = f->name;
	*offset = at - f->address;
	out->ambiguous = false;
	return image_lines_at(s->kernel, at - (is_return ? 1 : 0), out);
}

static bool is_symbol_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '$';
}

static bool parse_hex(const char *s, size_t length, size_t *at, uint64_t *out)
{
	size_t i = *at;

	if (i + 2 >= length || s[i] != '0' || s[i + 1] != 'x')
		return false;
	*out = 0;
	for (i += 2; i < length && isxdigit((unsigned char)s[i]); i++) {
		unsigned char c = (unsigned char)tolower((unsigned char)s[i]);

		if (i - *at > 18)
			return false;
		*out = *out << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	if (i == *at + 2)
		return false;
	*at = i;
	return true;
}

/* The last func+0x../0x.. of the line: the kernel puts what matters there. */
static bool find_named(const char *line, size_t length, struct symbol_token *t)
{
	const char *plus = NULL;
	size_t at, start;

	for (size_t i = length; i-- > 1 && !plus;)
		if (line[i] == '+' && is_symbol_char(line[i - 1]) && i + 1 < length &&
		    line[i + 1] == '0')
			plus = line + i;
	if (!plus)
		return false;
	for (start = (size_t)(plus - line); start > 0 && is_symbol_char(line[start - 1]);)
		start--;
	at = (size_t)(plus - line) + 1;
	if (!parse_hex(line, length, &at, &t->offset) || at >= length || line[at++] != '/' ||
	    !parse_hex(line, length, &at, &t->size))
		return false;
	t->start = start;
	t->end = at;
	t->function = xstrndup(line + start, (size_t)(plus - line) - start);
	return true;
}

/* A kernel without kallsyms prints `[<ffffffff81000000>] 0xffffffff81000000`, or only one of both.
 */
static bool find_raw(const char *line, size_t length, struct symbol_token *t, uint64_t *address)
{
	for (size_t i = length; i-- > 0;) {
		size_t at = i;

		if (line[i] != '0' || (i && is_symbol_char(line[i - 1])) ||
		    !parse_hex(line, length, &at, address) || at - i < 10)
			continue;
		t->start = i;
		t->end = at;
		return true;
	}
	return false;
}

/* " [module]" or " [module build-id]" behind the place; NULL: none. Yours. */
static char *parse_module(const char *line, size_t length, size_t at)
{
	size_t end;

	if (at + 2 >= length || line[at] != ' ' || line[at + 1] != '[')
		return NULL;
	for (end = at + 2; end < length && (is_symbol_char(line[end]) || line[end] == '-');)
		end++;
	if (end == at + 2 || end >= length || (line[end] != ']' && line[end] != ' '))
		return NULL;
	return xstrndup(line + at + 2, end - at - 2);
}

/* RIP: and friends print the instruction itself, a call trace what comes after the call. */
static bool is_exact_line(const char *line, size_t length)
{
	static const char *const marks[] = { "RIP", "EIP",   "pc :",	 "PC is at",
					     "NIP", "epc :", "Krnl PSW", "Fault location" };

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (memmem(line, length, marks[i], strlen(marks[i])))
			return true;
	return false;
}

static void add_places(struct strbuf *out, const struct symbol_place *place)
{
	strbuf_addc(out, '(');
	for (size_t i = 0; i < place->count; i++) {
		const struct symbol_line *l = &place->lines[i];

		if (i)
			strbuf_addc(out, ' ');
		if (l->file)
			strbuf_addf(out, "%s:%d", l->file, l->line);
		else
			strbuf_adds(out, "?");
	}
	strbuf_adds(out, place->ambiguous ? " or another of that name)" : ")");
}

/* Copies what is before the place without "[<ffffffff81000000>] ", as decode_stacktrace.sh does. */
static void add_without_address(struct strbuf *out, const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		size_t end = i + 2;

		if (line[i] == '[' && i + 1 < length && line[i + 1] == '<') {
			while (end < length && isxdigit((unsigned char)line[end]))
				end++;
			if (end > i + 2 && end + 1 < length && line[end] == '>' &&
			    line[end + 1] == ']') {
				i = end + 1 + (end + 2 < length && line[end + 2] == ' ');
				continue;
			}
		}
		strbuf_addc(out, line[i]);
	}
}

void symbol_token_clear(struct symbol_token *token)
{
	free(token->function);
	free(token->module);
	*token = (struct symbol_token){ 0 };
}

bool symbolizer_line_token(struct symbolizer *s, const char *line, size_t length,
			   struct symbol_token *t)
{
	bool is_return = !is_exact_line(line, length);
	const char *function;
	uint64_t address;

	*t = (struct symbol_token){ 0 };
	if (find_named(line, length, t)) {
		t->module = parse_module(line, length, t->end);
		t->found = symbolizer_find(s, t->function, t->offset, t->size, t->module, is_return,
					   &t->place);
		return true;
	}
	if (!find_raw(line, length, t, &address))
		return false;
	t->found = symbolizer_find_address(s, address, is_return, &function, &t->offset, &t->place);
	if (t->found)
		t->function = xstrdup(function);
	return true;
}

char *symbolizer_line(struct symbolizer *s, const char *line, size_t length)
{
	struct symbol_token t;
	struct strbuf out = { 0 };

	if (!symbolizer_line_token(s, line, length, &t) || !t.found) {
		symbol_token_clear(&t);
		return xstrndup(line, length);
	}
	add_without_address(&out, line, t.start);
	strbuf_addf(&out, "%s ", t.function);
	add_places(&out, &t.place);
	strbuf_add(&out, line + t.end, length - t.end);
	symbol_token_clear(&t);
	return strbuf_take(&out);
}
