/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one list of steps. The case parser, its checks, `klab help step`, the
 * guest's plan and the guest's table of verbs all come from here: a new step is
 * one row here and one function in guest-init/.
 *
 * Shared by host and guest, so it includes nothing.
 */
#ifndef KLAB_CASE_STEP_TABLE_H
#define KLAB_CASE_STEP_TABLE_H

enum arg_type {
	ARG_STRING = 1,	/* any text */
	ARG_INT,	/* signed 64-bit */
	ARG_SIZE,	/* "40M": bytes */
	ARG_DURATION,	/* "60s", "200ms": ms */
	ARG_PERCENT,	/* 0 to 100 */
	ARG_PPM,	/* "0.1%": parts per million */
	ARG_BOOL,	/* true, false */
	ARG_DEVICE,	/* a name that an earlier step's `as` made */
	ARG_TASK,	/* likewise */
	ARG_CGROUP,	/* a name that an earlier cgroup step made */
	ARG_NEW_DEVICE, /* makes the name */
	ARG_NEW_TASK,	/* makes the name */
	ARG_NEW_CGROUP, /* makes the name */
	ARG_PATHS,	/* list of guest paths; "cgroup:NAME/file" is a cgroup's file */
	ARG_SCRIPT,	/* text for busybox sh */
	ARG_SOURCE,	/* a .c file beside the case: compiled static, packed, path in the guest passed on */
	ARG_OBJECT,	/* a BPF object beside the case: packed, path in the guest passed on */
	ARG_PROGRAM,	/* the name of a program in the step's BPF object */
	ARG_FUNCTION,	/* a function of the kernel: looked up in the one that was built, before it boots */
	ARG_WORDS,	/* list of words: an argv */
	ARG_SIGNAL,	/* SIGKILL or 9: passed on as the number */
	ARG_FAULT,	/* the fault of an earlier step, as `injected:` names it */
	ARG_CHOICE,	/* one of `choices` */
	ARG_INTERFACE,	/* a network interface of the guest, as the kernel names it */
	ARG_ADDRESS,	/* IPv4: 127.0.0.1 */
	ARG_SUBNET,	/* IPv4 address and prefix: 10.0.0.1/24 */
	ARG_ERRNO,	/* EINVAL or 22: passed on as the number */
	ARG_RETVAL,	/* -EINVAL, or any number: passed on as the number */
	ARG_PATH,	/* absolute guest path; {NAME} is the kernel's name of the case's device NAME */
	ARG_FLAGS,	/* list of `choices`, or a number: passed on as a number, the first choice is bit 0 */
	ARG_NUMBERS,	/* list of whole numbers */
	ARG_TEXTS,	/* list of texts; {NAME} as in a path */
	ARG_RULES,	/* list of maps of `fields`: each passed on as one text, "key=value key=value" */
};

enum arg_flag {
	ARG_REQUIRED = 1,
	ARG_MAIN = 2,	/* stands for the whole step when that is written as a scalar or a list */
	ARG_OPEN = 4,	/* name "*": any further key, passed on as it is written */
	ARG_SAME = 8,	/* all steps of the verb in one case must have the same value */
	ARG_ARMS = 16,	/* of a step that makes a device: written, and not 0, it arms the step's fault */
	ARG_ONE_OF = 32,	/* at least one of those so marked must be written */
	ARG_ONLY_ONE = 64,	/* and not two of those so marked */
	ARG_INJECTABLE = 128,	/* of ARG_FUNCTION: on the kernel's list of those that may fail, unless the
				 * step's `errno` says that it wants the refusal */
};

#define STEP_MAX_ARGS 24

struct arg_def {
	const char *name;
	enum arg_type type;
	unsigned int flags;
	const char *otherwise;	/* default as written in a case, NULL: none; "{step}": the step's index */
	const char *help;
	long long min, max;	/* numbers and sizes: both 0: any that the type takes */
	long long multiple_of;	/* sizes: 0: any */
	const char *choices;	/* ARG_CHOICE, ARG_FLAGS: "read|write"; with ARG_OPEN the only keys */
	const struct arg_def *fields; /* ARG_RULES: ended by a NULL name; their values hold no blank */
	const char *needs;	/* another argument that must be written when this one is */
	/* What the kernel needs for it when it is written, without CONFIG_; with `choices` one for each, in their order. */
	const char *config;
};

struct step_def {
	const char *verb;	/* as written in a case */
	const char *summary;
	const char *fault;	/* what `injected:` calls it in an expectation; NULL: injects nothing */
	struct arg_def args[STEP_MAX_ARGS];	/* ended by a NULL name */
	/* Why a run with this step cannot repeat to the byte, and what can: "its disk is a file of
	 * the host, which completes in host time; scsi_debug is in guest memory". NULL: it can. */
	const char *inexact;
	int once;	/* not 0: at most one in a case */
	const char *config;	/* what the kernel needs for it, without CONFIG_: "ZRAM|BLOCK"; NULL: nothing */
	/* Fields of the result of the task that it makes (coredump: that it kills); ERRNO: each error by its name. */
	const char *results;
	const char *exits; /* what the task's exit codes say: "0: all was done|3: an error" */
};

/* What all of the kernel's fault attributes have: struct fault_attr. */
#define FAULT_ATTR_ARGS \
	{ "probability", ARG_PERCENT, 0, "100", "how likely a candidate fails" }, \
	{ "interval", ARG_INT, 0, "1", "only every n-th candidate", 1, 1000000000 }, \
	{ "times", ARG_INT, 0, "-1", "at most so many failures; -1: no limit", -1, 2147483647 }, \
	{ "space", ARG_SIZE, 0, "0", "bytes that pass before the first failure", 0, 2147483647 }, \
	{ "verbose", ARG_INT, 0, "1", "0 silent, 1 a line, 2 a line and a stack for each failure", 0, 2 }, \
	{ "verbose_ratelimit_interval", ARG_DURATION, 0, NULL, "rate limit of those messages; none without it" }, \
	{ "verbose_ratelimit_burst", ARG_INT, 0, NULL, "at most so many of them in one interval", 0, 1000000000 }, \
	{ "task_filter", ARG_BOOL, 0, "false", "only tasks of the case that start later (their make-it-fail is set)" }, \
	{ "task", ARG_TASK, 0, NULL, "only this task, which runs already, and what it forks from now on" }, \
	{ "require", ARG_FUNCTION, 0, NULL, "only when this kernel function is among the callers", \
	  .config = "FAULT_INJECTION_STACKTRACE_FILTER" }, \
	{ "reject", ARG_FUNCTION, 0, NULL, "only when this one is not", \
	  .config = "FAULT_INJECTION_STACKTRACE_FILTER" }, \
	{ "stacktrace_depth", ARG_INT, 0, NULL, "how many callers are looked at for that; 32 when not said", 1, 32, \
	  .config = "FAULT_INJECTION_STACKTRACE_FILTER" }

