// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "os/digest.h"
#include "os/file.h"

#define PROBE_KIND "probe"
#define PROBE_YES "yes"
/* QEMU starts, answers, quits. */
#define QEMU_TIMEOUT_MS 10000

static struct error *probe_key(const struct probe *probe, char ret[DIGEST_HEX_SIZE])
{
	_cleanup_(digest_freep) struct digest *digest = digest_new();
	_cleanup_free_ char *boot = NULL;

	TRY(file_read_line("/proc/sys/kernel/random/boot_id", &boot));
	digest_add_string(digest, boot);
	digest_add_string(digest, probe->what);
	digest_add_string(digest, probe->arch->name);
	for (size_t i = 0; probe->programs[i]; i++) {
		struct stat st;

		if (stat(probe->programs[i], &st) < 0)
			return error_os(errno, "cannot look at %s", probe->programs[i]);
		digest_add_identity(digest, probe->programs[i], &st);
	}
	digest_hex(digest, ret);
	return NULL;
}

static char *recall(struct store *store, const struct probe *probe, const char *key)
{
	_cleanup_free_ char *entry = store_lookup(store, PROBE_KIND, key);
	_cleanup_free_ char *path = entry ? path_join(entry, probe->what) : NULL;
	char *result = NULL;

	/* One that cannot be read is found out again. */
	if (path)
		error_ignore(file_read_line(path, &result));
	return result;
}

static struct error *remember(struct store *store, const struct probe *probe,
			      const char *key, const char *result)
{
	_cleanup_(store_draft_freep) struct store_draft *draft = NULL;
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ char *entry = NULL;

	TRY(store_draft_new(store, PROBE_KIND, key, &draft));
	path = path_join(store_draft_path(draft), probe->what);
	TRY(file_write(path, result, strlen(result), 0644));
	return store_draft_publish(take_ptr(draft), &entry);
}

/* "yes", or the reason why not. */
static char *find_out(const struct probe *probe)
{
	struct error *err = probe->try(probe->argument);
	char *result = xstrdup(err ? error_sentence(err) : PROBE_YES);

	error_free(err);
	return result;
}

struct error *probe_ask(struct store *store, const struct probe *probe)
{
	_cleanup_free_ char *result = NULL;
	char key[DIGEST_HEX_SIZE];

	TRY(probe_key(probe, key));
	if (store)
		result = recall(store, probe, key);
	if (!result) {
		result = find_out(probe);
		/* Next time it is tried again: no harm but its time. */
		if (store)
			error_ignore(remember(store, probe, key, result));
	}
	if (streq(result, PROBE_YES))
		return NULL;
	return error_new(ERROR_FAILED, "%s", result);
}

static struct error *feed_commands(int *ret_fd)
{
	static const char commands[] = "{\"execute\":\"qmp_capabilities\"}\n"
				       "{\"execute\":\"quit\"}\n";
	_cleanup_close_ int out = -1;
	_cleanup_close_ int in = -1;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_os(errno, "cannot make a pipe");
	in = fds[0];
	out = fds[1];
	TRY(fd_write_all(out, commands, sizeof(commands) - 1));
	*ret_fd = take_fd(in);
	return NULL;
}

struct error *probe_qemu(const struct strv *argv, const struct spawn_fd *fds,
			 size_t fd_count, const char *with)
{
	_cleanup_process_ struct process process = PROCESS_NONE;
	_cleanup_close_ int commands = -1;
	_cleanup_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	const char *name = path_base(argv->items[0]);
	int status;

	TRY(feed_commands(&commands));
	TRY(process_spawn(&(struct spawn_options){ .argv = strv_argv(argv),
						   .standard_input = &commands,
						   .standard_output = &null,
						   .standard_error = &null,
						   .fds = fds,
						   .fd_count = fd_count,
						   .die_with_parent = true,
						   .new_process_group = true },
			  &process));
	TRY_WRAP(process_wait(&process, clock_ms() + QEMU_TIMEOUT_MS, &status),
		 "%s with %s", name, with);
	if (WIFSIGNALED(status))
		return error_new(ERROR_FAILED, "%s with %s dies by signal %d", name, with,
				 WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return error_new(ERROR_FAILED, "%s with %s fails with status %d", name,
				 with, WEXITSTATUS(status));
	return NULL;
}
