// SPDX-License-Identifier: GPL-2.0-or-later
/* Where libvirt's driver runs: what a URI says of it, and the folder of one in our own process. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine/libvirt.h"

#define EMBED "/embed"

/* ---- the URI: SCHEME[+TRANSPORT]://[HOST]/PATH[?PARAMETERS] ---- */

static int hex(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* The value of a parameter, decoded. Yours; NULL: it is not there. */
static char *uri_parameter(const char *query, const char *key)
{
	size_t length = strlen(key);
	struct strbuf value = { 0 };

	while (*query && !(strncmp(query, key, length) == 0 && query[length] == '=')) {
		query += strcspn(query, "&;");
		query += *query != '\0';
	}
	if (!*query)
		return NULL;
	for (query += length + 1; *query && !strchr("&;", *query); query++) {
		if (*query == '%' && hex(query[1]) >= 0 && hex(query[2]) >= 0) {
			strbuf_addc(&value, (char)(hex(query[1]) * 16 + hex(query[2])));
			query += 2;
		} else {
			strbuf_addc(&value, *query);
		}
	}
	return strbuf_take(&value);
}

static int refuse(const char *uri, struct err *err)
{
	return err_set(err, ERR_INPUT,
		       "--machine libvirt:%s: expected qemu:///embed, qemu:///session, "
		       "qemu:///system or qemu+ssh://HOST/system",
		       uri);
}

int libvirt_target_parse(struct libvirt_target *target, const char *uri, struct err *err)
{
	const char *host, *path;
	size_t scheme, path_length;

	if (!uri)
		uri = "qemu://" EMBED;
	host = strstr(uri, "://");
	scheme = strcspn(uri, "+:");
	if (scheme != 4 || strncmp(uri, "qemu", 4) != 0 || !host)
		return refuse(uri, err);
	host += strlen("://");
	path = host + strcspn(host, "/?");
	path_length = strcspn(path, "?");
	if (path_length < 2)
		return refuse(uri, err);
	*target = (struct libvirt_target){ .uri = xstrdup(uri), .place = LIBVIRT_LOCAL };
	if (path != host) {
		target->place = LIBVIRT_REMOTE;
	} else if (path_length == strlen(EMBED) && strncmp(path, EMBED, path_length) == 0) {
		target->place = LIBVIRT_EMBED;
		if (path[path_length])
			target->root = uri_parameter(path + path_length + 1, "root");
		if (target->root && target->root[0] != '/') {
			libvirt_target_clear(target);
			return err_set(err, ERR_INPUT,
				       "--machine libvirt:%s: expected an absolute path as root",
				       uri);
		}
	}
	return 0;
}

void libvirt_target_clear(struct libvirt_target *target)
{
	if (!target)
		return;
	free(target->uri);
	free(target->root);
	*target = (struct libvirt_target){ 0 };
}

/* ---- the folder ---- */

/* No daemon of libvirt's takes part: no virtlogd has QEMU's output. */
static const char settings[] = "stdio_handler = \"file\"\n"
			       "security_driver = \"none\"\n";

/* The driver asks each QEMU of the host what it knows, for seconds; all folders share the answers.
 */
static int share_capabilities(const char *root, const char *parent, struct err *err)
{
	_cleanup_free_ char *shared = path_join(parent, "capabilities");
	_cleanup_free_ char *link = path_join(root, "cache");

	if (file_mkdir_p(shared, err) < 0)
		return -1;
	if (symlink(shared, link) < 0 && errno != EEXIST)
		return err_set_errno(err, ERR_HOST, errno, "cannot make %s", link);
	return 0;
}

static int fill_root(struct libvirt_root *root, const char *parent, struct err *err)
{
	_cleanup_free_ char *etc = path_join(root->path, "etc");
	_cleanup_free_ char *conf = path_join(etc, "qemu.conf");
	struct strbuf uri = { 0 };

	if (file_mkdir_p(etc, err) < 0 ||
	    (parent && share_capabilities(root->path, parent, err) < 0) ||
	    ((parent || !path_exists(conf)) &&
	     file_write_atomic(conf, settings, sizeof(settings) - 1, err) < 0))
		return -1;
	strbuf_adds(&uri, "qemu://" EMBED "?root=");
	for (const char *s = root->path; *s; s++) {
		if (strchr("%&;?#+", *s) || (unsigned char)*s <= ' ')
			strbuf_addf(&uri, "%%%02X", (unsigned int)(unsigned char)*s);
		else
			strbuf_addc(&uri, *s);
	}
	root->uri = strbuf_take(&uri);
	return 0;
}

/* 1: it is ours now, 0: another has it, -1. */
static int try_root(struct libvirt_root *root, const char *path, struct err *err)
{
	_cleanup_free_ char *lock = path_join(path, "klab.lock");
	bool busy = false;

	if (file_mkdir_p(path, err) < 0)
		return -1;
	root->lock_fd = file_lock(lock, false, &busy, err);
	if (root->lock_fd < 0)
		return busy ? 0 : -1;
	/* The driver wants it absolute, and itself makes links to it. */
	root->path = realpath(path, NULL);
	return root->path ? 1 : err_set_errno(err, ERR_HOST, errno, "%s", path);
}

int libvirt_root_open(struct libvirt_root *root, const struct libvirt_target *target,
		      struct err *err)
{
	_cleanup_free_ char *cache = NULL, *parent = NULL;
	int got = 0;

	if (target->root) {
		got = try_root(root, target->root, err);
		if (got == 0)
			return err_set(err, ERR_HOST,
				       "%s is in use: a folder has one driver at a time; without "
				       "root= klab chooses a free one",
				       target->root);
		return got < 0 ? -1 : fill_root(root, NULL, err);
	}
	cache = path_cache_dir(err);
	if (!cache)
		return -1;
	parent = path_join(cache, "libvirt");
	for (int i = 0; got == 0; i++) {
		_cleanup_free_ char *path = xasprintf("%s/%d", parent, i);

		got = try_root(root, path, err);
	}
	return got < 0 ? -1 : fill_root(root, parent, err);
}

void libvirt_root_clear(struct libvirt_root *root)
{
	cleanup_close_p(&root->lock_fd);
	free(root->path);
	free(root->uri);
	*root = (struct libvirt_root)LIBVIRT_ROOT_INIT;
}
