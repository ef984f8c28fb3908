// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The word of a run. The judge_*() and look_*() functions find things and
 * name them; what a finding means stands in one table, here. A pass is what is left when nothing
 * was found, so each of them must be able to see that something is missing.
 */
#include "verdict/verdict.h"

#include <inttypes.h>
#include <stdarg.h>

#include "base/json.h"
#include "verdict/applies.h"
#include "verdict/expect.h"
#include "verdict/judge.h"

#define MAX_REASONS 32 /* of one word; the rest is counted */

static const struct finding {
	const char *about;
	const char *what; /* NULL: any other */
	enum verdict word;
} findings[] = {
	{ "machine", "panic", VERDICT_CRASH },
	{ "machine", "reset", VERDICT_CRASH },
	{ "machine", "timeout", VERDICT_HANG },
	{ "end", "starved", VERDICT_INCOMPLETE },
	{ "end", NULL, VERDICT_HANG }, /* all was done; sync() or switching off was not */
	{ "machine", NULL,
	  VERDICT_INCOMPLETE }, /* killed, cancelled, error, exit code, no end at all */

	/* The guest went down with it: nothing after it can be believed. */
	{ "report", "panicked", VERDICT_CRASH },
	{ "report", "panic", VERDICT_CRASH },
	{ "report", "oops", VERDICT_CRASH },
	{ "report", "bug", VERDICT_CRASH },
	{ "report", "bug_other", VERDICT_CRASH },
	{ "report", "gpf", VERDICT_CRASH },
	{ "report", "page_fault", VERDICT_CRASH },
	{ "report", "divide_error", VERDICT_CRASH },
	{ "report", "double_fault", VERDICT_CRASH },
	{ "report", "invalid_opcode", VERDICT_CRASH },
	{ "report", "stack_segment", VERDICT_CRASH },
	{ "report", "stack_overflow", VERDICT_CRASH },
	{ "report", "kasan", VERDICT_CRASH },
	{ "report", "kmsan", VERDICT_CRASH },
	{ "report", "kfence", VERDICT_CRASH },
	{ "report", "mm_debug", VERDICT_CRASH },
	{ "report", "reboot", VERDICT_CRASH },
	{ "report", "hung_task", VERDICT_HANG },
	{ "report", "rcu_stall", VERDICT_HANG },
	{ "report", "soft_lockup", VERDICT_HANG },
	{ "report", "hard_lockup", VERDICT_HANG },
	{ "report", "workqueue_lockup", VERDICT_HANG },
	/* By the clock of a guest that its host did not let run. The machine's own deadline knows
	 * that. */
	{ "report", "starved", VERDICT_INCOMPLETE },
	{ "report", NULL, VERDICT_FAIL }, /* warning, lockdep, ubsan, kcsan, kmemleak... */

	{ "expect", "unmet", VERDICT_FAIL },
	{ "expect", "starved", VERDICT_INCOMPLETE },
	{ "expect", "no-value", VERDICT_BROKEN }, /* a mistake of the case, not of the kernel */
	{ "expect", "cut", VERDICT_INCOMPLETE },  /* not all was kept of what it is about */

	/* A task that does not end is what a hang is, even where init goes on to tell of it. */
	{ "step", "timeout", VERDICT_HANG },
	{ "step", "starved", VERDICT_INCOMPLETE },
	{ "step", "failed", VERDICT_BROKEN },
	{ "task", "stuck", VERDICT_HANG },
	{ "task", "starved", VERDICT_INCOMPLETE },
	{ "task", NULL, VERDICT_FAIL }, /* it ended badly, or found something wrong */
	{ "fact", "fails", VERDICT_BROKEN },
	{ "cmdline", "lost", VERDICT_BROKEN }, /* another test than the one that was planned */
	{ "fault", "silent", VERDICT_BROKEN },
	{ "fault", "ceased", VERDICT_BROKEN },
	{ "snapshot", "unread", VERDICT_BROKEN },

	{ "frames", NULL, VERDICT_INCOMPLETE },
	{ "console", NULL, VERDICT_INCOMPLETE },
	{ NULL, NULL, VERDICT_INCOMPLETE }, /* something else is missing */
};

enum verdict verdict_of(const char *about, const char *what)
{
	const struct finding *f = findings;

