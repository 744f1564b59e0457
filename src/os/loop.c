// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The event loop over sd-event.  What is added to it: errors of handlers end the loop, a
 * source may be freed by its own handler, files that epoll refuses count as always ready,
 * and a child's end is seen through its pidfd alone (sd-event's own child sources insist
 * on SIGCHLD being blocked and reap only after the handler).
 */
#include "os/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include <systemd/sd-event.h>

#include "base/mem.h"

struct loop {
	sd_event *event;
	struct error *error; /* the first one of a handler, until the loop returns it */
	bool exiting;
};

struct loop_source {
	struct loop *loop;
	sd_event_source *source;
	union {
		loop_io_fn io;
		loop_timer_fn timer; /* of deferred ones too */
		loop_signal_fn signal;
		loop_child_fn child;
	} handler;
	void *argument;
	int fd;			 /* io: what the handler is told */
	int stand_in;		 /* io: eventfd in place of a file without epoll, or -1 */
	struct process *process; /* child */
	bool dispatching;
	bool freed; /* by its own handler */
};

struct error *loop_new(struct loop **ret)
{
	_cleanup_(loop_freep) struct loop *loop = xnew(struct loop);
	int r = sd_event_new(&loop->event);

	if (r < 0)
		return error_os(-r, "making an event loop");
	*ret = take_ptr(loop);
	return NULL;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	error_free(loop->error);
	sd_event_unref(loop->event);
	free(loop);
}

struct error *loop_once(struct loop *loop, uint64_t timeout_ms)
{
	uint64_t timeout_us =
		timeout_ms > UINT64_MAX / 1000 ? UINT64_MAX : timeout_ms * 1000;
	int r = sd_event_run(loop->event, timeout_us);

	if (loop->error)
		return take_ptr(loop->error);
	if (r < 0)
		return error_os(-r, "running the event loop");
	return NULL;
}

struct error *loop_run(struct loop *loop)
{
	struct error *err = NULL;

	while (!err && !loop->exiting)
		err = loop_once(loop, UINT64_MAX);
	loop->exiting = false;
	return err;
}

void loop_exit(struct loop *loop)
{
	loop->exiting = true;
}

/* The frame around each call of a handler. */
static void dispatch_begin(struct loop_source *source)
{
	source->dispatching = true;
}

static int dispatch_end(struct loop_source *source, struct error *err)
{
	struct loop *loop = source->loop;

	if (err && loop->error)
		error_ignore(err); /* the first one is what the loop returns */
	else if (err)
		loop->error = err;
	source->dispatching = false;
	if (source->freed)
		free(source);
	/* A negative value would only switch the source off. */
	return 0;
}

static struct loop_source *source_new(struct loop *loop, void *argument)
{
	struct loop_source *source = xnew(struct loop_source);

	source->loop = loop;
	source->argument = argument;
	source->fd = -1;
	source->stand_in = -1;
	return source;
}

void loop_source_free(struct loop_source *source)
{
	if (!source || source->freed)
		return;
	sd_event_source_disable_unref(take_ptr(source->source));
	close_fd(source->stand_in);
	if (source->dispatching)
		source->freed = true;
	else
		free(source);
}

static int on_io(sd_event_source *s, int fd, uint32_t events, void *userdata)
{
	struct loop_source *source = userdata;

	dispatch_begin(source);
	return dispatch_end(source,
			    source->handler.io(source->fd, events, source->argument));
}

/* epoll refuses regular files and /dev/null: they are always ready.  So is an eventfd
 * that nobody reads, and it takes its turn among the other sources. */
static int add_io_stand_in(struct loop_source *source, uint32_t events)
{
	source->stand_in = eventfd(1, EFD_CLOEXEC);
	if (source->stand_in < 0)
		return -errno;
	return sd_event_add_io(source->loop->event, &source->source, source->stand_in,
			       events, on_io, source);
}

struct error *loop_add_io(struct loop *loop, int fd, uint32_t events, loop_io_fn handler,
			  void *argument, struct loop_source **ret)
{
	_cleanup_(loop_source_freep) struct loop_source *source =
		source_new(loop, argument);
	int r;

	source->handler.io = handler;
	source->fd = fd;
	r = sd_event_add_io(loop->event, &source->source, fd, events, on_io, source);
	if (r == -EPERM)
		r = add_io_stand_in(source, events);
	if (r < 0)
		return error_os(-r, "watching descriptor %d", fd);
	loop_source_set_events(source, events);
	*ret = take_ptr(source);
	return NULL;
}

