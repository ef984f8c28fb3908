/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vmlinux as bytes at addresses and symbols: what kernel-diff.c compares. */
#ifndef KLAB_SYMBOLS_CODE_IMAGE_H
#define KLAB_SYMBOLS_CODE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct code_symbol {
	const char *name, *file; /* borrowed from the ELF; file "" of a global one */
	size_t base;		 /* length of the name in front of ".isra.0", ".12" */
	uint64_t address, size;	 /* size 0: a label */
	bool is_function, is_cold;
	bool is_numbered;	     /* data, a name of the compiler's: "__key.12" */
	struct code_symbol *pair;    /* in the other image, NULL: none */
};

struct code_section {
	uint64_t address, size;
	const uint8_t *bytes; /* NULL: zeroes that are not in the file */
	bool is_code;
};

struct code_image {
	void *elf; /* libelf's */
	int fd;
	struct code_section *sections;
	size_t section_count, section_capacity;
	struct code_symbol *symbols; /* by address */
	size_t symbol_count, symbol_capacity;
	uint64_t low, high;		  /* of the image but its per-CPU section */
	uint64_t percpu_low, percpu_high; /* addresses of a per-CPU section at 0; high 0: none */
};

int code_image_open(struct code_image *image, const char *path, struct err *err);
void code_image_close(struct code_image *image);

const struct code_section *code_image_section(const struct code_image *image, uint64_t address);
/* The bytes from there to the end of their section; NULL: not in the file. */
const uint8_t *code_image_bytes(const struct code_image *image, uint64_t address, size_t *length);
/* Index of the first symbol that starts at the address or after it. */
size_t code_image_from(const struct code_image *image, uint64_t address);
/* The innermost symbol with a size around the address, NULL: none. */
const struct code_symbol *code_image_around(const struct code_image *image, uint64_t address);
bool code_image_has(const struct code_image *image, uint64_t address);
bool code_image_has_code(const struct code_image *image, uint64_t address);
/* The address of a name, false: there is none. */
bool code_image_find(const struct code_image *image, const char *name, uint64_t *address);

/* Finds for each symbol the one of the other image that is the same by name. */
void code_images_pair(struct code_image *a, struct code_image *b);

#endif
