/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/night-folder.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/night.h"
#include "cmd/runs.h"

enum { LOCK_WAIT_MS = 10000, LOCK_RETRY_US = 50000 };

/* ---- the journal ---- */

static char *journal_path(const char *dir)
{
	return path_join(dir, "journal.jsonl");
}

int night_journal_open(const char *dir, struct err *err)
{
	_cleanup_free_ char *path = journal_path(dir);
	_cleanup_close_ int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	off_t end;
	char c;

	if (fd < 0)
		return err_set_errno(err, ERR_HOST, errno, "%s", path);
	end = lseek(fd, 0, SEEK_END);
	while (end > 0 && pread(fd, &c, 1, end - 1) == 1 && c != '\n')
		end--;
	if (end < 0 || ftruncate(fd, end) < 0)
		return err_set_errno(err, ERR_HOST, errno, "%s", path);
	return take_fd(&fd);
}

int night_journal_add(int fd, const json_t *line, struct err *err)
{
	_cleanup_free_ char *text = json_dumps(line, JSON_COMPACT);
	_cleanup_free_ char *whole = xasprintf("%s\n", text);
	size_t length = strlen(whole);

	/* One write: what a kill leaves is the line, or a part of it without its end. */
	if (write(fd, whole, length) != (ssize_t)length)
		return err_set_errno(err, ERR_HOST, errno ? errno : ENOSPC, "journal.jsonl");
	if (fdatasync(fd) < 0)
		return err_set_errno(err, ERR_HOST, errno, "journal.jsonl");
	return 0;
}

int night_journal_read(const char *dir, void (*take)(void *context, json_t *line), void *context,
		       struct err *err)
{
	_cleanup_free_ char *path = journal_path(dir);
	_cleanup_free_ char *text = file_read(path, NIGHT_RECORD_MAX_BYTES, NULL, err);
	char *next = NULL;

	for (char *line = text; line && *line; line = next) {
		_cleanup_json_ json_t *value = NULL;
		size_t length = strcspn(line, "\n");

		next = line + length + (line[length] ? 1 : 0);
		value = json_loadb(line, length, 0, NULL);
		/* A disk that lost power may hold anything; a job is then done again. */
		if (value)
			take(context, value);
	}
	return text ? 0 : -1;
}

/* ---- the lock, and other nights ---- */

int night_lock_dir(const char *dir, bool *busy, struct err *err)
{
	uint64_t until_ms = clock_monotonic_ms() + LOCK_WAIT_MS;

	for (;;) {
		int fd = file_lock_dir(dir, busy, err);

		if (fd >= 0 || !*busy || clock_monotonic_ms() >= until_ms || cancel_requested())
			return fd;
		usleep(LOCK_RETRY_US);
	}
}

static json_t *read_night(const char *dir)
{
	_cleanup_free_ char *path = path_join(dir, "nightly.json");

	return json_read_file(path, NIGHT_RECORD_MAX_BYTES, NULL);
}

static bool is_plan(const json_t *record, const char *key, const char *value)
{
	return str_eq(json_get_str(json_get_object(record, "plan"), key, NULL), value);
}

int night_check_alone(const char *base, const char *name, struct progress *progress,
		      struct err *err)
{
	_cleanup_strv_ struct strv dirs = { 0 };

	if (runs_list(base, RUNS_NIGHT, &dirs, err) < 0)
		return -1;
	for (size_t i = dirs.count; i-- > 0;) {
		_cleanup_json_ json_t *record = read_night(dirs.items[i]);
		_cleanup_close_ int fd = -1;
		bool busy = false;

		if (!is_plan(record, "name", name) ||
		    !str_eq(json_get_str(record, "state", ""), "going on"))
			continue;
		fd = file_lock_dir(dirs.items[i], &busy, NULL);
		if (busy)
			return err_set(err, ERR_INPUT,
				       "%s: a night of this plan is going on; expected one at a "
				       "time",
				       dirs.items[i]);
		progress_note(progress,
			      "%s was not over: `klab nightly --resume %s` goes on with it",
			      dirs.items[i], path_base(dirs.items[i]));
	}
	return 0;
}

/* The last that is going on, else the last; of a plan's file, if one is given. NULL: none. Yours.
 */
static char *find_last(const char *base, const char *plan_path, struct err *err)
{
	_cleanup_strv_ struct strv dirs = { 0 };
	_cleanup_free_ char *over = NULL;

	if (runs_list(base, RUNS_NIGHT, &dirs, err) < 0)
		return NULL;
	for (size_t i = dirs.count; i-- > 0;) {
		_cleanup_json_ json_t *record = read_night(dirs.items[i]);

		if (plan_path && !is_plan(record, "path", plan_path))
			continue;
		if (str_eq(json_get_str(record, "state", ""), "going on"))
			return xstrdup(dirs.items[i]);
		if (!over)
			over = xstrdup(dirs.items[i]);
	}
	if (!over)
		err_set(err, ERR_INPUT, "%s: no night%s in it to go on with", base,
			plan_path ? " of this plan" : "");
	return take_ptr(&over);
}

char *night_find(const char *base, const char *name, struct err *err)
{
	_cleanup_free_ char *plan_path = NULL;

	if (str_eq(name, "last"))
		return find_last(base, NULL, err);
	if (!str_ends(name, ".yaml") && !str_ends(name, ".yml"))
		return runs_find(base, name, RUNS_NIGHT, err);
	plan_path = night_plan_absolute(name);
	return find_last(base, plan_path, err);
}
