// SPDX-License-Identifier: GPL-2.0-or-later
/* From a plan to its jobs: each source with each kconfig, toggle, case and seed. */
#include <fnmatch.h>
#include <glob.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "plan/night.h"

enum { MAX_JOBS = 1000000 };

/* A case that the plan names. */
struct known_case {
	char *path, *name, *group; /* as `klab list cases` has them */
	struct case_file *test;	   /* NULL until it is wanted */
	bool wrong;		   /* it was told that it has mistakes */
};

struct maker {
	struct night_jobs *jobs;
	const struct night_plan *plan;
	const char *data_dir;
	struct mistakes m;
	struct known_case *cases;
	size_t case_count, case_capacity;
	json_t *ids;
	json_t *series; /* {series: the path of its case} */
	size_t boots;	/* asked for so far, also twice */
};

static void maker_clear(struct maker *k)
{
	for (size_t i = 0; i < k->case_count; i++) {
		free(k->cases[i].path);
		free(k->cases[i].name);
		free(k->cases[i].group);
		case_free(k->cases[i].test);
	}
	free(k->cases);
	json_decref(k->ids);
	json_decref(k->series);
	mistakes_clear(&k->m);
}

/* Once, however many combinations it spoils. */
__attribute__((format(printf, 3, 4))) static void complain(struct maker *k, struct case_place at,
							   const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < k->m.count; i++)
		if (k->m.items[i].line == at.line && k->m.items[i].column == at.column &&
		    str_eq(k->m.items[i].text, text))
			return;
	mistakes_add(&k->m, at.line, at.column, "%s", text);
}

/* ---- cases ---- */

static size_t add_case(struct maker *k, const char *path)
{
	struct known_case *c;
	const char *base = path_base(path);

	for (size_t i = 0; i < k->case_count; i++)
		if (str_eq(k->cases[i].path, path))
			return i;
	c = vec_push(&k->cases, &k->case_count, &k->case_capacity);
	c->path = xstrdup(path);
	c->name = xstrndup(base, strcspn(base, "."));
	c->group = xstrndup(path, base > path ? (size_t)(base - path - 1) : 0);
	return k->case_count - 1;
}

static bool case_matches(const struct known_case *c, const char *pattern)
{
	_cleanup_free_ char *with_group = xasprintf("%s/%s", path_base(c->group), c->name);

	return fnmatch(pattern, c->name, 0) == 0 || fnmatch(pattern, with_group, 0) == 0;
}

static bool is_case_path(const char *word)
{
	return str_ends(word, ".yaml") || str_ends(word, ".yml");
}

/* Indexes of the cases of one word, in order of their paths. */
static void find_cases(struct maker *k, const char *word, const struct strv *all, size_t **found,
		       size_t *count, size_t *capacity)
{
	if (is_case_path(word)) {
		_cleanup_free_ char *path = night_plan_path(k->plan, word);
		glob_t matches = { 0 };

		if (glob(path, 0, NULL, &matches) == 0)
			for (size_t i = 0; i < matches.gl_pathc; i++) {
				size_t n = add_case(k, matches.gl_pathv[i]);

				*vec_push(found, count, capacity) = n;
			}
		globfree(&matches);
		return;
	}
	for (size_t i = 0; i < all->count; i++) {
		size_t n = add_case(k, all->items[i]);

		if (case_matches(&k->cases[n], word))
			*vec_push(found, count, capacity) = n;
	}
}

static void tell_no_case(struct maker *k, const char *word, struct case_place at,
			 const struct strv *all)
{
	_cleanup_free_ const char **names = xcalloc(all->count + 1, sizeof(*names));
	_cleanup_free_ char *hint = NULL;

	for (size_t i = 0; i < all->count; i++) {
		/* It may move them all. */
		size_t index = add_case(k, all->items[i]);

		names[i] = k->cases[index].name;
	}
	hint = mistakes_hint(word, names, all->count);
	complain(k, at,
		 "no case `%.60s`%s; expected names or groups of `klab list cases`, as swap-* "
		 "or swap/*, or the path of a .yaml file",
		 word, hint);
}

