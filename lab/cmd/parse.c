// SPDX-License-Identifier: GPL-2.0-or-later
/* klab parse: the kernel's reports in a console log. */
#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "console/console-file.h"
#include "page/layout.h"
#include "report/report.h"

#define CHUNK_BYTES (256u << 10)

static int feed_file(struct report_parser *p, int fd, const char *name, struct err *err)
{
	_cleanup_free_ char *chunk = xmalloc(CHUNK_BYTES);

	for (;;) {
		ssize_t n = read(fd, chunk, CHUNK_BYTES);

		if (cancel_requested())
			return err_set(err, ERR_CANCELLED, "stopped");
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(err, ERR_INPUT, errno, "read %s", name);
		if (n == 0)
			return report_parser_end(p);
		report_parser_feed(p, chunk, n);
	}
}

static void print_report(json_t *r)
{
	int64_t count = json_get_int(r, "count", 1);
	_cleanup_free_ char *task = page_safe(json_get_str(r, "task", ""));
	json_t *causes = json_get_array(r, "caused_by"), *cause;
	size_t i;

	printf("%s", json_get_str(r, "title", ""));
	if (count > 1)
		printf(" (%lld times)", (long long)count);
	printf("\n    %s, line %lld", json_get_str(r, "kind", ""),
	       (long long)json_get_int(r, "start_line", 0));
	if (json_get_num(r, "time_s", -1) >= 0)
		printf(", at %.6f s", json_get_num(r, "time_s", -1));
	if (task[0])
		printf(", task %s", task);
	if (json_get_int(r, "pid", -1) >= 0)
		printf(", pid %lld", (long long)json_get_int(r, "pid", -1));
	if (json_get_bool(r, "panicked", false))
		printf(", panicked");
	if (json_get_bool(r, "corrupted", false))
		printf(", incomplete");
	if (json_get_bool(r, "info", false))
		printf(", for information");
	putchar('\n');
	json_array_foreach (causes, i, cause)
		printf("    perhaps caused by: %s (%.0f %%)\n", json_get_str(cause, "title", ""),
		       100 * json_get_num(cause, "confidence", 0));
}

static int print_all(json_t *all, bool as_json)
{
	json_t *r;
	size_t i;

	if (as_json)
		return output_json(all);
	json_array_foreach (all, i, r)
		print_report(r);
	if (!json_array_size(all))
		printf("no kernel report\n");
	return 0;
}

static int parse_fd(int fd, const char *name, bool as_json, struct err *err)
{
	struct report_collector *c = report_collector_new();
	struct report_parser *p = report_parser_new(report_collector_add, c);
	int rc = feed_file(p, fd, name, err);

	if (!rc) {
		_cleanup_json_ json_t *all = report_collector_json(c);

		rc = print_all(all, as_json);
	}
	report_parser_free(p);
	report_collector_free(c);
	return rc;
}

static int parse_main(const struct cmd_env *env, int argc, char **argv, struct err *err)
{
	_cleanup_options_ struct options opt = { 0 };
	_cleanup_close_ int opened = -1;
	const char *name;
	int ret = options_parse(&opt, env, &cmd_parse, argc, argv, 0, 1, err);

	if (ret != 0)
		return ret < 0 ? -1 : 0;
	name = opt.args.count ? opt.args.items[0] : "-";
	if (str_eq(name, "-"))
		return parse_fd(STDIN_FILENO, "standard input", opt.json, err);
	opened = console_open_file(name, err);
	if (opened < 0)
		return -1;
	return parse_fd(opened, name, opt.json, err);
}

const struct cmd cmd_parse = {
	.name = "parse",
	.args = "[FILE]",
	.summary = "Finds the kernel's reports in a console log",
	.main = parse_main,
	.options = OPT_JSON,
	.details =
		"Without FILE, or with -, it reads standard input: what a serial console, dmesg,\n"
		"syslog, journalctl or /dev/kmsg gives. FILE may be packed by zstd.\n",
};
