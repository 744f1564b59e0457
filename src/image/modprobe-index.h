/* SPDX-License-Identifier: GPL-2.0-or-later */
/* depmod's text files as those that kmod's modprobe reads: NAME.bin. */
#ifndef KLAB_IMAGE_MODPROBE_INDEX_H
#define KLAB_IMAGE_MODPROBE_INDEX_H

#include "base/text.h"

void modprobe_index_dep(const struct text *dep, struct text *ret);
void modprobe_index_alias(const struct text *alias, struct text *ret);
void modprobe_index_builtin(const struct text *builtin, struct text *ret);

#endif
