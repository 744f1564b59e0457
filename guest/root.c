// SPDX-License-Identifier: GPL-2.0-or-later
/* From the initramfs to a disk. */
#include "root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "clock.h"
#include "cmdline.h"
#include "disk-modules.h"
#include "setup.h"

/* A driver that was just loaded finds its disk a little later. */
#define DEVICE_MS 5000
#define TYPES_MAX 32
#define TRIED_MAX 8

struct root {
	char device[64]; /* "/dev/vda" */
	char type[64];	 /* "" : whatever it is */
	char flags[1024];
	unsigned long mount_flags;
};

static const char *init;

/* Asked of the mount itself: an agent that has crashed and begun anew must know it too. */
bool root_is_disk(void)
{
	struct statfs fs;

	return statfs("/", &fs) == 0 && fs.f_type != RAMFS_MAGIC &&
	       fs.f_type != TMPFS_MAGIC;
}

const char *root_init(void)
{
	return init;
}

static bool read_words(struct root *root)
{
	const char *mode = cmdline_last("ro", "rw");

	if (!cmdline_value("root", root->device, sizeof(root->device)) ||
	    strncmp(root->device, "/dev/", 5) != 0) {
		setup_fail("klab's agent mounts root=/dev/NAME, not root=%s",
			   root->device);
		return false;
	}
	(void)cmdline_value("rootfstype", root->type, sizeof(root->type));
	(void)cmdline_value("rootflags", root->flags, sizeof(root->flags));
	root->mount_flags = mode && strcmp(mode, "ro") == 0 ? MS_RDONLY : 0;
	return true;
}

/* Until the node is there. */
static bool wait_for(const char *device)
{
	int events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	int64_t end = clock_ms() + DEVICE_MS;
	bool found;

	if (events >= 0)
		(void)inotify_add_watch(events, "/dev", IN_CREATE | IN_MOVED_TO);
	while (!(found = access(device, F_OK) == 0)) {
		struct pollfd poll_fd = { .fd = events, .events = POLLIN };
		char buffer[4096];

		if (poll(&poll_fd, 1, clock_left(end)) <= 0)
			break;
		(void)!read(events, buffer, sizeof(buffer));
	}
	if (events >= 0)
		close(events);
	return found || access(device, F_OK) == 0;
}

/* Names of file systems that live on disks: the lines without "nodev". */
static size_t read_types(char types[][64])
{
	FILE *f = fopen("/proc/filesystems", "re");
	char line[128];
	size_t count = 0;

	while (f && count < TYPES_MAX && fgets(line, sizeof(line), f))
		if (line[0] == '\t' && sscanf(line, "%63s", types[count]) == 1)
			count++;
	if (f)
		fclose(f);
	return count;
}

/* 0, or errno; EINVAL: no file system that this kernel knows. */
static int try_device(const struct root *root, const char *device)
{
	char types[TYPES_MAX][64];
	size_t count = 0;
	int worst = EINVAL;

	if (root->type[0])
		(void)snprintf(types[count++], sizeof(types[0]), "%s", root->type);
	else
		count = read_types(types);
	for (size_t i = 0; i < count; i++) {
		if (mount(device, NEW_ROOT, types[i], root->mount_flags,
			  root->flags[0] ? root->flags : NULL) == 0)
			return 0;
		/* A device or an image that is read-only says so instead of mounting. */
		if ((errno == EACCES || errno == EROFS) &&
		    mount(device, NEW_ROOT, types[i], root->mount_flags | MS_RDONLY,
			  root->flags[0] ? root->flags : NULL) == 0)
			return 0;
		if (errno != EINVAL)
			worst = errno;
	}
	return worst;
}

static int compare_names(const void *a, const void *b)
{
	return strverscmp(a, b);
}

/* "vda1", "vda2"…, in this order. */
static size_t read_partitions(const char *disk, char names[][64])
{
	DIR *dir = opendir("/dev");
	const struct dirent *entry;
	size_t count = 0, length = strlen(disk);

	while (dir && count < TRIED_MAX && (entry = readdir(dir)))
		if (strncmp(entry->d_name, disk, length) == 0 && entry->d_name[length] &&
		    strlen(entry->d_name) < 58)
			(void)snprintf(names[count++], 64, "/dev/%.58s", entry->d_name);
	if (dir)
		closedir(dir);
	qsort(names, count, sizeof(names[0]), compare_names);
	return count;
}

