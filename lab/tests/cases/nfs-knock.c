/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes the kernel's NFS client talk to a port of this guest, which never answers. */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(2049) };
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (ioctl(fd, SIOCSIFFLAGS, &lo) < 0 || bind(fd, (void *)&here, sizeof(here)) < 0 ||
	    listen(fd, 8) < 0 || mkdir("/nfs", 0700) < 0) {
		perror("nfs-knock");
		return 1;
	}
	mount("127.0.0.1:/", "/nfs", "nfs", 0,
	      "addr=127.0.0.1,vers=3,proto=tcp,nolock,soft,timeo=5,retrans=1,mountaddr=127.0.0.1,"
	      "mountvers=3,mountproto=tcp,mountport=2049");
	printf("mount: %s\n", strerror(errno));
	return 0;
}
