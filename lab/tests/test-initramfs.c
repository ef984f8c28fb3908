// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include "base/child.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "build/initramfs.h"
#include "guest-init/plan.h"

#define HEAD "name: t\nquestion: Q?\n"

/* A folder with a data directory in it (whose init is no more than a head) and room for a case. */
struct world {
	char *dir;
	char *data;
	char *path; /* of the initramfs */
	struct case_file *test;
	struct plan *plan;
	json_t *info;
	struct err err;
};

static void put(const struct world *w, const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(w->dir, name);
	struct err err = ERR_INIT;

	if (file_write_atomic(path, text, strlen(text), &err))
		fail_msg("%s", err.msg);
}

/* As much of a program as anybody looks at here. */
static const struct {
	Elf64_Ehdr head;
	Elf64_Phdr segment;
	char code[16];
} fake_init = {
	.head = { .e_ident = ELFMAG "\2\1\1",
		  .e_phoff = sizeof(Elf64_Ehdr),
		  .e_phentsize = sizeof(Elf64_Phdr),
		  .e_phnum = 1 },
	.segment = { .p_type = PT_LOAD, .p_filesz = sizeof(fake_init) },
};

/* Its first bytes, as when make is writing it. */
static void put_program(const struct world *w, const char *name, size_t length)
{
	_cleanup_free_ char *path = path_join(w->data, name);
	struct err err = ERR_INIT;

	assert_int_equal(file_write_atomic(path, &fake_init, length, &err), 0);
}

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct world *w = xcalloc(1, sizeof(*w));

	w->dir = xasprintf("%s/klab-test-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(w->dir));
	w->data = path_join(w->dir, "data");
	w->path = path_join(w->dir, "initramfs.cpio");
	assert_int_equal(mkdir(w->data, 0755), 0);
	put_program(w, "guest-init", sizeof(fake_init));
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	unsetenv("KLAB_BUSYBOX");
	unsetenv("CC");
	file_remove_tree(w->dir, NULL);
	plan_free(w->plan);
	case_free(w->test);
	json_decref(w->info);
	free(w->dir);
	free(w->data);
	free(w->path);
	free(w);
	return 0;
}

/* Reads the case with these steps and writes its initramfs. */
static int write_case(struct world *w, const char *steps)
{
	_cleanup_free_ char *text = xasprintf(HEAD "steps:\n%s", steps);
	_cleanup_free_ char *path = path_join(w->dir, "t.yaml");

	put(w, "t.yaml", text);
	w->test = case_read(path, NULL, &w->err);
	if (!w->test)
		fail_msg("%s", w->err.msg);
	w->plan = plan_new(w->test);
	return initramfs_write(w->plan, w->data, w->path, &w->info, &w->err);
}

static char *read_archive(const struct world *w, size_t *length)
{
	struct err err = ERR_INIT;
	char *bytes = file_read(w->path, 64 << 20, length, &err);

	if (!bytes)
		fail_msg("%s", err.msg);
	return bytes;
}

/*
 * The archive as libarchive reads it, a line a member: "mode path size" or "mode path -> target".
 * Every header must be free of what differs between hosts. The content of `wanted` goes to
 * *content, yours.
 */
static char *list_archive(const struct world *w, const char *wanted, char **content)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	struct strbuf list = { 0 };
	int64_t number = 0;

	archive_read_support_format_cpio(archive);
	assert_int_equal(archive_read_open_filename(archive, w->path, 65536), ARCHIVE_OK);
	while (archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
		const char *path = archive_entry_pathname(entry);

		strbuf_addf(&list, "%06o %s", (unsigned int)archive_entry_mode(entry), path);
		if (archive_entry_symlink(entry))
			strbuf_addf(&list, " -> %s", archive_entry_symlink(entry));
		else
			strbuf_addf(&list, " %lld", (long long)archive_entry_size(entry));
		strbuf_addc(&list, '\n');
		assert_int_equal(archive_entry_uid(entry), 0);
		assert_int_equal(archive_entry_gid(entry), 0);
		assert_int_equal(archive_entry_mtime(entry), 0);
		assert_int_equal(archive_entry_ino64(entry), ++number);
		if (wanted && str_eq(path, wanted)) {
			size_t size = (size_t)archive_entry_size(entry);

			*content = xcalloc(1, size + 1);
			assert_int_equal(archive_read_data(archive, *content, size), size);
		}
	}
	assert_int_equal(archive_filter_count(archive), 1); /* not compressed */
	archive_read_free(archive);
	return strbuf_take(&list);
}

