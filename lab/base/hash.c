/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <zlib.h>

#include "base/str.h"

struct hasher {
	struct sha256_ctx sha;
};

static void hash_to_hex(struct sha256_ctx *sha, char hex[HASH_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_digest(sha, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	hex[2 * sizeof(digest)] = '\0';
}

struct hasher *hasher_new(void)
{
	struct hasher *h = xmalloc(sizeof(*h));

	sha256_init(&h->sha);
	return h;
}

/* Before each part: a byte that says whether it is one, and its length, little endian. */
static void hasher_add_frame(struct hasher *h, bool present, uint64_t length)
{
	uint8_t head[9] = { present };

	for (size_t i = 0; i < 8; i++)
		head[i + 1] = (uint8_t)(length >> (8 * i));
	sha256_update(&h->sha, sizeof(head), head);
}

void hasher_add(struct hasher *h, const void *bytes, size_t length)
{
	hasher_add_frame(h, true, length);
	sha256_update(&h->sha, length, bytes);
}

void hasher_adds(struct hasher *h, const char *s)
{
	if (s)
		hasher_add(h, s, strlen(s));
	else
		hasher_add_frame(h, false, 0);
}

void hasher_end(struct hasher *h, char hex[HASH_HEX_SIZE])
{
	hash_to_hex(&h->sha, hex);
	free(h);
}

void hash_bytes(const void *bytes, size_t length, char hex[HASH_HEX_SIZE])
{
	struct sha256_ctx sha;

	sha256_init(&sha);
	sha256_update(&sha, length, bytes);
	hash_to_hex(&sha, hex);
}

int hash_file(const char *path, char hex[HASH_HEX_SIZE], struct err *err)
{
	enum { CHUNK = 256 * 1024 };
	_cleanup_free_ uint8_t *chunk = xmalloc(CHUNK);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct sha256_ctx sha;

	if (fd < 0)
		return err_set_errno(err, ERR_HOST, errno, "%s", path);
	sha256_init(&sha);
	for (;;) {
		ssize_t n = read(fd, chunk, CHUNK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(err, ERR_HOST, errno, "%s", path);
		if (n == 0)
			break;
		sha256_update(&sha, (size_t)n, chunk);
	}
	hash_to_hex(&sha, hex);
	return 0;
}

uint32_t crc32_ieee(uint32_t crc, const void *bytes, size_t length)
{
	return (uint32_t)crc32_z(crc, bytes, length);
}
