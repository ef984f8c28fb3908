// SPDX-License-Identifier: GPL-2.0-or-later
/* The system calls that a sweep can make without a program: one row and its arguments each. */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "guest-init/fail-nth.h"

#define FILE_PATH   "/klab-fail-nth"
#define FOLDER_PATH "/klab-fail-nth.d"
#define BUFFER_SIZE 65536

/* Touched in prepare(): a page fault in the call would count as well. */
static char buffer[BUFFER_SIZE];

static long address(const void *p)
{
	return (long)(intptr_t)p;
}

static void prepare_openat(long a[6])
{
	unlink(FILE_PATH);
	a[0] = AT_FDCWD;
	a[1] = address(FILE_PATH);
	a[2] = O_RDWR | O_CREAT;
	a[3] = 0600;
}

static void prepare_read(long a[6])
{
	memset(buffer, 1, sizeof(buffer));
	a[0] = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	a[1] = address(buffer);
	a[2] = BUFFER_SIZE;
}

static void prepare_write(long a[6])
{
	memset(buffer, 1, sizeof(buffer));
	a[0] = open(FILE_PATH, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	a[1] = address(buffer);
	a[2] = BUFFER_SIZE;
}

static void prepare_mmap(long a[6])
{
	a[1] = 16 * 4096;
	a[2] = PROT_READ | PROT_WRITE;
	/* The pages at once: what they take belongs to the call. */
	a[3] = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
	a[4] = -1;
}

static void prepare_clone(long a[6])
{
	a[0] = SIGCHLD;
}

static void prepare_pipe2(long a[6])
{
	memset(buffer, 1, sizeof(buffer));
	a[0] = address(buffer);
	a[1] = O_CLOEXEC;
}

static void prepare_socket(long a[6])
{
	a[0] = AF_UNIX;
	a[1] = SOCK_STREAM;
}

static void prepare_socketpair(long a[6])
{
	prepare_socket(a);
	memset(buffer, 1, sizeof(buffer));
	a[3] = address(buffer);
}

static void prepare_mount(long a[6])
{
	mkdir(FOLDER_PATH, 0700);
	a[0] = address("none");
	a[1] = address(FOLDER_PATH);
	a[2] = address("tmpfs");
}

static void prepare_mkdirat(long a[6])
{
	rmdir(FOLDER_PATH);
	a[0] = AT_FDCWD;
	a[1] = address(FOLDER_PATH);
	a[2] = 0700;
}

/* More than the kernel holds on its stack, and a time that is over. */
static void prepare_ppoll(long a[6])
{
	static struct timespec no_time;
	struct pollfd *fds = (struct pollfd *)(void *)buffer;

	for (int i = 0; i < 100; i++)
		fds[i] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLPRI };
	a[0] = address(fds);
	a[1] = 100;
	a[2] = address(&no_time);
}

/* FUTEX_WAKE of a word that is not private: the kernel has to find its page. */
static void prepare_futex(long a[6])
{
	static int word;

	word = 1;
	a[0] = address(&word);
	a[1] = 1;
	a[2] = 1;
}

static void prepare_memfd_create(long a[6])
{
	a[0] = address("klab");
}

static void prepare_nothing(long a[6])
{
	(void)a;
}

static const struct nth_call calls[] = {
	{ "clone", SYS_clone, prepare_clone },
	{ "epoll_create1", SYS_epoll_create1, prepare_nothing },
	{ "eventfd2", SYS_eventfd2, prepare_nothing },
	{ "futex", SYS_futex, prepare_futex },
	{ "memfd_create", SYS_memfd_create, prepare_memfd_create },
	{ "mkdirat", SYS_mkdirat, prepare_mkdirat },
	{ "mmap", SYS_mmap, prepare_mmap },
	{ "mount", SYS_mount, prepare_mount },
	{ "openat", SYS_openat, prepare_openat },
	{ "pipe2", SYS_pipe2, prepare_pipe2 },
	{ "ppoll", SYS_ppoll, prepare_ppoll },
	{ "read", SYS_read, prepare_read },
	{ "socket", SYS_socket, prepare_socket },
	{ "socketpair", SYS_socketpair, prepare_socketpair },
	{ "write", SYS_write, prepare_write },
};

const struct nth_call *nth_call_find(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, name) == 0)
			return &calls[i];
	return NULL;
}

int nth_call_make(const struct nth_call *call)
{
	long a[6] = { 0 };

	call->prepare(a);
	/* From here on every call of that number is the one that is meant. */
	raise(SIGSTOP);
	if (syscall(call->number, a[0], a[1], a[2], a[3], a[4], a[5]) >= 0 &&
	    call->number == SYS_mount)
		syscall(SYS_umount2, FOLDER_PATH, 0);
	return 0;
}
