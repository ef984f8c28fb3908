/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/progress.h"

#include <stdarg.h>
#include <stdio.h>

void progress_note(struct progress *p, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (!p || !p->note)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	p->note(p, text);
}

void progress_update(struct progress *p, const char *what, uint64_t done, uint64_t total, int eta_s)
{
	if (p && p->update)
		p->update(p, what, done, total, eta_s);
}

void progress_end(struct progress *p)
{
	if (p && p->end)
		p->end(p);
}
