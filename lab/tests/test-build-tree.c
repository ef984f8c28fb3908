/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which object tree a build gets, and how much it is thought to cost there. */
#include <sys/wait.h>

#include "base/file.h"
#include "build/tree.h"
#include "tests/scratch.h"

enum { OPTIONS = 100 }; /* of the smallest configuration here */

/* A source whose makefiles name DEBUG_INFO, SMP and KASAN. */
static void make_source(void **state, struct source *s)
{
	*s = (struct source)SOURCE_INIT;
	s->dir = scratch_path(state, "src");
	memset(s->id, 'a', sizeof(s->id) - 1);
	if (path_exists(s->dir))
		return;
	for (int i = 0; i < 2; i++) {
		_cleanup_free_ char *dir = scratch_path(state, i ? "src/scripts" : "src/arch/x86");

		assert_int_equal(file_mkdir_p(dir, NULL), 0);
	}
	scratch_write(state, "src/Makefile", "include-$(CONFIG_DEBUG_INFO) += scripts/x\n");
	scratch_write(state, "src/arch/x86/Makefile", "ifdef CONFIG_SMP\n");
	scratch_write(state, "src/scripts/Makefile.lib", "CFLAGS_$(CONFIG_KASAN)\n");
}

/* The smallest configuration, and further lines; yours. */
static char *config_with(const char *more)
{
	struct strbuf text = { 0 };

	for (int i = 0; i < OPTIONS; i++)
		strbuf_addf(&text, "CONFIG_OPTION_%d=y\n", i);
	strbuf_adds(&text, more);
	return strbuf_take(&text);
}

static void open_tree(void **state, struct tree *t, const char *more, struct progress *progress)
{
	_cleanup_free_ char *cache = scratch_path(state, "cache");
	_cleanup_free_ char *config = config_with(more);
	struct toolchain tc = { .id = "toolchain" };
	struct err err = ERR_INIT;
	struct source s;

	make_source(state, &s);
	if (tree_open(t, &s, &tc, cache, config, progress, &err) < 0)
		fail_msg("%s", err.msg);
	source_clear(&s);
}

/* One object, and what kbuild notes of it. */
static void make_object(void **state, const struct tree *t, const char *name, const char *note)
{
	_cleanup_free_ char *path = xasprintf("%s/.%s.o.cmd", t->obj, name);

	assert_int_equal(file_write_atomic(path, note, strlen(note), NULL), 0);
}

/*
 * What a build leaves in the tree: an object for each option; of those of the
 * smallest configuration none depends on what a test toggles, but one on WBT.
 */
static void pretend_to_build(void **state, struct tree *t, const char *more, bool complete)
{
	_cleanup_free_ char *config = config_with(more);
	struct err err = ERR_INIT;

	assert_int_equal(tree_set_config(t, config, strlen(config), &err), 0);
	assert_int_equal(tree_begin_build(t, &err), 0);
	for (int i = 0; i < 2 * OPTIONS; i++) {
		_cleanup_free_ char *name = xasprintf("o%d", i);

		make_object(state, t, name, "  $(wildcard include/config/OPTION_1) \\\n");
	}
	make_object(state, t, "wbt", "  $(wildcard include/config/WBT) \\\n");
	assert_int_equal(tree_end_build(t, complete, &err), 0);
}

/* Opens, "builds", closes; the tree's number. */
static char build(void **state, const char *more)
{
	struct tree t;
	char number;

	open_tree(state, &t, more, NULL);
	number = t.dir[strlen(t.dir) - 1];
	pretend_to_build(state, &t, more, true);
	tree_close(&t);
	return number;
}

static uint64_t estimate(void **state, const struct tree *t, const char *more)
{
	_cleanup_free_ char *config = config_with(more);
	struct source s;
	uint64_t steps;

	make_source(state, &s);
	steps = tree_estimate(t, &s, config);
	source_clear(&s);
	return steps;
}

/* ---- choosing ---- */

static void test_tree_toggle_is_done_in_place(void **state)
{
	assert_int_equal(build(state, "CONFIG_WBT=y\n"), '0');
	assert_int_equal(build(state, "# CONFIG_WBT is not set\n"), '0');
	assert_int_equal(build(state, "CONFIG_WBT=y\nCONFIG_OTHER=y\n"), '0');
}

static void test_tree_profiles_that_share_little_have_their_own(void **state)
{
	assert_int_equal(build(state, ""), '0');
	assert_int_equal(build(state, "CONFIG_DEBUG_INFO=y\n"), '1');
	assert_int_equal(build(state, "CONFIG_SMP=y\n"), '2');
	assert_int_equal(build(state, "CONFIG_WBT=y\n"), '0');
	assert_int_equal(build(state, "CONFIG_DEBUG_INFO=y\nCONFIG_WBT=y\n"), '1');
	assert_int_equal(build(state, "CONFIG_SMP=y\nCONFIG_WBT=y\n"), '2');
}

