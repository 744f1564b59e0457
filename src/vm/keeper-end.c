// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The end of the keeper's QEMU, and how it is brought about.
 *
 * When QEMU's process has gone, what it left in its sockets is read first, in this order:
 * QMP (why it went), the console (its last lines), the agent (sessions that had ended),
 * stderr.  Then the sessions are told, and when their clients have got it the event ENDED
 * is the keeper's last word.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "vm/keeper-internal.h"

/* From "quit" to SIGKILL: disks are flushed meanwhile. */
#define QUIT_TIMEOUT_MS 5000
/* Clients that do not read do not keep an ended guest. */
#define TELL_TIMEOUT_MS 1000

const char *keeper_end_sentence(const struct keeper *keeper)
{
	static const char *const sentences[] = {
		[KEEPER_END_NONE] = "the guest runs",
		[KEEPER_END_POWEROFF] = "the guest powered off",
		[KEEPER_END_RESET] = "the guest reset",
		[KEEPER_END_PANIC] = "the guest panicked",
		[KEEPER_END_STOPPED] = "the guest was stopped",
		[KEEPER_END_KILLED] = "QEMU was killed",
		[KEEPER_END_FAILED] = "QEMU failed",
	};

	return sentences[keeper->end.cause];
}

static void keeper_finish(struct keeper *keeper)
{
	if (keeper->ended)
		return;
	loop_source_free(take_ptr(keeper->tell_timer));
	keeper->ended = true;
	keeper_say(keeper, KEEPER_EVENT_ENDED, NULL);
}

static struct error *keeper_on_untold(void *argument)
{
	keeper_finish(argument);
	return NULL;
}

static struct error *keeper_reap(void *argument)
{
	struct keeper *keeper = argument;

	loop_source_free(take_ptr(keeper->reaper));
	sessions_reap(keeper);
	clients_reap(keeper);
	if (!keeper->qemu_gone || !sessions_told(keeper))
		return NULL;
	clients_ask(keeper);
	if (clients_told(keeper))
		keeper_finish(keeper);
	return NULL;
}

void keeper_reap_later(struct keeper *keeper)
{
	/* Without memory for it the dead wait for the next occasion. */
	if (!keeper->reaper)
		error_ignore(loop_add_deferred(keeper->loop, keeper_reap, keeper,
					       &keeper->reaper));
}

void keeper_check_told(struct keeper *keeper)
{
	if (keeper->qemu_gone && !keeper->ended)
		keeper_reap_later(keeper);
}

/* ---- QEMU's process ---- */

static void keeper_read_stderr(struct keeper *keeper)
{
	struct text *tail = &keeper->stderr_tail;
	char buffer[KEEPER_STDERR_MAX];
	ssize_t n;

	while (keeper->stderr_source) {
		n = read(keeper->stderr_fd, buffer, sizeof(buffer));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			loop_source_free(take_ptr(keeper->stderr_source));
			return;
		}
		text_append_harmless(tail, buffer, (size_t)n);
		if (tail->length > KEEPER_STDERR_MAX) {
			size_t cut = tail->length - KEEPER_STDERR_MAX;

			memmove(tail->data, tail->data + cut, KEEPER_STDERR_MAX);
			text_truncate(tail, KEEPER_STDERR_MAX);
		}
	}
}

struct error *keeper_on_stderr(int fd, uint32_t events, void *argument)
{
	keeper_read_stderr(argument);
	return NULL;
}

static enum keeper_cause keeper_decide_cause(const struct keeper *keeper)
{
	int status = keeper->end.wait_status;

	if (keeper->given_up)
		return KEEPER_END_FAILED;
	if (keeper->guest_cause != KEEPER_END_NONE)
		return keeper->guest_cause;
	if (keeper->stopping)
		return KEEPER_END_STOPPED;
	if (WIFSIGNALED(status))
		return KEEPER_END_KILLED;
	/* Without a word: a debugger's "kill", or the user's own options. */
	return WEXITSTATUS(status) == 0 ? KEEPER_END_STOPPED : KEEPER_END_FAILED;
}

