/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files into one .tar.zst and out of it again. The same files give the same
 * bytes: no times, no owners. What is read may be anybody's: nothing but plain
 * files and folders comes out, all of it below the folder that it goes into, and
 * no more of it than was said.
 */
#ifndef KLAB_BASE_TARBALL_H
#define KLAB_BASE_TARBALL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct tarball_member {
	char *name; /* in the tarball: "run/console.log" */
	char *path; /* where it is */
};

/* Written under another name and renamed. ERR_HOST: a file cannot be read, or `to` not be written. */
int tarball_write(const char *to, const struct tarball_member *members, size_t count,
		  struct err *err);

struct tarball_limits {
	size_t files;
	uint64_t bytes; /* of all of them, unpacked */
};

/*
 * Unpacks into `dir`, which is there and empty. ERR_INPUT: it is no tarball, is
 * damaged, or has in it what no tarball_write() puts there: a link, a device, a
 * name that is absolute or leads elsewhere, a name twice, more than the limits.
 * What was unpacked until then is left for the caller to remove.
 */
int tarball_read(const char *from, const char *dir, const struct tarball_limits *limits,
		 struct err *err);

#endif
