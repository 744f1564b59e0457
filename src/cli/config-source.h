/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration that klab config looks at: of a tree, or of any kernel that klab knows. */
#ifndef KLAB_CLI_CONFIG_SOURCE_H
#define KLAB_CLI_CONFIG_SOURCE_H

#include "arch/arch.h"
#include "cli/command.h"

struct config_source {
	char *name; /* the file that it is from */
	const struct arch *arch;
	char *text;
	size_t size;
};

struct error *config_source_find(const struct call *call,
				 struct config_source *ret) _must_check_;
void config_source_deinit(struct config_source *source);
#define _cleanup_config_source_ _cleanup_(config_source_deinit)

#endif
