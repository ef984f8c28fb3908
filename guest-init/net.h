/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces of the guest. */
#ifndef GUEST_NET_H
#define GUEST_NET_H

#include "guest-init/guest.h"

/* Brings it up; its index, or -1 with step_fail(). */
int net_up(struct guest *g, const char *interface);

/* "10.0.0.1/24": both in network byte order. False when it is no such thing. */
bool net_parse_address(const char *text, uint32_t *address, uint32_t *mask);

/*
 * Memory shared with a task for what it finds, zeroed and charged to init. NULL with
 * step_fail(). Init keeps it: the boot has one run.
 */
void *task_findings(struct guest *g, size_t size);

#endif
