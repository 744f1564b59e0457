/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings files: INI, `name = value`, with or without sections (a section only groups).
 * What the names mean is not known here.  Written here rather than with inih, which
 * cuts lines at 200 bytes and values at " ;" and takes an indented line for the rest of
 * the one before: a kernel command line needs the first, holds the second, and a person
 * indents.
 */
#ifndef KLAB_OS_SETTINGS_H
#define KLAB_OS_SETTINGS_H

#include "base/error.h"

/* All strings are borrowed for the call; section is "" before the first one, source is
 * "FILE:LINE".  An error is returned as it is. */
typedef struct error *(*settings_fn)(const char *section, const char *name,
				     const char *value, const char *source,
				     void *argument);

/* An absent file has no settings and is no error. */
struct error *settings_read(const char *path, settings_fn handler,
			    void *argument) _must_check_;

#endif
