// SPDX-License-Identifier: GPL-2.0-or-later
/* The host's own root: what cannot be, the share and the overlay, where commands start. */
#include "lab/root-host.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "vm/virtiofsd.h"

#define OVERLAY_MODULE "overlay"
#define VIRTIOFS_MODULE "virtiofs"

struct error *root_open_host(const struct root_request *request, const char *rest,
			     struct root_source **ret)
{
	return error_hint(error_new(ERROR_USAGE,
				    "--root host is no disk, and none is made of it"),
			  "klab run --root host; or dir:PATH for a part of it");
}

static struct error *check_arch(const struct arch *arch)
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

bool root_host_is_meant(const char *spec)
{
	return streq(spec, ROOT_HOST_WORD) || has_prefix(spec, ROOT_HOST_WORD ":");
}

static struct error *check_virtiofs_module(const struct kernel *kernel)
{
	static const char *const wanted[] = { VIRTIOFS_MODULE, NULL };
	_cleanup_strv_ struct strv missing = { 0 };
	struct kernel_module *modules = NULL;
	size_t count = 0;

	if (kernel->modules)
		TRY(kernel_modules_closure(kernel, wanted, &modules, &count, &missing));
	kernel_modules_free(modules, count);
	if (kernel->modules && !missing.count)
		return NULL;
	return error_new(ERROR_MISSING,
			 "it is not known that the kernel %s has virtio-fs "
			 "(CONFIG_VIRTIO_FS)",
			 kernel->name);
}

/* Whether virtio-fs can be used, by which server. */
static struct error *find_server(const struct root_request *request, char **ret)
{
	_cleanup_free_ char *server = NULL;

	TRY(virtiofsd_find(request->store, request->arch, request->qemu, &server));
	TRY(check_virtiofs_module(request->kernel));
	*ret = take_ptr(server);
	return NULL;
}

/* If nobody says; what is pasted has no server. */
static void choose_server(const struct root_request *request, struct root *root)
{
	struct error *err;

	if (request->options->dry_run)
		return;
	err = virtiofsd_check_limit();
	if (!err)
		err = find_server(request, &root->server);
	if (err)
		root->reason = xstrdup(error_sentence(err));
	error_ignore(err); /* 9p does it too */
}

struct error *root_host_resolve(const struct root_request *request, struct root *root)
{
	const char *by = after_prefix(request->options->root, ROOT_HOST_WORD);

	TRY(check_arch(request->arch));
	if (streq(by, ""))
		choose_server(request, root);
	else if (streq(by, ":virtiofs"))
		TRY_WRAP(find_server(request, &root->server), "--root host:virtiofs");
	else if (!streq(by, ":9p"))
		return error_hint(error_new(ERROR_USAGE,
					    "--root host%s: there is no such way", by),
				  "host, host:9p, or host:virtiofs");
	return NULL;
}

struct error *root_host_check(const struct guest_options *options)
{
	/* Else it is seen when the kernel is known; this is before one is fetched. */
	if (options->arch && arch_find(options->arch))
		TRY(check_arch(arch_find(options->arch)));
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
	if (root->server)
		strv_push(modules, VIRTIOFS_MODULE);
	else
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
	const char *tag = root->server
				  ? machine_add_served_share(machine, "/", root->server)
				  : machine_add_share(machine, "/", true);

	text_appendf(setup, "host %s %s %s\n", tag, root->server ? "virtiofs" : "9p",
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
