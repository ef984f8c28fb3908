/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alarms of one cause: a kernel that panics at boot is one, however many cases it fails. */
#include "base/json.h"
#include "history/watch.h"

static void add_keys(json_t *out, const json_t *from, const char *const *keys)
{
	for (size_t i = 0; keys[i]; i++) {
		json_t *value = json_object_get(from, keys[i]);

		json_array_append(out, value ? value : json_null());
	}
}

/* What all of one cause have in common, as text. Yours. */
static char *cause_of(const json_t *alarm)
{
	static const char *const what[] = {
		"kind", "title", "label", "file", "key", "first", NULL
	};
	static const char *const where[] = { "line", NULL };
	static const char *const kernel[] = { "source", "revision", "release", NULL };
	static const char *const known[] = { "title", NULL };
	_cleanup_json_ json_t *cause = json_array();

	add_keys(cause, alarm, what);
	add_keys(cause, json_object_get(alarm, "series"), where);
	add_keys(cause, json_object_get(alarm, "good"), kernel);
	add_keys(cause, json_object_get(alarm, "bad"), kernel);
	add_keys(cause, json_object_get(alarm, "known"), known);
	return json_dumps(cause, JSON_COMPACT | JSON_ENCODE_ANY);
}

/* What it has of its own. New reference. */
static json_t *member_of(const json_t *alarm)
{
	static const char *const keys[] = { "id", "series", "raised", "before", "after" };
	const char *run = json_get_str(json_object_get(alarm, "bad"), "run", NULL);
	json_t *member = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (json_object_get(alarm, keys[i]))
			json_object_set(member, keys[i], json_object_get(alarm, keys[i]));
	json_set_str(member, "run", run);
	return member;
}

json_t *alarm_groups(const json_t *alarms)
{
	_cleanup_json_ json_t *leads = json_object();
	json_t *groups = json_array(), *alarm;
	size_t i;

	json_array_foreach (alarms, i, alarm) {
		_cleanup_free_ char *cause = cause_of(alarm);
		json_t *lead = json_object_get(leads, cause);

		if (!lead) {
			json_object_set(leads, cause, alarm);
			json_array_append(groups, alarm);
			continue;
		}
		if (!json_get_array(lead, "others"))
			json_object_set_new(lead, "others", json_array());
		json_array_append_new(json_get_array(lead, "others"), member_of(alarm));
	}
	return groups;
}
