// SPDX-License-Identifier: GPL-2.0-or-later
#include "console/frames.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/str.h"

#define FRAME_PREFIX "@klab "
#define WHY_NO_END   "no end frame"

enum {
	FRAME_MAX_LINE = 64 * 1024,	     /* bytes, the newline included (docs/formats.md) */
	FRAME_MAX_JOINED = 16 * 1024 * 1024, /* `data` of all parts of one frame */
	FRAME_MAX_VALUES = 4096,	     /* commas and brackets: a frame of ours has dozens */
	FRAME_MAX_COUNT = 512 * 1024,	     /* frames of one boot */
	FRAME_CHUNK = 128 * 1024,
	NONCE_LENGTH = 16,
	CRC_LENGTH = 8,
};

/* What is carried from one line to the next, and of a line whose end has not come. */
struct frames_parser {
	struct frames *f;
	const char *nonce;
	const struct frames_boot *boot; /* NULL: from no snapshot */
	bool resumed;			/* a frame with the run's own nonce came */
	uint64_t offset;		/* of the line's first byte */
	char last_kind[16];		/* of the frame before */
	struct strbuf line;		/* its first FRAME_MAX_LINE bytes */
	uint64_t line_length;		/* all of it */
	uint64_t next;			/* sequence number that is due */
	uint64_t accepted;		/* genuine frames, parts counted one by one */
	bool end_is_last;		/* the last genuine frame was an end that counts right */
	bool hello_first;
	json_t *open; /* owned: parts are being joined into it */
	uint64_t open_parts;
	struct strbuf data; /* of `open` */
};

static void __attribute__((format(printf, 2, 3))) frames_why(struct frames *f, const char *fmt, ...)
{
	va_list ap;

	if (f->why[0])
		return;
	va_start(ap, fmt);
	vsnprintf(f->why, sizeof(f->why), fmt, ap);
	va_end(ap);
}

/* ---- one line ---- */

/* A decimal number without sign, space or leading zero, at the start of s. NULL: it is none. */
static const char *scan_u63(const char *s, const char *end, uint64_t *out)
{
	const char *start = s;
	uint64_t value = 0;

	for (; s < end && *s >= '0' && *s <= '9'; s++) {
		if (value > (INT64_MAX - 9) / 10)
			return NULL;
		value = value * 10 + (uint64_t)(*s - '0');
	}
	if (s == start || (*start == '0' && s > start + 1))
		return NULL;
	*out = value;
	return s;
}

static const char *scan_crc(const char *s, const char *end, uint32_t *out)
{
	uint32_t value = 0;

	if (end - s < CRC_LENGTH)
		return NULL;
	for (int i = 0; i < CRC_LENGTH; i++, s++) {
		if (*s >= '0' && *s <= '9')
			value = value << 4 | (uint32_t)(*s - '0');
		else if (*s >= 'a' && *s <= 'f')
			value = value << 4 | (uint32_t)(*s - 'a' + 10);
		else
			return NULL;
	}
	*out = value;
	return s;
}

static const char *scan_space(const char *s, const char *end)
{
	return s && s < end && *s == ' ' ? s + 1 : NULL;
}

/*
 * A JSON value costs about a hundred bytes of memory, and two bytes of text are
 * enough for one: more values than any frame has are not looked at.
 */
static bool has_too_many_values(const char *json, size_t length)
{
	size_t values = 0;
	bool quoted = false;

	for (size_t i = 0; i < length; i++) {
		if (quoted && json[i] == '\\')
			i++;
		else if (json[i] == '"')
			quoted = !quoted;
		else if (!quoted && (json[i] == ',' || json[i] == '[' || json[i] == '{'))
			values++;
	}
	return values > FRAME_MAX_VALUES;
}

