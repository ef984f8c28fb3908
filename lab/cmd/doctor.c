/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab doctor: what klab needs, what was found, and the line that fixes what was not. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/json.h"
#include "build/source.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "machine/machine.h"

#define PROBE_TIMEOUT_MS 10000
#define PROBE_OUTPUT_MAX (1u << 20)
/* An unpacked source (1.3 GB), an object tree (1 GB) and the store's first kernels. */
#define DISK_NEEDED_BYTES (4ull << 30)

struct finding {
	char *found; /* what and where; NULL: missing */
	char *why;   /* further words on what is missing, or NULL */
};

struct check {
	const char *name;
	const char *what_for;
	const char *package; /* Debian's; NULL: no package mends it */
	bool needed;	     /* exit 3 without it */
	void (*look)(const struct cmd_env *env, const struct check *check, struct finding *f);
	const char *arg; /* of look(): a program, a header... */
};

static void look_program(const struct cmd_env *env, const struct check *check, struct finding *f)
{
	f->found = child_find_program(check->arg);
}

static const char *compiler(void)
{
	const char *cc = getenv("CC");

	return cc && cc[0] ? cc : "gcc";
}

/* Runs the compiler with these arguments; "ccache gcc" is a usual one. */
static int run_compiler(const char *const *args, struct strbuf *out, struct err *err)
{
	_cleanup_strv_ struct strv argv = { 0 };
	struct child_spec spec = { 0 };

	strv_split_words(&argv, compiler());
	for (; *args; args++)
		strv_add(&argv, *args);
	spec.argv = (const char *const *)argv.items;
	return child_run_ok(&spec, PROBE_TIMEOUT_MS, PROBE_OUTPUT_MAX, out, err);
}

static void look_compiler(const struct cmd_env *env, const struct check *check, struct finding *f)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct err err = ERR_INIT;

	if (run_compiler((const char *const[]){ "--version", NULL }, &out, &err) < 0)
		f->why = xstrdup(err.msg);
	else
		f->found = xstrndup(out.data, strcspn(out.data, "\n"));
}

/* Without running anything but the compiler: the header is where it looks for headers. */
static void look_header(const struct cmd_env *env, const struct check *check, struct finding *f)
{
	const char *const args[] = { "-fsyntax-only", "-include", check->arg, "-x", "c",
				     "/dev/null",     NULL };
	struct err err = ERR_INIT;

	if (run_compiler(args, NULL, &err) == 0)
		f->found = xasprintf("<%s>", check->arg);
}

/* The compiler prints the bare name back where it has no such file. */
static void look_static_libc(const struct cmd_env *env, const struct check *check,
			     struct finding *f)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct err err = ERR_INIT;

	if (run_compiler((const char *const[]){ "-print-file-name=libc.a", NULL }, &out, &err) ==
		    0 &&
	    out.data && strchr(out.data, '/'))
		f->found = xstrndup(out.data, strcspn(out.data, "\n"));
}

static void look_source(const struct cmd_env *env, const struct check *check, struct finding *f)
{
	f->found = source_tarball_newest(NULL);
	if (!f->found)
		f->why = xstrdup("--source may name another one");
}

static void look_disk(const struct cmd_env *env, const struct check *check, struct finding *f)
{
	struct statvfs fs;
	uint64_t free_bytes;
	char size[16];

	if (statvfs(env->cache_dir, &fs) < 0) {
		f->why = xasprintf("%s: %s", env->cache_dir, strerror(errno));
		return;
	}
	free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	output_format_size(free_bytes, size);
	if (free_bytes >= DISK_NEEDED_BYTES)
		f->found = xasprintf("%s free in %s", size, env->cache_dir);
	else
		f->why = xasprintf("only %s free in %s; XDG_CACHE_HOME moves it", size,
				   env->cache_dir);
}

static void look_cache(const struct cmd_env *env, const struct check *check, struct finding *f)
{
	if (access(env->cache_dir, W_OK) == 0)
		f->found = xstrdup(env->cache_dir);
	else
		f->why = xasprintf("%s: %s; XDG_CACHE_HOME moves it", env->cache_dir,
				   strerror(errno));
}

static void look_init(const struct cmd_env *env, const struct check *check, struct finding *f)
{
	_cleanup_free_ char *path = path_join(env->data_dir, "build/guest-init");

	if (path_exists(path))
		f->found = take_ptr(&path);
	else
		f->why = xasprintf("%s: run make", path);
}

