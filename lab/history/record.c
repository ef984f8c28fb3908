/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "history/record.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "history/history.h"

enum { SECONDS_A_DAY = 86400 };

char *record_text(const char *text)
{
	size_t length = strnlen(text, RECORD_MAX_TEXT + 1);

	if (length > RECORD_MAX_TEXT) {
		length = RECORD_MAX_TEXT;
		while (length && ((unsigned char)text[length] & 0xc0) == 0x80)
			length--;
	}
	return xstrndup(text, length);
}

static int complain(const struct record *r, const char *file, const char *what, struct err *err)
{
	return err_set(err, ERR_INPUT, "%s/%s: %s", r->facts.dir, file, what);
}

/* What a file's name may be made of, and so an id. */
static bool is_id(const char *text)
{
	size_t length = strlen(text);

	if (!length || length > 255 || text[0] == '.')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("._+-", text[i]))
			return false;
	return true;
}

/* Only as we write it: "2026-11-22T19:32:44Z". */
static bool parse_time(const char *text, int64_t *out)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);

	if (!end || *end || strlen(text) != 20)
		return false;
	*out = timegm(&tm);
	return *out > 0;
}

int history_night_parse(const char *text, int64_t *night, struct err *err)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%d", &tm);
	char again[16] = "";
	int64_t day = 0;

	if (end && !*end) {
		day = timegm(&tm) / SECONDS_A_DAY;
		history_night_format(day, again);
	}
	if (!again[0] || !str_eq(text, again))
		return err_set(err, ERR_INPUT, "'%s': expected a day, as 2026-11-28", text);
	*night = day;
	return 0;
}

void history_night_format(int64_t night, char out[16])
{
	time_t second = night * SECONDS_A_DAY;
	struct tm tm = { 0 };

	gmtime_r(&second, &tm);
	if (strftime(out, 16, "%Y-%m-%d", &tm) == 0)
		out[0] = '\0';
}

int64_t record_latest_night(void)
{
	return clock_realtime_s() / SECONDS_A_DAY + 1;
}

