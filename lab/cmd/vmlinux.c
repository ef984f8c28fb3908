// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's symbols: from a file, from the store, and into the reports of a run. */
#include "cmd/vmlinux.h"

#include "base/file.h"
#include "base/json.h"
#include "build/zstd-file.h"
#include "symbols/annotate.h"

#define CONFIG_MAX_BYTES (4u << 20)
#define KERNEL_MAX_BYTES (4u << 20)

char *vmlinux_unpack(const char *path, struct workdir *dir, struct err *err)
{
	char *plain;

	if (!str_ends(path, ".zst"))
		return xstrdup(path);
	if (workdir_make(dir, "vmlinux", err) < 0)
		return NULL;
	plain = path_join(dir->path, "vmlinux");
	if (zstd_decompress_file(path, plain, NULL, err) == 0)
		return plain;
	free(plain);
	return NULL;
}

struct symbolizer *vmlinux_open(const char *path, struct err *err)
{
	_cleanup_workdir_ struct workdir dir = WORKDIR_INIT; /* what is open stays readable */
	_cleanup_free_ char *plain = vmlinux_unpack(path, &dir, err);

	return plain ? symbolizer_open(plain, err) : NULL;
}

static bool has_debug_info(const char *run_dir)
{
	_cleanup_free_ char *path = path_join(run_dir, "kernel.config");
	_cleanup_free_ char *config = file_read(path, CONFIG_MAX_BYTES, NULL, NULL);

	return config && strstr(config, "\nCONFIG_DEBUG_INFO=y\n");
}

/* Path of the run's vmlinux in the store, or NULL when it has left it. Yours. */
static char *stored_vmlinux(const char *run_dir)
{
	_cleanup_free_ char *kernel_path = path_join(run_dir, "kernel.json");
	_cleanup_json_ json_t *kernel = json_read_file(kernel_path, KERNEL_MAX_BYTES, NULL);
	_cleanup_free_ char *cache = path_cache_dir(NULL);
	const char *key = json_get_str(kernel, "key", "");
	char *path;

	/* The run directory may be somebody else's: a key is hex and nothing else. */
	if (!cache || strspn(key, "0123456789abcdef") != strlen(key) || !*key)
		return NULL;
	path = xasprintf("%s/store/%s/vmlinux.zst", cache, key);
	if (!path_exists(path)) {
		free(path);
		return NULL;
	}
	return path;
}

char *vmlinux_of_run(const char *run_dir)
{
	char *packed = path_join(run_dir, "kernel/vmlinux.zst");

	if (path_exists(packed))
		return packed;
	free(packed);
	return stored_vmlinux(run_dir);
}

int vmlinux_annotate_run(const char *run_dir, json_t *reports, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	struct symbolizer *s;

	if (json_array_size(reports) == 0 || !has_debug_info(run_dir))
		return 0;
	path = stored_vmlinux(run_dir);
	if (!path)
		return 0;
	s = vmlinux_open(path, err);
	if (!s)
		return -1;
	symbols_annotate_reports(s, reports);
	symbolizer_free(s);
	return 0;
}
