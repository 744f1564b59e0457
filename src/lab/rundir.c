// SPDX-License-Identifier: GPL-2.0-or-later
/* Run directories: the console log and the manifest. */
#include "lab/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <time.h>

#include "base/mem.h"
#include "format/json.h"
#include "os/digest.h"
#include "os/dirs.h"
#include "os/file.h"

#define MANIFEST_MAX (4u << 20)

static struct error *runs_path(char **ret)
{
	_cleanup_free_ char *state = NULL;

	TRY(dirs_state(&state));
	*ret = path_join(state, "runs");
	return NULL;
}

static char *new_id(void)
{
	char stamp[32];
	uint8_t random[3];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		memset(random, getpid() & 0xff, sizeof(random));
	return xasprintf("%s-%02x%02x%02x", stamp, random[0], random[1], random[2]);
}

/* The ids of all runs, oldest first. */
static struct error *list_ids(const char *runs, struct strv *ret)
{
	_cleanup_closedir_ DIR *dir = opendir(runs);
	struct dirent *entry;

	if (!dir)
		return errno == ENOENT ? NULL : error_os(errno, "opening %s", runs);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			strv_push(ret, entry->d_name);
	strv_sort(ret);
	return NULL;
}

/* Old runs go, unless they still run. */
static struct error *prune(const char *runs)
{
	_cleanup_strv_ struct strv ids = { 0 };

	TRY(list_ids(runs, &ids));
	for (size_t i = 0; i + RUNDIR_KEEP < ids.count; i++) {
		_cleanup_free_ char *path = path_join(runs, ids.items[i]);
		_cleanup_free_ char *lock = path_join(path, "lock");
		_cleanup_close_ int fd = -1;
		struct error *err;

		err = lock_take(lock, LOCK_KIND_EXCLUSIVE, 0, "the run", &fd);
		if (!err)
			err = tree_remove(path);
		/* One that runs, or that another klab is removing, is left to it. */
		error_ignore(err);
	}
	return NULL;
}

struct error *rundir_new(struct rundir *ret)
{
	_cleanup_rundir_ struct rundir rundir = { .lock_fd = -1 };
	_cleanup_free_ char *runs = NULL, *lock = NULL;

	TRY(runs_path(&runs));
	rundir.id = new_id();
	rundir.path = path_join(runs, rundir.id);
	rundir.console = path_join(rundir.path, "console.log");
	TRY(dir_make(rundir.path, 0700));
	lock = path_join(rundir.path, "lock");
	TRY(lock_take(lock, LOCK_KIND_EXCLUSIVE, 0, "the run", &rundir.lock_fd));
	TRY(prune(runs));
	*ret = rundir;
	rundir = (struct rundir){ .lock_fd = -1 };
	return NULL;
}

void rundir_deinit(struct rundir *rundir)
{
	free(rundir->id);
	free(rundir->path);
	free(rundir->console);
	close_fd(rundir->lock_fd);
	*rundir = (struct rundir){ .lock_fd = -1 };
}

/* "path" and "sha256".  Reading the file again for each run would cost more than starting
 * the guest: the digest is kept in the store under the file's identity. */
static void add_file(struct json_object *json, const char *name, struct store *store,
		     const char *path)
{
	struct json_object *file;
	char digest[DIGEST_HEX_SIZE];
	struct error *err;

	if (!path)
		return;
	file = json_add_object(json, name);
	json_add_string(file, "path", path);
	err = store_file_digest(store, path, digest);
	if (!err)
		json_add_string(file, "sha256", digest);
	/* A file that cannot be read will fail the run with a better message. */
	error_ignore(err);
}

/* What a debugger that comes later wants to know. */
static void add_debug(struct json_object *json, const struct plan *plan)
{
	struct json_object *debug = json_add_object(json, "debug");

	json_add_string(debug, "arch", plan->machine.arch->name);
	json_add_string(debug, "name", plan->kernel->name);
	json_add_string(debug, "vmlinux", plan->kernel->vmlinux);
	json_add_string(debug, "source", plan->kernel->source_directory);
	json_add_bool(debug, "kaslr", plan->kaslr);
}

static void add_plan(struct json_object *json, const struct plan *plan)
{
	_cleanup_strv_ struct strv qemu = { 0 };

	add_file(json, "kernel", plan->store, plan->kernel->image);
	add_debug(json, plan);
	json_add_string(json, "boots", plan->machine.kernel);
	add_file(json, "initramfs", plan->store, plan->machine.initrd);
	add_file(json, "qemu", plan->store, plan->machine.qemu);
	/* A machine that can't be written as a command has failed already. */
	error_ignore(qemu_command(&plan->machine, NULL, &qemu));
	json_add_strings(json, "command", (const char *const *)qemu.items);
}

