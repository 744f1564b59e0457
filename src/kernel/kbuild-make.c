// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One run of kbuild's make.  It has a process group of its own, so that a signal to klab
 * ends all of it, in the order klab wants: make removes what is half-made.  Both its
 * outputs are pipes: if klab is killed, each command that make starts next dies of that
 * when it says its name.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "kernel/kbuild.h"
#include "os/loop.h"
#include "os/spawn.h"

#define KILL_GRACE_MS 5000
#define LEFT_BEHIND_MS 1000
#define TICK_MS 500
/* A line of make's that is longer is cut: nobody reads its end. */
#define LINE_MAX_BYTES (1 << 16)
/* Of what a quiet run complained, for the error. */
#define TAIL_LINES 4

struct making {
	const struct kbuild_run *run;
	struct loop *loop;
	struct process process;
	int output, complaints;		/* our ends of the pipes */
	struct loop_source *sources[8]; /* signals, timers, the process */
	struct loop_source *ticks;
	size_t source_count;
	struct loop_source *output_source, *complaints_source;
	struct text line;
	pid_t group;
	int status;
	bool ended;
	int signal; /* that ended it; 0: none */
};

static void making_deinit(struct making *making)
{
	if (making->group > 0 && !making->ended)
		(void)kill(-making->group, SIGKILL); /* it may be gone already */
	for (size_t i = 0; i < making->source_count; i++)
		loop_source_free(making->sources[i]);
	loop_source_free(making->ticks);
	loop_source_free(making->output_source);
	loop_source_free(making->complaints_source);
	process_deinit(&making->process);
	loop_free(making->loop);
	close_fd(making->output);
	close_fd(making->complaints);
	text_deinit(&making->line);
}

static struct error *say_line(struct making *making)
{
	const struct kbuild_listener *listener = making->run->listener;
	struct error *err = NULL;

	if (listener && listener->line)
		err = listener->line(text_str(&making->line), listener->argument);
	text_truncate(&making->line, 0);
	return err;
}

static struct error *take_output(struct making *making, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '\n')
			TRY(say_line(making));
		else if (making->line.length < LINE_MAX_BYTES)
			text_append_char(&making->line, bytes[i]);
	}
	return NULL;
}

static struct error *take_complaint(struct making *making, const char *bytes, size_t size)
{
	const struct kbuild_listener *listener = making->run->listener;

	if (!listener || !listener->complaint)
		return NULL;
	return listener->complaint(bytes, size, listener->argument);
}

static void leave_if_over(struct making *making)
{
	if (making->ended && making->output < 0 && making->complaints < 0)
		loop_exit(making->loop);
}

static struct error *on_bytes(int fd, uint32_t events, void *argument)
{
	struct making *making = argument;
	bool is_output = fd == making->output;
	char buffer[16384];
	ssize_t n = read(fd, buffer, sizeof(buffer));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return NULL;
	if (n > 0)
		return is_output ? take_output(making, buffer, (size_t)n)
				 : take_complaint(making, buffer, (size_t)n);
	if (is_output) {
		loop_source_free(take_ptr(making->output_source));
		close_fd(making->output);
		if (making->line.length)
			TRY(say_line(making));
	} else {
		loop_source_free(take_ptr(making->complaints_source));
		close_fd(making->complaints);
	}
	leave_if_over(making);
	return NULL;
}

static struct error *on_left_behind(void *argument)
{
	struct making *making = argument;

	loop_exit(making->loop);
	return NULL;
}

static struct error *on_end(int status, void *argument)
{
	struct making *making = argument;

	making->status = status;
	making->ended = true;
	leave_if_over(making);
	/* Somebody whom make has left behind may hold its pipes for ever. */
	return loop_add_timer(making->loop, clock_ms() + LEFT_BEHIND_MS, on_left_behind,
			      making, &making->sources[making->source_count++]);
}

static struct error *on_tick(void *argument)
{
	struct making *making = argument;

	making->run->listener->tick(making->run->listener->argument);
	loop_source_set_deadline(making->ticks, clock_ms() + TICK_MS);
	return NULL;
}

static struct error *on_grace(void *argument)
{
	struct making *making = argument;

	(void)kill(-making->group, SIGKILL);
	return NULL;
}

static struct error *on_signal(int signal, void *argument)
{
	struct making *making = argument;

	if (!making->signal)
		TRY(loop_add_timer(making->loop, clock_ms() + KILL_GRACE_MS, on_grace,
				   making, &making->sources[making->source_count++]));
	making->signal = signal;
	(void)kill(-making->group, SIGTERM);
	return NULL;
}

void kbuild_environment(const char *search, struct strv *ret)
{
	static const char *const replaced[] = {
		"PATH=",
		"ARCH=",
		"CROSS_COMPILE=",
		"LLVM=",
		"O=",
		"M=",
		"KBUILD_OUTPUT=",
		"KBUILD_EXTMOD=",
		"KCONFIG_CONFIG=",
		"MAKEFLAGS=",
		"MAKELEVEL=",
		"MFLAGS=",
	};
	const char *path = getenv("PATH");

	for (char **variable = environ; *variable; variable++) {
		bool replace = false;

		for (size_t i = 0; i < ARRAY_SIZE(replaced); i++)
			replace = replace || has_prefix(*variable, replaced[i]);
		if (!replace)
			strv_push(ret, *variable);
	}
	strv_pushf(ret, "PATH=%s%s%s", search ? search : "", search ? ":" : "",
		   path ? path : "/usr/bin:/bin");
}

