// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Functions that are never the guilty one: they do what their caller asked for,
 * or they are the reporting itself. Matched anywhere in the name unless
 * anchored by ^ or $.
 */
#include <pthread.h>
#include <string.h>

#include "report/internal.h"

/* Unanchored names, at least four letters each: looked up all at once. */
static const char *const anywhere[] = {
	/* The reporting itself. */
	"__sanitizer",
	"__asan",
	"kasan",
	"hwasan",
	"__msan",
	"kmsan",
	"kcsan_setup_watchpoint",
	"check_memory_region",
	"print_address_description",
	"print_report",
	"print_usage_bug",
	"valid_state",
	"print_unlock",
	"print_tainted",
	"imbalance_bug",
	"panic",
	"report_bug",
	"fixup_bug",
	"show_stack",
	"dump_stack",
	"walk_stack",
	"dump_backtrace",
	"arch_stack_walk",
	"stack_trace_save",
	"stack_trace_consume_entry",
	"warn_slowpath",
	"warn_alloc",
	"warn_bogus",
	"__warn",
	"__fortify_report",
	"assertfail",
	"_once_size_nocheck",
	"_once_word_nocheck",
	"read_word_at_a_time",
	/* Traps and faults on the way into it. */
	"invalid_op",
	"do_error",
	"do_trap",
	"program_check_exception",
	"program_check_common",
	"do_kernel_fault",
	"do_translation_fault",
	"do_mem_abort",
	"el1_abort",
	"el1h_64_sync",
	"_indirect_thunk_",
	"might_fault",
	"might_sleep",
	"__might_resched",
	"perf_trace",
	/* Allocators: they fail, or find, what others did. */
	"alloc_page",
	"malloc",
	"zalloc",
	"calloc",
	"krealloc",
	"kmem_cache",
	"allocate_slab",
	"__alloc_frozen_pages_noprof",
	"slab_",
	"check_heap_object",
	"check_object",
	"kfree_skb",
	"ida_free",
	"ref_tracker",
	"__phys_addr",
	"memdup",
	"strdup",
	"strndup",
	/* The page cache, as far as it only looks things up. */
	"folio_alloc",
	"folio_unlock",
	"filemap_alloc_folio",
	"__filemap_get_folio",
	"find_or_create_page",
	"do_read_cache_folio",
	"read_cache_page",
	"pagecache_get_page",
	"grab_cache_page_write_begin",
	"find_lock_entries",
	"truncate_inode_pages_range",
	"truncate_inode_folio",
	"truncate_inode_partial_folio",
	"truncate_cleanup_folio",
	"folio_invalidate",
	"iomap_invalidate_folio",
	"ifs_free",
	"mark_buffer_dirty",
	/* Locks and their checker. */
	"lockdep",
	"lock_acquire",
	"lock_release",
	"lock_class",
	"mark_lock",
	"mark_held_locks",
	"reacquire_held_locks",
	"raw_spin_rq",
	"spin_lock",
	"spin_trylock",
	"spin_unlock",
	"read_lock",
	"read_trylock",
	"read_unlock",
	"write_lock",
	"write_trylock",
	"write_unlock",
	"down_read",
	"down_write",
	"down_trylock",
	"up_read",
	"up_write",
	"lock_sock",
	"release_sock",
	"owner_on_cpu",
	"osq_lock",
	"osq_unlock",
	"bh_enable",
	"bh_disable",
	"trace_hardirq",
	"trace_softirq",
	"seqprop_assert",
	"cleanup_srcu_struct",
	/* Waking and waiting. */
	"__wake_up",
	"finish_wait",
	"wait_for_completion",
	"kthread_stop",
	/* Timers and work: whoever armed or waits is meant. */
	"debug_object",
	"timer_is_static_object",
	"work_is_static_object",
	"del_timer",
	"lock_timer_base",
	"__timer_delete_sync",
	"__mod_timer",
	"sk_stop_timer_sync",
	"flush_work",
	"flush_workqueue",
	"__cancel_work_timer",
	"cancel_work_sync",
	"try_to_grab_pending",
	"drain_workqueue",
	"destroy_workqueue",
	"queue_work",
	"insert_work",
	"__queue_delayed_work",
	"queue_delayed_work_on",
	/* Atomics and bits. */
	"atomic_dec",
	"atomic_inc",
	"atomic_read",
	"atomic_set",
	"atomic_or",
	"atomic_xor",
	"atomic_and",
	"atomic_add",
	"atomic_sub",
	"atomic_fetch",
	"atomic_xchg",
	"atomic_cmpxchg",
	"atomic_try",
	"atomic64_dec",
	"atomic64_inc",
	"atomic64_read",
	"atomic64_set",
	"atomic64_or",
	"atomic64_xor",
	"atomic64_and",
	"atomic64_add",
	"atomic64_sub",
	"atomic64_fetch",
	"atomic64_xchg",
	"atomic64_cmpxchg",
	"atomic64_try",
	"set_bit",
	"clear_bit",
	"change_bit",
	"test_bit",
	/* Memory, strings, user copies. */
	"memcpy",
	"memcmp",
	"memset",
	"memchr",
	"memmove",
	"strcmp",
	"strncmp",
	"strcpy",
	"strlcpy",
	"strncpy",
	"strscpy",
	"strlen",
	"strstr",
	"strnstr",
	"strnlen",
	"strchr",
	"string",
	"pointer",
	"copy_to_user",
	"copy_from_user",
	"copy_to_iter",
	"copy_from_iter",
	"copy_page_to_iter",
	"copy_page_from_iter",
	"copy_folio_to_iter",
	"put_user",
	"get_user",
	"extract_user_to_sg",
	"extract_iter_to_sg",
	"hex_dump_to_buffer",
	"print_hex_dump",
	"crc_itu_t",
	"logic_in",
	"logic_out",
	/* Lists, trees, tables. */
	"list_add",
	"list_del",
	"list_replace",
	"list_move",
	"list_splice",
	"xas_start",
	"xas_load",
	"xas_find",
	"rhashtable_lookup",
	/* Printing. */
	"snprintf",
	"scnprintf",
	"kasprintf",
	"kvasprintf",
	"printk",
	"va_format",
	"dev_info",
	"dev_notice",
	"dev_warn",
	"dev_err",
	"dev_alert",
	"dev_crit",
	"dev_emerg",
	/* The driver core and what tears devices down. */
	"kobject_",
	"add_uevent_var",
	"get_device_parent",
	"device_add",
	"device_del",
	"device_unregister",
	"device_destroy",
	"device_release",
	"devres_release_all",
	"device_for_each_child",
	"device_remove_file",
	"hwrng_unregister",
	"i2c_del_adapter",
	"__unregister_client",
	"rollback_registered",
	"unregister_netdev",
	"sysfs_remove",
	"tty_unregister_device",
	"dummy_urb_enqueue",
	"usb_kill_urb",
	"usb_kill_anchored_urbs",
	"usb_control_msg",
	"usb_hcd_submit_urb",
	"usb_submit_urb",
	/* References to inodes and dentries. */
	"drop_nlink",
	"dput",
};