static bool looks_like_root(void)
{
	return access(NEW_ROOT "/bin", F_OK) == 0 ||
	       access(NEW_ROOT "/sbin", F_OK) == 0 || access(NEW_ROOT "/usr", F_OK) == 0;
}

/* The first partition with something like a root. */
static int try_partitions(const struct root *root)
{
	char names[TRIED_MAX][64];
	size_t count = read_partitions(root->device + strlen("/dev/"), names);
	int result = EINVAL;

	for (size_t i = 0; i < count; i++) {
		int r = try_device(root, names[i]);

		if (r == 0 && looks_like_root())
			return 0;
		if (r == 0)
			(void)umount(NEW_ROOT);
		else if (r != EINVAL)
			result = r;
	}
	return result;
}

static void explain(const struct root *root, int err_no)
{
	char types[TYPES_MAX][64], list[200] = "";
	size_t count = read_types(types), used = 0;

	for (size_t i = 0; i < count && used < sizeof(list) - 70; i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
					 i ? ", " : "", types[i]);
	if (root->type[0] && err_no == ENODEV)
		setup_fail("cannot mount the root file system: the kernel has no driver "
			   "for %s (it has: %s)",
			   root->type, count ? list : "none");
	else if (err_no == EINVAL)
		setup_fail("cannot mount the root file system: %s holds none that the "
			   "kernel has a driver for (it has: %s)",
			   root->device, count ? list : "none");
	else
		setup_fail("cannot mount the root file system of %s: %s", root->device,
			   strerror(err_no));
}

static bool mount_root(const struct root *root)
{
	int r;

	(void)mkdir(NEW_ROOT, 0755); /* mount() will tell */
	if (!wait_for(root->device)) {
		setup_fail("there is no disk %s for the root file system: the kernel has "
			   "no driver for it (CONFIG_VIRTIO_BLK)",
			   root->device);
		return false;
	}
	r = try_device(root, root->device);
	if (r == EINVAL && try_partitions(root) == 0)
		return true;
	if (r != 0)
		explain(root, r);
	return r == 0;
}

static const char *const moved[][2] = { { "/dev", NEW_ROOT "/dev" },
					{ "/proc", NEW_ROOT "/proc" },
					{ "/sys", NEW_ROOT "/sys" } };
#define MOVED (sizeof(moved) / sizeof(moved[0]))

/* All of them first: without /dev the agent could not even say what is missing. */
static bool has_places(void)
{
	for (size_t i = 0; i < MOVED; i++) {
		struct stat st;

		(void)mkdir(moved[i][1], 0755); /* there already, or read-only */
		if (stat(moved[i][1], &st) == 0 && S_ISDIR(st.st_mode))
			continue;
		setup_fail("the root file system has no directory %s", moved[i][0]);
		return false;
	}
	return true;
}

/* What the kernel gave the initramfs goes along. */
static bool move_mounts(void)
{
	for (size_t i = 0; i < MOVED; i++)
		if (mount(moved[i][0], moved[i][1], NULL, MS_MOVE, NULL) != 0)
			return false;
	return true;
}

/* What switch_root(8) does, but for emptying the initramfs: the agent is still in it. */
bool root_enter(void)
{
	if (!has_places())
		return false;
	if (chdir(NEW_ROOT) == 0 && move_mounts() &&
	    mount(".", "/", NULL, MS_MOVE, NULL) == 0 && chroot(".") == 0 &&
	    chdir("/") == 0)
		return true;
	setup_fail("cannot change to the root file system: %s", strerror(errno));
	return false;
}

void root_apply(char *order)
{
	struct root root = { 0 };
	int modules;

	if (!read_words(&root) || !mount_root(&root))
		return;
	modules = disk_modules_hold();
	if (!root_enter())
		return;
	disk_modules_show(modules);
	if (order && strcmp(order, "init") == 0 && access("/sbin/init", X_OK) == 0)
		init = "/sbin/init";
}
