// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runtime directories (runtime.h), and what other processes do with them: list the running
 * guests and connect to one (keeper.h).
 */
#include "vm/runtime.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/dirs.h"
#include "os/file.h"
#include "vm/keeper.h"

/* The turns are a few system calls long; whoever waits longer waits for a stopped klab. */
#define RUNTIME_TURN_TIMEOUT_MS 10000
#define RUNTIME_BACKLOG 128

struct error *runtime_check_name(const char *name)
{
	size_t length = strlen(name);
	bool fine = length > 0 && length <= RUNTIME_NAME_MAX && isalnum((uint8_t)name[0]);

	for (size_t i = 0; i < length && fine; i++)
		fine = isalnum((uint8_t)name[i]) || strchr("-_.", name[i]);
	if (fine)
		return NULL;
	return error_hint(
		error_new(ERROR_USAGE, "\"%s\" cannot be a guest's name", name),
		"Names are up to %d letters, digits, '-', '_' and '.', beginning with "
		"a letter or digit.",
		RUNTIME_NAME_MAX);
}

static struct error *runtime_take_turn(const char *root, int *ret_fd)
{
	_cleanup_free_ char *path = path_join(root, ".lock");

	return lock_take(path, LOCK_KIND_EXCLUSIVE, RUNTIME_TURN_TIMEOUT_MS,
			 "the directory of running guests", ret_fd);
}

/* Whether the directory's keeper lives: somebody else holds its lock.  If not, *ret_fd
 * holds it from now on. */
static struct error *runtime_lock(const char *directory, int *ret_fd)
{
	_cleanup_free_ char *path = path_join(directory, "lock");

	return lock_take(path, LOCK_KIND_EXCLUSIVE, 0, "the guest's directory", ret_fd);
}

/* sun_path has 108 bytes, a directory may have more: go by /proc/self/fd. */
static struct error *control_address(const char *directory, struct sockaddr_un *ret,
				     int *ret_fd)
{
	_cleanup_close_ int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_os(errno, "cannot open %s", directory);
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	(void)snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/ctl", fd);
	*ret_fd = take_fd(fd);
	return NULL;
}

static struct error *runtime_listen(const char *directory, int *ret_fd)
{
	_cleanup_free_ char *path = path_join(directory, "ctl");
	_cleanup_close_ int directory_fd = -1;
	_cleanup_close_ int fd = -1;
	struct sockaddr_un address;

	TRY(control_address(directory, &address, &directory_fd));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_os(errno, "cannot make a socket");
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, RUNTIME_BACKLOG) < 0)
		return error_os(errno, "cannot listen on %s", path);
	*ret_fd = take_fd(fd);
	return NULL;
}

static struct error *runtime_write_pid(const char *directory)
{
	_cleanup_free_ char *path = path_join(directory, "pid");
	_cleanup_free_ char *pid = xasprintf("%d\n", (int)getpid());

	return file_write(path, pid, strlen(pid), 0600);
}

/* What a keeper that was killed left in a directory that is now ours. */
static void runtime_clear(const char *directory)
{
	static const char *const left[] = { "ctl", "pid", "gdbstub" };

	for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
		_cleanup_free_ char *path = path_join(directory, left[i]);

		(void)unlink(path); /* mostly it is not there */
	}
}

struct error *runtime_claim(const char *name, struct runtime *ret)
{
	_cleanup_(runtime_release) struct runtime runtime = RUNTIME_NONE;
	_cleanup_free_ char *root = NULL;
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int turn = -1;
	struct error *err;

	TRY(runtime_check_name(name));
	TRY(dirs_runtime(&root));
	TRY(runtime_take_turn(root, &turn));
	path = path_join(root, name);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return error_os(errno, "cannot make %s", path);
	err = runtime_lock(path, &runtime.lock_fd);
	if (error_is(err, ERROR_BUSY)) {
		error_free(err);
		return error_hint(error_new(ERROR_EXISTS,
					    "a guest named \"%s\" is running", name),
				  "Choose another --name, or end it: klab stop %s", name);
	}
	if (err)
		return err;
	/* From here on a failure gives the turn back first, then removes. */
	runtime_clear(path);
	err = runtime_write_pid(path);
	if (!err)
		err = runtime_listen(path, &runtime.listen_fd);
	runtime.path = take_ptr(path);
	close_fd(turn);
	if (err)
		return err;
	*ret = runtime;
	runtime = RUNTIME_NONE;
	return NULL;
}

void runtime_release(struct runtime *runtime)
{
	_cleanup_free_ char *root = NULL;
	_cleanup_close_ int turn = -1;

	close_fd(runtime->listen_fd);
	if (runtime->path) {
		/* Errors leave rubbish, which the next klab sweeps. */
		root = path_parent(runtime->path);
		error_ignore(runtime_take_turn(root, &turn));
		error_ignore(tree_remove(runtime->path));
	}
	close_fd(runtime->lock_fd);
	free(runtime->path);
	*runtime = RUNTIME_NONE;
}