static const char *const anchored[] = {
	"_trap$",  "^down$",   "^mutex_",    "^__mutex_",    "^rt_mutex_",  "^refcount_",
	"^kref_",  "^rb_",     "^__rb_",     "^copyin$",     "^copyout$",   "^complete$",
	"^kfree$", "^kvfree$", "readb$",     "readw$",	     "readl$",	    "readq$",
	"writeb$", "writew$",  "writel$",    "writeq$",	     "^crc4",	    "^crc7",
	"^crc8",   "^crc16",   "^crc32",     "^crc64",	     "^iput$",	    "^iput_final$",
	"^ihold$", "^klist_",  "^lock_page", "^unlock_page", "^get_taint$", "^put_device$",
	NULL,
};

static struct scanner *scanner;

static void make_scanner(void)
{
	scanner = scanner_new(anywhere, ARRAY_SIZE(anywhere));
}

bool symbol_matches(struct span symbol, const char *pattern)
{
	bool start = *pattern == '^', end;
	size_t n = strlen(pattern += start);

	end = n && pattern[n - 1] == '$';
	n -= end;
	if (n > symbol.n)
		return false;
	if (start)
		return (!end || n == symbol.n) && memcmp(symbol.p, pattern, n) == 0;
	if (end)
		return memcmp(symbol.p + symbol.n - n, pattern, n) == 0;
	return memmem(symbol.p, symbol.n, pattern, n) != NULL;
}

bool plumbing_is(struct span symbol, const char *const *more)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const char *at;

	pthread_once(&once, make_scanner);
	if (scanner_find(scanner, symbol.p, symbol.p + symbol.n, &at) >= 0)
		return true;
	for (const char *const *p = anchored; *p; p++)
		if (symbol_matches(symbol, *p))
			return true;
	for (const char *const *p = more; p && *p; p++)
		if (symbol_matches(symbol, *p))
			return true;
	return false;
}

/*
 * How system calls are wrapped (include/linux/syscalls.h and the architectures'
 * asm/syscall_wrapper.h): the title names the call, whatever the architecture.
 */
const char *const symbol_prefixes[] = {
	"SYSC_",	"SyS_",	       "sys_",	 "__x64_", "__ia32_",	"__arm64_",
	"____sys_",	"___sys_",     "__sys_", "__se_",  "__se_sys_", "__do_sys_",
	"compat_SYSC_", "compat_SyS_", "ksys_",	 NULL,
};

void symbol_strip(struct span symbol, char *out, size_t size)
{
	size_t longest = 0;

	for (const char *const *p = symbol_prefixes; *p; p++)
		if (span_starts(symbol, *p) && strlen(*p) > longest)
			longest = strlen(*p);
	symbol = span_after(symbol, longest);
	if (symbol.n >= size)
		symbol.n = size - 1;
	memcpy(out, symbol.p, symbol.n);
	out[symbol.n] = '\0';
}
