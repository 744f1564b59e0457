/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the agent has to say when there is no session to say it in: a line on the console,
 * and a FAULT frame once the channel is there.
 */
#ifndef KLAB_GUEST_NOTE_H
#define KLAB_GUEST_NOTE_H

/* From now on to the console, not to standard error. */
void note_to_console(void);
/* "klab-agent: ..." on the console; kept for note_report(). */
void note_fault(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Send as FAULT what was noted before the channel was there. */
void note_report(void);

#endif
