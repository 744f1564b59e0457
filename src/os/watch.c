// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An editor saves by writing a file anew or by renaming another over it, so what counts is
 * the close after a write, and the rename.
 */
#include "os/watch.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/loop.h"

/* Files that are saved together come within this time. */
#define QUIET_MS 50

struct watch {
	int fd;
	char *directory;
	bool (*wanted)(const char *name);
	/* While one waits: */
	struct loop *loop;
	struct loop_source *quiet;
	char *name; /* of the last one that was saved */
	bool stopped;
};

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	close_fd(watch->fd);
	free(watch->directory);
	free(watch->name);
	free(watch);
}

struct error *watch_new(const char *directory, bool (*wanted)(const char *name),
			struct watch **ret)
{
	_cleanup_(watch_freep) struct watch *watch = xnew(struct watch);

	watch->directory = xstrdup(directory);
	watch->wanted = wanted;
	watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch->fd < 0)
		return error_os(errno, "watching %s", directory);
	if (inotify_add_watch(watch->fd, directory,
			      IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR | IN_DELETE_SELF |
				      IN_MOVE_SELF) < 0)
		return error_os(errno, "watching %s", directory);
	*ret = take_ptr(watch);
	return NULL;
}

static struct error *take_event(struct watch *watch, const struct inotify_event *event)
{
	if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED))
		return error_new(ERROR_NOT_FOUND, "the directory %s has gone away",
				 watch->directory);
	/* An overflow of the queue has no name: something was saved. */
	if (!(event->mask & IN_Q_OVERFLOW) &&
	    (!event->len || !watch->wanted(event->name)))
		return NULL;
	free(watch->name);
	watch->name = xstrdup(event->len ? event->name : "");
	loop_source_set_deadline(watch->quiet, clock_ms() + QUIET_MS);
	return NULL;
}

static struct error *on_events(int fd, uint32_t events, void *argument)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	struct watch *watch = argument;
	ssize_t n = read(fd, buffer, sizeof(buffer));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR
			       ? NULL
			       : error_os(errno, "watching %s", watch->directory);
	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *event = (const void *)(buffer + at);

		TRY(take_event(watch, event));
		at += (ssize_t)(sizeof(*event) + event->len);
	}
	return NULL;
}

static struct error *on_quiet(void *argument)
{
	const struct watch *watch = argument;

	loop_exit(watch->loop);
	return NULL;
}

static struct error *on_signal(int signal, void *argument)
{
	struct watch *watch = argument;

	watch->stopped = true;
	loop_exit(watch->loop);
	return NULL;
}

struct error *watch_wait(struct watch *watch, char **ret_name)
{
	_cleanup_(loop_freep) struct loop *loop = NULL;
	_cleanup_(loop_source_freep) struct loop_source *io = NULL, *quiet = NULL,
							*interrupt = NULL,
							*terminate = NULL;

	TRY(loop_new(&loop));
	watch->loop = loop;
	TRY(loop_add_timer(loop, UINT64_MAX, on_quiet, watch, &quiet));
	watch->quiet = quiet;
	TRY(loop_add_signal(loop, SIGINT, on_signal, watch, &interrupt));
	TRY(loop_add_signal(loop, SIGTERM, on_signal, watch, &terminate));
	TRY(loop_add_io(loop, watch->fd, EPOLLIN, on_events, watch, &io));
	TRY(loop_run(loop));
	if (watch->stopped) {
		*ret_name = NULL;
		return NULL;
	}
	*ret_name = take_ptr(watch->name);
	return NULL;
}
