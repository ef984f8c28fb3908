// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deterministic runs of one seed on two sides: all that differs between them is
 * the toggle's doing, so they are laid beside each other line by line.
 */
#include "base/file.h"
#include "base/json.h"
#include "compare/compare-internal.h"
#include "compare/lines.h"

#define MAX_PAIRS 64

static bool is_deterministic(const struct run_facts *run)
{
	return str_eq(json_get_str(run->plan, "mode", ""), "deterministic");
}

static int64_t seed_of(const struct run_facts *run)
{
	return json_get_int(run->run, "seed", -1);
}

static bool is_time(const char *key)
{
	return str_eq(key, "t") || str_eq(key, "seq") || str_ends(key, "_us") ||
	       str_ends(key, "_ms") || str_eq(key, "us");
}

/* What beats and facts say is not what the case did: the toggle's own proof is told by itself. */
static bool is_told(const json_t *frame)
{
	const char *kind = json_get_str(frame, "k", "");

	return !str_eq(kind, "beat") && !str_eq(kind, "fact");
}

/* A frame without its times, those of its `data` too. New reference. */
static json_t *timeless(const json_t *object)
{
	json_t *out = json_object(), *value;
	const char *key;

	json_object_foreach ((json_t *)object, key, value)
		if (json_is_object(value))
			json_object_set_new(out, key, timeless(value));
		else if (!is_time(key))
			json_object_set(out, key, value);
	return out;
}

static void frames_text(const struct run_facts *run, struct strbuf *out)
{
	json_t *frame;
	size_t i;

	json_array_foreach (run->frames, i, frame) {
		_cleanup_json_ json_t *bare = timeless(frame);
		_cleanup_free_ char *line = json_dumps(bare, JSON_COMPACT | JSON_SORT_KEYS);

		if (!line || !is_told(frame))
			continue;
		strbuf_adds(out, line);
		strbuf_addc(out, '\n');
	}
}

static json_t *compare_frames(const struct run_facts *a, const struct run_facts *b)
{
	_cleanup_strbuf_ struct strbuf x = { 0 };
	_cleanup_strbuf_ struct strbuf y = { 0 };

	frames_text(a, &x);
	frames_text(b, &y);
	return lines_compare(x.length ? x.data : "", x.length, y.length ? y.data : "", y.length,
			     MASK_NOTHING);
}

/* Of one kernel nothing was linked anew: another address is another address. */
static enum line_masks masks_for(const struct run_facts *a, const struct run_facts *b)
{
	const char *key = json_get_str(a->kernel, "key", "");

	return *key && str_eq(key, json_get_str(b->kernel, "key", "")) ? MASK_TIMES : MASK_RELINK;
}

static json_t *compare_pair(const struct run_facts *a, const struct run_facts *b, size_t side)
{
	size_t a_length = 0, b_length = 0;
	_cleanup_free_ char *a_console = run_facts_console(a, &a_length);
	_cleanup_free_ char *b_console = run_facts_console(b, &b_length);
	json_t *row = json_object(), *runs = json_array();

	json_array_append_new(runs, json_string(path_base(a->dir)));
	json_array_append_new(runs, json_string(path_base(b->dir)));
	json_set_int(row, "seed", seed_of(a));
	json_set_int(row, "side", (int64_t)side);
	json_object_set_new(row, "runs", runs);
	json_object_set_new(row, "console",
			    a_console && b_console ? lines_compare(a_console, a_length, b_console,
								   b_length, masks_for(a, b))
						   : json_null());
	json_object_set_new(row, "frames", compare_frames(a, b));
	return row;
}

/* Would the two be the same to the byte, were it not for the toggle? */
static bool is_pair(const struct run_facts *a, const struct run_facts *b)
{
	return is_deterministic(a) && is_deterministic(b) && seed_of(a) >= 0 &&
	       seed_of(a) == seed_of(b) &&
	       str_eq(json_get_str(a->machine, "qemu_version", ""),
		      json_get_str(b->machine, "qemu_version", "")) &&
	       !json_get_object(a->plan, "snapshot") == !json_get_object(b->plan, "snapshot");
}

/* The first side's run of that seed, or NULL. */
static const struct run_facts *counterpart(const struct compare_sides *c,
					   const struct run_facts *run)
{
	const struct compare_side *first = &c->sides[0];

	for (size_t r = 0; r < first->run_count; r++)
		if (is_pair(&first->runs[r], run))
			return &first->runs[r];
	return NULL;
}

void compare_divergence(const struct compare_sides *c, json_t *out)
{
	json_t *rows = json_array();
	int64_t left_out = 0;

	for (size_t s = 1; s < c->count; s++)
		for (size_t r = 0; r < c->sides[s].run_count; r++) {
			const struct run_facts *run = &c->sides[s].runs[r];
			const struct run_facts *first = counterpart(c, run);

			if (!first)
				continue;
			if (json_array_size(rows) < MAX_PAIRS)
				json_array_append_new(rows, compare_pair(first, run, s));
			else
				left_out++;
		}
	if (json_array_size(rows)) {
		json_object_set(out, "exact", rows);
		json_set_int(out, "exact_left_out", left_out);
	}
	json_decref(rows);
}
