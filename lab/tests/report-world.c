// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/report-world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "report/report.h"

const char oops[] =
	"[    1.000000] BUG: unable to handle page fault for address: ffffffffdeadbeef\n"
	"[    1.000001] #PF: supervisor write access in kernel mode\n"
	"[    1.000002] Oops: 0002 [#1] PREEMPT SMP\n"
	"[    1.000003] CPU: 3 PID: 77 Comm: a b/c Tainted: G        W  O       6.1.0 #2\n"
	"[    1.000004] Hardware name: QEMU\n"
	"[    1.000005] RIP: 0010:klab_crash+0x12/0x34 [klab_mod]\n"
	"[    1.000006] Code: 00 01 <02> 03\n"
	"[    1.000007] RSP: 0018:ffffc900001a7e58 EFLAGS: 00010246\n"
	"[    1.000008] CR2: ffffffffdeadbeef CR3: 000000000260a000 CR4: 00000000000006f0\n"
	"[    1.000009] Call Trace:\n"
	"[    1.000010]  <IRQ>\n"
	"[    1.000011]  ? maybe+0x1/0x2\n"
	"[    1.000012]  tick+0x1/0x2\n"
	"[    1.000013]  </IRQ>\n"
	"[    1.000014]  <TASK>\n"
	"[    1.000015]  klab_write+0x3/0x4 [klab_mod]\n"
	"[    1.000016]  vfs_write+0x5/0x6\n"
	"[    1.000017]  </TASK>\n"
	"[    1.000018] Modules linked in: klab_mod(O) virtio\n"
	"[    1.000019] ---[ end trace 0000000000000000 ]---\n";

json_t *parse_text(const char *text)
{
	return report_parse_all(text, strlen(text));
}

void add_at(struct strbuf *log, unsigned at, const char *text, unsigned times)
{
	for (const char *end; *text; text = end) {
		end = strchr(text, '\n') + 1;
		for (unsigned i = 0; i < times; i++) {
			strbuf_addf(log, "[%5u", at);
			strbuf_add(log, strchr(text, '.'), end - strchr(text, '.'));
		}
	}
}

void assert_holds(const char *where, const json_t *want, const json_t *got)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_object(want)) {
		assert_true(json_is_object(got));
		json_object_foreach ((json_t *)want, key, value) {
			_cleanup_free_ char *inner = xasprintf("%s.%s", where, key);
			json_t *found = json_object_get(got, key);

			if (json_is_null(value)) {
				if (found)
					fail_msg("%s is there", inner);
				continue;
			}
			if (!found)
				fail_msg("%s is missing", inner);
			assert_holds(inner, value, found);
		}
	} else if (json_is_array(want)) {
		if (json_array_size(want) != json_array_size(got))
			fail_msg("%s has %zu elements, not %zu", where, json_array_size(got),
				 json_array_size(want));
		json_array_foreach (want, i, value) {
			_cleanup_free_ char *inner = xasprintf("%s[%zu]", where, i);

			assert_holds(inner, value, json_array_get(got, i));
		}
	} else if (!json_equal(want, got)) {
		_cleanup_free_ char *a = json_dumps(want, JSON_ENCODE_ANY);
		_cleanup_free_ char *b = json_dumps(got, JSON_ENCODE_ANY);

		fail_msg("%s is %s, not %s", where, b, a);
	}
}
