/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "build/zstd-file.h"

#include <errno.h>
#include <fcntl.h>
#include <zstd.h>

#include "base/file.h"
#include "base/str.h"

/* 1: debug information shrinks fourfold at some 400 MB/s, more takes longer than it saves. */
enum { COMPRESSION_LEVEL = 1 };

static void free_cctx(ZSTD_CCtx **c)
{
	ZSTD_freeCCtx(*c);
}

static void free_dctx(ZSTD_DCtx **d)
{
	ZSTD_freeDCtx(*d);
}

static FILE *open_in(const char *from, struct err *err)
{
	FILE *in = fopen(from, "re");

	if (!in)
		err_set_errno(err, ERR_HOST, errno, "cannot read %s", from);
	return in;
}

static FILE *open_out(const char *to, struct err *err)
{
	FILE *out = fopen(to, "we");

	if (!out)
		err_set_errno(err, ERR_HOST, errno, "cannot write %s", to);
	return out;
}

/* Says also what a full disk did to the last bytes. */
static int finish(FILE **in, const char *from, FILE **out, const char *to, struct err *err)
{
	FILE *f = *out;

	if (ferror(*in))
		return err_set(err, ERR_HOST, "cannot read %s", from);
	*out = NULL;
	if (ferror(f)) {
		fclose(f);
		return err_set_errno(err, ERR_HOST, errno, "cannot write %s", to);
	}
	if (fclose(f) != 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot write %s", to);
	return 0;
}

int zstd_compress_file(const char *from, const char *to, char hex[HASH_HEX_SIZE], uint64_t *bytes,
		       struct err *err)
{
	_cleanup_fclose_ FILE *in = NULL;
	_cleanup_fclose_ FILE *out = NULL;
	_cleanup_(free_cctx)
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	size_t in_size = ZSTD_CStreamInSize(), out_size = ZSTD_CStreamOutSize();
	_cleanup_free_ char *in_buffer = xmalloc(in_size);
	_cleanup_free_ char *out_buffer = xmalloc(out_size);
	bool last = false;

	*bytes = 0;
	if (hash_file(from, hex, err) < 0 || !(in = open_in(from, err)) ||
	    !(out = open_out(to, err)))
		return -1;
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_compressionLevel, COMPRESSION_LEVEL);
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_checksumFlag, 1);
	while (!last) {
		size_t n = fread(in_buffer, 1, in_size, in);
		ZSTD_inBuffer input = { in_buffer, n, 0 };
		size_t left;

		last = n < in_size;
		*bytes += n;
		do {
			ZSTD_outBuffer output = { out_buffer, out_size, 0 };

			left = ZSTD_compressStream2(ctx, &output, &input,
						    last ? ZSTD_e_end : ZSTD_e_continue);
			if (ZSTD_isError(left))
				return err_set(err, ERR_HOST, "compressing %s: %s", from,
					       ZSTD_getErrorName(left));
			fwrite(out_buffer, 1, output.pos, out);
		} while (last ? left != 0 : input.pos != input.size);
	}
	return finish(&in, from, &out, to, err);
}

/* From one to the other, which has this name. */
static int decompress(FILE *in, const char *from, FILE *out, uint64_t max_bytes, struct err *err)
{
	_cleanup_(free_dctx)
	ZSTD_DCtx *ctx = ZSTD_createDCtx();
	size_t in_size = ZSTD_DStreamInSize(), out_size = ZSTD_DStreamOutSize();
	_cleanup_free_ char *in_buffer = xmalloc(in_size);
	_cleanup_free_ char *out_buffer = xmalloc(out_size);
	uint64_t bytes = 0;
	size_t n, left = 1;

	while ((n = fread(in_buffer, 1, in_size, in)) > 0) {
		ZSTD_inBuffer input = { in_buffer, n, 0 };

		while (input.pos < input.size) {
			ZSTD_outBuffer output = { out_buffer, out_size, 0 };

			left = ZSTD_decompressStream(ctx, &output, &input);
			if (ZSTD_isError(left))
				return err_set(err, ERR_HOST, "%s is damaged: %s", from,
					       ZSTD_getErrorName(left));
			bytes += output.pos;
			if (bytes > max_bytes)
				return err_set(err, ERR_INPUT, "%s: more than %llu bytes in it",
					       from, (unsigned long long)max_bytes);
			fwrite(out_buffer, 1, output.pos, out);
		}
	}
	if (left != 0)
		return err_set(err, ERR_HOST, "%s is damaged: it is cut short", from);
	return 0;
}

int zstd_decompress_to(const char *from, int fd, uint64_t max_bytes, struct err *err)
{
	_cleanup_fclose_ FILE *in = open_in(from, err);
	int own = in ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
	_cleanup_fclose_ FILE *out = own >= 0 ? fdopen(own, "w") : NULL;

	if (!in)
		return -1;
	if (!out)
		return err_set_errno(err, ERR_HOST, errno, "%s", from);
	if (decompress(in, from, out, max_bytes, err) < 0)
		return -1;
	return finish(&in, from, &out, from, err);
}

static int decompress_file(const char *from, const char *to, struct err *err)
{
	_cleanup_fclose_ FILE *in = open_in(from, err);
	_cleanup_fclose_ FILE *out = in ? open_out(to, err) : NULL;

	if (!out || decompress(in, from, out, UINT64_MAX, err) < 0)
		return -1;
	return finish(&in, from, &out, to, err);
}

int zstd_decompress_file(const char *from, const char *to, const char *sha256, struct err *err)
{
	_cleanup_free_ char *tmp = xasprintf("%s.tmp-%d", to, (int)getpid());
	char hex[HASH_HEX_SIZE];
	int result = decompress_file(from, tmp, err);

	if (result == 0 && sha256)
		result = hash_file(tmp, hex, err);
	if (result == 0 && sha256 && !str_eq(hex, sha256))
		result =
			err_set(err, ERR_HOST, "%s is damaged: its content has another hash", from);
	if (result == 0 && rename(tmp, to) < 0)
		result = err_set_errno(err, ERR_HOST, errno, "cannot write %s", to);
	if (result < 0)
		file_remove_tree(tmp, NULL);
	return result;
}
