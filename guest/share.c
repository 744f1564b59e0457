// SPDX-License-Identifier: GPL-2.0-or-later
/* Mounting a directory of the host. */
#include "share.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "setup.h"

/* The largest message that 9p over virtio carries with pages of 4 KiB; the kernel takes
 * less if it must.  Nothing is cached but what is mapped: the host sees each write, and
 * the guest what changes there. */
#define OPTIONS "trans=virtio,version=9p2000.L,msize=512000,cache=mmap"

const char *share_explain(int err_no)
{
	switch (err_no) {
	case ENODEV:
		return "the kernel has no 9p file system (CONFIG_9P_FS)";
	case EINVAL:
		return "the kernel has no 9p over virtio (CONFIG_NET_9P_VIRTIO)";
	case ENOENT:
		return "the kernel does not see the device";
	default:
		return strerror(err_no);
	}
}

int share_mount(const char *tag, const char *path, unsigned long flags)
{
	return mount(tag, path, "9p", flags, OPTIONS);
}

/* With parents.  What is there already may be anything: mount() will tell. */
static int make_directory(char *path)
{
	for (char *slash = path; (slash = strchr(slash + 1, '/'));) {
		int r;

		*slash = 0;
		r = mkdir(path, 0755);
		*slash = '/';
		if (r != 0 && errno != EEXIST)
			return -1;
	}
	return mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : -1;
}

void share_apply(char *order)
{
	const char *tag = strsep(&order, " ");
	const char *mode = strsep(&order, " ");
	unsigned long flags = mode && strcmp(mode, "ro") == 0 ? MS_RDONLY : 0;

	if (!order)
		setup_fail("an order to mount without a path");
	else if (make_directory(order) != 0)
		setup_fail("cannot make the directory %s for a share: %s", order,
			   strerror(errno));
	/* EBUSY: an agent before this one has done it. */
	else if (share_mount(tag, order, flags) != 0 && errno != EBUSY)
		setup_fail("cannot mount the share at %s: %s", order,
			   share_explain(errno));
}