/* Reads it the first time; NULL: it has mistakes, which are told. */
static const struct case_file *take_case(struct maker *k, size_t index, enum plan_mode mode,
					 struct case_place at)
{
	struct known_case *c = &k->cases[index];
	struct err err = ERR_INIT;

	if (c->wrong)
		return NULL;
	if (!c->test)
		c->test = case_read(c->path, NULL, &err);
	if (c->test && case_check_fragments(c->test, k->data_dir, NULL, &err) == 0 &&
	    plan_check_mode(c->test, mode, &err) == 0)
		return c->test;
	c->wrong = true;
	complain(k, at, "%s", err.msg);
	return NULL;
}

/* ---- kernels ---- */

static int add_fragments(struct maker *k, const char *word, struct case_place at,
			 struct strv *fragments)
{
	_cleanup_strv_ struct strv parts = { 0 };
	struct err err = ERR_INIT;

	if (case_split_fragments(word, &parts, &err) < 0) {
		complain(k, at, "%s", err.msg);
		return -1;
	}
	for (size_t i = 0; i < parts.count; i++) {
		_cleanup_free_ char *path = case_fragment_path(parts.items[i], k->data_dir);
		bool own = str_eq(path, parts.items[i]);
		_cleanup_free_ char *here = own ? night_plan_path(k->plan, path) : xstrdup(path);

		if (!path_exists(here)) {
			complain(k, at,
				 "no fragment `%.60s`; expected names of `klab list kconfigs`, "
				 "or paths",
				 parts.items[i]);
			return -1;
		}
		strv_add(fragments, own ? here : parts.items[i]);
	}
	return 0;
}

static size_t find_kernel(struct night_jobs *jobs, const struct night_plan *plan,
			  const char *source, const struct strv *fragments)
{
	_cleanup_free_ char *kconfig = strv_join(fragments, "+");
	const char *at = strrchr(source, '@');
	_cleanup_free_ char *place = at ? xstrndup(source, (size_t)(at - source)) : xstrdup(source);
	struct night_kernel *kernel;

	for (size_t i = 0; i < jobs->kernel_count; i++)
		if (str_eq(jobs->kernels[i].source, source) &&
		    str_eq(jobs->kernels[i].kconfig, kconfig))
			return i;
	kernel = vec_push(&jobs->kernels, &jobs->kernel_count, &jobs->kernel_capacity);
	kernel->source = xstrdup(source);
	if (!str_eq(source, NIGHT_DEFAULT_SOURCE)) {
		_cleanup_free_ char *path = night_plan_path(plan, place);

		kernel->spec = xasprintf("%s%s", path, at ? at : "");
	}
	strv_add_strv(&kernel->fragments, fragments);
	kernel->kconfig = take_ptr(&kconfig);
	kernel->build_ms = NIGHT_BUILD_MS;
	return jobs->kernel_count - 1;
}

/* ---- jobs ---- */

/* One combination, as it is written. */
struct combination {
	const struct night_matrix *matrix;
	const char *source, *kconfig, *toggle;
	size_t source_at, kconfig_at, toggle_at; /* index of the words */
	size_t case_index;
	struct case_place case_at;
};

static bool words_match(const struct night_words *patterns, const char *word)
{
	for (size_t i = 0; i < patterns->words.count; i++)
		if (fnmatch(patterns->words.items[i], word, 0) == 0)
			return true;
	return !patterns->words.count;
}

static bool cases_match(const struct maker *k, const struct night_words *patterns, size_t index)
{
	const struct known_case *c = &k->cases[index];

	for (size_t i = 0; i < patterns->words.count; i++) {
		_cleanup_free_ char *path = night_plan_path(k->plan, patterns->words.items[i]);

		if (is_case_path(path) ? fnmatch(path, c->path, 0) == 0
				       : case_matches(c, patterns->words.items[i]))
			return true;
	}
	return !patterns->words.count;
}

