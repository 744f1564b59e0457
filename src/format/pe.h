/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As much of PE/COFF as an EFI stub's header takes: machine, and how long the file is. */
#ifndef KLAB_FORMAT_PE_H
#define KLAB_FORMAT_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pe {
	uint16_t machine;   /* EM_* of ELF for those that Linux has; else EM_NONE */
	uint64_t file_size; /* the end of the last section in the file */
};

/* False if it is no PE file, or its headers are not all there. */
bool pe_open(const uint8_t *data, size_t size, struct pe *ret);

#endif
