/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/search-show.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "cmd/output.h"

enum { RECORD_MAX_BYTES = 256 << 20 };

/* Takes the text. */
static void print_page(char *text, const char *dir)
{
	fputs(text, stdout);
	printf("kept in    %s\n", dir);
	free(text);
}

void search_print_result(const struct search_pages *pages, const json_t *result, const char *dir)
{
	struct page_style style = page_style_of(STDOUT_FILENO);

	print_page(pages->result(result, &style), dir);
}

int search_show(const struct search_pages *pages, const char *dir, const struct options *opt,
		struct err *err)
{
	_cleanup_free_ char *path = path_join(dir, pages->record);
	_cleanup_json_ json_t *record = json_read_file(path, RECORD_MAX_BYTES, err);
	struct page_style style = page_style_of(STDOUT_FILENO);
	const json_t *result = json_get_object(record, "result");

	if (!record)
		return -1;
	if (opt->format == FORMAT_JSON)
		return output_json(record);
	if (opt->format != FORMAT_TEXT)
		return err_set(err, ERR_INPUT, "--format: %s is %s, which is shown as text or json",
			       dir, pages->what);
	if (result)
		search_print_result(pages, result, dir);
	else
		print_page(pages->going_on(record, &style), dir);
	return 0;
}
