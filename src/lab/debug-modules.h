/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modules that klab has loaded into a guest, for the gdb on it.  Each load leaves a script in
 * the guest's run directory; gdb reads those that are new whenever the guest stops, so that
 * a module that is loaded anew has its symbols where it is now.
 */
#ifndef KLAB_LAB_DEBUG_MODULES_H
#define KLAB_LAB_DEBUG_MODULES_H

#include "base/error.h"

/* A running guest (NULL: the only one): its name and its run directory. */
struct error *debug_guest(const char *guest_name, char **ret_name,
			  char **ret_run) _must_check_;

/* The command with which gdb begins to do so. */
struct error *debug_modules_prepare(const char *run, char **ret_command) _must_check_;

/* The module was loaded from this file; sections: ".text=0xffffffffc0000000 .data=0x...",
 * the guest's text. Nothing is done for one without a .text. */
struct error *debug_modules_note(const char *guest_name, const char *module,
				 const char *file, const char *sections) _must_check_;

#endif
