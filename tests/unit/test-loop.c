// SPDX-License-Identifier: GPL-2.0-or-later
/* os/loop: every kind of source, and sources that go away while they are called. */
#include "os/loop.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "unit.h"
#include "words.h"

struct probe {
	struct loop *loop;
	struct loop_source *source;
	unsigned int calls;
	unsigned int limit; /* exit the loop at this many calls */
	int value;	    /* signal number, wait status, descriptor */
	uint32_t events;
};

static void probe_count(struct probe *probe)
{
	if (++probe->calls == probe->limit)
		loop_exit(probe->loop);
}

static struct error *count_io(int fd, uint32_t events, void *argument)
{
	struct probe *probe = argument;
	char c;

	probe->value = fd;
	probe->events = events;
	if (events & EPOLLIN)
		(void)!read(fd, &c, 1); /* only to make it less ready */
	probe_count(probe);
	return NULL;
}

static struct error *count_call(void *argument)
{
	probe_count(argument);
	return NULL;
}

static struct error *count_number(int value, void *argument)
{
	struct probe *probe = argument;

	probe->value = value;
	probe_count(probe);
	return NULL;
}

static struct error *free_in_call(void *argument)
{
	struct probe *probe = argument;

	loop_source_free(take_ptr(probe->source));
	probe_count(probe);
	return NULL;
}

static struct error *free_in_io(int fd, uint32_t events, void *argument)
{
	return free_in_call(argument);
}

static struct error *free_in_child(int status, void *argument)
{
	return free_in_call(argument);
}

static struct error *fail_call(void *argument)
{
	struct probe *probe = argument;

	probe->calls++;
	return error_new(ERROR_CLOSED, "handler %u failed", probe->calls);
}

static struct loop *new_loop(void)
{
	struct loop *loop;

	assert_ok(loop_new(&loop));
	return loop;
}

static void test_io(void **state)
{
	_cleanup_(loop_freep) struct loop *loop = new_loop();
	struct probe probe = { .loop = loop, .limit = 2 };
	_cleanup_(loop_source_freep) struct loop_source *source = NULL;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_ok(loop_add_io(loop, ends[0], EPOLLIN, count_io, &probe, &source));
	assert_ok(loop_once(loop, 0));
	assert_int_equal(probe.calls, 0);
	/* Level-triggered: two bytes, read one by one, are two calls. */
	assert_int_equal(write(ends[1], "xy", 2), 2);
	assert_ok(loop_run(loop));
	assert_int_equal(probe.calls, 2);
	assert_int_equal(probe.value, ends[0]);

	loop_source_set_events(source, 0);
	close(ends[1]);
	/* Hung up, and nobody wants to know: the loop sleeps instead of spinning. */
	assert_ok(loop_once(loop, 0));
	assert_int_equal(probe.calls, 2);
	loop_source_set_events(source, EPOLLIN);
	assert_ok(loop_once(loop, 0));
	assert_int_equal(probe.calls, 3);
	assert_true(probe.events & EPOLLHUP);
	loop_source_free(take_ptr(source));
	close(ends[0]);
}

/* stdin from a file: epoll says EPERM, yet it is always ready, and others get a turn. */
static void test_io_regular_file(void **state)
{
	_cleanup_(loop_freep) struct loop *loop = new_loop();
	_cleanup_(loop_source_freep) struct loop_source *of_file = NULL;
	_cleanup_(loop_source_freep) struct loop_source *of_pipe = NULL;
	struct probe file = { .loop = loop, .limit = 5 };
	struct probe stream = { .loop = loop };
	_cleanup_close_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int ends[2];

	assert_true(fd >= 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "xyz", 3), 3);
	assert_ok(loop_add_io(loop, fd, EPOLLIN, count_io, &file, &of_file));
	assert_ok(loop_add_io(loop, ends[0], EPOLLIN, count_io, &stream, &of_pipe));
	assert_ok(loop_run(loop));
	assert_int_equal(file.calls, 5);
	assert_int_equal(file.value, fd);
	assert_int_equal(file.events, EPOLLIN);
	assert_int_equal(stream.calls, 3);

	loop_source_set_events(of_file, 0);
	assert_ok(loop_once(loop, 0));
	assert_int_equal(file.calls, 5);
	close(ends[0]);
	close(ends[1]);
}

static void test_io_bad_descriptor(void **state)
{
	_cleanup_(loop_freep) struct loop *loop = new_loop();
	struct loop_source *source = NULL;

	assert_error(loop_add_io(loop, 1000, EPOLLIN, count_io, NULL, &source), ERROR_OS,
		     "descriptor 1000");
}

static void test_timer(void **state)
{
	_cleanup_(loop_freep) struct loop *loop = new_loop();
	struct probe probe = { .loop = loop, .limit = 1 };
	_cleanup_(loop_source_freep) struct loop_source *source = NULL;
	uint64_t deadline = clock_ms() + 20;

	assert_ok(loop_add_timer(loop, deadline, count_call, &probe, &source));
	assert_ok(loop_run(loop));
	assert_true(clock_ms() >= deadline);
	/* Only once... */
	assert_ok(loop_once(loop, 30));
	assert_int_equal(probe.calls, 1);
	/* ...until it is armed again; a deadline that has passed fires at once. */
	loop_source_set_deadline(source, 1);
	assert_ok(loop_once(loop, UINT64_MAX));
	assert_int_equal(probe.calls, 2);
	loop_source_set_deadline(source, 1);
	loop_source_set_deadline(source, UINT64_MAX);
	assert_ok(loop_once(loop, 0));
	assert_int_equal(probe.calls, 2);
}

