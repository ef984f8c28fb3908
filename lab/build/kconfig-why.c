/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the helper knows about a symbol, as text for people. */
#include "base/json.h"
#include "build/kconfig.h"

static void add_definitions(struct strbuf *sb, const json_t *e)
{
	json_t *array = json_get_array(e, "defined");
	json_t *j;
	size_t i;

	json_array_foreach (array, i, j) {
		const char *prompt = json_get_str(j, "prompt", NULL);

		strbuf_addf(sb, "  defined in %s:%lld", json_get_str(j, "file", "?"),
			    (long long)json_get_int(j, "line", 0));
		if (prompt)
			strbuf_addf(sb, ", \"%s\"\n", prompt);
		else
			strbuf_adds(sb, ", no prompt: only defaults and selects set it\n");
		if (json_get_str(j, "visible_if", NULL))
			strbuf_addf(sb, "  can be set when: %s\n",
				    json_get_str(j, "visible_if", ""));
	}
}

static void add_dependencies(struct strbuf *sb, const json_t *e)
{
	json_t *array = json_get_array(e, "depends_values");
	const char *depends = json_get_str(e, "depends", NULL);
	json_t *j;
	size_t i;

	if (!depends) {
		strbuf_adds(sb, "  depends on nothing\n");
		return;
	}
	strbuf_addf(sb, "  depends on: %s\n", depends);
	json_array_foreach (array, i, j)
		strbuf_addf(sb, "    %s=%s\n", json_get_str(j, "symbol", "?"),
			    json_get_str(j, "value", ""));
}

static void add_defaults(struct strbuf *sb, const json_t *e)
{
	json_t *array = json_get_array(e, "defaults");
	json_t *j;
	size_t i;

	json_array_foreach (array, i, j) {
		const char *when = json_get_str(j, "if", NULL);

		strbuf_addf(sb, "  default: %s%s%s\n", json_get_str(j, "value", "y"),
			    when ? " if " : "", when ? when : "");
	}
}

/* Those that act now first; of the others only how many there are, if many. */
static void add_reverse(struct strbuf *sb, const json_t *e, const char *key, const char *words)
{
	enum { IDLE_SHOWN = 8 };
	json_t *array = json_get_array(e, key);
	size_t i, idle = 0;
	json_t *j;

	for (int active = 1; active >= 0; active--) {
		json_array_foreach (array, i, j) {
			const char *when = json_get_str(j, "if", NULL);

			if (json_get_bool(j, "active", false) != (active == 1))
				continue;
			if (!active && ++idle > IDLE_SHOWN)
				continue;
			strbuf_addf(sb, "  %s %s %s=%s%s%s (%s:%lld)\n", active ? "is" : "would be",
				    words, json_get_str(j, "symbol", "?"),
				    json_get_str(j, "value", ""), when ? " if " : "",
				    when ? when : "", json_get_str(j, "file", "?"),
				    (long long)json_get_int(j, "line", 0));
		}
	}
	if (idle > IDLE_SHOWN)
		strbuf_addf(sb, "  would be %s %zu others\n", words, idle - IDLE_SHOWN);
}

static void add_change(struct strbuf *sb, const json_t *e)
{
	_cleanup_strv_ struct strv set = { 0 };
	const char *why = json_get_str(e, "to_change", NULL);
	bool on = !str_eq(json_get_str(e, "value", "n"), "n");

	json_to_strv(json_get_array(e, "set"), &set);
	if (why)
		strbuf_addf(sb, "  why it is %s: %s\n", on ? "on" : "off", why);
	if (set.count) {
		_cleanup_free_ char *all = strv_join(&set, " ");

		strbuf_addf(sb, "  to turn it %s: %s\n", on ? "off" : "on", all);
	}
}

char *kconfig_why_text(const json_t *e)
{
	struct strbuf sb = { 0 };
	const char *symbol = json_get_str(e, "symbol", "?");
	const char *near = json_get_str(e, "nearest", NULL);

	if (!json_get_bool(e, "exists", false)) {
		strbuf_addf(&sb, "%s: no such symbol in this tree%s", symbol,
			    json_get_bool(e, "referenced", false) ? " for this architecture" : "");
		if (near)
			strbuf_addf(&sb, "; did you mean %s?", near);
		return strbuf_take(&sb);
	}
	strbuf_addf(&sb, "%s=%s (%s)\n", symbol, json_get_str(e, "value", ""),
		    json_get_str(e, "type", "?"));
	add_definitions(&sb, e);
	if (json_get_str(e, "choice", NULL))
		strbuf_addf(&sb, "  member of the choice \"%s\"\n", json_get_str(e, "choice", ""));
	add_dependencies(&sb, e);
	if (json_get_str(e, "toolchain", NULL))
		strbuf_addf(&sb, "  asks the toolchain: %s\n", json_get_str(e, "toolchain", ""));
	add_defaults(&sb, e);
	add_reverse(&sb, e, "selected_by", "selected by");
	add_reverse(&sb, e, "implied_by", "implied by");
	add_change(&sb, e);
	return strbuf_take(&sb);
}
