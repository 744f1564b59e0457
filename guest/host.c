// SPDX-License-Identifier: GPL-2.0-or-later
/* From the initramfs to the host's root. */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "file.h"
#include "note.h"
#include "root.h"
#include "setup.h"
#include "share.h"

#define BELOW "/klab-host"
#define MEMORY "/klab-memory"
#define ABOVE MEMORY "/above"
#define WORK MEMORY "/work"
#define MODULES "/lib/modules"
#define MODPROBE "/sbin/modprobe"

static const char *explain_virtiofs(int err_no)
{
	switch (err_no) {
	case ENODEV:
		return "the kernel has no virtio-fs (CONFIG_VIRTIO_FS)";
	case EINVAL:
		return "the kernel does not see the device";
	default:
		return strerror(err_no);
	}
}

static bool mount_below(const char *tag, const char *type)
{
	bool by_9p = strcmp(type, "9p") == 0;

	(void)mkdir(BELOW, 0755); /* mount() will tell */
	if ((by_9p ? share_mount(tag, BELOW, MS_RDONLY)
		   : mount(tag, BELOW, type, MS_RDONLY, NULL)) == 0)
		return true;
	setup_fail("cannot mount the host's root: %s",
		   by_9p ? share_explain(errno) : explain_virtiofs(errno));
	return false;
}

static bool make_above(void)
{
	(void)mkdir(MEMORY, 0755);
	if (mount("tmpfs", MEMORY, "tmpfs", 0, "mode=0755") == 0 &&
	    mkdir(ABOVE, 0755) == 0 && mkdir(WORK, 0755) == 0)
		return true;
	setup_fail("cannot make room for what is written over the host's root: %s",
		   strerror(errno));
	return false;
}

/* One of the initramfs, which is about this guest, in the place of the host's. */
static void put_file(const char *path)
{
	char text[4096], to[64];
	size_t length = file_read(text, sizeof(text) - 1, "%s", path);
	int fd;

	text[length++] = '\n';
	(void)snprintf(to, sizeof(to), ABOVE "%s", path);
	fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, length) != (ssize_t)length)
		note_fault("cannot write the guest's own %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* Where commands start: an empty one, if the host's is closed to who shows it. */
static void put_home(void)
{
	int fd = open(BELOW "/root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)mkdir(ABOVE "/root", 0700); /* else they start in / */
	if (fd >= 0)
		close(fd);
	else
		(void)setxattr(ABOVE "/root", "trusted.overlay.opaque", "y", 1, 0);
}

/* While nobody sees it, so that nothing of the host's is looked up for it. */
static void fill_above(void)
{
	static const char *const files[] = { "/etc/hostname", "/etc/hosts",
					     "/etc/resolv.conf" };

	(void)mkdir(ABOVE "/etc", 0755); /* what is put there will tell */
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		put_file(files[i]);
	put_home();
}

static bool lay_over(void)
{
	(void)mkdir(NEW_ROOT, 0755);
	if (mount("overlay", NEW_ROOT, "overlay", 0,
		  "lowerdir=" BELOW ",upperdir=" ABOVE ",workdir=" WORK) == 0)
		return true;
	setup_fail("cannot lay the guest's memory over the host's root: %s",
		   errno == ENODEV ? "the kernel has no overlay file system "
				     "(CONFIG_OVERLAY_FS)"
				   : strerror(errno));
	return false;
}

/* One path of the initramfs in the place of another. */
static void bind(int from, const char *path)
{
	char source[32];

	(void)snprintf(source, sizeof(source), "/proc/self/fd/%d", from);
	if (mount(source, path, NULL, MS_BIND, NULL) != 0)
		note_fault("cannot show the guest's own %s: %s", path, strerror(errno));
}

/* Its modules, for the host has those of other kernels; and busybox as what loads them,
 * since it needs no binary index. */
static void show_modules(int modules, int busybox, const char *path)
{
	int fd;

	(void)mkdir(MODULES, 0755);
	(void)mkdir(path, 0755); /* there already: fine */
	bind(modules, path);
	(void)unlink(MODPROBE); /* often a link to a program with other uses */
	fd = open(MODPROBE, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (fd >= 0)
		close(fd);
	bind(busybox, MODPROBE);
}

/* After it nothing of the initramfs has a path any more. */
static void enter(bool own_modules)
{
	char path[sizeof(MODULES) + 1 + sizeof(((struct utsname *)0)->release)];
	struct utsname uts;
	int modules, busybox;

	uname(&uts);
	(void)snprintf(path, sizeof(path), MODULES "/%s", uts.release);
	modules = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	busybox = open("/bin/busybox", O_PATH | O_CLOEXEC);
	if (root_enter() && own_modules && modules >= 0 && busybox >= 0)
		show_modules(modules, busybox, path);
	if (modules >= 0)
		close(modules);
	if (busybox >= 0)
		close(busybox);
}

static void change(bool own_modules)
{
	fill_above();
	if (lay_over())
		enter(own_modules);
}

void host_apply(char *order)
{
	const char *tag = strsep(&order, " ");
	const char *type = strsep(&order, " ");

	if (!type || !order)
		setup_fail("an order to change to the host's root without its words");
	else if (mount_below(tag, type) && make_above())
		change(strcmp(order, "klab") == 0);
}