struct error *rundir_write_manifest(const struct rundir *rundir, const struct plan *plan,
				    const char *const *arguments,
				    const struct verdict *verdict)
{
	_cleanup_free_ char *path = path_join(rundir->path, "manifest.json");
	_cleanup_free_ char *directory = getcwd(NULL, 0), *text = NULL;
	_cleanup_json_ struct json_object *json = json_new_object();

	json_add_string(json, "id", rundir->id);
	json_add_string(json, "klab", KLAB_VERSION);
	json_add_string(json, "directory", directory ? directory : "/");
	json_add_strings(json, "arguments", arguments);
	json_add_bool(json, "detached", rundir->detached);
	if (plan)
		add_plan(json, plan);
	if (verdict)
		json_add(json, "verdict", verdict_json(verdict));
	text = json_pretty(json);
	return file_write(path, text, strlen(text), 0600);
}

/* The directory of the one run whose id begins so; NULL: the latest. */
static struct error *find_run(const char *id, char **ret)
{
	_cleanup_strv_ struct strv ids = { 0 };
	_cleanup_free_ char *runs = NULL;
	const char *found = NULL;

	TRY(runs_path(&runs));
	TRY(list_ids(runs, &ids));
	for (size_t i = 0; i < ids.count; i++) {
		if (id && !has_prefix(ids.items[i], id))
			continue;
		if (id && found)
			return error_new(ERROR_USAGE,
					 "more than one run begins with \"%s\"", id);
		found = ids.items[i];
	}
	if (!found)
		return error_hint(id ? error_new(ERROR_NOT_FOUND, "no run \"%s\"", id)
				     : error_new(ERROR_NOT_FOUND, "nothing has run yet"),
				  "the runs are the directories in %s", runs);
	*ret = path_join(runs, found);
	return NULL;
}

static struct error *read_manifest(const char *run, struct json_object **ret)
{
	_cleanup_free_ char *path = path_join(run, "manifest.json");
	_cleanup_bytes_ struct bytes bytes = { 0 };

	TRY(file_read(path, MANIFEST_MAX, &bytes));
	TRY_WRAP(json_parse_object(bytes.data, bytes.size, ret), "reading %s", path);
	return NULL;
}

void recalled_deinit(struct recalled *recalled)
{
	strv_deinit(&recalled->arguments);
	free(recalled->directory);
}

static struct error *read_recalled(const char *run, struct recalled *ret)
{
	_cleanup_json_ struct json_object *json = NULL;
	struct json_object *arguments;
	const char *directory;

	TRY(read_manifest(run, &json));
	TRY(json_get_array(json, "arguments", &arguments));
	TRY(json_get_string(json, "directory", &directory));
	TRY(json_get_bool(json, "detached", &ret->detached));
	for (size_t i = 0; i < json_object_array_length(arguments); i++)
		strv_push(&ret->arguments,
			  json_object_get_string(
				  json_object_array_get_idx(arguments, i)));
	ret->directory = xstrdup(directory);
	return NULL;
}

struct error *rundir_recall(const char *id, struct recalled *ret)
{
	_cleanup_recalled_ struct recalled recalled = { 0 };
	_cleanup_free_ char *run = NULL;

	TRY(find_run(id, &run));
	TRY_WRAP(read_recalled(run, &recalled), "reading the manifest in %s", run);
	*ret = recalled;
	recalled = (struct recalled){ 0 };
	return NULL;
}

void debug_facts_deinit(struct debug_facts *facts)
{
	free(facts->arch);
	free(facts->name);
	free(facts->vmlinux);
	free(facts->source);
	*facts = (struct debug_facts){ 0 };
}

/* NULL: it is not known. */
static char *copy_string(const struct json_object *json, const char *name)
{
	struct json_object *value = json_find(json, name);

	return value ? xstrdup(json_object_get_string(value)) : NULL;
}

struct error *rundir_debug_facts(const char *run, struct debug_facts *ret)
{
	_cleanup_json_ struct json_object *json = NULL;
	struct json_object *debug;
	const char *arch;

	TRY(read_manifest(run, &json));
	TRY_WRAP(json_get_object(json, "debug", &debug), "the manifest in %s", run);
	TRY_WRAP(json_get_string(debug, "arch", &arch), "the manifest in %s", run);
	TRY_WRAP(json_get_bool(debug, "kaslr", &ret->kaslr), "the manifest in %s", run);
	ret->arch = xstrdup(arch);
	ret->name = copy_string(debug, "name");
	ret->vmlinux = copy_string(debug, "vmlinux");
	ret->source = copy_string(debug, "source");
	return NULL;
}

struct error *rundir_find_console(const char *id, char **ret_path)
{
	_cleanup_free_ char *run = NULL;

	TRY(find_run(id, &run));
	*ret_path = path_join(run, "console.log");
	return NULL;
}
