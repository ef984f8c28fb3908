/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt's functions, looked up while klab runs: it is built with libvirt's headers, and runs
 * where the library is not installed. The names are libvirt's own, so that its manual can be read
 * beside the calls: `lv->virConnectOpen(uri)`.
 */
#ifndef KLAB_MACHINE_LIBVIRT_API_H
#define KLAB_MACHINE_LIBVIRT_API_H

#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "base/err.h"

#define LIBVIRT_FUNCTIONS(F)                    \
	F(virGetVersion)                        \
	F(virGetLastErrorMessage)               \
	F(virSetErrorFunc)                      \
	F(virEventRegisterDefaultImpl)          \
	F(virEventRunDefaultImpl)               \
	F(virConnectOpen)                       \
	F(virConnectClose)                      \
	F(virConnectListAllDomains)             \
	F(virConnectGetCapabilities)            \
	F(virConnectGetDomainCapabilities)      \
	F(virConnectDomainEventRegisterAny)     \
	F(virConnectSetKeepAlive)               \
	F(virConnectRegisterCloseCallback)      \
	F(virDomainCreateXML)                   \
	F(virDomainDestroy)                     \
	F(virDomainResume)                      \
	F(virDomainGetName)                     \
	F(virDomainGetInfo)                     \
	F(virDomainFree)                        \
	F(virDomainOpenConsole)                 \
	F(virStreamNew)                         \
	F(virStreamSend)                        \
	F(virStreamRecv)                        \
	F(virStreamFinish)                      \
	F(virStreamFree)                        \
	F(virStoragePoolLookupByName)           \
	F(virStoragePoolCreateXML)              \
	F(virStoragePoolFree)                   \
	F(virStorageVolCreateXML)               \
	F(virStorageVolUpload)                  \
	F(virStorageVolDelete)                  \
	F(virStorageVolFree)

/* Of libvirt-qemu.so: what only QEMU's driver has. */
#define LIBVIRT_QEMU_FUNCTIONS(F)     \
	F(virDomainQemuMonitorCommand) \
	F(virConnectDomainQemuMonitorEventRegister)

struct libvirt_api {
#define LIBVIRT_MEMBER(name) __typeof__(name) *name;
	LIBVIRT_FUNCTIONS(LIBVIRT_MEMBER)
	LIBVIRT_QEMU_FUNCTIONS(LIBVIRT_MEMBER)
#undef LIBVIRT_MEMBER
};

#define LIBVIRT_PACKAGE_HINT \
	"sudo apt-get install --no-install-recommends libvirt0 libvirt-daemon-driver-qemu"

/*
 * Loads it once; $KLAB_LIBVIRT may name another library than libvirt.so.0. Borrowed; NULL:
 * ERR_HOST with the line that installs it.
 */
const struct libvirt_api *libvirt_load(struct err *err);
/* Why the last call of this thread failed, on one line: "libvirt: ..." in err. Returns -1. */
int libvirt_fail(const struct libvirt_api *lv, struct err *err);

#endif
