// SPDX-License-Identifier: GPL-2.0-or-later
/* By asking the kernel for just what QEMU will ask for. */
#include "lab/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <pwd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

#define TUN "/dev/net/tun"

/* The user's name, or the number: ip takes both. */
static char *user_name(void)
{
	const struct passwd *user = getpwuid(geteuid());

	return user ? xstrdup(user->pw_name) : xasprintf("%u", (unsigned int)geteuid());
}

static const char *sudo(void)
{
	return geteuid() == 0 ? "" : "sudo ";
}

static struct error *no_device(const char *name)
{
	_cleanup_free_ char *user = user_name();

	return error_hint(
		error_new(ERROR_MISSING, "there is no tap device %s", name),
		"%sip tuntap add dev %s mode tap user %s && %sip link set %s up", sudo(),
		name, user, sudo(), name);
}

/* By the process's own network namespace, which /sys need not show. */
static struct error *check_link(const char *name)
{
	struct ifreq request = { 0 };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_os(errno, "making a socket");
	memcpy(request.ifr_name, name, strlen(name));
	if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return errno == ENODEV
			       ? no_device(name)
			       : error_os(errno, "looking at the device %s", name);
	if (request.ifr_flags & IFF_UP)
		return NULL;
	return error_hint(error_new(ERROR_MISSING, "the tap device %s is down", name),
			  "%sip link set %s up", sudo(), name);
}

static struct error *explain_attach(int err_no, const char *name)
{
	_cleanup_free_ char *user = NULL;

	switch (err_no) {
	case EBUSY:
		return error_hint(error_new(ERROR_BUSY,
					    "another process uses the tap device %s",
					    name),
				  "one guest takes one tap device");
	case EINVAL:
		return error_new(ERROR_USAGE, "the device %s is not a tap device", name);
	case EPERM:
		user = user_name();
		return error_hint(error_new(ERROR_MISSING,
					    "the tap device %s is another user's", name),
				  "%sip link del %s, and make it anew: %sip tuntap add "
				  "dev %s mode tap user %s",
				  sudo(), name, sudo(), name, user);
	default:
		return error_os(err_no, "opening the tap device %s", name);
	}
}

static struct error *check_attach(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	_cleanup_close_ int fd = open(TUN, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		int err_no = errno;
		struct error *err = error_os(err_no, "opening %s", TUN);

		return err_no == EACCES ? error_hint(err, "%schmod 666 %s", sudo(), TUN)
					: error_hint(err, "%smodprobe tun", sudo());
	}
	memcpy(request.ifr_name, name, strlen(name));
	if (ioctl(fd, TUNSETIFF, &request) < 0)
		return explain_attach(errno, name);
	return NULL;
}

struct error *tap_check(const char *name)
{
	TRY(check_link(name));
	return check_attach(name);
}
