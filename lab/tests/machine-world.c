// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine-world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>

#include "base/file.h"
#include "base/json.h"

static void world_note(struct progress *p, const char *text)
{
	struct machine_world *w =
		(struct machine_world *)((char *)p - offsetof(struct machine_world, progress));

	strv_add(&w->notes, text);
}

static void world_update(struct progress *p, const char *what, uint64_t done, uint64_t total,
			 int eta_s)
{
}

static void world_end(struct progress *p)
{
}

/* The fakes are built beside the test. */
static char *fake_path(const char *name)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(n > 0);
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	return path_join(self, name);
}

static void world_environment(const struct machine_world *w)
{
	static const char *const unset[] = {
		"KLAB_FAKE_DO",		"KLAB_FAKE_CONSOLE",	  "KLAB_FAKE_FRAMES",
		"KLAB_FAKE_FLOOD",	"KLAB_FAKE_FRAMES_FLOOD", "KLAB_FAKE_IGNORE",
		"KLAB_FAKE_RUN",	"KLAB_FAKE_VERSION",	  "KLAB_FAKE_KVM",
		"KLAB_FAKE_BLOCKSTATS", "KLAB_FAKE_HEAD",	  "KLAB_FAKE_GDB_HITS",
		"KLAB_FAKE_GDB_DO",	"KLAB_FAKE_MIGRATE",	  "KLAB_FAKE_STUB",
		"KLAB_FAKE_SAVEVM",	"KLAB_FAKE_GDB_ARGV",	  "KLAB_FAKE_GDB_EXIT",
		"KLAB_FAKE_GDB_INST",	"KLAB_FAKE_GDB_STEP",
	};
	_cleanup_free_ char *fake = fake_path("fake-qemu");
	_cleanup_free_ char *gdb = fake_path("fake-gdb");

	for (size_t i = 0; i < ARRAY_SIZE(unset); i++)
		unsetenv(unset[i]);
	assert_true(path_exists(fake));
	setenv("KLAB_QEMU", fake, 1);
	setenv("KLAB_GDB", gdb, 1);
	setenv("KLAB_ACCEL", "tcg", 1);
	setenv("KLAB_FAKE_PID", w->pid_file, 1);
	setenv("XDG_CACHE_HOME", w->dir, 1);
}

int machine_world_setup(void **state)
{
	struct machine_world *w = xcalloc(1, sizeof(*w));

	w->dir = xasprintf("%s/machine-XXXXXX", getenv("TMPDIR") ?: "/tmp");
	assert_non_null(mkdtemp(w->dir));
	w->run_dir = path_join(w->dir, "run");
	w->kernel = path_join(w->dir, "bzImage");
	w->initramfs = path_join(w->dir, "initramfs");
	w->pid_file = path_join(w->dir, "pid");
	assert_int_equal(file_mkdir_p(w->run_dir, &w->err), 0);
	assert_int_equal(file_write_atomic(w->kernel, "k", 1, &w->err), 0);
	assert_int_equal(file_write_atomic(w->initramfs, "i", 1, &w->err), 0);
	w->spec = (struct machine_spec){
		.kernel_path = w->kernel,
		.initramfs_path = w->initramfs,
		.memory_bytes = 256 << 20,
		.cpus = 1,
		.seed = 1,
		.timeout_ms = 60 * 1000,
		.run_dir = w->run_dir,
	};
	w->progress = (struct progress){ world_note, world_update, world_end };
	world_environment(w);
	*state = w;
	return 0;
}

int machine_world_teardown(void **state)
{
	struct machine_world *w = *state;

	assert_int_equal(file_remove_tree(w->dir, NULL), 0);
	strv_clear(&w->notes);
	free(w->dir);
	free(w->run_dir);
	free(w->kernel);
	free(w->initramfs);
	free(w->pid_file);
	free(w);
	return 0;
}

int machine_world_run(struct machine_world *w, const char *script)
{
	w->err = (struct err)ERR_INIT;
	setenv("KLAB_FAKE_DO", script, 1);
	return machine_find("qemu", NULL)->run(&w->spec, &w->result, &w->progress, &w->err);
}

char *machine_world_read(const struct machine_world *w, const char *name, size_t *length)
{
	_cleanup_free_ char *path = path_join(w->run_dir, name);
	size_t ignored;
	char *bytes = file_read(path, 256 << 20, length ? length : &ignored, NULL);

	assert_non_null(bytes);
	return bytes;
}

json_t *machine_world_json(const struct machine_world *w)
{
	_cleanup_free_ char *path = path_join(w->run_dir, "machine.json");
	json_t *value = json_read_file(path, 1 << 20, NULL);

	assert_non_null(value);
	return value;
}

int machine_world_pid(const struct machine_world *w)
{
	for (int i = 0; i < 1000; i++) {
		size_t length;
		_cleanup_free_ char *text = file_read(w->pid_file, 64, &length, NULL);

		if (text && strchr(text, '\n'))
			return atoi(text);
		usleep(10 * 1000);
	}
	return 0;
}

static bool is_gone(int pid)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/stat", pid);
	size_t length;
	_cleanup_free_ char *stat = NULL;
	const char *after;

	if (kill(pid, 0) < 0 && errno == ESRCH)
		return true;
	stat = file_read(path, 4096, &length, NULL);
	after = stat ? strrchr(stat, ')') : NULL;
	return !stat || (after && str_starts(after, ") Z"));
}

bool machine_world_is_gone(int pid, int wait_ms)
{
	for (int waited = 0; waited <= wait_ms; waited += 10) {
		if (is_gone(pid))
			return true;
		usleep(10 * 1000);
	}
	return false;
}

void machine_world_assert_end(struct machine_world *w, const char *script, enum machine_end end)
{
	_cleanup_json_ json_t *json = NULL;

	if (machine_world_run(w, script) < 0)
		fail_msg("%s", w->err.msg);
	assert_string_equal(machine_end_name(w->result.end), machine_end_name(end));
	json = machine_world_json(w);
	assert_string_equal(json_get_str(json, "end", ""), machine_end_name(end));
	assert_true(machine_world_is_gone(machine_world_pid(w), 0));
}
