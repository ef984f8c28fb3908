/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/output.h"

#include <stdio.h>
#include <unistd.h>

#include "base/str.h"
#include "compare/compare.h"
#include "page/page.h"

int output_json(const json_t *value)
{
	_cleanup_free_ char *text = json_dumps(value, JSON_INDENT(1));

	puts(text);
	return 0;
}

int output_run(const char *run_dir, bool verbose, struct err *err)
{
	_cleanup_(run_facts_clear)
	struct run_facts facts = { 0 };
	struct page_style style = page_style_of(STDOUT_FILENO);
	_cleanup_free_ char *text = NULL;

	if (run_facts_load(&facts, run_dir, err) < 0)
		return -1;
	style.verbose = verbose;
	text = page_run_text(&facts, &style);
	fputs(text, stdout);
	return 0;
}

void output_format_size(uint64_t bytes, char out[16])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1000 && unit + 1 < ARRAY_SIZE(units)) {
		value /= 1000;
		unit++;
	}
	snprintf(out, 16, unit > 0 && value < 10 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

int output_command(const struct cmd_env *env, const struct pipeline_request *req, struct err *err)
{
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_strbuf_ struct strbuf line = { 0 };

	if (pipeline_command(env, req, &argv, err) < 0)
		return -1;
	for (size_t i = 0; i < argv.count; i++) {
		if (i)
			strbuf_addc(&line, ' ');
		strbuf_add_shell(&line, argv.items[i]);
	}
	puts(line.data);
	return 0;
}
