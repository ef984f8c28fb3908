// SPDX-License-Identifier: GPL-2.0-or-later
/* The format: elf(5); the kernel writes it in fs/binfmt_elf.c, elf_core_dump(). */
#include "guest-init/core-file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CORE_PAGE_BYTES 4096

/* Where a part of the task's memory is in the file. */
struct core_part {
	uint64_t start, end; /* addresses */
	uint64_t offset;     /* in the file */
};

static int core_read_header(int fd, Elf64_Ehdr *header)
{
	if (pread(fd, header, sizeof(*header), 0) != sizeof(*header))
		return ENODATA;
	if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
	    header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_phentsize != sizeof(Elf64_Phdr))
		return ENOEXEC;
	return 0;
}

/* The end of the last segment, and the segment that holds an address. */
static int core_read_segments(int fd, const Elf64_Ehdr *header, uint64_t address,
			      struct core_findings *core, struct core_part *part)
{
	for (unsigned int i = 0; i < header->e_phnum; i++) {
		off_t at = (off_t)(header->e_phoff + i * sizeof(Elf64_Phdr));
		Elf64_Phdr segment;

		if (pread(fd, &segment, sizeof(segment), at) != sizeof(segment))
			return ENODATA;
		if (segment.p_offset + segment.p_filesz > core->expected_bytes)
			core->expected_bytes = segment.p_offset + segment.p_filesz;
		if (segment.p_type == PT_LOAD && segment.p_vaddr <= address &&
		    address < segment.p_vaddr + segment.p_filesz)
			*part = (struct core_part){ segment.p_vaddr,
						    segment.p_vaddr + segment.p_filesz,
						    segment.p_offset };
	}
	return 0;
}

static bool is_zero(const unsigned char *page)
{
	return page[0] == 0 && memcmp(page, page + 1, CORE_PAGE_BYTES - 1) == 0;
}

static void core_check_pages(int fd, const struct memhog_shared *hog, const struct core_part *part,
			     struct core_findings *core)
{
	const uint64_t round = hog->findings.rounds - 1;
	_Alignas(uint64_t) unsigned char page[CORE_PAGE_BYTES];

	for (uint64_t i = 0; i < hog->findings.pages; i++) {
		uint64_t address = hog->base + i * CORE_PAGE_BYTES;
		off_t at = (off_t)(part->offset + (address - part->start));

		if (address < part->start || address + CORE_PAGE_BYTES > part->end ||
		    pread(fd, page, sizeof(page), at) != sizeof(page))
			core->pages_missing++;
		else if (memory_check_page(page, sizeof(page), hog->seed, round, i))
			core->pages_right++;
		else if (is_zero(page))
			core->pages_zero++;
		else
			core->pages_wrong++;
	}
}

int core_file_read(const char *path, const struct memhog_shared *hog, struct core_findings *core)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct core_part part = { 0 };
	Elf64_Ehdr header;
	struct stat st;
	int result;

	memset(core, 0, sizeof(*core));
	if (fd < 0)
		return errno;
	if (fstat(fd, &st) == 0)
		core->bytes = (uint64_t)st.st_size;
	result = core_read_header(fd, &header);
	if (result == 0)
		result = core_read_segments(fd, &header, hog ? hog->base : 0, core, &part);
	/* One that was cut short: its pages are missing, and what there is of it is counted. */
	if (hog && hog->findings.rounds > 0)
		core_check_pages(fd, hog, &part, core);
	close(fd);
	return result;
}
