// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What opens a report. A header is the literal that finds the line; its formats
 * (formats-*.c, one a way the kernel words it) say what the report is called,
 * of what kind it is, and how its guilty frame is found. Titles are the ones
 * that syzbot gives, so that a title finds the bug's history on the lists.
 *
 * To add a kind of report: a row in the header table here when a new literal
 * opens it, and a row in a format table.
 */
#include <pthread.h>
#include <string.h>

#include "report/internal.h"

const struct policy policy_ip_trace = { .steps = { STEP_IP, STEP_TRACE_HEADER, STEP_STACK } };
const struct policy policy_trace = { .steps = { STEP_TRACE_HEADER, STEP_STACK } };
const struct policy policy_ip = { .steps = { STEP_IP } };

static const char *const ignore_bug[] = {
	"DEBUG:|xlog_status:",
	"BUG: Bad page (?:map|state): [0-9]+ messages suppressed", /* of what has been told */
	NULL,
};
static const char *const ignore_warning[] = {
	"WARNING: workqueue cpumask: online intersect > possible intersect",
	"WARNING: [Tt]he mand mount option",
	"WARNING: Unsupported flag value\\(s\\) of 0x",
	"WARNING: Unprivileged eBPF is enabled",
	"WARNING: fbcon: Driver '.*' missed to adjust virtual screen size",
	"WARNING: See https.* for mitigation options",
	"WARNING: kernel not compiled with CPU_SRSO",
	"WARNING: /etc/",
	"WARNING: x1-x3 nonzero in violation of boot protocol", /* the boot loader's fault */
	"(?i)warning: .* uses (?:deprecated v2 capabilities|wireless extensions)",
	"EXT4-[Ff][Ss](?: \\(.*\\))?:",
	"XFS \\(\\w+\\): WARNING",
	NULL,
};
static const char *const ignore_info[] = {
	"INFO: lockdep is turned off",
	"INFO: Stall ended before state dump start",
	"INFO: NMI handler",
	"(?:handler|interrupt).*took too long",
	"INFO: recovery required on readonly filesystem",
	"_INFO:|:INFO:",
	"INFO: task .* blocked on an? .*owned by", /* the rest of a hung task's report */
	NULL,
};
/* Of texts that no format knows. What a driver or the set-up code advises is no bug: how the
 * machine is configured, what it lacks, what will go away. */
static const char *const advice[] = {
	"(?i)deprecat|obsolete|will be removed|experimental|unsupported|(?:not|n't) support",
	"(?i)mitigat|vulnerab|data leaks?|attacks?|unsafe|insecure|unencrypted",
	"(?i)\\bbios\\b|firmware|boot ?loader|\\bdtb?\\b|device[- "
	"]tree|\\bacpi\\b|\\befi\\b|e820|mtrr",
	"(?i)command ?line|cmdline|bootconfig|'?console=|\\bmodprobe\\b|module param",
	"(?i)performance|please |recommend|upgrade|outdated|untested|ignor(?:ed|ing)|assuming|too "
	"weak",
	NULL,
};
/* "INFO:" alone says that it is none; what the kernel's watchers say goes on so. */
static const char *const info_words = "(?i)\\b(?:rcu|stall(?:s|ed)?|lock(?:s|ed|up|dep)?|locking|"
				      "hung|hang|task|stuck|blocked|detected|"
				      "corrupt(?:ed|ion)?|leak(?:ed|s)?|slab|object|register)\\b";
/* What user space did: "traps: a.out[12] general protection fault ip:7f.. sp:.. error:0 in a.out".
 */
static const char *const ignore_gpf[] = { "general protection fault .*error:[0-9a-f]+", NULL };
static const char *const ignore_reboot[] = {
	"Parsing ELF|Decompressing Linux|Unknown parameter '",
	NULL,
};

/* Which oops it is of this boot: a literal each, for the scanner knows nothing else. */
#define DIE_HEADER(literal)                                                                        \
	{                                                                                          \
		literal, formats_die, "oops", NULL, HEADER_FOLLOWS | HEADER_EXACT                  \
	}

