/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/build-world.h"

#include "base/child.h"
#include "base/file.h"
#include "base/json.h"

void hear_note(struct progress *p, const char *text)
{
	strbuf_addf(&((struct heard *)p)->notes, "%s\n", text);
}

void hear_update(struct progress *p, const char *what, uint64_t done, uint64_t total, int eta_s)
{
	struct heard *h = (struct heard *)p;

	if (!str_eq(what, "building the kernel"))
		return;
	h->last_done = done;
	h->last_total = total;
	h->last_eta_s = eta_s;
}

void sh(void **state, const char *line)
{
	const char *argv[] = { "sh", "-ec", line, NULL };
	struct child_spec spec = { .argv = argv, .cwd = *state };
	struct err err = ERR_INIT;

	if (child_run_ok(&spec, 20000, 1 << 20, NULL, &err) < 0)
		fail_msg("%s: %s", line, err.msg);
}

/* A source "t", a data folder with fragments, a cache. */
void set_up(void **state)
{
	static const char *const settings[] = { "CC", "LLVM", "ARCH", "CROSS_COMPILE", "KCFLAGS" };
	_cleanup_free_ char *data = path_data_dir(NULL);
	_cleanup_free_ char *line = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		unsetenv(settings[i]);
	assert_non_null(data);
	line = xasprintf(
		"cp -r %s/lab/tests/fixtures/build/tree t; mkdir -p data/kconfigs data/lab/build "
		"data/lab/build/kconfig-helper cache; echo '# x' > "
		"data/lab/build/kconfig-helper/klab.mk",
		data);
	sh(state, line);
	/* So many options that one of them is little. */
	sh(state, "for i in $(seq 60); do echo CONFIG_N$i=y; echo N$i >> t/Kconfig; done "
		  "> data/kconfigs/base.config; echo CONFIG_BIO=y >> data/kconfigs/base.config");
	scratch_write(state, "data/kconfigs/wbt-on.config",
		      "# fact: readable /wbt\nCONFIG_WBT=y\n");
	scratch_write(state, "data/kconfigs/wbt-off.config",
		      "# fact: unreadable /wbt\n# CONFIG_WBT is not set\n");
	scratch_write(state, "data/kconfigs/gone.config", "CONFIG_GONE=y\nCONFIG_NOWHERE=y\n");
}

struct kernel *build_with(void **state, const char *cache_name, const char *source_name,
			  const char *fragments, struct heard *h, struct err *err)
{
	_cleanup_free_ char *cache = scratch_path(state, cache_name);
	_cleanup_free_ char *data = scratch_path(state, "data");
	_cleanup_free_ char *source = scratch_path(state, source_name);
	_cleanup_strv_ struct strv names = { 0 };
	struct build_request req = { .source = source,
				     .fragments = &names,
				     .data_dir = data,
				     .cache_dir = cache,
				     .jobs = 2 };

	strv_split(&names, fragments, '+');
	return build_kernel(&req, h ? &h->progress : NULL, NULL, NULL, err);
}

struct kernel *build(void **state, const char *fragments)
{
	struct err err = ERR_INIT;
	struct kernel *k = build_with(state, "cache", "t", fragments, NULL, &err);

	if (!k)
		fail_msg("%s", err.msg);
	return k;
}

const char *vmlinux_hash(const struct kernel *k)
{
	json_t *a = json_get_object(json_get_object(k->manifest, "artefacts"), "vmlinux");

	return json_get_str(a, "sha256", "");
}
