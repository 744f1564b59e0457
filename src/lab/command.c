// SPDX-License-Identifier: GPL-2.0-or-later
/* A command in a guest: streams, terminal, signals. */
#include "lab/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "base/mem.h"
#include "lab/terminal.h"
#include "os/file.h"
#include "os/spawn.h"

/* How long a command may take to end after a signal was handed to it. */
#define SIGNAL_GRACE_MS 5000

static const int handed_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

struct command {
	struct loop *loop;
	struct client *client;
	struct session *session;   /* NULL: ended */
	struct terminal *terminal; /* NULL: none */
	struct command_handlers handlers;
	bool started;
	int signal;
	struct ktap tests;
	bool tests_decide; /* --ktap */
	struct loop_source *signals[ARRAY_SIZE(handed_signals)];
	struct loop_source *grace;
};

static void leave(void *argument)
{
	struct command *command = argument;

	if (command->handlers.leave)
		command->handlers.leave(command->handlers.argument);
	else if (command->session)
		session_cancel(command->session);
}

static struct error *on_grace_over(void *argument)
{
	leave(argument);
	return NULL;
}

/* The first signal is the command's; a second one, or one before the command runs, means
 * that the user has no patience. */
static struct error *on_signal(int signal, void *argument)
{
	struct command *command = argument;
	bool again = command->signal != 0;

	command->signal = signal;
	if (!command->session || !command->started || again) {
		leave(command);
		return NULL;
	}
	session_signal(command->session, signal);
	return loop_add_timer(command->loop, clock_ms() + SIGNAL_GRACE_MS, on_grace_over,
			      command, &command->grace);
}

static void on_resized(unsigned short rows, unsigned short columns, void *argument)
{
	struct command *command = argument;

	if (command->session)
		session_resize(command->session, rows, columns);
}

static void on_started(uint32_t pid, void *argument)
{
	struct command *command = argument;

	command->started = true;
}

static struct error *on_output(uint8_t stream, const void *data, size_t size,
			       void *argument)
{
	struct command *command = argument;

	if (stream == PROTO_STDOUT)
		ktap_feed(&command->tests, data, size);
	return NULL;
}

static struct error *on_end(const struct session_end *end, void *argument)
{
	struct command *command = argument;

	command->session = NULL;
	return command->handlers.ended(end, command->handlers.argument);
}

/* The monitor on the raw terminal: one session a line. */
static struct error *on_monitor_output(uint8_t stream, const void *data, size_t size,
				       void *argument)
{
	struct command *command = argument;

	terminal_print(command->terminal, data, size);
	return NULL;
}

static struct error *on_monitor_end(const struct session_end *end, void *argument)
{
	struct command *command = argument;

	if (end->message && *end->message) {
		terminal_print(command->terminal, end->message, strlen(end->message));
		terminal_print(command->terminal, "\n", 1);
	}
	terminal_monitor_prompt(command->terminal);
	return NULL;
}

static void on_monitor_line(const char *line, void *argument)
{
	struct command *command = argument;
	const char *const argv[] = { line, NULL };
	struct session_options options = {
		.service = "monitor",
		.argv = argv,
		.flags = PROTO_START_NO_STDIN,
		.fds = { -1, -1, -1 },
		.on_output = on_monitor_output,
		.on_end = on_monitor_end,
		.argument = command,
	};
	struct session *session;
	struct error *err = client_start(command->client, &options, &session);

	if (err) {
		terminal_print(command->terminal, error_sentence(err),
			       strlen(error_sentence(err)));
		terminal_monitor_prompt(command->terminal);
	}
	error_ignore(err); /* it was shown */
}

static bool wants_terminal(const struct guest_options *guest)
{
	bool there = isatty(STDIN_FILENO);

	if (guest->tty == TTY_AUTO)
		return there && isatty(STDOUT_FILENO);
	return guest->tty == TTY_YES;
}

static struct error *take_terminal(struct command *command,
				   const struct command_options *options)
{
	struct terminal_handlers handlers = {
		.leave = leave,
		.monitor_line = options->monitor ? on_monitor_line : NULL,
		.resized = on_resized,
		.argument = command,
	};

	return terminal_new(command->loop, STDIN_FILENO, STDOUT_FILENO, &handlers,
			    &command->terminal);
}

/* NAME=VALUE as it is; NAME alone takes this process's value. */
static void build_environment(const struct guest_options *guest, bool terminal,
			      struct strv *ret)
{
	const char *term = getenv("TERM");

	if (terminal)
		strv_pushf(ret, "TERM=%s", term && *term ? term : "vt100");
	for (size_t i = 0; i < guest->environment.count; i++) {
		const char *word = guest->environment.items[i];
		const char *value = strchr(word, '=') ? NULL : getenv(word);

		if (strchr(word, '='))
			strv_push(ret, word);
		else if (value)
			strv_pushf(ret, "%s=%s", word, value);
	}
}

