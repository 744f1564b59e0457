/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real agent, running on this host behind a socketpair, with a client on the other
 * end; for tests of what the guest side does.
 */
#ifndef KLAB_TESTS_AGENT_FIXTURE_H
#define KLAB_TESTS_AGENT_FIXTURE_H

#include <sys/socket.h>
#include <sys/utsname.h>

#include "agent/client.h"
#include "base/mem.h"
#include "os/dirs.h"
#include "os/spawn.h"
#include "unit.h"

#define DEADLINE_MS 30000

struct fixture {
	struct loop *loop;
	struct process agent;
	struct client *client; /* unless taken by fixture_raw() */
	int fd;		       /* of a raw fixture */
};

static inline struct fixture *fixture_raw(void)
{
	struct fixture *f = xnew(struct fixture);
	_cleanup_free_ char *path = NULL, *name = NULL;
	int fds[2];
	struct utsname uts;

	uname(&uts);
	name = xasprintf("guest/agent-%s", uts.machine);
	assert_ok(dirs_data_file(name, &path));
	assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_ok(process_spawn(
		&(struct spawn_options){
			.argv = (char *const[]){ path, (char *)"--channel-fd",
						 (char *)"9", NULL },
			.fds = (struct spawn_fd[]){ { .host = fds[1], .child = 9 } },
			.fd_count = 1,
			.die_with_parent = true },
		&f->agent));
	close(fds[1]);
	f->fd = fds[0];
	assert_ok(loop_new(&f->loop));
	return f;
}

static inline struct fixture *fixture_new(void)
{
	struct fixture *f = fixture_raw();

	assert_ok(client_new(f->loop, take_fd(f->fd), NULL, NULL, &f->client));
	return f;
}

/* The agent ends with its channel, and by itself. */
static inline void fixture_free(struct fixture *f)
{
	int status;

	client_free(f->client);
	close_fd(f->fd);
	loop_free(f->loop);
	assert_ok(process_wait(&f->agent, clock_ms() + DEADLINE_MS, &status));
	assert_int_equal(status, 0);
	process_deinit(&f->agent);
	free(f);
}
DEFINE_CLEANUP(struct fixture *, fixture_free)
#define _cleanup_fixture_ _cleanup_(fixture_freep)

/* One session and all that is known of it. */
struct run {
	struct session_options options;
	struct session *session;
	struct text output[PROTO_STREAM_COUNT];
	uint32_t pid;
	bool ended;
	bool lost;
	enum proto_exit how;
	uint32_t value;
	char message[512];
};

static inline void run_deinit(struct run *run)
{
	text_deinit(&run->output[1]);
	text_deinit(&run->output[2]);
}
#define _cleanup_run_ _cleanup_(run_deinit)

static inline struct error *run_output(uint8_t stream, const void *data, size_t size,
				       void *argument)
{
	struct run *run = argument;

	text_append_bytes(&run->output[stream], data, size);
	return NULL;
}

static inline void run_started(uint32_t pid, void *argument)
{
	((struct run *)argument)->pid = pid;
}

static inline struct error *run_end(const struct session_end *end, void *argument)
{
	struct run *run = argument;

	run->ended = true;
	run->lost = end->lost;
	run->how = end->how;
	run->value = end->value;
	(void)snprintf(run->message, sizeof(run->message), "%s", end->message);
	return NULL;
}

static inline void run_begin(struct fixture *f, struct run *run)
{
	run->options.on_output = run_output;
	run->options.on_started = run_started;
	run->options.on_end = run_end;
	run->options.argument = run;
	assert_ok(client_start(f->client, &run->options, &run->session));
}

#define RUN_NONE ((struct run){ .options = { .service = "exec", .fds = { -1, -1, -1 } } })

/* Turn the loop until the condition holds. */
#define loop_until(f, condition)                                             \
	do {                                                                 \
		uint64_t _deadline = clock_ms() + DEADLINE_MS;               \
		while (!(condition)) {                                       \
			if (clock_ms() > _deadline)                          \
				fail_msg("%s: not within %d ms", #condition, \
					 DEADLINE_MS);                       \
			assert_ok(loop_once((f)->loop, 1000));               \
		}                                                            \
	} while (0)

/* A command from beginning to end, without input. */
static inline void run_command(struct fixture *f, struct run *run,
			       const char *const *argv)
{
	run->options.argv = argv;
	run->options.flags |= PROTO_START_NO_STDIN;
	run_begin(f, run);
	loop_until(f, run->ended);
}

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })

#endif
