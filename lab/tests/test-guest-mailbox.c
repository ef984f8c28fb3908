// SPDX-License-Identifier: GPL-2.0-or-later
/* The mailbox, from both of its ends: lab/machine/mailbox.c and guest-init/mailbox.c. */
#include <errno.h>
#include <pthread.h>

#include "base/file.h"
#include "guest-init/guest.h"
#include "guest-init/mailbox.h"
#include "guest-init/verbs.h"
#include "machine/mailbox.h"
#include "tests/scratch.h"

#define NONCE  "6f0c00112233aabb"
#define DEVICE "sys/bus/pci/devices/0000:00:04.0"

struct world {
	struct mailbox *host;
	struct guest_mailbox guest;
};

static void add_device(void **state, const char *vendor, const char *device)
{
	_cleanup_free_ char *dir = scratch_path(state, DEVICE);

	assert_int_equal(file_mkdir_p(dir, NULL), 0);
	scratch_write(state, DEVICE "/vendor", vendor);
	scratch_write(state, DEVICE "/device", device);
}

static void open_both(void **state, struct world *w)
{
	_cleanup_free_ char *memory = scratch_path(state, DEVICE "/resource2");
	struct err err = ERR_INIT;

	add_device(state, "0x1af4\n", "0x1110\n");
	w->host = mailbox_new(memory, &err);
	assert_non_null(w->host);
	assert_int_equal(mailbox_open(&w->guest, *state), 0);
}

static void close_both(struct world *w)
{
	mailbox_close(&w->guest);
	mailbox_free(w->host);
}

static void *answer(void *argument)
{
	struct world *w = argument;

	while (!mailbox_guest_waits(w->host))
		usleep(100);
	mailbox_put(w->host, NONCE, "the plan\n", 9, NULL);
	return NULL;
}

static void test_mailbox_there_and_back(void **state)
{
	struct world w;
	pthread_t host;
	const char *why;
	char *message;
	size_t length;

	open_both(state, &w);
	assert_false(mailbox_guest_waits(w.host));
	assert_int_equal(pthread_create(&host, NULL, answer, &w), 0);
	message = mailbox_wait(&w.guest, NONCE, &length, &why);
	pthread_join(host, NULL);
	assert_null(why);
	assert_int_equal(length, 9);
	assert_string_equal(message, "the plan\n");
	/* Nothing is left for a task to find. */
	for (size_t i = 0; i < 9; i++)
		assert_int_equal(((const char *)(w.guest.head + 1))[i], 0);
	free(message);
	close_both(&w);
}

struct spoiler {
	struct world *w;
	void (*spoil)(struct guest_mailbox_head *head);
};

static void *answer_spoilt(void *argument)
{
	struct spoiler *s = argument;

	while (!mailbox_guest_waits(s->w->host))
		usleep(100);
	/* The guest looks at all else only after the state: it is put last here too. */
	s->spoil((struct guest_mailbox_head *)s->w->guest.head);
	s->w->guest.head->state = MAILBOX_GO;
	return NULL;
}

static void assert_refused(void **state, void (*spoil)(struct guest_mailbox_head *head),
			   const char *expected)
{
	struct world w;
	struct spoiler s = { &w, spoil };
	const char *why;
	pthread_t host;
	size_t length;

	open_both(state, &w);
	assert_int_equal(mailbox_put(w.host, NONCE, "the plan\n", 9, NULL), 0);
	w.guest.head->state = MAILBOX_IDLE;
	assert_int_equal(pthread_create(&host, NULL, answer_spoilt, &s), 0);
	assert_null(mailbox_wait(&w.guest, NONCE, &length, &why));
	assert_string_equal(why, expected);
	pthread_join(host, NULL);
	close_both(&w);
}

static void spoil_length(struct guest_mailbox_head *head)
{
	head->length = 1 << 20;
}

static void spoil_nonce(struct guest_mailbox_head *head)
{
	head->nonce[15] ^= 1;
}

static void spoil_message(struct guest_mailbox_head *head)
{
	((char *)(head + 1))[3] ^= 1;
}

static void spoil_end(struct guest_mailbox_head *head)
{
	head->length--;
}

static void test_mailbox_refuses_what_is_not_whole(void **state)
{
	assert_refused(state, spoil_length, "it is longer than the mailbox");
	assert_refused(state, spoil_nonce, "it is for another boot");
	assert_refused(state, spoil_message, "its checksum is wrong");
	assert_refused(state, spoil_end, "its checksum is wrong");
}

static void test_mailbox_that_is_none(void **state)
{
	_cleanup_free_ char *memory = scratch_path(state, DEVICE "/resource2");
	struct guest_mailbox m;

	assert_int_equal(mailbox_open(&m, *state), -1);
	assert_int_equal(errno, ENODEV);
	add_device(state, "0x1af4\n", "0x1000\n");
	assert_int_equal(mailbox_open(&m, *state), -1);
	assert_int_equal(errno, ENODEV);
	/* Some other shared memory. */
	add_device(state, "0x1af4\n", "0x1110\n");
	scratch_write(state, DEVICE "/resource2", "this is some memory of somebody else's making");
	assert_int_equal(mailbox_open(&m, *state), -1);
	assert_int_equal(errno, ENODEV);
	assert_int_equal(truncate(memory, 0), 0);
	assert_int_equal(mailbox_open(&m, *state), -1);
	assert_int_equal(errno, ENODEV);
}

static void test_checkpoint_without_a_snapshot_does_nothing(void **state)
{
	static struct guest g;
	const struct plan_step step = { .verb = "checkpoint" };

	g.fault_root = *state;
	assert_int_equal(verb_checkpoint(&g, &step), 0);
	g.plan.mailbox = true;
	assert_int_equal(verb_checkpoint(&g, &step), -1);
	assert_int_equal(g.failure.errno_value, ENODEV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(test_mailbox_there_and_back),
		scratch_test(test_mailbox_refuses_what_is_not_whole),
		scratch_test(test_mailbox_that_is_none),
		scratch_test(test_checkpoint_without_a_snapshot_does_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
