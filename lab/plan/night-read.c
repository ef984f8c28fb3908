// SPDX-License-Identifier: GPL-2.0-or-later
/* From the YAML of a plan to its struct. */
#include <inttypes.h>

#include "base/file.h"
#include "case/value.h"
#include "plan/night.h"

enum { MAX_MATRICES = 200 };

static void read_patterns(const struct field_reader *r, const struct yaml_node *n,
			  const struct field *row)
{
	struct night_words *out = field_member(r, row);

	value_words(r->m, n, row->name, &out->words);
	if (n->kind == YAML_LIST && !n->count)
		mistakes_add(r->m, n->line, n->column, "`%s` is an empty list; expected %s",
			     row->name, row->help);
	out->places = xcalloc(out->words.count + 1, sizeof(*out->places));
	for (size_t i = 0; i < out->words.count; i++) {
		const struct yaml_node *at = field_word_node(n, i, out->words.count);

		out->places[i] = (struct case_place){ at->line, at->column };
	}
}

static bool parse_seeds(const char *text, uint64_t seeds[2])
{
	int64_t from, to;

	if (!str_parse_range(text, &from, &to) || from < 0)
		return false;
	seeds[0] = (uint64_t)from;
	seeds[1] = (uint64_t)to;
	return true;
}

static void read_seeds(const struct field_reader *r, const struct yaml_node *n,
		       const struct field *row)
{
	if (n->kind != YAML_SCALAR || !parse_seeds(n->text, field_member(r, row)))
		mistakes_add(r->m, n->line, n->column,
			     "`%s` is %s%.60s%s; expected a number, or a range as 1..50", row->name,
			     n->kind == YAML_SCALAR ? "`" : yaml_kind_name(n),
			     n->kind == YAML_SCALAR ? n->text : "",
			     n->kind == YAML_SCALAR ? "`" : "");
}

static void read_mode(const struct field_reader *r, const struct yaml_node *n,
		      const struct field *row)
{
	struct err err = ERR_INIT;

	if (!value_text(r->m, n, row->name, VALUE_MAX_TEXT, row->help))
		return;
	if (plan_mode_parse(n->text, field_member(r, row), &err) < 0)
		mistakes_add(r->m, n->line, n->column, "`%s`: %s", row->name, err.msg);
}

static void words_copy(struct night_words *to, const struct night_words *from)
{
	strv_add_strv(&to->words, &from->words);
	to->places = xcalloc(from->words.count + 1, sizeof(*to->places));
	for (size_t i = 0; i < from->words.count; i++)
		to->places[i] = from->places[i];
}

/* What an include does not say is as in the plan. */
static void inherit(struct night_matrix *m, const struct night_matrix *plan,
		    const struct yaml_node *n)
{
	if (!yaml_get(n, "sources"))
		words_copy(&m->sources, &plan->sources);
	if (!yaml_get(n, "kconfigs"))
		words_copy(&m->kconfigs, &plan->kconfigs);
	if (!yaml_get(n, "toggles"))
		words_copy(&m->toggles, &plan->toggles);
	if (!yaml_get(n, "cases"))
		words_copy(&m->cases, &plan->cases);
	if (!yaml_get(n, "mode"))
		m->mode = plan->mode;
	if (!yaml_get(n, "repeat"))
		m->repeat = plan->repeat;
	if (!yaml_get(n, "seeds")) {
		m->seed = plan->seed;
		m->seed_last = plan->seed_last;
	}
}

static void check_matrix(struct mistakes *m, const struct night_matrix *matrix)
{
	uint64_t seeds = matrix->seed_last - matrix->seed + 1;

	if (seeds > 100000 || seeds * (uint64_t)matrix->repeat > 100000)
		mistakes_add(m, matrix->place.line, matrix->place.column,
			     "`seeds` and `repeat` make more than 100000 boots of each; expected "
			     "fewer");
	if (matrix->mode == PLAN_MODE_DETERMINISTIC && matrix->repeat > 1)
		mistakes_add(m, matrix->place.line, matrix->place.column,
			     "`repeat: %d` in deterministic mode, where the runs of one seed are "
			     "all the same; expected `seeds: %" PRIu64 "..%" PRIu64 "`",
			     matrix->repeat, matrix->seed,
			     matrix->seed + (uint64_t)matrix->repeat - 1);
}

static void read_own(const struct field_reader *r, const struct yaml_node *n,
		     const struct field *row);

/* A list of maps of the first `rows` fields. */
static void read_matrices(const struct field_reader *r, const struct yaml_node *n,
			  const struct field *row)
{
	struct night_plan *plan = r->out;
	bool include = row->type == FIELD_INCLUDES;

	if (n->kind != YAML_LIST || n->count > MAX_MATRICES) {
		mistakes_add(r->m, n->line, n->column, "`%s` is %s; expected a list of maps",
			     row->name, n->kind == YAML_LIST ? "too long" : yaml_kind_name(n));
		return;
	}
	for (size_t i = 0; i < n->count; i++) {
		struct night_matrix *m = include ? vec_push(&plan->includes, &plan->include_count,
							    &plan->include_capacity)
						 : vec_push(&plan->excludes, &plan->exclude_count,
							    &plan->exclude_capacity);
		const struct field_reader inner = {
			.rows = night_field_table,
			.row_count = include ? night_matrix_field_count : night_axis_field_count,
			.what = row->name,
			.place = include ? "an include" : "an exclude",
			.example = include ? "`cases` or other fields of a plan"
					   : "patterns for `cases`, `sources`...",
			.m = r->m,
			.root = n->items[i],
			.out = m,
			.read_own = read_own,
		};

		m->place = (struct case_place){ n->items[i]->line, n->items[i]->column };
		fields_read(&inner);
		if (include)
			inherit(m, &plan->matrix, n->items[i]);
		if (include)
			check_matrix(r->m, m);
		else if (n->items[i]->kind == YAML_MAP && !n->items[i]->count)
			mistakes_add(r->m, m->place.line, m->place.column,
				     "an exclude of everything; expected patterns");
	}
}

