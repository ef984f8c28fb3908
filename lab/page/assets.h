/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files beside it that go into pages as they are, built into klab. */
#ifndef KLAB_PAGE_ASSETS_H
#define KLAB_PAGE_ASSETS_H

extern const char page_asset_colours_css[]; /* colours.css: of all pages */
extern const char page_asset_css[]; /* compare.css */
extern const char page_asset_js[];  /* compare.js */
extern const char page_asset_site_css[]; /* site.css */

#endif
