/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every image of klab's has, whatever the kernel: directories, /etc, device nodes. */
#ifndef KLAB_IMAGE_SKELETON_H
#define KLAB_IMAGE_SKELETON_H

#include "image/plan.h"

struct error *skeleton_add(struct plan *plan) _must_check_;
/* /init as a script of sh, for guests without klab's agent. */
struct error *skeleton_add_init_script(struct plan *plan) _must_check_;

#endif
