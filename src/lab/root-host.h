/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --root host: the host's own root.  QEMU or a virtiofsd shows it read-only, the agent lays
 * the guest's memory over it; so any program of the host runs under the guest's kernel, and nothing that
 * it writes comes back.
 */
#ifndef KLAB_LAB_ROOT_HOST_H
#define KLAB_LAB_ROOT_HOST_H

#include "lab/root-sources.h"

#define ROOT_HOST_WORD "host"

/* No disk is made of it: an error. */
struct error *root_open_host(const struct root_request *request, const char *rest,
			     struct root_source **ret) _must_check_;
/* "host", "host:9p", "host:virtiofs" */
bool root_host_is_meant(const char *spec);
/* By what it comes to the guest: virtio-fs if that can be, else 9p; or as was said. */
struct error *root_host_resolve(const struct root_request *request,
				struct root *root) _must_check_;

/* Its row in root-guest.c. */
struct error *root_host_check(const struct guest_options *options) _must_check_;
void root_host_add_modules(const struct root *root, const struct arch *arch,
			   struct strv *modules);
struct error *root_host_add(const struct root *root, const struct guest_options *options,
			    const struct kernel *kernel, struct machine *machine,
			    struct text *setup) _must_check_;
struct error *root_host_check_kernel(const struct root *root, const struct kernel *kernel,
				     const struct image *image) _must_check_;
char *root_host_directory(void);

/* What goes into the initramfs would not be there any more. */
struct error *root_check_additions(const struct guest_options *options) _must_check_;

#endif
