// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/memory.h"

/* splitmix64: every bit of the input changes half of the output. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* The first word of a page; each further one adds an odd number, so no two are equal. */
static uint64_t page_word(uint64_t seed, uint64_t round, uint64_t number)
{
	return mix(mix(mix(seed) ^ round) ^ number);
}

#define WORD_STEP 0x9e3779b97f4a7c15u

void memory_fill_page(void *page, size_t page_size, uint64_t seed, uint64_t round, uint64_t number)
{
	uint64_t *words = page;
	uint64_t word = page_word(seed, round, number);

	for (size_t i = 0; i < page_size / sizeof(*words); i++, word += WORD_STEP)
		words[i] = word;
}

bool memory_check_page(const void *page, size_t page_size, uint64_t seed, uint64_t round,
		       uint64_t number)
{
	const uint64_t *words = page;
	uint64_t word = page_word(seed, round, number);
	uint64_t differs = 0;

	for (size_t i = 0; i < page_size / sizeof(*words); i++, word += WORD_STEP)
		differs |= words[i] ^ word;
	return differs == 0;
}

void memory_verify(const char *base, size_t page_size, uint64_t seed, uint64_t round,
		   struct memhog_findings *findings)
{
	for (uint64_t i = 0; i < findings->pages; i++) {
		const char *page = base + i * page_size;

		findings->pages_verified++;
		if (memory_check_page(page, page_size, seed, round, i))
			continue;
		if (findings->pages_wrong++ == 0)
			findings->first_wrong = i;
		for (uint64_t earlier = 0; earlier < round; earlier++) {
			if (memory_check_page(page, page_size, seed, earlier, i)) {
				findings->pages_stale++;
				break;
			}
		}
	}
}