static void test_initramfs_holds_init_plan_and_console(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *list = NULL, *plan = NULL, *expected = NULL;

	assert_int_equal(write_case(w, "  - sleep: 1s\n"), 0);
	list = list_archive(w, "klab/plan", &plan);
	expected =
		xasprintf("040755 dev 0\n020600 dev/console 0\n020666 dev/null 0\n100755 init %zu\n"
			  "040755 klab 0\n100644 klab/plan %zu\n",
			  sizeof(fake_init), strlen(plan));
	assert_string_equal(list, expected);
}

/* Host and guest agree on what a plan is. */
static void test_initramfs_plan_is_read_by_the_guest(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *list = NULL, *text = NULL;
	struct guest_plan plan;
	struct plan_error error;

	put(w, "r.c", "int main(void) { return 0; }\n");
	assert_int_equal(write_case(w, "  - scsi_debug: {size: 64M, as: disk}\n"
				       "  - run: {source: r.c, args: [a b, '%', \"\\xe9\"]}\n"),
			 0);
	strv_add(&w->plan->facts, "equals /sys/x two words");
	json_decref(w->info);
	assert_int_equal(initramfs_write(w->plan, w->data, w->path, &w->info, &w->err), 0);
	list = list_archive(w, "klab/plan", &text);
	if (guest_plan_parse(&plan, text, strlen(text), &error))
		fail_msg("line %d: %s", error.line, error.what);
	assert_string_equal(plan.nonce, w->plan->nonce);
	assert_int_equal(plan.step_count, 2);
	assert_int_equal(plan_arg_int(&plan.steps[0], "size", 0), 64 << 20);
	assert_string_equal(plan_arg(&plan.steps[0], "delay"), "0");
	assert_string_equal(plan.facts[0].value, "two words");
	/* The path that the guest executes is one that is there. */
	assert_non_null(strstr(list, plan_arg(&plan.steps[1], "source") + 1));
	for (size_t i = 0, args = 0; i < plan.steps[1].arg_count; i++) {
		static const char *const expected[] = { "a b", "%", "\xc3\xa9" };

		if (str_eq(plan.steps[1].args[i].name, "args"))
			assert_string_equal(plan.steps[1].args[i].value, expected[args++]);
	}
	guest_plan_clear(&plan);
}

static void test_initramfs_twice_is_the_same_to_the_byte(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *first = NULL, *second = NULL, *moved = NULL;
	size_t first_length, second_length;

	put(w, "r.c", "const char *file = __FILE__;\nint main(void) { return !file; }\n");
	assert_int_equal(write_case(w, "  - run: r.c\n"), 0);
	first = read_archive(w, &first_length);
	/* From another folder, and later. */
	free(w->test->dir);
	moved = path_join(w->dir, "moved");
	assert_int_equal(mkdir(moved, 0755), 0);
	put(w, "moved/r.c", "const char *file = __FILE__;\nint main(void) { return !file; }\n");
	w->test->dir = take_ptr(&moved);
	json_decref(w->info);
	assert_int_equal(initramfs_write(w->plan, w->data, w->path, &w->info, &w->err), 0);
	second = read_archive(w, &second_length);
	assert_int_equal(first_length, second_length);
	assert_memory_equal(first, second, first_length);
	/* No tape block's worth of zeros at the end: the trailer's name, and its padding to 4. */
	assert_true(first_length > 16);
	assert_non_null(memmem(first + first_length - 16, 16, "TRAILER!!!", 10));
}

static void test_initramfs_info_names_every_file(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *bytes = NULL;
	char hex[HASH_HEX_SIZE];
	const json_t *files, *file;
	size_t length;

	assert_int_equal(write_case(w, "  - sleep: 1s\n"), 0);
	bytes = read_archive(w, &length);
	hash_bytes(bytes, length, hex);
	assert_string_equal(json_get_str(w->info, "sha256", ""), hex);
	assert_int_equal(json_get_int(w->info, "bytes", 0), length);
	files = json_get_array(w->info, "files");
	assert_int_equal(json_array_size(files), 2);
	file = json_array_get(files, 0);
	assert_string_equal(json_get_str(file, "path", ""), "/init");
	hash_bytes(&fake_init, sizeof(fake_init), hex);
	assert_string_equal(json_get_str(file, "sha256", ""), hex);
}

