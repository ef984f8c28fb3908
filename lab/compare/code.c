// SPDX-License-Identifier: GPL-2.0-or-later
/* What the compiler made of a toggle: the functions in which two kernels differ. */
#include "base/json.h"
#include "compare/compare.h"

static const char *const status_names[] = {
	[KERNEL_DIFF_SAME] = "same",
	[KERNEL_DIFF_CHANGED] = "changed",
	[KERNEL_DIFF_ADDED] = "added",
	[KERNEL_DIFF_REMOVED] = "removed",
};

static json_t *make_row(size_t first, size_t second)
{
	json_t *row = json_object();

	json_object_set_new(row, "sides",
			    json_pack("[I,I]", (json_int_t)first, (json_int_t)second));
	return row;
}

json_t *compare_code_row(size_t first, size_t second, const struct kernel_diff *d)
{
	json_t *row = make_row(first, second), *functions = json_array();

	json_set_int(row, "added", (int64_t)d->added);
	json_set_int(row, "removed", (int64_t)d->removed);
	json_set_int(row, "changed", (int64_t)d->changed);
	json_set_int(row, "same", (int64_t)d->same);
	json_object_set_new(row, "code_bytes",
			    json_pack("[I,I]", (json_int_t)d->code_bytes[0],
				      (json_int_t)d->code_bytes[1]));
	for (size_t i = 0; i < d->count; i++) {
		const struct kernel_diff_function *f = &d->functions[i];
		json_t *entry = json_object();

		json_set_str(entry, "name", f->name);
		json_set_str(entry, "status", status_names[f->status]);
		json_object_set_new(entry, "size_bytes",
				    json_pack("[I,I]", (json_int_t)f->size_bytes[0],
					      (json_int_t)f->size_bytes[1]));
		json_array_append_new(functions, entry);
	}
	json_object_set_new(row, "functions", functions);
	json_object_set_new(row, "not_compared", json_strv(&d->not_compared));
	return row;
}

json_t *compare_code_unknown(size_t first, size_t second, const char *why)
{
	json_t *row = make_row(first, second);

	json_set_str(row, "unknown", why);
	return row;
}
