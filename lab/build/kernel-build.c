/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what was asked for to a kernel in the store: the order of things, and nothing else. */
#include "build/build.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "build/build-inputs.h"
#include "build/fragments.h"
#include "build/gdb-scripts.h"
#include "build/kconfig.h"
#include "build/make.h"
#include "build/source.h"
#include "build/store.h"
#include "build/toolchain.h"
#include "build/tree.h"

enum { RELEASE_MAX_BYTES = 4096, CONFIG_MAX_BYTES = 16 << 20 };

/* Raised when the same inputs would give another result because klab itself changed. */
static const char build_version[] = "klab-build-1";

/* One build_kernel() from begin to end. */
struct job {
	const struct build_request *req;
	struct progress *progress;
	const struct strv *held, *describe; /* as in struct kconfig_request */
	struct toolchain tc;
	struct source source;
	struct fragment_set fragments;
	char request[HASH_HEX_SIZE];
	struct kconfig_result resolved;
	struct strv left_out; /* of what was asked for, as the source has it not */
	char key[HASH_HEX_SIZE];
	uint64_t build_ms;
};

static void job_clear(struct job *j)
{
	kconfig_result_clear(&j->resolved);
	strv_clear(&j->left_out);
	fragments_clear(&j->fragments);
	source_clear(&j->source);
	toolchain_clear(&j->tc);
}

/* ---- keys ---- */

static int hash_request(struct job *j, struct err *err)
{
	const struct build_request *req = j->req;
	char helper[HASH_HEX_SIZE];
	struct hasher *h;

	if (kconfig_helper_hash(req->data_dir, helper, err) < 0)
		return -1;
	h = hasher_new();
	hasher_adds(h, build_version);
	hasher_adds(h, helper);
	hasher_adds(h, j->source.tree_hash);
	hasher_adds(h, j->tc.id);
	make_hash_environment(h);
	for (size_t i = 0; i < j->fragments.count; i++)
		hasher_adds(h, j->fragments.items[i].sha256);
	if (req->missing_ok)
		hasher_adds(h, "without what the source has not");
	hasher_adds(h, "require");
	for (size_t i = 0; req->require && i < req->require->count; i++)
		hasher_adds(h, req->require->items[i]);
	hasher_end(h, j->request);
	return 0;
}

static void hash_key(struct job *j)
{
	struct hasher *h = hasher_new();

	hasher_adds(h, build_version);
	hasher_adds(h, j->source.tree_hash);
	hasher_adds(h, j->tc.id);
	make_hash_environment(h);
	hasher_add(h, j->resolved.config, j->resolved.config_length);
	hasher_end(h, j->key);
}

/*
 * The kernel's makefiles split paths at blanks and colons, and make and the
 * shell expand others: what would fail there later, or do something else.
 */
static int check_path(const char *path, const char *what, struct err *err)
{
	static const char bad[] = " \t\n:$#%;&|<>()[]{}*?!'\"`\\,";
	size_t n = strcspn(path, bad);

	if (!path[n])
		return 0;
	return err_set(err, ERR_INPUT,
		       "%s %s: a kernel cannot be built there, its makefiles do not take a '%c' in "
		       "a path",
		       what, path, path[n]);
}

static int job_begin(struct job *j, struct err *err)
{
	const struct build_request *req = j->req;

	if (!req->fragments || !req->fragments->count)
		return err_set(err, ERR_INPUT,
			       "no config fragment was given: base is the smallest");
	if (fragments_read(&j->fragments, req->fragments, req->data_dir, err) < 0 ||
	    toolchain_init(&j->tc, err) < 0 ||
	    source_open(&j->source, req->source, req->cache_dir, j->progress, err) < 0 ||
	    source_add_patches(&j->source, req->patches, err) < 0 ||
	    check_path(j->source.dir, "the source", err) < 0 ||
	    check_path(req->cache_dir, "the cache", err) < 0 ||
	    check_path(req->data_dir, "klab's data", err) < 0)
		return -1;
	return hash_request(j, err);
}

/* ---- the store ---- */

/* The entry, dressed in what this request asked for: another one may have led to the same .config.
 */
static struct kernel *take_stored(struct job *j, const char *key)
{
	struct kernel *k = store_take(j->req->cache_dir, key);
	json_t *source;
	const char *release;

	if (!k)
		return NULL;
	release = json_get_str(json_get_object(k->manifest, "source"), "release", "");
	source = source_json(&j->source, release);
	json_object_set_new(k->manifest, "source", source);
	if (j->left_out.count)
		json_object_set_new(k->manifest, "left_out", json_strv(&j->left_out));
	json_object_set_new(k->manifest, "fragments", fragments_json(&j->fragments));
	fragments_facts(&j->fragments, &k->facts);
	k->was_stored = true;
	return k;
}

