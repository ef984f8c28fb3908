/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest-init's code on the host, with its frames caught: for tests of guest-init/. */
#ifndef KLAB_TESTS_GUEST_WORLD_H
#define KLAB_TESTS_GUEST_WORLD_H

#include "base/json.h"
#include "base/str.h"
#include "console/frames.h"
#include "guest-init/guest.h"

struct guest_world {
	struct guest guest;
	char *dir; /* a temporary folder, removed at the end */
	struct strbuf out;
	struct frames frames;
};

/* cmocka fixtures; *state is the world. */
int guest_world_setup(void **state);
int guest_world_teardown(void **state);

/* Reads what was sent since the last time; the list is borrowed and lasts until the next. */
const json_t *guest_world_frames(struct guest_world *w);
/* The last frame of a kind among those; fails the test when there is none. */
const json_t *guest_world_frame(const struct guest_world *w, const char *kind);
/* Writes a file below dir, and the folders on the way. */
void guest_world_put(const struct guest_world *w, const char *name, const char *text);
/* Fails the test when the file below dir holds anything else. */
void guest_world_assert(const struct guest_world *w, const char *name, const char *text);

#endif
