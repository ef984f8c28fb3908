/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/kconfig.h"

#include "base/file.h"
#include "base/json.h"
#include "build/make.h"

enum { TEXT_MAX_BYTES = 16 << 20 };

static char *helper_dir(const char *data_dir)
{
	return path_join(data_dir, "lab/build/kconfig-helper");
}

int kconfig_helper_hash(const char *data_dir, char hex[HASH_HEX_SIZE], struct err *err)
{
	_cleanup_free_ char *dir = helper_dir(data_dir);
	_cleanup_strv_ struct strv files = { 0 };
	struct hasher *h;

	if (file_list_dir(dir, &files, err) < 0)
		return err_add(err, "klab's kconfig helper");
	h = hasher_new();
	for (size_t i = 0; i < files.count; i++) {
		_cleanup_free_ char *path = path_join(dir, files.items[i]);
		size_t length = 0;
		_cleanup_free_ char *bytes = file_read(path, TEXT_MAX_BYTES, &length, err);

		if (!bytes) {
			hasher_end(h, hex);
			return -1;
		}
		hasher_adds(h, files.items[i]);
		hasher_add(h, bytes, length);
	}
	hasher_end(h, hex);
	return 0;
}

/* ---- what the helper reads ---- */

static int add_tree_file(struct strbuf *seed, const struct source *s, const char *name,
			 struct err *err)
{
	_cleanup_free_ char *path = path_join(s->dir, name);
	_cleanup_free_ char *bytes = NULL;
	size_t length = 0;

	/* Not every version and architecture has each of them. */
	if (!path_exists(path))
		return 0;
	bytes = file_read(path, TEXT_MAX_BYTES, &length, err);
	if (!bytes)
		return -1;
	strbuf_add(seed, bytes, length);
	strbuf_addc(seed, '\n');
	return 0;
}

/*
 * What tinyconfig of this tree says, and the fragments after it, where the last
 * word counts. All that is not named is then answered with no.
 */
static int write_seed(const struct kconfig_request *req, const char *path, struct err *err)
{
	const char *arch = req->tc->arch;
	bool x86 = str_eq(arch, "x86_64") || str_eq(arch, "i386") || str_eq(arch, "x86");
	_cleanup_free_ char *of_arch = xasprintf("arch/%s/configs/tiny.config", x86 ? "x86" : arch);
	_cleanup_strbuf_ struct strbuf seed = { 0 };
	_cleanup_free_ char *text = fragments_text(req->fragments);

	if (add_tree_file(&seed, req->source, "kernel/configs/tiny-base.config", err) < 0 ||
	    add_tree_file(&seed, req->source, "kernel/configs/tiny.config", err) < 0 ||
	    add_tree_file(&seed, req->source, of_arch, err) < 0)
		return -1;
	strbuf_adds(&seed, text);
	return file_write_atomic(path, seed.data ? seed.data : "", seed.length, err);
}

static int write_requests(const struct kconfig_request *req, const char *path, struct err *err)
{
	const struct fragment_set *set = req->fragments;
	_cleanup_strbuf_ struct strbuf sb = { 0 };

	for (size_t i = 0; i < set->line_count; i++) {
		_cleanup_free_ char *origin = fragments_origin(set, &set->lines[i]);

		if (req->held && !strv_has(req->held, set->lines[i].symbol))
			continue;
		strbuf_addf(&sb, "want\t%s\t%s\t%s\n", set->lines[i].symbol, set->lines[i].value,
			    origin);
	}
	for (size_t i = 0; req->require && i < req->require->count; i++)
		strbuf_addf(&sb, "need\t%s\ty\t%s\n", req->require->items[i],
			    req->require_by->items[i]);
	for (size_t i = 0; req->describe && i < req->describe->count; i++)
		strbuf_addf(&sb, "describe\t%s\n", req->describe->items[i]);
	if (req->explain)
		strbuf_addf(&sb, "explain\t%s\n", req->explain);
	return file_write_atomic(path, sb.data ? sb.data : "", sb.length, err);
}

/* ---- what the helper says ---- */

static void take_lost(const json_t *report, struct kconfig_result *result)
{
	json_t *array = json_get_array(report, "lost");
	size_t i;
	json_t *j;

	result->lost = xcalloc(json_array_size(array) + 1, sizeof(*result->lost));
	json_array_foreach (array, i, j) {
		struct kconfig_lost *l = &result->lost[result->lost_count++];

		l->symbol = xstrdup(json_get_str(j, "symbol", ""));
		l->wanted = xstrdup(json_get_str(j, "wanted", ""));
		l->got = xstrdup(json_get_str(j, "got", ""));
		l->origin = xstrdup(json_get_str(j, "origin", ""));
		l->why = xstrdup(json_get_str(j, "why", ""));
		json_to_strv(json_get_array(j, "turn_on"), &l->turn_on);
	}
}

