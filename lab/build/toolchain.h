/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which compiler and linker build the kernel, and with which settings of the environment. */
#ifndef KLAB_BUILD_TOOLCHAIN_H
#define KLAB_BUILD_TOOLCHAIN_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"

struct toolchain {
	bool llvm;
	char *cross;	  /* CROSS_COMPILE, "" when there is none */
	char *arch;	  /* ARCH as kbuild takes it: "x86_64" */
	char *cc;	  /* command, may have words: "ccache gcc" */
	char *cc_version; /* first line of --version */
	char *ld;
	char *ld_version;
	char *kcflags;		/* the user's, or NULL */
	struct strv make_args;	/* "ARCH=x86_64", "CC=..." ... for make's command line */
	struct strv env;	/* "CCACHE_DIR=...": passed on to make */
	char id[HASH_HEX_SIZE]; /* over all that changes what is built */
	/* The same, and over how the compiler is called: make builds all again where that differs. */
	char tree_id[HASH_HEX_SIZE];
};

/*
 * From ARCH, CROSS_COMPILE, CC, LLVM and KCFLAGS of our environment. No
 * compiler or linker: ERR_HOST with the package that has it.
 */
int toolchain_init(struct toolchain *tc, struct err *err);
void toolchain_clear(struct toolchain *tc);

/*
 * The other programs and headers a kernel build needs. ERR_HOST names all that
 * are missing and the apt line that installs them. config: the resolved
 * .config, for the compressor; NULL: those that kconfig itself needs.
 */
int toolchain_check_tools(const struct toolchain *tc, const char *config, struct err *err);

/* A program that is needed for `what`: ERR_HOST with the package that has it when it is not there. */
int toolchain_need(const char *program, const char *what, struct err *err);

json_t *toolchain_json(const struct toolchain *tc); /* new reference */

#endif
