// SPDX-License-Identifier: GPL-2.0-or-later
/* klab symbolize: source lines for the places in a console log. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/options.h"
#include "cmd/vmlinux.h"
#include "symbols/annotate.h"

#define MAX_MODULE_DIR_DEPTH 16

struct symbolize {
	struct symbolizer *symbolizer;
	FILE *in;
	const char *name; /* of the input, for messages */
	bool as_json;
};

/* dm-dust.ko and dm_dust.ko are both the module that the kernel calls dm_dust. */
static void add_module(struct symbolizer *s, const char *path)
{
	_cleanup_free_ char *name = xstrndup(path_base(path), strlen(path_base(path)) - 3);

	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '_';
	symbolizer_add_module(s, name, path);
}

static int add_modules(struct symbolizer *s, const char *dir, int depth, struct err *err)
{
	_cleanup_strv_ struct strv names = { 0 };

	if (file_list_dir(dir, &names, err))
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_free_ char *path = path_join(dir, names.items[i]);
		struct stat st;

		if (lstat(path, &st))
			continue;
		if (S_ISDIR(st.st_mode) && depth < MAX_MODULE_DIR_DEPTH) {
			if (add_modules(s, path, depth + 1, err))
				return -1;
		} else if (S_ISREG(st.st_mode) && str_ends(path, ".ko")) {
			add_module(s, path);
		}
	}
	return 0;
}

/* "Kernel Offset: 0x1c000000 from ..." is printed after the trace that it is needed for. */
static void take_kernel_offset(struct symbolizer *s, const char *line)
{
	static const char mark[] = "Kernel Offset: 0x";
	const char *at = strstr(line, mark);

	if (at)
		symbolizer_set_offset(s, strtoull(at + sizeof(mark) - 1, NULL, 16));
}

static void find_kernel_offset(struct symbolize *y)
{
	_cleanup_free_ char *line = NULL;
	size_t capacity = 0;

	if (fseeko(y->in, 0, SEEK_SET))
		return; /* a pipe: it counts from where it stands */
	while (getline(&line, &capacity, y->in) >= 0)
		take_kernel_offset(y->symbolizer, line);
	rewind(y->in);
}

static void print_json(struct symbolize *y, const char *line, size_t length)
{
	_cleanup_json_ json_t *object = json_object();
	struct symbol_token token;

	json_set_strn(object, "text", line, length);
	if (symbolizer_line_token(y->symbolizer, line, length, &token)) {
		json_set_str(object, "function", token.function);
		json_set_int(object, "offset", (int64_t)token.offset);
		json_set_int(object, "size", (int64_t)token.size);
		json_set_str(object, "module", token.module);
		if (token.found)
			json_object_set_new(object, "place", symbols_place_to_json(&token.place));
	}
	symbol_token_clear(&token);
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
}

static int symbolize_stream(struct symbolize *y, struct err *err)
{
	_cleanup_free_ char *line = NULL;
	size_t capacity = 0;
	ssize_t length;

	find_kernel_offset(y);
	while ((length = getline(&line, &capacity, y->in)) >= 0) {
		_cleanup_free_ char *text = NULL;
		size_t n = (size_t)length;

		if (cancel_requested())
			return err_set(err, ERR_CANCELLED, "stopped");
		take_kernel_offset(y->symbolizer, line);
		if (y->as_json) {
			print_json(y, line, n && line[n - 1] == '\n' ? n - 1 : n);
			continue;
		}
		/* A NUL is nothing that the kernel prints: the line is passed on as it is. */
		if (memchr(line, '\0', n)) {
			fwrite(line, 1, n, stdout);
			continue;
		}
		text = symbolizer_line(y->symbolizer, line, n);
		fputs(text, stdout);
	}
	if (ferror(y->in))
		return err_set_errno(err, ERR_INPUT, errno, "read %s", y->name);
	return 0;
}

static void warn_missing(const struct symbolizer *s, const char *modules_dir)
{
	_cleanup_strv_ struct strv missing = { 0 };
	_cleanup_free_ char *names = NULL;

	symbolizer_missing_modules(s, &missing);
	if (!missing.count)
		return;
	names = strv_join(&missing, ", ");
	fprintf(stderr, "klab symbolize: no symbols of the modules %s%s%s\n", names,
		modules_dir ? " in " : "; name their folder with --modules",
		modules_dir ? modules_dir : "");
}

static int symbolize_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_fclose_ FILE *opened = NULL;
	struct symbolize y = { .name = "standard input", .in = stdin };
	int ret = options_parse(&opt, env, &cmd_symbolize, argc, argv, 0, 1, err);

	if (ret != 0)
		return ret < 0 ? -1 : 0;
	if (!opt.vmlinux)
		return err_set(err, ERR_INPUT, "expected --vmlinux FILE");
	if (opt.args.count && !str_eq(opt.args.items[0], "-")) {
		y.name = opt.args.items[0];
		y.in = opened = fopen(y.name, "re");
		if (!opened)
			return err_set_errno(err, ERR_INPUT, errno, "%s", y.name);
	}
	y.as_json = opt.json;
	y.symbolizer = vmlinux_open(opt.vmlinux, err);
	if (!y.symbolizer)
		return -1;
	if (!symbolizer_has_lines(y.symbolizer))
		fprintf(stderr,
			"klab symbolize: %s has no debug information: build with the "
			"fragment `debug`\n",
			opt.vmlinux);
	ret = opt.modules ? add_modules(y.symbolizer, opt.modules, 0, err) : 0;
	if (ret == 0)
		ret = symbolize_stream(&y, err);
	warn_missing(y.symbolizer, opt.modules);
	symbolizer_free(y.symbolizer);
	return ret;
}

const struct cmd cmd_symbolize = {
	.name = "symbolize",
	.args = "--vmlinux FILE [FILE]",
	.summary = "Adds source lines and inlined functions to the traces of a console log",
	.main = symbolize_main,
	.options = OPT_VMLINUX | OPT_MODULES | OPT_JSON,
	.details = "Without FILE, or with -, it reads standard input. The output has the shape of\n"
		   "the kernel's scripts/decode_stacktrace.sh; --json prints one object a line.\n",
};
