// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One run of apt-get or apt-cache: it answers on stdout and complains on stderr.  Both are
 * read while the user's progress callback is called on time, which may stop apt.  How far
 * a download is, is how large its file is: what apt itself reports (APT::Status-Fd) leaves
 * out what an earlier, interrupted download brought.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "kernel/apt.h"
#include "os/spawn.h"

/* The progress is due twice a second. */
#define TICK_MS 200
/* apt gives up on a silent server by itself, sooner (Acquire::http::Timeout, and tries). */
#define SILENCE_MS (10 * 60 * 1000)
#define OUTPUT_MAX (16 << 20)
#define KILL_GRACE_MS 5000

enum { PIPE_OUTPUT, PIPE_ERRORS, PIPE_COUNT };

struct reader {
	int fd; /* -1: its writer is gone */
	struct text text;
};

struct running {
	const struct apt_run *run;
	struct process process;
	struct reader readers[PIPE_COUNT];
	uint64_t heard; /* clock_ms() of its last word or byte */
	uint64_t done;	/* bytes of the file */
};

struct error *progress_report(const struct fetch_progress *progress, const char *stage,
			      uint64_t done, uint64_t total)
{
	if (!progress || !progress->update)
		return NULL;
	return progress->update(stage, done, total, progress->argument);
}

static void running_deinit(struct running *running)
{
	process_deinit(&running->process);
	for (size_t i = 0; i < PIPE_COUNT; i++) {
		close_fd(running->readers[i].fd);
		text_deinit(&running->readers[i].text);
	}
}

/* apt's messages in the language that this file knows. */
static void child_environment(struct strv *ret)
{
	for (char **variable = environ; *variable; variable++) {
		if (!has_prefix(*variable, "LC_ALL=") && !has_prefix(*variable, "LANG"))
			strv_push(ret, *variable);
	}
	strv_push(ret, "LC_ALL=C.UTF-8");
}

static struct error *start(struct running *running)
{
	_cleanup_strv_ struct strv environment = { 0 };
	int ends[PIPE_COUNT] = { -1, -1 };
	struct error *err = NULL;

	child_environment(&environment);
	for (size_t i = 0; i < PIPE_COUNT && !err; i++) {
		int fds[2];

		if (pipe2(fds, O_CLOEXEC) < 0) {
			err = error_os(errno, "making a pipe for apt");
			break;
		}
		running->readers[i].fd = fds[0];
		ends[i] = fds[1];
	}
	if (!err) {
		err = process_spawn(
			&(struct spawn_options){
				.argv = running->run->argv,
				.environment = strv_argv(&environment),
				.directory = running->run->directory,
				.standard_output = &ends[PIPE_OUTPUT],
				.standard_error = &ends[PIPE_ERRORS],
				.die_with_parent = true,
				.new_process_group = true,
			},
			&running->process);
	}
	for (size_t i = 0; i < PIPE_COUNT; i++)
		close_fd(ends[i]);
	return err;
}

static struct error *read_some(struct running *running, struct reader *reader)
{
	char buffer[8192];
	ssize_t n = read(reader->fd, buffer, sizeof(buffer));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return NULL;
	if (n <= 0) {
		close_fd(reader->fd);
		return NULL;
	}
	running->heard = clock_ms();
	if (reader->text.length + (size_t)n > OUTPUT_MAX)
		return error_new(ERROR_CORRUPT, "%s says more than klab can believe",
				 running->run->argv[0]);
	text_append_bytes(&reader->text, buffer, (size_t)n);
	return NULL;
}

char *apt_find_deb(const char *directory, const char *prefix)
{
	_cleanup_closedir_ DIR *dir = opendir(directory);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (has_prefix(entry->d_name, prefix) &&
		    has_suffix(entry->d_name, ".deb"))
			return path_join(directory, entry->d_name);
	}
	return NULL;
}

static uint64_t size_of_all(const char *directory)
{
	_cleanup_closedir_ DIR *dir = opendir(directory);
	const struct dirent *entry;
	uint64_t sum = 0;
	struct stat st;

	while (dir && (entry = readdir(dir))) {
		if (fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 &&
		    S_ISREG(st.st_mode))
			sum += (uint64_t)st.st_size;
	}
	return sum;
}

