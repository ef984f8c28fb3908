// SPDX-License-Identifier: GPL-2.0-or-later
#include "case/value.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <signal.h>
#include <strings.h>

#include "case/kernel-version.h"

/* Linux numbers of x86, arm and most others; the guest may differ only on mips, alpha, parisc,
 * sparc. */
static const struct {
	const char *name;
	int number;
} signal_table[] = {
	{ "SIGHUP", 1 },   { "SIGINT", 2 },	{ "SIGQUIT", 3 },  { "SIGILL", 4 },
	{ "SIGTRAP", 5 },  { "SIGABRT", 6 },	{ "SIGBUS", 7 },   { "SIGFPE", 8 },
	{ "SIGKILL", 9 },  { "SIGUSR1", 10 },	{ "SIGSEGV", 11 }, { "SIGUSR2", 12 },
	{ "SIGPIPE", 13 }, { "SIGALRM", 14 },	{ "SIGTERM", 15 }, { "SIGSTKFLT", 16 },
	{ "SIGCHLD", 17 }, { "SIGCONT", 18 },	{ "SIGSTOP", 19 }, { "SIGTSTP", 20 },
	{ "SIGTTIN", 21 }, { "SIGTTOU", 22 },	{ "SIGURG", 23 },  { "SIGXCPU", 24 },
	{ "SIGXFSZ", 25 }, { "SIGVTALRM", 26 }, { "SIGPROF", 27 }, { "SIGWINCH", 28 },
	{ "SIGIO", 29 },   { "SIGPWR", 30 },	{ "SIGSYS", 31 },
};

#define SIGNAL_MAX 64
#define ERRNO_MAX  4095 /* of the kernel's MAX_ERRNO */

#define KSYM_NAME_LEN 512 /* of the kernel: no function has a longer name */

int signal_number(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signal_table); i++)
		if (strcmp(signal_table[i].name, name) == 0 ||
		    strcmp(signal_table[i].name + strlen("SIG"), name) == 0)
			return signal_table[i].number;
	return 0;
}

