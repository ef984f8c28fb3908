// SPDX-License-Identifier: GPL-2.0-or-later
/* GDB's remote serial protocol as QEMU's stub speaks it, and as it could not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "machine/rsp.h"

struct pair {
	struct rsp rsp;
	int far;
	struct strbuf text;
	struct err err;
};

static int setup(void **state)
{
	struct pair *p = xcalloc(1, sizeof(*p));
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	p->rsp = (struct rsp)RSP_INIT;
	p->rsp.fd = fds[0];
	p->far = fds[1];
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct pair *p = *state;

	rsp_clear(&p->rsp);
	strbuf_clear(&p->text);
	cleanup_close_p(&p->far);
	free(p);
	return 0;
}

static int receive(struct pair *p, const char *bytes)
{
	assert_int_equal(write(p->far, bytes, strlen(bytes)), strlen(bytes));
	p->err = (struct err)ERR_INIT;
	return rsp_receive(&p->rsp, &p->text, &p->err);
}

static void assert_far_hears(struct pair *p, const char *expected)
{
	char bytes[256];
	ssize_t n = recv(p->far, bytes, sizeof(bytes) - 1, MSG_DONTWAIT);

	bytes[n > 0 ? n : 0] = '\0';
	assert_string_equal(bytes, expected);
}

static void test_rsp_sends_with_a_checksum(void **state)
{
	struct pair *p = *state;

	assert_int_equal(rsp_send(&p->rsp, "c", &p->err), 0);
	assert_far_hears(p, "$c#63");
	assert_int_equal(rsp_send(&p->rsp, "Z1,ff,1", &p->err), 0);
	assert_far_hears(p, "$Z1,ff,1#e0");
}

static void test_rsp_receives_in_any_pieces(void **state)
{
	struct pair *p = *state;

	assert_int_equal(receive(p, "+"), 0);
	assert_int_equal(receive(p, "+$T0"), 0);
	assert_int_equal(receive(p, "5#"), 0);
	assert_int_equal(receive(p, "b"), 0);
	assert_int_equal(receive(p, "9$OK#9a"), 1);
	assert_string_equal(p->text.data, "T05");
	assert_far_hears(p, "+");
	assert_int_equal(rsp_receive(&p->rsp, &p->text, &p->err), 1);
	assert_string_equal(p->text.data, "OK");
	assert_int_equal(rsp_receive(&p->rsp, &p->text, &p->err), 0);
	/* An empty packet is an answer too: not supported. */
	assert_int_equal(receive(p, "+$#00"), 1);
	assert_int_equal(p->text.length, 0);
}

static void test_rsp_refuses_what_is_no_packet(void **state)
{
	static const struct {
		const char *bytes, *says;
	} rows[] = {
		{ "garbage", "no packet" },
		{ "$OK#9b", "damaged" },
		{ "$OK#zz", "damaged" },
	};
	struct pair *p = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(receive(p, rows[i].bytes), -1);
		assert_int_equal(p->err.kind, ERR_HOST);
		assert_non_null(strstr(p->err.msg, rows[i].says));
		strbuf_reset(&p->rsp.in);
	}
}

static void test_rsp_is_bounded(void **state)
{
	struct pair *p = *state;
	_cleanup_free_ char *block = xmalloc(4097);
	int result = 0;

	memset(block, 'x', 4096);
	block[4096] = '\0';
	assert_int_equal(receive(p, "$"), 0);
	for (int i = 0; i < 100 && result == 0; i++)
		result = receive(p, block);
	assert_int_equal(result, -1);
	assert_non_null(strstr(p->err.msg, "endless"));
}

static void test_rsp_of_one_that_is_gone(void **state)
{
	struct pair *p = *state;

	assert_int_equal(close(p->far), 0);
	p->far = -1;
	assert_int_equal(rsp_receive(&p->rsp, &p->text, &p->err), -1);
	assert_non_null(strstr(p->err.msg, "gone"));
	assert_int_equal(rsp_send(&p->rsp, "c", &p->err), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rsp_sends_with_a_checksum),	  TEST(test_rsp_receives_in_any_pieces),
		TEST(test_rsp_refuses_what_is_no_packet), TEST(test_rsp_is_bounded),
		TEST(test_rsp_of_one_that_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
