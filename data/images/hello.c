// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The smallest init.  The kernel has opened /dev/console as its standard input, output and
 * error.  An init must not return: the kernel panics then ("Attempted to kill init!").
 */
#include <stdio.h>
#include <sys/reboot.h>
#include <unistd.h>

int main(void)
{
	printf("Hello, world!\nI am process %d.\n", (int)getpid());
	fflush(stdout);
	reboot(RB_POWER_OFF);
	/* A machine that cannot power off comes here. */
	for (;;)
		pause();
}
