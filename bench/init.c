// SPDX-License-Identifier: GPL-2.0-or-later
/* The init of the plain recipe that bench/boot compares with: a line, and off. */
#include <sys/reboot.h>
#include <unistd.h>

int main(void)
{
	static const char line[] = "bench: init is here\n";

	if (write(1, line, sizeof(line) - 1) < 0)
		return 1;
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
