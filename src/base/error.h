/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one error object.  A function that can fail returns `struct error *`: NULL is
 * success, anything else is owned by the caller.  Errors are returned, never printed,
 * below cli/.  Each floor wraps at most once, so that the final line is a sentence:
 *
 *	cannot boot the guest: reading /boot/vmlinuz-6.1: Permission denied
 *
 * Out of memory for the small objects that klab allocates ends the program (mem.h); a
 * size that comes from outside is bounded before it is allocated.
 */
#ifndef KLAB_BASE_ERROR_H
#define KLAB_BASE_ERROR_H

#include <stdbool.h>

#include "base/cleanup.h"

enum error_code {
	ERROR_FAILED,	   /* no better name */
	ERROR_OS,	   /* a system call failed; error_errno() has the number */
	ERROR_USAGE,	   /* the user's words make no sense: exit status 2 */
	ERROR_NOT_FOUND,   /* the named thing does not exist */
	ERROR_EXISTS,	   /* the named thing exists already */
	ERROR_CORRUPT,	   /* bytes from outside that break their format */
	ERROR_UNSUPPORTED, /* well-formed, but not something klab can use */
	ERROR_MISSING,	   /* a program, library, option or permission is missing here */
	ERROR_TIMEOUT,	   /* a deadline passed; the message says what was awaited */
	ERROR_CLOSED,	   /* the peer went away */
	ERROR_REFUSED,	   /* the peer said no */
	ERROR_BUSY,	   /* somebody else has it */
	ERROR_INTERRUPTED, /* a signal asked klab to stop */
};

struct error;

struct error *error_new(enum error_code code, const char *fmt, ...) _must_check_
	_printf_(2, 3);
/* "message: strerror(err_no)"; ENOENT gives code ERROR_OS like any other. */
struct error *error_os(int err_no, const char *fmt, ...) _must_check_ _printf_(2, 3);
/* ERROR_INTERRUPTED by this signal. */
struct error *error_interrupted(int signal, const char *fmt, ...) _must_check_
	_printf_(2, 3);
/* "message: what err said"; takes err, keeps its code, errno and hint. */
struct error *error_wrap(struct error *err, const char *fmt, ...) _must_check_
	_printf_(2, 3);
/* Set the one sentence that tells the user what to do; takes and returns err. */
struct error *error_hint(struct error *err, const char *fmt, ...) _must_check_
	_printf_(2, 3);
void error_free(struct error *err);
DEFINE_CLEANUP(struct error *, error_free)
#define _cleanup_error_ _cleanup_(error_freep)

/* Questions about an error; the strings live as long as the error. */
const char *error_sentence(const struct error *err);
const char *error_hint_text(const struct error *err); /* NULL: none */
enum error_code error_get_code(const struct error *err);
int error_errno(const struct error *err); /* 0 if not from the system */
/* The signal of an ERROR_INTERRUPTED; 0 if that is not known. */
int error_signal(const struct error *err);
bool error_is(const struct error *err, enum error_code code); /* false for NULL */
bool error_is_errno(const struct error *err, int err_no);

/* Throw an error away on purpose; the caller's comment says why. */
void error_ignore(struct error *err);

/* Return to the caller with the error of expr, if it has one. */
#define TRY(expr)                            \
	do {                                 \
		struct error *_try = (expr); \
		if (_try)                    \
			return _try;         \
	} while (0)

/* The same, with the error wrapped: TRY_WRAP(f(), "reading %s", path). */
#define TRY_WRAP(expr, ...)                                   \
	do {                                                  \
		struct error *_try = (expr);                  \
		if (_try)                                     \
			return error_wrap(_try, __VA_ARGS__); \
	} while (0)

#endif
