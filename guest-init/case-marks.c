// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/case-marks.h"

/* 0f 1f 80 and four letters. */
void case_begins(void)
{
#ifdef __x86_64__
	__asm__ volatile("nopl 0x6765626b(%%rax)" ::: "memory"); /* "kbeg" */
#endif
}

void case_ends(void)
{
#ifdef __x86_64__
	__asm__ volatile("nopl 0x646e656b(%%rax)" ::: "memory"); /* "kend" */
#endif
}
