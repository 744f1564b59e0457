/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keeper: the one process that owns a guest.  It is QEMU's parent and alone holds
 * QMP, the agent's channel, the console and its log, the heartbeat, and the connection to
 * QEMU's gdbstub.  Every klab command, also the one that started it, is a client that
 * speaks the wire protocol (agent/proto.h) to it: over the unix socket
 * RUNTIME/NAME/ctl, or over a socketpair in the same process (keeper_connect()).
 * Sessions of the agent's services ("exec", "shell", "put", "get") are forwarded; the
 * keeper's own services are rows of a table, to which upper floors add theirs
 * (vm/keeper-session.h).  A session whose guest or agent goes first ends as
 * PROTO_EXIT_LOST, with a sentence.
 *
 * Services of the keeper:
 *	"status"	stdout: one JSON object (name, pid, arch, release, state, started,
 *			log, sessions, ...)
 *	"monitor"	argv: HMP lines; stdout: the answers.  With argv[0] "--qmp": the
 *			rest are QMP objects.  Without argv each line of stdin is one.
 *	"console"	stdin to the serial console, its output to stdout; argv[0]
 *			"--history" first sends what the log has
 *	"gdb"		a connection to QEMU's gdbstub, which is opened for it
 *	"stop"		argv[0] "--force": without asking the guest; ends when QEMU has
 *	"wait"		ends when the guest has ended; stdout: the JSON of keeper_end
 *
 * Directory RUNTIME/NAME (0700): ctl (socket), lock (held for the keeper's life), pid,
 * gdbstub (QEMU's).  A directory whose lock is free is rubbish and is removed by whoever
 * sees it.
 */
#ifndef KLAB_VM_KEEPER_H
#define KLAB_VM_KEEPER_H

#include "agent/channel.h"
#include "os/loop.h"
#include "vm/machine.h"

struct keeper;
struct keeper_session;

/* What the guest does, as seen so far; events for upper floors. */
enum keeper_event {
	KEEPER_EVENT_QEMU_STARTED,  /* QEMU answers on QMP */
	KEEPER_EVENT_CONSOLE_FIRST, /* first byte on the console */
	KEEPER_EVENT_AGENT_READY,   /* HELLO of the agent; facts are there */
	KEEPER_EVENT_PAUSED,	    /* the guest's time stands still... */
	KEEPER_EVENT_RESUMED,	    /* ...and goes on */
	KEEPER_EVENT_RESET,	    /* the guest reset (and goes on booting) */
	KEEPER_EVENT_PANIC,	    /* pvpanic, or the console's text */
	KEEPER_EVENT_HEARTBEAT_LOST,
	KEEPER_EVENT_FAULT, /* the agent reports trouble: text */
	/* QEMU has gone, the console is complete, and clients have read how their sessions
	 * ended; the last event. */
	KEEPER_EVENT_ENDED,
};

enum keeper_cause { /* why QEMU went */
		    KEEPER_END_NONE,
		    KEEPER_END_POWEROFF, /* the guest powered off */
		    KEEPER_END_RESET,	 /* the guest reset and was not to reboot */
		    KEEPER_END_PANIC,	 /* pvpanic with -action panic=... */
		    KEEPER_END_STOPPED,	 /* klab ended it (stop, quit) */
		    KEEPER_END_KILLED, /* QEMU was killed by a signal that klab did not send */
		    KEEPER_END_FAILED, /* QEMU exited by itself with an error: stderr has it */
};

struct keeper_end {
	enum keeper_cause cause;
	int wait_status;	 /* QEMU's; of KILLED always with a signal */
	const char *qemu_stderr; /* its last 4 KiB of text; borrowed */
};

struct keeper_service {
	const char *name;
	/* Starts the service for one session. */
	struct error *(*start)(struct keeper *keeper, struct keeper_session *session,
			       const struct start_request *request, void *argument);
};

struct keeper_options {
	const char *name; /* of the guest; unique among the user's running guests */
	const struct machine *machine;
	const char *console_log; /* path: the whole console goes there */
	bool listed;		 /* others may see and use it (always true today) */
	const struct keeper_service *services; /* of upper floors; name NULL ends */
	/* May be NULL; text belongs to some events (fault, panic line), else NULL. */
	void (*on_event)(enum keeper_event event, const char *text, void *argument);
	/* Every chunk that the console says.  May be NULL. */
	void (*on_console)(const void *data, size_t size, void *argument);
	void *argument;
	uint64_t heartbeat_timeout_ms; /* 0: no heartbeat; guest time, paused excluded */
	uint64_t greeting_timeout_ms;  /* for QEMU to answer on QMP; 0: 30 s */
};

/* Starts QEMU; events follow from the loop. */
struct error *keeper_new(struct loop *loop, const struct keeper_options *options,
			 struct keeper **ret) _must_check_;
/* Kills QEMU if it still runs, removes the runtime directory.  Not from on_event or
 * on_console. */
void keeper_free(struct keeper *keeper);
DEFINE_CLEANUP(struct keeper *, keeper_free)

/* A client's end of a new connection to this keeper, from the same process. */
struct error *keeper_connect(struct keeper *keeper, int *ret_fd) _must_check_;
/* End QEMU now (QMP quit, then SIGKILL); KEEPER_EVENT_ENDED follows. */
void keeper_stop(struct keeper *keeper);
/* Ask the guest to power off (agent if there, else ACPI); force after timeout_ms. */
void keeper_shutdown(struct keeper *keeper, uint64_t timeout_ms);
const struct keeper_end *keeper_get_end(const struct keeper *keeper); /* NULL: runs */
/* The facts of the agent's HELLO ("release=..."), NULL before it is ready. */
const char *keeper_fact(const struct keeper *keeper, const char *name);
bool keeper_is_paused(const struct keeper *keeper);

/* Running guests of this user, by their directories; rubbish is swept on the way. */
struct guest_entry {
	char *name;
	pid_t pid; /* of the keeper */
};
struct error *guests_list(struct guest_entry **ret, size_t *ret_count) _must_check_;
void guests_free(struct guest_entry *guests, size_t count);
/* name NULL: the only one running.  The errors list what there is. */
struct error *guest_connect(const char *name, int *ret_fd, char **ret_name) _must_check_;

#endif
