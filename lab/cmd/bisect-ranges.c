// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/bisect-ranges.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "build/toolchain.h"
#include "cmd/search-request.h"

enum { TABLE_MAX_BYTES = 1 << 20 };

static struct bisect_range *add_range(struct bisect_ranges *r, const struct git_history *h,
				      const char *range, struct err *err)
{
	struct bisect_range *one = vec_push(&r->items, &r->count, &r->capacity);

	one->in = xcalloc(h->graph.count, sizeof(*one->in));
	return git_history_mark(h, range, one->in, err) < 0 ? NULL : one;
}

static bool has_any(const struct bisect_range *r, const struct git_history *h)
{
	for (size_t v = 0; v < h->graph.count; v++)
		if (r->in[v])
			return true;
	return false;
}

static int add_fixup(struct bisect_ranges *r, const struct git_history *h, const char *text,
		     struct err *err)
{
	const char *colon = strchr(text, ':');
	_cleanup_free_ char *range = colon ? xstrndup(text, (size_t)(colon - text)) : NULL;
	struct bisect_range *one;

	if (!colon || colon == text || !colon[1])
		return err_set(err, ERR_INPUT, "--fixup %s: expected RANGE:PATCH", text);
	if (!path_exists(colon + 1))
		return err_set(err, ERR_INPUT, "--fixup: no such patch: %s", colon + 1);
	one = add_range(r, h, range, err);
	if (!one)
		return err_add(err, "--fixup");
	if (!has_any(one, h))
		return err_set(err, ERR_INPUT,
			       "--fixup %s: none of the commits between good and bad is in %s",
			       text, range);
	one->patch = realpath(colon + 1, NULL);
	return 0;
}

static bool is_toolchain_setting(const char *word)
{
	static const char *const names[] = { "CC=", "LLVM=", "CROSS_COMPILE=", "KCFLAGS=" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_starts(word, names[i]) && word[strlen(names[i])])
			return true;
	return false;
}

/* That a compiler is missing is known before the first build, not when its range is come to. */
static int check_toolchain(const struct bisect_ranges *r, const struct git_history *h,
			   const struct bisect_range *one, struct err *err)
{
	struct toolchain toolchain;
	struct bisect_env env;
	size_t v = 0;
	int result;

	while (v < h->graph.count && !one->in[v])
		v++;
	if (v == h->graph.count)
		return 0;
	bisect_env_enter(&env, r, v);
	result = toolchain_init(&toolchain, err);
	bisect_env_leave(&env);
	if (result == 0)
		toolchain_clear(&toolchain);
	return result;
}

/* "RANGE CC=gcc-11 ..."; a comment after # */
static int add_line(struct bisect_ranges *r, const struct git_history *h, char *line,
		    struct err *err)
{
	_cleanup_strv_ struct strv words = { 0 };
	struct bisect_range *one;

	line[strcspn(line, "#\r")] = '\0';
	strv_split_words(&words, line);
	if (!words.count)
		return 0;
	if (words.count == 1)
		return err_set(err, ERR_INPUT, "%s: expected RANGE CC=COMPILER", words.items[0]);
	one = add_range(r, h, words.items[0], err);
	if (!one)
		return -1;
	for (size_t i = 1; i < words.count; i++) {
		if (!is_toolchain_setting(words.items[i]))
			return err_set(err, ERR_INPUT,
				       "%s: expected CC=, LLVM=, CROSS_COMPILE= or KCFLAGS=, and "
				       "a value",
				       words.items[i]);
		strv_add(&one->env, words.items[i]);
	}
	return check_toolchain(r, h, one, err);
}

static int read_table(struct bisect_ranges *r, const struct git_history *h, const char *path,
		      struct err *err)
{
	_cleanup_free_ char *text = file_read(path, TABLE_MAX_BYTES, NULL, err);
	_cleanup_strv_ struct strv lines = { 0 };

	if (!text) {
		if (err && !path_exists(path))
			err->kind = ERR_INPUT;
		return err_add(err, "--toolchains");
	}
	strv_split(&lines, text, '\n');
	for (size_t i = 0; i < lines.count; i++)
		if (add_line(r, h, lines.items[i], err) < 0)
			return err_add(err, "%s:%zu", path, i + 1);
	return 0;
}

int bisect_ranges_read(struct bisect_ranges *r, const struct options *opt,
		       const struct git_history *h, struct err *err)
{
	for (size_t i = 0; i < opt->fixups.count; i++)
		if (add_fixup(r, h, opt->fixups.items[i], err) < 0)
			return -1;
	return opt->toolchains ? read_table(r, h, opt->toolchains, err) : 0;
}

void bisect_ranges_clear(struct bisect_ranges *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++) {
		free(r->items[i].in);
		free(r->items[i].patch);
		strv_clear(&r->items[i].env);
	}
	free(r->items);
	*r = (struct bisect_ranges){ 0 };
}

void bisect_ranges_patches(const struct bisect_ranges *r, size_t vertex, struct strv *patches)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->items[i].in[vertex] && r->items[i].patch)
			strv_add(patches, r->items[i].patch);
}

void bisect_env_enter(struct bisect_env *e, const struct bisect_ranges *r, size_t vertex)
{
	*e = (struct bisect_env){ 0 };
	for (size_t i = 0; i < r->count; i++) {
		if (!r->items[i].in[vertex])
			continue;
		for (size_t k = 0; k < r->items[i].env.count; k++) {
			const char *setting = r->items[i].env.items[k];
			char *name = xstrndup(setting, strcspn(setting, "="));

			strv_add(&e->values, getenv(name) ?: "");
			setenv(name, setting + strlen(name) + 1, 1);
			strv_add_take(&e->names, name);
		}
	}
}

void bisect_env_leave(struct bisect_env *e)
{
	for (size_t i = e->names.count; i-- > 0;) {
		if (*e->values.items[i])
			setenv(e->names.items[i], e->values.items[i], 1);
		else
			unsetenv(e->names.items[i]);
	}
	strv_clear(&e->names);
	strv_clear(&e->values);
}

bool bisect_ranges_differ(const struct bisect_ranges *r, size_t a, size_t b)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->items[i].in[a] != r->items[i].in[b])
			return true;
	return false;
}

/* Which commits they are: a branch that a range names may have moved. */
static void hash_commits(const struct bisect_ranges *r, const struct git_history *h, char *hex)
{
	struct hasher *all = hasher_new();

	for (size_t i = 0; i < r->count; i++)
		for (size_t v = 0; v < h->graph.count; v++)
			hasher_adds(all, r->items[i].in[v] ? h->commits.items[v] : "");
	hasher_end(all, hex);
}

json_t *bisect_ranges_json(const struct bisect_ranges *r, const struct git_history *h,
			   const struct options *opt, struct err *err)
{
	_cleanup_json_ json_t *all = json_object();
	json_t *fixups = json_array();
	char hex[HASH_HEX_SIZE] = "";

	json_object_set_new(all, "fixups", fixups);
	for (size_t i = 0; i < opt->fixups.count; i++) {
		const char *text = opt->fixups.items[i];

		if (search_request_add_file(fixups, text, strchr(text, ':') + 1, err) < 0)
			return NULL;
	}
	if (opt->toolchains) {
		if (hash_file(opt->toolchains, hex, err) < 0)
			return NULL;
		json_set_str(all, "toolchains_sha256", hex);
	}
	if (r->count) {
		hash_commits(r, h, hex);
		json_set_str(all, "ranges_sha256", hex);
	}
	return take_ptr(&all);
}
