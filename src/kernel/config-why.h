/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why options are not as they were asked to be.  Only kernel/ includes this. */
#ifndef KLAB_KERNEL_CONFIG_WHY_H
#define KLAB_KERNEL_CONFIG_WHY_H

#include "kernel/config.h"

/* The option's type, of whichever definition says it. */
enum kconfig_type config_type(const struct kconfig_symbols *symbols, const char *name);
/* Compares the request with the .config that came of it; adds to result->losses. */
void config_explain(const struct config_request *request,
		    const struct kconfig_symbols *symbols, const char *config,
		    size_t size, struct config_result *result);

#endif
