// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench-pair: runs two commands in turns, A B A B…, and prints what each took and the
 * median of the ratios of the pairs.  Taking turns is what makes the ratio worth
 * something on a machine whose speed drifts.  With --until-line a run is over when a line
 * with that text arrives on the command's standard output; the rest of the command is
 * killed with its process group.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/mem.h"

#define RUNS_MAX 1000

struct options {
	long runs;
	long warmups;
	long timeout_s;
	const char *until_line; /* NULL: until the end */
	const char *names[2];
	bool row; /* one row of a markdown table instead of lines for people */
	char **commands[2];
};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static _noreturn_ void fail(const char *what, const char *detail)
{
	fprintf(stderr, "bench-pair: %s: %s\n", what, detail);
	exit(1);
}

static pid_t start(char **command, int output)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork", strerror(errno));
	if (pid)
		return pid;
	setpgid(0, 0);
	dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
	dup2(output, 1);
	execvp(command[0], command);
	fprintf(stderr, "bench-pair: %s: %s\n", command[0], strerror(errno));
	_exit(127);
}

/* Whether a line with the text arrived before the end or the deadline.  wanted NULL: the
 * end is what is awaited. */
static bool await(int fd, const char *wanted, double deadline)
{
	char line[4096];
	size_t length = 0;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		double left = deadline - now_ms();
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left + 1) <= 0)
			return false;
		/* Of a line that is too long the second half is kept: the text may
		 * lie over the seam. */
		if (length == sizeof(line) - 1) {
			length /= 2;
			memmove(line, line + sizeof(line) - 1 - length, length);
		}
		n = read(fd, line + length, sizeof(line) - 1 - length);
		if (n <= 0)
			return !wanted;
		length += (size_t)n;
		if (wanted && memmem(line, length, wanted, strlen(wanted)))
			return true;
	}
}

/* The milliseconds of one run; ends the benchmark if it fails. */
static double run(const struct options *options, int which)
{
	char **command = options->commands[which];
	int status, ends[2];
	double begin, end;
	bool arrived;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		fail("pipe", strerror(errno));
	begin = now_ms();
	pid = start(command, ends[1]);
	close(ends[1]);
	arrived = await(ends[0], options->until_line,
			begin + (double)options->timeout_s * 1e3);
	end = now_ms();
	if (!arrived || options->until_line)
		kill(-pid, SIGKILL);
	waitpid(pid, &status, 0);
	if (!options->until_line)
		end = now_ms();
	close(ends[0]);
	if (!arrived)
		fail(options->names[which], "the awaited line or end did not come");
	if (!options->until_line && status)
		fail(options->names[which], "it failed");
	return end - begin;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

static void print_row(const struct options *options, double *times[2], double ratio)
{
	size_t count = (size_t)options->runs;
	double first = median(times[0], count);
	double second = median(times[1], count);

	if (options->row) {
		printf("| %s | %.0f ms | %s | %.0f ms | **%.2f** |\n", options->names[0],
		       first, options->names[1], second, ratio);
		return;
	}
	for (int i = 0; i < 2; i++)
		printf("%-24s min %9.1f  median %9.1f  max %9.1f ms\n", options->names[i],
		       times[i][0], i ? second : first, times[i][count - 1]);
	printf("%-24s median of %zu pairs %.3f\n", "ratio", count, ratio);
}

static void measure(const struct options *options)
{
	size_t count = (size_t)options->runs;
	_cleanup_free_ double *first = xcalloc(count, sizeof(double));
	_cleanup_free_ double *second = xcalloc(count, sizeof(double));
	_cleanup_free_ double *ratios = xcalloc(count, sizeof(double));

	for (long i = 0; i < options->warmups; i++) {
		run(options, 0);
		run(options, 1);
	}
	for (size_t i = 0; i < count; i++) {
		first[i] = run(options, 0);
		second[i] = run(options, 1);
		ratios[i] = first[i] / second[i];
	}
	print_row(options, (double *[]){ first, second }, median(ratios, count));
}

static long number(struct argp_state *state, const char *text, long min)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*end || end == text || value < min || value > RUNS_MAX)
		argp_error(state, "'%s' is not a number between %ld and %d", text, min,
			   RUNS_MAX);
	return value;
}

/* What is left is A... --against B...: A may have a -- of its own, as klab's have. */
static void split_commands(struct argp_state *state, struct options *options)
{
	char **words = state->argv + state->next;

	options->commands[0] = words;
	for (; *words; words++) {
		if (strcmp(*words, "--against") != 0)
			continue;
		*words = NULL;
		options->commands[1] = words + 1;
		break;
	}
	state->next = state->argc;
	if (!options->commands[1] || !options->commands[0][0] || !options->commands[1][0])
		argp_error(state, "two commands are needed: -- A... --against B...");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'n':
		options->runs = number(state, arg, 1);
		return 0;
	case 'w':
		options->warmups = number(state, arg, 0);
		return 0;
	case 't':
		options->timeout_s = number(state, arg, 1);
		return 0;
	case 'u':
		options->until_line = arg;
		return 0;
	case 'a':
		options->names[0] = arg;
		return 0;
	case 'b':
		options->names[1] = arg;
		return 0;
	case 'r':
		options->row = true;
		return 0;
	case ARGP_KEY_ARG:
		state->next--;
		split_commands(state, options);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no commands");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp_option table[] = {
		{ "runs", 'n', "N", 0, "Pairs that count (10)", 0 },
		{ "warmup", 'w', "N", 0, "Pairs before them (1)", 0 },
		{ "timeout", 't', "SECONDS", 0, "Of one run (120)", 0 },
		{ "until-line", 'u', "TEXT", 0, "Measure to the line with TEXT", 0 },
		{ "name-a", 'a', "NAME", 0, "Of the first command", 0 },
		{ "name-b", 'b', "NAME", 0, "Of the second command", 0 },
		{ "row", 'r', NULL, 0, "Print one row of a markdown table", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = table,
		.parser = parse,
		.args_doc = "-- A... --against B...",
		.doc = "Run two commands in turns and compare their times.",
	};
	struct options options = {
		.runs = 10,
		.warmups = 1,
		.timeout_s = 120,
		.names = { "A", "B" },
	};

	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &options);
	measure(&options);
	return 0;
}
