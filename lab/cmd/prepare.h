/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What run, compare and build share: reading cases and getting kernels, with all that is wrong
 * said. */
#ifndef KLAB_CMD_PREPARE_H
#define KLAB_CMD_PREPARE_H

#include "build/build.h"
#include "case/case.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "machine/machine.h"

/*
 * Finds, reads and checks a case, also for the mode that it shall run in. Of several mistakes each gets a line on
 * standard error, and the error counts them. Yours, case_free(); NULL on error.
 */
struct case_file *prepare_case(const struct cmd_env *env, const struct options *opt,
			       const char *name, struct err *err);
/* The same of a text that klab made itself; the path is what messages call it. */
struct case_file *prepare_case_text(const struct cmd_env *env, const struct options *opt,
				    const char *path, const char *text, struct err *err);

/* Where a file has several mistakes each gets a line on standard error, and `err` counts them. */
void prepare_tell_mistakes(const struct strv *mistakes, const char *path, const char *nothing,
			   struct err *err);

static inline void prepare_case_free_p(struct case_file **c)
{
	case_free(*c);
}

static inline void prepare_kernel_free_p(struct kernel **k)
{
	kernel_free(*k);
}
#define _cleanup_case_	 _cleanup_(prepare_case_free_p)
#define _cleanup_kernel_ _cleanup_(prepare_kernel_free_p)

/* The machine of --machine, or the default one, after its probe: what is missing is known before a
 * build. */
int prepare_machine(const struct options *opt, const struct machine_ops **machine, struct err *err);

/*
 * What would fail after the kernel is built, before that: C files that do not
 * compile, programs the guest lacks, a folder for runs that cannot be.
 */
int prepare_boot(const struct cmd_env *env, const struct options *opt, const struct case_file *test,
		 struct err *err);

/*
 * The fragments of a boot: --kconfig or the case's own (`test` may be NULL:
 * base), then those of with_count values of --with. One that is not there is
 * ERR_INPUT.
 */
int prepare_fragments(const struct cmd_env *env, const struct options *opt,
		      const struct case_file *test, char *const *with, size_t with_count,
		      struct strv *fragments, struct err *err);

struct prepare_request {
	const struct options *opt;
	const struct strv *fragments;
	const struct case_file *test;	/* what the kernel must have for it; may be NULL */
	bool check_only;		/* as in build.h */
};

/*
 * Builds or finds the kernel. Each option that is lost, and each function of the case
 * that the kernel has not, gets its lines on standard error; *unfit (may be NULL) says
 * that this is why it failed.
 */
struct kernel *prepare_kernel(const struct cmd_env *env, const struct prepare_request *wanted,
			      bool *unfit, struct err *err);

#endif
