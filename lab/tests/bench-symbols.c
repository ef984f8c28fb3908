// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench-symbols VMLINUX COUNT [FRAMES ADDRESSES]: opens the image, looks up COUNT frames
 * spread over all its functions, and prints frames a second, opening included.
 * With file names it writes those frames as console lines and as addresses, for
 * the tools that it is compared with.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "symbols/image.h"

static void frame_pick(const struct image *image, size_t i, size_t count,
		       const struct image_function **f, uint64_t *offset)
{
	*f = &image->by_address[i * image->function_count / count];
	*offset = (*f)->size > 1 ? 1 + i * 7 % ((*f)->size - 1) : 0;
}

static int write_frames(const char *vmlinux, size_t count, const char *lines, const char *addresses)
{
	_cleanup_fclose_ FILE *l = fopen(lines, "w");
	_cleanup_fclose_ FILE *a = fopen(addresses, "w");
	struct err err = ERR_INIT;
	struct image *image = image_open(vmlinux, NULL, &err);

	if (!l || !a || !image) {
		fprintf(stderr, "bench-symbols: %s\n", image ? "cannot write" : err.msg);
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		const struct image_function *f;
		uint64_t offset;

		frame_pick(image, i, count, &f, &offset);
		fprintf(l, "[    1.000000]  %s+0x%llx/0x%llx\n", f->name,
			(unsigned long long)offset, (unsigned long long)f->size);
		fprintf(a, "0x%llx\n",
			(unsigned long long)(f->address + offset - (offset ? 1 : 0)));
	}
	image_free(image);
	return 0;
}

static int time_lines(const char *vmlinux, const char *lines)
{
	_cleanup_fclose_ FILE *f = fopen(lines, "r");
	_cleanup_free_ char *line = NULL;
	size_t capacity = 0, frames = 0, found = 0;
	uint64_t start = clock_monotonic_ns();
	struct err err = ERR_INIT;
	struct symbolizer *s = symbolizer_open(vmlinux, &err);
	double seconds;
	ssize_t length;

	if (!f || !s) {
		fprintf(stderr, "bench-symbols: %s\n", s ? lines : err.msg);
		return -1;
	}
	while ((length = getline(&line, &capacity, f)) > 0) {
		_cleanup_free_ char *text = symbolizer_line(s, line, (size_t)length);

		frames++;
		found += memchr(text, '(', strlen(text)) != NULL;
	}
	symbolizer_free(s);
	seconds = (double)(clock_monotonic_ns() - start) / 1e9;
	printf("%zu frames, %zu with lines, %.3f s, %.0f frames/s\n", frames, found, seconds,
	       (double)frames / seconds);
	return 0;
}

int main(int argc, char **argv)
{
	const char *lines = argc > 3 ? argv[3] : "/dev/null";
	int64_t count;

	if (argc != 5 || !str_parse_i64(argv[2], &count) || count < 1) {
		fprintf(stderr, "usage: bench-symbols VMLINUX COUNT FRAMES ADDRESSES\n");
		return 2;
	}
	if (write_frames(argv[1], (size_t)count, lines, argv[4]))
		return 3;
	return time_lines(argv[1], lines) ? 3 : 0;
}
