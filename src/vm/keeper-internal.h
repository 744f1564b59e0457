/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the keeper share.
 *
 *	keeper.c		the start, what QMP and the console say
 *	keeper-spawn.c		starting QEMU
 *	keeper-end.c		QEMU's end: how it is brought about, and its order
 *	keeper-events.c		what QEMU tells over QMP
 *	keeper-agent.c		the link to the agent: hello, heartbeat, resync, shutdown
 *	keeper-clients.c	connections of klab commands
 *	keeper-sessions.c	sessions: start, forwarding to the agent, end
 *	keeper-frames.c		what clients and agent may send in them
 *	keeper-session.c	sessions of own services: queues and credits
 *	keeper-services.c	the table of own services; the small ones
 *	keeper-monitor.c	the service "monitor"
 *	keeper-gdb.c		the service "gdb"
 *
 * Nothing that a handler may be in the middle of is freed there: clients and sessions that
 * are over are marked, and reaped when the loop is back (keeper_reap_later()).
 */
#ifndef KLAB_VM_KEEPER_INTERNAL_H
#define KLAB_VM_KEEPER_INTERNAL_H

#include "agent/channel.h"
#include "os/spawn.h"
#include "vm/console.h"
#include "vm/keeper.h"
#include "vm/keeper-session.h"
#include "vm/qmp.h"
#include "vm/runtime.h"

#define KEEPER_CLIENTS_MAX 1024
/* Of own services; those of the agent are PROTO_SESSIONS_MAX. */
#define KEEPER_SERVICES_MAX 256
#define KEEPER_STDERR_MAX 4096

struct keeper_client {
	struct keeper *keeper;
	struct keeper_client *next;
	struct channel *channel;
	bool greeted; /* its HELLO is there */
	bool asked;   /* a PING was sent behind its last news... */
	bool told;    /* ...and answered */
	bool dead;    /* to be reaped */
};

enum session_state {
	SESSION_HELD,	   /* for the agent, which is not ready */
	SESSION_FORWARDED, /* the agent has it */
	SESSION_SERVICE,   /* one of our own services has it */
	SESSION_LINGERING, /* a service's, ended; output is pending before EXIT */
	SESSION_DEAD,	   /* to be reaped */
};

struct keeper_session {
	struct keeper *keeper;
	struct keeper_session *next;
	struct keeper_client *client; /* NULL: gone, the agent has not ended it yet */
	uint32_t id;		      /* on the client's connection */
	uint32_t agent_id;	      /* on the agent's */
	enum session_state state;
	bool for_agent;
	bool started;
	/* How much more may be sent: to us by the client (0), to the client (1, 2). */
	uint32_t credit[PROTO_STREAM_COUNT];
	bool closed[PROTO_STREAM_COUNT];  /* by its sender */
	bool refused[PROTO_STREAM_COUNT]; /* closed by its receiver */
	struct text held; /* SESSION_HELD: frames for the agent, as on the wire */

	/* SESSION_SERVICE, SESSION_LINGERING */
	const struct keeper_session_handlers *handlers;
	void *data;
	size_t owed; /* credit that the service has not granted yet */
	struct text pending[PROTO_STREAM_COUNT];
	enum proto_exit exit_how;
	uint32_t exit_value;
	char *exit_message;
};

enum agent_state {
	AGENT_NONE,    /* this machine has none */
	AGENT_AWAITED, /* no HELLO since start or reset */
	AGENT_READY,
	AGENT_BROKEN, /* it broke the protocol, or its kernel panicked; until a reset */
};

struct agent_link {
	enum agent_state state;
	int fd;	     /* ours; the channel has a duplicate of it */
	int peer_fd; /* a duplicate of QEMU's end, to take back what it has not read */
	struct channel *channel;
	bool hello_due;	   /* ours was not answered yet */
	bool hearing;	   /* a frame is being handled: nothing else may read */
	bool shutdown_due; /* it is told when it greets: */
	enum proto_shutdown shutdown;
	struct strv facts;
	/* Heartbeat, in the guest's time: disarmed while it is paused. */
	struct loop_source *ping_timer;
	uint64_t heard_ms;   /* when the agent last said anything */
	uint64_t timeout_ms; /* 0: no heartbeat */
	uint64_t cookie;
	bool lost; /* said so */
};

