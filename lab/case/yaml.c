// SPDX-License-Identifier: GPL-2.0-or-later
#include "case/yaml.h"

#include <libfyaml.h>

/* A place in the text that the scanner has passed. */
struct yaml_cursor {
	size_t pos;
	int line, column;
};

struct yaml_builder {
	struct mistakes *m;
	const char *bytes;
	size_t length;
	struct yaml_cursor cursor;
	struct yaml_node *root;
	struct yaml_node *open[YAML_MAX_DEPTH]; /* the lists and maps we are inside of */
	size_t depth;
	struct yaml_node *key; /* read, waiting for its value; owned */
	size_t nodes;
	size_t documents;
	bool stopped; /* what follows would only repeat the mistake */
};

static const char *what_of(const struct mistakes *m)
{
	return m->of ? m->of : "case";
}

/* ---- before libfyaml sees it ------------------------------------------ */

/* libfyaml is given nothing but text: its scanner need not be trusted with more. */
static bool check_text(const char *bytes, size_t length, struct mistakes *m)
{
	int line = 1, column = 1;
	size_t i = 0;

	while (i < length) {
		unsigned char c = (unsigned char)bytes[i];
		size_t n = utf8_char_length(bytes + i, length - i);

		if (n == 0) {
			mistakes_add(m, line, column,
				     "byte 0x%02x is no UTF-8; expected UTF-8 text", c);
			return false;
		}
		if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) {
			mistakes_add(m, line, column,
				     "control character 0x%02x; expected text (a string in double "
				     "quotes may say \\x%02x)",
				     c, c);
			return false;
		}
		if (c == '\n') {
			line++;
			column = 1;
		} else {
			column++;
		}
		i += n;
	}
	return true;
}

/* ---- events to nodes ---------------------------------------------------- */

static void builder_stop(struct yaml_builder *b, const struct fy_mark *mark, const char *text)
{
	mistakes_add(b->m, mark ? mark->line + 1 : 1, mark ? mark->column + 1 : 1, "%s", text);
	b->stopped = true;
}

/* As builder_stop(), for a mark that stands behind the `&` or `*`. */
static void builder_stop_at_sign(struct yaml_builder *b, const struct fy_mark *mark,
				 const char *text)
{
	struct fy_mark sign = mark ? *mark : (struct fy_mark){ 0 };

	if (sign.column > 0)
		sign.column--;
	builder_stop(b, &sign, text);
}

static void cursor_step(struct yaml_builder *b)
{
	size_t n = utf8_char_length(b->bytes + b->cursor.pos, b->length - b->cursor.pos);

	if (b->bytes[b->cursor.pos] == '\n') {
		b->cursor.line++;
		b->cursor.column = 0;
	}
	b->cursor.column++;
	b->cursor.pos += n;
}

/* libfyaml gives no place for an item of which there is only the dash. */
static void cursor_to_dash(struct yaml_builder *b)
{
	bool comment = false;

	while (b->cursor.pos < b->length) {
		char c = b->bytes[b->cursor.pos];

		if (c == '-' && !comment)
			return;
		comment = c == '#' || (comment && c != '\n');
		cursor_step(b);
	}
}

static void cursor_follow(struct yaml_builder *b, const struct fy_mark *mark)
{
	if (mark && mark->input_pos >= b->cursor.pos && mark->input_pos <= b->length)
		b->cursor =
			(struct yaml_cursor){ mark->input_pos, mark->line + 1, mark->column + 1 };
}

static struct yaml_node *node_new(struct yaml_builder *b, enum yaml_kind kind,
				  const struct fy_mark *mark)
{
	struct yaml_node *node = xcalloc(1, sizeof(*node));

	node->kind = kind;
	if (mark) {
		node->line = mark->line + 1;
		node->column = mark->column + 1;
	} else if (b->key) {
		node->line = b->key->line;
		node->column = b->key->column;
	} else {
		cursor_to_dash(b);
		node->line = b->cursor.line;
		node->column = b->cursor.column;
		if (b->cursor.pos < b->length)
			cursor_step(b);
	}
	return node;
}

static void builder_take_key(struct yaml_builder *b, struct yaml_node *map, struct yaml_node *key)
{
	struct yaml_node *earlier = yaml_get(map, key->text);

	if (key->kind != YAML_SCALAR || yaml_is_empty(key)) {
		mistakes_add(b->m, key->line, key->column, "a key that is %s; expected a word",
			     yaml_kind_name(key));
		b->stopped = true;
	} else if (earlier) {
		mistakes_add(b->m, key->line, key->column,
			     "`%.60s` is there twice; the first is on line %d", key->text,
			     earlier->key->line);
	}
	b->key = key;
}