/*
 * scsi_debug: what it injects, and when. The names of its opts are those of its
 * source (drivers/scsi/scsi_debug.c, SDEBUG_OPT_*), in the order of their bits.
 */
#define SCSI_DEBUG_ARGS \
	{ "opts", ARG_FLAGS, 0, NULL, "what is injected, and what is printed: a list, or the driver's number; " \
	  "medium_err needs no every_nth, transport_err, rare_tsf and cmd_abort need a delay, rare_tsf a full queue: max_queue: 1", \
	  .choices = "noise|medium_err|timeout|recovered_err|transport_err|dif_err|dix_err|mac_timeout|" \
		     "short_transfer|q_noise|all_tsf|rare_tsf|n_wce|reset_noise|no_cdb_noise|host_busy|cmd_abort" }, \
	{ "every_nth", ARG_INT, ARG_ARMS, NULL, "inject into every n-th command; negative: from the n-th on into each", \
	  -1000000, 1000000 }, \
	{ "ndelay", ARG_INT, 0, NULL, "nanoseconds before a command completes, in place of delay", 0, 999999999 }, \
	{ "medium_error_start", ARG_INT, 0, NULL, "the first sector that medium_err makes unreadable; the driver's default: 0x1234", \
	  0, 2147483647 }, \
	{ "medium_error_count", ARG_INT, 0, NULL, "and how many; the driver's default: 10", 0, 2147483647 }

/* Its attributes that can only be said at boot. */
#define SCSI_DEBUG_SHAPE \
	"ato|cdb_len|clustering|dif|dix|dsense|fake_rw|guard|host_lock|host_max_queue|lbprz|lbpu|lbpws|" \
	"lbpws10|lowest_aligned|lun_format|max_luns|max_queue|no_lun_0|no_rwlock|no_uld|num_parts|" \
	"num_tgts|opt_blks|opt_xferlen_exp|physblk_exp|poll_queues|ptype|random|removable|" \
	"scsi_level|sector_size|statistics|strict|submit_queues|tur_ms_to_ready|unmap_alignment|unmap_granularity|" \
	"unmap_max_blocks|unmap_max_desc|uuid_ctl|virtual_gb|vpd_use_hostno|wp|write_same_length|zbc|" \
	"zone_cap_mb|zone_max_open|zone_nr_conv|zone_size_mb|atomic_wr|atomic_wr_max_length|" \
	"atomic_wr_align|atomic_wr_gran|atomic_wr_max_length_bndry|atomic_wr_max_bndry|" \
	"inq_vendor|inq_product|inq_rev|allow_restart"

/* A rule of QEMU's blkdebug (docs/devel/blkdebug.rst there). */
static const struct arg_def virtio_disk_errors[] = {
	{ "on", ARG_CHOICE, 0, NULL, "requests of this kind; any without it",
	  .choices = "read|write|flush|discard|write-zeroes" },
	{ "sector", ARG_INT, 0, NULL, "those that touch this sector of 512 bytes", 0, 1LL << 40 },
	{ "once", ARG_BOOL, 0, "false", "the first of them only" },
	{ "errno", ARG_INT, 0, "5", "what QEMU takes them to fail with; the guest sees EIO", 1, 133 },
	{ "event", ARG_CHOICE, 0, NULL, "fails what QEMU does with the image file at that point: `sector` is the file's",
	  .choices = "read_aio|write_aio|flush_to_os|flush_to_disk|l1_update|l2_load|l2_update|"
		     "l2_alloc_write|cow_read|cow_write|refblock_load|refblock_update|refblock_alloc|"
		     "cluster_alloc|cluster_free" },
	{ 0 },
};

static const struct arg_def null_blk_bad[] = {
	{ "from", ARG_SIZE, ARG_REQUIRED, NULL, "where they begin, in bytes", 0, 1LL << 40, 512 },
	{ "length", ARG_SIZE, 0, "512", "how many bytes", 512, 1LL << 40, 512 },
	{ 0 },
};

