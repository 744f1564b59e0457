/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks of option values that can be made without looking at the world: rows of option
 * tables name them.  An error says what is wrong, and its hint what would be right.
 */
#ifndef KLAB_LAB_CHECK_H
#define KLAB_LAB_CHECK_H

#include "base/error.h"

struct error *check_arch(const char *value) _must_check_;
/* Letters, digits, and . _ - +: nothing that QEMU or apt would take apart. */
struct error *check_word(const char *value) _must_check_;
struct error *check_env(const char *value) _must_check_;
struct error *check_absolute(const char *value) _must_check_;
/* G=H, G absolute. */
struct error *check_share(const char *value) _must_check_;
/* A name that is also a directory's and a host's: [a-z0-9], then [a-z0-9.-], at most
 * 63. */
struct error *check_guest_name(const char *value) _must_check_;
struct error *check_disk_name(const char *value) _must_check_;
/* An absolute path, or "klab". */
struct error *check_init(const char *value) _must_check_;

#endif
