/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that the guest shares with the host when a snapshot is to be made of it
 * (docs/formats.md, "The mailbox"): at its checkpoint the guest says there that it
 * waits, and finds there what to do next. What comes over a port comes at a time
 * of the host's; this is there when the guest goes on, or not.
 */
#ifndef GUEST_MAILBOX_H
#define GUEST_MAILBOX_H

#include <stddef.h>
#include <stdint.h>

#define MAILBOX_MAGIC 0x626c6b6du /* "mklb", little-endian */
#define MAILBOX_NONCE 16

enum { MAILBOX_IDLE = 0, MAILBOX_GUEST_WAITS = 1, MAILBOX_GO = 2 };

struct guest_mailbox_head {
	uint32_t magic; /* the host's */
	uint32_t state;
	uint32_t length;	   /* bytes of the message, right after the head */
	uint32_t crc;		   /* CRC-32 of nonce and message */
	char nonce[MAILBOX_NONCE]; /* of the boot that it is for */
};

struct guest_mailbox {
	volatile struct guest_mailbox_head *head;
	size_t size; /* all of it, bytes */
};

/* Finds it below ROOT/sys. 0, or -1 with errno: ENODEV when the machine has none. */
int mailbox_open(struct guest_mailbox *m, const char *root);
/*
 * Says that the guest waits, and waits until the host says go. The message, NUL-
 * terminated, the caller's to free; NULL: what came is not whole, or for another
 * boot than `nonce`'s, or there is no memory for it, and *why says which. The
 * mailbox is empty then: a task that looks finds nothing in it.
 */
char *mailbox_wait(struct guest_mailbox *m, const char *nonce, size_t *length, const char **why);
void mailbox_close(struct guest_mailbox *m);

#endif
