// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/libvirt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/json.h"
#include "machine/libvirt-bridge.h"
#include "machine/qemu-guest.h"

enum {
	START_MS =
		600 * 1000, /* the first time the driver asks all QEMUs of the host: a busy one */
	WORD_BYTES = 4096,
};

/* The one that --machine names. */
static struct libvirt_target chosen;

static int libvirt_configure(const char *argument, struct err *err)
{
	libvirt_target_clear(&chosen);
	return libvirt_target_parse(&chosen, argument, err);
}

static const struct libvirt_target *target(void)
{
	if (!chosen.uri)
		libvirt_target_parse(&chosen, NULL, NULL);
	return &chosen;
}

/* ---- what the bridge tells ---- */

/* One line of it, in at most that time. New reference; NULL: none came. */
static json_t *read_word(int fd, const struct guest *g, int timeout_ms)
{
	struct strbuf line = { 0 };
	uint64_t until_ms = clock_monotonic_ms() + (uint64_t)timeout_ms;
	json_t *word;
	char c = 0;

	while (c != '\n' && line.length < WORD_BYTES) {
		struct pollfd fds[2] = { { .fd = fd, .events = POLLIN },
					 { .fd = g ? cancel_fd() : -1, .events = POLLIN } };
		uint64_t now_ms = clock_monotonic_ms();

		if (now_ms >= until_ms || (g && cancel_requested()))
			break;
		if (poll(fds, 2, (int)(until_ms - now_ms)) <= 0 || !fds[0].revents)
			continue;
		if (read(fd, &c, 1) != 1)
			break;
		strbuf_addc(&line, c);
	}
	word = line.data ? json_loads(line.data, 0, NULL) : NULL;
	strbuf_clear(&line);
	return word;
}

static int await_start(struct guest *g, struct err *err)
{
	_cleanup_json_ json_t *word = read_word(g->control_fd, g, START_MS);
	const char *error = json_get_str(word, "error", NULL);

	if (error)
		return err_set(err, (enum err_kind)json_get_int(word, "kind", ERR_HOST), "%s",
			       error);
	if (cancel_requested())
		return err_set(err, ERR_CANCELLED, "interrupted");
	if (!word)
		return err_set(err, ERR_HOST, "libvirt did not start QEMU within %d s",
			       START_MS / 1000);
	guest_begin(g, (pid_t)json_get_int(word, "pid", 0));
	return 0;
}

/* What really runs, as far as this host knows it. */
static int write_argv(const struct guest *g, struct err *err)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/cmdline", (int)g->pid);
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_free_ char *text = NULL;
	size_t length = 0;

	text = g->pid > 0 ? file_read(path, 1024 * 1024, &length, NULL) : NULL;
	for (size_t at = 0; text && at < length; at += strlen(text + at) + 1)
		strv_add(&argv, text + at);
	return argv.count ? guest_write_argv(g->spec, &argv, err) : 0;
}

/* ---- start and end ---- */

static char *absolute(const char *path, struct err *err)
{
	char *real = realpath(path, NULL);

	if (!real)
		err_set_errno(err, ERR_HOST, errno, "%s", path);
	return real;
}

static int open_port(struct sink *sink, const char *run_dir, const char *name, int *write_fd,
		     struct err *err)
{
	_cleanup_free_ char *in = xasprintf("%s/%s" LIBVIRT_IN, run_dir, name);
	_cleanup_free_ char *out = xasprintf("%s/%s" LIBVIRT_OUT, run_dir, name);

	if (mkfifo(in, 0600) < 0)
		return err_set_errno(err, ERR_HOST, errno, "cannot make %s", in);
	return sink_open_fifo(sink, out, write_fd, err);
}

static void remove_ports(const char *run_dir)
{
	static const char *const names[] = { LIBVIRT_CONSOLE LIBVIRT_IN,
					     LIBVIRT_CONSOLE LIBVIRT_OUT, LIBVIRT_FRAMES LIBVIRT_IN,
					     LIBVIRT_FRAMES LIBVIRT_OUT, LIBVIRT_PIDFILE };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = path_join(run_dir, names[i]);

		unlink(path);
	}
}

/* Everything of it absolute: QEMU is started in another folder than ours. */
struct paths {
	char *kernel, *initramfs;		/* ours */
	char *remote_kernel, *remote_initramfs; /* NULL: not on another host */
};

