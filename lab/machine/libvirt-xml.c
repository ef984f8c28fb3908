// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The domain of a run. What libvirt has words for is said in them. The rest is QEMU's own
 * command line, from the same functions that make it for a QEMU which klab starts itself: the
 * guest must not see a difference, and where instructions are counted not one byte of it.
 */
#include <inttypes.h>

#include "machine/libvirt.h"

struct xml {
	struct strbuf text;
	bool control; /* a character that XML has no way to say */
};

/* As an attribute's value in single quotes, or as text. */
static void xml_add_escaped(struct xml *x, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c == 0x7f)
			x->control = true;
		else if (strchr("&<>'\"", c))
			strbuf_addf(&x->text, "&#%d;", c);
		else
			strbuf_addc(&x->text, (char)c);
	}
}

/* Adds `markup` with each "%s" in it replaced by the next word, escaped; ended by NULL. */
static void xml_add(struct xml *x, const char *markup, ...) __attribute__((sentinel));
static void xml_add(struct xml *x, const char *markup, ...)
{
	va_list words;

	va_start(words, markup);
	for (const char *s = markup; *s; s++) {
		if (s[0] == '%' && s[1] == 's') {
			xml_add_escaped(x, va_arg(words, const char *));
			s++;
		} else {
			strbuf_addc(&x->text, *s);
		}
	}
	va_end(words);
	strbuf_addc(&x->text, '\n');
}

static void add_number(struct xml *x, const char *markup, uint64_t n)
{
	_cleanup_free_ char *text = xasprintf("%" PRIu64, n);

	xml_add(x, markup, text, NULL);
}

/* "max,la57=off" is the model "max" without a feature. */
static void add_cpu(struct xml *x, const struct machine_spec *spec, const char *accel)
{
	_cleanup_strv_ struct strv words = { 0 };

	strv_split(&words, qemu_cpu_model(spec, accel), ',');
	if (str_eq(words.items[0], "host"))
		xml_add(x, "<cpu mode='host-passthrough' migratable='off'>", NULL);
	else if (str_eq(words.items[0], "max"))
		xml_add(x, "<cpu mode='maximum'>", NULL);
	else
		xml_add(x, "<cpu mode='custom' match='exact' check='none'><model>%s</model>",
			words.items[0], NULL);
	for (size_t i = 1; i < words.count; i++) {
		_cleanup_free_ char *name = xstrndup(words.items[i], strcspn(words.items[i], "="));

		xml_add(x, "<feature policy='disable' name='%s'/>", name, NULL);
	}
	/* As QEMU itself counts them: libvirt would make a socket of each. */
	add_number(x, "<topology sockets='1' cores='%s' threads='1'/>",
		   spec->cpus > 0 ? (uint64_t)spec->cpus : 1);
	xml_add(x, "</cpu>", NULL);
}

static int add_kernel(struct xml *x, const struct machine_spec *spec, const char *accel,
		      struct err *err)
{
	_cleanup_free_ char *cmdline = qemu_kernel_cmdline(spec, accel, err);

	if (!cmdline)
		return -1;
	xml_add(x, "<os><type arch='x86_64' machine='pc'>hvm</type>", NULL);
	xml_add(x, "<kernel>%s</kernel>", spec->kernel_path, NULL);
	xml_add(x, "<initrd>%s</initrd>", spec->initramfs_path, NULL);
	xml_add(x, "<cmdline>%s</cmdline></os>", cmdline, NULL);
	return 0;
}

/*
 * A port of a free run: two named pipes, of which the guest's way in stays empty. Not a "file",
 * which virtlogd would open, and it wants one that it can seek in.
 */
static void add_serial(struct xml *x, const struct libvirt_domain *d, const char *name,
		       uint64_t port)
{
	_cleanup_free_ char *path = path_join(d->run_dir, name);

	/* From another host it comes by libvirt's streams, which are for terminals only. */
	if (d->remote)
		xml_add(x, "<serial type='pty'>", NULL);
	else
		xml_add(x, "<serial type='pipe'><source path='%s'/>", path, NULL);
	add_number(x, "<target type='isa-serial' port='%s'/></serial>", port);
}

static void add_devices(struct xml *x, const struct machine_spec *spec,
			const struct libvirt_domain *d)
{
	xml_add(x, "<devices>", NULL);
	if (d->emulator)
		xml_add(x, "<emulator>%s</emulator>", d->emulator, NULL);
	/* Devices that libvirt adds by itself, and the guest is not to have. */
	xml_add(x, "<controller type='usb' model='none'/><memballoon model='none'/>", NULL);
	if (spec->mode == MACHINE_FREE) {
		add_serial(x, d, LIBVIRT_CONSOLE, 0);
		add_serial(x, d, LIBVIRT_FRAMES, 1);
	}
	xml_add(x, "<panic model='isa'/></devices>", NULL);
}