static struct kernel *find_request(struct job *j)
{
	_cleanup_free_ char *key = store_find_request(j->req->cache_dir, j->request);

	return key ? take_stored(j, key) : NULL;
}

static char *read_release(const struct tree *t)
{
	_cleanup_free_ char *path = path_join(t->obj, "include/config/kernel.release");
	size_t length = 0;
	char *text = file_read(path, RELEASE_MAX_BYTES, &length, NULL);

	if (text)
		text[strcspn(text, "\n")] = '\0';
	return text;
}

static bool wants_gdb_scripts(const struct job *j)
{
	return strstr(j->resolved.config, "\nCONFIG_GDB_SCRIPTS=y\n") != NULL;
}

static int put_result(struct job *j, const struct tree *t, const char *log, struct err *err)
{
	_cleanup_json_ json_t *manifest = json_object();
	_cleanup_free_ char *release = read_release(t);
	_cleanup_free_ char *image = path_join(t->obj, "arch/x86/boot/bzImage");
	_cleanup_free_ char *vmlinux = path_join(t->obj, "vmlinux");
	_cleanup_free_ char *config = path_join(t->obj, ".config");
	_cleanup_free_ char *map = path_join(t->obj, "System.map");
	_cleanup_free_ char *scripts = path_join(t->dir, GDB_SCRIPTS_FILE);
	_cleanup_free_ char *inputs = path_join(t->dir, BUILD_INPUTS_FILE);
	struct store_input in = {
		.image = image,
		.vmlinux = vmlinux,
		.config = config,
		.system_map = map,
		.log = log,
		.inputs = inputs,
	};
	char hex[HASH_HEX_SIZE];
	bool has_scripts = false;

	if (build_inputs_write(t->obj, j->source.dir, inputs, err) < 0)
		return -1;

	/* An earlier build in this tree may have had them. */
	if (wants_gdb_scripts(j) && gdb_scripts_pack(t->obj, scripts, &has_scripts, err) < 0)
		return -1;
	in.gdb_scripts = has_scripts ? scripts : NULL;
	hash_bytes(j->resolved.config, j->resolved.config_length, hex);
	json_set_str(manifest, "key", j->key);
	json_object_set_new(manifest, "source", source_json(&j->source, release ? release : ""));
	json_object_set_new(manifest, "fragments", fragments_json(&j->fragments));
	json_object_set_new(manifest, "toolchain", toolchain_json(&j->tc));
	json_set_str(manifest, "config_sha256", hex);
	json_set_int(manifest, "build_ms", (int64_t)j->build_ms);
	return store_put(j->req->cache_dir, j->key, &in, manifest, err);
}

/* ---- lost options ---- */

static int report_lost(const struct job *j, struct err *err)
{
	const struct kconfig_lost *l = &j->resolved.lost[0];
	_cleanup_free_ char *turn_on = strv_join(&l->turn_on, " ");
	_cleanup_free_ char *more =
		j->resolved.lost_count > 1
			? xasprintf(" (and %zu more lost options)", j->resolved.lost_count - 1)
			: xstrdup("");

	return err_set(err, ERR_INPUT, "%s: %s=%s does not hold (it is %s): %s%s%s%s", l->origin,
		       l->symbol, l->wanted, *l->got ? l->got : "empty", l->why,
		       l->turn_on.count ? "; set " : "", turn_on, more);
}

/*
 * Are any options lost? One that this source does not have yet, or no more, is none where it may be
 * missing: it is told, and left out. What a case requires it does need.
 */
static bool has_lost(struct job *j)
{
	const struct kconfig_result *r = &j->resolved;

	for (size_t i = 0; i < r->lost_count; i++)
		if (!j->req->missing_ok || !str_eq(r->lost[i].got, "undefined") ||
		    str_starts(r->lost[i].origin, "the case"))
			return true;
	for (size_t i = 0; i < r->lost_count; i++) {
		const struct kconfig_lost *l = &r->lost[i];

		strv_addf(&j->left_out, "%s: %s=%s: %s", l->origin, l->symbol, l->wanted, l->why);
		progress_note(j->progress, "left out: %s", j->left_out.items[i]);
	}
	return false;
}

/* Leaves of the fragments what this version is asked for, and says what that leaves out. */
static int choose_lines(struct job *j, struct err *err)
{
	_cleanup_strv_ struct strv left_out = { 0 };
	_cleanup_free_ char *list = NULL;
	int major, minor;

	if (!fragments_need_version(&j->fragments))
		return 0;
	if (source_version(&j->source, &major, &minor, err) < 0)
		return -1;
	fragments_for_version(&j->fragments, FRAGMENT_VERSION(major, minor), &left_out);
	list = strv_join(&left_out, ", ");
	if (left_out.count)
		progress_note(j->progress, "not asked for in Linux %d.%d: %s", major, minor, list);
	return 0;
}