/* Puts a node where it belongs; takes it. */
static void builder_place(struct yaml_builder *b, struct yaml_node *node,
			  const struct fy_mark *mark)
{
	struct yaml_node *parent = b->depth ? b->open[b->depth - 1] : NULL;

	if (!parent) {
		yaml_free(b->root);
		b->root = node;
	} else if (parent->kind == YAML_MAP && !b->key) {
		builder_take_key(b, parent, node);
		return;
	} else {
		node->key = take_ptr(&b->key);
		*vec_push(&parent->items, &parent->count, &parent->capacity) = node;
		if (parent->kind == YAML_MAP && parent->count > YAML_MAX_KEYS)
			builder_stop(b, mark, "more than 500 keys in one map; expected fewer");
	}
	if (node->kind == YAML_SCALAR)
		return;
	if (b->depth == YAML_MAX_DEPTH)
		builder_stop(b, mark, "nested deeper than 16 levels; expected a flatter file");
	else
		b->open[b->depth++] = node;
}

/*
 * A line break within quotes: blanks around it go, one break becomes a blank,
 * of several the first goes (YAML 1.2.2, 6.5). Returns where the text goes on.
 */
static size_t fold_break(const char *bytes, size_t pos, size_t end, struct strbuf *out)
{
	size_t breaks = 0;

	while (out->length &&
	       (out->data[out->length - 1] == ' ' || out->data[out->length - 1] == '\t'))
		out->data[--out->length] = '\0';
	for (; pos < end && strchr(" \t\r\n", bytes[pos]); pos++)
		breaks += bytes[pos] == '\n';
	if (breaks == 1)
		strbuf_addc(out, ' ');
	for (; breaks > 1; breaks--)
		strbuf_addc(out, '\n');
	return pos;
}

/*
 * The text of a string in single quotes, from the bytes between them: of two ''
 * in a row libfyaml 0.7.12 makes three quotes and cuts the end, and of five it
 * loses memory (fy_atom_format_text()).
 */
static char *single_quoted_text(const struct yaml_builder *b, struct fy_token *token)
{
	const struct fy_mark *from = fy_token_start_mark(token), *to = fy_token_end_mark(token);
	_cleanup_strbuf_ struct strbuf out = { 0 };
	size_t pos = from ? from->input_pos : 0;
	size_t end = to && to->input_pos <= b->length ? to->input_pos : pos;

	while (pos < end) {
		char c = b->bytes[pos];

		if (c == '\n' || c == '\r') {
			pos = fold_break(b->bytes, pos, end, &out);
			continue;
		}
		strbuf_addc(&out, c);
		pos += c == '\'' && pos + 1 < end ? 2 : 1;
	}
	return strbuf_take(&out);
}

static void builder_scalar(struct yaml_builder *b, struct fy_event *event,
			   const struct fy_mark *mark)
{
	enum fy_scalar_style style = fy_token_scalar_style(event->scalar.value);
	struct yaml_node *node = node_new(b, YAML_SCALAR, mark);
	const char *text = NULL;
	size_t length = 0;

	node->plain = !event->scalar.value || style == FYSS_PLAIN;
	/* The mark stands behind the quote. */
	if ((style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) && node->column > 1)
		node->column--;
	if (style == FYSS_SINGLE_QUOTED) {
		node->text = single_quoted_text(b, event->scalar.value);
	} else {
		text = fy_token_get_text(event->scalar.value, &length);
		node->text = xstrndup(text ? text : "", text ? length : 0);
	}
	node->length = strlen(node->text);
	if (text && node->length != length)
		mistakes_add(b->m, node->line, node->column,
			     "a NUL character in the text; expected text without one");
	builder_place(b, node, mark);
}

static void builder_no_extras(struct yaml_builder *b, struct fy_token *anchor, struct fy_token *tag)
{
	if (anchor)
		builder_stop_at_sign(b, fy_token_start_mark(anchor),
				     "an anchor (&name); expected the value written out");
	else if (tag)
		builder_stop(b, fy_token_start_mark(tag),
			     "a tag (!type); expected the value alone");
}

