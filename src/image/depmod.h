/* SPDX-License-Identifier: GPL-2.0-or-later */
/* modules.dep and modules.alias for the few modules of an image: what depmod(8) writes,
 * which many hosts do not have and which wants a tree on disk. */
#ifndef KLAB_IMAGE_DEPMOD_H
#define KLAB_IMAGE_DEPMOD_H

#include <stddef.h>

#include "base/text.h"

struct depmod_module {
	const char *path;     /* on the host, perhaps compressed */
	const char *relative; /* below lib/modules/RELEASE, as it is in the image */
};

/* modules are in load order: each after those it depends on. */
struct error *depmod_index(const struct depmod_module *modules, size_t count,
			   struct text *ret_dep, struct text *ret_alias) _must_check_;

#endif