/* The JSON of a line that is a frame of this boot, new reference; NULL: forged or damaged. */
static json_t *frame_decode(const char *line, size_t length, const char *nonce, uint64_t *seq)
{
	const char *end = line + length;
	const char *signed_part = line + strlen(FRAME_PREFIX);
	const char *signed_end, *s;
	uint64_t json_length;
	uint32_t crc, crc_found;
	json_t *json;

	if (end - signed_part <= NONCE_LENGTH || strlen(nonce) != NONCE_LENGTH ||
	    memcmp(signed_part, nonce, NONCE_LENGTH) != 0)
		return NULL;
	s = scan_space(signed_part + NONCE_LENGTH, end);
	s = s ? scan_u63(s, end, seq) : NULL;
	s = scan_space(s, end);
	signed_end = s;
	s = s ? scan_u63(s, end, &json_length) : NULL;
	s = scan_space(s, end);
	s = s ? scan_crc(s, end, &crc) : NULL;
	s = scan_space(s, end);
	if (!s || json_length != (uint64_t)(end - s))
		return NULL;
	crc_found = crc32_ieee(0, signed_part, (size_t)(signed_end - signed_part));
	crc_found = crc32_ieee(crc_found, s, (size_t)json_length);
	if (crc_found != crc || has_too_many_values(s, (size_t)json_length))
		return NULL;
	json = json_loadb(s, (size_t)json_length, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(json) || !json_is_string(json_object_get(json, "k"))) {
		json_decref(json);
		return NULL;
	}
	return json;
}

/* ---- parts ---- */

static void frames_keep(struct frames_parser *p, json_t *frame)
{
	if (json_array_size(p->f->list) >= FRAME_MAX_COUNT) {
		frames_why(p->f, "more than %d frames", FRAME_MAX_COUNT);
		json_decref(frame);
		return;
	}
	json_array_append_new(p->f->list, frame);
}

/* Parts that never came to their end are no frame. */
static void parts_drop(struct frames_parser *p)
{
	if (!p->open)
		return;
	frames_why(p->f, "frame %" PRId64 " lacks its last part", json_get_int(p->open, "seq", 0));
	json_decref(p->open);
	p->open = NULL;
	strbuf_reset(&p->data);
}

static void parts_finish(struct frames_parser *p)
{
	json_object_del(p->open, "part");
	json_object_del(p->open, "more");
	json_object_set_new(p->open, "data",
			    json_stringn(p->data.data ? p->data.data : "", p->data.length));
	frames_keep(p, take_ptr(&p->open));
	strbuf_reset(&p->data);
}

/* Does this frame go on where the open one stands? */
static bool part_continues(const struct frames_parser *p, const json_t *frame)
{
	return p->open && json_get_int(frame, "part", -1) == (int64_t)p->open_parts &&
	       str_eq(json_get_str(frame, "k", ""), json_get_str(p->open, "k", "")) &&
	       json_is_string(json_object_get(frame, "data"));
}

static void frames_take_part(struct frames_parser *p, json_t *frame)
{
	const json_t *data = json_object_get(frame, "data");
	bool first = json_get_int(frame, "part", -1) == 0 && json_is_string(data);

	if (first)
		parts_drop(p);
	if (!first && !part_continues(p, frame)) {
		parts_drop(p);
		p->f->forged++;
		frames_why(p->f, "frame %" PRId64 " is a part of nothing",
			   json_get_int(frame, "seq", 0));
		json_decref(frame);
		return;
	}
	if (p->data.length + json_string_length(data) > FRAME_MAX_JOINED) {
		frames_why(p->f, "frame %" PRId64 " is larger than %d bytes",
			   json_get_int(first ? frame : p->open, "seq", 0), FRAME_MAX_JOINED);
		parts_drop(p);
		p->f->forged++;
		json_decref(frame);
		return;
	}
	strbuf_add(&p->data, json_string_value(data), json_string_length(data));
	if (first) {
		p->open = json_incref(frame);
		p->open_parts = 0;
	}
	p->open_parts++;
	if (!json_get_bool(frame, "more", false))
		parts_finish(p);
	json_decref(frame);
}

/* ---- the sequence ---- */

/* False: the number came before. A number that is skipped is a gap, and the frame still counts. */
static bool frames_take_sequence(struct frames_parser *p, uint64_t seq)
{
	if (seq < p->next) {
		p->f->gaps++;
		frames_why(p->f, "frame %" PRIu64 " doubled or out of order", seq);
		return false;
	}
	if (seq > p->next) {
		p->f->gaps += seq - p->next;
		frames_why(p->f, "frame %" PRIu64 " is missing", p->next);
		parts_drop(p);
	}
	p->next = seq + 1;
	return true;
}

/* Is this line of the part that all runs from the snapshot share? */
static bool is_of_boot(const struct frames_parser *p)
{
	return p->boot && p->offset < p->boot->bytes;
}

