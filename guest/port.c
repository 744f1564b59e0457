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
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "agent/proto.h"
#include "note.h"

#define CLASS "/sys/class/virtio-ports"
#define COMPLAIN_AFTER_MS 10000
/* Only for kernels without CONFIG_NET, which have no uevent socket: they are looked at
 * again and again. */
#define LOOK_AGAIN_MS 20

/* An attribute of a port, without its newline; "" if it is not there. */
static void read_attribute(const char *port, const char *name, char *value, size_t size)
{
	char path[300];
	ssize_t n = -1;
	int fd;

	(void)snprintf(path, sizeof(path), CLASS "/%s/%s", port, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, value, size - 1);
		close(fd);
	}
	value[n > 0 ? n : 0] = 0;
	value[strcspn(value, "\n")] = 0;
}

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
	read_attribute(port, "dev", number, sizeof(number));
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
		read_attribute(entry->d_name, "name", name, sizeof(name));
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

static int listen_uevents(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_KOBJECT_UEVENT);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* False: nothing happened within the time. */
static bool wait_uevent(int events, int timeout_ms)
{
	struct pollfd p = { .fd = events, .events = POLLIN };
	char message[4096];

	if (poll(&p, 1, timeout_ms) <= 0)
		return false;
	/* What it says does not matter (nor whether some were lost): look again. */
	while (recv(events, message, sizeof(message), 0) > 0)
		;
	return true;
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
	bool class_there, complained = false;
	int fd = find_port(&class_there);
	int events, left = COMPLAIN_AFTER_MS;

	if (fd >= 0)
		return fd;
	events = listen_uevents();
	while ((fd = find_port(&class_there)) < 0) {
		int err_no = errno;
		int step = events < 0 ? LOOK_AGAIN_MS : left;

		if (wait_uevent(events, complained && events >= 0 ? -1 : step))
			continue;
		left -= step;
		if (left <= 0 && !complained) {
			complained = true;
			complain(class_there, err_no);
		}
	}
	if (events >= 0)
		close(events);
	return fd;
}
