// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The small root file system around busybox, as tables.  /bin, /sbin and /lib are links
 * into /usr and there is one directory of programs: each applet needs one entry only (the
 * kernel spends some 10 us on each under TCG), is found under all the paths that scripts
 * use, and the root of a distribution can be laid over it.
 */
#include "image/skeleton.h"

#include <string.h>
#include <sys/sysmacros.h>

static const struct {
	const char *path;
	mode_t permissions;
} directories[] = {
	{ "/dev", 0755 },     { "/etc", 0755 },	    { "/mnt", 0755 },
	{ "/proc", 0555 },    { "/root", 0700 },    { "/run", 0755 },
	{ "/sys", 0555 },     { "/tmp", 01777 },    { "/usr/bin", 0755 },
	{ "/usr/lib", 0755 }, { "/var/log", 0755 }, { "/var/tmp", 01777 },
};

static const struct {
	const char *path;
	const char *target;
} links[] = {
	{ "/bin", "usr/bin" },	  { "/sbin", "usr/bin" },
	{ "/lib", "usr/lib" },	  { "/usr/sbin", "bin" },
	{ "/var/run", "../run" }, { "/etc/mtab", "../proc/self/mounts" },
};

/* The kernel opens /dev/console for init before anything is mounted on /dev. */
static const struct {
	const char *path;
	mode_t mode;
	unsigned int major, minor;
} nodes[] = {
	{ "/dev/console", S_IFCHR | 0600, 5, 1 },
	{ "/dev/null", S_IFCHR | 0666, 1, 3 },
};

static const struct {
	const char *path;
	const char *content;
} files[] = {
	{ "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
			 "nobody:x:65534:65534:nobody:/:/bin/false\n" },
	{ "/etc/group", "root:x:0:\n"
			"tty:x:5:\n"
			"nogroup:x:65534:\n" },
	{ "/etc/hostname", "klab\n" },
	{ "/etc/hosts", "127.0.0.1 localhost klab\n"
			"::1 localhost\n" },
	/* The name server inside QEMU's user network. */
	{ "/etc/resolv.conf", "nameserver 10.0.2.3\n" },
	{ "/etc/shells", "/bin/sh\n" },
	{ "/etc/profile", "export PATH=/usr/local/bin:/usr/bin\n"
			  "PS1='\\h:\\w\\$ '\n" },
};

/* The shell is not PID 1: its end powers the guest off instead of a panic. */
static const char init_script[] =
	"#!/bin/sh\n"
	"export PATH=/usr/local/bin:/usr/bin HOME=/root TERM=linux\n"
	"mount -t proc proc /proc\n"
	"mount -t sysfs sys /sys\n"
	"mount -t devtmpfs dev /dev\n"
	"mkdir -p /dev/pts && mount -t devpts devpts /dev/pts\n"
	"mount -t tmpfs run /run\n"
	"hostname -F /etc/hostname\n"
	"[ ! -e /lib/klab/modules.load ] ||\n"
	"	while read -r module; do insmod \"$module\"; done </lib/klab/modules.load\n"
	"cd /root\n"
	"setsid cttyhack sh -l\n"
	"poweroff -f\n";

struct error *skeleton_add(struct plan *plan)
{
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		TRY(plan_add_directory(plan, directories[i].path,
				       directories[i].permissions));
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		TRY(plan_add_symlink(plan, links[i].path, links[i].target));
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		TRY(plan_add_node(plan, nodes[i].path, nodes[i].mode,
				  makedev(nodes[i].major, nodes[i].minor)));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		TRY(plan_add_bytes(plan, files[i].path, 0644, files[i].content,
				   strlen(files[i].content)));
	return NULL;
}

struct error *skeleton_add_init_script(struct plan *plan)
{
	return plan_add_bytes(plan, "/init", 0755, init_script, strlen(init_script));
}
