/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel's configuration: single options of a .config, and the copy inside of a kernel. */
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
/* Is it "y", or "m" where a module will do? */
bool kconfig_enabled(const char *config, size_t size, const char *option,
		     bool module_will_do);

/* The .config in an unpacked kernel that was built with CONFIG_IKCONFIG; ERROR_NOT_FOUND
 * in one without. */
struct error *kconfig_extract(const uint8_t *kernel, size_t size,
			      struct text *ret) _must_check_;

#endif
