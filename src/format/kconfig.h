/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of a kernel's configuration. */
#ifndef KLAB_FORMAT_KCONFIG_H
#define KLAB_FORMAT_KCONFIG_H

#include <stdbool.h>
#include <stddef.h>

/* What the configuration says of an option, by its name with or without CONFIG_: "y",
 * "m", a number, or a string without its quotes; "n" for "is not set"; NULL if it is not
 * mentioned.  The last word counts, as in kconfig.  The caller frees. */
char *kconfig_get(const char *config, size_t size, const char *option);
/* The options one by one, in the order of the file: *position is 0 at first, and false is
 * the end.  Names are without CONFIG_; the caller frees both. */
bool kconfig_next(const char *config, size_t size, size_t *position, char **ret_name,
		  char **ret_value);
/* 'y', 'm', or 'n': all else. */
char kconfig_tristate(const char *config, size_t size, const char *option);

#endif