static uint64_t downloaded(const struct apt_run *run)
{
	_cleanup_free_ char *path =
		run->file ? apt_find_deb(run->directory, run->file) : NULL;
	struct stat st;

	if (run->total && !run->file)
		return size_of_all(run->directory);
	return path && stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static struct error *report(struct running *running)
{
	const struct apt_run *run = running->run;
	uint64_t done = MIN(downloaded(run), run->total);

	if (done != running->done)
		running->heard = clock_ms();
	running->done = done;
	return progress_report(run->progress, run->stage, done, run->total);
}

static bool all_closed(const struct running *running)
{
	for (size_t i = 0; i < PIPE_COUNT; i++) {
		if (running->readers[i].fd >= 0)
			return false;
	}
	return true;
}

static int until(uint64_t deadline_ms)
{
	uint64_t now = clock_ms();

	return deadline_ms > now ? (int)(deadline_ms - now) : 0;
}

static struct error *follow(struct running *running)
{
	uint64_t next = 0;

	running->heard = clock_ms();
	while (!all_closed(running)) {
		struct pollfd fds[PIPE_COUNT];

		if (clock_ms() >= next) {
			TRY(report(running));
			next = clock_ms() + TICK_MS;
		}
		if (clock_ms() > running->heard + SILENCE_MS)
			return error_new(ERROR_TIMEOUT, "waiting for %s",
					 running->run->stage);
		for (size_t i = 0; i < PIPE_COUNT; i++)
			fds[i] = (struct pollfd){ .fd = running->readers[i].fd,
						  .events = POLLIN };
		if (poll(fds, PIPE_COUNT, until(next)) < 0) {
			/* A signal: the callback knows what that means. */
			if (errno != EINTR)
				return error_os(errno, "waiting for apt");
			next = 0;
			continue;
		}
		for (size_t i = 0; i < PIPE_COUNT; i++) {
			if (fds[i].revents)
				TRY(read_some(running, &running->readers[i]));
		}
	}
	return NULL;
}

/* Its helpers (one process for each protocol) hear it too: the http one then gives the
 * partial file the server's time, without which it is not resumed. */
static void stop(struct running *running)
{
	struct error *err;
	int status;

	if (running->process.pid <= 0)
		return;
	(void)kill(-running->process.pid, SIGTERM);
	err = process_wait(&running->process, clock_ms() + KILL_GRACE_MS, &status);
	error_ignore(err); /* it is killed with its guard then */
}

/* What follows the prefix, unless that is only a remark; NULL: there is no such line. */
static char *first_line(const char *text, const char *prefix, const char *remark)
{
	while (*text) {
		const char *message = after_prefix(text, prefix);
		size_t length = strcspn(text, "\n");

		if (message && !(remark && has_prefix(message, remark)))
			return xstrndup(message, length - strlen(prefix));
		text += length + (text[length] == '\n');
	}
	return NULL;
}

/* What apt says, and what can be done about it.  The first row whose words are there. */
static const struct {
	const char *words;
	enum error_code code;
	const char *hint;
} complaints[] = {
	{ "No packages found", ERROR_NOT_FOUND, NULL },
	{ "Unable to locate package", ERROR_NOT_FOUND, NULL },
	{ "does not have a Release file", ERROR_NOT_FOUND,
	  "see that the suite is one of this archive's" },
	{ "is not signed", ERROR_REFUSED,
	  "the archive's signature can't be verified: apt install debian-archive-keyring, "
	  "or name the mirror's keys with --keyring FILE" },
	{ "GPG error", ERROR_REFUSED,
	  "the archive's signature can't be verified: apt install debian-archive-keyring, "
	  "or name the mirror's keys with --keyring FILE" },
	{ "Hash Sum mismatch", ERROR_CORRUPT,
	  "the mirror gives something else than the archive signed: try again later or "
	  "another mirror with --mirror URL" },
	{ "File has unexpected size", ERROR_CORRUPT,
	  "the mirror gives something else than the archive signed: try again later or "
	  "another mirror with --mirror URL" },
	{ "", ERROR_FAILED,
	  "without a network pass a kernel that is on this machine: -k FILE, -k TREE, -k "
	  "host" },
};

static struct error *complaint(const struct running *running, int status)
{
	const char *said = text_str(&running->readers[PIPE_ERRORS].text);
	_cleanup_free_ char *message = NULL;
	struct error *err;
	size_t i = 0;

	if (strstr(said, "No space left on device"))
		return error_os(ENOSPC, "%s", running->run->argv[0]);
	while (!strstr(said, complaints[i].words))
		i++;
	if (strstr(said, "GPG error"))
		message = first_line(said, "W: GPG error: ", NULL);
	if (!message)
		message = first_line(said, "E: ", NULL);
	if (!message)
		message = first_line(said, "tar: ", "Removing leading");
	if (!message && WIFSIGNALED(status))
		message = xasprintf("killed by signal %d", WTERMSIG(status));
	err = error_new(complaints[i].code, "%s: %s", running->run->argv[0],
			message ? message : "failed without a word");
	if (complaints[i].hint)
		err = error_hint(err, "%s", complaints[i].hint);
	return err;
}

struct error *apt_run(const struct apt_run *run, struct text *ret_output)
{
	_cleanup_(running_deinit) struct running running = {
		.run = run,
		.process = PROCESS_NONE,
		.readers = { { .fd = -1 }, { .fd = -1 } },
	};
	struct error *err;
	int status;

	err = start(&running);
	if (!err)
		err = follow(&running);
	if (err) {
		stop(&running);
		return err;
	}
	TRY(process_wait(&running.process, clock_ms() + SILENCE_MS, &status));
	log_debug("apt: %s", text_str(&running.readers[PIPE_ERRORS].text));
	if (status != 0)
		return complaint(&running, status);
	if (ret_output) {
		*ret_output = running.readers[PIPE_OUTPUT].text;
		running.readers[PIPE_OUTPUT].text = (struct text){ 0 };
	}
	return NULL;
}
