/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What klab says to its user, in one voice: errors with their hint, notes, JSON. */
#ifndef KLAB_CLI_PRINT_H
#define KLAB_CLI_PRINT_H

#include "base/error.h"
#include "lab/status.h"

/* "klab: SENTENCE" and "klab: try: HINT" on stderr. */
void print_error(const struct error *err);
/* The same as one JSON object, with the words of a verdict: {"ended": "error",
 * "status": N, "message": ..., "hint": ...}.  where: as in guest_options.json. */
void print_error_json(const struct error *err, int status, const char *where);
/* Something that the user should know; -q silences it. */
void print_note(const char *fmt, ...) _printf_(1, 2);
/* One line of JSON to stderr (""), a file, or "fd:N". */
struct error *print_json_line(const char *json, const char *where) _must_check_;
/* Whatever was printed to stdout has arrived? */
struct error *print_finish(void) _must_check_;

#endif
