// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/lost-options.h"

#include <stdio.h>

#include "base/file.h"
#include "build/fragments.h"

/* The symbol, or one that is a kind of it (DEBUG_INFO_DWARF5 of DEBUG_INFO), which selects it. */
static bool is_kind_of(const char *name, const char *symbol)
{
	size_t length = strlen(symbol);

	return str_starts(name, symbol) && (!name[length] || name[length] == '_');
}

/* Does the fragment ask for the symbol, of kernels of any version? */
static bool fragment_has(const char *name, const char *data_dir, const char *symbol, bool kinds)
{
	_cleanup_strv_ struct strv names = { 0 };
	struct fragment_set set = { 0 };
	bool has = false;

	strv_add(&names, name);
	if (fragments_read(&set, &names, data_dir, NULL) == 0)
		for (size_t i = 0; i < set.line_count; i++)
			has |= (kinds ? is_kind_of(set.lines[i].symbol, symbol)
				      : str_eq(set.lines[i].symbol, symbol)) &&
			       str_eq(set.lines[i].value, "y");
	fragments_clear(&set);
	return has;
}

/* "lab", "smp or lab": those that would help; yours. NULL: there are none, or it has one already.
 */
static char *fragments_with(const struct build_request *req, const char *symbol, bool kinds)
{
	static const char suffix[] = ".config";
	_cleanup_free_ char *dir = path_join(req->data_dir, "kconfigs");
	_cleanup_strv_ struct strv files = { 0 }, found = { 0 };

	if (file_list_dir(dir, &files, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < files.count; i++) {
		_cleanup_free_ char *name = NULL;

		if (!str_ends(files.items[i], suffix))
			continue;
		name = xstrndup(files.items[i], strlen(files.items[i]) - strlen(suffix));
		if (!fragment_has(name, req->data_dir, symbol, kinds))
			continue;
		if (strv_has(req->fragments, name))
			return NULL;
		strv_add(&found, name);
	}
	return found.count ? strv_join(&found, " or ") : NULL;
}

static char *needed_text(const struct build_request *req, const struct kconfig_lost *lost)
{
	_cleanup_free_ char *with = fragments_with(req, lost->symbol, false);
	_cleanup_free_ char *turn_on = strv_join(&lost->turn_on, ", ");

	if (!with)
		with = fragments_with(req, lost->symbol, true);
	if (with)
		return xasprintf("%s needs a kernel with %s: add the fragment %s, in "
				 "kernel.fragments or by --with",
				 lost->origin, lost->symbol, with);
	return xasprintf("%s needs a kernel with %s, and this one has it not: %s%s%s", lost->origin,
			 lost->symbol, lost->why, turn_on[0] ? "; expected one with " : "",
			 turn_on);
}

static void print_asked(const struct kconfig_lost *lost)
{
	_cleanup_free_ char *turn_on = strv_join(&lost->turn_on, ", ");

	fprintf(stderr, "%s: %s=%s was asked for, the kernel has %s: %s\n", lost->origin,
		lost->symbol, lost->wanted, lost->got && lost->got[0] ? lost->got : "nothing",
		lost->why);
	if (turn_on[0])
		fprintf(stderr, "\tturn on: %s\n", turn_on);
}

void lost_options_tell(const struct build_request *req, const struct kconfig_lost *lost,
		       size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		bool needed = req->require_by && strv_has(req->require_by, lost[i].origin);
		_cleanup_free_ char *text = needed ? needed_text(req, &lost[i]) : NULL;

		if (text && count == 1) {
			err_set(err, ERR_INPUT, "%s", text);
			return;
		}
		if (text)
			fprintf(stderr, "%s\n", text);
		else
			print_asked(&lost[i]);
	}
	/* Whoever sees no standard error, as in the summary of a night, has at least the first. */
	err_set(err, ERR_INPUT, "%zu requested option%s would be lost (%s%s), nothing was built",
		count, count == 1 ? "" : "s", lost[0].symbol, count == 1 ? "" : "...");
}
