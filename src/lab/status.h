/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klab's own exit statuses.  Below them, and 128+N, is the guest command's own status.
 */
#ifndef KLAB_LAB_STATUS_H
#define KLAB_LAB_STATUS_H

enum klab_status {
	STATUS_OK = 0,
	STATUS_FAILED = 1, /* of commands other than run and exec */
	STATUS_USAGE = 2,
	STATUS_SKIPPED = 4, /* kselftest's, with --ktap */
	STATUS_PANIC = 120,
	STATUS_HANG = 121, /* or --boot-timeout */
	STATUS_GONE = 122, /* the guest reset or powered off before the command ended */
	STATUS_OOPS = 123, /* oops or warning with --fail-on */
	STATUS_TIMEOUT = 124,	 /* --timeout */
	STATUS_CANNOT_RUN = 125, /* klab could not run it; `git bisect run` skips */
	STATUS_NOT_STARTED = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNAL = 128, /* + the signal's number */
};

#endif
