// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/chance.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest-init/panic.h"

/* include/uapi/linux/random.h; musl brings no kernel headers. */
#define RNDADDENTROPY _IOW('R', 0x03, int[2])
#define RNDRESEEDCRNG _IO('R', 0x07)

/* As RNDADDENTROPY takes it: struct rand_pool_info with a buffer. */
struct entropy {
	int entropy_count, buf_size;
	uint64_t buf[4];
};

static void chance_seed_kernel(uint64_t seed)
{
	struct entropy e = { .entropy_count = 256, .buf_size = sizeof(e.buf) };
	int fd = open("/dev/urandom", O_RDWR | O_CLOEXEC);

	for (uint64_t i = 0; i < 4; i++)
		e.buf[i] = seed + i;
	if (fd < 0 || ioctl(fd, RNDADDENTROPY, &e))
		guest_say("/dev/urandom: %s: not seeded", strerror(errno));
	/* At once and not within minutes; a kernel older than 4.14 cannot. */
	else if (ioctl(fd, RNDRESEEDCRNG, 0) && errno != EINVAL && errno != ENOTTY)
		guest_say("/dev/urandom: %s: not reseeded", strerror(errno));
	if (fd >= 0)
		close(fd);
}

void chance_apply(uint64_t seed, uint64_t skew)
{
	chance_seed_kernel(seed);
	for (; skew; skew--)
		__asm__ volatile("");
}
