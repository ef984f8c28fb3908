// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/functions.h"

#include <inttypes.h>

#include "base/file.h"
#include "base/json.h"
#include "case/bpf-object.h"
#include "case/kernel-version.h"
#include "case/mistakes.h"
#include "cmd/vmlinux.h"
#include "symbols/error-list.h"
#include "symbols/system-map.h"

struct lookup {
	const struct case_file *test;
	const struct kernel *kernel;
	struct system_map map;	    /* without text: not read yet */
	struct workdir dir;	    /* where the kernel's vmlinux is unpacked */
	char *vmlinux;		    /* there; NULL: not yet, for that takes a second */
	struct symbolizer *symbols; /* owned; NULL: not opened yet, for that takes seconds */
	struct error_list *errors;  /* the same */
	struct strv *mistakes;
};

static char *find_hint(const struct system_map_names *names, const char *word)
{
	return mistakes_hint(word, names->items, names->count);
}

static int read_map(struct lookup *l, struct err *err)
{
	return l->map.text ? 0 : system_map_read(&l->map, l->kernel->system_map, err);
}

static const char *unpacked_vmlinux(struct lookup *l, struct err *err)
{
	if (!l->vmlinux)
		l->vmlinux = vmlinux_unpack(l->kernel->vmlinux_zst, &l->dir, err);
	return l->vmlinux;
}

static int read_errors(struct lookup *l, struct err *err)
{
	const char *vmlinux;

	if (l->errors)
		return 0;
	vmlinux = unpacked_vmlinux(l, err);
	l->errors = vmlinux ? error_list_read(vmlinux, err) : NULL;
	return l->errors ? 0 : -1;
}

/* ---- steps ---- */

/* Whether it is a function of this kernel, and may fail where it is to. */
static bool check_name(struct lookup *l, const struct case_step *step, const struct arg_def *def,
		       const struct case_arg *arg)
{
	const char *name = arg->values.items[0];
	_cleanup_free_ char *where = xasprintf("%s:%d:%d: `%s` is `%s`", l->test->path,
					       arg->place.line, arg->place.column, def->name, name);
	_cleanup_free_ char *hint = NULL;
	bool injectable = def->flags & ARG_INJECTABLE;

	/* What the kernel says to such a name is what the case asks. */
	if (case_step_arg(step, "errno"))
		return false;
	if (!system_map_has(&l->map.functions, name)) {
		hint = find_hint(injectable ? &l->map.injectable : &l->map.functions, name);
		strv_addf(l->mistakes, "%s%s; expected a function of this kernel, as in %s", where,
			  hint, l->kernel->system_map);
	} else if (injectable && !l->map.injectable.count) {
		strv_addf(l->mistakes,
			  "%s, and this kernel has no list of functions that may fail; expected "
			  "one with CONFIG_FUNCTION_ERROR_INJECTION",
			  where);
	} else if (injectable && !system_map_has(&l->map.injectable, name)) {
		hint = find_hint(&l->map.injectable, name);
		strv_addf(l->mistakes,
			  "%s, which this kernel does not allow to fail%s; expected one that it "
			  "marks with ALLOW_ERROR_INJECTION",
			  where, hint);
	} else {
		return true;
	}
	return false;
}

/*
 * Whether it may return that value. fail_function would refuse another one; a BPF override
 * takes any, and what the callers make of it the step must say that it wants.
 */
static int check_value(struct lookup *l, const struct case_step *step, const char *function,
		       const struct case_arg *arg, struct err *err)
{
	const char *force = case_step_arg(step, "force");
	enum error_type type;
	int64_t value;

	if (str_eq(force, "1") || !str_parse_i64(arg->values.items[0], &value))
		return 0;
	if (read_errors(l, err) < 0)
		return -1;
	type = error_list_type(l->errors, function);
	if (!error_type_takes(type, value))
		strv_addf(l->mistakes,
			  "%s:%d:%d: `retval` is %" PRId64 ", and `%s` fails by %s; expected "
			  "that%s",
			  l->test->path, arg->place.line, arg->place.column, value, function,
			  error_type_values(type), force ? ", or `force: true`" : "");
	return 0;
}

static int check_function(struct lookup *l, const struct case_step *step, const struct arg_def *def,
			  const struct case_arg *arg, struct err *err)
{
	if (!check_name(l, step, def, arg) || !(def->flags & ARG_INJECTABLE))
		return 0;
	for (size_t i = 0; i < step->arg_count; i++)
		if (str_eq(step->args[i].name, "retval"))
			return check_value(l, step, arg->values.items[0], &step->args[i], err);
	return 0;
}