static void test_tree_longest_unused_is_taken_when_there_are_enough(void **state)
{
	static const char *const unlike[TREES_MAX] = { "", "CONFIG_DEBUG_INFO=y\n",
						       "CONFIG_SMP=y\n", "CONFIG_KASAN=y\n" };

	for (int i = 0; i < TREES_MAX; i++)
		assert_int_equal(build(state, unlike[i]), '0' + i);
	assert_int_equal(build(state, unlike[0]), '0');
	assert_int_equal(build(state, "CONFIG_DEBUG_INFO=y\nCONFIG_KASAN=y\n"), '1');
	assert_int_equal(build(state, unlike[2]), '2');
}

/* One that was hardly begun has little to lose: it goes on there. */
static void test_tree_hardly_begun_one_is_gone_on_with(void **state)
{
	struct tree t;

	open_tree(state, &t, "", NULL);
	pretend_to_build(state, &t, "", false);
	for (int i = 5; i < 2 * OPTIONS; i++) {
		_cleanup_free_ char *path = xasprintf("%s/.o%d.o.cmd", t.obj, i);

		assert_int_equal(unlink(path), 0);
	}
	tree_close(&t);
	assert_int_equal(build(state, "CONFIG_OTHER=y\n"), '0');
}

/* Another process takes a tree for that configuration; closing *hold lets it go. */
static pid_t other_klab(void **state, const char *more, int *hold)
{
	int ready[2], go[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		struct tree t;

		close(go[1]);
		open_tree(state, &t, more, NULL);
		(void)!write(ready[1], "x", 1);
		(void)!read(go[0], &byte, 1);
		pretend_to_build(state, &t, more, true);
		tree_close(&t);
		_exit(0);
	}
	close(go[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	*hold = go[1];
	return pid;
}

static void test_tree_busy_one_is_left_alone_when_another_will_do(void **state)
{
	int hold = -1, status;
	pid_t pid;

	build(state, "");
	pid = other_klab(state, "CONFIG_WBT=y\n", &hold);
	/* Unlike it: no reason to wait. */
	assert_int_equal(build(state, "CONFIG_SMP=y\n"), '1');
	close(hold);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* Both would do: the one that is free. */
	assert_int_equal(build(state, "CONFIG_SMP=y\nCONFIG_WBT=y\n"), '1');
	pid = other_klab(state, "CONFIG_SMP=y\n", &hold);
	assert_int_equal(build(state, ""), '0');
	close(hold);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

/* Hears that it is waited for, and only then lets the others go. */
struct listener {
	struct progress progress;
	struct strbuf notes;
	int hold[TREES_MAX];
	int holding;
};

static void release_when_waited_for(struct progress *p, const char *text)
{
	struct listener *l = (struct listener *)p;

	strbuf_addf(&l->notes, "%s\n", text);
	if (!strstr(text, "waiting for another klab"))
		return;
	while (l->holding > 0)
		close(l->hold[--l->holding]);
}

static void assert_was_waited_for(struct listener *l, struct tree *t)
{
	assert_non_null(l->notes.data);
	assert_non_null(strstr(l->notes.data, "waiting for another klab"));
	assert_int_equal(l->holding, 0);
	strbuf_clear(&l->notes);
	tree_close(t);
}

/* Nothing is built there yet: what it was taken for tells what it will be. */
static void test_tree_busy_one_is_waited_for_when_it_is_clearly_nearest(void **state)
{
	struct listener l = { .progress = { .note = release_when_waited_for }, .holding = 1 };
	struct tree t;
	int status;
	pid_t other = other_klab(state, "CONFIG_SMP=y\n", &l.hold[0]);

	open_tree(state, &t, "CONFIG_SMP=y\nCONFIG_WBT=y\n", &l.progress);
	assert_true(str_ends(t.dir, "-0"));
	/* Its state is that after the wait. */
	assert_true(t.complete);
	assert_was_waited_for(&l, &t);
	assert_int_equal(waitpid(other, &status, 0), other);
}

static void test_tree_all_busy_waits(void **state)
{
	static const char *const unlike[TREES_MAX] = { "", "CONFIG_DEBUG_INFO=y\n",
						       "CONFIG_SMP=y\n", "CONFIG_KASAN=y\n" };
	struct listener l = { .progress = { .note = release_when_waited_for } };
	pid_t pids[TREES_MAX];
	struct tree t;
	int status;

	for (; l.holding < TREES_MAX; l.holding++)
		pids[l.holding] = other_klab(state, unlike[l.holding], &l.hold[l.holding]);
	open_tree(state, &t, "CONFIG_SMP=y\nCONFIG_KASAN=y\n", &l.progress);
	assert_was_waited_for(&l, &t);
	for (int i = 0; i < TREES_MAX; i++)
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
}

/* ---- cleaning ---- */

/* An object, its source, and what kbuild notes of it. */
static void make_compiled(void **state, const struct tree *t, const char *name, const char *source)
{
	_cleanup_free_ char *path = xasprintf("%s/%s.o", t->obj, name);
	_cleanup_free_ char *note =
		xasprintf("cmd_x := gcc\n\nsource_x := %s\n\ndeps_x :=", source);

	assert_int_equal(file_write_atomic(path, "", 0, NULL), 0);
	make_object(state, t, name, note);
}

static bool has_object(const struct tree *t, const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s/%s.o", t->obj, name);
	_cleanup_free_ char *cmd = xasprintf("%s/.%s.o.cmd", t->obj, name);

	assert_int_equal(path_exists(path), path_exists(cmd));
	return path_exists(path);
}

/* make would link it for ever: it has no rule to notice that the source is gone. */
static void test_tree_object_goes_with_its_source(void **state)
{
	_cleanup_free_ char *kept = scratch_path(state, "src/kept.c");
	_cleanup_free_ char *gone = scratch_path(state, "src/gone.c");
	_cleanup_free_ char *elsewhere = scratch_path(state, "elsewhere.c");
	struct tree t;

	open_tree(state, &t, "", NULL);
	pretend_to_build(state, &t, "", true);
	scratch_write(state, "src/kept.c", "");
	scratch_write(state, "src/gone.c", "");
	make_compiled(state, &t, "kept", kept);
	make_compiled(state, &t, "gone", gone);
	make_compiled(state, &t, "generated", "lib/generated.c");
	make_compiled(state, &t, "elsewhere", elsewhere);
	tree_close(&t);
	open_tree(state, &t, "", NULL);
	assert_true(has_object(&t, "gone"));
	tree_close(&t);
	assert_int_equal(unlink(gone), 0);
	open_tree(state, &t, "", NULL);
	assert_false(has_object(&t, "gone"));
	assert_true(has_object(&t, "kept"));
	assert_true(has_object(&t, "generated"));
	assert_true(has_object(&t, "elsewhere"));
	tree_close(&t);
}

/* ---- estimating ---- */

static void test_estimate_counts_what_depends_on_the_change(void **state)
{
	uint64_t nothing, toggle, all;
	struct tree t;

	open_tree(state, &t, "CONFIG_WBT=y\n", NULL);
	all = estimate(state, &t, "CONFIG_WBT=y\n");
	assert_true(all > 2 * OPTIONS);
	pretend_to_build(state, &t, "CONFIG_WBT=y\n", true);
	nothing = estimate(state, &t, "CONFIG_WBT=y\n");
	toggle = estimate(state, &t, "");
	assert_int_equal(toggle, nothing + 1);
	/* As kbuild wrote it before 5.12. */
	make_object(state, &t, "old", "  $(wildcard include/config/w/bt.h) \\\n");
	make_object(state, &t, "older", "  $(wildcard include/config/wbt.h) \\\n");
	make_object(state, &t, "other", "  $(wildcard include/config/WBT_MQ) \\\n");
	assert_int_equal(estimate(state, &t, "CONFIG_W_BT=y\n") - estimate(state, &t, ""), 3);
	/* What is newly on has no object yet that could tell. */
	assert_true(estimate(state, &t, "CONFIG_WBT=y\nCONFIG_N1=y\nCONFIG_N2=y\n") >= nothing + 4);
	tree_close(&t);
}

static void test_estimate_of_an_option_on_every_command_line_is_everything(void **state)
{
	struct tree t;

	open_tree(state, &t, "", NULL);
	pretend_to_build(state, &t, "", true);
	assert_true(estimate(state, &t, "CONFIG_DEBUG_INFO=y\n") > 2 * OPTIONS);
	assert_true(estimate(state, &t, "CONFIG_SMP=y\n") > 2 * OPTIONS);
	assert_true(estimate(state, &t, "CONFIG_KASAN=y\n") > 2 * OPTIONS);
	assert_true(estimate(state, &t, "CONFIG_KASAN_X=y\n") < OPTIONS);
	tree_close(&t);
}

static void test_estimate_of_a_build_that_was_cut_short(void **state)
{
	uint64_t all, left;
	struct tree t;

	open_tree(state, &t, "", NULL);
	all = estimate(state, &t, "");
	pretend_to_build(state, &t, "", false);
	left = estimate(state, &t, "");
	/* What is there need not be built again, the rest must. */
	assert_int_equal(left, all - (2 * OPTIONS + 1));
	tree_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_tree_toggle_is_done_in_place),
		scratch_test(test_tree_profiles_that_share_little_have_their_own),
		scratch_test(test_tree_longest_unused_is_taken_when_there_are_enough),
		scratch_test(test_tree_hardly_begun_one_is_gone_on_with),
		scratch_test(test_tree_object_goes_with_its_source),
		scratch_test(test_tree_busy_one_is_left_alone_when_another_will_do),
		scratch_test(test_tree_busy_one_is_waited_for_when_it_is_clearly_nearest),
		scratch_test(test_tree_all_busy_waits),
		scratch_test(test_estimate_counts_what_depends_on_the_change),
		scratch_test(test_estimate_of_an_option_on_every_command_line_is_everything),
		scratch_test(test_estimate_of_a_build_that_was_cut_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
