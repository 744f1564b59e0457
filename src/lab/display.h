/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --display: a screen, a keyboard and a pointer for the guest, and where on the host they
 * are seen.
 *
 *	none		nowhere; `klab monitor G -- screendump FILE` takes a picture
 *	gtk, sdl	a window
 *	vnc=WHERE	for a VNC viewer: unix:PATH, or ADDRESS:NUMBER
 *
 * Each as QEMU's -display takes it, further options behind commas.
 */
#ifndef KLAB_LAB_DISPLAY_H
#define KLAB_LAB_DISPLAY_H

#include "vm/machine.h"

struct error *display_check_word(const char *value) _must_check_;
/* word NULL: the guest has no screen.  shell: the agent starts one on it. */
void display_plan(const char *word, bool shell, struct machine *machine,
		  struct text *setup);

#endif