char *value_format_size(uint64_t bytes)
{
	static const char units[] = "KMGT";
	int unit = -1;

	while (unit < 3 && bytes >= 1024 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	return unit < 0 ? xasprintf("%" PRIu64, bytes)
			: xasprintf("%" PRIu64 "%c", bytes, units[unit]);
}

static bool wrong(struct mistakes *m, const struct yaml_node *n, const char *what,
		  const char *expected)
{
	if (n->kind != YAML_SCALAR || yaml_is_empty(n))
		mistakes_add(m, n->line, n->column, "`%.60s` is %s; expected %s", what,
			     yaml_kind_name(n), expected);
	else
		mistakes_add(m, n->line, n->column, "`%.60s` is `%.60s`; expected %s", what,
			     n->text, expected);
	return false;
}

bool value_text(struct mistakes *m, const struct yaml_node *n, const char *what, size_t max_bytes,
		const char *expected)
{
	if (n->kind != YAML_SCALAR || yaml_is_empty(n))
		return wrong(m, n, what, expected);
	if (n->length > max_bytes) {
		mistakes_add(m, n->line, n->column, "`%.60s` has %zu bytes; expected at most %zu",
			     what, n->length, max_bytes);
		return false;
	}
	return true;
}

bool value_i64(struct mistakes *m, const struct yaml_node *n, const char *what, int64_t min,
	       int64_t max, int64_t *out)
{
	_cleanup_free_ char *expected = NULL;
	int64_t v;

	if (min == INT64_MIN && max == INT64_MAX)
		expected = xstrdup("a whole number");
	else if (max == INT64_MAX)
		expected = xasprintf("a whole number, at least %" PRId64, min);
	else
		expected = xasprintf("a whole number from %" PRId64 " to %" PRId64, min, max);
	if (n->kind != YAML_SCALAR || !str_parse_i64(n->text, &v) || v < min || v > max)
		return wrong(m, n, what, expected);
	*out = v;
	return true;
}

bool value_number(struct mistakes *m, const struct yaml_node *n, const char *what, int64_t *out)
{
	uint64_t bytes;

	if (n->kind == YAML_SCALAR) {
		if (str_parse_i64(n->text, out))
			return true;
		if (str_parse_size(n->text, &bytes) && bytes <= INT64_MAX) {
			*out = (int64_t)bytes;
			return true;
		}
	}
	return wrong(m, n, what, "a whole number, or a size such as 40M");
}

bool value_size(struct mistakes *m, const struct yaml_node *n, const char *what, uint64_t min,
		uint64_t max, uint64_t multiple_of, uint64_t *out)
{
	_cleanup_free_ char *least = value_format_size(min), *most = value_format_size(max),
			    *unit = value_format_size(multiple_of);
	_cleanup_strbuf_ struct strbuf expected = { 0 };
	uint64_t v;

	strbuf_adds(&expected, "a size such as 40M");
	if (min)
		strbuf_addf(&expected, ", at least %s", least);
	if (max < INT64_MAX)
		strbuf_addf(&expected, ", at most %s", most);
	if (multiple_of > 1)
		strbuf_addf(&expected, ", a multiple of %s", unit);
	if (n->kind != YAML_SCALAR || !str_parse_size(n->text, &v) || v < min || v > max ||
	    v > INT64_MAX || (multiple_of && v % multiple_of))
		return wrong(m, n, what, expected.data);
	*out = v;
	return true;
}

bool value_duration(struct mistakes *m, const struct yaml_node *n, const char *what,
		    uint64_t min_ms, uint64_t *out_ms)
{
	_cleanup_free_ char *expected =
		min_ms ? xasprintf("a duration from %" PRIu64 "ms to 168h, such as 60s", min_ms)
		       : xstrdup("a duration such as 200ms, 60s or 2m, at most 168h");
	int64_t number;
	uint64_t ms;

	if (n->kind != YAML_SCALAR)
		return wrong(m, n, what, expected);
	if (str_parse_i64(n->text, &number)) {
		if (number != 0) {
			mistakes_add(m, n->line, n->column,
				     "`%.60s` is %.60s without a unit; expected a duration such as "
				     "200ms, 60s or 2m",
				     what, n->text);
			return false;
		}
		ms = 0;
	} else if (!str_parse_duration(n->text, &ms)) {
		return wrong(m, n, what, expected);
	}
	if (ms < min_ms || ms > VALUE_MAX_DURATION_MS)
		return wrong(m, n, what, expected);
	*out_ms = ms;
	return true;
}

bool value_ppm(struct mistakes *m, const struct yaml_node *n, const char *what, int64_t *out)
{
	const char *p = n->kind == YAML_SCALAR ? n->text : "";
	bool digits = *p >= '0' && *p <= '9';
	int64_t ppm = 0, unit = 10000;

	for (; *p >= '0' && *p <= '9' && ppm <= 1000000; p++)
		ppm = ppm * 10 + (*p - '0') * unit;
	if (*p == '.') {
		digits = p[1] >= '0' && p[1] <= '9';
		for (p++; *p >= '0' && *p <= '9' && unit > 1; p++) {
			unit /= 10;
			ppm += (*p - '0') * unit;
		}
	}
	if (!digits || !str_eq(p, "%") || ppm > 1000000)
		return wrong(m, n, what,
			     "a percentage such as 0.1%, from 0% to 100%, with at most four "
			     "decimals");
	*out = ppm;
	return true;
}

bool value_bool(struct mistakes *m, const struct yaml_node *n, const char *what, bool *out)
{
	static const char *const on[] = { "true", "yes", "on" };
	static const char *const off[] = { "false", "no", "off" };
	size_t i;

	for (i = 0; n->kind == YAML_SCALAR && i < ARRAY_SIZE(on); i++) {
		if (strcasecmp(n->text, on[i]) == 0 || strcasecmp(n->text, off[i]) == 0) {
			*out = strcasecmp(n->text, on[i]) == 0;
			return true;
		}
	}
	return wrong(m, n, what, "true or false");
}

bool value_interface(struct mistakes *m, const struct yaml_node *n, const char *what)
{
	/* dev_valid_name() of the kernel. */
	bool good = n->kind == YAML_SCALAR && n->length > 0 && n->length < 16 &&
		    !yaml_is_empty(n) && !strpbrk(n->text, "/: \t\n") && !str_eq(n->text, ".") &&
		    !str_eq(n->text, "..");

	return good || wrong(m, n, what, "a network interface such as lo");
}

bool value_address(struct mistakes *m, const struct yaml_node *n, const char *what, bool prefix)
{
	_cleanup_strv_ struct strv parts = { 0 };
	struct in_addr address;
	int64_t bits;
	bool good = n->kind == YAML_SCALAR;

	strv_split(&parts, good ? n->text : "", '/');
	good = good && parts.count == (prefix ? 2 : 1) &&
	       inet_pton(AF_INET, parts.items[0], &address) == 1 &&
	       (!prefix || (str_parse_i64(parts.items[1], &bits) && bits >= 1 && bits <= 32));
	return good || wrong(m, n, what,
			     prefix ? "an IPv4 address and prefix such as 10.0.0.1/24"
				    : "an IPv4 address such as 127.0.0.1");
}

bool value_name(struct mistakes *m, const struct yaml_node *n, const char *what)
{
	size_t i;
	bool good = n->kind == YAML_SCALAR && n->length > 0 && n->length <= VALUE_MAX_NAME &&
		    n->text[0] != '-' && !yaml_is_empty(n);

	for (i = 0; good && i < n->length; i++) {
		char c = n->text[i];

		good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		       c == '-' || c == '_';
	}
	return good || wrong(m, n, what, "a name of at most 31 letters, digits, `-` and `_`");
}

bool value_function(struct mistakes *m, const struct yaml_node *n, const char *what)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$";

	if (n->kind == YAML_SCALAR && *n->text && n->length < KSYM_NAME_LEN &&
	    !n->text[strspn(n->text, letters)])
		return true;
	return wrong(m, n, what, "the name of a kernel function");
}