struct gdb_link;

#define KEEPER_PANICKED "the guest's kernel has panicked"

struct keeper {
	struct loop *loop;
	char *name;
	char *console_log;
	const struct keeper_service *services;
	void (*on_event)(enum keeper_event event, const char *text, void *argument);
	void (*on_console)(const void *data, size_t size, void *argument);
	void *argument;

	/* What "status" says of the machine. */
	const struct arch *arch;
	char *machine_summary;
	bool start_halted;
	int64_t started_at; /* seconds since 1970 */

	struct runtime runtime;
	struct loop_source *listen_source;
	struct loop_source *reaper;

	struct process process;
	struct process *servers; /* of shares; each ends with QEMU */
	size_t server_count;
	pid_t qemu_pid;
	struct loop_source *child_source;
	int stderr_fd;
	struct loop_source *stderr_source;
	struct text stderr_tail;

	struct qmp *qmp;
	uint64_t greeting_timeout_ms;
	struct loop_source *greeting_timer; /* QEMU must answer by then */
	struct loop_source *kill_timer;	    /* a stop or shutdown must be done by then */
	struct console *console;
	bool console_spoke;
	bool just_reset; /* and nothing was heard of the guest since */
	bool panicked;	 /* its kernel; until a reset */
	bool paused;
	struct agent_link agent;
	struct gdb_link *gdb; /* NULL: never used */

	struct keeper_client *clients;
	size_t client_count;
	struct keeper_session *sessions;
	struct keeper_session *forwarded[PROTO_SESSIONS_MAX]; /* by agent_id % MAX */
	uint32_t forward_round;
	size_t service_count;

	bool stopping;			/* klab ends QEMU */
	bool given_up;			/* QEMU does not work: stderr_tail says why */
	enum keeper_cause guest_cause;	/* what the SHUTDOWN event said */
	bool qemu_gone;			/* its process has been reaped */
	struct loop_source *tell_timer; /* clients must have taken their news by then */
	bool ended;			/* KEEPER_EVENT_ENDED was given */
	struct keeper_end end;
};

/* keeper.c */
void keeper_say(struct keeper *keeper, enum keeper_event event, const char *text);

/* keeper-end.c */
const char *keeper_end_sentence(const struct keeper *keeper);
void keeper_reap_later(struct keeper *keeper);
/* Whether there is anything left that clients must be told before the end. */
void keeper_check_told(struct keeper *keeper);
/* For the loop: QEMU's standard error can be read; its process has gone. */
struct error *keeper_on_stderr(int fd, uint32_t events, void *keeper);
struct error *keeper_on_exit(int status, void *keeper);
/* It is about to exit, and has no reason not to. */
void keeper_expect_exit(struct keeper *keeper);
/* QEMU does not do what it should: why goes to what it said itself. */
void keeper_give_up(struct keeper *keeper, const char *why);

/* keeper-events.c */
void keeper_handle_event(struct keeper *keeper, const char *name,
			 struct json_object *data);
void keeper_set_paused(struct keeper *keeper, bool paused);
void keeper_set_panicked(struct keeper *keeper, const char *text);

/* keeper-spawn.c */
/* Both ends of everything that connects keeper and QEMU: [0] ours, [1] QEMU's. */
struct wires {
	int qmp[2], agent[2], console[2], output[2];
	int *shares; /* QEMU's ends; those of the servers are theirs */
	size_t share_count;
};

#define WIRES_NONE                     \
	((struct wires){               \
		.qmp = { -1, -1 },     \
		.agent = { -1, -1 },   \
		.console = { -1, -1 }, \
		.output = { -1, -1 },  \
	})

void wires_deinit(struct wires *wires);
struct error *wires_make(struct wires *wires) _must_check_;
/* For each share that has one. */
struct error *servers_spawn(struct keeper *keeper, const struct machine *machine,
			    struct wires *wires) _must_check_;
void servers_end(struct keeper *keeper);
struct error *qemu_spawn(const struct machine *machine, const struct wires *wires,
			 struct process *ret) _must_check_;

