// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/libvirt-api.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define LIBRARY	     "libvirt.so.0"
#define QEMU_LIBRARY "libvirt-qemu.so.0"

/* One row a function: where it is looked for, and where it goes. */
static const struct {
	const char *name;
	bool qemu;
	size_t offset;
} functions[] = {
#define ROW(function) { #function, false, offsetof(struct libvirt_api, function) },
	LIBVIRT_FUNCTIONS(ROW)
#undef ROW
#define ROW(function) { #function, true, offsetof(struct libvirt_api, function) },
		LIBVIRT_QEMU_FUNCTIONS(ROW)
#undef ROW
};

static void *open_library(const char *name, struct err *err)
{
	void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		err_set(err, ERR_HOST, "libvirt is not installed (%s): %s", dlerror(),
			LIBVIRT_PACKAGE_HINT);
	return library;
}

static int load(struct libvirt_api *api, struct err *err)
{
	const char *wish = getenv("KLAB_LIBVIRT");
	void *library = open_library(wish && *wish ? wish : LIBRARY, err);
	void *qemu_library = library ? open_library(QEMU_LIBRARY, err) : NULL;

	if (!qemu_library)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		void *found = dlsym(functions[i].qemu ? qemu_library : library, functions[i].name);

		if (!found)
			return err_set(err, ERR_HOST,
				       "libvirt has no %s: it is too old, 4.1 has all that klab "
				       "calls",
				       functions[i].name);
		memcpy((char *)api + functions[i].offset, &found, sizeof(found));
	}
	return 0;
}

/* Errors are returned; nothing is printed. */
static void drop_error(void *context, virErrorPtr error)
{
}

const struct libvirt_api *libvirt_load(struct err *err)
{
	static struct libvirt_api api;
	static bool loaded;

	if (!loaded && load(&api, err) < 0)
		return NULL;
	if (!loaded) {
		api.virSetErrorFunc(NULL, drop_error);
		/* What it logs would be on standard error, where QEMU's last words are looked for.
		 */
		setenv("LIBVIRT_LOG_OUTPUTS", "4:file:/dev/null", 0);
	}
	loaded = true;
	return &api;
}

int libvirt_fail(const struct libvirt_api *lv, struct err *err)
{
	_cleanup_free_ char *text = xstrdup(lv->virGetLastErrorMessage());

	for (char *s = text; *s; s++)
		if ((unsigned char)*s < ' ')
			*s = ' ';
	return err_set(err, ERR_HOST, "libvirt: %s", text);
}