static bool is_excluded(const struct maker *k, const struct combination *c)
{
	if (c->matrix != &k->plan->matrix)
		return false;
	for (size_t i = 0; i < k->plan->exclude_count; i++) {
		const struct night_matrix *x = &k->plan->excludes[i];

		if (words_match(&x->sources, c->source) && words_match(&x->kconfigs, c->kconfig) &&
		    words_match(&x->toggles, c->toggle) && cases_match(k, &x->cases, c->case_index))
			return true;
	}
	return false;
}

static void add_job(struct maker *k, const struct combination *c, const struct case_file *test,
		    size_t kernel, const char *series, int boot)
{
	const struct night_matrix *m = c->matrix;
	uint64_t seed = plan_boot_seed(m->mode, m->seed, m->seed_last, m->repeat, boot);
	int again = m->seed_last != m->seed ? boot % m->repeat : 0;
	_cleanup_free_ char *again_text = again ? xasprintf(" again %d", again) : xstrdup("");
	_cleanup_free_ char *id = xasprintf("%s seed %" PRIu64 "%s", series, seed, again_text);
	struct night_job *job;

	/* What is included may be in the matrix already. */
	if (json_object_get(k->ids, id))
		return;
	json_object_set_new(k->ids, id, json_true());
	job = vec_push(&k->jobs->list, &k->jobs->count, &k->jobs->capacity);
	job->id = take_ptr(&id);
	job->series = xstrdup(series);
	job->case_name = xstrdup(test->name);
	job->case_path = xstrdup(test->path);
	job->kernel = kernel;
	job->mode = m->mode;
	job->seed = seed;
	job->memory_bytes = test->memory_bytes;
	job->timeout_ms = k->plan->timeout_ms;
	job->most_ms = k->plan->timeout_ms ? k->plan->timeout_ms : test->timeout_ms;
	job->cpus = test->cpus;
	job->round = (unsigned)boot;
	job->cost_ms = NIGHT_GUEST_MS;
	job->why = NIGHT_NEW;
	job->place = k->jobs->count;
}

static struct case_place place_of(const struct night_words *w, size_t index)
{
	return w->words.count ? w->places[index] : (struct case_place){ 1, 1 };
}

static bool is_same_file(const char *a, const char *b)
{
	_cleanup_free_ char *real_a = realpath(a, NULL), *real_b = realpath(b, NULL);

	return str_eq(a, b) || (real_a && real_b && str_eq(real_a, real_b));
}

/* Results go by the name of a case: of two files with one name, one would be the other's. */
static bool is_of_one_case(struct maker *k, const struct combination *c, const char *series,
			   const struct case_file *test)
{
	const char *known = json_get_str(k->series, series, NULL);

	if (!known)
		json_set_str(k->series, series, test->path);
	if (!known || is_same_file(known, test->path))
		return true;
	complain(k, c->case_at, "%s and %s are both `%s`; expected a name for each", known,
		 test->path, test->name);
	return false;
}

/* None is left out without a word, and none made where nothing will come of them. */
static bool is_room_for(struct maker *k, const struct combination *c, size_t boots)
{
	k->boots += boots;
	if (k->boots > MAX_JOBS)
		complain(k, c->case_at, "more than %d jobs; expected fewer of each with each",
			 MAX_JOBS);
	return !k->m.count;
}

