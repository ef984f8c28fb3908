/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A core file, and how much of a memhog's memory it holds. Plain C, so the host tests it as well. */
#ifndef GUEST_CORE_FILE_H
#define GUEST_CORE_FILE_H

#include <stdint.h>

#include "guest-init/memhog.h"

struct core_findings {
	uint64_t bytes;		 /* there are; a hole counts */
	uint64_t expected_bytes; /* by its own headers; 0: it has none */
	uint64_t pages_right;	 /* of the memhog's, as it wrote them */
	uint64_t pages_zero;	 /* the kernel left them out, or could not read them */
	uint64_t pages_wrong;	 /* something else */
	uint64_t pages_missing;	 /* not in the file at all */
};

/*
 * Looks into an ELF core of this machine's kind. `hog` may be NULL: then pages are
 * not looked at. 0, or an errno when the file cannot be read.
 */
int core_file_read(const char *path, const struct memhog_shared *hog, struct core_findings *core);

#endif
