/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a disk image is.  QEMU must be told: if it guesses, a guest with a raw disk can
 * write another format's header into its first sector and so reach files of the host.
 */
#ifndef KLAB_FORMAT_DISK_FORMAT_H
#define KLAB_FORMAT_DISK_FORMAT_H

#include <stddef.h>
#include <stdint.h>

enum disk_format {
	DISK_FORMAT_RAW, /* whatever is nothing else */
	DISK_FORMAT_QCOW2,
	DISK_FORMAT_VMDK,
	DISK_FORMAT_VHDX,
	DISK_FORMAT_VDI,
};

#define DISK_FORMAT_HEAD 512 /* bytes that disk_format_detect() looks at */

enum disk_format disk_format_detect(const uint8_t *head, size_t size);
/* As QEMU's driver is called: "raw", "qcow2"… */
const char *disk_format_name(enum disk_format format);

#endif
