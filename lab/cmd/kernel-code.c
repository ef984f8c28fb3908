// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/kernel-code.h"

#include "base/file.h"
#include "base/json.h"
#include "base/workdir.h"
#include "build/zstd-file.h"
#include "cmd/vmlinux.h"
#include "compare/compare.h"

/* Unpacks the kernel of a side to a file. */
static int unpack(const struct compare_side *side, const char *to, struct err *err)
{
	_cleanup_free_ char *packed = vmlinux_of_run(side->runs[0].dir);

	if (!packed)
		return err_set(err, ERR_HOST, "the kernel of %s is not in the store any more",
			       side->name);
	return zstd_decompress_file(packed, to, NULL, err);
}

static json_t *make_row(const struct compare_side *sides, size_t second, const char *dir,
			const struct coverage *const *ran, bool *unpacked)
{
	_cleanup_free_ char *a = path_join(dir, "first"), *b = path_join(dir, "second");
	_cleanup_kernel_diff_ struct kernel_diff d = { 0 };
	const struct coverage *both[2] = { ran[0], ran[second] };
	struct err err = ERR_INIT;

	if (!*unpacked && unpack(&sides[0], a, &err) < 0)
		return compare_code_unknown(0, second, err.msg);
	*unpacked = true;
	if (unpack(&sides[second], b, &err) < 0 || kernel_diff_files(&d, a, b, &err) < 0)
		return compare_code_unknown(0, second, err.msg);
	return compare_code_row(0, second, &d, both);
}

static const char *key_of(const struct compare_side *side)
{
	return json_get_str(side->runs[0].kernel, "key", "");
}

json_t *kernel_code_rows(const struct compare_side *sides, size_t count,
			 const struct coverage *const *ran)
{
	_cleanup_workdir_ struct workdir dir = WORKDIR_INIT;
	json_t *rows = json_array();
	struct err err = ERR_INIT;
	bool unpacked = false;

	for (size_t i = 1; i < count; i++) {
		if (str_eq(key_of(&sides[i]), key_of(&sides[0])))
			continue;
		if (!dir.path && workdir_make(&dir, "code", &err) < 0)
			json_array_append_new(rows, compare_code_unknown(0, i, err.msg));
		else
			json_array_append_new(rows, make_row(sides, i, dir.path, ran, &unpacked));
	}
	return rows;
}
