// SPDX-License-Identifier: GPL-2.0-or-later
/* What a root file system asks of the rest of the guest: options, machine, agent, kernel.
 * Each place where one can be is a row of the table. */
#include "base/text.h"
#include "lab/root-host.h"

static struct error *check_initramfs(const struct guest_options *options)
{
	if (options->rw && !options->disks.count)
		return error_hint(error_new(ERROR_USAGE,
					    "--rw: there is no disk to keep"),
				  "--root SPEC, or --disk FILE");
	return NULL;
}

struct error *root_check_additions(const struct guest_options *options)
{
	if (options->adds.count || options->overlays.count)
		return error_hint(error_new(ERROR_USAGE,
					    "--add and --overlay put files into the "
					    "initramfs, which is left behind for --root"),
				  "--rodir G=H shows a directory, klab cp copies");
	return NULL;
}

static struct error *check_disk(const struct guest_options *options)
{
	if (options->no_agent && !options->initrd)
		return error_hint(error_new(ERROR_USAGE,
					    "--root needs klab's agent, which mounts it"),
				  "leave out --no-agent, or add --initrd none if the "
				  "kernel has the drivers built in");
	return root_check_additions(options);
}

/* Where nobody knows, behind partitions or in a qcow2, ext4 is the best guess. */
static void add_disk_modules(const struct root *root, const struct arch *arch,
			     struct strv *modules)
{
	strv_push_all(modules, arch->disk_modules);
	strv_push(modules, root->filesystem ? root->filesystem : "ext4");
}

static struct error *add_disk(const struct root *root,
			      const struct guest_options *options,
			      const struct kernel *kernel, struct machine *machine,
			      struct text *setup)
{
	bool stays = options->init && streq(options->init, "klab");

	text_appendf(setup, "root %s\n", stays ? "agent" : "init");
	return machine_add_disk(machine, root->disk, root->mode);
}

static struct error *check_disk_kernel(const struct root *root,
				       const struct kernel *kernel,
				       const struct image *image)
{
	if (!root->filesystem ||
	    !strv_contains(&image->missing_modules, root->filesystem))
		return NULL;
	return error_hint(error_new(ERROR_MISSING, "the kernel %s has no driver for %s",
				    kernel->name, root->filesystem),
			  "another kernel: -k SPEC; or another file system in the image");
}

static const struct place {
	struct error *(*check)(const struct guest_options *options);
	/* Those of a place that is left for no other are never called. */
	const char *append;
	void (*add_modules)(const struct root *root, const struct arch *arch,
			    struct strv *modules);
	struct error *(*add)(const struct root *root, const struct guest_options *options,
			     const struct kernel *kernel, struct machine *machine,
			     struct text *setup);
	struct error *(*check_kernel)(const struct root *root,
				      const struct kernel *kernel,
				      const struct image *image);
	char *(*directory)(void); /* NULL: the agent's */
} places[] = {
	[ROOT_INITRAMFS] = { .check = check_initramfs },
	[ROOT_DISK] = {
		.check = check_disk,
		.append = "root=/dev/vda rw", /* as for a kernel that mounts it itself */
		.add_modules = add_disk_modules,
		.add = add_disk,
		.check_kernel = check_disk_kernel,
	},
	[ROOT_HOST] = {
		.check = root_host_check,
		.add_modules = root_host_add_modules,
		.add = root_host_add,
		.check_kernel = root_host_check_kernel,
		.directory = root_host_directory,
	},
};

struct error *root_check_options(const struct guest_options *options)
{
	return places[root_where(options)].check(options);
}

void root_add_modules(const struct root *root, const struct arch *arch,
		      struct strv *modules)
{
	if (root)
		places[root->where].add_modules(root, arch, modules);
}

const char *root_append(const struct root *root)
{
	return root ? places[root->where].append : NULL;
}

struct error *root_add(const struct root *root, const struct guest_options *options,
		       const struct kernel *kernel, struct machine *machine,
		       struct text *setup)
{
	return root ? places[root->where].add(root, options, kernel, machine, setup)
		    : NULL;
}

char *root_directory(const struct root *root)
{
	return root && places[root->where].directory ? places[root->where].directory()
						     : NULL;
}

struct error *root_check_kernel(const struct root *root, const struct kernel *kernel,
				const struct image *image)
{
	return root ? places[root->where].check_kernel(root, kernel, image) : NULL;
}
