/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/exec.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/file.h"
#include "base/json.h"
#include "case/mistakes.h"
#include "compare/compare.h"
#include "page/safe.h"

#define TASK		   "exec"
#define DEFAULT_TIMEOUT_MS (10u * 60 * 1000)

/* ---- the case -------------------------------------------------------------------------- */

/* One character of UTF-8 as its number. */
static uint32_t decode(const char *s, size_t length)
{
	uint32_t number = (unsigned char)s[0];

	if (length > 1)
		number &= 0xffu >> (length + 1);
	for (size_t i = 1; i < length; i++)
		number = number << 6 | ((unsigned char)s[i] & 0x3f);
	return number;
}

/* As YAML has it in double quotes: on one line, and of it only what every reader takes as it is. */
static int add_quoted(struct strbuf *out, const char *text, struct err *err)
{
	size_t left = strlen(text), length;

	strbuf_addc(out, '"');
	for (; left; text += length, left -= length) {
		length = utf8_char_length(text, left);
		if (!length)
			return err_set(err, ERR_INPUT,
				       "--exec: byte 0x%02x is no UTF-8; expected UTF-8 text",
				       (unsigned char)*text);
		if (*text == '\n')
			strbuf_adds(out, "\\n");
		else if (*text == '"' || *text == '\\')
			strbuf_addf(out, "\\%c", *text);
		else if (*text >= ' ' && *text < 0x7f)
			strbuf_addc(out, *text);
		else
			strbuf_addf(out, "\\U%08" PRIx32, decode(text, length));
	}
	strbuf_addc(out, '"');
	return 0;
}

struct case_file *exec_case(const struct cmd_env *env, const struct options *opt, struct err *err)
{
	uint64_t timeout_ms = opt->timeout_ms ? opt->timeout_ms : DEFAULT_TIMEOUT_MS;
	_cleanup_strbuf_ struct strbuf text = { 0 };

	strbuf_addf(&text,
		    "# A command of `klab run --exec`.\n"
		    "name: exec\n"
		    "question: What does this command do?\n"
		    "timeout: %" PRIu64 "ms\n"
		    "steps:\n"
		    "  - sh: {as: " TASK ", script: ",
		    timeout_ms);
	if (add_quoted(&text, opt->exec, err) < 0)
		return NULL;
	/* Init is to give up before the host does: it says where the command stands. */
	strbuf_addf(&text, "}\n  - wait: {task: " TASK ", timeout: %" PRIu64 "ms}\n",
		    timeout_ms - timeout_ms / 10);
	return prepare_case_text(env, opt, "exec.yaml", text.data, err);
}

/* ---- what came of it --------------------------------------------------------------------- */

/* The status as a shell has it; -1: the guest did not tell, or init ended it. */
static int status_of(const struct run_facts *run, int64_t *lost_bytes)
{
	json_t *frame;
	size_t i;

	json_array_foreach (run->frames, i, frame) {
		int64_t signal = json_get_int(frame, "signal", 0);

		if (!str_eq(json_get_str(frame, "k", ""), "task-end") ||
		    !str_eq(json_get_str(frame, "name", ""), TASK))
			continue;
		*lost_bytes = json_get_int(frame, "output_lost_bytes", 0);
		if (json_get_bool(frame, "stopped", false))
			return -1;
		return signal ? 128 + (int)signal : (int)json_get_int(frame, "code", -1);
	}
	return -1;
}

/* What it wrote, and to which stream; NULL: the frame is none of its output. */
static const char *output_of(const json_t *frame, const char **stream)
{
	if (!str_eq(json_get_str(frame, "k", ""), "output") ||
	    !str_eq(json_get_str(frame, "name", ""), TASK))
		return NULL;
	*stream = json_get_str(frame, "stream", "");
	return json_get_str(frame, "data", "");
}

/* In the order of its writing. */
static void print_output(const struct run_facts *run)
{
	json_t *frame;
	size_t i;

	json_array_foreach (run->frames, i, frame) {
		const char *stream = NULL, *data = output_of(frame, &stream);

		if (data)
			fputs(data, str_eq(stream, "stderr") ? stderr : stdout);
		fflush(stdout);
	}
}

/* How the command ended is its status, and needs no line; nor does what is well. */
static bool says_no_more(const json_t *reason, int status)
{
	if (verdict_parse(json_get_str(reason, "verdict", "")) == VERDICT_PASS)
		return true;
	return status >= 0 && str_starts(json_get_str(reason, "what", ""), "task " TASK " ");
}

static bool tell_reasons(const struct run_facts *run, int status)
{
	const char *word = json_get_str(run->verdict, "verdict", "incomplete");
	bool told = false;
	json_t *reason;
	size_t i;

	json_array_foreach (json_get_array(run->verdict, "reasons"), i, reason) {
		_cleanup_free_ char *what = page_safe(json_get_str(reason, "what", ""));

		if (says_no_more(reason, status))
			continue;
		fprintf(stderr, "klab: %s: %s (%s)\n", json_get_str(reason, "verdict", word), what,
			json_get_str(reason, "where", "?"));
		told = true;
		/* Without a status the first says why, and the page has the others. */
		if (status < 0)
			break;
	}
	if (status < 0 && !told)
		fprintf(stderr, "klab: %s: the guest did not tell how the command ended\n", word);
	return told || status < 0;
}

static int code_of_run(const struct run_facts *run, int status)
{
	const char *word = json_get_str(run->verdict, "verdict", "incomplete");
	int code = verdict_exit_code(verdict_parse(word));

	if (status >= 0)
		return status;
	/* Nobody heard of an end: that is no success, whatever else is. */
	return code ? code : verdict_exit_code(VERDICT_INCOMPLETE);
}

int exec_tell(const char *run_dir, int *code, struct err *err)
{
	_cleanup_(run_facts_clear)
	struct run_facts run = { 0 };
	int64_t lost_bytes = 0;
	bool told;
	int status;

	if (run_facts_load(&run, run_dir, err) < 0)
		return -1;
	status = status_of(&run, &lost_bytes);
	*code = code_of_run(&run, status);
	print_output(&run);
	told = tell_reasons(&run, status);
	if (lost_bytes)
		fprintf(stderr, "klab: the last %" PRId64 " bytes of its output were not kept\n",
			lost_bytes);
	if (told || lost_bytes)
		fprintf(stderr, "klab: the run: %s\n", run_dir);
	return 0;
}

int exec_add_json(json_t *run_json, const char *run_dir, int *code, struct err *err)
{
	_cleanup_(run_facts_clear)
	struct run_facts run = { 0 };
	_cleanup_strbuf_ struct strbuf out = { 0 }, errors = { 0 };
	json_t *exec, *frame;
	int64_t lost_bytes = 0;
	int status;
	size_t i;

	if (run_facts_load(&run, run_dir, err) < 0)
		return -1;
	status = status_of(&run, &lost_bytes);
	*code = code_of_run(&run, status);
	json_array_foreach (run.frames, i, frame) {
		const char *stream = NULL, *data = output_of(frame, &stream);

		if (data)
			strbuf_adds(str_eq(stream, "stderr") ? &errors : &out, data);
	}
	exec = json_object();
	if (status >= 0)
		json_set_int(exec, "status", status);
	json_set_str(exec, "stdout", out.data ? out.data : "");
	json_set_str(exec, "stderr", errors.data ? errors.data : "");
	json_object_set_new(run_json, "exec", exec);
	return 0;
}