static int resolve(struct job *j, const char *explain, struct err *err)
{
	struct kconfig_request req = {
		.source = &j->source,
		.tc = &j->tc,
		.fragments = &j->fragments,
		.require = j->req->require,
		.require_by = j->req->require_by,
		.held = j->held,
		.describe = j->describe,
		.explain = explain,
		.cache_dir = j->req->cache_dir,
		.data_dir = j->req->data_dir,
		.progress = j->progress,
	};

	if (source_prepare(&j->source, j->progress, err) < 0 || choose_lines(j, err) < 0 ||
	    kconfig_resolve(&req, &j->resolved, err) < 0)
		return -1;
	hash_key(j);
	for (size_t i = 0; i < j->resolved.notes.count; i++)
		progress_note(j->progress, "%s", j->resolved.notes.items[i]);
	return 0;
}

/* The .config that this very request resolved to before. The key, which is over it, proves it
 * whole. */
static bool recall(struct job *j)
{
	_cleanup_free_ char *key = store_find_request(j->req->cache_dir, j->request);
	size_t length = 0;

	if (!key)
		return false;
	j->resolved.config = store_find_config(j->req->cache_dir, j->request, &length);
	j->resolved.config_length = length;
	if (j->resolved.config) {
		hash_key(j);
		if (str_eq(j->key, key))
			return true;
	}
	kconfig_result_clear(&j->resolved);
	return false;
}

/* Resolves, unless that is known. Lost options: -1, ERR_INPUT. */
static int settle_config(struct job *j, struct kconfig_lost **lost, size_t *lost_count,
			 struct err *err)
{
	if (recall(j))
		return 0;
	strv_clear(&j->left_out); /* a stale note's */
	if (resolve(j, NULL, err) < 0)
		return -1;
	if (!has_lost(j)) {
		/* Without the note the next one resolves again, and that is all. */
		store_note_request(j->req->cache_dir, j->request, j->key, j->resolved.config,
				   j->resolved.config_length, &j->left_out, NULL);
		return 0;
	}
	report_lost(j, err);
	if (lost) {
		*lost = take_ptr(&j->resolved.lost);
		*lost_count = j->resolved.lost_count;
		j->resolved.lost_count = 0;
	}
	return -1;
}

/* ---- building ---- */

/* The kernel is only what it says it is if kbuild took the configuration as we resolved it. */
static int check_config_kept(const struct job *j, const struct tree *t, struct err *err)
{
	_cleanup_free_ char *path = path_join(t->obj, ".config");
	size_t length = 0;
	_cleanup_free_ char *now = file_read(path, CONFIG_MAX_BYTES, &length, err);

	if (!now)
		return -1;
	if (length == j->resolved.config_length && memcmp(now, j->resolved.config, length) == 0)
		return 0;
	return err_set(err, ERR_HOST, "kbuild changed the resolved configuration: compare %s",
		       path);
}

static int run_make(struct job *j, struct tree *t, const char *log, struct err *err)
{
	/* The last one only where the configuration has it. */
	const char *targets[] = { "bzImage", "vmlinux", wants_gdb_scripts(j) ? "scripts_gdb" : NULL,
				  NULL };
	struct make_result result;
	struct make_spec spec = {
		.tc = &j->tc,
		.source_dir = j->source.dir,
		.object_dir = t->obj,
		.targets = targets,
		.jobs = j->req->jobs,
		.lock_fd = t->lock_fd,
		.log_path = log,
		.what = "building the kernel",
		.steps_expected = tree_estimate(t, &j->source, j->resolved.config),
		.progress = j->progress,
	};
	int made;

	if (tree_set_config(t, j->resolved.config, j->resolved.config_length, err) < 0 ||
	    tree_begin_build(t, err) < 0)
		return -1;
	made = make_run(&spec, &result, err);
	j->build_ms = result.wall_ms;
	/* Killed, or out of disk: what is there may be half of something. */
	if (result.ended && (made == 0 || !err || err->kind != ERR_HOST) &&
	    tree_end_build(t, made == 0, made == 0 ? err : NULL) < 0)
		return -1;
	if (made < 0)
		return -1;
	return check_config_kept(j, t, err);
}

static int build_in(struct job *j, struct tree *t, struct err *err)
{
	_cleanup_free_ char *log = path_join(t->dir, "build.log");

	if (run_make(j, t, log, err) < 0 || source_check_unchanged(&j->source, err) < 0)
		return -1;
	return put_result(j, t, log, err);
}

static struct kernel *build(struct job *j, struct err *err)
{
	_cleanup_(tree_close)
	struct tree t = TREE_INIT;
	struct kernel *k;