/* "kprobe/FUNCTION+OFFSET" and the like: the function, yours; NULL: the section names none. */
static char *section_function(const char *section)
{
	static const char *const kinds[] = { "kprobe/", "kretprobe/", "fentry/", "fexit/",
					     "fmod_ret/" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_starts(section, kinds[i])) {
			const char *name = section + strlen(kinds[i]);

			return xstrndup(name, strcspn(name, "+"));
		}
	return NULL;
}

/*
 * What a program of an object makes the function return: it must be one that may fail, and the
 * value an error of it.
 */
static int check_override(struct lookup *l, const struct case_step *step,
			  const struct case_arg *arg, const struct bpf_object_program *p,
			  const char *function, struct err *err)
{
	bool lets_run = str_starts(p->section, "fmod_ret/"); /* by returning 0 */
	_cleanup_free_ char *where = xasprintf("%s:%d:%d: program `%s`", l->test->path,
					       arg->place.line, arg->place.column, p->name);
	enum error_type type;

	if (!p->values.count && !p->values.computed)
		return 0;
	if (!lets_run && p->values.count && !system_map_has(&l->map.injectable, function)) {
		strv_addf(l->mistakes,
			  "%s overrides `%s`, which this kernel does not allow to fail; expected "
			  "one that it marks with ALLOW_ERROR_INJECTION",
			  where, function);
		return 0;
	}
	if (str_eq(case_step_arg(step, "force"), "1"))
		return 0;
	if (p->values.computed)
		strv_addf(l->mistakes,
			  "%s gives `%s` a value that only the running program knows; expected a "
			  "constant, or `force: true`",
			  where, function);
	if (read_errors(l, err) < 0)
		return -1;
	type = error_list_type(l->errors, function);
	for (size_t i = 0; i < p->values.count; i++)
		if (!error_type_takes(type, p->values.items[i]) &&
		    !(lets_run && p->values.items[i] == 0))
			strv_addf(l->mistakes,
				  "%s makes `%s` return %" PRId64
				  ", and that fails by %s; expected "
				  "it, or `force: true`",
				  where, function, p->values.items[i], error_type_values(type));
	return 0;
}

/* Those that the programs of a BPF object are for. */
static int check_object(struct lookup *l, const struct case_step *step, const struct case_arg *arg,
			struct err *err)
{
	_cleanup_free_ char *path = path_join(l->test->dir, arg->values.items[0]);
	const char *chosen = case_step_arg(step, "program");
	struct bpf_object_programs programs;
	int ret = 0;

	if (bpf_object_read(path, &programs, err) < 0)
		return err_add(err, "%s", path);
	for (size_t i = 0; i < programs.count; i++) {
		const struct bpf_object_program *p = &programs.items[i];
		_cleanup_free_ char *name = section_function(p->section), *hint = NULL;

		if (!name || (chosen ? !str_eq(chosen, p->name) : !p->attached))
			continue;
		if (system_map_has(&l->map.functions, name)) {
			if (check_override(l, step, arg, p, name, err) < 0)
				ret = -1;
			continue;
		}
		hint = find_hint(&l->map.functions, name);
		strv_addf(l->mistakes,
			  "%s:%d:%d: program `%s` is for `%s`%s; expected a function of this "
			  "kernel, as in %s",
			  l->test->path, arg->place.line, arg->place.column, p->name, name, hint,
			  l->kernel->system_map);
	}
	bpf_object_programs_clear(&programs);
	return ret;
}

static int check_step(struct lookup *l, const struct case_step *step, struct err *err)
{
	for (size_t i = 0; i < step->arg_count; i++)
		for (size_t k = 0; k < STEP_MAX_ARGS && step->def->args[k].name; k++) {
			const struct arg_def *def = &step->def->args[k];

			if ((def->type != ARG_FUNCTION && def->type != ARG_OBJECT) ||
			    !str_eq(def->name, step->args[i].name))
				continue;
			if (read_map(l, err) < 0)
				return -1;
			if ((def->type == ARG_FUNCTION
				     ? check_function(l, step, def, &step->args[i], err)
				     : check_object(l, step, &step->args[i], err)) < 0)
				return -1;
		}
	return 0;
}

/* ---- probes ---- */

/* gdb finds the pieces that a compiler makes of a function (f.part.0, f.constprop.0) by its name.
 */
