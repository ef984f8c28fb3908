// SPDX-License-Identifier: GPL-2.0-or-later
/* iSCSI's login and the kernel's messages on it, whole and broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netlink.h>

#include "guest-init/iscsi.h"

#define TARGET "iqn.2000-01.invalid.klab:idisk"

/* Is there such a key=value among the NUL-ended texts? */
static bool has_text(const struct iscsi_login *login, const char *wanted)
{
	for (size_t at = 0; at < login->text_length; at += strlen(login->text + at) + 1)
		if (strcmp(login->text + at, wanted) == 0)
			return true;
	return false;
}

static void test_iscsi_login_says_who_and_what(void **state)
{
	struct iscsi_login login;

	iscsi_login_build(&login, ISCSI_INITIATOR_NAME, TARGET, 0x1234, true);
	assert_int_equal(login.header[0], 0x43);
	/* Transit, from the operational stage to full feature. */
	assert_int_equal(login.header[1], 0x87);
	assert_int_equal(login.header[4], 0);
	assert_int_equal(login.header[6] << 8 | login.header[7], login.text_length);
	assert_int_equal(login.header[8], 0x80);
	assert_int_equal(login.header[12], 0x12);
	assert_int_equal(login.header[13], 0x34);
	assert_int_equal(login.text[login.text_length - 1], '\0');
	assert_true(has_text(&login, "InitiatorName=" ISCSI_INITIATOR_NAME));
	assert_true(has_text(&login, "TargetName=" TARGET));
	assert_true(has_text(&login, "SessionType=Normal"));
	assert_true(has_text(&login, "HeaderDigest=None"));
	assert_true(has_text(&login, "MaxRecvDataSegmentLength=262144"));
	iscsi_login_build(&login, ISCSI_INITIATOR_NAME, TARGET, 1, false);
	assert_int_equal(login.text_length, 0);
	assert_int_equal(login.header[6] << 8 | login.header[7], 0);
}

static void test_iscsi_login_keeps_to_its_room(void **state)
{
	struct iscsi_login login;
	char name[2000];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	iscsi_login_build(&login, ISCSI_INITIATOR_NAME, name, 1, true);
	assert_true(login.text_length <= sizeof(login.text));
	assert_false(has_text(&login, "TargetName="));
	assert_true(has_text(&login, "DataPDUInOrder=Yes"));
}

static const char answer[] = "TargetPortalGroupTag=1\0MaxRecvDataSegmentLength=4096\0"
			     "MaxBurstLength=0x10000\0FirstBurstLength=8192\0InitialR2T=Yes\0"
			     "ImmediateData=No\0MaxOutstandingR2T=3\0HeaderDigest=None";

/* A login response in memory of just its length, so that the sanitizer sees a read beyond. */
static uint8_t *response(const char *text, size_t text_length, size_t *length)
{
	uint8_t *pdu = calloc(1, ISCSI_HEADER_BYTES + text_length);

	pdu[0] = 0x23;
	pdu[1] = 0x87;
	pdu[6] = (uint8_t)(text_length >> 8);
	pdu[7] = (uint8_t)text_length;
	pdu[27] = 42;
	memcpy(pdu + ISCSI_HEADER_BYTES, text, text_length);
	*length = ISCSI_HEADER_BYTES + text_length;
	return pdu;
}

static void test_iscsi_login_takes_what_was_agreed_on(void **state)
{
	struct iscsi_agreed agreed = iscsi_defaults();
	unsigned int status;
	size_t length;
	uint8_t *pdu = response(answer, sizeof(answer), &length);

	assert_int_equal(iscsi_login_parse(pdu, length, &agreed, &status), ISCSI_LOGIN_DONE);
	assert_int_equal(agreed.max_send, 4096);
	assert_int_equal(agreed.max_burst, 65536);
	assert_int_equal(agreed.first_burst, 8192);
	assert_int_equal(agreed.max_r2t, 3);
	assert_true(agreed.initial_r2t);
	assert_false(agreed.immediate_data);
	assert_int_equal(agreed.stat_sn, 42);
	pdu[1] = 0x04;
	assert_int_equal(iscsi_login_parse(pdu, length, &agreed, &status), ISCSI_LOGIN_GOES_ON);
	pdu[36] = 2;
	pdu[37] = 3;
	assert_int_equal(iscsi_login_parse(pdu, length, &agreed, &status), ISCSI_LOGIN_REFUSED);
	assert_int_equal(status, 0x0203);
	free(pdu);
}

static void test_iscsi_login_values_out_of_range_change_nothing(void **state)
{
	static const char text[] =
		"MaxRecvDataSegmentLength=0\0MaxBurstLength=99999999\0"
		"FirstBurstLength=Irrelevant\0MaxOutstandingR2T=\0InitialR2T=Reject\0"
		"ImmediateData\0=x\0==";
	struct iscsi_agreed agreed = iscsi_defaults(), was = agreed;
	unsigned int status;
	size_t length;
	uint8_t *pdu = response(text, sizeof(text), &length);

	pdu[27] = 0;
	assert_int_equal(iscsi_login_parse(pdu, length, &agreed, &status), ISCSI_LOGIN_DONE);
	assert_memory_equal(&agreed, &was, sizeof(agreed));
	free(pdu);
}

