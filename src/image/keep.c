// SPDX-License-Identifier: GPL-2.0-or-later
/* Asks a file for what the image shall know of it. */
#include "image/keep.h"

#include <errno.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/mem.h"

/* XATTR_LIST_MAX and XATTR_SIZE_MAX of Linux. */
#define LIST_MAX 65536
#define VALUE_MAX 65536

struct keep_options keep_for_me(void)
{
	uint32_t uid = geteuid();

	if (uid == 0)
		return (struct keep_options){ .uid = UINT32_MAX, .gid = UINT32_MAX };
	return (struct keep_options){ .uid = uid, .gid = getegid() };
}

/* False: it went away, or the file system has none. */
static bool take_xattr(const char *source, const char *name, struct plan_xattr *ret)
{
	static char value[VALUE_MAX];
	ssize_t size = lgetxattr(source, name, value, sizeof(value));

	if (size < 0)
		return false;
	*ret = (struct plan_xattr){
		.name = xstrdup(name),
		.value = size ? xmemdup(value, (size_t)size) : NULL,
		.size = (size_t)size,
	};
	return true;
}

static struct error *take_xattrs(const char *source, struct plan_attributes *attributes)
{
	static char names[LIST_MAX];
	ssize_t length = llistxattr(source, names, sizeof(names));
	size_t capacity = 0;

	if (length < 0 && errno != ENOTSUP && errno != EACCES)
		return error_os(errno, "reading the extended attributes of %s", source);
	for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1) {
		array_reserve(attributes->xattrs, attributes->xattr_count, capacity);
		if (take_xattr(source, names + at,
			       &attributes->xattrs[attributes->xattr_count]))
			attributes->xattr_count++;
	}
	return NULL;
}

struct error *keep_attributes(struct plan *plan, const struct keep_options *options,
			      const char *source, const struct stat *st)
{
	_cleanup_(plan_attributes_deinit) struct plan_attributes attributes = {
		.uid = st->st_uid == options->uid ? 0 : st->st_uid,
		.gid = st->st_gid == options->gid ? 0 : st->st_gid,
		.mtime = st->st_mtim.tv_sec,
		.mtime_ns = (uint32_t)st->st_mtim.tv_nsec,
	};

	TRY(take_xattrs(source, &attributes));
	plan_set_attributes(plan, &attributes);
	return NULL;
}