	/* Dashes and underscores in a report's kind are the same; the last row takes all. */
	for (; f->about; f++) {
		const char *a = f->what, *b = what;

		if (!str_eq(f->about, about))
			continue;
		if (!a)
			break;
		while (*a && (*a == *b || (*a == '_' && *b == '-'))) {
			a++;
			b++;
		}
		if (*a == *b)
			break;
	}
	return f->word;
}

/* Does it leave untouched that the case came to pass as it is written? */
static bool is_after_all(const char *about)
{
	static const char *const abouts[] = { "report", "expect", "task", "end" };

	for (size_t i = 0; i < ARRAY_SIZE(abouts); i++)
		if (str_eq(about, abouts[i]))
			return true;
	return false;
}

void judge_found(struct judge *j, const char *about, const char *what, const char *where,
		 const char *fmt, ...)
{
	enum verdict word = verdict_of(about, what);
	_cleanup_free_ char *text = NULL;
	json_t *reason;
	va_list ap;

	if (str_eq(about, "console"))
		j->console_unsure = true;
	else if (!is_after_all(about))
		j->unsound = true;
	if (json_array_size(j->reasons[word]) >= MAX_REASONS) {
		j->left_out[word]++;
		return;
	}
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = xstrdup("a reason too long to be told");
	va_end(ap);
	reason = json_object();
	json_set_str(reason, "verdict", verdict_name(word));
	json_set_str(reason, "what", text);
	json_set_str(reason, "where", where);
	json_array_append_new(j->reasons[word], reason);
}

void judge_note(struct judge *j, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_json_ json_t *holder = json_object();
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = xstrdup("");
	va_end(ap);
	/* By way of an object: that is where bytes are made UTF-8. */
	json_set_str(holder, "note", text);
	json_array_append(j->notes, json_object_get(holder, "note"));
}

static void look_reports(struct judge *j)
{
	json_t *report;
	size_t i;

	json_array_foreach (j->facts->reports, i, report) {
		bool panicked = json_get_bool(report, "panicked", false);
		const char *kind = json_get_str(report, "kind", "");
		int64_t count = json_get_int(report, "count", 1);
		_cleanup_free_ char *where =
			xasprintf("console.log:%" PRId64, json_get_int(report, "start_line", 0));
		_cleanup_free_ char *times = NULL;
		_cleanup_free_ char *starved = NULL;

		if (str_eq(kind, "too-many-reports")) {
			judge_found(j, "console", "overflow", "reports.json",
				    "%" PRId64
				    " reports were left out: absence of a report cannot be shown",
				    count);
			continue;
		}
		/* A panic is never what a test wanted: nobody checked what came after it. */
		if (!panicked && !str_eq(kind, "panic") &&
		    (json_get_bool(report, "info", false) ||
		     expect_set_asks_for(j->expects, report)))
			continue;
		times = count > 1 ? xasprintf(" (%" PRId64 " times)", count) : xstrdup("");
		starved = panicked ? NULL : judge_starved_report(j, report);
		judge_found(j, "report",
			    panicked  ? "panicked"
			    : starved ? "starved"
				      : kind,
			    where, "%s%s%s",
			    json_get_str(report, "title", "a report without a title"), times,
			    panicked  ? "; the kernel panicked"
			    : starved ? starved
				      : "");
	}
}

/*
 * Does it mean anything that this expectation is not met? What a case expects
 * holds after its steps were done with every fault firing; a run that went
 * wrong before has its reason already, and it is not the kernel's failure.
 */
static bool can_tell(const struct judge *j, const struct case_expect *e)
{
	bool on_console = e->kind == EXPECT_REPORT || e->kind == EXPECT_TRACE;

	return !j->unsound && !(on_console && j->console_unsure);
}

/* Is it met by something that is not there, where not all is there? Then nobody knows. */
static bool lacks_proof(const struct judge *j, const struct case_expect *e)
{
	return j->console_unsure && (e->kind == EXPECT_NO_REPORT ||
				     (e->kind == EXPECT_REPORT && e->at_most != INT64_MAX));
}

/* What it says that the expectation is not met, or met by what is no evidence: nothing where its
 * data was cut, or where the host did not let the guest run. NULL: it is met. */
static const char *expect_finding(const struct judge *j, const struct case_expect *e, bool met)
{
	if (!met && expect_lacks_data(e, j->frames))
		return "cut";
	if (judge_starved_expect(j, e, met))
		return "starved";
	if (!met && expect_lacks_value(e, j->frames))
		return "no-value";
	return met ? NULL : "unmet";
}

