// SPDX-License-Identifier: GPL-2.0-or-later
/* Run directories: the console log and the manifest. */
#include "lab/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <sys/random.h>
#include <time.h>

#include "base/mem.h"
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

static struct json_object *json_strings(const char *const *strings)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; strings && strings[i]; i++)
		json_object_array_add(array, json_object_new_string(strings[i]));
	return array;
}

/* {"path": ..., "sha256": ...}.  Reading the file again for each run would cost more than
 * starting the guest: the digest is kept in the store under the file's identity. */
static struct json_object *json_file(struct store *store, const char *path)
{
	struct json_object *file = json_object_new_object();
	char digest[DIGEST_HEX_SIZE];
	struct error *err;

	json_object_object_add(file, "path", json_object_new_string(path));
	err = store_file_digest(store, path, digest);
	if (!err)
		json_object_object_add(file, "sha256", json_object_new_string(digest));
	/* A file that cannot be read will fail the run with a better message. */
	error_ignore(err);
	return file;
}

static void add_string(struct json_object *json, const char *name, const char *value)
{
	if (value)
		json_object_object_add(json, name, json_object_new_string(value));
}

/* What a debugger that comes later wants to know. */
static struct json_object *json_debug(const struct plan *plan)
{
	struct json_object *debug = json_object_new_object();

	add_string(debug, "arch", plan->machine.arch->name);
	add_string(debug, "name", plan->kernel->name);
	add_string(debug, "vmlinux", plan->kernel->vmlinux);
	add_string(debug, "source", plan->kernel->source_directory);
	json_object_object_add(debug, "kaslr", json_object_new_boolean(plan->kaslr));
	return debug;
}

static struct json_object *manifest_json(const struct rundir *rundir,
					 const struct plan *plan,
					 const char *const *arguments,
					 const struct verdict *verdict)
{
	struct json_object *json = json_object_new_object();
	_cleanup_free_ char *directory = getcwd(NULL, 0);
	_cleanup_strv_ struct strv qemu = { 0 };

	json_object_object_add(json, "id", json_object_new_string(rundir->id));
	json_object_object_add(json, "klab", json_object_new_string(KLAB_VERSION));
	json_object_object_add(json, "directory",
			       json_object_new_string(directory ? directory : "/"));
	json_object_object_add(json, "arguments", json_strings(arguments));
	if (plan) {
		json_object_object_add(json, "kernel",
				       json_file(plan->store, plan->kernel->image));
		json_object_object_add(json, "debug", json_debug(plan));
		json_object_object_add(json, "boots",
				       json_object_new_string(plan->machine.kernel));
		if (plan->machine.initrd)
			json_object_object_add(json, "initramfs",
					       json_file(plan->store,
							 plan->machine.initrd));
		json_object_object_add(json, "qemu",
				       json_file(plan->store, plan->machine.qemu));
		/* A machine that can't be written as a command has failed already. */
		error_ignore(qemu_command(&plan->machine, NULL, &qemu));
		json_object_object_add(json, "command",
				       json_strings((const char *const *)qemu.items));
	}
	if (verdict)
		json_object_object_add(json, "verdict", verdict_json(verdict));
	return json;
}

struct error *rundir_write_manifest(const struct rundir *rundir, const struct plan *plan,
				    const char *const *arguments,
				    const struct verdict *verdict)
{
	_cleanup_free_ char *path = path_join(rundir->path, "manifest.json");
	struct json_object *json = manifest_json(rundir, plan, arguments, verdict);
	const char *text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PRETTY);
	struct error *err = file_write(path, text, strlen(text), 0600);

	json_object_put(json);
	return err;
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
	_cleanup_free_ char *path = path_join(run, "manifest.json"), *text = NULL;
	_cleanup_bytes_ struct bytes bytes = { 0 };

	TRY(file_read(path, MANIFEST_MAX, &bytes));
	text = xstrndup((const char *)bytes.data, bytes.size);
	*ret = json_tokener_parse(text);
	return *ret ? NULL : error_new(ERROR_CORRUPT, "%s is no JSON", path);
}

static struct error *read_recall(struct json_object *json, struct strv *ret_arguments,
				 char **ret_directory)
{
	struct json_object *arguments, *directory;

	if (!json_object_object_get_ex(json, "arguments", &arguments) ||
	    !json_object_is_type(arguments, json_type_array) ||
	    !json_object_object_get_ex(json, "directory", &directory))
		return error_new(ERROR_CORRUPT, "it is not a manifest");
	for (size_t i = 0; i < json_object_array_length(arguments); i++)
		strv_push(ret_arguments,
			  json_object_get_string(
				  json_object_array_get_idx(arguments, i)));
	*ret_directory = xstrdup(json_object_get_string(directory));
	return NULL;
}

struct error *rundir_recall(const char *id, struct strv *ret_arguments,
			    char **ret_directory)
{
	_cleanup_free_ char *run = NULL;
	struct json_object *json;
	struct error *err;

	TRY(find_run(id, &run));
	TRY(read_manifest(run, &json));
	err = read_recall(json, ret_arguments, ret_directory);
	json_object_put(json);
	return err ? error_wrap(err, "reading the manifest in %s", run) : NULL;
}

void debug_facts_deinit(struct debug_facts *facts)
{
	free(facts->arch);
	free(facts->name);
	free(facts->vmlinux);
	free(facts->source);
	*facts = (struct debug_facts){ 0 };
}

static char *get_string(struct json_object *json, const char *name)
{
	struct json_object *value;

	return json && json_object_object_get_ex(json, name, &value)
		       ? xstrdup(json_object_get_string(value))
		       : NULL;
}

struct error *rundir_debug_facts(const char *run, struct debug_facts *ret)
{
	struct json_object *json, *debug = NULL, *kaslr;

	TRY(read_manifest(run, &json));
	json_object_object_get_ex(json, "debug", &debug);
	ret->arch = get_string(debug, "arch");
	ret->name = get_string(debug, "name");
	ret->vmlinux = get_string(debug, "vmlinux");
	ret->source = get_string(debug, "source");
	ret->kaslr = debug && json_object_object_get_ex(debug, "kaslr", &kaslr) &&
		     json_object_get_boolean(kaslr);
	json_object_put(json);
	if (ret->arch)
		return NULL;
	debug_facts_deinit(ret);
	return error_new(ERROR_CORRUPT, "the manifest in %s is damaged", run);
}

struct error *rundir_find_console(const char *id, char **ret_path)
{
	_cleanup_free_ char *run = NULL;

	TRY(find_run(id, &run));
	*ret_path = path_join(run, "console.log");
	return NULL;
}