static void paths_clear(struct paths *p)
{
	free(p->kernel);
	free(p->initramfs);
	free(p->remote_kernel);
	free(p->remote_initramfs);
}

static int paths_find(struct paths *p, const struct machine_spec *spec,
		      const struct libvirt_domain *domain, struct err *err)
{
	p->kernel = absolute(spec->kernel_path, err);
	p->initramfs = p->kernel ? absolute(spec->initramfs_path, err) : NULL;
	if (domain->remote) {
		_cleanup_free_ char *dir = libvirt_remote_dir();

		p->remote_kernel = xasprintf("%s/%s-bzImage", dir, domain->name);
		p->remote_initramfs = xasprintf("%s/%s-initramfs", dir, domain->name);
	}
	return p->initramfs ? 0 : -1;
}

static char *domain_xml(const struct machine_spec *spec, const struct libvirt_domain *domain,
			const struct paths *p, const char *accel, struct err *err)
{
	struct machine_spec there = *spec;

	there.kernel_path = p->remote_kernel ?: p->kernel;
	there.initramfs_path = p->remote_initramfs ?: p->initramfs;
	there.run_dir = domain->run_dir;
	return libvirt_xml(&there, domain, accel, err);
}

static int fork_bridge(struct guest *g, struct libvirt_job *job, struct far_ends *far,
		       struct err *err)
{
	_cleanup_close_ int theirs = -1;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set_errno(err, ERR_HOST, errno, "pipe");
	g->control_fd = ends[0];
	theirs = ends[1];
	job->qmp_fd = far->qmp;
	job->words_fd = far->stderr_fd;
	job->control_fd = theirs;
	job->console_fd = far->console;
	job->frames_fd = far->frames;
	return child_fork(&g->child, libvirt_bridge, job, err);
}

static int open_ports(struct guest *g, const struct libvirt_domain *domain, struct far_ends *far,
		      struct err *err)
{
	if (domain->remote)
		return 0;
	if (open_port(&g->console, domain->run_dir, LIBVIRT_CONSOLE, &far->console, err) < 0 ||
	    open_port(&g->frames, domain->run_dir, LIBVIRT_FRAMES, &far->frames, err) < 0)
		return -1;
	return 0;
}

static int start_domain(struct guest *g, const struct libvirt_domain *domain, const char *accel,
			struct err *err)
{
	_cleanup_(far_ends_clear)
	struct far_ends far = FAR_ENDS_INIT;
	_cleanup_(paths_clear)
	struct paths p = { 0 };
	_cleanup_free_ char *xml = NULL;
	struct libvirt_job job = { .target = target(), .domain = domain };

	if (paths_find(&p, g->spec, domain, err) < 0)
		return -1;
	xml = domain_xml(g->spec, domain, &p, accel, err);
	if (!xml)
		return -1;
	job.xml = xml;
	job.files = (struct libvirt_files){ p.kernel, p.initramfs, p.remote_kernel,
					    p.remote_initramfs };
	job.lv = libvirt_load(err);
	if (!job.lv || guest_open(g, &far, err) < 0 || open_ports(g, domain, &far, err) < 0 ||
	    fork_bridge(g, &job, &far, err) < 0)
		return -1;
	close(take_fd(&far.qmp));
	return await_start(g, err) < 0 ? -1 : write_argv(g, err);
}

/* Nobody else ends it, should the bridge itself have had to be ended. */
static void kill_qemu(pid_t pid)
{
	_cleanup_close_ int fd = pid > 0 ? pidfd_open(pid, 0) : -1;

	if (fd >= 0)
		pidfd_send_signal(fd, SIGKILL, NULL, 0);
}

/* What was cut short may have started it already. QEMU itself removes the file with its number. */
static void abandon(struct guest *g, const char *run_dir)
{
	_cleanup_free_ char *path = path_join(run_dir, LIBVIRT_PIDFILE);
	_cleanup_free_ char *text = NULL;
	size_t length;

	child_clear(&g->child);
	text = file_read(path, WORD_BYTES, &length, NULL);
	if (text)
		kill_qemu((pid_t)atoi(text));
}

