// SPDX-License-Identifier: GPL-2.0-or-later
/* A run as a domain of libvirt: its description, the folder of the driver, the program that it
 * starts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "base/child.h"
#include "machine-world.h"
#include "machine/libvirt-api.h"
#include "machine/libvirt.h"

static struct libvirt_domain domain_of(const struct machine_world *w)
{
	return (struct libvirt_domain){ .name = "klab-x", .run_dir = w->run_dir };
}

static char *xml_of(struct machine_world *w, const char *accel)
{
	struct libvirt_domain d = domain_of(w);
	char *xml = libvirt_xml(&w->spec, &d, accel, &w->err);

	assert_non_null(xml);
	return xml;
}

static void assert_has(const char *xml, const char *part)
{
	if (!strstr(xml, part))
		fail_msg("not there: %s\nin: %s", part, xml);
}

/* Has QEMU that argument on its command line, as it is? */
static void assert_passes(const char *xml, const char *argument)
{
	_cleanup_free_ char *part = xasprintf("<qemu:arg value='%s'/>", argument);

	assert_has(xml, part);
}

/* ---- the description ---- */

static void test_xml_free(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *xml = NULL;

	w->spec.cpus = 2;
	xml = xml_of(w, "tcg");
	assert_has(xml, "<domain type='qemu'");
	assert_has(xml, "<memory unit='KiB'>262144</memory>");
	assert_has(xml, "<vcpu>2</vcpu>");
	assert_has(xml, "<topology sockets='1' cores='2' threads='1'/>");
	assert_has(xml, "<cpu mode='maximum'>\n<feature policy='disable' name='la57'/>");
	assert_has(xml, "<on_crash>preserve</on_crash>");
	assert_has(xml, "/" LIBVIRT_CONSOLE "'/>\n<target type='isa-serial' port='0'/>");
	assert_has(xml, "/" LIBVIRT_FRAMES "'/>\n<target type='isa-serial' port='1'/>");
	assert_has(xml, "<cmdline>console=ttyS0,115200 ");
	assert_null(strstr(xml, "-icount"));
	assert_null(strstr(xml, "<interface"));
}

static void test_xml_kvm(void **state)
{
	_cleanup_free_ char *xml = xml_of(*state, "kvm");

	assert_has(xml, "<domain type='kvm'");
	assert_has(xml, "<cpu mode='host-passthrough'");
}

/* Whatever makes a run repeat is the very same as without libvirt. */
static void test_xml_deterministic_passes_what_qemu_gets(void **state)
{
	struct machine_world *w = *state;
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_free_ char *xml = NULL;

	w->spec.mode = MACHINE_DETERMINISTIC;
	w->spec.seed = 7;
	xml = xml_of(w, "tcg");
	qemu_argv_add_mode(&w->spec, &argv);
	qemu_argv_add_beat(&w->spec, &argv);
	assert_true(argv.count > 6);
	for (size_t i = 0; i < argv.count; i++)
		assert_passes(xml, argv.items[i]);
	assert_has(xml, "<model>qemu64</model>");
	assert_passes(xml, "chardev:" LIBVIRT_CONSOLE);
	assert_passes(xml, "00000000-0000-0000-0000-000000000000");
	/* Such a port would be another device, and its bytes no part of a recording. */
	assert_null(strstr(xml, "<serial"));
}

static void test_xml_disks_are_those_of_qemu(void **state)
{
	struct machine_world *w = *state;
	struct machine_disk disk = { .name = (char *)"d",
				     .id = (char *)"d",
				     .path = (char *)"a'b.raw",
				     .format = (char *)"raw",
				     .iops = 100 };
	_cleanup_free_ char *xml = NULL;

	w->spec.disks = &disk;
	w->spec.disk_count = 1;
	xml = xml_of(w, "tcg");
	assert_has(xml, "value='virtio-blk-pci,id=d,drive=d-throttle,serial=d,");
	assert_has(xml, "&#34;filename&#34;:&#34;a&#39;b.raw&#34;");
}

static void test_xml_says_what_paths_say(void **state)
{
	struct machine_world *w = *state;
	struct libvirt_domain d = domain_of(w);
	_cleanup_free_ char *xml = NULL;

	w->spec.kernel_path = "a&b<c>'d\"";
	d.run_dir = "x</serial>";
	xml = libvirt_xml(&w->spec, &d, "tcg", &w->err);
	assert_non_null(xml);
	assert_has(xml, "<kernel>a&#38;b&#60;c&#62;&#39;d&#34;</kernel>");
	assert_has(xml, "path='x&#60;/serial&#62;/" LIBVIRT_CONSOLE "'");
	w->spec.kernel_path = "a\nb";
	assert_null(libvirt_xml(&w->spec, &d, "tcg", &w->err));
	assert_int_equal(w->err.kind, ERR_INPUT);
}

