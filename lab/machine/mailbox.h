/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that a guest shares with us: a file behind QEMU's ivshmem-plain
 * (docs/formats.md, "The mailbox"; guest-init/mailbox.h is the other side). What is
 * put there while the guest stands still is there when it goes on: no input comes
 * at a time of the host's. The guest can write it: nothing in it is trusted.
 */
#ifndef KLAB_MACHINE_MAILBOX_H
#define KLAB_MACHINE_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { MAILBOX_BYTES = 1 << 20, MAILBOX_HEAD_BYTES = 32 };

struct mailbox;

/* Makes the file, and maps it. Yours; NULL on error. */
struct mailbox *mailbox_new(const char *path, struct err *err);
void mailbox_free(struct mailbox *m); /* NULL-safe; the file stays */
/* Has the guest come to its checkpoint? */
bool mailbox_guest_waits(const struct mailbox *m);
/*
 * Puts the message there and says go. nonce: of the boot that it is for, 16
 * characters. ERR_INPUT: it is too long.
 */
int mailbox_put(struct mailbox *m, const char *nonce, const char *message, size_t length,
		struct err *err);

#endif
