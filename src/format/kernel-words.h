/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of the command line that a kernel itself knows, from its uncompressed image: a
 * 64-bit little-endian vmlinux, or a flat Image of arm64.  No symbols are needed: the two
 * tables (struct obs_kernel_param of Linux include/linux/init.h, struct kernel_param of
 * include/linux/moduleparam.h) are found by rows that every kernel has, "rdinit=" and
 * "initcall_debug", and end where a row does not look like one.
 */
#ifndef KLAB_FORMAT_KERNEL_WORDS_H
#define KLAB_FORMAT_KERNEL_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct kernel_words {
	struct strv early;  /* early_param(): "quiet", whole words */
	struct strv setups; /* __setup(): "init=", "noinitrd"; what words begin with */
	struct strv parameters; /* of what is built in: "printk.time", "initcall_debug" */
};

void kernel_words_deinit(struct kernel_words *words);
#define _cleanup_kernel_words_ _cleanup_(kernel_words_deinit)

/* False if the tables are not found. */
bool kernel_words_find(const uint8_t *data, size_t size, struct kernel_words *ret);
/* Does the kernel itself take this word (name, and what follows a "=")?  As its
 * obsolete_checksetup() and parse_args() decide, '-' and '_' being the same. */
bool kernel_words_know(const struct kernel_words *words, const char *word);

#endif
