// SPDX-License-Identifier: GPL-2.0-or-later
/* How a run ended: status and JSON. */
#include "lab/verdict.h"

#include <json-c/json_object.h>
#include <stdio.h>

#include "agent/client.h"
#include "agent/proto.h"
#include "base/mem.h"
#include "format/json.h"

void verdict_deinit(struct verdict *verdict)
{
	char *const strings[] = {
		verdict->message,    verdict->hint,	    verdict->kernel,
		verdict->release,    verdict->image,	    verdict->machine,
		verdict->arch,	     verdict->accel,	    verdict->accel_reason,
		verdict->boot,	     verdict->start,	    verdict->start_reason,
		verdict->id,	     verdict->console,	    verdict->crash_title,
		verdict->crash_text, verdict->console_tail,
	};

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		free(strings[i]);
	if (verdict->tests)
		ktap_deinit(verdict->tests);
	free(verdict->tests);
	*verdict = (struct verdict){ 0 };
}

void verdict_set(struct verdict *verdict, enum ended ended, int status)
{
	verdict->ended = ended;
	verdict->status = status;
}

static void set_sentence(struct verdict *verdict, const char *message, const char *hint)
{
	free(verdict->message);
	free(verdict->hint);
	verdict->message = message && *message ? xstrdup(message) : NULL;
	verdict->hint = hint ? xstrdup(hint) : NULL;
}

void verdict_set_exit(struct verdict *verdict, unsigned int how, unsigned int value,
		      const char *message)
{
	switch (how) {
	case PROTO_EXIT_STATUS:
		verdict_set(verdict, ENDED_EXITED, (int)(value & 0xff));
		break;
	case PROTO_EXIT_SIGNAL:
		verdict_set(verdict, ENDED_SIGNALED, STATUS_SIGNAL + (int)(value & 0x7f));
		break;
	case PROTO_EXIT_NOT_FOUND:
		verdict_set(verdict, ENDED_NOT_FOUND, STATUS_NOT_FOUND);
		break;
	case PROTO_EXIT_NOT_STARTED:
		verdict_set(verdict, ENDED_NOT_FOUND, STATUS_NOT_STARTED);
		break;
	case PROTO_EXIT_CANCELED:
		verdict_set(verdict, ENDED_INTERRUPTED, STATUS_CANNOT_RUN);
		break;
	default:
		verdict_set(verdict, ENDED_ERROR, STATUS_CANNOT_RUN);
		break;
	}
	set_sentence(verdict, message, NULL);
}

void verdict_set_error(struct verdict *verdict, const struct error *err)
{
	verdict_set(verdict, ENDED_ERROR,
		    error_is(err, ERROR_USAGE) ? STATUS_USAGE : STATUS_CANNOT_RUN);
	set_sentence(verdict, error_sentence(err), error_hint_text(err));
}

void verdict_set_session_end(struct verdict *verdict, const struct session_end *end)
{
	if (end->output_error)
		verdict_set_error(verdict, end->output_error);
	else
		verdict_set_exit(verdict, end->how, end->value, end->message);
}

static enum ktap_result judge_tests(const struct verdict *verdict, struct ktap *tests,
				    bool decides)
{
	enum ktap_result result = ktap_result(tests);

	if (result == KTAP_FAILED || (result == KTAP_NOTHING && !decides))
		return result;
	if (verdict->ended == ENDED_EXITED && verdict->status == STATUS_SKIPPED)
		return KTAP_SKIPPED;
	if (verdict->ended == ENDED_EXITED && verdict->status)
		tests->problem = xasprintf("the command's status is %d", verdict->status);
	else if (verdict->ended != ENDED_EXITED)
		tests->problem = xstrdup("the command has not come to its end");
	else if (result == KTAP_NOTHING)
		tests->problem = xstrdup("the command's output is no test report");
	return tests->problem ? KTAP_FAILED : result;
}