static void test_xml_runs_as_who_asks(void **state)
{
	struct machine_world *w = *state;
	struct libvirt_domain d = domain_of(w);
	_cleanup_free_ char *plain = xml_of(w, "tcg"), *other = NULL;

	assert_has(plain, "<seclabel type='none'/>");
	d.as_user = "+1000:+1000";
	other = libvirt_xml(&w->spec, &d, "tcg", &w->err);
	assert_non_null(other);
	assert_has(other, "relabel='no'><label>+1000:+1000</label>");
	assert_null(strstr(other, "model='apparmor'"));
	free(plain);
	plain = libvirt_xml_unconfined(other, "<secmodel><model>apparmor</model></secmodel>");
	assert_has(plain, "<seclabel type='none' model='apparmor'/>\n</domain>");
	assert_null(strstr(plain, "selinux"));
}

/* Nothing of ours is there: no named pipe, no folder, no user. */
static void test_xml_on_another_host(void **state)
{
	struct machine_world *w = *state;
	struct libvirt_domain d = domain_of(w);
	_cleanup_free_ char *xml = NULL;

	d.remote = true;
	w->spec.kernel_path = "bzImage";
	w->spec.initramfs_path = "initramfs";
	xml = libvirt_xml(&w->spec, &d, "tcg", &w->err);
	assert_non_null(xml);
	assert_has(xml, "<serial type='pty'>");
	assert_null(strstr(xml, "<emulator>"));
	assert_null(strstr(xml, "<seclabel"));
	assert_null(strstr(xml, w->run_dir));
}

static void test_another_host_has_no_exact_repetition(void **state)
{
	const struct machine_ops *machine;
	struct machine_world *w = *state;
	_cleanup_strv_ struct strv argv = { 0 };

	machine = machine_find("libvirt:qemu+ssh://h/system", &w->err);
	assert_non_null(machine);
	assert_int_equal(machine->command(&w->spec, &argv, &w->err), 0);
	assert_true(strv_has(&argv, "qemu+ssh://h/system"));
	w->spec.mode = MACHINE_DETERMINISTIC;
	assert_int_equal(machine->command(&w->spec, &argv, &w->err), -1);
	assert_int_equal(w->err.kind, ERR_INPUT);
	w->spec.mode = MACHINE_FREE;
	w->spec.disk_count = 1;
	assert_int_equal(machine->command(&w->spec, &argv, &w->err), -1);
	assert_int_equal(w->err.kind, ERR_INPUT);
	assert_ptr_equal(machine_find("libvirt", &w->err), machine);
	assert_null(machine_find("libvirt:esx://h", &w->err));
	assert_null(machine_find("qemu:x", &w->err));
}

/* ---- where the driver is ---- */

