// SPDX-License-Identifier: GPL-2.0-or-later
/* The error object: a code, a sentence, and perhaps a hint. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/mem.h"

struct error {
	enum error_code code;
	int err_no; /* of ERROR_INTERRUPTED the signal */
	char *message;
	char *hint;
};

static struct error *error_alloc(enum error_code code, int err_no, char *message)
{
	struct error *err = xnew(struct error);

	err->code = code;
	err->err_no = err_no;
	err->message = message;
	return err;
}

struct error *error_new(enum error_code code, const char *fmt, ...)
{
	va_list args;
	char *message;

	va_start(args, fmt);
	message = xvasprintf(fmt, args);
	va_end(args);
	return error_alloc(code, 0, message);
}

struct error *error_os(int err_no, const char *fmt, ...)
{
	_cleanup_free_ char *what = NULL;
	va_list args;

	va_start(args, fmt);
	what = xvasprintf(fmt, args);
	va_end(args);
	return error_alloc(ERROR_OS, err_no, xasprintf("%s: %s", what, strerror(err_no)));
}

struct error *error_interrupted(int signal, const char *fmt, ...)
{
	va_list args;
	char *message;

	va_start(args, fmt);
	message = xvasprintf(fmt, args);
	va_end(args);
	return error_alloc(ERROR_INTERRUPTED, signal, message);
}

struct error *error_wrap(struct error *err, const char *fmt, ...)
{
	_cleanup_free_ char *what = NULL;
	char *message;
	va_list args;

	va_start(args, fmt);
	what = xvasprintf(fmt, args);
	va_end(args);
	message = xasprintf("%s: %s", what, err->message);
	free(err->message);
	err->message = message;
	return err;
}

struct error *error_hint(struct error *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	free(err->hint);
	err->hint = xvasprintf(fmt, args);
	va_end(args);
	return err;
}

void error_free(struct error *err)
{
	if (!err)
		return;
	free(err->message);
	free(err->hint);
	free(err);
}

const char *error_sentence(const struct error *err)
{
	return err->message;
}

const char *error_hint_text(const struct error *err)
{
	return err->hint;
}

enum error_code error_get_code(const struct error *err)
{
	return err->code;
}

int error_errno(const struct error *err)
{
	return err->code == ERROR_INTERRUPTED ? 0 : err->err_no;
}

int error_signal(const struct error *err)
{
	return error_is(err, ERROR_INTERRUPTED) ? err->err_no : 0;
}

bool error_is(const struct error *err, enum error_code code)
{
	return err && err->code == code;
}

bool error_is_errno(const struct error *err, int err_no)
{
	return err && err->code == ERROR_OS && err->err_no == err_no;
}

void error_ignore(struct error *err)
{
	error_free(err);
}
