/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between child-start.c and child.c. */
#ifndef KLAB_BASE_CHILD_INTERNAL_H
#define KLAB_BASE_CHILD_INTERNAL_H

/*
 * A pipe, closed on exec, whose ends are above the standard streams even when
 * one of those is closed. -1 with errno set.
 */
int child_pipe_above(int *read_fd, int *write_fd);

#endif