static int libvirt_start(struct guest *g, const struct machine_accel *accel, struct err *err)
{
	_cleanup_free_ char *run_dir = absolute(g->spec->run_dir, err);
	_cleanup_free_ char *name = NULL, *emulator = NULL, *user = NULL;
	struct libvirt_domain domain = { 0 };
	int ret;

	if (!run_dir)
		return -1;
	name = xasprintf("klab-%s-%d", path_base(run_dir), (int)getpid());
	domain.name = name;
	domain.run_dir = run_dir;
	if (target()->place == LIBVIRT_REMOTE) {
		domain.remote = true;
	} else {
		_cleanup_free_ char *qemu = qemu_find(err);

		emulator = qemu ? libvirt_emulator(qemu, g->spec->disk_count > 0, err) : NULL;
		if (!emulator)
			return -1;
		domain.emulator = emulator;
	}
	if (target()->place == LIBVIRT_LOCAL && strstr(target()->uri, ":///system")) {
		user = xasprintf("+%u:+%u", geteuid(), getegid());
		domain.as_user = user;
	}
	remove_ports(run_dir);
	ret = start_domain(g, &domain, accel->name, err);
	if (ret < 0)
		abandon(g, run_dir);
	remove_ports(run_dir);
	return ret;
}

static void libvirt_end(struct guest *g)
{
	_cleanup_json_ json_t *word = read_word(g->control_fd, NULL, 0);

	if (!word) {
		kill_qemu(g->pid);
		return;
	}
	g->exit.exited = json_get_bool(word, "exited", false);
	g->exit.code = (int)json_get_int(word, "code", -1);
	g->exit.cpu_us = (uint64_t)json_get_int(word, "cpu_us", 0);
}

static struct guest_launcher launcher = { .start = libvirt_start, .end = libvirt_end };

static const struct guest_launcher *by_libvirt(void)
{
	launcher.elsewhere = target()->place == LIBVIRT_REMOTE;
	return &launcher;
}

/* ---- machine_ops ---- */

/* What is in files is only here, and a port that is recorded is one. */
static int check_remote(const struct machine_spec *spec, struct err *err)
{
	if (target()->place != LIBVIRT_REMOTE)
		return 0;
	if (spec->mode != MACHINE_FREE)
		return err_set(err, ERR_INPUT,
			       "%s: on another host there is no exact repetition; expected --mode "
			       "free",
			       target()->uri);
	if (spec->disk_count)
		return err_set(err, ERR_INPUT,
			       "%s: on another host there is no virtio_disk; expected scsi_debug, "
			       "or --machine libvirt",
			       target()->uri);
	return 0;
}

static int libvirt_run(const struct machine_spec *spec, struct machine_result *result,
		       struct progress *progress, struct err *err)
{
	if (check_remote(spec, err) < 0)
		return -1;
	return qemu_run(spec, by_libvirt(), result, progress, err);
}

/* As virsh would be told: it is our process that does it. */
static int libvirt_command(const struct machine_spec *spec, struct strv *argv, struct err *err)
{
	_cleanup_free_ char *qemu = by_libvirt()->elsewhere ? NULL : qemu_find(err);
	_cleanup_free_ char *cmdline = NULL;
	struct machine_accel accel;

	if (check_remote(spec, err) < 0 || (!qemu && !by_libvirt()->elsewhere) ||
	    qemu_check(spec, by_libvirt(), qemu, &accel, err) < 0)
		return -1;
	cmdline = qemu_kernel_cmdline(spec, accel.name, err);
	if (!cmdline)
		return -1;
	strv_add(argv, "virsh");
	strv_add(argv, "-c");
	strv_add(argv, target()->uri);
	strv_add(argv, "create");
	strv_addf(argv, "%s/" LIBVIRT_XML, spec->run_dir);
	return 0;
}

static int libvirt_probe(json_t *facts, struct err *err)
{
	const struct libvirt_api *lv = libvirt_load(err);
	unsigned long version = 0;

	if (!lv) {
		json_set_str(facts, "missing", "libvirt");
		json_set_str(facts, "fix", LIBVIRT_PACKAGE_HINT);
		return -1;
	}
	if (lv->virGetVersion(&version, NULL, NULL) == 0) {
		_cleanup_free_ char *text = xasprintf("%lu.%lu.%lu", version / 1000000,
						      version / 1000 % 1000, version % 1000);

		json_set_str(facts, "version", text);
	}
	json_set_str(facts, "uri", target()->uri);
	return 0;
}

const struct machine_ops machine_libvirt = {
	.name = "libvirt",
	.summary = "QEMU, started and watched by libvirt: libvirt:URI, by default qemu:///embed",
	.configure = libvirt_configure,
	.probe = libvirt_probe,
	.command = libvirt_command,
	.run = libvirt_run,
};
