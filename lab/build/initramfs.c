// SPDX-License-Identifier: GPL-2.0-or-later
#include "build/initramfs.h"

#include <elf.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/child.h"
#include "base/file.h"
#include "base/workdir.h"
#include "build/cpio.h"
#include "build/filesystem.h"

enum {
	PROGRAM_MAX_BYTES = 64 << 20,
	COMPILER_TIMEOUT_MS = 120000,
};

static int cpio_add_file(struct cpio *cpio, const char *path, mode_t mode, const char *from,
			 struct err *err)
{
	size_t length;
	char *bytes = file_read(from, PROGRAM_MAX_BYTES, &length, err);

	if (!bytes)
		return -1;
	cpio_add(cpio, path, S_IFREG | mode, bytes, length);
	return 0;
}

static void cpio_add_text(struct cpio *cpio, const char *path, mode_t mode, char *text)
{
	cpio_add(cpio, path, S_IFREG | mode, text, strlen(text));
}

static void cpio_add_node(struct cpio *cpio, const char *path, mode_t mode, dev_t device)
{
	cpio_add(cpio, path, S_IFCHR | mode, NULL, 0);
	cpio->members[cpio->count - 1].device = device;
}

/* ---- programs ------------------------------------------------------------ */

/* A whole program that runs without an interpreter, that is without libraries the guest has not? */
static bool elf_is_static(const char *bytes, size_t length)
{
	const Elf64_Ehdr *head = (const Elf64_Ehdr *)bytes;

	if (length < sizeof(*head) || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
	    head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_phentsize != sizeof(Elf64_Phdr) ||
	    head->e_phoff > length || (length - head->e_phoff) / sizeof(Elf64_Phdr) < head->e_phnum)
		return false;
	for (size_t i = 0; i < head->e_phnum; i++) {
		Elf64_Phdr segment;

		memcpy(&segment, bytes + head->e_phoff + i * sizeof(segment), sizeof(segment));
		if (segment.p_type == PT_INTERP || segment.p_offset > length ||
		    segment.p_filesz > length - segment.p_offset)
			return false;
	}
	return true;
}

/* A program of ours. In a checkout DATA/guest-init is the folder of its sources. */
static int add_own(struct cpio *cpio, const char *as, const char *name, const char *data_dir,
		   struct err *err)
{
	static const char *const folders[] = { "build/", "" };
	const struct cpio_member *program;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_free_ char *path = xasprintf("%s/%s%s", data_dir, folders[i], name);
		struct stat st;

		if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		if (cpio_add_file(cpio, as, 0755, path, err) < 0)
			return -1;
		program = &cpio->members[cpio->count - 1];
		/* A kernel that cannot run its init panics, and that is not the kernel's failure.
		 */
		if (!elf_is_static(program->bytes, program->length))
			return err_set(err, ERR_HOST, "%s: no whole static program: run `make`",
				       path);
		return 0;
	}
	return err_set(err, ERR_HOST, "no %s in %s/build nor %s: run `make`", name, data_dir,
		       data_dir);
}

static int add_busybox(struct cpio *cpio, struct err *err)
{
	const char *set = getenv("KLAB_BUSYBOX");
	const char *path = set ? set : "/bin/busybox";
	const struct cpio_member *busybox;

	if (cpio_has(cpio, "bin/busybox"))
		return 0;
	if (!path_exists(path))
		return err_set(err, ERR_HOST,
			       "a `sh` step needs %s: apt-get install busybox-static", path);
	if (cpio_add_file(cpio, "/bin/busybox", 0755, path, err))
		return -1;
	busybox = &cpio->members[cpio->count - 1];
	if (!elf_is_static(busybox->bytes, busybox->length))
		return err_set(err, ERR_HOST,
			       "%s is no static 64-bit program (one with shared libraries does not "
			       "run in the guest), a `sh` step needs one: apt-get install "
			       "busybox-static",
			       path);
	cpio_add(cpio, "/bin/sh", S_IFLNK | 0777, xstrdup("busybox"), strlen("busybox"));
	return 0;
}