static void add_json(struct hasher *h, const json_t *value)
{
	char *text =
		value ? json_dumps(value, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	hasher_adds(h, text);
	free(text);
}

static void end_digest(struct hasher *h, char out[RECORD_DIGEST_SIZE])
{
	char hex[HASH_HEX_SIZE];

	hasher_end(h, hex);
	memcpy(out, hex, RECORD_DIGEST_SIZE - 1);
	out[RECORD_DIGEST_SIZE - 1] = '\0';
}

static void make_digests(struct record *r)
{
	struct hasher *identity = hasher_new(), *judged = hasher_new();

	hasher_adds(identity, r->name);
	hasher_adds(identity, json_get_str(r->facts.run, "host", ""));
	hasher_adds(identity, json_get_str(r->facts.run, "started", ""));
	hasher_adds(identity, json_get_str(r->facts.kernel, "key", NULL));
	add_json(identity, r->facts.plan);
	end_digest(identity, r->identity);
	add_json(judged, json_object_get(r->facts.run, "state"));
	add_json(judged, r->facts.machine);
	add_json(judged, r->facts.verdict);
	add_json(judged, r->facts.reports);
	add_json(judged, r->facts.frames);
	end_digest(judged, r->judged);
}

/* A revision that goes on from night to night: a branch. No hash, no tag of a version, no HEAD~2.
 */
static bool is_branch(const char *rev)
{
	size_t length = strlen(rev);

	return length && length < 100 && strspn(rev, "0123456789abcdef") != length &&
	       !strpbrk(rev, "^~@: ") && !str_eq(rev, "HEAD") &&
	       !(rev[0] == 'v' && isdigit((unsigned char)rev[1]));
}

/* "6.1.192-rc1" -> "6.1" */
static char *version_line(const char *release)
{
	size_t major = strspn(release, "0123456789");
	size_t minor = release[major] == '.' ? strspn(release + major + 1, "0123456789") : 0;

	return major && minor ? xstrndup(release, major + 1 + minor) : xstrdup("?");
}

static char *line_of(const struct record *r)
{
	const json_t *source = json_object_get(r->facts.kernel, "source");
	const char *own = json_get_str(json_object_get(r->facts.run, "nightly"), "line", "");
	const char *rev = json_get_str(source, "rev", "");

	if (own[0])
		return record_text(own);
	if (str_eq(json_get_str(source, "kind", ""), "git") && is_branch(rev))
		return record_text(rev);
	return version_line(json_get_str(source, "release", ""));
}

static char *joined(const json_t *list, const char *separator)
{
	_cleanup_strv_ struct strv words = { 0 };
	_cleanup_free_ char *text = NULL;

	json_to_strv(list, &words);
	text = strv_join(&words, separator);
	return record_text(text);
}

static void read_series(struct record *r)
{
	r->line = line_of(r);
	r->config = joined(json_object_get(r->facts.plan, "kconfig"), "+");
	/* What case and klab add may change; before klab noted it, what was asked for is not known.
	 */
	r->append = joined(json_object_get(r->facts.plan, "asked_append"), " ");
	r->mode = record_text(json_get_str(r->facts.run, "mode", ""));
	r->bisect = record_text(json_get_str(json_object_get(r->facts.run, "bisect"), "id", ""));
}

static int check_night(const struct record *r, struct err *err)
{
	char night[16], latest[16];

	if (r->night <= record_latest_night())
		return 0;
	history_night_format(r->night, night);
	history_night_format(record_latest_night(), latest);
	return err_set(err, ERR_INPUT,
		       "%s/run.json: the night of %s is yet to come, expected at most %s: one of "
		       "the clocks is wrong",
		       r->facts.dir, night, latest);
}

static int read_night(struct record *r, struct err *err)
{
	const char *own = json_get_str(json_object_get(r->facts.run, "nightly"), "night", NULL);

	if (!parse_time(json_get_str(r->facts.run, "started", ""), &r->started))
		return complain(r, "run.json", "'started' is no time as 2026-11-28T01:30:35Z", err);
	if (!own) {
		r->night = r->started / SECONDS_A_DAY;
	} else if (history_night_parse(own, &r->night, err) < 0) {
		return err_add(err, "%s/run.json: the night", r->facts.dir);
	}
	return check_night(r, err);
}

static int read_names(struct record *r, struct err *err)
{
	const char *id = json_get_str(r->facts.run, "id", "");
	const char *case_name = json_get_str(r->facts.run, "case", "");

	if (!is_id(id))
		return complain(r, "run.json", "'id' is none of a run", err);
	if (!is_id(case_name))
		return complain(r, "run.json", "'case' is no name of a case", err);
	r->name = xstrdup(id);
	r->case_name = xstrdup(case_name);
	return 0;
}

int record_read(struct record *r, const char *run_dir, struct err *err)
{
	_cleanup_close_ int lock = -1;
	char absolute[PATH_MAX];

	*r = (struct record){ 0 };
	if (!realpath(run_dir, absolute))
		return err_set_errno(err, ERR_INPUT, errno, "%s", run_dir);
	r->folder = xstrdup(absolute);
	/* Whoever runs it holds its folder: it must not end between two of its files. What cannot
	 * be locked at all is nobody's any more. */
	lock = file_lock_dir(run_dir, &r->going_on, NULL);
	if (run_facts_load(&r->facts, run_dir, err) < 0 || read_names(r, err) < 0)
		return -1;
	if (r->going_on)
		return 0;
	if (!r->facts.plan)
		return complain(r, "plan.json", "there is none", err);
	if (read_night(r, err) < 0)
		return -1;
	read_series(r);
	r->verdict = compare_run_word(&r->facts);
	r->why = record_text(json_get_str(
		json_array_get(json_get_array(r->facts.verdict, "reasons"), 0), "what", ""));
	make_digests(r);
	return 0;
}

void record_clear(struct record *r)
{
	run_facts_clear(&r->facts);
	free(r->name);
	free(r->folder);
	free(r->case_name);
	free(r->line);
	free(r->config);
	free(r->append);
	free(r->mode);
	free(r->bisect);
	free(r->why);
	*r = (struct record){ 0 };
}
