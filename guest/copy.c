// SPDX-License-Identifier: GPL-2.0-or-later
/* The services "put" and "get". */
#include "copy.h"

#include "exec.h"

_Noreturn void copy_run(const char *service, char **words)
{
	exec_fail(PROTO_EXIT_REFUSED, 0, "%s is not there yet", service);
}
