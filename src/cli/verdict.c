// SPDX-License-Identifier: GPL-2.0-or-later
/* What the user is told when a run has ended. */
#include "cli/verdict.h"

#include <json-c/json.h>
#include <stdio.h>

#include "base/mem.h"
#include "cli/print.h"

#define FAILURES_SHOWN 10

/* The sentence about an end that is not the command's own; NULL: nothing to say. */
static const char *sentence_of(enum ended ended)
{
	switch (ended) {
	case ENDED_PANIC:
		return "the guest's kernel panicked";
	case ENDED_OOPS:
		return "the guest's kernel oopsed";
	case ENDED_WARNING:
		return "the guest's kernel warned";
	case ENDED_HANG:
		return "the guest hangs";
	case ENDED_RESET:
		return "the guest reset before the command ended";
	case ENDED_POWEROFF:
		return "the guest powered off before the command ended";
	case ENDED_TIMEOUT:
		return "the time given with --timeout is over";
	case ENDED_NOT_FOUND:
		return "the command cannot be run in the guest";
	case ENDED_ERROR:
		return "cannot run the guest";
	case ENDED_EXITED:
	case ENDED_SIGNALED:
	case ENDED_INTERRUPTED:
		return NULL;
	}
	return NULL;
}

static bool is_about_guest(enum ended ended)
{
	return ended != ENDED_NOT_FOUND && ended != ENDED_ERROR;
}

static void print_tail(const struct verdict *verdict)
{
	if (!verdict->console_tail || !*verdict->console_tail)
		return;
	fputs("klab: the console's last lines:\n", stderr);
	for (const char *line = verdict->console_tail; *line;) {
		size_t length = strcspn(line, "\n");

		fprintf(stderr, "  | %.*s\n", (int)length, line);
		line += length + (line[length] == '\n');
	}
}

static void print_tests(const struct verdict *verdict)
{
	const struct ktap *tests = verdict->tests;
	const struct {
		const char *what;
		uint64_t count;
	} counts[] = {
		{ "passed", tests->passed },
		{ "failed", tests->failed },
		{ "failed as expected", tests->xfailed },
		{ "skipped", tests->skipped },
	};
	_cleanup_text_ struct text line = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		if (counts[i].count)
			text_appendf(&line, ", %llu %s",
				     (unsigned long long)counts[i].count, counts[i].what);
	if (tests->problem)
		text_appendf(&line, ", %s", tests->problem);
	print_note("tests %s%s%s", ktap_result_name(verdict->tests_result),
		   line.length ? ": " : "", line.length ? line.data + 2 : "");
	for (size_t i = 0; i < tests->failures.count && i < FAILURES_SHOWN; i++)
		print_note("failed: %s", tests->failures.items[i]);
	if (tests->failed > FAILURES_SHOWN)
		print_note("failed: %llu more",
			   (unsigned long long)(tests->failed - FAILURES_SHOWN));
}

static void print_sentences(const struct verdict *verdict)
{
	const char *sentence = sentence_of(verdict->ended);
	struct error *err;

	/* A shell's end by poweroff is no surprise. */
	if (!sentence || (verdict->ended == ENDED_POWEROFF && !verdict->status))
		return;
	print_tail(verdict);
	err = error_new(ERROR_FAILED, "%s", sentence);
	if (is_about_guest(verdict->ended) && verdict->crash_title) {
		error_free(err);
		err = error_new(ERROR_FAILED, "%s: %s", sentence, verdict->crash_title);
	}
	if (verdict->message) {
		error_free(err);
		err = is_about_guest(verdict->ended)
			      ? error_new(ERROR_FAILED, "%s: %s", sentence,
					  verdict->message)
			      : error_new(ERROR_FAILED, "%s", verdict->message);
	}
	if (verdict->hint)
		err = error_hint(err, "%s", verdict->hint);
	print_error(err);
	error_free(err);
	if (verdict->console && is_about_guest(verdict->ended))
		print_note("the whole console: %s", verdict->console);
}

struct error *report_verdict(struct call *call, const struct verdict *verdict)
{
	const char *where = call->guest->json;
	struct json_object *json;
	struct error *err;

	call->status = verdict->status;
	/* With the JSON on stderr the sentences would be in the way of its reader only if
	 * they came behind it: it is the last line. */
	print_sentences(verdict);
	if (verdict->tests)
		print_tests(verdict);
	if (!where)
		return NULL;
	json = verdict_json(verdict);
	err = print_json_line(json_object_to_json_string_ext(
				      json, JSON_C_TO_STRING_PLAIN |
						    JSON_C_TO_STRING_NOSLASHESCAPE),
			      where);
	json_object_put(json);
	return err;
}
