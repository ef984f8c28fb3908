/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GUEST_ERRNO_NAME_H
#define GUEST_ERRNO_NAME_H

/* "EIO", or "errno 200" for one that has no name here. Static; the next call may overwrite it. */
const char *errno_name(int errno_value);

#endif