static int take_result(const char *config_path, const char *report_path,
		       struct kconfig_result *result, struct err *err)
{
	_cleanup_json_ json_t *report = json_read_file(report_path, TEXT_MAX_BYTES, err);
	json_t *explained;

	if (!report)
		return -1;
	result->config = file_read(config_path, TEXT_MAX_BYTES, &result->config_length, err);
	if (!result->config)
		return -1;
	take_lost(report, result);
	json_to_strv(json_get_array(report, "notes"), &result->notes);
	result->described = json_incref(json_get_array(report, "described"));
	explained = json_get_array(report, "explained");
	if (json_array_size(explained))
		result->explained = json_incref(json_array_get(explained, 0));
	return 0;
}

void kconfig_result_clear(struct kconfig_result *result)
{
	free(result->config);
	kconfig_lost_free(result->lost, result->lost_count);
	strv_clear(&result->notes);
	json_decref(result->explained);
	json_decref(result->described);
	*result = (struct kconfig_result){ 0 };
}

/* ---- running it ---- */

/* The files of one resolution, all in the object tree of kconfig. */
struct kconfig_paths {
	char *object_dir, *seed, *requests, *config, *report, *log;
};

static void paths_clear(struct kconfig_paths *p)
{
	free(p->object_dir);
	free(p->seed);
	free(p->requests);
	free(p->config);
	free(p->report);
	free(p->log);
}

static int run_helper(const struct kconfig_request *req, const struct kconfig_paths *p, int lock,
		      struct err *err)
{
	_cleanup_free_ char *helper = helper_dir(req->data_dir);
	_cleanup_free_ char *env_dir = xasprintf("KLAB_HELPER_DIR=%s", helper);
	_cleanup_free_ char *env_mk = xasprintf("MAKEFILES=%s/klab.mk", helper);
	_cleanup_free_ char *env_args = xasprintf("KLAB_HELPER_ARGS=%s %s", p->requests, p->report);
	_cleanup_free_ char *env_seed = xasprintf("KCONFIG_ALLCONFIG=%s", p->seed);
	_cleanup_free_ char *env_config = xasprintf("KCONFIG_CONFIG=%s", p->config);
	_cleanup_free_ char *env_hash = NULL;
	char hex[HASH_HEX_SIZE];
	struct make_result result;
	struct make_spec spec = {
		.tc = req->tc,
		.source_dir = req->source->dir,
		.object_dir = p->object_dir,
		.targets = (const char *const[]){ "klabconfig", NULL },
		.lock_fd = lock,
		.log_path = p->log,
	};

	if (kconfig_helper_hash(req->data_dir, hex, err) < 0)
		return -1;
	env_hash = xasprintf("KLAB_HELPER_HASH=%.16s", hex);
	spec.env = (const char *const[]){ env_dir,    env_mk,	env_args, env_seed,
					  env_config, env_hash, NULL };
	progress_update(req->progress, "resolving the configuration", 0, 0, -1);
	if (make_run(&spec, &result, err) < 0) {
		progress_end(req->progress);
		return err_add(err, "resolving the configuration");
	}
	progress_end(req->progress);
	return 0;
}

int kconfig_resolve(const struct kconfig_request *req, struct kconfig_result *result,
		    struct err *err)
{
	_cleanup_(paths_clear)
	struct kconfig_paths p = { 0 };
	_cleanup_free_ char *lock_path = NULL;
	_cleanup_close_ int lock = -1;
	char id[HASH_HEX_SIZE];
	struct hasher *h = hasher_new();

	*result = (struct kconfig_result){ 0 };
	hasher_adds(h, req->source->id);
	hasher_adds(h, req->tc->tree_id);
	hasher_end(h, id);
	p.object_dir = xasprintf("%s/kconfig/%.16s", req->cache_dir, id);
	p.seed = path_join(p.object_dir, "klab-seed");
	p.requests = path_join(p.object_dir, "klab-requests");
	p.config = path_join(p.object_dir, "klab-config");
	p.report = path_join(p.object_dir, "klab-report");
	p.log = path_join(p.object_dir, "klab-log");
	lock_path = xasprintf("%s.lock", p.object_dir);
	if (toolchain_check_tools(req->tc, NULL, err) < 0 || file_mkdir_p(p.object_dir, err) < 0)
		return -1;
	lock = source_lock(lock_path, "it resolves a configuration", req->progress, err);
	if (lock < 0 || file_remove_tree(p.config, err) < 0 ||
	    file_remove_tree(p.report, err) < 0 || write_seed(req, p.seed, err) < 0 ||
	    write_requests(req, p.requests, err) < 0 || run_helper(req, &p, lock, err) < 0)
		return -1;
	return take_result(p.config, p.report, result, err);
}
