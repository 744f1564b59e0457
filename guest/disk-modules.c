// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The initramfs stays where it is when a disk is mounted over it, so its directory of
 * modules needs only be bound to the place where modprobe looks.  It is read-only there: what
 * a package installed into it would be gone with the guest.
 */
#include "disk-modules.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "note.h"

#define MODULES "/lib/modules"

static void place(char *path, size_t size)
{
	struct utsname names = { 0 };

	(void)uname(&names);
	(void)snprintf(path, size, MODULES "/%s", names.release);
}

int disk_modules_hold(void)
{
	char path[128];

	place(path, sizeof(path));
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The disk's own modules are more than klab has brought. */
static bool has_own(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir)))
		found = strcmp(entry->d_name, ".") != 0 &&
			strcmp(entry->d_name, "..") != 0;
	if (dir)
		closedir(dir);
	return found;
}

/* The mount point stays on a disk that is kept, as /proc's does.  On one that may not be written
 * the modules of other kernels, which are of no use to this one, are covered. */
static bool make_place(const char *path)
{
	(void)mkdir("/lib", 0755); /* there already, or is_directory() tells */
	(void)mkdir(MODULES, 0755);
	(void)mkdir(path, 0755);
	if (is_directory(path))
		return true;
	return mount("tmpfs", MODULES, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") == 0 &&
	       mkdir(path, 0755) == 0;
}

void disk_modules_show(int held)
{
	char path[128], source[32];

	if (held < 0)
		return;
	place(path, sizeof(path));
	(void)snprintf(source, sizeof(source), "/proc/self/fd/%d", held);
	if (!has_own(path) &&
	    (!make_place(path) || mount(source, path, NULL, MS_BIND, NULL) != 0 ||
	     mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) != 0))
		note_fault("modprobe finds no modules, since %s cannot be mounted: %s",
			   path, strerror(errno));
	close(held);
}
