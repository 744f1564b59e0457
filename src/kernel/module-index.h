/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which modules a kernel has, by name, without depmod's files: neither a fresh build tree
 * nor an unpacked package has those.  Names have '_' for '-', as the kernel sees them.
 */
#ifndef KLAB_KERNEL_MODULE_INDEX_H
#define KLAB_KERNEL_MODULE_INDEX_H

#include "base/error.h"
#include "base/text.h"
#include "kernel/kernel.h"

struct module_index;

/* A kernel without modules has an empty one. */
struct error *module_index_new(const struct kernel *kernel,
			       struct module_index **ret) _must_check_;
void module_index_free(struct module_index *index);
DEFINE_CLEANUP(struct module_index *, module_index_free)

/* The file of a module, borrowed, or NULL. */
const char *module_index_find(struct module_index *index, const char *name);
bool module_index_is_builtin(const struct module_index *index, const char *name);
/* All that are known, in the order of their names: files[i] is of names[i]. */
void module_index_all(struct module_index *index, struct strv *ret_files);

/* "virtio_pci" from "virtio-pci" or "drivers/virtio/virtio_pci.ko.xz".  The caller frees. */
char *module_name_of(const char *path);

#endif