/* What gcc and clang say when it was the linker; its own words stand before. */
static bool is_linkers_end(const char *line)
{
	return strstr(line, "ld returned ") || strstr(line, "linker command failed");
}

/* The compiler's first error, the linker's last, else the first line; yours. */
static char *first_error_line(const char *text)
{
	_cleanup_strv_ struct strv lines = { 0 };

	strv_split(&lines, text ? text : "", '\n');
	for (size_t i = 0; i < lines.count; i++)
		if (strstr(lines.items[i], "error: "))
			return xstrdup(
				lines.items[i && is_linkers_end(lines.items[i]) ? i - 1 : i]);
	return xstrdup(lines.count ? lines.items[0] : "");
}

static void compiler_argv(struct strv *argv, const char *source, const char *output)
{
	/* gcc's default of position independence and a build id only make the file larger. */
	static const char *const options[] = { "-static", "-O1", "-g0", "-pthread",
					       "-Wl,--build-id=none" };
	const char *cc = getenv("CC");

	strv_split_words(argv, cc && *cc ? cc : "cc"); /* "ccache gcc" is a usual value */
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		strv_add(argv, options[i]);
	strv_add(argv, "-o");
	strv_add(argv, output);
	strv_add(argv, source);
}

/* Compiles dir/source, in dir and by its name there: __FILE__ is the same wherever the case lies.
 */
static int compile_source(const char *dir, const char *source, const char *scratch,
			  const char *output, struct err *err)
{
	_cleanup_free_ char *env_tmp = xasprintf("TMPDIR=%s", scratch);
	const char *env[] = { "LC_ALL=C", env_tmp, NULL };
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_strbuf_ struct strbuf said = { 0 };
	_cleanup_free_ char *where = path_join(dir, source);
	_cleanup_free_ char *line = NULL;
	struct child_spec spec = { .cwd = dir, .env_set = env };
	struct child_exit ended;

	if (!path_exists(where))
		return err_set(err, ERR_INPUT, "%s: no such file", where);
	compiler_argv(&argv, source, output);
	spec.argv = (const char *const *)argv.items;
	if (child_run(&spec, COMPILER_TIMEOUT_MS, PROGRAM_MAX_BYTES, NULL, &said, &ended, err))
		return err && err->kind == ERR_CANCELLED
			       ? -1
			       : err_add(err, "a `run` step needs a C compiler ($CC, or apt-get "
					      "install gcc libc6-dev)");
	if (ended.timed_out)
		return err_set(err, ERR_HOST, "%s: the compiler took longer than %d s", where,
			       COMPILER_TIMEOUT_MS / 1000);
	if (!ended.exited)
		return err_set(err, ERR_HOST, "%s: the compiler was ended by signal %d (%s)", where,
			       ended.code, strsignal(ended.code));
	if (ended.code == 0)
		return 0;
	line = first_error_line(said.data);
	if (str_starts(line, source))
		return err_set(err, ERR_INPUT, "%s%s", where, line + strlen(source));
	return err_set(err, ERR_INPUT, "%s: %s", where, line);
}

static int add_source(struct cpio *cpio, const struct plan *p, size_t index, const char *source,
		      const char *scratch, struct err *err)
{
	_cleanup_free_ char *path = plan_guest_source_path(index, source);
	_cleanup_free_ char *output = xasprintf("%s/%zu", scratch, index);
	const char *dir = p->test->dir && *p->test->dir ? p->test->dir : ".";

	if (compile_source(dir, source, scratch, output, err))
		return -1;
	return cpio_add_file(cpio, path, 0755, output, err);
}

/* ---- what steps need ----------------------------------------------------- */

static enum arg_type arg_type_of(const struct case_step *step, const char *name)
{
	for (size_t i = 0; i < STEP_MAX_ARGS && step->def->args[i].name; i++)
		if (str_eq(step->def->args[i].name, name))
			return step->def->args[i].type;
	return ARG_STRING;
}

static int add_filesystem(struct cpio *cpio, size_t index, const struct case_step *step,
			  const char *scratch, struct err *err)
{
	_cleanup_free_ char *path = plan_guest_filesystem_path(index);
	_cleanup_strbuf_ struct strbuf packed = { 0 };
	size_t length;

	if (filesystem_pack(step, scratch, &packed, err))
		return -1;
	length = packed.length;
	cpio_add(cpio, path, S_IFREG | 0644, strbuf_take(&packed), length);
	return 0;
}