const struct header report_headers[] = {
	{ "BUG:", formats_bug, "bug_other", ignore_bug, HEADER_MID },
	{ "WARNING:", formats_warning, "warning", ignore_warning, 0 },
	{ "INFO:", formats_info, "info_other", ignore_info, 0 },
	{ "Unable to handle kernel", formats_unable, "page_fault", NULL, HEADER_MID },
	{ "general protection fault", formats_trap, "gpf", ignore_gpf, HEADER_EXACT },
	{ "stack segment: ", formats_trap, "stack_segment", NULL, HEADER_EXACT },
	{ "Kernel panic", formats_panic, "panic", NULL, HEADER_FOLLOWS | HEADER_EXACT },
	{ "PANIC: double fault", formats_trap, "double_fault", NULL,
	  HEADER_FOLLOWS | HEADER_EXACT },
	{ "rust_kernel: panicked", formats_misc, "bug", NULL, HEADER_EXACT },
	{ "kernel BUG", formats_kernel_bug, "bug", NULL, HEADER_EXACT },
	{ "Kernel BUG", formats_kernel_bug, "bug", NULL, HEADER_EXACT },
	{ "BUG kmalloc-", formats_slub, "mm_debug", NULL, HEADER_MID },
	{ "BUG ", formats_slub_other, "mm_debug", NULL, HEADER_EXACT },
	{ "divide error:", formats_trap, "divide_error", NULL, HEADER_EXACT },
	{ "divide_error:", formats_trap, "divide_error", NULL, HEADER_EXACT },
	{ "invalid opcode:", formats_trap, "invalid_opcode", NULL, HEADER_FOLLOWS | HEADER_EXACT },
	{ "UBSAN:", formats_ubsan, "ubsan", NULL, HEADER_EXACT },
	{ "Booting the kernel.", formats_misc, "reboot", ignore_reboot,
	  HEADER_EXACT | HEADER_REBOOT },
	{ "Booting the kernel (entry_offset:", formats_misc, "reboot", ignore_reboot,
	  HEADER_EXACT | HEADER_REBOOT },
	{ "unregister_netdevice: waiting for", formats_misc, "netdev_leak", NULL, HEADER_EXACT },
	{ "VFS: Close: file count is 0", formats_misc, "vfs", NULL, HEADER_EXACT },
	{ "VFS: Busy inodes after unmount", formats_misc, "vfs", NULL, HEADER_EXACT },
	{ "Internal error:", formats_trap, "oops", NULL, HEADER_FOLLOWS | HEADER_EXACT },
	{ "Unhandled fault:", formats_trap, "oops", NULL, HEADER_EXACT },
	{ "Alignment trap:", formats_trap, "oops", NULL, HEADER_EXACT },
	/* Ours: what other parsers do not name. */
	{ "kmemleak: unreferenced object", formats_misc, "kmemleak", NULL, HEADER_EXACT },
	{ "pagealloc: ", formats_misc, "mm_debug", NULL, HEADER_EXACT },
	{ "detected hard LOCKUP", formats_misc, "hard_lockup", NULL, HEADER_EXACT },
	DIE_HEADER("[#1]"),
	DIE_HEADER("[#2]"),
	DIE_HEADER("[#3]"),
	DIE_HEADER("[#4]"),
	DIE_HEADER("[#5]"),
	DIE_HEADER("[#6]"),
	DIE_HEADER("[#7]"),
	DIE_HEADER("[#8]"),
	DIE_HEADER("[#9]"),
	{ "invoked oom-killer:", formats_notice, "oom-kill", NULL, HEADER_EXACT },
	{ "page allocation failure", formats_notice, "allocation-failure", NULL, HEADER_EXACT },
	{ "vmalloc: allocation failure", formats_notice, "allocation-failure", NULL, HEADER_EXACT },
	{ "vmalloc error: size", formats_notice, "allocation-failure", NULL, HEADER_EXACT },
	{ "FAULT_INJECTION: forcing", formats_notice, "fault-injection", NULL, HEADER_EXACT },
	{ "FAULT_FLAG_ALLOW_RETRY missing", formats_notice, "retry-missing", NULL, HEADER_EXACT },
	/* what stands before differs; not "error": the rarer its pairs, the faster the scan */
	{ "r, dev ", formats_notice, "io-error", NULL, HEADER_EXACT },
	{ "I/O error on dev", formats_notice, "io-error", NULL, HEADER_EXACT },
	{ "Write-error on swap-device", formats_notice, "swap-write-error", NULL, HEADER_EXACT },
	{ "Read-error on swap-device", formats_notice, "swap-read-error", NULL, HEADER_EXACT },
	{ ": nobody cared", formats_notice, "nobody-cared", NULL, HEADER_EXACT },
	/* What opens none, but has to be seen. */
	{ "** replaying previous printk message **", formats_none, "", NULL, HEADER_REPLAY },
	{ "reboot: Restarting system", formats_none, "", NULL, HEADER_LEAVES },
	{ "reboot: Power down", formats_none, "", NULL, HEADER_LEAVES },
	{ "reboot: System halted", formats_none, "", NULL, HEADER_LEAVES },
	{ "Rebooting in ", formats_none, "", NULL, HEADER_LEAVES },
	{ "Starting new kernel", formats_none, "", NULL, HEADER_LEAVES },
};
const size_t report_header_count = ARRAY_SIZE(report_headers);

/* What may stand before a header on a line without printk's prefix: loggers and printk's own tags.
 */
static const char *const lead_in =
	"^(?:[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[ T][0-9:.,]+Z? |.* login: |[\\[<] ?|Oops: |"
	"(?:rcu|watchdog|NMI watchdog|traps|NMI|kernel|RIP|IP): |-+\\[ ?)*$";
/* A USB device's driver speaks for what the device sent: that is input, not chatter. */
static const char *const usb_lead_in = "^usb [0-9]+-[0-9.]+: $";

static bool match_any(const char *const *patterns, struct span text)
{
	text = span_first(text, HEADER_LOOK);
	for (const char *const *p = patterns; p && *p; p++)
		if (match_text(p, text, NULL))
			return true;
	return false;
}

