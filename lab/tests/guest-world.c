// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "guest-init/tasks.h"

#define NONCE "6f0c00112233aabb"

static int catch_frames(void *context, const char *bytes, size_t length)
{
	strbuf_add(context, bytes, length);
	return 0;
}

int guest_world_setup(void **state)
{
	struct guest_world *w = xcalloc(1, sizeof(*w));

	w->dir = xasprintf("%s/guest-XXXXXX", getenv("TMPDIR") ?: "/tmp");
	assert_non_null(mkdtemp(w->dir));
	w->guest.port_fd = -1;
	w->guest.frames.write = catch_frames;
	w->guest.frames.context = &w->out;
	w->guest.frames.nonce = NONCE;
	tasks_init(&w->guest);
	*state = w;
	return 0;
}

int guest_world_teardown(void **state)
{
	struct guest_world *w = *state;

	assert_int_equal(file_remove_tree(w->dir, NULL), 0);
	frames_clear(&w->frames);
	strbuf_clear(&w->out);
	free(w->dir);
	free(w);
	return 0;
}

const json_t *guest_world_frames(struct guest_world *w)
{
	frames_clear(&w->frames);
	frames_parse(&w->frames, w->out.data ? w->out.data : "", w->out.length, NONCE);
	assert_int_equal(w->frames.forged, 0);
	assert_int_equal(w->frames.noise_bytes, 0);
	strbuf_reset(&w->out);
	return w->frames.list;
}

const json_t *guest_world_frame(const struct guest_world *w, const char *kind)
{
	const json_t *frame = frames_find(&w->frames, kind, NULL, NULL);

	if (!frame)
		fail_msg("no %s frame", kind);
	return frame;
}

void guest_world_put(const struct guest_world *w, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(w->dir, name);
	_cleanup_free_ char *folder = xstrndup(path, (size_t)(path_base(path) - path));

	assert_int_equal(file_mkdir_p(folder, NULL), 0);
	assert_int_equal(file_write_atomic(path, text, strlen(text), NULL), 0);
}

void guest_world_assert(const struct guest_world *w, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(w->dir, name);
	_cleanup_free_ char *found = file_read(path, SIZE_MAX, NULL, NULL);

	assert_string_equal(found, text);
}