static void builder_event(struct yaml_builder *b, struct fy_event *event)
{
	const struct fy_mark *mark = fy_event_start_mark(event);

	if (event->type != FYET_MAPPING_END && event->type != FYET_SEQUENCE_END)
		cursor_follow(b, mark);
	if (event->type == FYET_MAPPING_START || event->type == FYET_SEQUENCE_START ||
	    event->type == FYET_SCALAR) {
		if (++b->nodes > YAML_MAX_NODES) {
			builder_stop(b, mark, "more than 20000 values; expected a smaller file");
			return;
		}
	}
	switch (event->type) {
	case FYET_DOCUMENT_START:
		if (++b->documents > 1)
			builder_stop(b, mark,
				     "a second document (---); expected one document a file");
		break;
	case FYET_ALIAS:
		builder_stop_at_sign(b, mark, "an alias (*name); expected the value written out");
		break;
	case FYET_SCALAR:
		builder_no_extras(b, event->scalar.anchor, event->scalar.tag);
		builder_scalar(b, event, mark);
		break;
	case FYET_MAPPING_START:
		builder_no_extras(b, event->mapping_start.anchor, event->mapping_start.tag);
		builder_place(b, node_new(b, YAML_MAP, mark), mark);
		break;
	case FYET_SEQUENCE_START:
		builder_no_extras(b, event->sequence_start.anchor, event->sequence_start.tag);
		builder_place(b, node_new(b, YAML_LIST, mark), mark);
		break;
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END:
		if (b->depth)
			b->depth--;
		break;
	default:
		break;
	}
}

/* ---- syntax errors -------------------------------------------------------- */

/* Column of a tab in the indentation of the line, 1-based, 0 if there is none. */
static int tab_in_indent(const char *bytes, size_t length, int line)
{
	const char *p = bytes, *end = bytes + length;
	int column = 1;

	while (line > 1 && p) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : NULL;
		line--;
	}
	for (; p && p < end && (*p == ' ' || *p == '\t'); p++, column++)
		if (*p == '\t')
			return column;
	return 0;
}

static void report_syntax(struct fy_diag *diag, const char *bytes, size_t length,
			  struct mistakes *m)
{
	struct fy_diag_error *error;
	void *prev = NULL;
	int line, tab;

	do
		error = fy_diag_errors_iterate(diag, &prev);
	while (error && error->type != FYET_ERROR);
	if (!error) {
		mistakes_add(m, 1, 1, "this is no YAML; expected a %s, see `klab help %s`",
			     what_of(m), what_of(m));
		return;
	}
	/* libfyaml blames the token before the tab: look at its line and the next. */
	for (line = error->line; line <= error->line + 1; line++) {
		tab = tab_in_indent(bytes, length, line);
		if (tab) {
			mistakes_add(m, line, tab,
				     "a tab in the indentation; expected spaces, YAML takes no "
				     "tabs there");
			return;
		}
	}
	mistakes_add(m, error->line > 0 ? error->line : 1, error->column > 0 ? error->column : 1,
		     "%s; expected YAML", error->msg ? error->msg : "not understood");
}

static void parse_events(struct yaml_builder *b, struct fy_parser *parser)
{
	struct fy_event *event;

	while (!b->stopped && (event = fy_parser_parse(parser))) {
		builder_event(b, event);
		cursor_follow(b, fy_event_end_mark(event));
		fy_parser_event_free(parser, event);
	}
}

struct yaml_node *yaml_parse(const char *bytes, size_t length, struct mistakes *m)
{
	struct yaml_builder b = { .m = m, .bytes = bytes, .length = length, .cursor = { 0, 1, 1 } };
	struct fy_diag_cfg diag_cfg;
	struct fy_parse_cfg cfg = { .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE };
	struct fy_parser *parser;

	if (length > YAML_MAX_BYTES) {
		mistakes_add(m, 1, 1, "the file has %zu bytes; expected at most 1 MiB", length);
		return NULL;
	}
	if (!check_text(bytes, length, m))
		return NULL;
	fy_diag_cfg_default(&diag_cfg);
	diag_cfg.fp = NULL;
	cfg.diag = fy_diag_create(&diag_cfg);
	if (!cfg.diag)
		abort();
	fy_diag_set_collect_errors(cfg.diag, true);
	parser = fy_parser_create(&cfg);
	if (!parser || fy_parser_set_string(parser, bytes, length))
		abort(); /* these fail for want of memory only */
	parse_events(&b, parser);
	if (!b.stopped && fy_parser_get_stream_error(parser)) {
		report_syntax(cfg.diag, bytes, length, m);
		b.stopped = true;
	}
	fy_parser_destroy(parser);
	fy_diag_destroy(cfg.diag);
	yaml_free(b.key);
	if (!b.stopped && !b.root)
		mistakes_add(m, 1, 1, "the file is empty; expected a %s, see `klab help %s`",
			     what_of(m), what_of(m));
	if (b.stopped) {
		yaml_free(b.root);
		b.root = NULL;
	}
	return b.root;
}