static void test_initramfs_compile_error_names_file_and_line(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *where = path_join(w->dir, "bad.c");
	_cleanup_free_ char *place = xasprintf("%s:3:", where);

	put(w, "bad.c", "int main(void)\n{\n\treturn nothing;\n}\n");
	assert_int_equal(write_case(w, "  - run: bad.c\n"), -1);
	assert_int_equal(w->err.kind, ERR_INPUT);
	if (!strstr(w->err.msg, place) || !strstr(w->err.msg, "nothing") ||
	    !strstr(w->err.msg, "t.yaml:4"))
		fail_msg("%s", w->err.msg);
	assert_false(path_exists(w->path));
	assert_null(w->info);
}

static void test_initramfs_link_error_says_what_is_missing(void **state)
{
	struct world *w = *state;

	put(w, "bad.c", "void nowhere(void);\nint main(void) { nowhere(); return 0; }\n");
	assert_int_equal(write_case(w, "  - run: bad.c\n"), -1);
	assert_int_equal(w->err.kind, ERR_INPUT);
	if (!strstr(w->err.msg, "bad.c") || !strstr(w->err.msg, "undefined reference to `nowhere'"))
		fail_msg("%s", w->err.msg);
}

/* One that the host killed says nothing about the source. */
static void test_initramfs_compiler_that_dies_is_the_hosts_failure(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *cc = path_join(w->dir, "cc");

	put(w, "cc", "#!/bin/sh\nkill -9 $$\n");
	assert_int_equal(chmod(cc, 0755), 0);
	setenv("CC", cc, 1);
	put(w, "r.c", "int main(void) { return 0; }\n");
	assert_int_equal(write_case(w, "  - run: r.c\n"), -1);
	assert_int_equal(w->err.kind, ERR_HOST);
	assert_non_null(strstr(w->err.msg, "signal 9"));
}

static void test_initramfs_without_a_compiler_names_the_package(void **state)
{
	struct world *w = *state;

	setenv("CC", "no-such-compiler -pipe", 1);
	put(w, "r.c", "int main(void) { return 0; }\n");
	assert_int_equal(write_case(w, "  - run: r.c\n"), -1);
	assert_int_equal(w->err.kind, ERR_HOST);
	assert_non_null(strstr(w->err.msg, "no-such-compiler"));
	assert_non_null(strstr(w->err.msg, "gcc"));
}

static void test_initramfs_shell_comes_with_a_script_only(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *list = NULL, *script = NULL;

	assert_int_equal(write_case(w, "  - sleep: 1s\n  - sh: |\n      echo one\n"), 0);
	list = list_archive(w, "klab/sh/1.sh", &script);
	assert_string_equal(script, "echo one\n");
	assert_non_null(strstr(list, "100755 bin/busybox "));
	assert_non_null(strstr(list, "120777 bin/sh -> busybox\n"));
}

static void compile_object(const struct world *w)
{
	const char *argv[] = { "clang", "-target", "bpf", "-O2", "-c", "x.c", "-o", "x.o", NULL };
	struct child_spec spec = { .argv = argv, .cwd = w->dir };
	struct err err = ERR_INIT;

	put(w, "x.c",
	    "__attribute__((section(\"kprobe/schedule\"), used)) int f(void *c) { return "
	    "0; }\n");
	if (child_run_ok(&spec, 60000, 1 << 20, NULL, &err) < 0)
		fail_msg("%s", err.msg);
}

static void test_initramfs_loader_comes_with_a_bpf_object(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *list = NULL;
	char *loader;

	compile_object(w);
	put_program(w, "bpf-loader", sizeof(fake_init));
	assert_int_equal(write_case(w, "  - bpf_object: x.o\n  - bpf_object: x.o\n"), 0);
	list = list_archive(w, NULL, NULL);
	assert_non_null(strstr(list, "100644 klab/bpf/0.o "));
	assert_non_null(strstr(list, "100644 klab/bpf/1.o "));
	loader = strstr(list, "100755 klab/bin/bpf-loader ");
	assert_non_null(loader);
	assert_null(strstr(loader + strlen("100755 klab/bin/bpf-loader"), "bpf-loader"));
}

