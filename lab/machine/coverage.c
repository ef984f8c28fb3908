// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/coverage.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"

#define TEXT_MAX_BYTES (1ull << 30) /* what x86-64 has room for */

static size_t phase_length(const struct machine_coverage *c)
{
	return (c->text_bytes + 7) / 8;
}

int machine_coverage_open(struct machine_coverage *c, struct err *err)
{
	size_t length;

	if (!path_exists(c->plugin_path))
		return err_set(err, ERR_HOST, "no %s: run `make`", c->plugin_path);
	if (!c->text_bytes || c->text_bytes > TEXT_MAX_BYTES)
		return err_set(err, ERR_INPUT, "a kernel with %" PRIu64 " bytes of text",
			       c->text_bytes);
	length = 2 * phase_length(c);
	c->fd = memfd_create("klab-coverage", MFD_CLOEXEC);
	if (c->fd < 0 || ftruncate(c->fd, (off_t)length) < 0)
		return err_set_errno(err, ERR_HOST, errno, "memory for the coverage");
	c->bits = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, 0);
	if (c->bits != MAP_FAILED)
		return 0;
	c->bits = NULL;
	return err_set_errno(err, ERR_HOST, errno, "memory for the coverage");
}

void machine_coverage_close(struct machine_coverage *c)
{
	if (c->bits)
		munmap(c->bits, 2 * phase_length(c));
	c->bits = NULL;
	cleanup_close_p(&c->fd);
}

bool machine_coverage_ran(const struct machine_coverage *c, enum machine_phase phase, uint64_t from,
			  uint64_t to)
{
	const uint8_t *bits = c->bits + (phase == MACHINE_PHASE_CASE ? phase_length(c) : 0);
	uint64_t last = to - c->text_address;

	if (last > c->text_bytes)
		last = c->text_bytes;
	for (uint64_t i = from - c->text_address; i < last; i++)
		if (bits[i / 8] & 1 << i % 8)
			return true;
	return false;
}
