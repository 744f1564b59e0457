// SPDX-License-Identifier: GPL-2.0-or-later
/* Clients of a running guest's keeper. */
#include "lab/attach.h"

#include <signal.h>

#include "agent/client.h"
#include "agent/copy.h"
#include "base/mem.h"
#include "format/json.h"
#include "lab/command.h"
#include "lab/deadline.h"
#include "os/spawn.h"
#include "vm/keeper.h"

#define OUTPUT_MAX (64u << 20)
/* A guest that has not done a command by then may be one that gdb holds. */
#define HALTED_AFTER_MS 1000

/* A connection to the keeper of one guest. */
struct attach {
	char *name;
	struct loop *loop;
	struct client *client;
};

static void attach_deinit(struct attach *attach)
{
	client_free(attach->client);
	loop_free(attach->loop);
	free(attach->name);
}
#define _cleanup_attach_ _cleanup_(attach_deinit)

static struct error *attach_open(const char *guest_name, struct attach *ret)
{
	int fd;

	TRY(guest_connect(guest_name, &fd, &ret->name));
	TRY(loop_new(&ret->loop));
	return client_new(ret->loop, fd, NULL, NULL, &ret->client);
}

/* attach_run(): a command on our own streams. */
struct attached_command {
	struct attach attach;
	struct command *command;
	struct deadline timeout, look;
	const struct attach_command *wanted;
	struct verdict *verdict;
};

static void attached_command_deinit(struct attached_command *attached)
{
	command_free(attached->command);
	deadline_deinit(&attached->timeout);
	deadline_deinit(&attached->look);
	attach_deinit(&attached->attach);
}

static struct error *on_command_ended(const struct session_end *end, void *argument)
{
	struct attached_command *attached = argument;
	struct verdict *verdict = attached->verdict;
	int signal = command_signal(attached->command);

	if (verdict->ended == ENDED_TIMEOUT)
		; /* it was decided before */
	else if (signal)
		verdict_set(verdict, ENDED_INTERRUPTED, STATUS_SIGNAL + signal);
	else if (end->lost && end->value == PROTO_LOSS_PANIC)
		verdict_set(verdict, ENDED_PANIC, STATUS_PANIC);
	else if (end->lost)
		verdict_set(verdict, ENDED_RESET, STATUS_GONE);
	else
		verdict_set_session_end(verdict, end);
	if (verdict->ended == ENDED_RESET && !verdict->message)
		verdict->message =
			xasprintf("the guest %s ended or reset before the command did",
				  attached->attach.name);
	loop_exit(attached->attach.loop);
	return NULL;
}

static void on_leave(void *argument)
{
	struct attached_command *attached = argument;

	if (command_signal(attached->command))
		verdict_set(attached->verdict, ENDED_INTERRUPTED,
			    STATUS_SIGNAL + command_signal(attached->command));
	else
		verdict_set(attached->verdict, ENDED_EXITED, STATUS_OK);
	/* The keeper hangs up a session whose client goes. */
	loop_exit(attached->attach.loop);
}

static struct error *on_timeout(void *argument)
{
	struct attached_command *attached = argument;

	verdict_set(attached->verdict, ENDED_TIMEOUT, STATUS_TIMEOUT);
	loop_exit(attached->attach.loop);
	return NULL;
}

static struct error *on_look(void *argument)
{
	struct attached_command *attached = argument;
	const char *name = attached->attach.name;
	_cleanup_free_ char *answer = NULL;
	_cleanup_json_ struct json_object *status = NULL;
	_cleanup_error_ struct error *err = NULL; /* the command will hear of it too */
	const char *state = NULL;

	err = attach_ask(name, "status", NULL, &answer);
	if (!err)
		err = json_parse_object(answer, strlen(answer), &status);
	if (!err)
		err = json_get_string(status, "state", &state);
	if (!err && streq(state, "paused"))
		attached->wanted->on_halted(name, attached->wanted->argument);
	return NULL;
}

static struct error *run_attached(const struct attach_command *command,
				  struct attached_command *attached)
{
	struct command_options options = {
		.guest = command->options,
		.service = command->service,
		.words = command->words,
		.monitor = true,
	};
	struct command_handlers handlers = {
		.ended = on_command_ended,
		.leave = on_leave,
		.argument = attached,
	};

	TRY(attach_open(command->guest_name, &attached->attach));
	TRY(deadline_init(&attached->timeout, attached->attach.loop, on_timeout,
			  attached));
	if (command->options->timeout_ms)
		deadline_set(&attached->timeout, command->options->timeout_ms);
	TRY(deadline_init(&attached->look, attached->attach.loop, on_look, attached));
	attached->wanted = command;
	if (command->on_halted)
		deadline_set(&attached->look, HALTED_AFTER_MS);
	TRY(command_start(attached->attach.loop, attached->attach.client, &options,
			  &handlers, &attached->command));
	return loop_run(attached->attach.loop);
}

void attach_run(const struct attach_command *command, struct verdict *ret)
{
	_cleanup_(attached_command_deinit) struct attached_command attached = {
		.verdict = ret,
	};
	_cleanup_error_ struct error *err = NULL;

	*ret = (struct verdict){ 0 };
	err = run_attached(command, &attached);
	if (err)
		verdict_set_error(ret, err);
	command_judge_tests(attached.command, ret);
}