/* Of a run from a snapshot: where it begins to be a run of its own, and nowhere else. */
static void frames_take_seam(struct frames_parser *p, const char *kind, uint64_t seq)
{
	bool begins = p->boot && !p->resumed && !is_of_boot(p);

	if (begins && !str_eq(p->last_kind, "checkpoint"))
		frames_why(p->f, "frame %" PRIu64 " goes on from no checkpoint", seq);
	else if (begins != str_eq(kind, "resume"))
		frames_why(p->f,
			   begins ? "frame %" PRIu64 " goes on without a word of it"
				  : "frame %" PRIu64 " says that it goes on from a snapshot",
			   seq);
	p->resumed |= begins;
	snprintf(p->last_kind, sizeof(p->last_kind), "%.15s", kind ? kind : "");
}

static void frames_take(struct frames_parser *p, json_t *frame, uint64_t seq)
{
	const char *kind = json_get_str(frame, "k", "");

	/* Not even another end: init had said its last word. */
	if (p->end_is_last)
		frames_why(p->f, "frame %" PRIu64 " came after the end frame", seq);
	p->end_is_last = false;
	if (!frames_take_sequence(p, seq)) {
		json_decref(frame);
		return;
	}
	frames_take_seam(p, kind, seq);
	if (p->accepted == 0 && str_eq(kind, "hello"))
		p->hello_first = true;
	if (str_eq(kind, "end")) {
		int64_t said = json_get_int(frame, "frames", -1);

		p->end_is_last = said >= 0 && (uint64_t)said == p->accepted;
		if (!p->end_is_last)
			frames_why(p->f,
				   "the end frame counts %" PRId64 " frames, %" PRIu64 " came",
				   said, p->accepted);
	}
	p->accepted++;
	json_set_int(frame, "seq", (int64_t)seq);
	if (json_object_get(frame, "part")) {
		frames_take_part(p, frame);
		return;
	}
	parts_drop(p);
	frames_keep(p, frame);
}

/* Of a line longer than FRAME_MAX_LINE, only the beginning is looked at. */
static void frames_take_line(struct frames_parser *p, const char *line, uint64_t length)
{
	struct frames *f = p->f;
	uint64_t whole = length + 1; /* with its newline */
	uint64_t seq = 0;
	json_t *frame;

	if (length && length <= FRAME_MAX_LINE && line[length - 1] == '\r')
		length--; /* a tty that maps NL to CR NL */
	if (length == 0)
		return; /* frames stand between newlines */
	if (length < strlen(FRAME_PREFIX) ||
	    memcmp(line, FRAME_PREFIX, strlen(FRAME_PREFIX)) != 0) {
		f->noise_bytes += whole;
		return;
	}
	frame = length < FRAME_MAX_LINE
			? frame_decode(line, (size_t)length,
				       is_of_boot(p) ? p->boot->nonce : p->nonce, &seq)
			: NULL;
	if (!frame) {
		f->forged++;
		frames_why(f, "a line that looks like frame %" PRIu64 " is damaged or forged",
			   p->next);
		return;
	}
	frames_take(p, frame, seq);
}

/* Bytes of the line that is being read. */
static void line_add(struct frames_parser *p, const char *bytes, size_t length)
{
	size_t room = FRAME_MAX_LINE - p->line.length;

	strbuf_add(&p->line, bytes, length < room ? length : room);
	p->line_length += length;
}

static void frames_feed(struct frames_parser *p, const char *bytes, size_t length)
{
	const char *end = bytes + length;

	while (bytes < end) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));

		line_add(p, bytes, (size_t)((newline ? newline : end) - bytes));
		if (!newline)
			return;
		frames_take_line(p, p->line.data ? p->line.data : "", p->line_length);
		strbuf_reset(&p->line);
		p->offset += p->line_length + 1;
		p->line_length = 0;
		bytes = newline + 1;
	}
}

static void frames_finish(struct frames_parser *p)
{
	struct frames *f = p->f;

	/* Without its newline a line may have been cut, wherever it seems to end. */
	f->noise_bytes += p->line_length;
	strbuf_clear(&p->line);
	parts_drop(p);
	strbuf_clear(&p->data);
	if (p->accepted == 0)
		frames_why(f, "no frame of this boot");
	else if (!p->hello_first)
		frames_why(f, "the first frame is no hello");
	else if (!p->end_is_last)
		frames_why(f, WHY_NO_END " after frame %" PRIu64, p->next - 1);
	f->complete = f->why[0] == '\0';
}

