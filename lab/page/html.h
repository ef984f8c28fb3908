/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building blocks of HTML that is XML too. Whatever text is added comes out as text: markup
 * in it is escaped, and what would hide, reorder or end something is shown (page/safe.h).
 * What is named `markup` is our own, and goes out as it is. Pure.
 */
#ifndef KLAB_PAGE_HTML_H
#define KLAB_PAGE_HTML_H

#include "base/str.h"

#define HTML_LINE_BYTES 2000 /* of a line of a console; cut beyond, and told */
#define HTML_TEXT_BYTES 1000 /* of a text: names, titles and reasons are far shorter; likewise */

void html_text(struct strbuf *out, const char *text);
/* All of it. */
void html_textn(struct strbuf *out, const char *bytes, size_t length);
__attribute__((format(printf, 2, 3))) void html_textf(struct strbuf *out, const char *fmt, ...);
/* <tag class="class">text</tag>; class NULL: none. */
void html_element(struct strbuf *out, const char *tag, const char *class, const char *text);
__attribute__((format(printf, 4, 5))) void html_elementf(struct strbuf *out, const char *tag,
							 const char *class, const char *fmt, ...);
/* <a href="path">text</a>. The path is relative whatever is in it: a colon is no scheme's. */
void html_link(struct strbuf *out, const char *path, const char *text);
/* A line of a console: its time dim, tabs to every eighth column. */
void html_line(struct strbuf *out, const char *bytes, size_t length);

#endif
