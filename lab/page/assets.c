// SPDX-License-Identifier: GPL-2.0-or-later
#include "page/assets.h"

/* Paths are from the root, where everything is compiled; the Makefile knows that this needs them.
 */
#define ASSET(name, path)                                                                          \
	__asm__(".pushsection .rodata\n"                                                           \
		".global " #name "\n" #name ":\n"                                                  \
		".incbin \"" path "\"\n"                                                           \
		".byte 0\n"                                                                        \
		".popsection\n")

ASSET(page_asset_colours_css, "lab/page/colours.css");
ASSET(page_asset_css, "lab/page/compare.css");
ASSET(page_asset_js, "lab/page/compare.js");
ASSET(page_asset_site_css, "lab/page/site.css");