static void test_initramfs_without_the_bpf_loader_says_what_to_do(void **state)
{
	struct world *w = *state;

	compile_object(w);
	assert_int_equal(write_case(w, "  - bpf_object: x.o\n"), -1);
	assert_int_equal(w->err.kind, ERR_HOST);
	assert_non_null(strstr(w->err.msg, "no bpf-loader in "));
	assert_non_null(strstr(w->err.msg, "run `make`"));
}

static void test_initramfs_without_busybox_names_the_package(void **state)
{
	struct world *w = *state;

	setenv("KLAB_BUSYBOX", "/nonexistent/busybox", 1);
	assert_int_equal(write_case(w, "  - sh: echo\n"), -1);
	assert_int_equal(w->err.kind, ERR_HOST);
	assert_non_null(strstr(w->err.msg, "/nonexistent/busybox"));
	assert_non_null(strstr(w->err.msg, "busybox-static"));
}

/* Debian's `busybox` would only fail in the guest, with a puzzling ENOENT. */
static void test_initramfs_shared_busybox_is_refused(void **state)
{
	struct world *w = *state;

	setenv("KLAB_BUSYBOX", "/proc/self/exe", 1);
	assert_int_equal(write_case(w, "  - sh: echo\n"), -1);
	assert_int_equal(w->err.kind, ERR_HOST);
	assert_non_null(strstr(w->err.msg, "shared"));
}

static void test_initramfs_busybox_that_is_no_program_is_refused(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *path = path_join(w->dir, "busybox");

	put(w, "busybox", "#!/bin/sh\n");
	setenv("KLAB_BUSYBOX", path, 1);
	assert_int_equal(write_case(w, "  - sh: echo\n"), -1);
	assert_int_equal(w->err.kind, ERR_HOST);
	assert_non_null(strstr(w->err.msg, "is no static 64-bit program"));
}

static void test_initramfs_without_init_says_what_to_do(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *init = path_join(w->data, "guest-init");

	assert_int_equal(unlink(init), 0);
	assert_int_equal(write_case(w, "  - sleep: 1s\n"), -1);
	assert_int_equal(w->err.kind, ERR_HOST);
	assert_non_null(strstr(w->err.msg, "make"));
}

/* The kernel would panic, and be to blame. */
static void test_initramfs_half_an_init_is_refused(void **state)
{
	static const size_t lengths[] = { 0, 4, sizeof(Elf64_Ehdr),
					  sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
					  sizeof(fake_init) - 1 };
	struct world *w = *state;

	assert_int_equal(write_case(w, "  - sleep: 1s\n"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		json_t *info = NULL;

		put_program(w, "guest-init", lengths[i]);
		w->err = (struct err)ERR_INIT;
		assert_int_equal(initramfs_write(w->plan, w->data, w->path, &info, &w->err), -1);
		assert_int_equal(w->err.kind, ERR_HOST);
		assert_non_null(strstr(w->err.msg, "no whole static program: run `make`"));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_initramfs_holds_init_plan_and_console),
		TEST(test_initramfs_half_an_init_is_refused),
		TEST(test_initramfs_plan_is_read_by_the_guest),
		TEST(test_initramfs_twice_is_the_same_to_the_byte),
		TEST(test_initramfs_info_names_every_file),
		TEST(test_initramfs_compile_error_names_file_and_line),
		TEST(test_initramfs_link_error_says_what_is_missing),
		TEST(test_initramfs_compiler_that_dies_is_the_hosts_failure),
		TEST(test_initramfs_without_a_compiler_names_the_package),
		TEST(test_initramfs_shell_comes_with_a_script_only),
		TEST(test_initramfs_loader_comes_with_a_bpf_object),
		TEST(test_initramfs_without_the_bpf_loader_says_what_to_do),
		TEST(test_initramfs_without_busybox_names_the_package),
		TEST(test_initramfs_shared_busybox_is_refused),
		TEST(test_initramfs_busybox_that_is_no_program_is_refused),
		TEST(test_initramfs_without_init_says_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
