/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file is that is not what it should be: for error messages, by magic. */
#ifndef KLAB_FORMAT_FILE_KIND_H
#define KLAB_FORMAT_FILE_KIND_H

#include <stddef.h>
#include <stdint.h>

/* "a tar archive", "an ELF shared object or program", "empty"; never NULL.  Given a whole
 * file or its first 64 KiB. */
const char *file_kind(const uint8_t *data, size_t size);

#endif
