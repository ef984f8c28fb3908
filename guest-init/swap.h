/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GUEST_SWAP_H
#define GUEST_SWAP_H

#include <stdint.h>

/* Writes a swap signature on a device or file of that size. 0, or the errno. */
int swap_format(const char *path, uint64_t size_bytes);

#endif
