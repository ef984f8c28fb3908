// SPDX-License-Identifier: GPL-2.0-or-later
/* A QEMU of another host: its files are sent there, and what the guest prints comes by streams. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine/libvirt-bridge.h"

enum { CHUNK_BYTES = 64 * 1024 };

/* ---- kernel and initramfs, as volumes of a pool that a user's runs there share ---- */

static int send_file(const struct libvirt_api *lv, virStreamPtr stream, int fd, const char *path,
		     struct err *err)
{
	_cleanup_free_ char *chunk = xmalloc(CHUNK_BYTES);
	ssize_t n;

	while ((n = read(fd, chunk, CHUNK_BYTES)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(err, ERR_HOST, errno, "%s", path);
		for (ssize_t done = 0; done < n;) {
			int sent = lv->virStreamSend(stream, chunk + done, (size_t)(n - done));

			if (sent < 0)
				return libvirt_fail(lv, err);
			done += sent;
		}
	}
	return lv->virStreamFinish(stream) < 0 ? libvirt_fail(lv, err) : 0;
}

static int fill_volume(const struct libvirt_api *lv, virConnectPtr conn, virStorageVolPtr volume,
		       int fd, const char *path, struct err *err)
{
	virStreamPtr stream = lv->virStreamNew(conn, 0);
	int ret = -1;

	if (!stream || lv->virStorageVolUpload(volume, stream, 0, 0, 0) < 0)
		libvirt_fail(lv, err);
	else
		ret = send_file(lv, stream, fd, path, err);
	if (stream)
		lv->virStreamFree(stream);
	return ret;
}

static int upload(struct libvirt_remote *r, virConnectPtr conn, size_t i, const char *from,
		  const char *to, struct err *err)
{
	_cleanup_close_ int fd = open(from, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *xml = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set_errno(err, ERR_HOST, errno, "%s", from);
	xml = xasprintf("<volume><name>%s</name><capacity>%" PRIu64 "</capacity>"
			"<target><format type='raw'/><permissions><mode>0644</mode></permissions>"
			"</target></volume>",
			path_base(to), (uint64_t)st.st_size);
	r->volumes[i] = r->lv->virStorageVolCreateXML(r->pool, xml, 0);
	if (!r->volumes[i])
		return libvirt_fail(r->lv, err);
	return fill_volume(r->lv, conn, r->volumes[i], fd, from, err);
}

/* Another run may make it at the same time. */
static virStoragePoolPtr open_pool(const struct libvirt_api *lv, virConnectPtr conn)
{
	_cleanup_free_ char *dir = libvirt_remote_dir();
	const char *name = path_base(dir);
	_cleanup_free_ char *xml =
		xasprintf("<pool type='dir'><name>%s</name><target><path>%s</path><permissions>"
			  "<mode>0755</mode></permissions></target></pool>",
			  name, dir);
	virStoragePoolPtr pool = lv->virStoragePoolLookupByName(conn, name);

	if (!pool)
		pool = lv->virStoragePoolCreateXML(conn, xml, VIR_STORAGE_POOL_CREATE_WITH_BUILD);
	return pool ? pool : lv->virStoragePoolLookupByName(conn, name);
}

char *libvirt_remote_dir(void)
{
	return xasprintf("/var/tmp/klab-%u", geteuid());
}

int libvirt_remote_send(struct libvirt_remote *r, const struct libvirt_api *lv, virConnectPtr conn,
			const struct libvirt_files *files, struct err *err)
{
	*r = (struct libvirt_remote){ .lv = lv, .pool = open_pool(lv, conn) };
	if (!r->pool)
		return libvirt_fail(lv, err);
	if (upload(r, conn, 0, files->kernel, files->remote_kernel, err) < 0 ||
	    upload(r, conn, 1, files->initramfs, files->remote_initramfs, err) < 0)
		return -1;
	return 0;
}

/* Best effort: the host may be gone. */
void libvirt_remote_remove(struct libvirt_remote *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(r->volumes); i++) {
		if (!r->volumes[i])
			continue;
		r->lv->virStorageVolDelete(r->volumes[i], 0);
		r->lv->virStorageVolFree(r->volumes[i]);
	}
	if (r->pool)
		r->lv->virStoragePoolFree(r->pool);
	*r = (struct libvirt_remote){ 0 };
}

/* ---- the ports ---- */

static void *carry_port(void *context)
{
	struct libvirt_port *port = context;
	_cleanup_free_ char *chunk = xmalloc(CHUNK_BYTES);
	int n;

	while ((n = port->lv->virStreamRecv(port->stream, chunk, CHUNK_BYTES)) > 0) {
		for (int done = 0; done < n;) {
			ssize_t wrote = write(port->fd, chunk + done, (size_t)(n - done));

			if (wrote < 0 && errno == EINTR)
				continue;
			if (wrote < 0)
				return NULL; /* klab is gone */
			done += (int)wrote;
		}
	}
	return NULL;
}

int libvirt_port_open(struct libvirt_port *port, const struct libvirt_api *lv, virConnectPtr conn,
		      virDomainPtr domain, const char *device, int fd, struct err *err)
{
	*port = (struct libvirt_port){ .lv = lv, .stream = lv->virStreamNew(conn, 0), .fd = fd };
	if (!port->stream ||
	    lv->virDomainOpenConsole(domain, device, port->stream, VIR_DOMAIN_CONSOLE_FORCE) < 0)
		return libvirt_fail(lv, err);
	errno = pthread_create(&port->thread, NULL, carry_port, port);
	return errno ? err_set_errno(err, ERR_HOST, errno, "pthread_create") : 0;
}

void libvirt_port_await(struct libvirt_port *port)
{
	if (port->stream)
		pthread_join(port->thread, NULL);
}