/* keeper-agent.c */
struct error *agent_link_init(struct keeper *keeper, int fd, int peer_fd,
			      uint64_t timeout_ms) _must_check_;
void agent_link_deinit(struct keeper *keeper);
/* The guest's side of the port is new (reset, or the agent closed it): forget what was
 * under way, greet whoever comes. */
void agent_link_resync(struct keeper *keeper, const char *why);
/* Its kernel has panicked: it will not be heard any more. */
void agent_link_panicked(struct keeper *keeper);
void agent_link_pause(struct keeper *keeper, bool paused);
/* The last words of a guest that has ended. */
void agent_link_drain(struct keeper *keeper);
/* Stops reading clients while too much waits for the agent. */
void agent_link_pressure(struct keeper *keeper);
/* False: there is no agent to ask; one that is awaited is asked when it comes. */
bool agent_link_shutdown(struct keeper *keeper, enum proto_shutdown how);

/* keeper-clients.c */
struct error *clients_listen(struct keeper *keeper) _must_check_;
/* Takes fd over. */
struct error *clients_add(struct keeper *keeper, int fd) _must_check_;
void clients_hold(struct keeper *keeper, bool hold); /* the agent's queue is full */
/* Ask each whether it has read everything; whether all have. */
void clients_ask(struct keeper *keeper);
bool clients_told(const struct keeper *keeper);
void clients_reap(struct keeper *keeper);
void clients_free(struct keeper *keeper);

/* keeper-frames.c */
struct error *sessions_from_client(struct keeper_client *client,
				   const struct frame *frame) _must_check_;
struct error *sessions_from_agent(struct keeper *keeper,
				  const struct frame *frame) _must_check_;

/* keeper-sessions.c */
/* By the client's number, by the agent's; NULL: there is none, or none any more. */
struct keeper_session *sessions_of_client(const struct keeper_client *client,
					  uint32_t id);
struct keeper_session *sessions_of_agent(const struct keeper *keeper, uint32_t id);
struct keeper_session *sessions_add(struct keeper_client *client, uint32_t id);
/* A number on the agent's connection; false: all are taken. */
bool session_take_slot(struct keeper_session *session);
/* To the agent, now or when it is ready. */
struct error *session_forward(struct keeper_session *session,
			      const struct frame *frame) _must_check_;
/* Out of every table; the object goes when the loop is back. */
void session_bury(struct keeper_session *session);
void sessions_client_gone(struct keeper_client *client);
void sessions_agent_ready(struct keeper *keeper);
/* Those that the agent had are lost. */
void sessions_agent_lost(struct keeper *keeper, const char *why);
/* Those too that wait for it. */
void sessions_panicked(struct keeper *keeper);
/* Those that wait for it wait in vain. */
void sessions_refuse_held(struct keeper *keeper, const char *why);
void sessions_guest_ended(struct keeper *keeper);
size_t sessions_count(const struct keeper *keeper);
bool sessions_told(const struct keeper *keeper);
void sessions_reap(struct keeper *keeper);
void sessions_free(struct keeper *keeper);

/* EXIT to the client, and the end of the session. */
void session_finish(struct keeper_session *session, enum proto_exit how, uint32_t value,
		    const char *message);

/* keeper-session.c */
void session_service_input(struct keeper_session *session, const void *bytes,
			   size_t size);
void session_service_close(struct keeper_session *session, uint8_t stream);
void session_service_signal(struct keeper_session *session, int signal);
void session_service_pump(struct keeper_session *session);
void session_service_guest_ended(struct keeper_session *session, const char *why);

/* keeper-services.c */
const struct keeper_service *services_find(const struct keeper *keeper, const char *name);
void services_console_output(struct keeper *keeper, const void *data, size_t size);
void services_console_room(struct keeper *keeper);

/* keeper-monitor.c, keeper-gdb.c */
struct error *monitor_start(struct keeper *keeper, struct keeper_session *session,
			    const struct start_request *request,
			    void *argument) _must_check_;
struct error *gdb_start(struct keeper *keeper, struct keeper_session *session,
			const struct start_request *request, void *argument) _must_check_;
void gdb_link_free(struct keeper *keeper);

#endif
