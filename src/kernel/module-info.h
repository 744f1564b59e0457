/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a module's file says of itself in its .modinfo. */
#ifndef KLAB_KERNEL_MODULE_INFO_H
#define KLAB_KERNEL_MODULE_INFO_H

#include "base/error.h"
#include "base/text.h"

struct module_info {
	char *name;	/* as in /proc/modules */
	char *vermagic; /* "6.1.0-50-amd64 SMP preempt mod_unload modversions"; or NULL */
	struct strv depends;
};

void module_info_deinit(struct module_info *info);
#define _cleanup_module_info_ _cleanup_(module_info_deinit)
/* ERROR_CORRUPT: it is no module. */
struct error *module_info_read(const char *path, struct module_info *ret) _must_check_;

#endif