/* The object, and once what loads it. */
static int add_object(struct cpio *cpio, const struct plan *p, size_t index, const char *object,
		      const char *data_dir, struct err *err)
{
	_cleanup_free_ char *path = plan_guest_object_path(index);
	const char *dir = p->test->dir && *p->test->dir ? p->test->dir : ".";
	_cleanup_free_ char *from = path_join(dir, object);

	if (!cpio_has(cpio, "klab/bin/bpf-loader") &&
	    add_own(cpio, "/klab/bin/bpf-loader", "bpf-loader", data_dir, err))
		return -1;
	return cpio_add_file(cpio, path, 0644, from, err);
}

static int add_step_files(struct cpio *cpio, const struct plan *p, size_t index,
			  const char *data_dir, const char *scratch, struct err *err)
{
	const struct case_step *step = &p->test->steps[index];

	if (str_eq(step->def->verb, "mkfs") && add_filesystem(cpio, index, step, scratch, err))
		return -1;
	for (size_t i = 0; i < step->arg_count; i++) {
		const struct case_arg *arg = &step->args[i];
		enum arg_type type = arg_type_of(step, arg->name);

		if (arg->values.count == 0)
			continue;
		if (type == ARG_SOURCE &&
		    add_source(cpio, p, index, arg->values.items[0], scratch, err))
			return -1;
		if (type == ARG_OBJECT &&
		    add_object(cpio, p, index, arg->values.items[0], data_dir, err))
			return -1;
		if (type == ARG_SCRIPT) {
			_cleanup_free_ char *path = plan_guest_script_path(index);

			cpio_add_text(cpio, path, 0644, xstrdup(arg->values.items[0]));
			if (add_busybox(cpio, err))
				return -1;
		}
	}
	return 0;
}

static int cpio_fill(struct cpio *cpio, const struct plan *p, const char *data_dir,
		     const char *scratch, struct err *err)
{
	if (add_own(cpio, "/init", "guest-init", data_dir, err))
		return -1;
	/* Init's standard streams, before anything is mounted; null in case there is no console. */
	cpio_add_node(cpio, "/dev/console", 0600, makedev(5, 1));
	cpio_add_node(cpio, "/dev/null", 0666, makedev(1, 3));
	cpio_add_text(cpio, "/klab/plan", 0644, plan_format_guest(p));
	for (size_t i = 0; i < p->test->step_count; i++)
		if (add_step_files(cpio, p, i, data_dir, scratch, err))
			return err_add(err, "%s:%d", p->test->path, p->test->steps[i].line);
	return 0;
}

/* ---- the whole ----------------------------------------------------------- */

int initramfs_write(const struct plan *p, const char *data_dir, const char *path, json_t **info,
		    struct err *err)
{
	_cleanup_workdir_ struct workdir scratch = WORKDIR_INIT;
	_cleanup_cpio_ struct cpio cpio = { 0 };
	_cleanup_strbuf_ struct strbuf packed = { 0 };

	*info = NULL;
	/* Absolute: the compiler runs elsewhere, in the case's folder. */
	if (workdir_make(&scratch, "initramfs", err) < 0 ||
	    cpio_fill(&cpio, p, data_dir, scratch.path, err) < 0 ||
	    cpio_pack(&cpio, &packed, err) < 0 ||
	    file_write_atomic(path, packed.data, packed.length, err) < 0)
		return -1;
	*info = cpio_info(&cpio, &packed);
	return 0;
}

int initramfs_check(const struct case_file *test, const char *data_dir, struct err *err)
{
	_cleanup_workdir_ struct workdir scratch = WORKDIR_INIT;
	_cleanup_cpio_ struct cpio cpio = { 0 };
	struct plan *p = plan_new(test);
	int result = workdir_make(&scratch, "initramfs", err);

	if (result == 0)
		result = cpio_fill(&cpio, p, data_dir, scratch.path, err);
	plan_free(p);
	return result;
}
