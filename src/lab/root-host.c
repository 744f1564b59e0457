// SPDX-License-Identifier: GPL-2.0-or-later
/* The host's own root: what cannot be, the share and the overlay, where commands start. */
#include "lab/root-host.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

#define OVERLAY_MODULE "overlay"

struct error *root_open_host(const struct root_request *request, const char *rest,
			     struct root_source **ret)
{
	return error_hint(error_new(ERROR_USAGE,
				    "--root host is no disk, and none is made of it"),
			  "klab run --root host; or dir:PATH for a part of it");
}

struct error *root_host_check_arch(const struct arch *arch)
{
	const struct arch *host = arch_host();

	if (arch == host)
		return NULL;
	return error_hint(error_new(ERROR_USAGE,
				    "--root host: this host's programs are for %s, the "
				    "guest is %s",
				    host ? host->name : "another architecture",
				    arch->name),
			  "a root for %s: --root debian, --root dir:PATH", arch->name);
}

struct error *root_host_check(const struct guest_options *options)
{
	/* Else it is seen when the kernel is known; this is before one is fetched. */
	if (options->arch && arch_find(options->arch))
		TRY(root_host_check_arch(arch_find(options->arch)));
	if (options->rw)
		return error_hint(error_new(ERROR_USAGE,
					    "--rw: no guest writes to the host's root, "
					    "where it could do any harm"),
				  "--rwdir G=H for a directory that it may write to, "
				  "--disk FILE,rw for a disk");
	if (options->no_agent)
		return error_hint(
			error_new(ERROR_USAGE,
				  "--root host needs klab's agent, which mounts "
				  "it"),
			"leave out --no-agent");
	return root_check_additions(options);
}

void root_host_add_modules(const struct root *root, const struct arch *arch,
			   struct strv *modules)
{
	strv_push_all(modules, arch->share_modules);
	strv_push(modules, OVERLAY_MODULE);
}

/* Whether modprobe finds the kernel's modules on the host itself. */
static bool is_installed(const struct kernel *kernel)
{
	return kernel->modules && (has_prefix(kernel->modules, "/lib/modules/") ||
				   has_prefix(kernel->modules, "/usr/lib/modules/"));
}

struct error *root_host_add(const struct root *root, const struct guest_options *options,
			    const struct kernel *kernel, struct machine *machine,
			    struct text *setup)
{
	text_appendf(setup, "host %s %s\n", machine_add_share(machine, "/", true),
		     is_installed(kernel) ? "host" : "klab");
	return NULL;
}

struct error *root_host_check_kernel(const struct root *root, const struct kernel *kernel,
				     const struct image *image)
{
	_cleanup_strv_ struct strv wanted = { 0 };

	root_host_add_modules(root, kernel->arch, &wanted);
	for (size_t i = 0; i < wanted.count; i++)
		if (strv_contains(&image->missing_modules, wanted.items[i]))
			return error_hint(
				error_new(ERROR_MISSING,
					  "the kernel %s cannot mount the host's root: "
					  "it has no module %s",
					  kernel->name, wanted.items[i]),
				"enable CONFIG_NET_9P, CONFIG_NET_9P_VIRTIO, "
				"CONFIG_9P_FS and CONFIG_OVERLAY_FS, or another root: "
				"--root debian");
	return NULL;
}

/* The one that klab was called in, unless the guest has its own there. */
char *root_host_directory(void)
{
	static const char *const own[] = { "/dev/", "/proc/", "/run/", "/sys/" };
	_cleanup_free_ char *directory = getcwd(NULL, 0);

	for (size_t i = 0; directory && i < ARRAY_SIZE(own); i++)
		if (has_prefix(directory, own[i]))
			return NULL;
	return take_ptr(directory);
}
