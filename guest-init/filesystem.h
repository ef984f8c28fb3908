/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packed filesystem (lab/build/filesystem.h has the format) onto a device. */
#ifndef GUEST_FILESYSTEM_H
#define GUEST_FILESYSTEM_H

/* 0, or the errno: EBADMSG when the file is none, ENOSPC when the device is smaller than it. */
int filesystem_unpack(const char *file, const char *device);

#endif
