/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GUEST_SIGNALS_H
#define GUEST_SIGNALS_H

/* "SIGKILL", "KILL" or "9"; -1 when it is none. */
int signal_parse(const char *text);
/* "SIGKILL", or "signal 40". Static; the next call may overwrite it. */
const char *signal_name(int number);

#endif
