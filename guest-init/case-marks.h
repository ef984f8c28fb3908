/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the boot ends and the case begins, and where that ends: to be seen from outside. */
#ifndef GUEST_CASE_MARKS_H
#define GUEST_CASE_MARKS_H

/*
 * Each runs an instruction that does nothing and that nobody else uses. When QEMU is to tell what
 * runs, its plugin (qemu-plugin/coverage.c) knows by it where the guest is.
 */
void case_begins(void);
void case_ends(void);

#endif