bool value_version(struct mistakes *m, const struct yaml_node *n, const char *what, int *out)
{
	const char *rest = "";

	if (n->kind == YAML_SCALAR)
		*out = kernel_version_parse(n->text, &rest);
	return (n->kind == YAML_SCALAR && *out && !*rest) ||
	       wrong(m, n, what, "a version of Linux such as 6.6 or 6.6.57");
}

bool value_signal(struct mistakes *m, const struct yaml_node *n, const char *what, int *out)
{
	const char *names[ARRAY_SIZE(signal_table)];
	_cleanup_free_ char *hint = NULL;
	int64_t number;
	size_t i;

	if (n->kind != YAML_SCALAR || yaml_is_empty(n))
		return wrong(m, n, what, "a signal such as SIGKILL or 9");
	if (str_parse_i64(n->text, &number) && number >= 1 && number <= SIGNAL_MAX) {
		*out = (int)number;
		return true;
	}
	*out = signal_number(n->text);
	if (*out)
		return true;
	for (i = 0; i < ARRAY_SIZE(signal_table); i++)
		names[i] = signal_table[i].name;
	hint = mistakes_hint(n->text, names, ARRAY_SIZE(names));
	mistakes_add(m, n->line, n->column,
		     "`%.60s` is `%.60s`%s; expected a signal such as SIGKILL, or 1 to 64", what,
		     n->text, hint);
	return false;
}

/* The numbers are Linux's, of all but a few old machines. */
int errno_number(const char *name)
{
	for (int number = 1; number <= ERRNO_MAX; number++)
		if (str_eq(strerrorname_np(number), name))
			return number;
	return 0;
}

bool value_errno(struct mistakes *m, const struct yaml_node *n, const char *what, bool any,
		 int64_t *out)
{
	const char *expected =
		any ? "a return value such as -EINVAL or 0" : "an error such as EINVAL or 22";
	bool negative = any && n->kind == YAML_SCALAR && n->text[0] == '-';

	if (n->kind != YAML_SCALAR || yaml_is_empty(n))
		return wrong(m, n, what, expected);
	if (str_parse_i64(n->text, out) && (any || (*out >= 1 && *out <= ERRNO_MAX)))
		return true;
	/* EINVAL as a return value is a slip: functions of the kernel return -EINVAL. */
	if (any && !negative)
		return wrong(m, n, what, expected);
	*out = errno_number(n->text + negative);
	if (*out == 0)
		return wrong(m, n, what, expected);
	*out = negative ? -*out : *out;
	return true;
}

bool value_words(struct mistakes *m, const struct yaml_node *n, const char *what, struct strv *out)
{
	bool good = true;
	size_t i;

	if (n->kind == YAML_SCALAR) {
		if (!value_text(m, n, what, VALUE_MAX_TEXT, "a list of words"))
			return false;
		strv_add(out, n->text);
		return true;
	}
	if (n->kind == YAML_MAP)
		return wrong(m, n, what, "a list of words");
	for (i = 0; i < n->count; i++) {
		if (value_text(m, n->items[i], what, VALUE_MAX_TEXT, "a word"))
			strv_add(out, n->items[i]->text);
		else
			good = false;
	}
	return good;
}