/* A recording holds the bytes only of a port that is made by -serial: see qemu-argv.c. */
static void add_recorded_port(const struct libvirt_domain *d, const char *name, struct strv *argv)
{
	_cleanup_free_ char *path = path_join(d->run_dir, name);
	_cleanup_free_ char *quoted = qemu_quote_comma(path);

	strv_add(argv, "-chardev");
	strv_addf(argv, "file,id=%s,path=%s" LIBVIRT_OUT ",append=on", name, quoted);
	strv_add(argv, "-serial");
	strv_addf(argv, "chardev:%s", name);
}

/* What libvirt has no words for, or the wrong ones. */
static void add_command_line(const struct machine_spec *spec, const struct libvirt_domain *d,
			     struct strv *argv)
{
	static const char *const fixed[] = {
		/* libvirt 9 knows no ps2 feature. */
		"-machine",
		"i8042=off",
		/* It would stop a guest that panics, and the rest of its text is wanted. */
		"-action",
		"panic=none",
		/* These two the guest can see, in its DMI table and in the firmware's files. */
		"-uuid",
		"00000000-0000-0000-0000-000000000000",
		"-boot",
		"strict=off",
	};

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		strv_add(argv, fixed[i]);
	if (!d->remote) {
		strv_add(argv, "-pidfile");
		strv_addf(argv, "%s/" LIBVIRT_PIDFILE, d->run_dir);
	}
	qemu_argv_add_mode(spec, argv);
	if (spec->mode != MACHINE_FREE) {
		add_recorded_port(d, LIBVIRT_CONSOLE, argv);
		add_recorded_port(d, LIBVIRT_FRAMES, argv);
	}
	qemu_argv_add_disks(spec, argv);
	qemu_argv_add_beat(spec, argv);
}

static void add_passed(struct xml *x, const struct machine_spec *spec,
		       const struct libvirt_domain *d)
{
	_cleanup_strv_ struct strv argv = { 0 };

	add_command_line(spec, d, &argv);
	xml_add(x, "<qemu:commandline>", NULL);
	for (size_t i = 0; i < argv.count; i++)
		xml_add(x, "<qemu:arg value='%s'/>", argv.items[i], NULL);
	xml_add(x, "</qemu:commandline>", NULL);
}

/* Files are found as they are, and belong to whom they belong: QEMU runs as who runs klab. */
static void add_security(struct xml *x, const struct libvirt_domain *d)
{
	if (d->remote)
		return; /* they are libvirt's own files there */
	if (!d->as_user) {
		xml_add(x, "<seclabel type='none'/>", NULL);
		return;
	}
	xml_add(x, "<seclabel type='static' model='dac' relabel='no'><label>%s</label></seclabel>",
		d->as_user, NULL);
}

char *libvirt_xml(const struct machine_spec *spec, const struct libvirt_domain *d,
		  const char *accel, struct err *err)
{
	const char *type = d->type ? d->type : str_eq(accel, "kvm") ? "kvm" : "qemu";
	struct xml x = { 0 };
	_cleanup_free_ char *text = NULL;
	int ret;

	xml_add(&x,
		"<domain type='%s' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
		"\n<name>%s</name>",
		type, d->name, NULL);
	add_number(&x, "<memory unit='KiB'>%s</memory>", (spec->memory_bytes + 1023) / 1024);
	add_number(&x, "<vcpu>%s</vcpu>", spec->cpus > 0 ? (uint64_t)spec->cpus : 1);
	ret = add_kernel(&x, spec, accel, err);
	xml_add(&x, "<features><acpi/><vmport state='off'/></features>", NULL);
	add_cpu(&x, spec, accel);
	/* A domain that crashed stays until klab has read all of it. */
	xml_add(&x,
		"<on_poweroff>destroy</on_poweroff><on_reboot>destroy</on_reboot>"
		"<on_crash>preserve</on_crash>",
		NULL);
	add_devices(&x, spec, d);
	add_security(&x, d);
	add_passed(&x, spec, d);
	xml_add(&x, "</domain>", NULL);
	text = strbuf_take(&x.text);
	if (ret == 0 && x.control)
		ret = err_set(err, ERR_INPUT, "a control character in the name of a file");
	return ret < 0 ? NULL : take_ptr(&text);
}

/* A model that the daemon does not have it refuses to leave out. */
char *libvirt_xml_unconfined(const char *xml, const char *capabilities)
{
	static const char *const models[] = { "apparmor", "selinux" };
	static const char end[] = "</domain>";
	const char *tail = strstr(xml, end);
	struct strbuf text = { 0 };

	strbuf_add(&text, xml, (size_t)(tail - xml));
	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		_cleanup_free_ char *has = xasprintf("<model>%s</model>", models[i]);

		if (strstr(capabilities, has))
			strbuf_addf(&text, "<seclabel type='none' model='%s'/>\n", models[i]);
	}
	strbuf_adds(&text, tail);
	return strbuf_take(&text);
}
