/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints its arguments, so that it can be seen that they came through. */
#include <stdio.h>

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		printf("argument %d: %s\n", i, argv[i]);
	return 0;
}
