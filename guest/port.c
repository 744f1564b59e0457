// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finding the port.  virtio_console makes /sys/class/virtio-ports/vportNpM, then learns
 * the port's name from the device and tells of both by uevents; these are waited for.
 */
#include "port.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "agent/proto.h"
#include "clock.h"
#include "file.h"
#include "netlink.h"
#include "note.h"

#define CLASS "/sys/class/virtio-ports"
#define COMPLAIN_AFTER_MS 10000
/* Only for kernels without CONFIG_NET, which have no uevent socket: they are looked at
 * again and again. */
#define LOOK_AGAIN_MS 20

static int open_device(const char *port)
{
	unsigned int major, minor;
	char path[300], number[32];
	int fd;

	(void)snprintf(path, sizeof(path), "/dev/%s", port);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 || errno != ENOENT)
		return fd;
	/* A kernel without devtmpfs. */
	file_read(number, sizeof(number), CLASS "/%s/dev", port);
	if (sscanf(number, "%u:%u", &major, &minor) == 2)
		(void)mknod(path, S_IFCHR | 0600, makedev(major, minor));
	return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

/* The descriptor; -1 with errno ENOENT: it is not there yet. */
static int find_port(bool *ret_class)
{
	char name[sizeof(PROTO_PORT_NAME) + 1];
	DIR *dir = opendir(CLASS);
	struct dirent *entry;
	int fd = -1;

	*ret_class = dir != NULL;
	errno = ENOENT;
	while (dir && fd < 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		file_read(name, sizeof(name), CLASS "/%s/name", entry->d_name);
		errno = ENOENT;
		if (strcmp(name, PROTO_PORT_NAME) == 0)
			fd = open_device(entry->d_name);
	}
	if (dir) {
		int saved = errno;

		closedir(dir);
		errno = saved;
	}
	return fd;
}

static void complain(bool class_there, int err_no)
{
	if (!class_there)
		note_fault(
			"no channel: the kernel shows no " CLASS
			" (are the drivers virtio_pci or virtio_mmio and virtio_console there?)");
	else if (err_no != ENOENT)
		note_fault("no channel: the port %s cannot be opened: %s",
			   PROTO_PORT_NAME, strerror(err_no));
	else
		note_fault("no channel: none of the ports in " CLASS " is named %s",
			   PROTO_PORT_NAME);
}

int port_open(void)
{
	int64_t deadline = clock_ms() + COMPLAIN_AFTER_MS;
	bool class_there, complained = false;
	int fd = find_port(&class_there);
	int events;

	if (fd >= 0)
		return fd;
	events = netlink_listen(NETLINK_KOBJECT_UEVENT, 1);
	while ((fd = find_port(&class_there)) < 0) {
		int err_no = errno;

		if (!complained && clock_left(deadline) == 0) {
			complained = true;
			complain(class_there, err_no);
		}
		netlink_wait(events, events < 0	  ? LOOK_AGAIN_MS
				     : complained ? -1
						  : clock_left(deadline));
	}
	if (events >= 0)
		close(events);
	return fd;
}
