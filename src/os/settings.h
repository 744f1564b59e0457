/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings files: INI, `name = value`, with or without sections (a section only groups).
 * What the names mean is not known here.
 */
#ifndef KLAB_OS_SETTINGS_H
#define KLAB_OS_SETTINGS_H

#include "base/error.h"

/* value and source ("FILE:LINE") are borrowed for the call. */
typedef struct error *(*settings_fn)(const char *section, const char *name,
				     const char *value, const char *source,
				     void *argument);

/* An absent file has no settings and is no error. */
struct error *settings_read(const char *path, settings_fn handler,
			    void *argument) _must_check_;

#endif
