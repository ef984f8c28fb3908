// SPDX-License-Identifier: GPL-2.0-or-later
/* libvirt's events as lines of QMP, which is what klab's loop reads. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "machine/libvirt-bridge.h"

void libvirt_send_line(struct libvirt_hearing *h, json_t *message)
{
	_cleanup_json_ json_t *owned = message;
	_cleanup_free_ char *line = json_dumps(owned, JSON_COMPACT);
	struct strbuf text = { 0 };
	size_t done = 0;

	strbuf_adds(&text, line ? line : "{}");
	strbuf_addc(&text, '\n');
	pthread_mutex_lock(&h->lock);
	while (done < text.length) {
		ssize_t n = send(h->qmp_fd, text.data + done, text.length - done, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break; /* klab is gone, and our own loop sees that */
		done += (size_t)n;
	}
	pthread_mutex_unlock(&h->lock);
	strbuf_clear(&text);
}

static json_t *event_message(const char *event, json_t *data)
{
	return json_pack("{s:s, s:o}", "event", event, "data", data);
}

json_t *libvirt_life_event(struct libvirt_hearing *h, int event, int detail)
{
	if (event == VIR_DOMAIN_EVENT_CRASHED && detail == VIR_DOMAIN_EVENT_CRASHED_PANICKED &&
	    !h->panicked) {
		h->panicked = true;
		return event_message("GUEST_PANICKED", json_object());
	}
	/*
	 * libvirt tells a reset and a power-off as the same. Which of them it was only QEMU's own
	 * event says, and without that it is none of the two.
	 */
	if (event == VIR_DOMAIN_EVENT_STOPPED && !h->shut_down) {
		const char *reason =
			detail == VIR_DOMAIN_EVENT_STOPPED_DESTROYED ? "host-signal" : "unknown";

		h->shut_down = true;
		if (detail == VIR_DOMAIN_EVENT_STOPPED_DESTROYED ||
		    detail == VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN)
			return event_message("SHUTDOWN", json_pack("{s:s}", "reason", reason));
	}
	return NULL;
}

struct child_exit libvirt_exit_of(int how)
{
	bool well = how == VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN ||
		    how == VIR_DOMAIN_EVENT_STOPPED_DESTROYED;

	return (struct child_exit){ .exited = true, .code = well ? 0 : -1 };
}

static void tell_stopped(struct libvirt_hearing *h, int how)
{
	uint64_t one = 1;

	h->how = how;
	__atomic_store_n(&h->stopped, true, __ATOMIC_RELEASE);
	while (write(h->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

/* ---- callbacks, in the thread of libvirt's loop ---- */

static const struct libvirt_api *api; /* of this process */

static bool is_ours(const struct libvirt_hearing *h, virDomainPtr domain)
{
	const char *name = api->virDomainGetName(domain);

	return name && str_eq(name, h->name);
}

static int on_life(virConnectPtr conn, virDomainPtr domain, int event, int detail, void *opaque)
{
	struct libvirt_hearing *h = opaque;
	json_t *message;

	if (!is_ours(h, domain))
		return 0;
	message = libvirt_life_event(h, event, detail);
	if (message)
		libvirt_send_line(h, message);
	if (event == VIR_DOMAIN_EVENT_STOPPED)
		tell_stopped(h, detail);
	return 0;
}

static void on_qemu_event(virConnectPtr conn, virDomainPtr domain, const char *event,
			  long long seconds, unsigned int micros, const char *details, void *opaque)
{
	struct libvirt_hearing *h = opaque;
	json_t *data = details ? json_loads(details, 0, NULL) : NULL;
	json_t *message;

	if (!is_ours(h, domain)) {
		json_decref(data);
		return;
	}
	h->panicked |= str_eq(event, "GUEST_PANICKED");
	h->shut_down |= str_eq(event, "SHUTDOWN");
	message = event_message(event, data ? data : json_object());
	json_object_set_new(message, "timestamp",
			    json_pack("{s:I, s:I}", "seconds", (json_int_t)seconds, "microseconds",
				      (json_int_t)micros));
	libvirt_send_line(h, message);
}

static void on_close(virConnectPtr conn, int reason, void *opaque)
{
	tell_stopped(opaque, -1);
}

int libvirt_listen(const struct libvirt_api *lv, virConnectPtr conn, struct libvirt_hearing *h,
		   struct err *err)
{
	api = lv;
	if (lv->virConnectDomainEventRegisterAny(conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
						 VIR_DOMAIN_EVENT_CALLBACK(on_life), h, NULL) < 0)
		return libvirt_fail(lv, err);
	/* The driver in our own process knows no such thing. */
	lv->virConnectRegisterCloseCallback(conn, on_close, h, NULL);
	return 0;
}

int libvirt_listen_qemu(const struct libvirt_api *lv, virConnectPtr conn, struct libvirt_hearing *h,
			struct err *err)
{
	if (lv->virConnectDomainQemuMonitorEventRegister(conn, NULL, NULL, on_qemu_event, h, NULL,
							 0) < 0)
		return libvirt_fail(lv, err);
	return 0;
}
