/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside apt.c: the private root and how a command runs in it. */
#ifndef KLAB_KERNEL_APT_INTERNAL_H
#define KLAB_KERNEL_APT_INTERNAL_H

#include "kernel/apt.h"

struct apt {
	struct store *store;
	const struct arch *arch;
	const struct fetch_progress *progress;
	char *suite;
	char *directory;
	char *config;
	char *download;
	int lock;
};

/* words[0] is the program; what follows comes behind klab's configuration.  package: what
 * it downloads into directory, for the progress; one without a name stands for several, by
 * their sizes alone; NULL: nothing. */
struct error *apt_command(const struct apt *apt, const char *directory,
			  const struct apt_package *package, const char *const *words,
			  struct text *ret_output) _must_check_;
/* A file that is not what the archive has signed is removed. */
struct error *apt_check_digest(const struct apt_package *package,
			       const char *path) _must_check_;

#endif