static void test_signal(void **state)
{
	_cleanup_(loop_freep) struct loop *loop = new_loop();
	struct probe probe = { .loop = loop, .limit = 1 };
	_cleanup_(loop_source_freep) struct loop_source *source = NULL;

	assert_ok(loop_add_signal(loop, SIGUSR1, count_number, &probe, &source));
	assert_int_equal(raise(SIGUSR1), 0);
	assert_ok(loop_run(loop));
	assert_int_equal(probe.value, SIGUSR1);
}

static void test_child(void **state)
{
	_cleanup_strv_ struct strv argv = words("sh", "-c", "exit 5");
	_cleanup_process_ struct process process = PROCESS_NONE;
	_cleanup_(loop_freep) struct loop *loop = new_loop();
	struct probe probe = { .loop = loop, .limit = 1 };
	_cleanup_(loop_source_freep) struct loop_source *source = NULL;

	assert_ok(process_spawn(&(struct spawn_options){ .argv = strv_argv(&argv) },
				&process));
	assert_ok(loop_add_child(loop, &process, count_number, &probe, &source));
	assert_ok(loop_run(loop));
	assert_int_equal(probe.value, W_EXITCODE(5, 0));
	assert_int_equal(process.pid, 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_ok(loop_once(loop, 0));
	assert_int_equal(probe.calls, 1);
}

/* The guard of the source may run before that of the process, while it lives. */
static void test_child_not_awaited(void **state)
{
	_cleanup_strv_ struct strv argv = words("sleep", "1000");
	_cleanup_(loop_freep) struct loop *loop = new_loop();
	_cleanup_process_ struct process process = PROCESS_NONE;
	struct probe probe = { .loop = loop };
	_cleanup_(loop_source_freep) struct loop_source *source = NULL;

	assert_ok(process_spawn(&(struct spawn_options){ .argv = strv_argv(&argv) },
				&process));
	assert_ok(loop_add_child(loop, &process, count_number, &probe, &source));
	assert_ok(loop_once(loop, 0));
	assert_int_equal(probe.calls, 0);
}

static void test_deferred(void **state)
{
	_cleanup_(loop_freep) struct loop *loop = new_loop();
	struct probe probe = { .loop = loop };
	_cleanup_(loop_source_freep) struct loop_source *source = NULL;

	assert_ok(loop_add_deferred(loop, count_call, &probe, &source));
	assert_ok(loop_once(loop, UINT64_MAX));
	assert_ok(loop_once(loop, 0));
	assert_int_equal(probe.calls, 1);
}

static void test_freed_in_own_handler(void **state)
{
	_cleanup_strv_ struct strv argv = words("true");
	_cleanup_process_ struct process process = PROCESS_NONE;
	_cleanup_(loop_freep) struct loop *loop = new_loop();
	struct probe probe = { .loop = loop };
	_cleanup_close_ int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_ok(loop_add_deferred(loop, free_in_call, &probe, &probe.source));
	assert_ok(loop_once(loop, UINT64_MAX));
	assert_ok(loop_add_timer(loop, 1, free_in_call, &probe, &probe.source));
	assert_ok(loop_once(loop, UINT64_MAX));
	assert_ok(loop_add_io(loop, fd, EPOLLIN, free_in_io, &probe, &probe.source));
	assert_ok(loop_once(loop, UINT64_MAX));
	assert_ok(process_spawn(&(struct spawn_options){ .argv = strv_argv(&argv) },
				&process));
	assert_ok(loop_add_child(loop, &process, free_in_child, &probe, &probe.source));
	assert_ok(loop_once(loop, UINT64_MAX));
	assert_int_equal(probe.calls, 4);
	assert_null(probe.source);
	assert_ok(loop_once(loop, 0));
	assert_int_equal(probe.calls, 4);
}

static void test_error_ends_loop(void **state)
{
	_cleanup_(loop_freep) struct loop *loop = new_loop();
	struct probe probe = { .loop = loop };
	_cleanup_(loop_source_freep) struct loop_source *source = NULL;

	assert_ok(loop_add_timer(loop, 1, fail_call, &probe, &source));
	assert_error(loop_run(loop), ERROR_CLOSED, "handler 1 failed");
	/* The loop can go on after it. */
	loop_source_set_deadline(source, 1);
	assert_error(loop_once(loop, UINT64_MAX), ERROR_CLOSED, "handler 2 failed");
	assert_ok(loop_once(loop, 0));
}

static void test_exit_before_run(void **state)
{
	_cleanup_(loop_freep) struct loop *loop = new_loop();

	loop_exit(loop);
	assert_ok(loop_run(loop));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_io),
		cmocka_unit_test(test_io_regular_file),
		cmocka_unit_test(test_io_bad_descriptor),
		cmocka_unit_test(test_timer),
		cmocka_unit_test(test_signal),
		cmocka_unit_test(test_child),
		cmocka_unit_test(test_child_not_awaited),
		cmocka_unit_test(test_deferred),
		cmocka_unit_test(test_freed_in_own_handler),
		cmocka_unit_test(test_error_ends_loop),
		cmocka_unit_test(test_exit_before_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