static const struct check checks[] = {
	{ "compiler", "kernels", "gcc", true, look_compiler, NULL },
	{ "make", "kernels", "make", true, look_program, "make" },
	{ "flex", "the kernel's config tools", "flex", true, look_program, "flex" },
	{ "bison", "the kernel's config tools", "bison", true, look_program, "bison" },
	{ "bc", "the kernel's time constants", "bc", true, look_program, "bc" },
	{ "libelf", "the kernel's objtool", "libelf-dev", true, look_header, "libelf.h" },
	{ "kernel source", "builds without --source", "linux-source-6.1", false, look_source,
	  NULL },
	{ "git", "--source PATH@REV", "git", false, look_program, "git" },
	{ "static libc", "`run` steps", "libc6-dev", false, look_static_libc, NULL },
	{ "busybox", "`sh` steps", "busybox-static", false, look_program, "busybox" },
	{ "guest init", "every boot", NULL, true, look_init, NULL },
	{ "cache", "sources, object trees, kernels", NULL, true, look_cache, NULL },
	{ "disk space", "sources, object trees, kernels", NULL, true, look_disk, NULL },
};

static json_t *run_check(const struct cmd_env *env, const struct check *check)
{
	struct finding f = { 0 };
	json_t *one = json_object();

	check->look(env, check, &f);
	json_set_str(one, "name", check->name);
	json_set_bool(one, "ok", f.found != NULL);
	json_set_bool(one, "needed", check->needed);
	json_set_str(one, "for", check->what_for);
	json_set_str(one, "found", f.found);
	json_set_str(one, "why", f.why);
	if (!f.found && check->package) {
		_cleanup_free_ char *fix = xasprintf("%sapt-get install %s",
						     geteuid() == 0 ? "" : "sudo ", check->package);

		json_set_str(one, "fix", fix);
	}
	free(f.found);
	free(f.why);
	return one;
}

/* A machine says itself what it found, and in its error the line that mends it. */
static json_t *run_machine_check(const struct machine_ops *machine, bool needed)
{
	_cleanup_json_ json_t *facts = json_object();
	json_t *one = json_object();
	struct err err = ERR_INIT;
	bool ok = machine->probe(facts, &err) == 0;

	json_set_str(one, "name", machine->name);
	json_set_bool(one, "ok", ok);
	json_set_bool(one, "needed", needed);
	json_set_str(one, "for", machine->summary);
	if (!ok)
		json_set_str(one, "why", err.msg);
	json_object_set(one, "facts", facts);
	return one;
}

/* {"kvm": {"usable": false}} is a line "kvm usable   false". */
static void print_facts(const json_t *facts, const char *prefix)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)facts, key, value) {
		_cleanup_free_ char *name = xasprintf("%s%s%s", prefix, *prefix ? " " : "", key);
		_cleanup_free_ char *dumped = NULL;

		if (json_is_object(value)) {
			print_facts(value, name);
			continue;
		}
		dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		printf("    %-18s %s\n", name,
		       json_is_string(value) ? json_string_value(value) : dumped);
	}
}

static void print_text(const json_t *all)
{
	json_t *one;
	size_t i;

	json_array_foreach (all, i, one) {
		bool ok = json_get_bool(one, "ok", false);
		bool needed = json_get_bool(one, "needed", false);
		const char *fix = json_get_str(one, "fix", NULL);
		const char *why = json_get_str(one, "why", NULL);

		printf("%-8s %-14s %s\n",
		       ok	? "ok"
		       : needed ? "MISSING"
				: "missing",
		       json_get_str(one, "name", "?"),
		       ok ? json_get_str(one, "found", json_get_str(one, "for", ""))
			  : json_get_str(one, "for", ""));
		if (!ok && why)
			printf("    why: %s\n", why);
		if (!ok && fix)
			printf("    fix: %s\n", fix);
		print_facts(json_get_object(one, "facts"), "");
	}
}

static int doctor_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_json_ json_t *all = json_array();
	int code = 0;
	json_t *one;
	size_t i;

	if (options_parse(&opt, env, &cmd_doctor, argc, argv, 0, 0, err) < 0)
		return -1;
	for (i = 0; i < ARRAY_SIZE(checks); i++)
		json_array_append_new(all, run_check(env, &checks[i]));
	/* The first machine is the one that runs use when they name none. */
	for (const struct machine_ops *const *m = machine_table; *m; m++)
		if (!(*m)->for_tests)
			json_array_append_new(all, run_machine_check(*m, m == machine_table));
	json_array_foreach (all, i, one) {
		if (json_get_bool(one, "needed", false) && !json_get_bool(one, "ok", false))
			code = 3;
	}
	if (opt.json)
		output_json(all);
	else
		print_text(all);
	return code;
}

const struct cmd cmd_doctor = {
	.name = "doctor",
	.args = "",
	.summary = "Says what was found on this host, what is missing, and the line that fixes it",
	.main = doctor_main,
	.needs = CMD_NEEDS_DATA | CMD_NEEDS_CACHE,
	.options = OPT_JSON,
	.details = "Exit 3 when something is missing that every run needs.\n",
};
