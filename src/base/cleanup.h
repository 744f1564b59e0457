/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scope guards: a resource is declared together with the function that releases it, and
 * handed over with take_ptr()/take_fd().  Every destructor here accepts NULL (or -1).
 */
#ifndef KLAB_BASE_CLEANUP_H
#define KLAB_BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _must_check_ __attribute__((warn_unused_result))
#define _printf_(fmt, args) __attribute__((format(printf, fmt, args)))
#define _unused_ __attribute__((unused))
#define _noreturn_ __attribute__((noreturn))

/* DEFINE_CLEANUP(struct foo *, foo_free) makes foo_freep for _cleanup_(foo_freep). */
#define DEFINE_CLEANUP(type, func)                   \
	static inline _unused_ void func##p(type *p) \
	{                                            \
		if (*p)                              \
			func(*p);                    \
	}

static inline void freep(void *p)
{
	free(*(void **)p);
}

static inline void closep(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

DEFINE_CLEANUP(FILE *, fclose)
DEFINE_CLEANUP(DIR *, closedir)

#define _cleanup_free_ _cleanup_(freep)
#define _cleanup_close_ _cleanup_(closep)
#define _cleanup_fclose_ _cleanup_(fclosep)
#define _cleanup_closedir_ _cleanup_(closedirp)

/* Yield the pointer and leave NULL behind, so that the guard does nothing. */
#define take_ptr(p)                            \
	({                                     \
		__auto_type _take_p = &(p);    \
		__auto_type _taken = *_take_p; \
		*_take_p = NULL;               \
		_taken;                        \
	})

static inline int take_fd_(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}
#define take_fd(fd) take_fd_(&(fd))

static inline void close_fd_(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}
/* Close now and leave -1 behind; -1 is fine. */
#define close_fd(fd) close_fd_(&(fd))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
