/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The second serial port, which carries the frames. */
#ifndef GUEST_PORT_H
#define GUEST_PORT_H

#include "guest-init/guest.h"

#define PORT_PATH "/dev/ttyS1"

/* Opens it raw and binds g->frames to it. 0, or -1 with errno: ENXIO or EIO when the machine has
 * none. */
int port_open(struct guest *g);
/* Waits until the last byte has left the guest: what follows may be its end. */
void port_drain(const struct guest *g);

#endif