static void read_own(const struct field_reader *r, const struct yaml_node *n,
		     const struct field *row)
{
	switch (row->type) {
	case FIELD_PATTERNS:
		read_patterns(r, n, row);
		break;
	case FIELD_SEEDS:
		read_seeds(r, n, row);
		break;
	case FIELD_MODE:
		read_mode(r, n, row);
		break;
	case FIELD_INCLUDES:
	case FIELD_EXCLUDES:
		read_matrices(r, n, row);
		break;
	default:
		break;
	}
}

static void check_plan(struct night_plan *plan, struct mistakes *m)
{
	check_matrix(m, &plan->matrix);
	/* One that is misspelt or empty was told as that. */
	if (m->count)
		return;
	if (!plan->matrix.cases.words.count && !plan->include_count)
		mistakes_add(m, 1, 1, "the plan lacks `cases`; expected %s",
			     night_field_table[night_axis_field_count - 1].help);
	for (size_t i = 0; i < plan->include_count; i++)
		if (!plan->includes[i].cases.words.count)
			mistakes_add(m, plan->includes[i].place.line,
				     plan->includes[i].place.column,
				     "the include lacks `cases`, and so does the plan");
}

static char *dir_of(const char *path)
{
	size_t length = (size_t)(path_base(path) - path);

	return length ? xstrndup(path, length > 1 ? length - 1 : 1) : xstrdup(".");
}

/* A night goes on from wherever it is asked to: its paths hold there too. */
static char *absolute_dir_of(const char *path)
{
	_cleanup_free_ char *dir = dir_of(path);
	char *absolute = realpath(dir, NULL);

	return absolute ? absolute : take_ptr(&dir);
}

char *night_plan_absolute(const char *path)
{
	_cleanup_free_ char *dir = absolute_dir_of(path);

	return path_join(dir, path_base(path));
}

struct night_plan *night_plan_read_bytes(const char *path, const char *bytes, size_t length,
					 struct strv *mistakes, struct err *err)
{
	_cleanup_mistakes_ struct mistakes m = { .of = "plan" };
	_cleanup_yaml_ struct yaml_node *root = yaml_parse(bytes, length, &m);
	struct night_plan *plan = xcalloc(1, sizeof(*plan));

	plan->path = xstrdup(path);
	plan->dir = dir_of(path);
	plan->matrix.place = (struct case_place){ 1, 1 };
	if (root) {
		const struct field_reader r = {
			.rows = night_field_table,
			.row_count = night_field_count,
			.what = "plan",
			.place = "the file",
			.example = "`name` and `cases`",
			.m = &m,
			.root = root,
			.out = plan,
			.read_own = read_own,
		};

		fields_read(&r);
		if (root->kind == YAML_MAP)
			check_plan(plan, &m);
	}
	if (mistakes_report(&m, path, mistakes, err) == 0)
		return plan;
	night_plan_free(plan);
	return NULL;
}

struct night_plan *night_plan_read(const char *path, struct strv *mistakes, struct err *err)
{
	struct err why = ERR_INIT;
	size_t length = 0;
	_cleanup_free_ char *bytes = file_read(path, YAML_MAX_BYTES, &length, &why);

	struct night_plan *plan;

	if (!bytes) {
		err_set(err, ERR_INPUT, "%s; expected a plan of at most 1 MiB", why.msg);
		return NULL;
	}
	plan = night_plan_read_bytes(path, bytes, length, mistakes, err);
	if (plan) {
		free(plan->dir);
		plan->dir = absolute_dir_of(path);
	}
	return plan;
}

char *night_plan_path(const struct night_plan *plan, const char *word)
{
	const char *home = str_starts(word, "~/") ? getenv("HOME") : NULL;

	return home ? path_join(home, word + 2) : path_join(plan->dir, word);
}

static void words_clear(struct night_words *w)
{
	strv_clear(&w->words);
	free(w->places);
}

static void matrix_clear(struct night_matrix *m)
{
	words_clear(&m->sources);
	words_clear(&m->kconfigs);
	words_clear(&m->toggles);
	words_clear(&m->cases);
}

void night_plan_free(struct night_plan *plan)
{
	if (!plan)
		return;
	matrix_clear(&plan->matrix);
	for (size_t i = 0; i < plan->include_count; i++)
		matrix_clear(&plan->includes[i]);
	for (size_t i = 0; i < plan->exclude_count; i++)
		matrix_clear(&plan->excludes[i]);
	free(plan->includes);
	free(plan->excludes);
	free(plan->path);
	free(plan->dir);
	free(plan->name);
	free(plan->known);
	strv_clear(&plan->append);
	free(plan);
}
