/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of the table in arch.c, each defined in the file of its name. */
#ifndef KLAB_ARCH_ROWS_H
#define KLAB_ARCH_ROWS_H

#include "arch/arch.h"

extern const struct arch arch_x86_64;
extern const struct arch arch_aarch64;

#endif
