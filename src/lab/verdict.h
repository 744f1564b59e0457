/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verdict: how a run ended, as one value that becomes an exit status and one JSON
 * object.  docs/verdict.md shows the object's members.
 */
#ifndef KLAB_LAB_VERDICT_H
#define KLAB_LAB_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "format/ktap.h"
#include "lab/crash.h"
#include "lab/status.h"

struct json_object;
struct session_end;

enum ended {
	ENDED_EXITED,	 /* the command ended with a status */
	ENDED_SIGNALED,	 /* ... by a signal */
	ENDED_NOT_FOUND, /* ... it does not exist in the guest, or cannot be run */
	ENDED_PANIC,
	ENDED_OOPS,    /* with --fail-on */
	ENDED_WARNING, /* with --fail-on=warn */
	ENDED_HANG,    /* no heartbeat, or not up in time */
	ENDED_RESET,
	ENDED_POWEROFF,
	ENDED_TIMEOUT,	   /* --timeout */
	ENDED_INTERRUPTED, /* klab was told to stop */
	ENDED_ERROR,	   /* klab could not run it */
};

/* What took the time; in the order in which it happens. */
enum phase {
	PHASE_PREPARE, /* spec, kernel, image, machine */
	PHASE_QEMU,    /* QEMU's own start */
	PHASE_BOOT,    /* first instruction to the agent's hello */
	PHASE_COMMAND,
	PHASE_STOP,
	PHASE_COUNT,
};

struct verdict {
	enum ended ended;
	int status;	    /* klab's exit status */
	char *message;	    /* the error's or explanation's sentence; NULL: none */
	char *hint;	    /* what to do; NULL: none */
	char *console_tail; /* its last lines, where they help; NULL: none */

	/* What ran; NULL where it was not got that far. */
	char *kernel, *release, *image, *machine, *arch, *accel, *accel_reason;
	char *boot;		    /* "pvh", "image" */
	char *start, *start_reason; /* "cold", and why */
	bool kaslr;
	char *id;      /* of the run, for `klab rerun` */
	char *console; /* path of the whole console log */

	enum crash_kind crash;
	char *crash_title;
	char *crash_text;

	struct ktap *tests;	       /* what the command's output said; NULL: nothing */
	enum ktap_result tests_result; /* the command's end counts too */

	uint64_t phase_us[PHASE_COUNT]; /* 0: not reached */
};

void verdict_deinit(struct verdict *verdict);
#define _cleanup_verdict_ _cleanup_(verdict_deinit)

/* The command's end, as the agent tells it (how: enum proto_exit). */
void verdict_set_exit(struct verdict *verdict, unsigned int how, unsigned int value,
		      const char *message);
/* The same, or that its output could not be written (disk full). */
void verdict_set_session_end(struct verdict *verdict, const struct session_end *end);
void verdict_set(struct verdict *verdict, enum ended ended, int status);
/* ENDED_ERROR, with the sentence and hint of err, which is borrowed. */
void verdict_set_error(struct verdict *verdict, const struct error *err);
/* The command's output as a test report, which is taken over.  Call it last.  If it is to
 * decide, a status 0 becomes 1 where a test failed, and 4 (kselftest's) where all were
 * skipped; no report at all is a failure then. */
void verdict_take_tests(struct verdict *verdict, struct ktap *tests, bool decides);
const char *ended_name(enum ended ended);
/* The caller puts it away with json_object_put(). */
struct json_object *verdict_json(const struct verdict *verdict);

#endif
