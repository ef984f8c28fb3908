/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How alike two reports are by their call traces. Pure.
 *
 * Two traces are aligned globally (Needleman, Wunsch: A general method applicable to the
 * search for similarities in the amino acid sequence of two proteins, J. Mol. Biol. 48, 1970),
 * and only equal functions are laid upon each other. Each frame weighs what its rarity (inverse
 * document frequency over the reports known) and its position (near the top counts more)
 * give, as in TraceSim (Vasiliev et al., MaLTeSQuE 2020, arXiv:2009.12590; its penalty for
 * places that are far apart, of Rodrigues et al., Empirical Software Engineering 27, 2022, made
 * the kernel's reports harder to find, and is left out). The similarity is the weight of what was
 * matched, of both sides, over the weight of all: what has no counterpart is the gaps' cost. The
 * kernel's printing and the way into the kernel are in nearly every trace, and so weigh next to
 * nothing.
 */
#ifndef KLAB_COMPARE_SIMILARITY_H
#define KLAB_COMPARE_SIMILARITY_H

#include <jansson.h>
#include <stddef.h>

/* Beyond these a report is cut: time and memory stay bounded, whatever reports.json says. */
#define SIMILARITY_MAX_FRAMES 128
#define SIMILARITY_MAX_TRACES 8

struct similarity_tuning {
	double decay;  /* frame i of a trace, from 0, counts (i + 1)^-decay */
	double rarity; /* exponent of the inverse document frequency, which is scaled to 0..1 */
	double guess;  /* what a frame that the unwinder only guessed counts */
	double others; /* what a trace beside the first (who allocated, who freed) counts */
};

/* As lab/tests/bench-similarity.c found it best on one half of its data. */
extern const struct similarity_tuning similarity_tuning;

/* The reports known, and how many of them each function is in. */
struct similarity_index;
struct similarity_index *similarity_index_new(const struct similarity_tuning *tuning); /* copied */
void similarity_index_free(struct similarity_index *index);			       /* NULL-safe */

/* A report of reports.json as it is compared; owned by the index. It is counted as known, or not. */
struct similarity_report;
const struct similarity_report *similarity_index_add(struct similarity_index *index,
						     const json_t *report);
const struct similarity_report *similarity_index_read(struct similarity_index *index,
						      const json_t *report);

/*
 * 0 (no function in common, or no trace at all) to 1 (the same functions in the same
 * places), symmetric. By what the index knows now, so later additions change it.
 */
double similarity_score(struct similarity_index *index, const struct similarity_report *a,
			const struct similarity_report *b);

/* The functions of the trace that names the bug, by number, innermost first. Returns how many, at most `most`. */
size_t similarity_report_functions(const struct similarity_report *r, size_t *functions, size_t most);

#endif