static void test_target_of_uri(void **state)
{
	static const struct {
		const char *uri;
		int place; /* -1: refused */
		const char *root;
	} rows[] = {
		{ NULL, LIBVIRT_EMBED, NULL },
		{ "qemu:///embed", LIBVIRT_EMBED, NULL },
		{ "qemu:///embed?root=/tmp/a%20b", LIBVIRT_EMBED, "/tmp/a b" },
		{ "qemu:///embed?x=1&root=/r&y=2", LIBVIRT_EMBED, "/r" },
		{ "qemu:///embed?root=r", -1, NULL },
		{ "qemu:///session", LIBVIRT_LOCAL, NULL },
		{ "qemu:///embedded", LIBVIRT_LOCAL, NULL },
		{ "qemu+unix:///system", LIBVIRT_LOCAL, NULL },
		{ "qemu+ssh://u@h/system", LIBVIRT_REMOTE, NULL },
		{ "qemu+tls://h:1/system", LIBVIRT_REMOTE, NULL },
		{ "qemu://", -1, NULL },
		{ "qemu:///", -1, NULL },
		{ "", -1, NULL },
		{ "qemu", -1, NULL },
		{ "test:///default", -1, NULL },
		{ "qemux:///system", -1, NULL },
		{ "xen:///system", -1, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct libvirt_target target = { 0 };
		struct err err = ERR_INIT;
		int ret = libvirt_target_parse(&target, rows[i].uri, &err);

		if (ret != (rows[i].place < 0 ? -1 : 0))
			fail_msg("%s: %d", rows[i].uri, ret);
		if (ret < 0) {
			assert_int_equal(err.kind, ERR_INPUT);
			assert_null(target.uri);
			continue;
		}
		assert_int_equal(target.place, rows[i].place);
		if (rows[i].root)
			assert_string_equal(target.root, rows[i].root);
		else
			assert_null(target.root);
		libvirt_target_clear(&target);
	}
}

static void test_roots_are_one_drivers_each(void **state)
{
	const struct libvirt_target any = { .place = LIBVIRT_EMBED };
	struct libvirt_target one = any;
	struct libvirt_root a = LIBVIRT_ROOT_INIT, b = LIBVIRT_ROOT_INIT, c = LIBVIRT_ROOT_INIT;
	struct machine_world *w = *state;
	_cleanup_free_ char *conf = NULL, *first = NULL;

	assert_int_equal(libvirt_root_open(&a, &any, &w->err), 0);
	assert_int_equal(libvirt_root_open(&b, &any, &w->err), 0);
	assert_string_not_equal(a.path, b.path);
	assert_has(a.uri, a.path);
	conf = path_join(a.path, "etc/qemu.conf");
	assert_true(path_exists(conf));
	/* The one that is named is another's just now. */
	one.root = a.path;
	assert_int_equal(libvirt_root_open(&c, &one, &w->err), -1);
	assert_int_equal(w->err.kind, ERR_HOST);
	assert_has(w->err.msg, "is in use");
	first = xstrdup(a.path);
	one.root = first;
	libvirt_root_clear(&a);
	assert_int_equal(libvirt_root_open(&c, &one, &w->err), 0);
	libvirt_root_clear(&c);
	assert_int_equal(libvirt_root_open(&c, &any, &w->err), 0);
	assert_string_equal(c.path, first);
	libvirt_root_clear(&b);
	libvirt_root_clear(&c);
}

/* ---- the program ---- */

static void test_emulator_with_disks_is_deaf_to_term(void **state)
{
	struct machine_world *w = *state;
	_cleanup_free_ char *plain = libvirt_emulator("/bin/sh", false, &w->err);
	_cleanup_free_ char *deaf = libvirt_emulator("/bin/sh", true, &w->err);
	_cleanup_free_ char *again = libvirt_emulator("/bin/sh", true, &w->err);
	const char *stays[] = { deaf, "-c", "kill -TERM $$; exit 3", NULL };
	const char *asked[] = { deaf, "-c", "kill -TERM $$; exit 3", "x", "-daemonize", "y", NULL };
	struct child_spec spec = { .argv = stays };
	struct child_exit e;

	assert_string_equal(plain, "/bin/sh");
	assert_string_equal(deaf, again);
	assert_int_equal(child_run(&spec, 20000, 4096, NULL, NULL, &e, &w->err), 0);
	assert_true(e.exited);
	assert_int_equal(e.code, 3);
	spec.argv = asked;
	assert_int_equal(child_run(&spec, 20000, 4096, NULL, NULL, &e, &w->err), 0);
	assert_false(e.exited);
	assert_int_equal(e.code, 15);
}

static void test_last_words_are_qemus_own(void **state)
{
	static const char log[] =
		"2026-11-28 06:47:57.349+0000: starting up libvirt version: 9.0.0\n"
		"/usr/bin/qemu-system-x86_64 \\\n-msg timestamp=on\n"
		"2026-11-28 06:47:57.349+0000: Domain id=1 is tainted: custom-argv\n"
		"2026-11-28T06:47:58.152540Z qemu-system-x86_64: no such disk\n"
		"2026-11-28 06:47:59.966+0000: shutting down, reason=failed\n";
	static const char silent[] = "starting up\n-msg timestamp=on\n"
				     "2026-11-28 06:47:59.966+0000: shutting down, reason=failed\n";
	struct machine_world *w = *state;
	_cleanup_free_ char *path = path_join(w->dir, "log");
	_cleanup_free_ char *words = NULL;

	assert_null(libvirt_last_words(path));
	file_write_atomic(path, log, strlen(log), &w->err);
	words = libvirt_last_words(path);
	assert_string_equal(words, "qemu-system-x86_64: no such disk");
	file_write_atomic(path, silent, strlen(silent), &w->err);
	assert_null(libvirt_last_words(path));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_world_setup, machine_world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_xml_free),
		TEST(test_xml_kvm),
		TEST(test_xml_deterministic_passes_what_qemu_gets),
		TEST(test_xml_disks_are_those_of_qemu),
		TEST(test_xml_says_what_paths_say),
		TEST(test_xml_runs_as_who_asks),
		TEST(test_xml_on_another_host),
		TEST(test_another_host_has_no_exact_repetition),
		TEST(test_target_of_uri),
		TEST(test_roots_are_one_drivers_each),
		TEST(test_emulator_with_disks_is_deaf_to_term),
		TEST(test_last_words_are_qemus_own),
	};

	return cmocka_run_group_tests_name("machine-libvirt-xml", tests, NULL, NULL);
}
