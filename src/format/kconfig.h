/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of a kernel's configuration, and the copy inside of a kernel. */
#ifndef KLAB_FORMAT_KCONFIG_H
#define KLAB_FORMAT_KCONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

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

/* The .config in an uncompressed kernel that was built with CONFIG_IKCONFIG=y;
 * ERROR_NOT_FOUND in one without. */
struct error *kconfig_extract(const uint8_t *kernel, size_t size,
			      struct text *ret) _must_check_;

#endif
