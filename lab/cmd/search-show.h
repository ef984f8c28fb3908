/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `klab show` does with the record of a bisect and of a search of configurations alike. */
#ifndef KLAB_CMD_SEARCH_SHOW_H
#define KLAB_CMD_SEARCH_SHOW_H

#include <jansson.h>

#include "cmd/options.h"
#include "page/page.h"

struct search_pages {
	const char *record; /* its file in the folder */
	const char *what;   /* "a bisect" */
	char *(*result)(const json_t *result, const struct page_style *style);	 /* yours */
	char *(*going_on)(const json_t *record, const struct page_style *style); /* yours */
};

void search_print_result(const struct search_pages *pages, const json_t *result, const char *dir);
/* Its result, or how far it is. ERR_INPUT: a format that it is not shown as. */
int search_show(const struct search_pages *pages, const char *dir, const struct options *opt,
		struct err *err);

#endif
