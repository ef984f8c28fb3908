// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/port.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "guest-init/io.h"

static int port_write(void *context, const char *bytes, size_t length)
{
	const struct guest *g = context;

	return io_write_all(g->port_fd, bytes, length);
}

int port_open(struct guest *g)
{
	struct termios mode;
	int fd = open(PORT_PATH, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	/* A port that the driver has a node but no hardware for opens, and fails here. */
	if (tcgetattr(fd, &mode) == 0) {
		cfmakeraw(&mode);
		mode.c_cflag |= CLOCAL;
		cfsetspeed(&mode, B115200);
		if (tcsetattr(fd, TCSANOW, &mode) == 0) {
			g->port_fd = fd;
			g->frames.write = port_write;
			g->frames.context = g;
			g->frames.nonce = g->plan.nonce;
			return 0;
		}
	}
	close(fd);
	return -1;
}

void port_drain(const struct guest *g)
{
	tcdrain(g->port_fd);
}
