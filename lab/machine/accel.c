// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KVM or TCG. A /dev/kvm that opens, makes machines and runs real-mode code may
 * still hang every 64-bit kernel (nested virtualisation), and QEMU does not fall
 * back. So KVM counts only after a guest of ours has come up under it, once for
 * each boot of the host and each QEMU.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "machine/qemu.h"

enum { ACCEL_PROBE_MS = 15000, ACCEL_FILE_BYTES = 64 * 1024, ACCEL_ANSWERS = 32 };

static void accel_set(struct machine_accel *accel, const char *name, const char *why)
{
	snprintf(accel->name, sizeof(accel->name), "%s", name);
	snprintf(accel->why, sizeof(accel->why), "%s", why);
	accel->unproven = false;
}

/* ---- what is remembered: CACHE/accel.json, {key: {kvm, why}} ---- */

/* This boot of the host and this QEMU binary, as text. Yours; NULL: the host does not say. */
static char *accel_key(const char *qemu)
{
	_cleanup_free_ char *boot = NULL;
	struct stat st;
	size_t length;

	boot = file_read("/proc/sys/kernel/random/boot_id", 128, &length, NULL);
	if (!boot || stat(qemu, &st) < 0)
		return NULL;
	boot[strcspn(boot, "\n")] = '\0';
	return xasprintf("%s %s %lld %lld", boot, qemu, (long long)st.st_size,
			 (long long)st.st_mtime);
}

static char *accel_path(struct err *err)
{
	_cleanup_free_ char *dir = path_cache_dir(err);

	return dir ? path_join(dir, "accel.json") : NULL;
}

/* True: there is an answer for this key, and *accel has it. */
static bool accel_recall(const char *path, const char *key, struct machine_accel *accel)
{
	_cleanup_json_ json_t *stored = NULL;
	const json_t *answer;
	const char *why;

	if (!path || !key)
		return false;
	stored = json_read_file(path, ACCEL_FILE_BYTES, NULL);
	answer = json_get_object(stored, key);
	why = json_get_str(answer, "why", NULL);
	if (!why || !json_is_boolean(json_object_get(answer, "kvm")))
		return false;
	accel_set(accel, json_get_bool(answer, "kvm", false) ? "kvm" : "tcg", why);
	return true;
}

static void accel_store(const char *path, const char *key, bool kvm, const char *why,
			struct progress *progress)
{
	_cleanup_json_ json_t *stored = NULL;
	_cleanup_json_ json_t *kept = json_object();
	json_t *answer = json_object(), *other;
	struct err err = ERR_INIT;
	const char *its_key;

	json_set_bool(answer, "kvm", kvm);
	json_set_str(answer, "why", why);
	json_object_set_new(kept, key ? key : "", answer);
	if (!path || !key)
		return;
	/* Two QEMUs that take turns must not make each other forget; other boots are over. */
	stored = json_read_file(path, ACCEL_FILE_BYTES, NULL);
	json_object_foreach (stored, its_key, other)
		if (!str_eq(its_key, key) && json_object_size(kept) < ACCEL_ANSWERS &&
		    strncmp(its_key, key, strcspn(key, " ") + 1) == 0)
			json_object_set(kept, its_key, other);
	if (json_write_file(path, kept, &err) < 0)
		progress_note(progress, "KVM's state is not remembered: %s", err.msg);
}

/* ---- the probe ---- */

/* Boots the guest under KVM until its init speaks; removes what the run left. */
static void accel_probe(const struct machine_spec *spec, const char *scratch,
			struct machine_accel *accel, struct progress *progress)
{
	struct machine_spec trial = *spec;
	struct machine_accel kvm = { 0 };
	struct machine_result result;
	struct err err = ERR_INIT;

	accel_set(&kvm, "kvm", "being tried");
	trial.run_dir = scratch;
	trial.save_path = NULL;
	if (trial.timeout_ms == 0 || trial.timeout_ms > ACCEL_PROBE_MS)
		trial.timeout_ms = ACCEL_PROBE_MS;
	if (file_mkdir_p(scratch, &err) < 0 ||
	    qemu_guest_run(&trial, &guest_by_klab, &kvm, true, &result, NULL, &err) < 0) {
		accel_set(accel, "tcg", "");
		snprintf(accel->why, sizeof(accel->why), "a guest does not start under KVM: %.200s",
			 err.msg);
	} else if (result.frames_bytes > 0) {
		accel_set(accel, "kvm", "a guest has come up under KVM");
	} else {
		accel_set(accel, "tcg", "");
		snprintf(accel->why, sizeof(accel->why),
			 "a guest did not come up under KVM within %" PRIu64 " s (%s)",
			 trial.timeout_ms / 1000, machine_end_name(result.end));
	}
	accel->unproven = str_eq(accel->name, "tcg");
	if (file_remove_tree(scratch, &err) < 0)
		progress_note(progress, "%s", err.msg);
}

