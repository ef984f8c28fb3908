// SPDX-License-Identifier: GPL-2.0-or-later
#include "case/kernel-version.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>

#define PART_LIMIT 1000 /* Linux is far from it: 4.9.337 */

int kernel_version_parse(const char *text, const char **rest)
{
	int version = 0, count = 0;

	for (; count < 3 && isdigit((unsigned char)*text); count++) {
		char *end;
		long part = strtol(text, &end, 10);

		if (part >= PART_LIMIT)
			return 0;
		version = version * PART_LIMIT + (int)part;
		text = end;
		if (count == 2 || *text != '.' || !isdigit((unsigned char)text[1])) {
			count++;
			break;
		}
		text++;
	}
	if (rest)
		*rest = text;
	if (count < 2)
		return 0;
	return count == 2 ? version * PART_LIMIT : version;
}