/* attach_ask(): a question and its answer. */
struct question {
	struct attach attach;
	struct text output;
	struct error *err;
};

static void question_deinit(struct question *question)
{
	text_deinit(&question->output);
	error_free(question->err);
	attach_deinit(&question->attach);
}

static struct error *on_answer(uint8_t stream, const void *data, size_t size,
			       void *argument)
{
	struct question *question = argument;

	if (question->output.length + size > OUTPUT_MAX)
		return error_new(ERROR_CORRUPT, "the answer is longer than %u MiB",
				 OUTPUT_MAX >> 20);
	text_append_bytes(&question->output, data, size);
	return NULL;
}

static struct error *on_answer_end(const struct session_end *end, void *argument)
{
	struct question *question = argument;

	if (end->lost)
		question->err =
			error_new(ERROR_CLOSED,
				  end->value == PROTO_LOSS_PANIC
					  ? "the kernel of the guest %s has panicked"
					  : "the guest %s has ended",
				  question->attach.name);
	else if (end->how != PROTO_EXIT_STATUS || end->value)
		question->err = error_new(ERROR_REFUSED, "%s",
					  end->message && *end->message
						  ? end->message
						  : "the guest's keeper refused");
	loop_exit(question->attach.loop);
	return NULL;
}

static struct error *question_start(struct question *question, const char *guest_name,
				    const char *service, const char *const *argv)
{
	struct session_options options = {
		.service = service,
		.argv = argv,
		.flags = PROTO_START_NO_STDIN,
		.fds = { -1, -1, -1 },
		.on_output = on_answer,
		.on_end = on_answer_end,
		.argument = question,
	};
	struct session *session;

	TRY(attach_open(guest_name, &question->attach));
	return client_start(question->attach.client, &options, &session);
}

static struct error *question_wait(struct question *question, char **ret_output)
{
	TRY(loop_run(question->attach.loop));
	if (question->err)
		return take_ptr(question->err);
	*ret_output = text_take(&question->output);
	return NULL;
}

struct error *attach_ask(const char *guest_name, const char *service,
			 const char *const *argv, char **ret_output)
{
	_cleanup_(question_deinit) struct question question = { 0 };

	TRY(question_start(&question, guest_name, service, argv));
	return question_wait(&question, ret_output);
}

/* attach_output() */
static struct error *on_output_signal(int signal, void *argument)
{
	return error_interrupted(signal, "interrupted");
}

static struct error *on_output_timeout(void *argument)
{
	const struct question *question = argument;

	return error_hint(error_new(ERROR_TIMEOUT, "the guest %s gives no answer",
				    question->attach.name),
			  "klab logs shows what it does; klab stop --force ends it");
}

struct error *attach_output(const char *guest_name, const char *const *argv,
			    uint64_t timeout_ms, char **ret_output)
{
	_cleanup_(question_deinit) struct question question = { 0 };
	_cleanup_(loop_source_freep) struct loop_source *interrupt = NULL,
							*terminate = NULL, *timer = NULL;

	TRY(question_start(&question, guest_name, "exec", argv));
	TRY(loop_add_signal(question.attach.loop, SIGINT, on_output_signal, NULL,
			    &interrupt));
	TRY(loop_add_signal(question.attach.loop, SIGTERM, on_output_signal, NULL,
			    &terminate));
	TRY(loop_add_timer(question.attach.loop, clock_ms() + timeout_ms,
			   on_output_timeout, &question, &timer));
	return question_wait(&question, ret_output);
}

/* attach_copy() */
struct copying {
	struct attach attach;
	struct error *err;
};

static void copying_deinit(struct copying *copying)
{
	error_free(copying->err);
	attach_deinit(&copying->attach);
}

static struct error *on_copied(struct error *err, const struct copy_stats *stats,
			       void *argument)
{
	struct copying *copying = argument;

	copying->err = err;
	loop_exit(copying->attach.loop);
	return NULL;
}

static struct error *on_copy_signal(int signal, void *argument)
{
	return error_interrupted(signal, "interrupted; what was copied so far is there");
}

struct error *attach_copy(const struct attach_copy *copy)
{
	_cleanup_(copying_deinit) struct copying copying = { 0 };
	_cleanup_(loop_source_freep) struct loop_source *interrupt = NULL,
							*terminate = NULL;
	struct copy_options options = {
		.from = copy->from,
		.to = copy->to,
		.remark = copy->remark,
		.on_end = on_copied,
		.argument = &copying,
	};

	TRY(attach_open(copy->guest_name, &copying.attach));
	TRY(loop_add_signal(copying.attach.loop, SIGINT, on_copy_signal, NULL,
			    &interrupt));
	TRY(loop_add_signal(copying.attach.loop, SIGTERM, on_copy_signal, NULL,
			    &terminate));
	TRY(copy->to_guest ? copy_to_guest(copying.attach.client, &options)
			   : copy_from_guest(copying.attach.client, &options));
	TRY(loop_run(copying.attach.loop));
	return take_ptr(copying.err);
}
