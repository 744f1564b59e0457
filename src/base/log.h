/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Diagnostics for the person who debugs klab: off unless -v.  Everything a user must know
 * is an error or a value that cli/ prints; modules below cli/ use log_debug alone.
 */
#ifndef KLAB_BASE_LOG_H
#define KLAB_BASE_LOG_H

#include <stdbool.h>

#include "base/cleanup.h"

enum log_level {
	LOG_LEVEL_QUIET = -1, /* -q: only errors */
	LOG_LEVEL_NORMAL = 0, /* notes to the user (printed by cli/) */
	LOG_LEVEL_DEBUG = 1,  /* -v */
	LOG_LEVEL_TRACE = 2,  /* -vv: every message on every wire */
};

void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);
/* One line on stderr, with the seconds since the program started. */
void log_print(enum log_level level, const char *fmt, ...) _printf_(2, 3);

#define log_debug(...)                                           \
	do {                                                     \
		if (log_enabled(LOG_LEVEL_DEBUG))                \
			log_print(LOG_LEVEL_DEBUG, __VA_ARGS__); \
	} while (0)
#define log_trace(...)                                           \
	do {                                                     \
		if (log_enabled(LOG_LEVEL_TRACE))                \
			log_print(LOG_LEVEL_TRACE, __VA_ARGS__); \
	} while (0)

#endif
