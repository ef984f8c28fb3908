// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/kernel-code.h"

#include "base/file.h"
#include "base/json.h"
#include "base/workdir.h"
#include "build/zstd-file.h"
#include "cmd/vmlinux.h"
#include "compare/compare.h"

/* Unpacks the kernel of a side to a file. */
static int unpack(const json_t *side, const char *to, struct err *err)
{
	const json_t *run = json_array_get(json_object_get(side, "runs"), 0);
	_cleanup_free_ char *packed = vmlinux_of_run(json_get_str(run, "dir", ""));

	if (!packed)
		return err_set(err, ERR_HOST, "the kernel of %s is not in the store any more",
			       json_get_str(side, "name", "?"));
	return zstd_decompress_file(packed, to, NULL, err);
}

static json_t *make_row(const json_t *sides, size_t second, const char *dir,
			const struct coverage *const *ran, bool *unpacked)
{
	_cleanup_free_ char *a = path_join(dir, "first"), *b = path_join(dir, "second");
	_cleanup_kernel_diff_ struct kernel_diff d = { 0 };
	const struct coverage *both[2] = { ran[0], ran[second] };
	struct err err = ERR_INIT;

	if (!*unpacked && unpack(json_array_get(sides, 0), a, &err) < 0)
		return compare_code_unknown(0, second, err.msg);
	*unpacked = true;
	if (unpack(json_array_get(sides, second), b, &err) < 0 ||
	    kernel_diff_files(&d, a, b, &err) < 0)
		return compare_code_unknown(0, second, err.msg);
	return compare_code_row(0, second, &d, both);
}

json_t *kernel_code_rows(const json_t *comparison, const struct coverage *const *ran)
{
	const json_t *sides = json_object_get(comparison, "sides");
	_cleanup_workdir_ struct workdir dir = WORKDIR_INIT;
	json_t *rows = json_array(), *side;
	struct err err = ERR_INIT;
	bool unpacked = false;
	size_t i;

	json_array_foreach (sides, i, side) {
		if (json_equal(json_object_get(side, "kernel"),
			       json_object_get(json_array_get(sides, 0), "kernel")))
			continue;
		if (!dir.path && workdir_make(&dir, "code", &err) < 0)
			json_array_append_new(rows, compare_code_unknown(0, i, err.msg));
		else
			json_array_append_new(rows, make_row(sides, i, dir.path, ran, &unpacked));
	}
	return rows;
}
