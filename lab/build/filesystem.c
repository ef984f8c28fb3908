// SPDX-License-Identifier: GPL-2.0-or-later
#include "build/filesystem.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/file.h"

#define MKE2FS_TIMEOUT_MS 60000
#define MKE2FS_MAX_BYTES  65536
#define BLOCK_BYTES	  4096

/* Any identity will do, as long as it is the same each time. */
#define FS_UUID "6b6c6162-0000-4000-8000-000000000001"
/* Lazy initialisation would go on in the guest, and meet its faults. */
static const char extended[] = "hash_seed=6b6c6162-0000-4000-8000-000000000002,"
			       "lazy_itable_init=0,lazy_journal_init=0,nodiscard,root_owner=0:0";

static char *find_mke2fs(struct err *err)
{
	static const char *const places[] = { "/usr/sbin/mke2fs", "/sbin/mke2fs" };
	char *path = child_find_program("mke2fs");

	/* Not every user has these in PATH. */
	for (size_t i = 0; !path && i < ARRAY_SIZE(places); i++)
		if (access(places[i], X_OK) == 0)
			path = xstrdup(places[i]);
	if (!path)
		err_set(err, ERR_HOST, "a `mkfs` step needs mke2fs: apt-get install e2fsprogs");
	return path;
}

static void mke2fs_argv(struct strv *argv, const struct case_step *step, const char *image)
{
	const char *const options[] = { "-F", "-q", "-I", "256", "-U", FS_UUID, "-E", extended };
	static const char *const from_step[][2] = { { "type", "-t" },
						    { "block_size", "-b" },
						    { "features", "-O" } };

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		strv_add(argv, options[i]);
	for (size_t i = 0; i < ARRAY_SIZE(from_step); i++) {
		const char *value = case_step_arg(step, from_step[i][0]);

		if (value) {
			strv_add(argv, from_step[i][1]);
			strv_add(argv, value);
		}
	}
	strv_add(argv, image);
}

static int run_mke2fs(const struct case_step *step, const char *image, struct err *err)
{
	/* Its own defaults, not the host's, and no clock. SOURCE_DATE_EPOCH is not enough for
	 * 1.47.0. */
	static const char *const env[] = { "E2FSPROGS_FAKE_TIME=1700000000",
					   "MKE2FS_CONFIG=/nonexistent", NULL };
	_cleanup_free_ char *program = find_mke2fs(err);
	_cleanup_strv_ struct strv argv = { 0 }, lines = { 0 };
	_cleanup_strbuf_ struct strbuf said = { 0 };
	struct child_spec spec = { .env_set = env, .env_clean = true };
	struct child_exit ended;

	if (!program)
		return -1;
	strv_add(&argv, program);
	mke2fs_argv(&argv, step, image);
	spec.argv = (const char *const *)argv.items;
	if (child_run(&spec, MKE2FS_TIMEOUT_MS, MKE2FS_MAX_BYTES, NULL, &said, &ended, err))
		return -1;
	if (ended.timed_out || !ended.exited)
		return err_set(err, ERR_HOST, "mke2fs did not end by itself");
	if (ended.code == 0)
		return 0;
	strv_split(&lines, said.data ? said.data : "", '\n');
	return err_set(err, ERR_INPUT, "mke2fs: %s",
		       lines.count ? lines.items[0] : "it says nothing");
}

static void add_u64(struct strbuf *out, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		strbuf_addc(out, (char)(value >> (8 * i)));
}

static bool is_empty(const char *block, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (block[i])
			return false;
	return true;
}

/* A record for each block that holds something: few of them follow one another. */
static int pack_blocks(int fd, struct strbuf *out, struct err *err)
{
	char block[BLOCK_BYTES];
	uint64_t offset = 0;
	ssize_t n;

	while ((n = pread(fd, block, sizeof(block), (off_t)offset)) > 0) {
		if (!is_empty(block, (size_t)n)) {
			add_u64(out, offset);
			add_u64(out, (uint64_t)n);
			strbuf_add(out, block, (size_t)n);
		}
		offset += (uint64_t)n;
	}
	return n < 0 ? err_set_errno(err, ERR_HOST, errno, "read the filesystem") : 0;
}

int filesystem_pack(const struct case_step *step, const char *scratch, struct strbuf *out,
		    struct err *err)
{
	_cleanup_free_ char *image = path_join(scratch, "filesystem");
	_cleanup_close_ int fd = open(image, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	const char *size = case_step_arg(step, "size");
	int64_t bytes = 0;

	if (!size || !str_parse_i64(size, &bytes))
		return err_set(err, ERR_INPUT, "`mkfs` has no size");
	if (fd < 0 || ftruncate(fd, (off_t)bytes))
		return err_set_errno(err, ERR_HOST, errno, "%s", image);
	if (run_mke2fs(step, image, err))
		return -1;
	strbuf_adds(out, "klabfs1\n");
	add_u64(out, (uint64_t)bytes);
	if (pack_blocks(fd, out, err))
		return -1;
	unlink(image);
	return 0;
}
