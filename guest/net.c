// SPDX-License-Identifier: GPL-2.0-or-later
/* By ioctls: each is one question to the kernel, without a program in between. */
#include "net.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/route.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "netlink.h"
#include "setup.h"

#define CLASS "/sys/class/net"
/* Without one by then there is none; the other end may not be there yet. */
#define CARRIER_MS 1000

static int udp_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static struct ifreq request_for(const char *interface)
{
	struct ifreq request = { 0 };

	memcpy(request.ifr_name, interface, strnlen(interface, IFNAMSIZ - 1));
	return request;
}

int net_raise(const char *interface)
{
	struct ifreq request = request_for(interface);
	int fd = udp_socket();
	int err_no = 0;

	if (fd < 0)
		return errno;
	if (ioctl(fd, SIOCGIFFLAGS, &request) != 0)
		err_no = errno;
	request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
	if (!err_no && ioctl(fd, SIOCSIFFLAGS, &request) != 0)
		err_no = errno;
	close(fd);
	return err_no;
}

/* Its name depends on the kernel and on who renames; its address does not. */
static bool find_interface(const char *mac, char name[IFNAMSIZ])
{
	DIR *dir = opendir(CLASS);
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		char address[32];

		file_read(address, sizeof(address), CLASS "/%s/address", entry->d_name);
		found = strncasecmp(address, mac, strlen(mac)) == 0;
		(void)snprintf(name, IFNAMSIZ, "%.15s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Nobody else can have our addresses, so none is held back a second to ask around. */
static void skip_duplicate_detection(const char *interface)
{
	char path[100];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/accept_dad",
		       interface);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return; /* a kernel without IPv6 */
	(void)!write(fd, "0", 1);
	close(fd);
}

/* Not merely a carrier: the kernel has acted on it, with queues and IPv6 addresses. */
static bool is_operational(const char *interface)
{
	char state[16];

	file_read(state, sizeof(state), CLASS "/%s/operstate", interface);
	return strcmp(state, "up") == 0;
}

/* The driver learns of its carrier a moment later; what is sent before gets lost. */
static void await_carrier(const char *interface, int events)
{
	int64_t deadline = clock_ms() + CARRIER_MS;

	while (!is_operational(interface) && netlink_wait(events, clock_left(deadline)))
		;
}

static struct sockaddr inet_address(in_addr_t address)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = address };
	struct sockaddr generic;

	memcpy(&generic, &in, sizeof(generic));
	return generic;
}

static int set_address(int fd, const char *interface, char *address)
{
	const char *plain = strsep(&address, "/");
	int bits = address ? atoi(address) : 32;
	struct ifreq request = request_for(interface);

	request.ifr_addr = inet_address(inet_addr(plain));
	if (ioctl(fd, SIOCSIFADDR, &request) != 0)
		return -1;
	request.ifr_netmask = inet_address(htonl(bits ? ~0u << (32 - bits) : 0));
	return ioctl(fd, SIOCSIFNETMASK, &request);
}

static int set_router(int fd, const char *router)
{
	struct rtentry route = {
		.rt_dst = inet_address(INADDR_ANY),
		.rt_genmask = inet_address(INADDR_ANY),
		.rt_gateway = inet_address(inet_addr(router)),
		.rt_flags = RTF_UP | RTF_GATEWAY,
	};

	/* EEXIST: an agent before this one has done it. */
	return ioctl(fd, SIOCADDRT, &route) == 0 || errno == EEXIST ? 0 : -1;
}

static bool is_given(const char *word)
{
	return word && strcmp(word, "-") != 0;
}

void net_apply(char *order)
{
	const char *mac = strsep(&order, " ");
	char *address = strsep(&order, " ");
	char interface[IFNAMSIZ];
	int fd, events, err_no;

	if (!find_interface(mac, interface)) {
		setup_fail("there is no network card: the kernel has no driver for it "
			   "(CONFIG_VIRTIO_NET)");
		return;
	}
	skip_duplicate_detection(interface);
	events = netlink_listen(NETLINK_ROUTE, RTMGRP_LINK);
	err_no = net_raise(interface);
	fd = udp_socket();
	if (err_no)
		setup_fail("cannot bring up %s: %s", interface, strerror(err_no));
	else if (is_given(address) && set_address(fd, interface, address) != 0)
		setup_fail("cannot give %s its address: %s", interface, strerror(errno));
	else if (is_given(order) && set_router(fd, order) != 0)
		setup_fail("cannot set the route by %s: %s", order, strerror(errno));
	else
		await_carrier(interface, events);
	if (fd >= 0)
		close(fd);
	if (events >= 0)
		close(events);
}
