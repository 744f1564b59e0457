// SPDX-License-Identifier: GPL-2.0-or-later
/* A .config, and a kernel that may hold one. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "format/kconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_text_ struct text inside = { 0 };

	error_ignore(kconfig_extract(data, size, &inside)); /* mostly it holds none */
	(void)kconfig_tristate(text_str(&inside), inside.length, "CONFIG_PVH");
	free(kconfig_get((const char *)data, size, "LOCALVERSION"));
	(void)kconfig_tristate((const char *)data, size, "CONFIG_PVH");
	return 0;
}
