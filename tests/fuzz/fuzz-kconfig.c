// SPDX-License-Identifier: GPL-2.0-or-later
/* A .config. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "format/kconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	free(kconfig_get((const char *)data, size, "LOCALVERSION"));
	(void)kconfig_tristate((const char *)data, size, "CONFIG_PVH");
	return 0;
}
