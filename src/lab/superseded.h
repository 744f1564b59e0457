/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which stored kernels a newer one has replaced: what `klab kernels prune` removes. */
#ifndef KLAB_LAB_SUPERSEDED_H
#define KLAB_LAB_SUPERSEDED_H

#include "kernel/kernel.h"

/* Of each series (6.1), flavour (amd64, rt-amd64) and architecture the newest stays.
 * ret[i] is set for each kernels[i] that does not; ret has count elements. */
void kernels_superseded(struct kernel *const *kernels, size_t count, bool *ret);

#endif