	if (toolchain_check_tools(&j->tc, j->resolved.config, err) < 0 ||
	    source_prepare(&j->source, j->progress, err) < 0 ||
	    tree_open(&t, &j->source, &j->tc, j->req->cache_dir, j->resolved.config, j->progress,
		      err) < 0)
		return NULL;
	/* Whoever had the tree before may have built just this. */
	k = take_stored(j, j->key);
	if (k)
		return k;
	if (build_in(j, &t, err) < 0)
		return NULL;
	k = take_stored(j, j->key);
	if (!k)
		err_set(err, ERR_HOST, "the kernel that was just stored is gone: %s/store/%s",
			j->req->cache_dir, j->key);
	else
		k->was_stored = false;
	/* Only what was built makes the cache grow. */
	store_keep_limit(j->req->cache_dir, j->progress);
	return k;
}

/* What building would give: the key and the paths, and no files yet. */
static struct kernel *describe_unbuilt(struct job *j)
{
	struct kernel *k = store_describe(j->req->cache_dir, j->key);

	json_set_str(k->manifest, "key", j->key);
	json_object_set_new(k->manifest, "source", source_json(&j->source, ""));
	json_object_set_new(k->manifest, "fragments", fragments_json(&j->fragments));
	fragments_facts(&j->fragments, &k->facts);
	return k;
}

struct kernel *build_kernel(const struct build_request *req, struct progress *progress,
			    struct kconfig_lost **lost, size_t *lost_count, struct err *err)
{
	_cleanup_(job_clear)
	struct job j = { .req = req, .progress = progress, .source = SOURCE_INIT };
	struct err own = ERR_INIT;
	struct kernel *k;

	if (!err)
		err = &own;
	if (lost) {
		*lost = NULL;
		*lost_count = 0;
	}
	if (job_begin(&j, err) < 0)
		return NULL;
	store_find_left_out(req->cache_dir, j.request, &j.left_out);
	k = find_request(&j);
	if (k)
		return k;
	if (settle_config(&j, lost, lost_count, err) < 0)
		return NULL;
	k = take_stored(&j, j.key);
	if (!k && req->check_only)
		return describe_unbuilt(&j);
	return k ? k : build(&j, err);
}

void kconfig_lost_free(struct kconfig_lost *lost, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(lost[i].symbol);
		free(lost[i].wanted);
		free(lost[i].got);
		free(lost[i].origin);
		free(lost[i].why);
		strv_clear(&lost[i].turn_on);
	}
	free(lost);
}

char *build_config_why(const struct build_request *req, const char *symbol, bool as_json,
		       struct progress *progress, struct err *err)
{
	_cleanup_(job_clear)
	struct job j = { .req = req, .progress = progress, .source = SOURCE_INIT };
	const char *name = str_starts(symbol, "CONFIG_") ? symbol + strlen("CONFIG_") : symbol;
	_cleanup_free_ char *text = NULL;

	if (!*name ||
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") !=
		    strlen(name)) {
		err_set(err, ERR_INPUT, "\"%s\" is no option's name", symbol);
		return NULL;
	}
	if (job_begin(&j, err) < 0 || resolve(&j, name, err) < 0)
		return NULL;
	if (!j.resolved.explained) {
		err_set(err, ERR_HOST, "the kconfig helper did not explain %s", name);
		return NULL;
	}
	text = kconfig_why_text(j.resolved.explained);
	if (!json_get_bool(j.resolved.explained, "exists", false)) {
		err_set(err, ERR_INPUT, "%s", text);
		return NULL;
	}
	return as_json ? json_dumps(j.resolved.explained, JSON_INDENT(1)) : take_ptr(&text);
}

int build_config_resolve(const struct build_request *req, const struct strv *held,
			 const struct strv *describe, struct config_answer *answer,
			 struct progress *progress, struct err *err)
{
	_cleanup_(job_clear)
	struct job j = { .req = req,
			 .progress = progress,
			 .held = held,
			 .describe = describe,
			 .source = SOURCE_INIT };

	*answer = (struct config_answer){ 0 };
	if (job_begin(&j, err) < 0 || resolve(&j, NULL, err) < 0)
		return -1;
	answer->config = take_ptr(&j.resolved.config);
	answer->config_length = j.resolved.config_length;
	answer->source_hash = take_ptr(&j.source.tree_hash);
	answer->lost = take_ptr(&j.resolved.lost);
	answer->lost_count = j.resolved.lost_count;
	answer->described = take_ptr(&j.resolved.described);
	j.resolved.lost_count = 0;
	return 0;
}

void config_answer_clear(struct config_answer *answer)
{
	if (!answer)
		return;
	free(answer->config);
	free(answer->source_hash);
	kconfig_lost_free(answer->lost, answer->lost_count);
	json_decref(answer->described);
	*answer = (struct config_answer){ 0 };
}