static int accel_probe_once(const struct machine_spec *spec, const char *path, const char *key,
			    struct machine_accel *accel, struct progress *progress, struct err *err)
{
	_cleanup_free_ char *lock_path = xasprintf("%s.lock", path);
	_cleanup_free_ char *scratch = path_join(spec->run_dir, "kvm-probe");
	_cleanup_close_ int lock = file_lock(lock_path, true, NULL, err);

	if (lock < 0)
		return -1;
	/* Another run may have found out while we waited for it. */
	if (accel_recall(path, key, accel))
		return 0;
	progress_note(progress, "trying KVM, once for this boot of the host (%d s at most)",
		      ACCEL_PROBE_MS / 1000);
	accel_probe(spec, scratch, accel, progress);
	if (cancel_requested())
		return err_set(err, ERR_CANCELLED, "interrupted");
	if (!accel->unproven)
		accel_store(path, key, true, accel->why, progress);
	progress_note(progress, "using %s: %s", accel->name, accel->why);
	return 0;
}

/* ---- choosing ---- */

/* 1: the environment decides, 0: it does not. */
static int accel_from_environment(const struct machine_spec *spec, struct machine_accel *accel,
				  struct err *err)
{
	const char *wish = getenv("KLAB_ACCEL");

	if (!wish || !*wish)
		return 0;
	if (!str_eq(wish, "kvm") && !str_eq(wish, "tcg"))
		return err_set(err, ERR_INPUT, "KLAB_ACCEL is \"%s\": kvm or tcg", wish);
	if (str_eq(wish, "kvm") && spec->mode != MACHINE_FREE)
		return err_set(
			err, ERR_INPUT,
			"KLAB_ACCEL=kvm: only TCG counts instructions, which this mode needs");
	if (str_eq(wish, "kvm") && spec->coverage)
		return err_set(
			err, ERR_INPUT,
			"KLAB_ACCEL=kvm: only TCG tells what a guest runs, as --coverage asks");
	accel_set(accel, wish, "KLAB_ACCEL says so");
	return 1;
}

/* NULL: it opens. */
static const char *kvm_missing(const char *kvm_device)
{
	_cleanup_close_ int fd = open(kvm_device, O_RDWR | O_CLOEXEC);

	return fd < 0 ? strerror(errno) : NULL;
}

int accel_choose(const struct machine_spec *spec, const char *qemu, const char *kvm_device,
		 bool may_probe, struct machine_accel *accel, struct progress *progress,
		 struct err *err)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ char *key = NULL;
	const char *missing;
	int decided = accel_from_environment(spec, accel, err);

	if (decided)
		return decided < 0 ? -1 : 0;
	if (spec->mode != MACHINE_FREE) {
		accel_set(accel, "tcg", "only TCG counts instructions, which this mode needs");
		return 0;
	}
	if (spec->coverage) {
		accel_set(accel, "tcg", "only TCG tells what a guest runs, as --coverage asks");
		return 0;
	}
	if (!kvm_device) {
		accel_set(accel, "tcg",
			  "KVM of another host is not tried; KLAB_ACCEL=kvm asks for it");
		return 0;
	}
	missing = kvm_missing(kvm_device);
	if (missing) {
		accel_set(accel, "tcg", "");
		snprintf(accel->why, sizeof(accel->why), "%s: %s", kvm_device, missing);
		return 0;
	}
	path = accel_path(err);
	if (!path)
		return -1;
	key = accel_key(qemu);
	if (accel_recall(path, key, accel))
		return 0;
	if (!may_probe) {
		accel_set(accel, "tcg", "KVM was not tried yet");
		return 0;
	}
	return accel_probe_once(spec, path, key, accel, progress, err);
}

void accel_learn(const struct machine_accel *accel, const char *qemu,
		 const struct machine_result *result, struct progress *progress)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ char *key = NULL;

	/* A guest that does not come up under TCG either says nothing about KVM. */
	if (!accel->unproven || !result->frames_bytes)
		return;
	path = accel_path(NULL);
	key = accel_key(qemu);
	accel_store(path, key, false, accel->why, progress);
}

json_t *accel_facts(const char *qemu, const char *kvm_device)
{
	_cleanup_free_ char *path = accel_path(NULL);
	_cleanup_free_ char *key = qemu ? accel_key(qemu) : NULL;
	json_t *facts = json_object();
	struct machine_accel accel = { 0 };
	const char *missing = kvm_missing(kvm_device);
	bool exists = path_exists(kvm_device);

	json_set_bool(facts, "device", exists);
	if (missing) {
		json_set_bool(facts, "usable", false);
		json_set_str(facts, "why", missing);
		json_set_str(facts, "fix",
			     exists ? "sudo usermod -aG kvm $USER, then log in again"
				    : "switch virtualisation on in the firmware; sudo modprobe -a "
				      "kvm_intel kvm_amd");
	} else if (accel_recall(path, key, &accel)) {
		json_set_bool(facts, "usable", str_eq(accel.name, "kvm"));
		json_set_str(facts, "why", accel.why);
	} else {
		json_object_set_new(facts, "usable", json_null());
		json_set_str(facts, "why", "not tried yet: the first run does");
	}
	return facts;
}