static void test_iscsi_login_broken_responses_are_refused(void **state)
{
	struct iscsi_agreed agreed = iscsi_defaults();
	unsigned int status;
	size_t whole, length;
	uint8_t *pdu = response(answer, sizeof(answer), &whole);

	for (length = 0; length < whole; length++) {
		uint8_t *cut = malloc(length ? length : 1);

		memcpy(cut, pdu, length);
		assert_int_equal(iscsi_login_parse(cut, length, &agreed, &status),
				 ISCSI_LOGIN_BROKEN);
		free(cut);
	}
	pdu[4] = 1; /* additional header segments */
	assert_int_equal(iscsi_login_parse(pdu, whole, &agreed, &status), ISCSI_LOGIN_BROKEN);
	pdu[4] = 0;
	pdu[5] = 0xff; /* more text than there is */
	assert_int_equal(iscsi_login_parse(pdu, whole, &agreed, &status), ISCSI_LOGIN_BROKEN);
	pdu[5] = 0;
	for (int flags = 0; flags < 256; flags++) {
		enum iscsi_login_answer is;

		pdu[1] = (uint8_t)flags;
		is = iscsi_login_parse(pdu, whole, &agreed, &status);
		assert_int_equal(is == ISCSI_LOGIN_DONE, (flags & 0x8f) == 0x87);
		assert_int_equal(is == ISCSI_LOGIN_GOES_ON, (flags & 0x8c) == 0x04);
	}
	pdu[1] = 0x87;
	pdu[0] = 0x3f;
	assert_int_equal(iscsi_login_parse(pdu, whole, &agreed, &status), ISCSI_LOGIN_BROKEN);
	free(pdu);
}

/* ---- the kernel's messages -------------------------------------------------- */

static size_t put(char *at, uint16_t type, const struct iscsi_event *event, const char *more,
		  size_t more_length)
{
	const size_t length = NLMSG_HDRLEN + sizeof(*event) + more_length;
	const struct nlmsghdr header = { .nlmsg_len = (uint32_t)length, .nlmsg_type = type };

	memcpy(at, &header, sizeof(header));
	memcpy(at + NLMSG_HDRLEN, event, sizeof(*event));
	if (more_length > 0)
		memcpy(at + NLMSG_HDRLEN + sizeof(*event), more, more_length);
	return NLMSG_ALIGN(length);
}

static void test_iscsi_hears_answers_errors_and_pdus_of_its_session(void **state)
{
	struct iscsi_event answered = { .type = 11 }, broken = { .type = 102 },
			   received = { .type = 101 };
	struct iscsi_heard *heard = calloc(1, sizeof(*heard));
	char bytes[1024];
	size_t length;

	answered.r.created.session = 7;
	broken.r.broken.session = received.r.received.session = 7;
	length = put(bytes, 0, &broken, NULL, 0);
	length += put(bytes + length, 11, &answered, NULL, 0);
	length += put(bytes + length, 0, &received, "a login response", 16);
	assert_true(iscsi_hear(bytes, length, 11, 7, heard));
	assert_true(heard->answered);
	assert_int_equal(heard->answer.r.created.session, 7);
	assert_int_equal(heard->conn_errors, 1);
	assert_int_equal(heard->pdu_length, 16);
	assert_memory_equal(heard->pdu, "a login response", 16);
	/* Another session's are none of ours. */
	memset(heard, 0, sizeof(*heard));
	assert_true(iscsi_hear(bytes, length, 12, 8, heard));
	assert_false(heard->answered);
	assert_int_equal(heard->conn_errors, 0);
	assert_int_equal(heard->pdu_length, 0);
	free(heard);
}

static void test_iscsi_hears_no_pdu_longer_than_its_room(void **state)
{
	static char more[ISCSI_HEADER_BYTES + ISCSI_LOGIN_BYTES + 1];
	const struct iscsi_event received = { .type = 101 };
	struct iscsi_heard *heard = calloc(1, sizeof(*heard));
	char *bytes = calloc(1, sizeof(more) + 256);

	assert_true(iscsi_hear(bytes, put(bytes, 0, &received, more, sizeof(more)), 0, 0, heard));
	assert_int_equal(heard->pdu_length, 0);
	assert_true(
		iscsi_hear(bytes, put(bytes, 0, &received, more, sizeof(more) - 1), 0, 0, heard));
	assert_int_equal(heard->pdu_length, sizeof(more) - 1);
	free(bytes);
	free(heard);
}

static void test_iscsi_broken_messages_are_refused(void **state)
{
	const struct iscsi_event received = { .type = 101 };
	struct iscsi_heard *heard = calloc(1, sizeof(*heard));
	char whole[256] = "";
	size_t length = put(whole, 0, &received, "12345678", 8);

	for (uint32_t claimed = 0; claimed < length + 8; claimed++) {
		for (size_t have = 1; have <= length; have++) {
			char *bytes = malloc(have);
			bool good;

			memcpy(whole, &claimed, sizeof(claimed));
			memcpy(bytes, whole, have);
			memset(heard, 0, sizeof(*heard));
			good = iscsi_hear(bytes, have, 0, 0, heard);
			if (claimed < NLMSG_HDRLEN + sizeof(received) || claimed > have)
				assert_true(!good && heard->pdu_length == 0);
			free(bytes);
		}
	}
	free(heard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_iscsi_login_says_who_and_what),
		cmocka_unit_test(test_iscsi_login_keeps_to_its_room),
		cmocka_unit_test(test_iscsi_login_takes_what_was_agreed_on),
		cmocka_unit_test(test_iscsi_login_values_out_of_range_change_nothing),
		cmocka_unit_test(test_iscsi_login_broken_responses_are_refused),
		cmocka_unit_test(test_iscsi_hears_answers_errors_and_pdus_of_its_session),
		cmocka_unit_test(test_iscsi_hears_no_pdu_longer_than_its_room),
		cmocka_unit_test(test_iscsi_broken_messages_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
