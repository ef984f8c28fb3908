// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/str.h"

#define MAILBOX_MAGIC 0x626c6b6du

enum { NONCE_BYTES = 16, STATE_GUEST_WAITS = 1, STATE_GO = 2 };

/* Little-endian, as host and guest both are. */
struct mailbox_head {
	uint32_t magic, state, length, crc;
	char nonce[NONCE_BYTES];
};
_Static_assert(sizeof(struct mailbox_head) == MAILBOX_HEAD_BYTES, "the guest knows this layout");

struct mailbox {
	volatile struct mailbox_head *head;
};

struct mailbox *mailbox_new(const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct mailbox *m;
	void *memory = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, MAILBOX_BYTES) == 0)
		memory = mmap(NULL, MAILBOX_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED) {
		err_set_errno(err, ERR_HOST, errno, "cannot make %s", path);
		return NULL;
	}
	m = xcalloc(1, sizeof(*m));
	m->head = memory;
	m->head->magic = MAILBOX_MAGIC;
	return m;
}

void mailbox_free(struct mailbox *m)
{
	if (!m)
		return;
	munmap((void *)m->head, MAILBOX_BYTES);
	free(m);
}

bool mailbox_guest_waits(const struct mailbox *m)
{
	return m->head->state == STATE_GUEST_WAITS;
}

int mailbox_put(struct mailbox *m, const char *nonce, const char *message, size_t length,
		struct err *err)
{
	char *head = (char *)m->head;
	uint32_t crc;

	if (length > MAILBOX_BYTES - MAILBOX_HEAD_BYTES)
		return err_set(err, ERR_INPUT,
			       "the plan has %zu bytes, a guest that goes on from a snapshot "
			       "takes %d",
			       length, MAILBOX_BYTES - MAILBOX_HEAD_BYTES);
	crc = crc32_ieee(0, nonce, NONCE_BYTES);
	crc = crc32_ieee(crc, message, length);
	/* The snapshot's own content came with it: whatever that is, it goes. */
	memset(head, 0, MAILBOX_BYTES);
	m->head->magic = MAILBOX_MAGIC;
	m->head->length = (uint32_t)length;
	m->head->crc = crc;
	memcpy((char *)m->head->nonce, nonce, NONCE_BYTES);
	memcpy(head + MAILBOX_HEAD_BYTES, message, length);
	m->head->state = STATE_GO;
	return 0;
}
