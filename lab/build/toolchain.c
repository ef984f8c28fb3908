/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/toolchain.h"

#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/child.h"
#include "base/file.h"
#include "base/json.h"

enum { VERSION_TIMEOUT_MS = 20000, VERSION_MAX_BYTES = 64 * 1024 };

/* What the host calls its processor, as kbuild's ARCH. */
static const char *host_arch(void)
{
	static struct utsname u;

	if (uname(&u) < 0)
		return "x86_64";
	if (str_eq(u.machine, "aarch64"))
		return "arm64";
	return u.machine;
}

static const char *package_of(const char *program)
{
	static const struct {
		const char *name, *package;
	} table[] = {
		{ "gcc", "gcc" },	{ "cc", "gcc" },
		{ "ld", "binutils" },	{ "make", "make" },
		{ "as", "binutils" },	{ "ar", "binutils" },
		{ "nm", "binutils" },	{ "objcopy", "binutils" },
		{ "bash", "bash" },	{ "awk", "mawk" },
		{ "flex", "flex" },	{ "bison", "bison" },
		{ "bc", "bc" },		{ "gzip", "gzip" },
		{ "bzip2", "bzip2" },	{ "lzma", "xz-utils" },
		{ "xz", "xz-utils" },	{ "lzop", "lzop" },
		{ "lz4", "lz4" },	{ "zstd", "zstd" },
		{ "clang", "clang" },	{ "ld.lld", "lld" },
		{ "ccache", "ccache" }, { "git", "git" },
		{ "tar", "tar" },	{ "gelf.h", "libelf-dev" },
		{ "lzip", "lzip" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (str_eq(table[i].name, program))
			return table[i].package;
	return NULL;
}

int toolchain_need(const char *program, const char *what, struct err *err)
{
	_cleanup_free_ char *path = child_find_program(program);
	const char *package = package_of(program);

	if (path)
		return 0;
	if (package)
		return err_set(err, ERR_HOST, "no %s (%s): apt install %s", program, what, package);
	return err_set(err, ERR_HOST, "no %s (%s) in PATH", program, what);
}

/* The command's first line of --version; yours. */
static char *version_of(const char *command, const char *what, struct err *err)
{
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct child_spec spec = { .env_set = (const char *const[]){ "LC_ALL=C", NULL } };
	char *end;

	strv_split_words(&argv, command); /* "ccache gcc" is a usual value */
	if (toolchain_need(argv.count ? argv.items[0] : command, what, err) < 0)
		return NULL;
	strv_add(&argv, "--version");
	spec.argv = (const char *const *)argv.items;
	if (child_run_ok(&spec, VERSION_TIMEOUT_MS, VERSION_MAX_BYTES, &out, err) < 0) {
		err_add(err, "%s", what);
		return NULL;
	}
	end = out.data ? strchr(out.data, '\n') : NULL;
	if (end)
		*end = '\0';
	return xstrdup(out.data ? out.data : "");
}

static const char *env_or(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

/* LLVM=1, LLVM=/path/ and LLVM=-14, as kbuild understands them. */
static void llvm_tools(const char *llvm, char **cc, char **ld)
{
	const char *prefix = str_ends(llvm, "/") ? llvm : "";
	const char *suffix = llvm[0] == '-' ? llvm : "";

	*cc = xasprintf("%sclang%s", prefix, suffix);
	*ld = xasprintf("%sld.lld%s", prefix, suffix);
}

/*
 * A program that kconfig asks for its version, where it is: the file's identity
 * says enough, and costs no exec.
 */
static void add_identity(struct hasher *h, const char *program)
{
	_cleanup_free_ char *path = child_find_program(program);
	struct stat st;

	hasher_adds(h, program);
	hasher_adds(h, path);
	if (path && stat(path, &st) == 0) {
		hasher_add(h, &st.st_size, sizeof(st.st_size));
		hasher_add(h, &st.st_mtim.tv_sec, sizeof(st.st_mtim.tv_sec));
	}
}

/*
 * The compiler behind programs that only run it, or remember what it made: "ccache gcc" makes
 * what gcc makes. Yours.
 */
static char *real_compiler(const char *cc)
{
	static const char *const wrappers[] = { "ccache", "sccache", "distcc", "icecc" };
	_cleanup_strv_ struct strv words = { 0 };
	_cleanup_strbuf_ struct strbuf real = { 0 };
	size_t i, k;

	strv_split_words(&words, cc);
	for (i = 0; i + 1 < words.count; i++) {
		for (k = 0; k < ARRAY_SIZE(wrappers); k++)
			if (str_eq(path_base(words.items[i]), wrappers[k]))
				break;
		if (k == ARRAY_SIZE(wrappers))
			break;
	}
	for (; i < words.count; i++)
		strbuf_addf(&real, "%s%s", real.length ? " " : "", words.items[i]);
	return strbuf_take(&real);
}

/* cc: how the compiler is named, "" when it is the default. */
static void hash_toolchain(const struct toolchain *tc, const char *cc, char *hex)
{
	static const char *const asked_by_kconfig[] = { "as", "rustc", "bindgen", "pahole" };
	struct hasher *h = hasher_new();

	hasher_adds(h, tc->cc_version);
	hasher_adds(h, tc->ld_version);
	add_identity(h, tc->ld);
	for (size_t i = 0; i < ARRAY_SIZE(asked_by_kconfig); i++)
		add_identity(h, asked_by_kconfig[i]);
	for (size_t i = 0; i < tc->make_args.count; i++)
		if (!str_starts(tc->make_args.items[i], "CC="))
			hasher_adds(h, tc->make_args.items[i]);
	if (*cc) {
		_cleanup_free_ char *named = xasprintf("CC=%s", cc);

		hasher_adds(h, named);
	}
	hasher_adds(h, tc->kcflags);
	hasher_end(h, hex);
}

/*
 * For what is built the compiler counts as it is, and not as it is called: the default one is as
 * if nobody had named it. make looks at the words.
 */
static void make_ids(struct toolchain *tc, const char *default_cc)
{
	_cleanup_free_ char *real = real_compiler(tc->cc);

	hash_toolchain(tc, str_eq(real, default_cc) ? "" : real, tc->id);
	hash_toolchain(tc, env_or("CC", ""), tc->tree_id);
}

/* What is no part of a kernel: where ccache keeps what it has, also on other machines. */
static void pass_on_environment(struct toolchain *tc)
{
	static const char *const passed_on[] = { "CCACHE_", "TMPDIR=" };

	for (char **variable = environ; *variable; variable++)
		for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++)
			if (str_starts(*variable, passed_on[i]))
				strv_add(&tc->env, *variable);
}

int toolchain_init(struct toolchain *tc, struct err *err)
{
	const char *llvm = env_or("LLVM", NULL);
	const char *cross = env_or("CROSS_COMPILE", "");
	_cleanup_free_ char *default_cc = NULL;

	*tc = (struct toolchain){ 0 };
	tc->arch = xstrdup(env_or("ARCH", host_arch()));
	if (!str_eq(tc->arch, "x86_64") && !str_eq(tc->arch, "x86")) {
		err_set(err, ERR_INPUT, "ARCH=%s: only x86_64 kernels can be built", tc->arch);
		toolchain_clear(tc);
		return -1;
	}
	tc->llvm = llvm != NULL;
	if (llvm) {
		llvm_tools(llvm, &tc->cc, &tc->ld);
		strv_addf(&tc->make_args, "LLVM=%s", llvm);
	} else {
		tc->cc = xasprintf("%sgcc", cross);
		tc->ld = xasprintf("%sld", cross);
	}
	strv_addf(&tc->make_args, "ARCH=%s", tc->arch);
	if (*cross)
		strv_addf(&tc->make_args, "CROSS_COMPILE=%s", cross);
	tc->cross = xstrdup(cross);
	default_cc = xstrdup(tc->cc);
	if (env_or("CC", NULL)) {
		free(tc->cc);
		tc->cc = xstrdup(getenv("CC"));
		strv_addf(&tc->make_args, "CC=%s", tc->cc);
	}
	tc->kcflags = xstrdup(env_or("KCFLAGS", NULL));
	pass_on_environment(tc);
	tc->cc_version = version_of(tc->cc, "the C compiler", err);
	tc->ld_version = tc->cc_version ? version_of(tc->ld, "the linker", err) : NULL;
	if (!tc->ld_version) {
		toolchain_clear(tc);
		return -1;
	}
	make_ids(tc, default_cc);
	return 0;
}

void toolchain_clear(struct toolchain *tc)
{
	free(tc->arch);
	free(tc->cross);
	free(tc->cc);
	free(tc->cc_version);
	free(tc->ld);
	free(tc->ld_version);
	free(tc->kcflags);
	strv_clear(&tc->make_args);
	strv_clear(&tc->env);
	*tc = (struct toolchain){ 0 };
}

/* Whether the host's compiler finds the header. */
static bool has_header(const char *header)
{
	_cleanup_free_ char *path = xasprintf("/usr/include/%s", header);
	const char *argv[] = { "gcc", "-E", "-include", header, "-x", "c", "/dev/null", NULL };
	struct child_spec spec = { .argv = argv };
	_cleanup_strbuf_ struct strbuf errout = { 0 };
	struct child_exit ex;

	/* The usual place first: asking the compiler costs 20 ms. */
	if (path_exists(path))
		return true;
	return child_run(&spec, VERSION_TIMEOUT_MS, 16 << 20, NULL, &errout, &ex, NULL) == 0 &&
	       ex.exited && ex.code == 0;
}

static const char *compressor_of(const char *config)
{
	static const struct {
		const char *line, *program;
	} table[] = {
		{ "\nCONFIG_KERNEL_GZIP=y\n", "gzip" }, { "\nCONFIG_KERNEL_BZIP2=y\n", "bzip2" },
		{ "\nCONFIG_KERNEL_LZMA=y\n", "lzma" }, { "\nCONFIG_KERNEL_XZ=y\n", "xz" },
		{ "\nCONFIG_KERNEL_LZO=y\n", "lzop" },	{ "\nCONFIG_KERNEL_LZ4=y\n", "lz4" },
		{ "\nCONFIG_KERNEL_ZSTD=y\n", "zstd" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strstr(config, table[i].line))
			return table[i].program;
	return NULL;
}

static void check_program(const char *program, struct strv *names, struct strv *packages)
{
	_cleanup_free_ char *path = child_find_program(program);
	const char *package = package_of(program);

	if (path)
		return;
	strv_add(names, program);
	if (package && !strv_has(packages, package))
		strv_add(packages, package);
}

/* With the prefix of CROSS_COMPILE. */
static void check_tool_of(const struct toolchain *tc, const char *tool, struct strv *names,
			  struct strv *packages)
{
	_cleanup_free_ char *program = xasprintf("%s%s", tc->cross, tool);

	check_program(program, names, packages);
}

int toolchain_check_tools(const struct toolchain *tc, const char *config, struct err *err)
{
	static const char *const always[] = { "make", "flex", "bison", "bash", "awk" };
	static const char *const binutils[] = { "as", "ar", "nm", "objcopy" };
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_strv_ struct strv packages = { 0 };
	_cleanup_free_ char *all_names = NULL;
	_cleanup_free_ char *all_packages = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		check_program(always[i], &names, &packages);
	/* clang has its own assembler, and LLVM=1 its own of the others. */
	for (size_t i = 0; !tc->llvm && i < ARRAY_SIZE(binutils); i++)
		check_tool_of(tc, binutils[i], &names, &packages);
	/* For kbuild's own tools, whatever compiles the kernel. */
	check_program(tc->llvm ? "clang" : "gcc", &names, &packages);
	if (config) {
		check_program("bc", &names, &packages);
		if (compressor_of(config))
			check_program(compressor_of(config), &names, &packages);
		if (strstr(config, "\nCONFIG_OBJTOOL=y\n") && !has_header("gelf.h")) {
			strv_add(&names, "gelf.h");
			strv_add(&packages, package_of("gelf.h"));
		}
	}
	if (!names.count)
		return 0;
	all_names = strv_join(&names, ", ");
	all_packages = strv_join(&packages, " ");
	return err_set(err, ERR_HOST, "a kernel build needs %s: apt install %s", all_names,
		       all_packages);
}

json_t *toolchain_json(const struct toolchain *tc)
{
	json_t *j = json_object();

	json_set_str(j, "cc", tc->cc);
	json_set_str(j, "version", tc->cc_version);
	json_set_str(j, "ld", tc->ld);
	json_set_str(j, "ld_version", tc->ld_version);
	json_set_str(j, "arch", tc->arch);
	if (tc->kcflags)
		json_set_str(j, "kcflags", tc->kcflags);
	return j;
}
