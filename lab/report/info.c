// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Failed allocations (mm/page_alloc.c, warn_alloc()) and I/O errors
 * (block/blk-mq.c, fs/buffer.c, mm/page_io.c).
 */
#include <string.h>

#include "report/internal.h"

/*
 * "hog: page allocation failure: order:4, mode:0x40cc0(GFP_KERNEL|__GFP_COMP), nodemask=(null)",
 * "hog: vmalloc error: size 4096, ...", of old "hog: vmalloc: allocation failure: 4096 bytes".
 */
void details_allocation(const struct text *t, struct report *r)
{
	struct span line = text_span(t, 0), word;
	json_t *details = report_details(r);
	ptrdiff_t at = span_find(line, ": page allocation failure");
	uint64_t size;
	int64_t order;

	if (at < 0)
		at = span_find(line, ": vmalloc");
	if (span_u64_after(line, "vmalloc error: size ", &size) ||
	    span_u64_after(line, "vmalloc: allocation failure: ", &size))
		json_set_int(details, "size_bytes", size);
	if (at > 0 && !r->task)
		r->task = xstrndup(line.p, at);
	if (span_i64_after(line, "order:", &order))
		json_set_int(details, "order", order);
	word = span_word_after(line, "mode:");
	if (word.n)
		json_set_strn(details, "gfp_mask", word.p, word.n);
}

/* "I/O error, dev sda, sector 0 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 2" */
void details_io_error(const struct text *t, struct report *r)
{
	struct span line = text_span(t, 0), word;
	json_t *details = report_details(r);
	ptrdiff_t at = span_find(line, "swap-device (");
	uint64_t sector;

	word = span_word_after(line, at >= 0 ? "swap-device " : " dev ");
	if (at >= 0 && word.n > 2) {
		/* (254:0:1234): device numbers, then the sector. */
		struct span s = span_after(word, 1), major = span_cut(&s, ':');
		struct span minor = span_cut(&s, ':');

		word = (struct span){ major.p, minor.p + minor.n - major.p };
		if (span_take_u64(&s, &sector))
			json_set_int(details, "sector", sector);
	} else if (span_u64_after(line, "sector ", &sector) ||
		   span_u64_after(line, "block ", &sector)) {
		json_set_int(details, span_has(line, "sector ") ? "sector" : "block", sector);
	}
	if (word.n)
		json_set_strn(details, "device", word.p, word.n);
	word = span_word_after(line, " op ");
	if (word.n)
		json_set_strn(details, "op", word.p, word.n);
}
