/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop, over sd-event.  One loop a process, one thread.  A handler that returns
 * an error ends loop_run() with it.  A source lives until loop_source_free(), also from
 * its own handler.
 */
#ifndef KLAB_OS_LOOP_H
#define KLAB_OS_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/error.h"
#include "os/spawn.h"

struct loop;
struct loop_source;

struct error *loop_new(struct loop **ret) _must_check_;
void loop_free(struct loop *loop);
DEFINE_CLEANUP(struct loop *, loop_free)

/* Until loop_exit() or an error of a handler. */
struct error *loop_run(struct loop *loop) _must_check_;
/* One round: dispatch at most what is ready within timeout_ms (UINT64_MAX: for ever). */
struct error *loop_once(struct loop *loop, uint64_t timeout_ms) _must_check_;
void loop_exit(struct loop *loop);

typedef struct error *(*loop_io_fn)(int fd, uint32_t events, void *argument);
typedef struct error *(*loop_timer_fn)(void *argument);
typedef struct error *(*loop_signal_fn)(int signal, void *argument);
/* status as of waitpid(2); the process has been reaped. */
typedef struct error *(*loop_child_fn)(int status, void *argument);

/* fd is borrowed and must outlive the source; events are EPOLLIN etc., level-triggered. */
struct error *loop_add_io(struct loop *loop, int fd, uint32_t events, loop_io_fn handler,
			  void *argument, struct loop_source **ret) _must_check_;
void loop_source_set_events(struct loop_source *source, uint32_t events);
/* Fires once at deadline_ms (clock_ms()); loop_source_set_deadline() arms it again.
 * UINT64_MAX: disarmed. */
struct error *loop_add_timer(struct loop *loop, uint64_t deadline_ms,
			     loop_timer_fn handler, void *argument,
			     struct loop_source **ret) _must_check_;
void loop_source_set_deadline(struct loop_source *source, uint64_t deadline_ms);
/* The signal is blocked for the process from now on (children of process_spawn() get a
 * clean mask). */
struct error *loop_add_signal(struct loop *loop, int signal, loop_signal_fn handler,
			      void *argument, struct loop_source **ret) _must_check_;
/* Takes over waiting for the process; process->pid becomes 0 when it was reaped. */
struct error *loop_add_child(struct loop *loop, struct process *process,
			     loop_child_fn handler, void *argument,
			     struct loop_source **ret) _must_check_;
/* Once, before the loop sleeps again. */
struct error *loop_add_deferred(struct loop *loop, loop_timer_fn handler, void *argument,
				struct loop_source **ret) _must_check_;
void loop_source_free(struct loop_source *source);
DEFINE_CLEANUP(struct loop_source *, loop_source_free)

#endif
