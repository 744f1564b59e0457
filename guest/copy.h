/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The services "put" and "get", in a process of their own that may block. */
#ifndef KLAB_GUEST_COPY_H
#define KLAB_GUEST_COPY_H

/* service "put": records from standard input into the file system; "get": the other way,
 * to standard output.  Remarks go to standard error.  Exits. */
_Noreturn void copy_run(const char *service, char **words);

#endif
