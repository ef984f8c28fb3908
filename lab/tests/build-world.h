/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of build_kernel() share: the stand-in for a kernel tree of fixtures/build/. */
#ifndef KLAB_TESTS_BUILD_WORLD_H
#define KLAB_TESTS_BUILD_WORLD_H

#include "build/build.h"
#include "tests/scratch.h"

/* What progress was told, for tests to look at. */
struct heard {
	struct progress progress;
	struct strbuf notes;
	uint64_t last_done, last_total;
	int last_eta_s;
};

void hear_note(struct progress *p, const char *text);
void hear_update(struct progress *p, const char *what, uint64_t done, uint64_t total, int eta_s);

/* Runs a line in the test's folder; fails the test when it fails. */
void sh(void **state, const char *line);
/*
 * A source "t", a data folder with fragments, a cache. Nothing of klab's own
 * build, which may have been asked to use another compiler, is left in the environment.
 */
void set_up(void **state);
/* With "a+b"; h and err may be NULL. */
struct kernel *build_with(void **state, const char *cache_name, const char *source_name,
			  const char *fragments, struct heard *h, struct err *err);
/* Of the source "t" in "cache"; fails the test when it fails. */
struct kernel *build(void **state, const char *fragments);
const char *vmlinux_hash(const struct kernel *k);

#endif
