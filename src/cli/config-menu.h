/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klab config menu */
#ifndef KLAB_CLI_CONFIG_MENU_H
#define KLAB_CLI_CONFIG_MENU_H

#include "cli/command.h"

struct error *config_menu(struct call *call) _must_check_;

#endif