/*
 * Who writes into the kernel's log that is not the kernel: programs through
 * /dev/kmsg, as "name[pid]: "; and what the kernel repeats after user space, which
 * is its command line, audit records and strings in quotes.
 */
static const char *const others_lead[] = {
	"^[^ \\[\\]:]+\\[[0-9]+\\]: ",
	"^(?:audit|init|LTP|(?:Kernel c|C)ommand line|systemd|ueventd|apexd|healthd): ",
	"^[^\"]*(?:\"[^\"]*\"[^\"]*)*\"[^\"]*$",
	"(?:^|[ =(])['`][^'`]*$",
	NULL,
};

static bool is_quoted(struct span lead)
{
	return lead.n && match_any(others_lead, lead);
}

/* Is the text that no format knows still something the kernel wants us to see? */
static bool accept_unknown(const struct header *h, const struct line *line, size_t at)
{
	struct span lead = { line->text.p, at };

	if (h->flags & HEADER_EXACT)
		return false;
	if (match_text(&usb_lead_in, lead, NULL))
		return true;
	if (line->caller == CALLER_NONE || (at && is_word(line->text.p[at - 1])))
		return false;
	if (match_any(advice, span_after(line->text, at)) && !str_eq(h->literal, "BUG:"))
		return false;
	if (str_eq(h->literal, "INFO:") && !match_text(&info_words, line->text, NULL))
		return false;
	return at == 0 || (h->flags & HEADER_MID) || match_text(&lead_in, lead, NULL);
}

/* May the format open a report, `at` bytes behind the start of the message? */
static bool accept_format(const struct format *f, const struct line *line, size_t at)
{
	bool prefixed = line->caller != CALLER_NONE;
	struct span lead = { line->text.p, at };

	if (f->flags & FORMAT_INFO)
		return true;
	if (f->flags & FORMAT_WEAK)
		return prefixed && (at == 0 || match_text(&lead_in, lead, NULL));
	return prefixed || match_text(&lead_in, lead, NULL);
}

struct candidate {
	const struct header *header;
	const struct format *format; /* NULL: text that none knows */
	struct line line;
	size_t at; /* where the header's own text begins */
};

/* Does c->header, raw_at bytes behind the start, open a report? Fills *c. */
static bool try_header(struct span raw, size_t raw_at, bool ran, struct candidate *c)
{
	const struct header *h = c->header;

	line_parse(raw, raw_at, &c->line);
	if (h->flags & (HEADER_REPLAY | HEADER_LEAVES))
		return true;
	if (c->line.text.p > raw.p + raw_at || match_any(h->ignore, c->line.text))
		return false;
	c->at = raw.p + raw_at - c->line.text.p;
	if (is_quoted((struct span){ c->line.text.p, c->at }))
		return false;
	if ((h->flags & HEADER_REBOOT) && (!ran || c->line.caller != CALLER_NONE || c->at))
		return false;
	for (const struct format *f = h->formats; f->pattern; f++) {
		size_t at = f->flags & FORMAT_WHOLE_LINE ? 0 : c->at;
		struct span text = span_first(span_after(c->line.text, at), HEADER_LOOK);

		if (match_text(&f->pattern, text, NULL) && accept_format(f, &c->line, at)) {
			c->format = f;
			c->at = at;
			return true;
		}
	}
	return accept_unknown(h, &c->line, c->at);
}

static struct scanner *header_scanner;

static void make_scanner(void)
{
	const char **literals = xcalloc(report_header_count, sizeof(*literals));

	for (size_t i = 0; i < report_header_count; i++)
		literals[i] = report_headers[i].literal;
	header_scanner = scanner_new(literals, report_header_count);
}

int header_scan(const char *p, const char *end, const char **at)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_scanner);
	return scanner_find(header_scanner, p, end, at);
}

const struct header *header_find(struct span raw, bool ran, struct line *line, size_t *at,
				 const struct format **format)
{
	const char *places[ARRAY_SIZE(report_headers)];
	const char *end = raw.p + raw.n, *place;
	struct candidate best = { 0 };
	int i = header_scan(raw.p, end, &place);

	if (i < 0)
		return NULL;
	memset(places, 0, sizeof(places));
	for (; i >= 0; i = header_scan(place + 1, end, &place))
		if (!places[i])
			places[i] = place;
	/* Text that a format knows goes before text that none does: arm64 dies of
	 * "Internal error: Oops - BUG: 0 [#1]". */
	for (size_t k = 0; k < ARRAY_SIZE(places); k++) {
		struct candidate c = { .header = &report_headers[k] };

		if (!places[k] || !try_header(raw, places[k] - raw.p, ran, &c))
			continue;
		if (c.format || !best.header)
			best = c;
		if (c.format || c.header->flags & (HEADER_REPLAY | HEADER_LEAVES))
			break;
	}
	if (!best.header)
		return NULL;
	*line = best.line;
	*at = best.at;
	*format = best.format;
	return best.header;
}
