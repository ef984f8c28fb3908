// SPDX-License-Identifier: GPL-2.0-or-later
/* klab pack: a run in one file, with its kernel, for somebody else's machine. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/tarball.h"
#include "build/store.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "cmd/packed.h"
#include "cmd/runs.h"

enum { KERNEL_JSON_BYTES = 4 << 20, FOLDERS_DEEP = 8 };

struct pack {
	const char *run_dir;
	const char *id;
	struct kernel *kernel; /* owned; NULL: it is in the run directory, which was a pack */
	struct tarball_member *members;
	size_t count, capacity;
};

static void pack_clear(struct pack *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->members[i].name);
		free(p->members[i].path);
	}
	free(p->members);
	kernel_free(p->kernel);
}

/* What a replay makes for itself, and what its end left of a run. */
static bool is_left_out(const char *name)
{
	static const char *const names[] = { "replay", "disks", "kernel", "vmlinux" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(name, names[i]))
			return true;
	return false;
}

static void add_member(struct pack *p, const char *name, const char *path)
{
	struct tarball_member *member = vec_push(&p->members, &p->count, &p->capacity);

	member->name = xasprintf("%s/%s", p->id, name);
	member->path = xstrdup(path);
}

/* Plain files only, in the order of their names. `below`: "" or "record/". */
static int add_folder(struct pack *p, const char *folder, const char *below, int deep,
		      struct err *err)
{
	_cleanup_strv_ struct strv names = { 0 };

	if (deep > FOLDERS_DEEP)
		return err_set(err, ERR_INPUT, "%s: folders deeper than a run has", folder);
	if (file_list_dir(folder, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(folder, names.items[i]);
		_cleanup_free_ char *name = xasprintf("%s%s", below, names.items[i]);
		_cleanup_free_ char *inside = xasprintf("%s/", name);
		struct stat st;

		if (is_left_out(name))
			continue;
		if (lstat(path, &st) < 0)
			return err_set_errno(err, ERR_HOST, errno, "cannot read %s", path);
		if (S_ISDIR(st.st_mode) && add_folder(p, path, inside, deep + 1, err) < 0)
			return -1;
		if (S_ISREG(st.st_mode))
			add_member(p, name, path);
	}
	return 0;
}

/* Is the file what kernel.json says it is? A pack with another kernel would prove nothing. */
static int check_artefact(const struct pack *p, const json_t *manifest, const char *name,
			  const char *path, struct err *err)
{
	const json_t *artefact = json_get_object(json_get_object(manifest, "artefacts"), name);
	char hex[HASH_HEX_SIZE];

	if (hash_file(path, hex, err) < 0)
		return -1;
	if (!str_eq(hex, json_get_str(artefact, "sha256", "")))
		return err_set(err, ERR_INPUT,
			       "%s is not the %s of the run %s: its content changed", path, name,
			       p->id);
	return 0;
}

/* From the run directory of an earlier pack, else from the store. */
static int add_artefact(struct pack *p, const json_t *manifest, const char *name, struct err *err)
{
	_cleanup_free_ char *in_pack = xasprintf("kernel/%s", name);
	_cleanup_free_ char *path = path_join(p->run_dir, in_pack);

	if (!path_exists(path)) {
		if (!p->kernel)
			return err_set(err, ERR_HOST,
				       "%s of %s is neither beside the run nor in the store; its "
				       "rerun.sh builds the kernel again",
				       name, p->run_dir);
		free(path);
		path = path_join(p->kernel->dir, name);
	}
	if (check_artefact(p, manifest, name, path, err) < 0)
		return -1;
	add_member(p, in_pack, path);
	return 0;
}

static int collect(struct pack *p, const struct cmd_env *env, bool with_vmlinux, struct err *err)
{
	_cleanup_free_ char *path = path_join(p->run_dir, "kernel.json");
	_cleanup_json_ json_t *manifest = json_read_file(path, KERNEL_JSON_BYTES, err);
	const char *key = json_get_str(manifest, "key", "");

	if (!manifest)
		return -1;
	/* A key is hex and nothing else. */
	if (*key && strspn(key, "0123456789abcdef") == strlen(key))
		p->kernel = store_take(env->cache_dir, key);
	if (add_folder(p, p->run_dir, "", 0, err) < 0 ||
	    add_artefact(p, manifest, "bzImage", err) < 0)
		return -1;
	return with_vmlinux ? add_artefact(p, manifest, "vmlinux.zst", err) : 0;
}

static void note_mode(const struct cmd_env *env, const char *run_dir)
{
	_cleanup_free_ char *path = path_join(run_dir, "run.json");
	_cleanup_json_ json_t *run = json_read_file(path, KERNEL_JSON_BYTES, NULL);

	if (str_eq(json_get_str(run, "mode", ""), "free"))
		progress_note(env->progress,
			      "it ran in free mode: it can be shown and run again, not replayed");
}

static int pack_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_free_ char *run_dir = NULL, *real = NULL, *to = NULL;
	_cleanup_(pack_clear)
	struct pack p = { 0 };
	struct stat st;
	char size[16];

	if (options_parse(&opt, env, &cmd_pack, argc, argv, 1, 1, err) < 0)
		return -1;
	run_dir = runs_find_ended(opt.out_dir, opt.args.items[0], err);
	/* Its name is its own, however it was said: "." too. */
	real = run_dir ? realpath(run_dir, NULL) : NULL;
	if (!real)
		return run_dir ? err_set_errno(err, ERR_HOST, errno, "%s", run_dir) : -1;
	p.run_dir = real;
	p.id = path_base(real);
	to = opt.file ? xstrdup(opt.file) : xasprintf("%s" PACKED_SUFFIX, p.id);
	if (collect(&p, env, opt.with_vmlinux, err) < 0 ||
	    tarball_write(to, p.members, p.count, err) < 0)
		return -1;
	note_mode(env, real);
	if (stat(to, &st) < 0)
		return err_set_errno(err, ERR_HOST, errno, "%s", to);
	output_format_size((uint64_t)st.st_size, size);
	printf("%s  %s  %zu files\n", to, size, p.count);
	return 0;
}

const struct cmd cmd_pack = {
	.name = "pack",
	.args = "RUN [-o FILE]",
	.summary = "Packs a run and its kernel into one file, for another machine",
	.main = pack_main,
	.needs = CMD_NEEDS_CACHE,
	.options = OPT_FILE | OPT_WITH_VMLINUX | OPT_QUIET,
	.details =
		"`klab replay FILE` and `klab show FILE` open it, without the kernel's source and\n"
		"with an empty cache. In it are the run directory but for its disks, which a\n"
		"replay makes again, and the kernel's image. The same run gives the same bytes.\n",
};
