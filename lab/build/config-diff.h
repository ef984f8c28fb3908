/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two .config files, symbol by symbol. */
#ifndef KLAB_BUILD_CONFIG_DIFF_H
#define KLAB_BUILD_CONFIG_DIFF_H

#include "base/str.h"

struct config_value {
	char *symbol; /* without CONFIG_ */
	char *value;  /* "n" for "is not set" */
};

struct config_values {
	struct config_value *items; /* sorted by symbol, each once */
	size_t count, capacity;
};

void config_parse(struct config_values *v, const char *text);
void config_values_clear(struct config_values *v);
/* The value, borrowed; NULL when the file does not name the symbol. */
const char *config_value(const struct config_values *v, const char *symbol);
/* Symbols whose values differ; not naming one and "is not set" are the same to the compiler. */
void config_changed(const char *before, const char *after, struct strv *symbols);

#endif
