// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest-init/iscsi-login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OP_LOGIN_REQUEST   0x43 /* immediate: takes no command number */
#define OP_LOGIN_RESPONSE  0x23
#define TRANSIT		   0x80
#define STAGE_OPERATIONAL  (1 << 2) /* the current one */
#define STAGE_FULL_NEXT	   3
#define STAGE_CURRENT_MASK 0x0c
#define STAGE_NEXT_MASK	   0x03

static uint32_t get24(const uint8_t *at)
{
	return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | get24(at + 1);
}

struct iscsi_agreed iscsi_defaults(void)
{
	return (struct iscsi_agreed){ .max_send = 8192,
				      .max_burst = 262144,
				      .first_burst = 65536,
				      .max_r2t = 1,
				      .initial_r2t = true,
				      .immediate_data = true };
}

/* ---- the request -------------------------------------------------------- */

/* "Key=value" and a NUL. What does not fit is left out: the names come from a case, and are short.
 */
static void add_key(struct iscsi_login *login, const char *key, const char *value)
{
	size_t room = sizeof(login->text) - login->text_length;
	int length = snprintf(login->text + login->text_length, room, "%s=%s", key, value);

	if (length >= 0 && (size_t)length < room)
		login->text_length += (size_t)length + 1;
}

static void add_proposals(struct iscsi_login *login, const char *initiator, const char *target)
{
	static const char *const fixed[][2] = {
		{ "SessionType", "Normal" },	{ "HeaderDigest", "None" },
		{ "DataDigest", "None" },	{ "ErrorRecoveryLevel", "0" },
		{ "InitialR2T", "No" },		{ "ImmediateData", "Yes" },
		{ "MaxBurstLength", "262144" }, { "FirstBurstLength", "65536" },
		{ "MaxOutstandingR2T", "1" },	{ "MaxConnections", "1" },
		{ "DataPDUInOrder", "Yes" },	{ "DataSequenceInOrder", "Yes" },
		{ "DefaultTime2Wait", "0" },	{ "DefaultTime2Retain", "0" },
	};
	char number[16];

	add_key(login, "InitiatorName", initiator);
	add_key(login, "TargetName", target);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		add_key(login, fixed[i][0], fixed[i][1]);
	snprintf(number, sizeof(number), "%d", ISCSI_MAX_RECV);
	add_key(login, "MaxRecvDataSegmentLength", number);
}

void iscsi_login_build(struct iscsi_login *login, const char *initiator, const char *target,
		       uint16_t number, bool proposes)
{
	uint8_t *h = login->header;

	memset(login, 0, sizeof(*login));
	if (proposes)
		add_proposals(login, initiator, target);
	h[0] = OP_LOGIN_REQUEST;
	h[1] = TRANSIT | STAGE_OPERATIONAL | STAGE_FULL_NEXT;
	h[6] = (uint8_t)(login->text_length >> 8);
	h[7] = (uint8_t)login->text_length;
	/* ISID of the type "random", whose number is ours: unique among the sessions of this guest.
	 */
	h[8] = 0x80;
	h[12] = (uint8_t)(number >> 8);
	h[13] = (uint8_t)number;
	/* The command number, which the kernel puts in on its way. */
}

/* ---- the response ------------------------------------------------------- */

/* A number of RFC 7143, 6.1: decimal or hexadecimal; values out of its range change nothing. */
static void take_number(const char *value, uint32_t min, uint32_t max, uint32_t *out)
{
	char *end;
	unsigned long number = strtoul(value, &end, 0);

	if (end != value && !*end && number >= min && number <= max)
		*out = (uint32_t)number;
}

static void take_bool(const char *value, bool *out)
{
	if (strcmp(value, "Yes") == 0)
		*out = true;
	else if (strcmp(value, "No") == 0)
		*out = false;
}

static void take_key(const char *key, const char *value, struct iscsi_agreed *a)
{
	if (strcmp(key, "MaxRecvDataSegmentLength") == 0)
		take_number(value, 512, 16777215, &a->max_send);
	else if (strcmp(key, "MaxBurstLength") == 0)
		take_number(value, 512, 16777215, &a->max_burst);
	else if (strcmp(key, "FirstBurstLength") == 0)
		take_number(value, 512, 16777215, &a->first_burst);
	else if (strcmp(key, "MaxOutstandingR2T") == 0)
		take_number(value, 1, 65535, &a->max_r2t);
	else if (strcmp(key, "InitialR2T") == 0)
		take_bool(value, &a->initial_r2t);
	else if (strcmp(key, "ImmediateData") == 0)
		take_bool(value, &a->immediate_data);
}

/* Keys in a copy that ends with a NUL, each ended by one itself. */
static void take_keys(const char *text, size_t length, struct iscsi_agreed *agreed)
{
	char copy[ISCSI_LOGIN_BYTES + 1];
	size_t step;

	memcpy(copy, text, length);
	copy[length] = '\0';
	for (char *at = copy; at < copy + length; at += step) {
		char *equals = strchr(at, '=');

		step = strlen(at) + 1;
		if (equals) {
			*equals = '\0';
			take_key(at, equals + 1, agreed);
		}
	}
}

enum iscsi_login_answer iscsi_login_parse(const void *pdu, size_t length,
					  struct iscsi_agreed *agreed, unsigned int *status)
{
	const uint8_t *h = pdu;
	size_t text_length;

	*status = 0;
	if (length < ISCSI_HEADER_BYTES || h[0] != OP_LOGIN_RESPONSE)
		return ISCSI_LOGIN_BROKEN;
	*status = (unsigned int)h[36] << 8 | h[37];
	if (*status)
		return ISCSI_LOGIN_REFUSED;
	text_length = get24(h + 5);
	/* Additional header segments belong into no login. */
	if (h[4] != 0 || text_length > ISCSI_LOGIN_BYTES ||
	    text_length > length - ISCSI_HEADER_BYTES)
		return ISCSI_LOGIN_BROKEN;
	take_keys((const char *)h + ISCSI_HEADER_BYTES, text_length, agreed);
	agreed->stat_sn = get32(h + 24);
	if ((h[1] & STAGE_CURRENT_MASK) != STAGE_OPERATIONAL)
		return ISCSI_LOGIN_BROKEN;
	if (!(h[1] & TRANSIT))
		return ISCSI_LOGIN_GOES_ON;
	return (h[1] & STAGE_NEXT_MASK) == STAGE_FULL_NEXT ? ISCSI_LOGIN_DONE : ISCSI_LOGIN_BROKEN;
}
