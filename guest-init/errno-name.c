// SPDX-License-Identifier: GPL-2.0-or-later
/* glibc has strerrorname_np(), musl has not, and /usr/include's numbers are the only source needed.
 */
#include "guest-init/errno-name.h"

#include <errno.h>
#include <stdio.h>

#define NAME(e) [e] = #e

static const char *const names[] = {
	NAME(EPERM),	    NAME(ENOENT),	   NAME(ESRCH),	       NAME(EINTR),
	NAME(EIO),	    NAME(ENXIO),	   NAME(E2BIG),	       NAME(ENOEXEC),
	NAME(EBADF),	    NAME(ECHILD),	   NAME(EAGAIN),       NAME(ENOMEM),
	NAME(EACCES),	    NAME(EFAULT),	   NAME(ENOTBLK),      NAME(EBUSY),
	NAME(EEXIST),	    NAME(EXDEV),	   NAME(ENODEV),       NAME(ENOTDIR),
	NAME(EISDIR),	    NAME(EINVAL),	   NAME(ENFILE),       NAME(EMFILE),
	NAME(ENOTTY),	    NAME(ETXTBSY),	   NAME(EFBIG),	       NAME(ENOSPC),
	NAME(ESPIPE),	    NAME(EROFS),	   NAME(EMLINK),       NAME(EPIPE),
	NAME(EDOM),	    NAME(ERANGE),	   NAME(EDEADLK),      NAME(ENAMETOOLONG),
	NAME(ENOLCK),	    NAME(ENOSYS),	   NAME(ENOTEMPTY),    NAME(ELOOP),
	NAME(ENODATA),	    NAME(ETIME),	   NAME(EREMOTE),      NAME(ENOLINK),
	NAME(ECOMM),	    NAME(EPROTO),	   NAME(EBADMSG),      NAME(EOVERFLOW),
	NAME(EBADFD),	    NAME(EREMCHG),	   NAME(EILSEQ),       NAME(EUSERS),
	NAME(ENOTSOCK),	    NAME(EMSGSIZE),	   NAME(EOPNOTSUPP),   NAME(EADDRINUSE),
	NAME(ENETDOWN),	    NAME(ENOBUFS),	   NAME(ETIMEDOUT),    NAME(EHOSTDOWN),
	NAME(EALREADY),	    NAME(EINPROGRESS),	   NAME(ESTALE),       NAME(EUCLEAN),
	NAME(EREMOTEIO),    NAME(EDQUOT),	   NAME(ENOMEDIUM),    NAME(EMEDIUMTYPE),
	NAME(ECANCELED),    NAME(ENOKEY),	   NAME(EOWNERDEAD),   NAME(EHWPOISON),
	NAME(ENETUNREACH),  NAME(EHOSTUNREACH),	   NAME(ECONNREFUSED), NAME(ECONNRESET),
	NAME(ECONNABORTED), NAME(ENOTCONN),	   NAME(EISCONN),      NAME(EADDRNOTAVAIL),
	NAME(EAFNOSUPPORT), NAME(EPROTONOSUPPORT),
};

const char *errno_name(int errno_value)
{
	static char text[24];

	if (errno_value > 0 && (size_t)errno_value < sizeof(names) / sizeof(names[0]) &&
	    names[errno_value])
		return names[errno_value];
	snprintf(text, sizeof(text), "errno %d", errno_value);
	return text;
}
