// SPDX-License-Identifier: GPL-2.0-or-later
#include "recorded-world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/hash.h"

/* SHA-256 of a file of the run. */
static void hash_of(const struct machine_world *w, const char *name, char hex[HASH_HEX_SIZE])
{
	_cleanup_free_ char *path = path_join(w->run_dir, name);

	assert_int_equal(hash_file(path, hex, NULL), 0);
}

void recorded_world_write(const struct machine_world *w, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(w->run_dir, name);
	_cleanup_free_ char *dir = xstrndup(path, (size_t)(path_base(path) - path));

	assert_int_equal(file_mkdir_p(dir, NULL), 0);
	assert_int_equal(file_write_atomic(path, text, strlen(text), NULL), 0);
}

void recorded_world_make(const struct machine_world *w, const char *mode)
{
	char kernel[HASH_HEX_SIZE], initramfs[HASH_HEX_SIZE];
	_cleanup_free_ char *kernel_json = NULL, *initramfs_json = NULL, *plan = NULL;

	recorded_world_write(w, "kernel/bzImage", "a kernel");
	recorded_world_write(w, "initramfs.cpio", "an initramfs");
	hash_of(w, "kernel/bzImage", kernel);
	hash_of(w, "initramfs.cpio", initramfs);
	kernel_json = xasprintf("{\"key\": \"00\", \"artefacts\": {\"bzImage\": {\"sha256\": "
				"\"%s\"}}}",
				kernel);
	initramfs_json = xasprintf("{\"sha256\": \"%s\"}", initramfs);
	plan = xasprintf("{\"mode\": \"%s\", \"memory_bytes\": 67108864, \"cpus\": 1, \"seed\": 5, "
			 "\"append\": [\"one\", \"two\"]}",
			 mode);
	recorded_world_write(w, "kernel.json", kernel_json);
	recorded_world_write(w, "initramfs.json", initramfs_json);
	recorded_world_write(w, "plan.json", plan);
	recorded_world_write(w, "run.json", "{}");
	recorded_world_write(w, "case.yaml", "name: c\nquestion: q\nsteps: [{sleep: 1s}]\n");
	recorded_world_write(
		w, "machine.json",
		"{\"end\": \"poweroff\", \"wall_ms\": 10, \"qemu_version\": \"7.2.22\"}");
	recorded_world_write(w, "console.log", "one\ntwo\n");
	recorded_world_write(w, "frames.raw", "");
}
