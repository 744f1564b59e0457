// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PID 1: the file systems that programs expect, a host name, the loopback interface.
 * Nothing here is fatal: a kernel that lacks something still gives a shell, in which one
 * can see what it lacks.
 */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "net.h"
#include "note.h"
#include "root.h"

struct mount_row {
	const char *type, *target, *data;
	unsigned long flags;
	int optional; /* nobody misses it silently: most kernels lack one or another */
};

#define SAFE (MS_NOSUID | MS_NOEXEC | MS_NODEV)

static const struct mount_row early_mounts[] = {
	{ "devtmpfs", "/dev", "mode=0755", MS_NOSUID, 0 },
	{ "sysfs", "/sys", NULL, SAFE, 0 },
	{ "proc", "/proc", NULL, SAFE, 0 },
};

static const struct mount_row late_mounts[] = {
	{ "devpts", "/dev/pts", "mode=0620,gid=5,ptmxmode=0666", MS_NOSUID | MS_NOEXEC,
	  0 },
	{ "tmpfs", "/dev/shm", "mode=1777", MS_NOSUID | MS_NODEV, 0 },
	{ "tmpfs", "/tmp", "mode=1777", MS_NOSUID | MS_NODEV, 0 },
	{ "tmpfs", "/run", "mode=0755", MS_NOSUID | MS_NODEV, 0 },
	{ "debugfs", "/sys/kernel/debug", NULL, SAFE, 1 },
	{ "tracefs", "/sys/kernel/tracing", NULL, SAFE, 1 },
	{ "cgroup2", "/sys/fs/cgroup", NULL, SAFE, 1 },
	{ "bpf", "/sys/fs/bpf", "mode=0700", SAFE, 1 },
	{ "securityfs", "/sys/kernel/security", NULL, SAFE, 1 },
};

static void do_mounts(const struct mount_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct mount_row *row = &rows[i];

		/* What is in a disk's own /tmp is wanted, and kept if the disk is. */
		if (root_is_disk() && strcmp(row->target, "/tmp") == 0)
			continue;
		if (mount(row->type, row->target, row->type, row->flags, row->data) == 0)
			continue;
		if (errno == ENOENT && mkdir(row->target, 0755) == 0 &&
		    mount(row->type, row->target, row->type, row->flags, row->data) == 0)
			continue;
		/* EBUSY: the kernel, or an agent before this one, has done it. */
		if (!row->optional && errno != EBUSY)
			note_fault("cannot mount %s: %s", row->target, strerror(errno));
	}
}

/* Without a console node in the image the kernel starts us with no descriptors at all;
 * then the first files opened would become standard input and output. */
static void open_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

void init_early(void)
{
	umask(022);
	do_mounts(early_mounts, sizeof(early_mounts) / sizeof(early_mounts[0]));
	open_standard_fds();
}

static void make_links(void)
{
	static const char *const links[][2] = {
		{ "/proc/self/fd", "/dev/fd" },
		{ "fd/0", "/dev/stdin" },
		{ "fd/1", "/dev/stdout" },
		{ "fd/2", "/dev/stderr" },
	};

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		(void)!symlink(links[i][0], links[i][1]); /* there already: fine */
}

/* src/image/busybox.c says why so late. */
void init_add_modprobe(void)
{
	if (!root_is_disk() && access("/bin/busybox", X_OK) == 0)
		(void)!symlink("busybox", "/bin/modprobe"); /* there already: fine */
}

/* Cosmetic. */
static void set_hostname(void)
{
	char name[65] = "";

	if (root_is_disk())
		(void)file_read(name, sizeof(name), "/etc/hostname");
	if (!name[0])
		(void)snprintf(name, sizeof(name), "klab");
	(void)sethostname(name, strlen(name));
}

void init_late(void)
{
	do_mounts(late_mounts, sizeof(late_mounts) / sizeof(late_mounts[0]));
	make_links();
	init_add_modprobe();
	(void)net_raise("lo"); /* a command that needs it will say so */
	set_hostname();
}
