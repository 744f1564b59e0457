// SPDX-License-Identifier: GPL-2.0-or-later
/* The XDG directories, klab's own data, and klab itself. */
#include "os/dirs.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"

/* The address of a unix socket has 108 bytes; below this directory comes "/NAME/ctl". */
#define RUNTIME_PATH_MAX 72

static struct error *home_directory(char **ret)
{
	const char *home = getenv("HOME");
	const struct passwd *user;

	/* Empty or relative is as good as unset, as the XDG specification has it. */
	if (!home || home[0] != '/') {
		user = getpwuid(getuid());
		home = user ? user->pw_dir : NULL;
	}
	if (!home || home[0] != '/')
		return error_hint(
			error_new(ERROR_MISSING,
				  "HOME is not set and user %u has no home directory",
				  (unsigned int)getuid()),
			"set HOME, or XDG_CACHE_HOME and XDG_STATE_HOME");
	*ret = xstrdup(home);
	return NULL;
}

static struct error *xdg_directory(const char *variable, const char *below_home,
				   char **ret)
{
	_cleanup_free_ char *home = NULL;
	const char *value = getenv(variable);

	if (value && value[0] == '/') {
		*ret = path_join(value, "klab");
		return NULL;
	}
	TRY(home_directory(&home));
	*ret = path_join(home, below_home);
	return NULL;
}

struct error *dirs_cache(char **ret)
{
	return xdg_directory("XDG_CACHE_HOME", ".cache/klab", ret);
}

struct error *dirs_state(char **ret)
{
	return xdg_directory("XDG_STATE_HOME", ".local/state/klab", ret);
}

struct error *dirs_kept(char **ret)
{
	return xdg_directory("XDG_DATA_HOME", ".local/share/klab", ret);
}

struct error *dirs_config(char **ret)
{
	return xdg_directory("XDG_CONFIG_HOME", ".config/klab", ret);
}

/* Sockets in it give whoever can open them a guest: it must be ours alone. */
static struct error *private_directory(const char *path)
{
	struct stat st;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return error_os(errno, "making the directory %s", path);
	if (lstat(path, &st) < 0)
		return error_os(errno, "looking at %s", path);
	if (!S_ISDIR(st.st_mode))
		return error_new(ERROR_REFUSED, "%s is not a directory", path);
	if (st.st_uid != geteuid())
		return error_new(ERROR_REFUSED, "%s belongs to another user (%u)", path,
				 (unsigned int)st.st_uid);
	if (st.st_mode & 077)
		return error_new(ERROR_REFUSED,
				 "%s is open to other users (mode %04o, not 0700)", path,
				 (unsigned int)st.st_mode & 07777);
	return NULL;
}

/* After su or sudo the variable may still name the other user's directory. */
static bool is_usable_runtime(const char *path)
{
	struct stat st;

	return path && path[0] == '/' && strlen(path) <= RUNTIME_PATH_MAX &&
	       stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       access(path, W_OK | X_OK) == 0;
}

struct error *dirs_runtime(char **ret)
{
	const char *session = getenv("XDG_RUNTIME_DIR");
	const char *temporary = getenv("TMPDIR");
	_cleanup_free_ char *path = NULL;
	struct error *err;

	if (is_usable_runtime(session)) {
		path = path_join(session, "klab");
	} else {
		if (!temporary || temporary[0] != '/' ||
		    strlen(temporary) > RUNTIME_PATH_MAX)
			temporary = "/tmp";
		path = xasprintf("%s/klab-%u", temporary, (unsigned int)geteuid());
	}
	err = private_directory(path);
	if (err)
		return error_hint(
			error_wrap(err, "klab's runtime directory"),
			"remove it, or set XDG_RUNTIME_DIR to a directory of your own");
	*ret = take_ptr(path);
	return NULL;
}

struct error *dirs_self(char **ret)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n < 0)
		return error_os(errno, "finding klab's own program in /proc/self/exe");
	path[n] = 0;
	/* Built or installed anew while running: the new one is at the same place. */
	if (has_suffix(path, " (deleted)"))
		path[(size_t)n - strlen(" (deleted)")] = 0;
	*ret = xstrdup(path);
	return NULL;
}

static struct error *data_directories(struct strv *ret)
{
	const char *chosen = getenv("KLAB_DATA");
	_cleanup_free_ char *self = NULL, *bin = NULL, *prefix = NULL;

	if (chosen && *chosen)
		strv_push(ret, chosen);
	TRY(dirs_self(&self));
	bin = path_parent(self);
	prefix = path_parent(bin);
	strv_push(ret, bin);
	/* An installation that was moved, or staged (DESTDIR), is still whole. */
	strv_push_take(ret, path_join(prefix, "share/klab"));
	strv_push(ret, KLAB_DATADIR);
	return NULL;
}

struct error *dirs_data_file(const char *name, char **ret)
{
	_cleanup_strv_ struct strv directories = { 0 };
	_cleanup_free_ char *all = NULL;

	TRY(data_directories(&directories));
	for (size_t i = 0; i < directories.count; i++) {
		_cleanup_free_ char *path = path_join(directories.items[i], name);

		if (access(path, R_OK) == 0) {
			*ret = take_ptr(path);
			return NULL;
		}
	}
	all = strv_join(&directories, ", ");
	return error_hint(
		error_new(ERROR_MISSING, "klab's own file %s is missing (looked in %s)",
			  name, all),
		"build or install klab completely, or name the build directory in KLAB_DATA");
}