static json_t *look_expects(struct judge *j)
{
	json_t *all = json_array();

	for (size_t i = 0; i < j->facts->expect_count; i++) {
		const struct case_expect *e = &j->facts->expects[i];
		_cleanup_strbuf_ struct strbuf why = { 0 };
		_cleanup_free_ char *where = xasprintf("case.yaml:%d", e->line);
		bool met = expect_judge(j->expects, i, j->facts, &why);
		const char *what = expect_finding(j, e, met);
		json_t *entry = json_object();
		bool unproven = met && (what || lacks_proof(j, e));

		if (what && str_eq(what, "starved"))
			strbuf_adds(&why, "; the host had no processor for the guest most of that "
					  "time");
		else if (unproven)
			strbuf_adds(&why, " in what there is of the console");
		json_set_str(entry, "expect", e->text ? e->text : "");
		json_set_int(entry, "line", e->line);
		json_set_bool(entry, "met", met && !unproven);
		json_set_str(entry, "why", why.data ? why.data : "");
		json_array_append_new(all, entry);
		if (what && can_tell(j, e))
			judge_found(j, "expect", what, where, "expected %s: %s",
				    e->text ? e->text : "?", why.data ? why.data : "");
	}
	return all;
}

/* What the guest saw of the running kernel, as its frames say it. */
static json_t *kept_facts(const struct frames *frames)
{
	static const char *const keys[] = { "fact", "path", "holds", "found", "unchecked" };
	json_t *all = json_array(), *frame;
	size_t i;

	json_array_foreach (frames->list, i, frame) {
		json_t *entry;

		if (!str_eq(json_get_str(frame, "k", ""), "fact"))
			continue;
		entry = json_object();
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
			json_object_set(entry, keys[k], json_object_get(frame, keys[k]));
		json_array_append_new(all, entry);
	}
	return all;
}

/* Worst first. The word is the first one's; without any, nothing stands against a pass. */
static json_t *reasons_join(struct judge *j, enum verdict *word)
{
	json_t *all = json_array(), *pass;

	*word = VERDICT_PASS;
	for (int v = VERDICT_PASS; v >= 0; v--)
		if (json_array_size(j->reasons[v]))
			*word = v;
	for (int v = 0; v <= VERDICT_PASS; v++) {
		json_array_extend(all, j->reasons[v]);
		json_decref(j->reasons[v]);
		if (j->left_out[v])
			judge_note(j, "%zu more reasons for %s are not listed", j->left_out[v],
				   verdict_name(v));
	}
	if (*word == VERDICT_PASS) {
		pass = json_object();
		json_set_str(pass, "verdict", verdict_name(VERDICT_PASS));
		json_set_str(
			pass, "what",
			"powered off by itself, its account complete, every step done, every fault "
			"fired, every expectation met, no unexpected report, no task that failed");
		json_array_append_new(all, pass);
	}
	return all;
}

json_t *verdict_judge(const struct verdict_facts *facts, enum verdict *word)
{
	static const struct frames no_frames = { .why = "nobody read its frames" };
	struct verdict_facts asked = *facts; /* with the expectations of this kernel alone */
	struct judge j = { .facts = facts, .notes = json_array() };
	json_t *out = json_object(), *expectations, *reasons;
	_cleanup_free_ struct case_expect *expects = NULL;

	j.frames = facts->frames ? facts->frames : &no_frames;
	asked.expects = expects = applying_expects(&j, &asked.expect_count);
	j.facts = &asked;
	j.expects = expect_set_new(asked.expects, asked.expect_count);
	for (int v = 0; v <= VERDICT_PASS; v++)
		j.reasons[v] = json_array();
	look_reports(&j);
	judge_machine(&j);
	judge_steps(&j);
	judge_command_line(&j);
	judge_facts(&j);
	judge_faults(&j);
	judge_snapshots(&j);
	judge_frames(&j);
	judge_console(&j);
	judge_log(&j);
	judge_tasks(&j);
	judge_output(&j);
	judge_recovery(&j);
	expectations = look_expects(&j); /* after all that says whether they can be judged */
	reasons = reasons_join(&j, word);
	json_set_str(out, "verdict", verdict_name(*word));
	json_object_set_new(out, "reasons", reasons);
	json_object_set_new(out, "expectations", expectations);
	json_object_set_new(out, "facts", kept_facts(j.frames));
	json_object_set_new(out, "notes", j.notes);
	expect_set_free(j.expects);
	return out;
}
