// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/exact.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "console/console-file.h"

enum { CHUNK_BYTES = 64 * 1024 };

/* In this order: where both differ, the console says more. */
static const struct {
	const char *name;
	bool optional; /* not compared where one has none: a recording is replayed without probes */
} exact_files[] = { { CONSOLE_FILE, false }, { "frames.raw", false }, { "probes.jsonl", true } };

struct exact_file {
	int fd; /* owned; -1: there is none */
	char chunk[CHUNK_BYTES];
	size_t length; /* of what is in chunk */
};

static void exact_file_clear(struct exact_file **f)
{
	if (*f)
		cleanup_close_p(&(*f)->fd);
	free(*f);
}
#define _cleanup_exact_ _cleanup_(exact_file_clear)

static struct exact_file *exact_open(const char *dir, const char *name, struct err *err)
{
	_cleanup_exact_ struct exact_file *f = xcalloc(1, sizeof(*f));
	_cleanup_free_ char *path = path_join(dir, name);
	struct stat st;

	if (str_eq(name, CONSOLE_FILE)) {
		bool missing;

		f->fd = console_open(dir, &missing, err);
		return f->fd >= 0 || missing ? take_ptr(&f) : NULL;
	}
	/* A pipe in somebody else's run directory would block for ever. */
	f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (f->fd < 0 && errno != ENOENT) {
		err_set_errno(err, ERR_HOST, errno, "%s", path);
		return NULL;
	}
	if (f->fd >= 0 && (fstat(f->fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		err_set(err, ERR_INPUT, "%s: not a plain file", path);
		return NULL;
	}
	return take_ptr(&f);
}

/* Fills the chunk from an offset; a file that is none is empty. */
static int exact_fill(struct exact_file *f, off_t offset, struct err *err)
{
	f->length = 0;
	while (f->fd >= 0 && f->length < CHUNK_BYTES) {
		ssize_t n = pread(f->fd, f->chunk + f->length, CHUNK_BYTES - f->length,
				  offset + (off_t)f->length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(err, ERR_HOST, errno, "pread");
		if (n == 0)
			break;
		f->length += (size_t)n;
	}
	return 0;
}

/* Where in a file two of them first part ways. */
struct exact_place {
	off_t line_start;
	uint64_t line;
	uint64_t bytes; /* before it, the same in both */
	const char
		*ended; /* "first", "second": it ends there, and the other goes on; NULL: neither */
};

static void exact_set_line(json_t *out, const char *key, struct exact_file *f, off_t line_start)
{
	char text[EXACT_LINE_BYTES];
	const char *end;
	ssize_t n = f->fd < 0 ? 0 : pread(f->fd, text, sizeof(text), line_start);

	if (n <= 0)
		return;
	end = memchr(text, '\n', (size_t)n);
	json_set_strn(out, key, text, end ? (size_t)(end - text) : (size_t)n);
}

/* 1: they differ, at *place. 0: they are the same. */
static int exact_find(struct exact_file *a, struct exact_file *b, struct exact_place *place,
		      struct err *err)
{
	off_t offset = 0;

	*place = (struct exact_place){ .line = 1 };
	if ((a->fd < 0) != (b->fd < 0))
		return 1;
	for (;;) {
		size_t shorter, i;

		if (exact_fill(a, offset, err) < 0 || exact_fill(b, offset, err) < 0)
			return -1;
		shorter = a->length < b->length ? a->length : b->length;
		for (i = 0; i < shorter && a->chunk[i] == b->chunk[i]; i++) {
			if (a->chunk[i] != '\n')
				continue;
			place->line++;
			place->line_start = offset + (off_t)i + 1;
		}
		if (i < a->length || i < b->length) {
			place->bytes = (uint64_t)offset + i;
			if (i == shorter)
				place->ended = a->length < b->length ? "first" : "second";
			return 1;
		}
		if (i < CHUNK_BYTES)
			return 0;
		offset += CHUNK_BYTES;
	}
}

/* Did the one that ended in one file say nothing in the other that its twin did not say? */
static bool exact_ends_too(const struct exact_place *place, const struct exact_place *other)
{
	return place->ended && (!other || str_eq(place->ended, other->ended));
}

static json_t *exact_describe(const char *name, const struct exact_place *place,
			      struct exact_file *a, struct exact_file *b)
{
	json_t *out = json_object();

	json_set_bool(out, "same", false);
	json_set_str(out, "file", name);
	json_set_int(out, "line", (int64_t)place->line);
	json_set_int(out, "bytes", (int64_t)place->bytes);
	exact_set_line(out, "first", a, place->line_start);
	exact_set_line(out, "second", b, place->line_start);
	return out;
}

json_t *exact_compare(const char *first_dir, const char *second_dir, struct err *err)
{
	struct exact_place places[ARRAY_SIZE(exact_files)];
	const struct exact_place *first = NULL;
	_cleanup_json_ json_t *out = NULL;
	const char *ended = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(exact_files); i++) {
		_cleanup_exact_ struct exact_file *a =
			exact_open(first_dir, exact_files[i].name, err);
		_cleanup_exact_ struct exact_file *b =
			a ? exact_open(second_dir, exact_files[i].name, err) : NULL;
		int differ;

		if (b && exact_files[i].optional && (a->fd < 0 || b->fd < 0))
			continue;
		differ = b ? exact_find(a, b, &places[i], err) : -1;

		if (differ < 0)
			return NULL;
		if (!differ)
			continue;
		ended = exact_ends_too(&places[i], first) ? places[i].ended : NULL;
		if (!first) {
			first = &places[i];
			out = exact_describe(exact_files[i].name, first, a, b);
		}
	}
	if (!out) {
		out = json_object();
		json_set_bool(out, "same", true);
	}
	json_set_str(out, "run", path_base(first_dir));
	if (ended)
		json_set_str(out, "ended", ended);
	return json_incref(out);
}
