/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding a few modules among thousands and reading their headers takes tens of
 * milliseconds, so what was found is noted in the store, in a file of work/modules/ named
 * by what was asked.  A note holds the identity of the kernel's lists and of every module
 * in it; if one of them is another file now, the note is void.  That is enough also for a
 * build tree: what a module needs changes only with its file, and which modules there are
 * only with modules.order.
 */
#ifndef KLAB_IMAGE_MODULE_NOTE_H
#define KLAB_IMAGE_MODULE_NOTE_H

#include <stdbool.h>

#include "base/text.h"
#include "kernel/kernel.h"
#include "os/digest.h"

/* The modules that some wanted names come to, and their indexes. */
struct module_set {
	struct strv paths;     /* on the host, in load order */
	struct strv relatives; /* of each, below lib/modules/RELEASE */
	struct strv missing;
	struct text dep;
	struct text alias;
	struct text builtin; /* the kernel's modules.builtin */
};

void module_set_deinit(struct module_set *set);
#define _cleanup_module_set_ _cleanup_(module_set_deinit)

/* The name of the note: which modules of which kernel. */
void module_note_name(const struct kernel *kernel, const char *const *wanted,
		      char ret[DIGEST_HEX_SIZE]);
/* False: there is no note, or something has changed. */
bool module_note_read(const char *path, const struct kernel *kernel,
		      struct module_set *ret);
struct error *module_note_write(const char *path, const struct module_set *set,
				const struct kernel *kernel) _must_check_;

#endif
