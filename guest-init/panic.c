// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/panic.h"

#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

static const int fatal_signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP };

/* One line, whatever is quoted in it: a case's text must not look like the kernel's. */
static void say_args(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));
static void say_args(const char *fmt, va_list args)
{
	char line[768] = "klab-init: ";
	size_t head = strlen(line);
	int n = vsnprintf(line + head, sizeof(line) - head - 1, fmt, args);
	size_t length = head + (n < 0 ? 0 : (size_t)n);

	if (length > sizeof(line) - 2)
		length = sizeof(line) - 2;
	for (size_t i = head; i < length; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[length++] = '\n';
	/* There is nobody to tell when the console is gone too. */
	if (write(STDERR_FILENO, line, length) < 0)
		return;
}

void guest_say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say_args(fmt, args);
	va_end(args);
}

void guest_power_off(void)
{
	tcdrain(STDERR_FILENO);
	reboot(RB_POWER_OFF);
	/* A kernel that cannot switch the machine off halts; then the host ends it. */
	for (;;)
		pause();
}

void guest_die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say_args(fmt, args);
	va_end(args);
	guest_power_off();
}

/* Hexadecimal by hand: nothing else may be called in here. */
static void on_fatal(int number, siginfo_t *info, void *context)
{
	static const char digits[] = "0123456789abcdef";
	char line[] = "klab-init: fatal signal .. at address 0x................, powering off\n";
	char *at = strstr(line, "..");
	uintptr_t address = (uintptr_t)info->si_addr;

	at[0] = (char)('0' + number / 10);
	at[1] = (char)('0' + number % 10);
	at = strstr(line, "0x") + 2;
	for (int i = 15; i >= 0; i--, address >>= 4)
		at[i] = digits[address & 15];
	if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
		_exit(1);
	guest_power_off();
}

void guest_catch_fatal(void)
{
	static char stack[16384];
	const stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_sigaction = on_fatal,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND };

	sigaltstack(&alternate, NULL);
	for (size_t i = 0; i < sizeof(fatal_signals) / sizeof(fatal_signals[0]); i++)
		sigaction(fatal_signals[i], &action, NULL);
}

void guest_uncatch(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int number = 1; number < 32; number++)
		if (number != SIGKILL && number != SIGSTOP)
			sigaction(number, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
