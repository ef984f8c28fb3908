// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbols/coverage.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/str.h"

#define KERNEL_ADDRESS 0xffffffff80000000ull /* what is below is no text of the image's */
#define LAST_MAX_BYTES 65536		     /* of the last function, which none is behind */

/* The three parts: a function is in one of them. */
static const struct {
	const char *key;
	bool boot, in_case;
} parts[] = {
	{ "boot_only", true, false },
	{ "case_only", false, true },
	{ "both", true, true },
};

/* ---- making it ---- */

/* Index of the first function of the image. */
static size_t first_function(const struct system_map *map)
{
	size_t i = 0;

	while (i < map->count && map->by_address[i].address < KERNEL_ADDRESS)
		i++;
	return i;
}

int coverage_text_range(const struct system_map *map, uint64_t *address, uint64_t *bytes,
			struct err *err)
{
	size_t first = first_function(map);

	if (first == map->count)
		return err_set(err, ERR_INPUT, "no function of the kernel's is in its System.map");
	*address = map->by_address[first].address;
	*bytes = map->by_address[map->count - 1].address - *address + LAST_MAX_BYTES;
	return 0;
}

/* Of several names of a function the last one: memcpy, and not __memcpy. */
static size_t last_name(const struct system_map *map, size_t i)
{
	while (i + 1 < map->count && map->by_address[i + 1].address == map->by_address[i].address)
		i++;
	return i;
}

static void add_function(json_t *out, const struct machine_coverage *bits, const char *name,
			 uint64_t from, uint64_t to)
{
	bool boot = machine_coverage_ran(bits, MACHINE_PHASE_BOOT, from, to);
	bool in_case = machine_coverage_ran(bits, MACHINE_PHASE_CASE, from, to);

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (parts[i].boot == boot && parts[i].in_case == in_case) {
			char address[17];

			snprintf(address, sizeof(address), "%016" PRIx64, from);
			json_set_str(json_object_get(out, parts[i].key), address, name);
		}
}

json_t *coverage_make_json(const struct machine_coverage *bits, const struct system_map *map,
			   const char *from)
{
	json_t *out = json_object();
	int64_t functions = 0;

	json_set_str(out, "from", from);
	json_set_int(out, "functions", 0);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		json_object_set_new(out, parts[i].key, json_object());
	for (size_t i = first_function(map); i < map->count; i++) {
		uint64_t address = map->by_address[i].address;
		uint64_t end = bits->text_address + bits->text_bytes;

		i = last_name(map, i);
		if (i + 1 < map->count)
			end = map->by_address[i + 1].address;
		add_function(out, bits, map->by_address[i].name, address, end);
		functions++;
	}
	json_set_int(out, "functions", functions);
	return out;
}

/* ---- reading it ---- */

static bool parse_address(const char *text, uint64_t *address)
{
	if (strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
		return false;
	*address = strtoull(text, NULL, 16);
	return true;
}

static int by_address(const void *a, const void *b)
{
	const struct coverage_function *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static int read_part(struct coverage *c, const json_t *part, bool in_case, struct err *err)
{
	const char *key;
	json_t *name;

	json_object_foreach ((json_t *)part, key, name) {
		struct coverage_function *f = vec_push(&c->ran, &c->count, &c->capacity);

		f->when = in_case ? COVERAGE_CASE : COVERAGE_BOOT;
		if (!parse_address(key, &f->address))
			return err_set(err, ERR_INPUT,
				       "'%.40s': expected an address of 16 hexadecimal digits",
				       key);
	}
	return 0;
}

/* By address, each once, by when it ran at the latest. */
static void put_in_order(struct coverage *c)
{
	size_t kept = 0;

	if (c->count)
		qsort(c->ran, c->count, sizeof(*c->ran), by_address);
	for (size_t i = 0; i < c->count; i++) {
		struct coverage_function *last = kept ? &c->ran[kept - 1] : NULL;

		if (!last || last->address != c->ran[i].address)
			c->ran[kept++] = c->ran[i];
		else if (c->ran[i].when > last->when)
			last->when = c->ran[i].when;
	}
	c->count = kept;
	c->in_case = c->boot = 0;
	for (size_t i = 0; i < c->count; i++) {
		c->in_case += c->ran[i].when == COVERAGE_CASE;
		c->boot += c->ran[i].when == COVERAGE_BOOT;
	}
}

int coverage_read(struct coverage *c, const json_t *json, struct err *err)
{
	*c = (struct coverage){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const json_t *part = json_object_get(json, parts[i].key);
		int ret = json_is_object(part) ? read_part(c, part, parts[i].in_case, err)
					       : err_set(err, ERR_INPUT, "expected an object `%s`",
							 parts[i].key);

		if (ret < 0) {
			coverage_clear(c);
			return -1;
		}
	}
	put_in_order(c);
	return 0;
}

void coverage_merge(struct coverage *c, const struct coverage *more)
{
	for (size_t i = 0; i < more->count; i++)
		*vec_push(&c->ran, &c->count, &c->capacity) = more->ran[i];
	put_in_order(c);
}

void coverage_clear(struct coverage *c)
{
	free(c->ran);
	*c = (struct coverage){ 0 };
}

/* Index of the first at the address or behind it. */
static size_t find_from(const struct coverage *c, uint64_t address)
{
	size_t low = 0, high = c->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->ran[mid].address < address)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

enum coverage_when coverage_find(const struct coverage *c, uint64_t address, uint64_t size_bytes)
{
	enum coverage_when when = COVERAGE_NEVER;

	for (size_t i = find_from(c, address);
	     i < c->count && c->ran[i].address - address < size_bytes; i++)
		if (c->ran[i].when > when)
			when = c->ran[i].when;
	return when;
}
