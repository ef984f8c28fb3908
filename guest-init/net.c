// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest-init/verbs.h"

bool net_parse_address(const char *text, uint32_t *address, uint32_t *mask)
{
	char host[INET_ADDRSTRLEN];
	size_t length = strcspn(text, "/");
	char *end;
	long bits;

	if (length >= sizeof(host) || text[length] != '/')
		return false;
	memcpy(host, text, length);
	host[length] = '\0';
	bits = strtol(text + length + 1, &end, 10);
	if (!text[length + 1] || *end || bits < 1 || bits > 32 ||
	    inet_pton(AF_INET, host, address) != 1)
		return false;
	*mask = htonl(UINT32_MAX << (32 - bits));
	return true;
}

static void set_name(struct ifreq *request, const char *interface)
{
	memset(request, 0, sizeof(*request));
	snprintf(request->ifr_name, sizeof(request->ifr_name), "%s", interface);
}

static int raise_flag(int fd, const char *interface)
{
	struct ifreq request;

	set_name(&request, interface);
	if (ioctl(fd, SIOCGIFFLAGS, &request))
		return -1;
	if (request.ifr_flags & IFF_UP)
		return 0;
	request.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &request);
}

static int set_address(int fd, const char *interface, unsigned long what, uint32_t address)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = address };
	struct ifreq request;

	set_name(&request, interface);
	memcpy(&request.ifr_addr, &in, sizeof(in));
	return ioctl(fd, (int)what, &request);
}

static int control_socket(struct guest *g)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		step_fail(g, errno, "a socket (the kernel needs NET and INET)");
	return fd;
}

int net_up(struct guest *g, const char *interface)
{
	int fd = control_socket(g);
	int index;

	if (fd < 0)
		return -1;
	if (strlen(interface) >= IFNAMSIZ || raise_flag(fd, interface)) {
		step_fail(g, strlen(interface) >= IFNAMSIZ ? ENODEV : errno, "bring %s up",
			  interface);
		close(fd);
		return -1;
	}
	close(fd);
	index = (int)if_nametoindex(interface);
	return index > 0 ? index : step_fail(g, errno, "index of %s", interface);
}

int verb_net_up(struct guest *g, const struct plan_step *step)
{
	const char *interface = step_need(g, step, "interface");
	const char *text = plan_arg(step, "address");
	uint32_t address, mask;
	int fd, result = 0;

	if (!interface || net_up(g, interface) < 0)
		return -1;
	if (!text)
		return 0;
	if (!net_parse_address(text, &address, &mask))
		return step_fail(g, EINVAL, "'%s' is no address such as 10.0.0.1/24", text);
	fd = control_socket(g);
	if (fd < 0)
		return -1;
	if (set_address(fd, interface, SIOCSIFADDR, address) ||
	    set_address(fd, interface, SIOCSIFNETMASK, mask))
		result = step_fail(g, errno, "give %s the address %s", interface, text);
	close(fd);
	return result;
}

void *task_findings(struct guest *g, size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		step_fail(g, errno, "memory shared with the task");
		return NULL;
	}
	/* Touched here first: its pages are charged to init, not to the task's group. */
	memset(memory, 0, size);
	return memory;
}