static void add_combination(struct maker *k, const struct combination *c)
{
	const struct night_matrix *m = c->matrix;
	int boots = (int)(m->seed_last - m->seed + 1) * m->repeat;
	_cleanup_strv_ struct strv fragments = { 0 };
	_cleanup_free_ char *append = strv_join(&k->plan->append, " ");
	_cleanup_free_ char *series = NULL;
	const struct case_file *test;
	size_t kernel;

	if (is_excluded(k, c))
		return;
	test = take_case(k, c->case_index, m->mode, c->case_at);
	if (!test)
		return;
	if (str_eq(c->kconfig, NIGHT_OWN_KCONFIG))
		strv_add_strv(&fragments, &test->fragments);
	else if (add_fragments(k, c->kconfig, place_of(&m->kconfigs, c->kconfig_at), &fragments) <
		 0)
		return;
	if (!str_eq(c->toggle, NIGHT_NO_TOGGLE) &&
	    add_fragments(k, c->toggle, place_of(&m->toggles, c->toggle_at), &fragments) < 0)
		return;
	kernel = find_kernel(k->jobs, k->plan, c->source, &fragments);
	series = xasprintf("%s %s %s %s%s%s", test->name, c->source,
			   k->jobs->kernels[kernel].kconfig, plan_mode_name(m->mode),
			   *append ? " " : "", append);
	if (!is_of_one_case(k, c, series, test) || !is_room_for(k, c, (size_t)boots))
		return;
	for (int boot = 0; boot < boots; boot++)
		add_job(k, c, test, kernel, series, boot);
}

/* The words, or the one that stands for none. */
static const char *word_of(const struct night_words *w, size_t index, const char *otherwise)
{
	return w->words.count ? w->words.items[index] : otherwise;
}

static size_t count_of(const struct night_words *w)
{
	return w->words.count ? w->words.count : 1;
}

static void add_kernels_of_case(struct maker *k, const struct night_matrix *m, size_t case_index,
				struct case_place case_at)
{
	struct combination c = { .matrix = m, .case_index = case_index, .case_at = case_at };

	for (c.source_at = 0; c.source_at < count_of(&m->sources); c.source_at++)
		for (c.kconfig_at = 0; c.kconfig_at < count_of(&m->kconfigs); c.kconfig_at++)
			for (c.toggle_at = 0; c.toggle_at < count_of(&m->toggles); c.toggle_at++) {
				c.source = word_of(&m->sources, c.source_at, NIGHT_DEFAULT_SOURCE);
				c.kconfig = word_of(&m->kconfigs, c.kconfig_at, NIGHT_OWN_KCONFIG);
				c.toggle = word_of(&m->toggles, c.toggle_at, NIGHT_NO_TOGGLE);
				add_combination(k, &c);
			}
}

static void add_matrix(struct maker *k, const struct night_matrix *m, const struct strv *all)
{
	for (size_t i = 0; i < m->cases.words.count; i++) {
		const char *word = m->cases.words.items[i];
		_cleanup_free_ size_t *found = NULL;
		size_t count = 0, capacity = 0;

		find_cases(k, word, all, &found, &count, &capacity);
		if (!count)
			tell_no_case(k, word, m->cases.places[i], all);
		for (size_t n = 0; n < count; n++)
			add_kernels_of_case(k, m, found[n], m->cases.places[i]);
	}
}

int night_jobs_make(struct night_jobs *jobs, const struct night_plan *plan, const char *data_dir,
		    struct strv *mistakes, struct err *err)
{
	_cleanup_(maker_clear)
	struct maker k = { .jobs = jobs,
			   .plan = plan,
			   .data_dir = data_dir,
			   .ids = json_object(),
			   .series = json_object() };
	_cleanup_strv_ struct strv all = { 0 };

	if (case_list(data_dir, &all, err) < 0)
		return -1;
	add_matrix(&k, &plan->matrix, &all);
	for (size_t i = 0; i < plan->include_count; i++)
		add_matrix(&k, &plan->includes[i], &all);
	if (!jobs->count && !k.m.count)
		mistakes_add(&k.m, 1, 1, "the excludes leave no job; expected one at least");
	night_jobs_number(jobs);
	return mistakes_report(&k.m, plan->path, mistakes, err);
}
