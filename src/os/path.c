// SPDX-License-Identifier: GPL-2.0-or-later
/* Questions about paths, and the search for programs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "os/file.h"

bool path_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

bool path_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

struct error *path_absolute(const char *path, char **ret)
{
	_cleanup_free_ char *directory = NULL;
	const char *rest;

	if (path[0] == '/') {
		*ret = xstrdup(path);
		return NULL;
	}
	directory = getcwd(NULL, 0);
	if (!directory)
		return error_os(errno, "finding the working directory");
	while ((rest = after_prefix(path, "./")))
		path = rest + strspn(rest, "/");
	if (!*path || streq(path, "."))
		*ret = take_ptr(directory);
	else
		*ret = path_join(directory, path);
	return NULL;
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

char *program_find(const char *name)
{
	const char *path = getenv("PATH");

	if (strchr(name, '/'))
		return is_program(name) ? xstrdup(name) : NULL;
	if (!*name)
		return NULL;
	if (!path)
		path = "/usr/local/bin:/usr/bin:/bin";
	for (;;) {
		size_t length = strcspn(path, ":");
		_cleanup_free_ char *directory = xstrndup(path, length);
		/* An empty piece is the working directory. */
		_cleanup_free_ char *program = path_join(length ? directory : ".", name);

		if (is_program(program))
			return take_ptr(program);
		if (!path[length])
			return NULL;
		path += length + 1;
	}
}
