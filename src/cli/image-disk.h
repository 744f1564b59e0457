/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside image.c: the verbs of klab image that are about disks, and about what is kept. */
#ifndef KLAB_CLI_IMAGE_DISK_H
#define KLAB_CLI_IMAGE_DISK_H

#include "cli/command.h"

/* build, where --root means a disk.  output NULL: into the store. */
struct error *image_disk_build(const struct call *call, const char *output, uint64_t size,
			       bool json) _must_check_;
struct error *image_list(const struct call *call, bool json) _must_check_;
struct error *image_remove(const struct call *call) _must_check_;
struct error *image_mount(struct call *call) _must_check_;

#endif