struct error *keeper_on_exit(int status, void *argument)
{
	struct keeper *keeper = argument;

	log_debug("guest %s: QEMU ended, status %d", keeper->name, status);
	keeper->end.wait_status = status;
	if (keeper->qmp)
		qmp_process(keeper->qmp);
	console_drain(keeper->console);
	agent_link_drain(keeper);
	keeper_read_stderr(keeper);
	loop_source_free(take_ptr(keeper->greeting_timer));
	loop_source_free(take_ptr(keeper->kill_timer));
	keeper->qemu_gone = true;
	keeper->paused = false;
	keeper->end.cause = keeper_decide_cause(keeper);
	/* By SIGTERM, SIGINT or SIGHUP, which QEMU catches and does not tell apart. */
	if (keeper->end.cause == KEEPER_END_KILLED && !WIFSIGNALED(status))
		keeper->end.wait_status = W_EXITCODE(0, SIGTERM);
	keeper->end.qemu_stderr = text_str(&keeper->stderr_tail);
	sessions_guest_ended(keeper);
	keeper_check_told(keeper);
	return loop_add_timer(keeper->loop, clock_ms() + TELL_TIMEOUT_MS,
			      keeper_on_untold, keeper, &keeper->tell_timer);
}

/* ---- Ending it ---- */

static struct error *keeper_on_overdue(void *argument)
{
	struct keeper *keeper = argument;

	log_debug("guest %s: killing QEMU", keeper->name);
	keeper->stopping = true;
	process_kill(&keeper->process, SIGKILL);
	return NULL;
}

static void keeper_kill_after(struct keeper *keeper, uint64_t timeout_ms,
			      loop_timer_fn handler)
{
	loop_source_free(take_ptr(keeper->kill_timer));
	/* No memory for a timer: what was asked of QEMU must do. */
	error_ignore(loop_add_timer(keeper->loop, clock_ms() + timeout_ms, handler,
				    keeper, &keeper->kill_timer));
}

void keeper_stop(struct keeper *keeper)
{
	if (keeper->qemu_gone)
		return;
	keeper->stopping = true;
	if (!keeper->qmp || !qmp_is_ready(keeper->qmp)) {
		process_kill(&keeper->process, SIGKILL);
		return;
	}
	qmp_execute(keeper->qmp, "quit", NULL, NULL, NULL);
	keeper_kill_after(keeper, QUIT_TIMEOUT_MS, keeper_on_overdue);
}

static struct error *keeper_on_no_shutdown(void *argument)
{
	keeper_stop(argument);
	return NULL;
}

void keeper_shutdown(struct keeper *keeper, uint64_t timeout_ms)
{
	if (keeper->qemu_gone || keeper->stopping)
		return;
	if (keeper->panicked) {
		keeper_stop(keeper);
		return;
	}
	/* A guest that stands still cannot hear. */
	if (keeper->paused)
		qmp_execute(keeper->qmp, "cont", NULL, NULL, NULL);
	if (!agent_link_shutdown(keeper, PROTO_SHUTDOWN_POWEROFF))
		qmp_execute(keeper->qmp, "system_powerdown", NULL, NULL, NULL);
	keeper_kill_after(keeper, timeout_ms, keeper_on_no_shutdown);
}

void keeper_expect_exit(struct keeper *keeper)
{
	if (!keeper->kill_timer)
		keeper_kill_after(keeper, QUIT_TIMEOUT_MS, keeper_on_overdue);
}

void keeper_give_up(struct keeper *keeper, const char *why)
{
	text_appendf(&keeper->stderr_tail, "klab: %s\n", why);
	keeper->given_up = true;
	process_kill(&keeper->process, SIGKILL);
}
