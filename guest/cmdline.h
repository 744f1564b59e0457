/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's command line, read as the kernel reads it. */
#ifndef KLAB_GUEST_CMDLINE_H
#define KLAB_GUEST_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

/* The value of the last NAME=VALUE before a "--", quotes taken away; false: there is none,
 * or it is empty. */
bool cmdline_value(const char *name, char *value, size_t size);
/* Which of two words comes last; NULL: neither is there. */
const char *cmdline_last(const char *a, const char *b);

#endif
