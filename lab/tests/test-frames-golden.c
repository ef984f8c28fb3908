// SPDX-License-Identifier: GPL-2.0-or-later
/* What real guests sent (fixtures/frames): complete, and not once anything is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/str.h"
#include "console/frames.h"

#define FIXTURES "lab/tests/fixtures/frames"

/* Nonce of the log: its first frame's. */
static void golden_nonce(const char *bytes, char nonce[17])
{
	const char *frame = strstr(bytes, "@klab ");

	assert_non_null(frame);
	memcpy(nonce, frame + 6, 16);
	nonce[16] = '\0';
}

static void assert_golden(const char *path)
{
	struct err err = ERR_INIT;
	size_t length;
	_cleanup_free_ char *bytes = file_read(path, 1 << 20, &length, &err);
	struct frames f;
	char nonce[17];

	assert_non_null(bytes);
	golden_nonce(bytes, nonce);
	frames_parse(&f, bytes, length, nonce);
	assert_string_equal(f.why, "");
	assert_true(f.complete);
	frames_clear(&f);
	for (size_t cut = 0; cut < length; cut++) {
		frames_parse(&f, bytes, cut, nonce);
		assert_false(f.complete);
		frames_clear(&f);
	}
	/* And of another boot it is no word at all. */
	nonce[0] = nonce[0] == '0' ? '1' : '0';
	frames_parse(&f, bytes, length, nonce);
	assert_false(f.complete);
	assert_int_equal(json_array_size(f.list), 0);
	frames_clear(&f);
}

static void test_frames_of_real_guests(void **state)
{
	_cleanup_strv_ struct strv names = { 0 };
	struct err err = ERR_INIT;
	int found = 0;

	assert_int_equal(file_list_dir(FIXTURES, &names, &err), 0);
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(FIXTURES, names.items[i]);

		if (!str_ends(path, ".raw"))
			continue;
		assert_golden(path);
		found++;
	}
	assert_true(found > 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames_of_real_guests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
