// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel that this machine itself runs, where its files may be read. */
#include <errno.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/mem.h"
#include "kernel/resolvers.h"

#define PASS_ANOTHER "pass another kernel: -k debian, -k FILE, -k TREE"

struct error *kernel_from_host(const char *root, const char *release, struct kernel **ret)
{
	_cleanup_(kernel_freep) struct kernel *kernel = xnew(struct kernel);
	struct utsname names;

	if (uname(&names) < 0)
		return error_os(errno, "asking for the release of this host's kernel");
	if (!release)
		release = names.release;
	kernel->source = KERNEL_HOST;
	kernel->arch = arch_host();
	kernel->name = xasprintf("host-%s", release);
	if (!kernel->arch)
		return error_new(ERROR_UNSUPPORTED, "klab does not know this machine, %s",
				 names.machine);
	kernel_fill_from_root(kernel, root ? root : "/", release);
	if (!kernel->image)
		return error_hint(
			error_new(ERROR_NOT_FOUND,
				  "the image of this host's kernel %s is not in "
				  "/boot (a container has none)",
				  release),
			PASS_ANOTHER);
	if (access(kernel->image, R_OK) < 0)
		return error_hint(error_os(errno, "reading this host's kernel %s",
					   kernel->image),
				  "sudo chmod a+r %s, or " PASS_ANOTHER, kernel->image);
	*ret = take_ptr(kernel);
	return NULL;
}
