/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single options of a kernel's configuration. */
#ifndef KLAB_FORMAT_KCONFIG_H
#define KLAB_FORMAT_KCONFIG_H

#include <stddef.h>

/* What the configuration says of an option, by its name with or without CONFIG_: "y",
 * "m", a number, or a string without its quotes; "n" for "is not set"; NULL if it is not
 * mentioned.  The last word counts, as in kconfig.  The caller frees. */
char *kconfig_get(const char *config, size_t size, const char *option);
/* 'y', 'm', or 'n': all else. */
char kconfig_tristate(const char *config, size_t size, const char *option);

#endif
