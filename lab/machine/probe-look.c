// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/probe-look.h"

#include "base/json.h"
#include "base/str.h"

void look_take_stop(json_t *seen, const json_t *stop)
{
	int64_t cpu;

	/* QEMU's threads are the processors, from 1. */
	if (str_parse_i64(json_get_str(stop, "thread-id", "1"), &cpu))
		json_set_int(seen, "cpu", cpu - 1);
}

void look_take_pid(json_t *seen, const json_t *results)
{
	int64_t pid;

	if (str_parse_i64(json_get_str(results, "value", ""), &pid))
		json_set_int(seen, "pid", pid);
}

/* gdb gives a char array as a C string in quotes. */
void look_take_comm(json_t *seen, const json_t *results)
{
	const char *value = json_get_str(results, "value", "");
	size_t length = strlen(value);

	if (length >= 2 && value[0] == '"' && value[length - 1] == '"')
		json_set_strn(seen, "task", value + 1, length - 2);
}

/* A frame that was inlined has the address of the one that it is in. */
void look_take_frames(json_t *seen, const json_t *results)
{
	const json_t *stack = json_get_array(results, "stack");
	json_t *frames = json_array(), *frame;
	size_t i;

	json_array_foreach (stack, i, frame) {
		const char *address = json_get_str(frame, "addr", "");
		const json_t *outer = json_array_get(stack, i + 1);
		json_t *one = json_object();
		int64_t line;

		json_set_str(one, "symbol", json_get_str(frame, "func", "??"));
		json_set_str(one, "address", address);
		json_set_str(one, "file", json_get_str(frame, "file", NULL));
		if (str_parse_i64(json_get_str(frame, "line", ""), &line))
			json_set_int(one, "line", line);
		if (str_eq(address, json_get_str(outer, "addr", NULL)))
			json_set_bool(one, "inline", true);
		json_array_append_new(frames, one);
	}
	json_object_set_new(seen, "frames", frames);
}

void look_take_args(json_t *seen, const json_t *results)
{
	const json_t *list = json_get_array(results, "stack-args");
	json_t *of_frame, *arg;
	size_t i, k;

	json_array_foreach (list, i, of_frame) {
		json_t *frame = json_array_get(json_get_array(seen, "frames"), i);
		json_t *args = json_array();

		json_array_foreach (json_get_array(of_frame, "args"), k, arg) {
			json_t *one = json_object();

			json_set_str(one, "name", json_get_str(arg, "name", "?"));
			json_set_str(one, "value",
				     json_get_str(arg, "value", json_get_str(arg, "type", "?")));
			json_array_append_new(args, one);
		}
		if (!frame || json_object_set_new(frame, "args", args) < 0)
			json_decref(args);
	}
}