static struct error *open_pipe(int *ret_ours, int *ret_its)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_os(errno, "making a pipe for make");
	*ret_ours = fds[0];
	*ret_its = fds[1];
	return NULL;
}

static struct error *start(struct making *making, const struct kbuild *kbuild)
{
	_cleanup_strv_ struct strv words = { 0 }, environment = { 0 };
	_cleanup_close_ int its_output = -1, its_complaints = -1;
	struct error *err;

	kbuild_command(kbuild, &words);
	strv_push_all(&words, (const char *const *)making->run->words->items);
	kbuild_environment(making->run->search, &environment);
	if (making->run->kconfig)
		strv_pushf(&environment, "KCONFIG_CONFIG=%s", making->run->kconfig);
	TRY(open_pipe(&making->output, &its_output));
	TRY(open_pipe(&making->complaints, &its_complaints));
	err = process_spawn(
		&(struct spawn_options){
			.argv = strv_argv(&words),
			.environment = strv_argv(&environment),
			.standard_output = &its_output,
			.standard_error = &its_complaints,
			.die_with_parent = true,
			.new_process_group = true,
		},
		&making->process);
	if (error_is(err, ERROR_MISSING))
		err = error_hint(err, "apt install build-essential flex bison bc "
				      "libelf-dev libssl-dev");
	TRY(err);
	making->group = making->process.pid;
	return NULL;
}

static struct error *listen(struct making *making)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		TRY(loop_add_signal(making->loop, signals[i], on_signal, making,
				    &making->sources[making->source_count++]));
	return NULL;
}

static struct error *follow(struct making *making)
{
	TRY(loop_add_io(making->loop, making->output, EPOLLIN, on_bytes, making,
			&making->output_source));
	TRY(loop_add_io(making->loop, making->complaints, EPOLLIN, on_bytes, making,
			&making->complaints_source));
	TRY(loop_add_child(making->loop, &making->process, on_end, making,
			   &making->sources[making->source_count++]));
	if (making->run->listener && making->run->listener->tick)
		TRY(loop_add_timer(making->loop, clock_ms() + TICK_MS, on_tick, making,
				   &making->ticks));
	return loop_run(making->loop);
}

struct error *kbuild_make(const struct kbuild *kbuild, const struct kbuild_run *run,
			  int *ret_status)
{
	_cleanup_(making_deinit) struct making making = {
		.run = run,
		.process = PROCESS_NONE,
		.output = -1,
		.complaints = -1,
	};

	TRY(kbuild_check_clean(kbuild));
	TRY(loop_new(&making.loop));
	TRY(listen(&making));
	TRY(start(&making, kbuild));
	TRY(follow(&making));
	if (making.signal)
		return error_interrupted(making.signal, "the build was interrupted");
	*ret_status = making.status;
	return NULL;
}

/* A make of which nothing is shown. */
struct quiet {
	const struct kbuild *kbuild;
	const char *target;
	struct text complaints;
};

static struct error *keep_complaint(const char *bytes, size_t size, void *argument)
{
	struct text *text = &((struct quiet *)argument)->complaints;

	if (text->length < LINE_MAX_BYTES)
		text_append_bytes(text, bytes, size);
	return NULL;
}

static void on_quiet_tick(void *argument)
{
	const struct quiet *quiet = argument;

	if (quiet->kbuild->waiting)
		quiet->kbuild->waiting(quiet->target, quiet->kbuild->waiting_argument);
}

/* The last lines, as one. */
static char *tail_of(const struct text *text)
{
	_cleanup_strv_ struct strv lines = { 0 }, last = { 0 };

	strv_split(text_str(text), "\n", &lines);
	for (size_t i = lines.count > TAIL_LINES ? lines.count - TAIL_LINES : 0;
	     i < lines.count; i++)
		strv_push(&last, lines.items[i]);
	return strv_join(&last, "; ");
}

struct error *kbuild_make_quietly(const struct kbuild *kbuild, const char *target,
				  const char *kconfig)
{
	struct quiet quiet = { .kbuild = kbuild, .target = target };
	_cleanup_strv_ struct strv words = { 0 };
	_cleanup_free_ char *tail = NULL;
	const struct kbuild_listener listener = { .complaint = keep_complaint,
						  .tick = on_quiet_tick,
						  .argument = &quiet };
	const struct kbuild_run run = {
		.words = &words,
		.kconfig = kconfig,
		.listener = &listener,
	};
	struct error *err;
	int status;

	strv_push(&words, target);
	on_quiet_tick(&quiet);
	err = kbuild_make(kbuild, &run, &status);
	tail = tail_of(&quiet.complaints);
	text_deinit(&quiet.complaints);
	if (err || !status)
		return err;
	return error_new(ERROR_FAILED, "make %s in %s failed: %s", target, kbuild->source,
			 *tail ? tail : "without a word");
}
