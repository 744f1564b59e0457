// SPDX-License-Identifier: GPL-2.0-or-later
/* How a guest ended, and what can be said of why. */
#include <signal.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "lab/explain.h"
#include "lab/guest-internal.h"

#define CONSOLE_TAIL_LINES 12

bool guest_must_fail(const struct guest *guest)
{
	enum crash_kind limit = guest->options->fail_on == FAIL_ON_WARN	  ? CRASH_WARNING
				: guest->options->fail_on == FAIL_ON_OOPS ? CRASH_OOPS
									  : CRASH_PANIC;

	return guest->crash.worst >= limit;
}

void guest_set_crash(struct guest *guest)
{
	switch (guest->crash.worst) {
	case CRASH_PANIC:
		verdict_set(&guest->verdict, ENDED_PANIC, STATUS_PANIC);
		break;
	case CRASH_OOPS:
		verdict_set(&guest->verdict, ENDED_OOPS, STATUS_OOPS);
		break;
	default:
		verdict_set(&guest->verdict, ENDED_WARNING, STATUS_OOPS);
		break;
	}
}

static bool was_ended_by_guest(enum keeper_cause cause)
{
	return cause == KEEPER_END_RESET || cause == KEEPER_END_PANIC ||
	       cause == KEEPER_END_POWEROFF;
}

/* Its last words without the newline; "" if there are none. */
static char *qemu_said(const struct keeper_end *end)
{
	const char *words = end->qemu_stderr ? end->qemu_stderr : "";
	size_t length = strlen(words);

	while (length && words[length - 1] == '\n')
		length--;
	return xstrndup(words, length);
}

/* QEMU has gone and nobody here wanted it. */
static void decide_unforeseen(struct guest *guest, const struct keeper_end *end)
{
	_cleanup_error_ struct error *err = NULL;
	_cleanup_free_ char *said = qemu_said(end);
	/* No command was cut off. */
	bool stays = guest->purpose != PLAN_COMMAND || guest->plan->on_console;

	if (guest->crash.worst == CRASH_PANIC && was_ended_by_guest(end->cause)) {
		verdict_set(&guest->verdict, ENDED_PANIC, STATUS_PANIC);
		return;
	}
	switch (end->cause) {
	case KEEPER_END_POWEROFF:
		/* From a shell that is how one leaves. */
		verdict_set(&guest->verdict, ENDED_POWEROFF,
			    stays ? STATUS_OK : STATUS_GONE);
		return;
	case KEEPER_END_RESET:
		verdict_set(&guest->verdict, ENDED_RESET, STATUS_GONE);
		return;
	case KEEPER_END_PANIC:
		verdict_set(&guest->verdict, ENDED_PANIC, STATUS_PANIC);
		return;
	case KEEPER_END_STOPPED:
		verdict_set(&guest->verdict, ENDED_POWEROFF,
			    stays ? STATUS_OK : STATUS_GONE);
		return;
	case KEEPER_END_KILLED:
		err = error_new(ERROR_CLOSED, "QEMU was killed by signal %d (%s)%s%s",
				WTERMSIG(end->wait_status),
				strsignal(WTERMSIG(end->wait_status)), *said ? ": " : "",
				said);
		break;
	case KEEPER_END_NONE:
	case KEEPER_END_FAILED:
		err = error_new(ERROR_CLOSED, "QEMU failed: %s", said);
		break;
	}
	verdict_set_error(&guest->verdict, err);
}

void guest_decide_end(struct guest *guest, const struct keeper_end *end)
{
	struct verdict *verdict = &guest->verdict;

	crash_watch_finish(&guest->crash);
	if (!guest->finishing)
		decide_unforeseen(guest, end);
	else if (guest_must_fail(guest) &&
		 (verdict->ended == ENDED_EXITED || verdict->ended == ENDED_SIGNALED))
		guest_set_crash(guest);
	verdict->crash = guest->crash.worst;
	if (guest->crash.worst == CRASH_NONE)
		return;
	verdict->crash_title = take_ptr(guest->crash.title);
	verdict->crash_text = text_take(&guest->crash.text);
}

static bool deserves_explanation(const struct guest *guest)
{
	switch (guest->verdict.ended) {
	case ENDED_PANIC:
	case ENDED_HANG:
	case ENDED_RESET:
		return true;
	case ENDED_ERROR:
	case ENDED_TIMEOUT:
		return !guest->was_ready;
	case ENDED_POWEROFF:
		return !guest->was_ready && guest->verdict.status != STATUS_OK;
	default:
		return false;
	}
}

/* The size of the console without the crash text: that was shown as it came. */
static size_t size_before_crash(const struct guest *guest)
{
	const char *console = text_str(&guest->console);
	const char *title = guest->verdict.crash_title;
	const char *at = title ? strstr(console, title) : NULL;

	while (at && at > console && at[-1] != '\n')
		at--;
	return at ? (size_t)(at - console) : guest->console.length;
}

void guest_explain_end(struct guest *guest, const struct keeper_end *end)
{
	struct explain_facts facts = {
		.console = text_str(&guest->console),
		.console_silent = guest->console_silent,
		.agent_was_ready = guest->was_ready,
		.ended = guest->verdict.ended,
		.qemu_stderr = end->qemu_stderr ? end->qemu_stderr : "",
		.missing_modules = &guest->plan->image.missing_modules,
		.user_initramfs = guest->plan->user_initramfs,
		.arch = guest->plan->machine.arch->name,
		.qemu_options = &guest->plan->machine.qemu_options,
	};
	char *sentence, *hint;

	if (!deserves_explanation(guest))
		return;
	if (explain(&facts, &sentence, &hint)) {
		char *message = guest->verdict.message;

		/* QEMU's own words say which device, which file. */
		guest->verdict.message = message ? xasprintf("%s (%s)", sentence, message)
						 : xstrdup(sentence);
		free(message);
		free(sentence);
		free(guest->verdict.hint);
		guest->verdict.hint = hint;
	}
	guest->verdict.console_tail =
		console_tail(guest->console.data, size_before_crash(guest),
			     CONSOLE_TAIL_LINES);
}
