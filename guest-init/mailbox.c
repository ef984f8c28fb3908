// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest-init/frames.h"
#include "guest-init/io.h"

/* QEMU's ivshmem-plain: its second region is the memory (docs/specs/ivshmem-spec). */
#define IVSHMEM_VENDOR 0x1af4
#define IVSHMEM_DEVICE 0x1110
#define IVSHMEM_MEMORY "resource2"

static int read_hex(const char *dir, const char *name)
{
	char path[PATH_MAX], text[32];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return io_read_text(path, text, sizeof(text)) ? -1 : (int)strtol(text, NULL, 16);
}

static int map_device(struct guest_mailbox *m, const char *dir)
{
	char path[PATH_MAX];
	struct stat st;
	void *memory = MAP_FAILED;
	int fd;

	snprintf(path, sizeof(path), "%s/" IVSHMEM_MEMORY, dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	m->size = (size_t)st.st_size;
	if (m->size > sizeof(struct guest_mailbox_head))
		memory = mmap(NULL, m->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	else
		errno = ENODEV;
	close(fd);
	if (memory == MAP_FAILED)
		return -1;
	m->head = memory;
	if (m->head->magic == MAILBOX_MAGIC)
		return 0;
	mailbox_close(m);
	errno = ENODEV;
	return -1;
}

int mailbox_open(struct guest_mailbox *m, const char *root)
{
	char pattern[PATH_MAX];
	int result = -1;
	glob_t all;

	memset(m, 0, sizeof(*m));
	snprintf(pattern, sizeof(pattern), "%s/sys/bus/pci/devices/*", root);
	errno = ENODEV;
	if (glob(pattern, 0, NULL, &all)) {
		errno = ENODEV;
		return -1;
	}
	for (size_t i = 0; i < all.gl_pathc && result; i++) {
		const char *dir = all.gl_pathv[i];

		if (read_hex(dir, "vendor") == IVSHMEM_VENDOR &&
		    read_hex(dir, "device") == IVSHMEM_DEVICE)
			result = map_device(m, dir);
		else
			errno = ENODEV;
	}
	globfree(&all);
	return result;
}

void mailbox_close(struct guest_mailbox *m)
{
	if (m->head)
		munmap((void *)m->head, m->size);
	memset(m, 0, sizeof(*m));
}

/* What the host put there, copied out before it is looked at. */
static char *take_message(const struct guest_mailbox *m, const char *nonce, size_t *length,
			  const char **why)
{
	struct guest_mailbox_head head;
	uint32_t crc;
	char *bytes;

	memcpy(&head, (const void *)m->head, sizeof(head));
	*why = "it is longer than the mailbox";
	if (head.length > m->size - sizeof(head))
		return NULL;
	*why = "it is for another boot";
	if (memcmp(head.nonce, nonce, MAILBOX_NONCE) != 0)
		return NULL;
	*why = "no memory";
	bytes = malloc((size_t)head.length + 1);
	if (!bytes)
		return NULL;
	memcpy(bytes, (const char *)m->head + sizeof(head), head.length);
	bytes[head.length] = '\0';
	crc = frame_crc32(0, head.nonce, MAILBOX_NONCE);
	crc = frame_crc32(crc, bytes, head.length);
	if (crc != head.crc) {
		*why = "its checksum is wrong";
		free(bytes);
		return NULL;
	}
	*why = NULL;
	*length = head.length;
	return bytes;
}

char *mailbox_wait(struct guest_mailbox *m, const char *nonce, size_t *length, const char **why)
{
	char *message;

	m->head->state = MAILBOX_GUEST_WAITS;
	/* Busy, and yet tasks may run: asleep, a guest that counts instructions would skip
	 * through its time as fast as the host can until that has made its snapshot. */
	while (m->head->state != MAILBOX_GO)
		sched_yield();
	message = take_message(m, nonce, length, why);
	memset((char *)m->head + sizeof(*m->head), 0, m->size - sizeof(*m->head));
	m->head->state = MAILBOX_IDLE;
	return message;
}