static bool has_piece(const struct system_map_names *functions, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < functions->count; i++)
		if (str_starts(functions->items[i], name) && functions->items[i][length] == '.')
			return true;
	return false;
}

/* And where it was inlined. 1, 0, or -1. */
static int is_inlined(struct lookup *l, const char *name, struct err *err)
{
	const char *vmlinux;

	if (!l->symbols) {
		vmlinux = unpacked_vmlinux(l, err);
		l->symbols = vmlinux ? symbolizer_open(vmlinux, err) : NULL;
	}
	return l->symbols ? symbolizer_has_source_function(l->symbols, name) : -1;
}

/* Whole, or a piece of it. */
static bool is_in_map(const struct lookup *l, const char *name)
{
	return system_map_has(&l->map.functions, name) || has_piece(&l->map.functions, name);
}

/* A function that a trace can show: of the map, or inlined. 1, 0, or -1. */
static int is_function(struct lookup *l, const char *name, struct err *err)
{
	if (read_map(l, err) < 0)
		return -1;
	return is_in_map(l, name) ? 1 : is_inlined(l, name, err);
}

static int check_probe(struct lookup *l, const struct case_probe *probe, struct err *err)
{
	_cleanup_free_ char *hint = NULL, *where = NULL;
	int known;

	/* Of FILE:LINE gdb knows. */
	if (strchr(probe->at, ':'))
		return 0;
	known = is_function(l, probe->at, err);
	if (known)
		return known < 0 ? -1 : 0;
	hint = find_hint(&l->map.functions, probe->at);
	where = probe->line ? xasprintf("%s:%d:%d: the probe", l->test->path, probe->line,
					probe->column)
			    : xstrdup("--probe");
	strv_addf(l->mistakes, "%s `%s`%s; expected a function of this kernel, as in %s", where,
		  probe->at, hint, l->kernel->system_map);
	return 0;
}

/* ---- traces ---- */

/* "a|b" of a trace: one of them has to be there. What a compiler appends is no part of a name. */
static int check_traced(struct lookup *l, const struct case_expect *e, const char *wanted,
			struct err *err)
{
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_free_ char *hint = NULL;

	strv_split(&names, wanted, '|');
	if (read_map(l, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		names.items[i][strcspn(names.items[i], ".")] = '\0';
		if (is_in_map(l, names.items[i]))
			return 0;
	}
	/* The debug information is large, and most names are not looked up there. */
	for (size_t i = 0; i < names.count; i++) {
		int known = is_inlined(l, names.items[i], err);

		if (known)
			return known < 0 ? -1 : 0;
	}
	hint = find_hint(&l->map.functions, names.items[0]);
	strv_addf(l->mistakes,
		  "%s:%d:%d: `trace` has `%s`%s; expected a function of this kernel, as in %s",
		  l->test->path, e->line, e->column, wanted, hint, l->kernel->system_map);
	return 0;
}

static int check_traces(struct lookup *l, struct err *err)
{
	const char *release =
		json_get_str(json_object_get(l->kernel->manifest, "source"), "release", "");
	int version = kernel_version_parse(release, NULL), ret = 0;

	for (size_t i = 0; i < l->test->expect_count; i++) {
		const struct case_expect *e = &l->test->expects[i];

		if (!kernel_version_within(version, e->since, e->before))
			continue;
		for (size_t k = 0; k < e->functions.count && ret == 0; k++)
			ret = check_traced(l, e, e->functions.items[k], err);
	}
	return ret;
}

int functions_check(const struct case_file *test, const struct kernel *kernel,
		    struct strv *mistakes, struct err *err)
{
	struct lookup l = {
		.test = test, .kernel = kernel, .dir = WORKDIR_INIT, .mistakes = mistakes
	};
	int ret = 0;

	for (size_t i = 0; i < test->step_count && ret == 0; i++)
		ret = check_step(&l, &test->steps[i], err);
	for (size_t i = 0; i < test->probe_count && ret == 0; i++)
		ret = check_probe(&l, &test->probes[i], err);
	if (ret == 0)
		ret = check_traces(&l, err);
	if (ret == 0 && mistakes->count)
		ret = err_set(err, ERR_INPUT, "%s", mistakes->items[0]);
	system_map_clear(&l.map);
	symbolizer_free(l.symbols);
	error_list_free(l.errors);
	free(l.vmlinux);
	workdir_clear(&l.dir);
	return ret;
}
