/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each opens one kind of source; rest is what follows the prefix.  The table is in
 * root.c. */
#ifndef KLAB_LAB_ROOT_SOURCES_H
#define KLAB_LAB_ROOT_SOURCES_H

#include "lab/root.h"

struct error *root_open_directory(const struct root_request *request, const char *rest,
				  struct root_source **ret) _must_check_;
struct error *root_open_archive(const struct root_request *request, const char *rest,
				struct root_source **ret) _must_check_;

/* A recipe that becomes a disk: NAME, NAME:SUITE, or the path of one. */
struct error *root_open_recipe(const struct root_request *request, const char *spec,
			       struct root_source **ret) _must_check_;

/* "tar-base.tar-1a2b3c4d", of a path on the host. */
char *root_source_name(const char *kind, const char *path);

#endif