static const struct step_def step_table[] = {
	{ "write", "Writes a value into a file of the guest, for /proc, /sys and the like", NULL, {
		{ "path", ARG_PATH, ARG_REQUIRED, NULL, "guest path; {disk} in it is the kernel's name of the device disk" },
		{ "value", ARG_STRING, ARG_REQUIRED, NULL, "what to write; no newline is added" },
		{ "append", ARG_BOOL, 0, "false", "open with O_APPEND" },
		{ "errno", ARG_ERRNO, 0, NULL, "it must fail, with this error: what a fault does to the kernel's files" },
	} },
	{ "mkdir", "Makes a folder in the guest, with its parents", NULL, {
		{ "path", ARG_PATH, ARG_REQUIRED | ARG_MAIN, NULL, "guest path" },
	} },
	{ "mount", "Mounts a filesystem", NULL, {
		{ "type", ARG_CHOICE, ARG_REQUIRED, NULL, "filesystem, as in /proc/filesystems", .choices = "ext2|ext3|ext4|xfs|btrfs|bcachefs|f2fs|jfs|nilfs2|vfat|exfat|ntfs3|iso9660|udf|minix|squashfs|erofs|cramfs|romfs|tmpfs|ramfs|devtmpfs|proc|sysfs|debugfs|tracefs|configfs|securityfs|bpf|cgroup|cgroup2|hugetlbfs|mqueue|pstore|overlay|nfs|nfs4|cifs|ceph|9p|virtiofs|fuse|gfs2|ocfs2" },
		{ "target", ARG_PATH, ARG_REQUIRED, NULL, "mount point, made when missing" },
		{ "source", ARG_STRING, 0, "none", "what is mounted: a guest path" },
		{ "device", ARG_DEVICE, 0, NULL, "what is mounted: a device of the case" },
		{ "options", ARG_STRING, 0, NULL, "as after mount -o" },
	} },
	{ "mkfs", "Writes an empty filesystem, made on the host by mke2fs, onto a device", NULL, {
		{ "device", ARG_DEVICE, ARG_REQUIRED | ARG_MAIN, NULL, "device of the case" },
		{ "type", ARG_CHOICE, 0, "ext4", "which", .choices = "ext2|ext3|ext4" },
		{ "size", ARG_SIZE, 0, "16M", "at most as large as the device", 1 << 20, 1LL << 30, 4096 },
		{ "block_size", ARG_CHOICE, 0, "4096", "in bytes", .choices = "1024|2048|4096" },
		{ "features", ARG_STRING, 0, NULL, "as after mke2fs -O: ^has_journal" },
	} },
	{ "mkswap", "Writes a swap signature on a device", NULL, {
		{ "device", ARG_DEVICE, ARG_REQUIRED | ARG_MAIN, NULL, "device of the case" },
	} },
	{ "swapon", "Writes a swap signature unless told not to, and turns swapping on", NULL, {
		{ "device", ARG_DEVICE, ARG_REQUIRED | ARG_MAIN, NULL, "device of the case" },
		{ "mkswap", ARG_BOOL, 0, "true", "write the signature first" },
		{ "priority", ARG_INT, 0, NULL, "the higher is used first", 0, 32767 },
	}, .config = "SWAP" },
	{ "swapoff", "Turns swapping off, which reads everything back", NULL, {
		{ "device", ARG_DEVICE, ARG_REQUIRED | ARG_MAIN, NULL, "device of the case" },
	}, .config = "SWAP" },
	{ "cgroup", "Makes a control group (v2; v1 where the kernel has only that) and sets its files", NULL, {
		{ "name", ARG_NEW_CGROUP, ARG_REQUIRED, NULL, "its name, below the root" },
		{ "*", ARG_STRING, ARG_OPEN, NULL, "memory.max: 40M and the like: a file and its value" },
	}, .config = "CGROUPS" },
	{ "fail_make_request", "Makes block requests fail with EIO", "fail_make_request", {
		{ "device", ARG_DEVICE, ARG_REQUIRED, NULL, "device of the case: its make-it-fail is set" },
		FAULT_ATTR_ARGS,
	}, .config = "FAIL_MAKE_REQUEST|FAULT_INJECTION_DEBUG_FS" },
	{ "fail_io_timeout", "Makes the block layer forget completions, so that requests time out", "fail_io_timeout", {
		{ "device", ARG_DEVICE, ARG_REQUIRED, NULL, "device of the case: its io-timeout-fail is set" },
		FAULT_ATTR_ARGS,
	}, .config = "FAIL_IO_TIMEOUT|FAULT_INJECTION_DEBUG_FS" },
	{ "failslab", "Makes slab allocations fail", "failslab", {
		FAULT_ATTR_ARGS,
		{ "ignore_gfp_wait", ARG_BOOL, 0, NULL, "leave allocations alone that may wait; the kernel's default: true" },
		{ "cache_filter", ARG_BOOL, 0, NULL, "only caches whose /sys/kernel/slab/NAME/failslab is 1" },
		{ "cache", ARG_STRING, 0, NULL, "only this one, as in /sys/kernel/slab" },
	}, .config = "FAILSLAB|FAULT_INJECTION_DEBUG_FS" },
	{ "fail_function", "Makes a function of the kernel return an error", "fail_function", {
		{ "function", ARG_FUNCTION, ARG_REQUIRED | ARG_INJECTABLE, NULL, "one of /sys/kernel/debug/fail_function/injectable: `klab run inventory` has them" },
		{ "retval", ARG_RETVAL, 0, NULL, "what it returns; default: -EINVAL or NULL, as its kind of errors is" },
		FAULT_ATTR_ARGS,
	}, .config = "FAIL_FUNCTION|FAULT_INJECTION_DEBUG_FS" },
	{ "fail_page_alloc", "Makes page allocations fail", "fail_page_alloc", {
		FAULT_ATTR_ARGS,
		{ "ignore_gfp_wait", ARG_BOOL, 0, NULL, "leave allocations alone that may wait; the kernel's default: true" },
		{ "ignore_gfp_highmem", ARG_BOOL, 0, NULL, "leave highmem allocations alone; the kernel's default: true" },
		{ "min_order", ARG_INT, 0, NULL, "only allocations of 2^n pages and more; the kernel's default: 1", 0, 10 },
	}, .config = "FAIL_PAGE_ALLOC|FAULT_INJECTION_DEBUG_FS" },
	{ "fail_usercopy", "Makes copies from and to user space fail", "fail_usercopy", {
		FAULT_ATTR_ARGS,
	}, .config = "FAULT_INJECTION_USERCOPY|FAULT_INJECTION_DEBUG_FS" },
	{ "fail_futex", "Makes futex calls fail", "fail_futex", {
		FAULT_ATTR_ARGS,
		{ "ignore_private", ARG_BOOL, 0, NULL, "leave private futexes alone" },
	}, .config = "FAIL_FUTEX|FAULT_INJECTION_DEBUG_FS" },
	{ "fail_sunrpc", "Makes SunRPC connections break", "fail_sunrpc", {
		FAULT_ATTR_ARGS,
		{ "ignore_client_disconnect", ARG_BOOL, 0, NULL, "leave clients connected" },
		{ "ignore_server_disconnect", ARG_BOOL, 0, NULL, "leave servers connected" },
		{ "ignore_cache_wait", ARG_BOOL, 0, NULL, "leave waits for the cache alone" },
	}, .config = "FAIL_SUNRPC|FAULT_INJECTION_DEBUG_FS" },
	{ "bpf_override", "Makes a function of the kernel return a value, by an eBPF program", "bpf_override", {
		{ "function", ARG_FUNCTION, ARG_REQUIRED | ARG_INJECTABLE, NULL, "one of /sys/kernel/debug/error_injection/list: `klab run inventory` has them" },
		{ "retval", ARG_RETVAL, ARG_REQUIRED, NULL, "what it returns: an error as -EIO, 0 for NULL or 1 for true, as its kind of errors is" },
		{ "force", ARG_BOOL, 0, "false", "another `retval` too: the kernel does not look at it, and callers may not be ready for it" },
		{ "probability", ARG_PERCENT, 0, "100", "how likely a candidate is overridden" },
		{ "interval", ARG_INT, 0, "1", "only every n-th candidate", 1, 1000000000 },
		{ "times", ARG_INT, 0, "-1", "at most so many; -1: no limit", -1, 2147483647 },
		{ "task", ARG_TASK, 0, NULL, "only calls of this task, which runs already" },
		{ "comm", ARG_STRING, 0, NULL, "only calls of tasks with this name, as ps has it" },
		{ "cgroup", ARG_CGROUP, 0, NULL, "only calls of tasks in this group, or below (v2)" },
		{ "errno", ARG_ERRNO, 0, NULL, "it must be refused, with this error: EINVAL for a function outside the list" },
	}, .config = "BPF_KPROBE_OVERRIDE" },
	{ "bpf_object", "Loads a BPF object that you compiled, and attaches its programs as their sections say", "bpf_object", {
		{ "object", ARG_OBJECT, ARG_REQUIRED | ARG_MAIN, NULL, "a file beside the case, as `clang -target bpf -O2 -c` makes it; each program has an account: how often it ran" },
		{ "program", ARG_PROGRAM, 0, NULL, "only this one of its programs" },
		{ "force", ARG_BOOL, 0, "false", "its programs may also return what is no error of the function, or what they compute: nobody looks at it, and callers may not be ready for it" },
	}, .config = "BPF_EVENTS" },
	{ "fail_nth", "Makes one system call fail at each place where a fault could hit it, one after the other", "fail_nth", {
		{ "call", ARG_CHOICE, ARG_REQUIRED, NULL, "the system call", 0, 0, 0,
		  "clone|epoll_create1|eventfd2|futex|memfd_create|mkdirat|mmap|mount|openat|pipe2|ppoll|read|socket|socketpair|write" },
		{ "as", ARG_NEW_TASK, ARG_REQUIRED, NULL, "its name as a task; its result has tried, injected, failed, survived, ENOMEM..., table" },
		{ "source", ARG_SOURCE, 0, NULL, "C file whose call it is, run once for each n; default: a plain call that init makes" },
		{ "args", ARG_WORDS, 0, NULL, "the program's arguments", .needs = "source" },
		{ "at", ARG_INT, 0, "1", "the program's so-manieth such call", 1, 1000000, .needs = "source" },
		{ "cgroup", ARG_CGROUP, 0, NULL, "the group it runs in" },
		{ "from", ARG_INT, 0, "1", "the first place", 1, 1000000 },
		{ "until", ARG_INT, 0, "1000", "done by then, at most 4096 places, or the step fails", 1, 1000000 },
		{ "timeout", ARG_DURATION, 0, "60s", "guest time" },
	}, .config = "FAULT_INJECTION", .results = "tried|injected|done|failed|survived|killed|table|ERRNO" },
	{ "notifier_error", "Makes a notifier refuse what is announced to it", "notifier_error", {
		{ "chain", ARG_CHOICE, ARG_REQUIRED, NULL, "the notifier chain", 0, 0, 0, "memory|netdev|pm",
		  .config = "MEMORY_NOTIFIER_ERROR_INJECT|NETDEV_NOTIFIER_ERROR_INJECT|PM_NOTIFIER_ERROR_INJECT" },
		{ "action", ARG_STRING, ARG_REQUIRED, NULL, "its name, such as NETDEV_CHANGEMTU: below CHAIN/actions of notifier-error-inject in debugfs; `klab run inventory` has them" },
		{ "error", ARG_RETVAL, 0, "-EINVAL", "what it says", -4095, -1 },
	}, .config = "NOTIFIER_ERROR_INJECTION" },
	{ "cpu_hotplug_fail", "Makes a processor fail once on its way up or down", "cpu_hotplug_fail", {
		{ "cpu", ARG_INT, ARG_REQUIRED, NULL, "its number", 0, 8191 },
		{ "state", ARG_STRING, ARG_REQUIRED, NULL, "where: a name or number of /sys/devices/system/cpu/hotplug/states" },
	}, .config = "HOTPLUG_CPU" },
	{ "disarm", "Disarms a fault and closes its account", NULL, {
		{ "fault", ARG_FAULT, ARG_REQUIRED | ARG_MAIN, NULL, "its name, as in `injected:`" },
		{ "device", ARG_DEVICE, 0, NULL, "only on this device" },
		{ "function", ARG_STRING, 0, NULL, "only on this function" },
	} },
	{ "scsi_debug", "Adds a SCSI disk in guest memory", "scsi_debug", {
		{ "size", ARG_SIZE, ARG_REQUIRED | ARG_SAME, NULL, "a multiple of 1M; all scsi_debug disks of a boot share it",
		  1 << 20, 1LL << 34, 1 << 20 },
		{ "as", ARG_NEW_DEVICE, ARG_REQUIRED, NULL, "the device's name in this case" },
		{ "delay", ARG_INT, ARG_SAME, "0", "jiffies before a command completes; 0: at once, -1: by a work queue", -1, 1000000 },
		SCSI_DEBUG_ARGS,
		{ "*", ARG_STRING, ARG_OPEN, NULL, "further attributes of the driver, set at boot for all its disks: sector_size: 4096",
		  .choices = SCSI_DEBUG_SHAPE },
	}, .config = "SCSI_DEBUG|BLK_DEV_SD" },
	{ "scsi_debug_set", "Changes what scsi_debug does while its disks are in use: all of them", "scsi_debug", {
		SCSI_DEBUG_ARGS,
		{ "delay", ARG_INT, 0, NULL, "jiffies before a command completes; 0: at once, -1: by a work queue", -1, 1000000 },
		{ "virtual_gb", ARG_INT, 0, NULL, "capacity that the disks say they have; 0: that of `size`", 0, 1 << 20 },
		{ "wp", ARG_BOOL, 0, NULL, "write protected" },
		{ "fake_rw", ARG_BOOL, 0, NULL, "reads and writes are done without touching the store" },
		{ "random", ARG_BOOL, 0, NULL, "delays are random, up to those that are set" },
	}, .config = "SCSI_DEBUG" },
	{ "virtio_disk", "Adds a disk whose image is a file of the run, with errors that QEMU makes", "virtio_disk", {
		{ "size", ARG_SIZE, ARG_REQUIRED, NULL, "how large it is; only what is written takes room on the host",
		  1 << 20, 1LL << 34, 512 },
		{ "as", ARG_NEW_DEVICE, ARG_REQUIRED, NULL, "the device's name in this case" },
		{ "format", ARG_CHOICE, 0, "raw", "of the image", .choices = "raw|qcow2" },
		{ "errors", ARG_RULES, ARG_ARMS, NULL, "which requests fail, from the start", .fields = virtio_disk_errors },
		{ "iops", ARG_INT, 0, NULL, "at most so many requests a second, of host time", 1, 1000000 },
		{ "bps", ARG_SIZE, 0, NULL, "at most so many bytes a second, of host time", 512, 1LL << 40 },
	}, "its image is a file of the host, which completes requests in host time; scsi_debug, null_blk, brd and zram are in guest memory", .config = "VIRTIO_BLK|VIRTIO_PCI" },
	{ "null_blk", "Adds a disk of guest memory, or of none, with exact timing", "null_blk", {
		{ "size", ARG_SIZE, ARG_REQUIRED, NULL, "a multiple of 1M", 1 << 20, 1LL << 44, 1 << 20 },
		{ "as", ARG_NEW_DEVICE, ARG_REQUIRED, NULL, "the device's name in this case" },
		{ "memory_backed", ARG_BOOL, 0, "true", "it keeps what is written; false: it forgets it, and reads are zeroes" },
		{ "blocksize", ARG_SIZE, 0, NULL, "of a block; the driver's default: 512", 512, 4096, 512 },
		{ "irqmode", ARG_CHOICE, 0, NULL, "how requests complete; the driver's default: softirq", .choices = "none|softirq|timer" },
		{ "completion_nsec", ARG_INT, 0, NULL, "with irqmode timer: nanoseconds before a request completes", 0, 1000000000 },
		{ "queue_mode", ARG_CHOICE, 0, NULL, "bios, or requests; the driver's default: mq", .choices = "bio|mq" },
		{ "submit_queues", ARG_INT, 0, NULL, "hardware queues", 1, 64 },
		{ "hw_queue_depth", ARG_INT, 0, NULL, "requests in one of them", 1, 10240 },
		{ "mbps", ARG_INT, 0, NULL, "at most so many MiB in a second", 1, 1000000 },
		{ "discard", ARG_BOOL, 0, NULL, "discards free what was written" },
		{ "cache_size", ARG_INT, 0, NULL, "MiB of a write-back cache, so that it needs flushes", 1, 65536 },
		{ "bad", ARG_RULES, ARG_ARMS, NULL, "blocks that cannot be read nor written", .fields = null_blk_bad },
		{ "timeout_nth", ARG_INT, ARG_ARMS | ARG_SAME, NULL, "every n-th request of all null_blk disks is never answered", 1, 1000000000,
		  .config = "BLK_DEV_NULL_BLK_FAULT_INJECTION" },
		{ "requeue_nth", ARG_INT, ARG_ARMS | ARG_SAME, NULL, "every n-th request of all null_blk disks goes back into its queue", 1, 1000000000,
		  .config = "BLK_DEV_NULL_BLK_FAULT_INJECTION" },
		{ "init_hctx_nth", ARG_INT, ARG_SAME, NULL, "every n-th hardware queue of all null_blk disks cannot be set up", 1, 1000000000,
		  .config = "BLK_DEV_NULL_BLK_FAULT_INJECTION" },
		{ "errno", ARG_ERRNO, 0, NULL, "making the disk must fail, with this error: ENOMEM without a queue" },
	}, .config = "BLK_DEV_NULL_BLK|CONFIGFS_FS" },
	{ "brd", "Adds a disk of guest memory without a driver's tricks", NULL, {
		{ "size", ARG_SIZE, ARG_REQUIRED | ARG_SAME, NULL, "all brd disks of a boot share it", 4096, 1LL << 34, 4096 },
		{ "as", ARG_NEW_DEVICE, ARG_REQUIRED, NULL, "the device's name in this case" },
	}, .config = "BLK_DEV_RAM" },
	{ "zram", "Adds a disk of compressed guest memory", NULL, {
		{ "size", ARG_SIZE, ARG_REQUIRED, NULL, "before compression", 4096, 1LL << 40, 4096 },
		{ "as", ARG_NEW_DEVICE, ARG_REQUIRED, NULL, "the device's name in this case; /sys/block/{NAME}/mm_stat has its numbers" },
		{ "algorithm", ARG_CHOICE, 0, NULL, "as in its comp_algorithm; the kernel's default without it", .choices = "lzo|lzo-rle|lz4|lz4hc|zstd|deflate|842" },
		{ "limit", ARG_SIZE, 0, NULL, "at most so much memory", 4096, 1LL << 40 },
	}, .config = "ZRAM" },
	{ "loop", "Adds a disk over a file of the guest", NULL, {
		{ "size", ARG_SIZE, 0, NULL, "the file is made so long; without it, as it is", 512, 1LL << 40, 512 },
		{ "as", ARG_NEW_DEVICE, ARG_REQUIRED, NULL, "the device's name in this case" },
		{ "file", ARG_PATH, 0, NULL, "guest path; a file in guest memory without it" },
		{ "direct_io", ARG_BOOL, 0, "false", "past the page cache of the file, where its filesystem can" },
	}, .config = "BLK_DEV_LOOP" },
	{ "partition", "Makes a part of a disk a device of its own, without a partition table", NULL, {
		{ "device", ARG_DEVICE, ARG_REQUIRED, NULL, "a whole disk of the case" },
		{ "as", ARG_NEW_DEVICE, ARG_REQUIRED, NULL, "the partition's name in this case" },
		{ "from", ARG_SIZE, ARG_REQUIRED, NULL, "where it begins, in bytes", 0, 1LL << 40, 512 },
		{ "length", ARG_SIZE, ARG_REQUIRED, NULL, "how long it is", 512, 1LL << 40, 512 },
	} },
	{ "dm", "Makes a mapped device of a table", NULL, {
		{ "as", ARG_NEW_DEVICE, ARG_REQUIRED, NULL, "the device's name in this case, and in the kernel" },
		{ "table", ARG_TEXTS, ARG_REQUIRED, NULL, "lines as dmsetup has them, in sectors: `0 32768 linear /dev/{disk} 0`" },
	}, .config = "BLK_DEV_DM" },
	{ "dm_table", "Gives a mapped device another table while it is in use", "dm_table", {
		{ "device", ARG_DEVICE, ARG_REQUIRED, NULL, "mapped device of the case" },
		{ "table", ARG_TEXTS, ARG_REQUIRED, NULL, "its lines, as in dm" },
		{ "fails", ARG_BOOL, ARG_ARMS, "false", "this table is a fault, ended by the next one: the device's failed bios are counted" },
	}, .config = "BLK_DEV_DM" },
	{ "dm_message", "Sends messages to a mapped device: dm-dust's addbadblock, enable, clearbadblocks...", NULL, {
		{ "device", ARG_DEVICE, ARG_REQUIRED, NULL, "mapped device of the case" },
		{ "message", ARG_TEXTS, ARG_REQUIRED, NULL, "one or several, in turn; for answers take a snapshot of dm:NAME/MESSAGE" },
	}, .config = "BLK_DEV_DM" },
	{ "dm_dust", "A mapped device with bad blocks, which fail to be read until they are written", "dm_dust", {
		{ "device", ARG_DEVICE, ARG_REQUIRED, NULL, "the device below" },
		{ "as", ARG_NEW_DEVICE, ARG_REQUIRED, NULL, "the device's name in this case" },
		{ "block_size", ARG_SIZE, 0, "512", "of a block, a power of two", 512, 1 << 30, 512 },
		{ "bad", ARG_NUMBERS, 0, NULL, "bad blocks, by number; FROM..TO: all of them", 0, 1LL << 40 },
		{ "write_fails", ARG_INT, 0, "0", "how many writes to each of them fail before one heals it", 0, 255 },
		{ "enabled", ARG_BOOL, ARG_ARMS, "true", "they are bad from now on; false: with the message `enable`" },
		{ "quiet", ARG_BOOL, 0, "false", "say nothing of each block that is added or healed" },
	}, .config = "DM_DUST" },
	{ "dm_flakey", "A mapped device that is good for a while and bad for a while", "dm_flakey", {
		{ "device", ARG_DEVICE, ARG_REQUIRED, NULL, "the device below" },
		{ "as", ARG_NEW_DEVICE, ARG_REQUIRED, NULL, "the device's name in this case" },
		{ "up", ARG_DURATION, 0, "0s", "how long it is good, in whole seconds", 0, 0, 1000 },
		{ "down", ARG_DURATION, 0, "1s", "how long it is bad then, in whole seconds", 0, 0, 1000 },
		{ "features", ARG_FLAGS, 0, NULL, "what happens while it is bad; all requests fail without any",
		  .choices = "drop_writes|error_writes|error_reads" },
		{ "corrupt_byte", ARG_INT, 0, NULL, "overwrite this byte of a request's data, from 1", 1, 1 << 20 },
		{ "corrupt_on", ARG_CHOICE, 0, "read", "of these requests", .choices = "read|write", .needs = "corrupt_byte" },
		{ "corrupt_value", ARG_INT, 0, "0", "with this value", 0, 255, .needs = "corrupt_byte" },
		{ "corrupt_flags", ARG_INT, 0, "0", "only of bios with all of these flags", 0, 2147483647, .needs = "corrupt_byte" },
	}, .config = "DM_FLAKEY" },
	{ "dm_delay", "A mapped device whose requests wait", "dm_delay", {
		{ "device", ARG_DEVICE, ARG_REQUIRED, NULL, "the device below" },
		{ "as", ARG_NEW_DEVICE, ARG_REQUIRED, NULL, "the device's name in this case" },
		{ "read", ARG_DURATION, 0, "0ms", "so long before a read" },
		{ "write", ARG_DURATION, 0, "0ms", "before a write" },
		{ "flush", ARG_DURATION, 0, "0ms", "before a flush" },
	}, .config = "DM_DELAY" },
	{ "dm_error", "A mapped device that fails every request, or those to a part of it", "dm_error", {
		{ "device", ARG_DEVICE, ARG_REQUIRED, NULL, "the device below, which has its size and all that does not fail" },
		{ "as", ARG_NEW_DEVICE, ARG_REQUIRED, NULL, "the device's name in this case" },
		{ "from", ARG_SIZE, 0, "0", "where the part that fails begins, in bytes", 0, 1LL << 40, 512 },
		{ "length", ARG_SIZE, 0, NULL, "how long it is; to the end without it", 512, 1LL << 40, 512 },
	}, .config = "BLK_DEV_DM" },
	{ "memhog", "Starts a task that writes a pattern into every page of a mapping, and reads it back", NULL, {
		{ "size", ARG_SIZE, ARG_REQUIRED, NULL, "how much", 4096, 1LL << 40 },
		{ "as", ARG_NEW_TASK, ARG_REQUIRED, NULL, "the task's name in this case" },
		{ "cgroup", ARG_CGROUP, 0, NULL, "the group it starts in" },
		{ "mode", ARG_CHOICE, 0, "private", "private or shared (in the page cache) anonymous memory", .choices = "private|shared" },
		{ "file", ARG_PATH, 0, NULL, "instead: a file, made when missing, or device (/dev/{disk}) that is mapped shared" },
		{ "rounds", ARG_INT, 0, "1", "how often all of it is written and verified", 1, 1000000 },
		{ "for", ARG_DURATION, 0, NULL, "instead: rounds go on for so long, one at the least" },
		{ "reread", ARG_BOOL, 0, "true", "each round reads all of it back; false: only a `verify` step does" },
		{ "hold", ARG_BOOL, 0, "false", "stay, with the memory mapped, until killed; `verify` reads it again" },
		{ "code", ARG_PATH, 0, NULL, "a file or device for pages of code: one of them is called before each page that is written, so that the task has text on a disk" },
		{ "code_pages", ARG_INT, 0, "1", "how many of them, in turn", 1, 1000000, .needs = "code" },
	},
	  .results = "pages|pages_written|pages_verified|pages_wrong|pages_stale|first_wrong|rounds|map_errno|write_us|write_kib_per_s|verify_us|verify_kib_per_s|rereads|reread_wrong|reread_us|code_calls|code_wrong|signal|si_code|si_address|si_page",
	  .exits = "0: all of it was done|1: pages were wrong|2: it got no memory" },
	{ "verify", "Has a memhog that holds read all of its memory again; one that dies of it is no failed step", NULL, {
		{ "task", ARG_TASK, ARG_REQUIRED | ARG_MAIN, NULL, "task of the case, once it has written all" },
		{ "timeout", ARG_DURATION, 0, "60s", "guest time" },
	} },
	{ "io", "Starts a task that writes or reads a file or device, and tells of the error of each call", NULL, {
		{ "as", ARG_NEW_TASK, ARG_REQUIRED, NULL, "the task's name in this case" },
		{ "path", ARG_PATH, ARG_ONE_OF | ARG_ONLY_ONE, NULL, "a file, made when it is written; {disk} as in write" },
		{ "device", ARG_DEVICE, ARG_ONE_OF | ARG_ONLY_ONE, NULL, "or a device of the case" },
		{ "rw", ARG_CHOICE, ARG_REQUIRED, NULL, "write or read", .choices = "write|read" },
		{ "mode", ARG_CHOICE, 0, "buffered", "buffered, direct (O_DIRECT), sync (O_SYNC), or mmap", .choices = "buffered|direct|sync|mmap" },
		{ "size", ARG_SIZE, ARG_REQUIRED, NULL, "how much, a multiple of 4k", 4096, 1LL << 40, 4096 },
		{ "block", ARG_SIZE, 0, "64k", "of one call, at most the size, a multiple of 4k", 4096, 1 << 24, 4096 },
		{ "offset", ARG_SIZE, 0, "0", "where it starts, a multiple of 4k", 0, 1LL << 40, 4096 },
		{ "fsync", ARG_BOOL, 0, "false", "fsync, or msync, after each round" },
		{ "verify", ARG_BOOL, 0, "false", "read: count pages that do not hold what an io step wrote there in its first round" },
		{ "drop", ARG_BOOL, 0, "false", "read: drop the file from the page cache first" },
		{ "rounds", ARG_INT, 0, "1", "how often all of it is done", 1, 1000000 },
		{ "for", ARG_DURATION, 0, NULL, "instead: rounds go on for so long, one at the least" },
		{ "cgroup", ARG_CGROUP, 0, NULL, "the group it starts in" },
	},
	  .results = "calls|errors|shorts|bytes|pages_wrong|open_error|call_error|first_error_at|sync_error|close_error|rounds|us|kib_per_s|signal|si_code|si_address",
	  .exits = "0: all of it was done|1: pages were wrong|3: an error or less than was asked for" },
	{ "forks", "Starts a task that forks children, as many at a time as it may", NULL, {
		{ "as", ARG_NEW_TASK, ARG_REQUIRED, NULL, "the task's name in this case" },
		{ "count", ARG_INT, ARG_REQUIRED, NULL, "how often it forks", 1, 10000000 },
		{ "parallel", ARG_INT, 0, "16", "how many children there are at a time", 1, 4096 },
		{ "size", ARG_SIZE, 0, "0", "memory that each child writes", 0, 1LL << 32 },
		{ "hold", ARG_DURATION, 0, "0", "how long each child stays then" },
		{ "cgroup", ARG_CGROUP, 0, NULL, "the group it starts in" },
	},
	  .results = "forks|errors|error|children_failed|most_at_once|us|forks_per_s",
	  .exits = "0: all of it was done|3: a fork failed or a child was killed" },
	{ "coredump", "Kills a task so that it dumps core, and looks into the core", NULL, {
		{ "task", ARG_TASK, ARG_REQUIRED | ARG_MAIN, NULL, "task of the case" },
		{ "path", ARG_PATH, 0, "/tmp/core", "where the core goes, on a filesystem with room for it" },
		{ "signal", ARG_SIGNAL, 0, "SIGABRT", "one that dumps core" },
		{ "timeout", ARG_DURATION, 0, "60s", "guest time until the task has ended" },
	}, .config = "COREDUMP|ELF_CORE",
	  .results = "core_error|core_bytes|core_expected_bytes|core_complete|core_pages_right|core_pages_zero|core_pages_wrong|core_pages_missing|core_us" },
	{ "wait", "Waits for a task; still not there at the timeout is a failed step", NULL, {
		{ "task", ARG_TASK, ARG_REQUIRED | ARG_MAIN, NULL, "task of the case" },
		{ "until", ARG_CHOICE, 0, "end", "until it ends, or (a memhog) holds its memory", .choices = "end|holding" },
		{ "timeout", ARG_DURATION, 0, "60s", "guest time" },
	} },
	{ "sleep", "Lets guest time pass", NULL, {
		{ "for", ARG_DURATION, ARG_REQUIRED | ARG_MAIN, NULL, "how long" },
	} },
	{ "kill", "Sends a signal to a task", NULL, {
		{ "task", ARG_TASK, ARG_REQUIRED | ARG_MAIN, NULL, "task of the case" },
		{ "signal", ARG_SIGNAL, 0, "SIGTERM", "its name or number" },
	} },
	{ "snapshot", "Takes the content of files into the run", NULL, {
		{ "files", ARG_PATHS, ARG_REQUIRED | ARG_MAIN, NULL, "guest paths, {disk} as in write; cgroup:NAME/FILE for a group's file; dm:NAME/status, /table or /MESSAGE for a mapped device's answer" },
		{ "label", ARG_STRING, 0, "{step}", "tells one snapshot from another; default: the step's index" },
		{ "optional", ARG_BOOL, 0, "false", "a file that is missing or cannot be read is told; else it makes the run broken" },
	} },
	{ "sample", "From here on takes the content of files again and again, whenever init waits", NULL, {
		{ "files", ARG_PATHS, ARG_REQUIRED | ARG_MAIN, NULL, "as in snapshot" },
		{ "label", ARG_STRING, 0, "{step}", "tells them from other snapshots; default: the step's index" },
		{ "every", ARG_DURATION, 0, "100ms", "guest time from one sample to the next" },
		{ "count", ARG_INT, 0, "100", "at most so many; the first is taken at once", 1, 10000 },
		{ "optional", ARG_BOOL, 0, "false", "as in snapshot" },
	} },
	{ "run", "Compiles a C file static, and runs it in the guest", NULL, {
		{ "source", ARG_SOURCE, ARG_REQUIRED | ARG_MAIN, NULL, "C file, beside the case" },
		{ "args", ARG_WORDS, 0, NULL, "its arguments" },
		{ "as", ARG_NEW_TASK, 0, NULL, "run it beside the next steps, under this name" },
		{ "cgroup", ARG_CGROUP, 0, NULL, "the group it starts in" },
		{ "timeout", ARG_DURATION, 0, "60s", "guest time, when it has no `as`" },
	} },
	{ "sh", "Runs a script with busybox sh; an exit status but 0 is a failed step", NULL, {
		{ "script", ARG_SCRIPT, ARG_REQUIRED | ARG_MAIN, NULL, "the script; its output is taken into the run" },
		{ "as", ARG_NEW_TASK, 0, NULL, "run it beside the next steps, under this name" },
		{ "cgroup", ARG_CGROUP, 0, NULL, "the group it starts in" },
		{ "timeout", ARG_DURATION, 0, "60s", "guest time, when it has no `as`" },
	} },
	{ "iscsi", "Serves a device as an iSCSI target on lo and logs in to it: a further disk", NULL, {
		{ "device", ARG_DEVICE, ARG_REQUIRED, NULL, "device of the case, behind the target" },
		{ "as", ARG_NEW_DEVICE, ARG_REQUIRED, NULL, "the new disk's name in this case" },
		{ "timeout", ARG_DURATION, 0, "10s", "for a command, in whole seconds", 1000, 3600000 },
		{ "recovery", ARG_DURATION, 0, "5s", "for a broken session to come back before its commands fail, in whole seconds", 1000, 3600000 },
		{ "noop", ARG_DURATION, 0, "5s", "of silence before the initiator asks whether the target lives, and for the answer, in whole seconds; 0: it does not ask", 0, 3600000 },
		{ "relogin", ARG_BOOL, 0, "true", "log in again when the connection broke" },
	}, .config = "ISCSI_TARGET|TCM_IBLOCK|ISCSI_TCP" },
	{ "net_up", "Brings a network interface up, as netem, ping and tcp_transfer do with theirs", NULL, {
		{ "interface", ARG_INTERFACE, ARG_MAIN, "lo", "as the kernel names it: lo, dummy0" },
		{ "address", ARG_SUBNET, 0, NULL, "what it is to have, such as 10.0.0.1/24; lo has its own" },
	}, .config = "INET" },
	{ "netem", "Delays, loses, duplicates, corrupts, reorders what leaves by an interface", "netem", {
		{ "interface", ARG_INTERFACE, 0, "lo", "as the kernel names it; a second step for it changes all of the first" },
		{ "delay", ARG_DURATION, ARG_ONE_OF, NULL, "of each packet", 0, 3600000 },
		{ "jitter", ARG_DURATION, 0, NULL, "at most so much more or less delay (normal, pareto: the standard deviation)",
		  0, 2000, .needs = "delay" },
		{ "distribution", ARG_CHOICE, 0, NULL, "of the jitter; uniform when not said",
		  .choices = "uniform|normal|pareto", .needs = "jitter" },
		{ "loss", ARG_PPM, ARG_ONE_OF, NULL, "how many packets are lost" },
		{ "duplicate", ARG_PPM, ARG_ONE_OF, NULL, "how many are sent twice" },
		{ "corrupt", ARG_PPM, ARG_ONE_OF, NULL, "in how many one bit is wrong" },
		{ "reorder", ARG_PPM, ARG_ONE_OF, NULL, "how many are sent at once, before those that wait", .needs = "delay" },
		{ "gap", ARG_INT, 0, NULL, "only each n-th packet is a candidate for that", 1, 1000000000, .needs = "reorder" },
		{ "limit", ARG_INT, 0, "1000", "packets that can wait; those beyond are lost", 1, 1000000000 },
		{ "rate", ARG_SIZE, ARG_ONE_OF, NULL, "bytes in a second", 1, 4294967295 },
		{ "slot", ARG_DURATION, ARG_ONE_OF, NULL, "packets leave together, so far apart", 1, 3600000 },
	}, .config = "NET_SCH_NETEM" },
	{ "ping", "Starts a task that sends ICMP echo requests and takes the time of the replies", NULL, {
		{ "as", ARG_NEW_TASK, ARG_REQUIRED, NULL, "the task's name in this case" },
		{ "address", ARG_ADDRESS, 0, "127.0.0.1", "who is asked" },
		{ "count", ARG_INT, 0, "10", "requests", 1, 1000000 },
		{ "interval", ARG_DURATION, 0, "100ms", "between requests; 0: none", 0, 3600000 },
		{ "size", ARG_SIZE, 0, "56", "bytes of content", 16, 65000 },
		{ "timeout", ARG_DURATION, 0, "5s", "for replies, after the last request", 1, 3600000 },
		{ "cgroup", ARG_CGROUP, 0, NULL, "the group it starts in" },
	}, .config = "INET",
	  .results = "sent|received|lost|duplicates|corrupted|reordered|send_errors|send_errno|rtt_min_us|rtt_avg_us|rtt_max_us",
	  .exits = "0: all requests were sent, also when replies were lost|2: it got no memory" },
	{ "tcp_transfer", "Starts a task that sends bytes to itself by TCP over lo, and takes the time", NULL, {
		{ "as", ARG_NEW_TASK, ARG_REQUIRED, NULL, "the task's name in this case" },
		{ "size", ARG_SIZE, 0, "1M", "how much", 1, 1LL << 40 },
		{ "timeout", ARG_DURATION, 0, "60s", "for all of it; the result says what got through", 1, 3600000 },
		{ "cgroup", ARG_CGROUP, 0, NULL, "the group it starts in" },
	}, .config = "INET",
	  .results = "sent_bytes|received_bytes|elapsed_us|kib_per_s|retransmits|errno",
	  .exits = "0: all of it arrived|1: not all in time|2: an error" },
	{ "checkpoint", "Where `klab run --from-snapshot` makes its snapshot: what stands before is done once, each run goes on from here; else nothing is done", NULL, { { NULL } }, .once = 1 },
	{ "sysrq", "Sends keys to /proc/sysrq-trigger", NULL, {
		{ "keys", ARG_STRING, ARG_REQUIRED | ARG_MAIN, NULL, "one or more letters, in turn" },
	}, .config = "MAGIC_SYSRQ" },
};

#endif