void frames_parse_from(struct frames *f, const char *bytes, size_t length,
		       const struct frames_boot *boot, const char *nonce)
{
	struct frames_parser p = { .f = f, .nonce = nonce ? nonce : "", .boot = boot };

	*f = (struct frames){ .list = json_array() };
	frames_feed(&p, bytes, length);
	frames_finish(&p);
}

void frames_parse(struct frames *f, const char *bytes, size_t length, const char *nonce)
{
	frames_parse_from(f, bytes, length, NULL, nonce);
}

void frames_clear(struct frames *f)
{
	if (!f)
		return;
	json_decref(f->list);
	*f = (struct frames){ 0 };
}

/* ---- run directory ---- */

/* Piece by piece: the port may hold far more than what is kept of it. */
static int read_raw(struct frames *f, const char *path, const struct frames_boot *boot,
		    const char *nonce, struct err *err)
{
	struct frames_parser p = { .f = f, .nonce = nonce ? nonce : "", .boot = boot };
	_cleanup_free_ char *chunk = xmalloc(FRAME_CHUNK);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error = 0;
	ssize_t n;

	if (fd < 0)
		return err_set_errno(err, ERR_HOST, errno, "%s", path);
	f->list = json_array();
	while ((n = read(fd, chunk, FRAME_CHUNK)) != 0) {
		if (n < 0 && errno != EINTR) {
			error = errno;
			break;
		}
		if (n > 0)
			frames_feed(&p, chunk, (size_t)n);
	}
	frames_finish(&p);
	return error ? err_set_errno(err, ERR_HOST, error, "%s", path) : 0;
}

/* A line a frame, complete by rename; never all of them in memory a second time. */
static int write_list(const struct frames *f, const char *path, struct err *err)
{
	_cleanup_free_ char *part = xasprintf("%s.part", path);
	FILE *file = fopen(part, "we");
	bool good = file != NULL;
	json_t *frame;
	size_t i;

	json_array_foreach (f->list, i, frame)
		good = good && json_dumpf(frame, file, JSON_COMPACT) == 0 &&
		       putc('\n', file) != EOF;
	if (file && fclose(file) != 0)
		good = false;
	if (good && rename(part, path) == 0)
		return 0;
	err_set_errno(err, ERR_HOST, errno, "cannot write %s", path);
	unlink(part);
	return -1;
}

int frames_read_run(struct frames *f, const char *run_dir, const struct frames_boot *boot,
		    const char *nonce, struct err *err)
{
	_cleanup_free_ char *raw_path = path_join(run_dir, "frames.raw");
	_cleanup_free_ char *list_path = path_join(run_dir, "frames.jsonl");

	*f = (struct frames){ 0 };
	if (read_raw(f, raw_path, boot, nonce, err) == 0 && write_list(f, list_path, err) == 0)
		return 0;
	frames_clear(f);
	return -1;
}

static bool value_is(const json_t *value, const char *text)
{
	char number[32];

	if (json_is_string(value))
		return str_eq(json_string_value(value), text);
	if (!json_is_integer(value))
		return false;
	snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return str_eq(number, text);
}

bool frames_tell_all(const struct frames *f)
{
	const json_t *last = json_array_get(f->list, json_array_size(f->list) - 1);

	return f->complete && str_eq(json_get_str(last, "k", ""), "end");
}

bool frames_tell_checkpoint(const struct frames *f)
{
	size_t count = json_array_size(f->list);
	json_t *frame;
	size_t i;

	json_array_foreach (f->list, i, frame) {
		const char *kind = json_get_str(frame, "k", "");

		if (str_eq(kind, "hello") != (i == 0) ||
		    str_eq(kind, "checkpoint") != (i + 1 == count))
			return false;
	}
	/* All else that can be wrong is told before that. */
	return count > 1 && !f->forged && !f->gaps && str_starts(f->why, WHY_NO_END);
}

json_t *frames_find(const struct frames *f, const char *k, const char *key, const char *value)
{
	for (size_t i = json_array_size(f->list); i-- > 0;) {
		json_t *frame = json_array_get(f->list, i);

		if (str_eq(json_get_str(frame, "k", ""), k) &&
		    (!key || value_is(json_object_get(frame, key), value)))
			return frame;
	}
	return NULL;
}
