// SPDX-License-Identifier: GPL-2.0-or-later
/* The program that libvirt starts as QEMU, and what it said. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine/libvirt.h"

enum { LOG_BYTES = 16 * 1024 * 1024 };

/*
 * As soon as the guest is gone libvirt sends QEMU SIGTERM, and nobody can ask any more what its
 * disks counted. So a QEMU with disks has that signal blocked: it stands, as one does that klab
 * started, until klab has asked it and tells it to quit. When libvirt only asks a QEMU what it
 * knows (-daemonize) it is ended as ever.
 */
static char *script_text(const char *qemu)
{
	struct strbuf text = { 0 };

	strbuf_adds(&text, "#!/bin/sh\n"
			   "# Made by klab: QEMU, deaf to the SIGTERM with which libvirt ends it.\n"
			   "case \" $* \" in\n"
			   "*' -daemonize '*) exec ");
	strbuf_add_quoted(&text, qemu);
	strbuf_adds(&text, " \"$@\" ;;\nesac\nexec env --block-signal=TERM ");
	strbuf_add_quoted(&text, qemu);
	strbuf_adds(&text, " \"$@\"\n");
	return strbuf_take(&text);
}

/* One a QEMU, so that libvirt's answers on what it knows stay true of it. */
static char *script_path(const char *qemu, struct err *err)
{
	_cleanup_free_ char *cache = path_cache_dir(err);
	_cleanup_free_ char *dir = cache ? path_join(cache, "libvirt/emulators") : NULL;
	_cleanup_free_ char *name = xstrdup(qemu);

	if (!dir || file_mkdir_p(dir, err) < 0)
		return NULL;
	for (char *s = name; *s; s++)
		if (*s == '/')
			*s = '%';
	return path_join(dir, name);
}

char *libvirt_emulator(const char *qemu, bool has_disks, struct err *err)
{
	_cleanup_free_ char *path = NULL, *text = NULL, *old = NULL, *fresh = NULL;
	size_t length;

	if (!has_disks)
		return xstrdup(qemu);
	path = script_path(qemu, err);
	if (!path)
		return NULL;
	text = script_text(qemu);
	old = file_read(path, strlen(text) + 1, &length, NULL);
	/* Left alone when it is right: libvirt asks a program again that is newer than its answer.
	 */
	if (old && str_eq(old, text))
		return take_ptr(&path);
	/* Whoever finds it can run it. */
	fresh = xasprintf("%s.%d", path, (int)getpid());
	if (file_write_atomic(fresh, text, strlen(text), err) < 0)
		return NULL;
	if (chmod(fresh, 0755) < 0 || rename(fresh, path) < 0) {
		err_set_errno(err, ERR_HOST, errno, "cannot make %s", path);
		return NULL;
	}
	return take_ptr(&path);
}

/* ---- its log: the command line, QEMU's own lines, and between them libvirt's ---- */

#define LAST_ARGUMENT  "-msg timestamp=on\n" /* libvirt's own, after all of ours */
#define LIBVIRTS_STAMP "+0000: "

/* "2026-11-28T06:47:58.152540Z qemu: ..." without the time. */
static const char *skip_stamp(const char *line)
{
	const char *blank = strchr(line, ' ');

	return blank && blank - line > 20 && line[10] == 'T' && blank[-1] == 'Z' ? blank + 1 : line;
}

char *libvirt_last_words(const char *log_path)
{
	size_t length;
	_cleanup_free_ char *text = file_read(log_path, LOG_BYTES, &length, NULL);
	_cleanup_strv_ struct strv lines = { 0 };
	const char *said = text ? strstr(text, LAST_ARGUMENT) : NULL;

	if (!said)
		return NULL;
	strv_split(&lines, said + strlen(LAST_ARGUMENT), '\n');
	for (size_t i = lines.count; i > 0; i--) {
		const char *line = lines.items[i - 1];

		if (*line && !strstr(line, LIBVIRTS_STAMP))
			return xstrdup(skip_stamp(line));
	}
	return NULL;
}
