// SPDX-License-Identifier: GPL-2.0-or-later
/* A full disk said in words: which one, and what to do. */
#include "image/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/text.h"

/* Not the disk is full, but a limit of the process (or a small file system) was met. */
struct error *explain_limit(struct error *err)
{
	if (!error_is_errno(err, EFBIG))
		return err;
	return error_hint(err, "ulimit -f says how large a file may be here");
}

/* The directory where the file system of a path is mounted. */
static char *mount_point(const char *path)
{
	_cleanup_free_ char *at = realpath(path, NULL);
	struct stat here, above;

	while (at && !streq(at, "/")) {
		_cleanup_free_ char *parent = path_parent(at);

		if (stat(at, &here) < 0 || stat(parent, &above) < 0 ||
		    here.st_dev != above.st_dev)
			break;
		free(at);
		at = take_ptr(parent);
	}
	return take_ptr(at);
}

struct error *explain_full(struct error *err, const char *path)
{
	_cleanup_free_ char *directory = path_parent(path);
	_cleanup_free_ char *mount = mount_point(directory);

	if (!error_is_errno(err, ENOSPC) && !error_is_errno(err, EDQUOT))
		return explain_limit(err);
	err = error_wrap(err, "no space left for %s on the file system %s", path,
			 mount ? mount : directory);
	return error_hint(err, "free some there, name a file on another one, or put less "
			       "into the image");
}
