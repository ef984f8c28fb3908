/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pattern that tasks write and verify, apart from them so that the host tests it. */
#ifndef GUEST_MEMORY_H
#define GUEST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a memhog found, in memory shared with init: it outlives a SIGKILL. */
struct memhog_findings {
	uint64_t pages;		/* to write in a round */
	uint64_t pages_written; /* all rounds */
	uint64_t pages_verified;
	uint64_t pages_wrong; /* content that was not written there */
	uint64_t pages_stale; /* of those: what an earlier round wrote there */
	uint64_t first_wrong; /* page number; meaningless without pages_wrong */
	uint64_t rounds;      /* complete */
	uint64_t write_ns;    /* of complete passes */
	uint64_t verify_ns;
	uint64_t pages_write_timed; /* in write_ns; as many are in verify_ns */
	int map_errno;		    /* mmap failed, or the file's open */
};

void memory_fill_page(void *page, size_t page_size, uint64_t seed, uint64_t round, uint64_t number);
bool memory_check_page(const void *page, size_t page_size, uint64_t seed, uint64_t round,
		       uint64_t number);
/* Verifies one pass over `base` and counts it in findings. */
void memory_verify(const char *base, size_t page_size, uint64_t seed, uint64_t round,
		   struct memhog_findings *findings);

#endif