static struct error *parse_user(const char *user, struct session_options *ret)
{
	_cleanup_strv_ struct strv ids = { 0 };
	uint64_t uid, gid;

	if (!user)
		return NULL;
	strv_split(user, ":", &ids);
	if (ids.count < 1 || ids.count > 2)
		return error_new(ERROR_USAGE, "--user takes UID or UID:GID, not \"%s\"",
				 user);
	TRY_WRAP(parse_u64(ids.items[0], 0, UINT32_MAX - 1, &uid), "--user");
	gid = uid;
	if (ids.count == 2)
		TRY_WRAP(parse_u64(ids.items[1], 0, UINT32_MAX - 1, &gid), "--user");
	ret->flags |= PROTO_START_KEEP_UIDS;
	ret->uid = (uint32_t)uid;
	ret->gid = (uint32_t)gid;
	return NULL;
}

/* /bin/sh need not be one that edits its line. */
#define TERMINAL_SHELL                                 \
	"command -v bash >/dev/null && exec bash -l\n" \
	"exec /bin/sh -l"

/* A shell; with --eval one that first does those lines and then becomes it, so that what
 * they export and where they go is the shell's too. */
static void shell_words(const struct strv *evals, bool terminal, struct strv *ret)
{
	_cleanup_text_ struct text line = { 0 };

	strv_push(ret, "/bin/sh");
	for (size_t i = 0; evals && i < evals->count; i++)
		text_appendf(&line, "%s\n", evals->items[i]);
	if (terminal)
		text_append(&line, TERMINAL_SHELL);
	else if (line.length)
		text_append(&line, "exec /bin/sh");
	else
		return;
	strv_push(ret, "-c");
	strv_push_take(ret, text_take(&line));
}

static struct error *start_session(struct command *command,
				   const struct command_options *options)
{
	const struct guest_options *guest = options->guest;
	_cleanup_strv_ struct strv environment = { 0 }, shell = { 0 };
	bool terminal = wants_terminal(guest);
	struct session_options session = {
		.service = options->service,
		.argv = (const char *const *)options->words->items,
		.cwd = guest->cwd ? guest->cwd : options->directory,
		.fds = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO },
		.on_started = on_started,
		.on_end = on_end,
		.argument = command,
	};

	if (!session.service && (options->words->count || guest->ktap))
		session.on_output = on_output;
	if (!session.service)
		session.service = guest->shell_line ? "shell" : "exec";
	if (!options->words->count && !options->service) {
		shell_words(options->evals, terminal, &shell);
		session.argv = (const char *const *)shell.items;
	}
	build_environment(guest, terminal, &environment);
	session.environment = (const char *const *)environment.items;
	TRY(parse_user(guest->user, &session));
	if (terminal) {
		session.flags |= PROTO_START_TTY;
		if (command->terminal)
			terminal_size(command->terminal, &session.rows, &session.columns);
	}
	TRY(client_start(command->client, &session, &command->session));
	if (command->terminal)
		session_set_input_filter(command->session, terminal_filter,
					 command->terminal);
	return NULL;
}

struct error *command_start(struct loop *loop, struct client *client,
			    const struct command_options *options,
			    const struct command_handlers *handlers, struct command **ret)
{
	_cleanup_(command_freep) struct command *command = xnew(struct command);

	command->loop = loop;
	command->client = client;
	command->handlers = *handlers;
	command->tests.anywhere = command->tests_decide = options->guest->ktap;
	for (size_t i = 0; i < ARRAY_SIZE(handed_signals); i++)
		TRY(loop_add_signal(loop, handed_signals[i], on_signal, command,
				    &command->signals[i]));
	if (wants_terminal(options->guest))
		TRY(take_terminal(command, options));
	TRY(start_session(command, options));
	*ret = take_ptr(command);
	return NULL;
}

void command_free(struct command *command)
{
	if (!command)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(handed_signals); i++)
		loop_source_free(command->signals[i]);
	loop_source_free(command->grace);
	terminal_free(command->terminal);
	ktap_deinit(&command->tests);
	free(command);
}

bool command_has_ended(const struct command *command)
{
	return !command || !command->session;
}

int command_signal(const struct command *command)
{
	return command->signal;
}

void command_judge_tests(struct command *command, struct verdict *verdict)
{
	if (!command)
		return;
	ktap_finish(&command->tests);
	verdict_take_tests(verdict, &command->tests, command->tests_decide);
}

bool command_has_terminal(const struct command *command)
{
	return command->terminal != NULL;
}

void command_note(struct command *command, const char *text, size_t size)
{
	if (command && command->terminal)
		terminal_print(command->terminal, text, size);
	else
		/* There is no better place to report that stderr is broken. */
		error_ignore(fd_write_all(STDERR_FILENO, text, size));
}
