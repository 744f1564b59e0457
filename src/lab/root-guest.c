// SPDX-License-Identifier: GPL-2.0-or-later
/* What a root file system asks of the rest of the guest: options, agent, kernel. */
#include "base/text.h"
#include "lab/root.h"

struct error *root_check_options(const struct guest_options *options)
{
	if (!root_is_disk(options)) {
		if (options->rw && !options->disks.count)
			return error_hint(error_new(ERROR_USAGE,
						    "--rw: there is no disk to keep"),
					  "--root SPEC, or --disk FILE");
		return NULL;
	}
	if (options->no_agent && !options->initrd)
		return error_hint(error_new(ERROR_USAGE,
					    "--root needs klab's agent, which mounts it"),
				  "leave out --no-agent, or add --initrd none if the "
				  "kernel has the drivers built in");
	if (options->adds.count || options->overlays.count)
		return error_hint(error_new(ERROR_USAGE,
					    "--add and --overlay put files into the "
					    "initramfs, which is left behind for --root"),
				  "--rodir G=H shows a directory, klab cp copies");
	return NULL;
}

/* Where nobody knows, behind partitions or in a qcow2, ext4 is the best guess. */
const char *root_module(const struct root *root)
{
	return root->filesystem ? root->filesystem : "ext4";
}

void root_add_order(const struct root *root, const struct guest_options *options,
		    struct text *setup)
{
	bool stays = options->init && streq(options->init, "klab");

	if (root)
		text_appendf(setup, "root %s\n", stays ? "agent" : "init");
}

struct error *root_check_kernel(const struct root *root, const struct kernel *kernel,
				const struct image *image)
{
	if (!root || !root->filesystem ||
	    !strv_contains(&image->missing_modules, root->filesystem))
		return NULL;
	return error_hint(error_new(ERROR_MISSING, "the kernel %s has no driver for %s",
				    kernel->name, root->filesystem),
			  "another kernel: -k SPEC; or another file system in the image");
}
