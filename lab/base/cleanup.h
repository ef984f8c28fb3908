/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cleanup attributes: a local that owns something says so where it is declared,
 * and is handed over visibly with take_ptr() or take_fd(). Never mix one with a
 * free() or close() by hand.
 */
#ifndef KLAB_BASE_CLEANUP_H
#define KLAB_BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free_p(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close_p(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclose_p(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void cleanup_closedir_p(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define _cleanup_(fn)	  __attribute__((cleanup(fn)))
#define _cleanup_free_	  _cleanup_(cleanup_free_p)
#define _cleanup_close_	  _cleanup_(cleanup_close_p)
#define _cleanup_fclose_  _cleanup_(cleanup_fclose_p)
#define _cleanup_closedir_ _cleanup_(cleanup_closedir_p)

/* Hands over the pointer: gives its value and leaves NULL behind. */
#define take_ptr(pp)                       \
	({                                 \
		__typeof__(*(pp)) _t = *(pp); \
		*(pp) = NULL;              \
		_t;                        \
	})

/* Hands over the descriptor: gives its value and leaves -1 behind. */
static inline int take_fd(int *fd)
{
	int t = *fd;

	*fd = -1;
	return t;
}

#endif