static pid_t runtime_read_pid(const char *directory)
{
	_cleanup_free_ char *path = path_join(directory, "pid");
	_cleanup_free_ char *line = NULL;
	uint64_t pid = 0;

	/* Information for people: not worth an error. */
	error_ignore(file_read_line(path, &line));
	if (line)
		error_ignore(parse_u64(line, 1, INT32_MAX, &pid));
	return (pid_t)pid;
}

/* *ret_running: the directory has a keeper; otherwise it was removed. */
static struct error *runtime_sweep(const char *directory, bool *ret_running)
{
	_cleanup_close_ int fd = -1;
	struct error *err = runtime_lock(directory, &fd);

	*ret_running = error_is(err, ERROR_BUSY);
	if (*ret_running) {
		error_free(err);
		return NULL;
	}
	TRY(err);
	return tree_remove(directory);
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct guest_entry *)a)->name,
		      ((const struct guest_entry *)b)->name);
}

static struct error *guests_collect(const char *root, DIR *directory,
				    struct guest_entry **ret, size_t *ret_count)
{
	struct guest_entry *guests = NULL;
	size_t count = 0, capacity = 0;
	struct dirent *entry;

	while ((entry = readdir(directory))) {
		_cleanup_free_ char *path = path_join(root, entry->d_name);
		bool running = false;

		/* The turn's lock, and what is no guest's. */
		if (entry->d_name[0] == '.' || !path_is_dir(path))
			continue;
		/* Rubbish that cannot be removed is still no guest. */
		error_ignore(runtime_sweep(path, &running));
		if (!running)
			continue;
		array_reserve(guests, count, capacity);
		guests[count++] = (struct guest_entry){
			.name = xstrdup(entry->d_name),
			.pid = runtime_read_pid(path),
		};
	}
	if (count)
		qsort(guests, count, sizeof(*guests), compare_entries);
	*ret = guests;
	*ret_count = count;
	return NULL;
}

struct error *guests_list(struct guest_entry **ret, size_t *ret_count)
{
	_cleanup_closedir_ DIR *directory = NULL;
	_cleanup_free_ char *root = NULL;
	_cleanup_close_ int turn = -1;

	TRY(dirs_runtime(&root));
	TRY(runtime_take_turn(root, &turn));
	directory = opendir(root);
	if (!directory)
		return error_os(errno, "cannot list %s", root);
	return guests_collect(root, directory, ret, ret_count);
}

void guests_free(struct guest_entry *guests, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(guests[i].name);
	free(guests);
}

static struct error *no_such_guest(const char *name, const struct guest_entry *guests,
				   size_t count)
{
	_cleanup_text_ struct text names = { 0 };
	struct error *err;

	for (size_t i = 0; i < count; i++)
		text_appendf(&names, "%s%s", i ? ", " : "", guests[i].name);
	if (!count) {
		err = name ? error_new(ERROR_NOT_FOUND,
				       "no guest named \"%s\" is running; none is", name)
			   : error_new(ERROR_NOT_FOUND, "no guest is running");
		return error_hint(err, "Start one: klab run -d --name %s",
				  name ? name : "NAME");
	}
	if (!name)
		return error_hint(error_new(ERROR_USAGE, "several guests are running: %s",
					    text_str(&names)),
				  "Say which one.");
	return error_new(ERROR_NOT_FOUND, "no guest named \"%s\" is running; there is %s",
			 name, text_str(&names));
}

static struct error *control_connect(const char *name, int *ret_fd)
{
	_cleanup_free_ char *root = NULL;
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int directory_fd = -1;
	_cleanup_close_ int fd = -1;
	struct sockaddr_un address;

	TRY(dirs_runtime(&root));
	path = path_join(root, name);
	TRY(control_address(path, &address, &directory_fd));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_os(errno, "cannot make a socket");
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return error_os(errno, "cannot connect to the guest \"%s\"", name);
	*ret_fd = take_fd(fd);
	return NULL;
}

struct error *guest_connect(const char *name, int *ret_fd, char **ret_name)
{
	struct guest_entry *guests = NULL;
	struct error *err = NULL;
	size_t count = 0, found;

	if (name)
		TRY(runtime_check_name(name));
	TRY(guests_list(&guests, &count));
	for (found = 0; found < count; found++)
		if (name ? streq(guests[found].name, name) : count == 1)
			break;
	if (found == count)
		err = no_such_guest(name, guests, count);
	else
		err = control_connect(guests[found].name, ret_fd);
	if (!err && ret_name)
		*ret_name = xstrdup(guests[found].name);
	guests_free(guests, count);
	return err;
}