void verdict_take_tests(struct verdict *verdict, struct ktap *tests, bool decides)
{
	enum ktap_result result = judge_tests(verdict, tests, decides);

	if (result == KTAP_NOTHING) {
		ktap_deinit(tests);
		return;
	}
	verdict->tests = xmemdup(tests, sizeof(*tests));
	*tests = (struct ktap){ 0 };
	verdict->tests_result = result;
	if (!decides || verdict->ended != ENDED_EXITED || verdict->status)
		return;
	if (result == KTAP_FAILED)
		verdict->status = STATUS_FAILED;
	else if (result == KTAP_SKIPPED)
		verdict->status = STATUS_SKIPPED;
}

const char *ended_name(enum ended ended)
{
	static const char *const names[] = {
		[ENDED_EXITED] = "exited",
		[ENDED_SIGNALED] = "signaled",
		[ENDED_NOT_FOUND] = "not-found",
		[ENDED_PANIC] = "panic",
		[ENDED_OOPS] = "oops",
		[ENDED_WARNING] = "warning",
		[ENDED_HANG] = "hang",
		[ENDED_RESET] = "reset",
		[ENDED_POWEROFF] = "poweroff",
		[ENDED_TIMEOUT] = "timeout",
		[ENDED_INTERRUPTED] = "interrupted",
		[ENDED_ERROR] = "error",
	};

	return names[ended];
}

static void add_phases(const struct verdict *verdict, struct json_object *json)
{
	static const char *const names[] = {
		[PHASE_PREPARE] = "prepare", [PHASE_QEMU] = "qemu", [PHASE_BOOT] = "boot",
		[PHASE_COMMAND] = "command", [PHASE_STOP] = "stop",
	};
	struct json_object *phases = json_add_object(json, "phases");

	for (size_t i = 0; i < PHASE_COUNT; i++) {
		double value = (double)verdict->phase_us[i] / 1e6;
		char seconds[32];

		if (!verdict->phase_us[i])
			continue;
		snprintf(seconds, sizeof(seconds), "%.6f", value);
		json_add(phases, names[i], json_object_new_double_s(value, seconds));
	}
}

static void add_crash(const struct verdict *verdict, struct json_object *json)
{
	_cleanup_text_ struct text text = { 0 };
	struct json_object *crash;

	if (verdict->crash == CRASH_NONE)
		return;
	if (verdict->crash_text)
		text_append_harmless(&text, verdict->crash_text,
				     strlen(verdict->crash_text));
	crash = json_add_object(json, "crash");
	json_add_string(crash, "kind", crash_kind_name(verdict->crash));
	json_add_string(crash, "title", verdict->crash_title ? verdict->crash_title : "");
	json_add_string(crash, "text", text_str(&text));
}

static void add_tests(const struct verdict *verdict, struct json_object *json)
{
	const struct ktap *tests = verdict->tests;
	struct json_object *object;

	if (!tests)
		return;
	object = json_add_object(json, "tests");
	json_add_string(object, "result", ktap_result_name(verdict->tests_result));
	json_add_u64(object, "passed", tests->passed);
	json_add_u64(object, "failed", tests->failed);
	json_add_u64(object, "skipped", tests->skipped);
	json_add_u64(object, "xfailed", tests->xfailed);
	json_add_strings(object, "failures", (const char *const *)tests->failures.items);
	json_add_string(object, "problem", tests->problem);
}

struct json_object *verdict_json(const struct verdict *verdict)
{
	const struct {
		const char *name, *value;
	} strings[] = {
		{ "start", verdict->start },
		{ "start_reason", verdict->start_reason },
		{ "boot", verdict->boot },
		{ "kernel", verdict->kernel },
		{ "release", verdict->release },
		{ "arch", verdict->arch },
		{ "image", verdict->image },
		{ "machine", verdict->machine },
		{ "accel", verdict->accel },
		{ "accel_reason", verdict->accel_reason },
		{ "id", verdict->id },
		{ "console", verdict->console },
		{ "message", verdict->message },
		{ "hint", verdict->hint },
	};
	struct json_object *json = json_new_object();

	json_add_string(json, "ended", ended_name(verdict->ended));
	json_add_i64(json, "status", verdict->status);
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		json_add_string(json, strings[i].name, strings[i].value);
	json_add_bool(json, "kaslr", verdict->kaslr);
	add_phases(verdict, json);
	add_crash(verdict, json);
	add_tests(verdict, json);
	return json;
}