void loop_source_set_events(struct loop_source *source, uint32_t events)
{
	/* Cannot fail for a source that was added with a good descriptor.  Without events
	 * it must leave epoll: a hung-up peer is reported even to those who ask for
	 * nothing, for ever. */
	if (events)
		(void)sd_event_source_set_io_events(source->source, events);
	(void)sd_event_source_set_enabled(source->source,
					  events ? SD_EVENT_ON : SD_EVENT_OFF);
}

static int on_timer(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct loop_source *source = userdata;

	dispatch_begin(source);
	return dispatch_end(source, source->handler.timer(source->argument));
}

struct error *loop_add_timer(struct loop *loop, uint64_t deadline_ms,
			     loop_timer_fn handler, void *argument,
			     struct loop_source **ret)
{
	_cleanup_(loop_source_freep) struct loop_source *source =
		source_new(loop, argument);
	int r;

	source->handler.timer = handler;
	/* Accuracy 1 us: 0 would mean the default, a quarter of a second. */
	r = sd_event_add_time(loop->event, &source->source, CLOCK_MONOTONIC, 0, 1,
			      on_timer, source);
	if (r < 0)
		return error_os(-r, "arming a timer");
	loop_source_set_deadline(source, deadline_ms);
	*ret = take_ptr(source);
	return NULL;
}

void loop_source_set_deadline(struct loop_source *source, uint64_t deadline_ms)
{
	bool armed = deadline_ms <= UINT64_MAX / 1000;

	/* Cannot fail for a timer. */
	if (armed)
		(void)sd_event_source_set_time(source->source, deadline_ms * 1000);
	(void)sd_event_source_set_enabled(source->source,
					  armed ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int on_signal(sd_event_source *s, const struct signalfd_siginfo *info,
		     void *userdata)
{
	struct loop_source *source = userdata;
	int signal = (int)info->ssi_signo;

	dispatch_begin(source);
	return dispatch_end(source, source->handler.signal(signal, source->argument));
}

struct error *loop_add_signal(struct loop *loop, int signal, loop_signal_fn handler,
			      void *argument, struct loop_source **ret)
{
	_cleanup_(loop_source_freep) struct loop_source *source =
		source_new(loop, argument);
	sigset_t set;
	int r;

	source->handler.signal = handler;
	sigemptyset(&set);
	sigaddset(&set, signal);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return error_os(errno, "blocking signal %d", signal);
	r = sd_event_add_signal(loop->event, &source->source, signal, on_signal, source);
	if (r < 0)
		return error_os(-r, "watching signal %d", signal);
	*ret = take_ptr(source);
	return NULL;
}

static int on_child(sd_event_source *s, int fd, uint32_t events, void *userdata)
{
	struct loop_source *source = userdata;
	struct error *err;
	int status = 0;

	/* Off first: the descriptor is about to be closed. */
	sd_event_source_disable_unref(take_ptr(source->source));
	dispatch_begin(source);
	err = process_wait(source->process, 0, &status);
	if (!err)
		err = source->handler.child(status, source->argument);
	return dispatch_end(source, err);
}

struct error *loop_add_child(struct loop *loop, struct process *process,
			     loop_child_fn handler, void *argument,
			     struct loop_source **ret)
{
	_cleanup_(loop_source_freep) struct loop_source *source =
		source_new(loop, argument);
	int r;

	source->handler.child = handler;
	source->process = process;
	r = sd_event_add_io(loop->event, &source->source, process->pidfd, EPOLLIN,
			    on_child, source);
	if (r < 0)
		return error_os(-r, "watching process %d", (int)process->pid);
	*ret = take_ptr(source);
	return NULL;
}

static int on_deferred(sd_event_source *s, void *userdata)
{
	struct loop_source *source = userdata;

	dispatch_begin(source);
	return dispatch_end(source, source->handler.timer(source->argument));
}

struct error *loop_add_deferred(struct loop *loop, loop_timer_fn handler, void *argument,
				struct loop_source **ret)
{
	_cleanup_(loop_source_freep) struct loop_source *source =
		source_new(loop, argument);
	int r;

	source->handler.timer = handler;
	r = sd_event_add_defer(loop->event, &source->source, on_deferred, source);
	if (r < 0)
		return error_os(-r, "deferring a call");
	*ret = take_ptr(source);
	return NULL;
}
