/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes 40 folders. */
#include <stdio.h>
#include <sys/stat.h>

int main(void)
{
	char name[32];

	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "/folder-%d", i);
		if (mkdir(name, 0700) < 0) {
			perror(name);
			return 1;
		}
	}
	return 0;
}
