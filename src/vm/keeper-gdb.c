// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The service "gdb": one debugger at a time on QEMU's gdbstub.  The stub is opened when it
 * is first wanted, as a socket in the runtime directory; the keeper connects and passes
 * the bytes on, both ways, with the session's credits.
 *
 * Connecting stops the guest, detaching lets it go on; QMP tells the keeper of both.  A
 * debugger that goes without detaching would leave a guest that stands still, with its
 * breakpoints in place.  Then the keeper takes its part for a moment: it interrupts, asks
 * "why stopped?" (which makes QEMU forget all breakpoints), hangs up, and continues a
 * guest that ran when the debugger came.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/log.h"
#include "base/mem.h"
#include "vm/keeper-internal.h"

#define GDB_READ_SIZE (16u << 10)
/* The stub answers at once; a QEMU that does not is stuck. */
#define GDB_LEAVE_TIMEOUT_MS 2000
/* Ctrl-C, and the packet "?" with its checksum. */
#define GDB_FORGET_BREAKPOINTS "\x03$?#3f"

enum gdb_state {
	GDB_CLOSED,    /* nobody debugs */
	GDB_OPENING,   /* QEMU was asked to open the stub */
	GDB_CONNECTED, /* a session's bytes are passed on */
	GDB_LEAVING,   /* the session has gone without detaching */
};

struct gdb_link {
	struct keeper *keeper;
	struct keeper_session *session; /* NULL: none, or gone */
	enum gdb_state state;
	bool listening; /* the stub is open */
	bool ran;	/* the guest ran when the debugger came */
	int fd;
	struct loop_source *source;
	struct loop_source *timer;
	struct text output; /* to the stub */

	/* What the client says, as far as it is followed. */
	bool packet_begins; /* the last byte was the '$' of a packet */
	bool detached;	    /* by the packet 'D', or all ends with 'k' */

	/* GDB_LEAVING: the last two bytes heard. */
	char heard[2];
};

static void gdb_watch(struct gdb_link *gdb)
{
	uint32_t events = gdb->output.length ? EPOLLOUT : 0;

	/* What the client has not taken stays with QEMU. */
	if (gdb->state == GDB_LEAVING ||
	    (gdb->session && !keeper_session_pending(gdb->session)))
		events |= EPOLLIN;
	if (gdb->source)
		loop_source_set_events(gdb->source, events);
}

static void gdb_close(struct gdb_link *gdb)
{
	loop_source_free(take_ptr(gdb->source));
	loop_source_free(take_ptr(gdb->timer));
	close_fd(gdb->fd);
	text_truncate(&gdb->output, 0);
	gdb->state = GDB_CLOSED;
}

/* The end for the session, if it is still there. */
static void gdb_end_session(struct gdb_link *gdb, enum proto_exit how,
			    const char *message)
{
	struct keeper_session *session = take_ptr(gdb->session);

	if (session)
		keeper_session_exit(session, how, 0, message);
}

static void gdb_left(struct gdb_link *gdb)
{
	struct keeper *keeper = gdb->keeper;
	bool go_on = gdb->ran && keeper->paused;

	gdb_close(gdb);
	if (go_on)
		qmp_execute(keeper->qmp, "cont", NULL, NULL, NULL);
}

static struct error *gdb_on_timeout(void *argument)
{
	gdb_left(argument);
	return NULL;
}

/* The stub's "T05..." or "S05" ends with '#' and two digits. */
static bool gdb_heard_answer(struct gdb_link *gdb, const char *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (gdb->heard[0] == '$' && (data[i] == 'T' || data[i] == 'S'))
			gdb->heard[1] = data[i];
		else if (gdb->heard[1] && data[i] == '#')
			return true;
		gdb->heard[0] = data[i];
	}
	return false;
}

static void gdb_flush(struct gdb_link *gdb)
{
	ssize_t n = 0;

	if (gdb->output.length)
		n = send(gdb->fd, gdb->output.data, gdb->output.length, MSG_NOSIGNAL);
	if (n > 0) {
		memmove(gdb->output.data, gdb->output.data + n,
			gdb->output.length - (size_t)n);
		text_truncate(&gdb->output, gdb->output.length - (size_t)n);
		if (gdb->session)
			keeper_session_grant(gdb->session, (size_t)n);
	}
	gdb_watch(gdb);
}

static void gdb_read(struct gdb_link *gdb)
{
	char buffer[GDB_READ_SIZE];
	ssize_t n = recv(gdb->fd, buffer, sizeof(buffer), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		/* QEMU hung up: it ends, or a detached client was let go. */
		gdb_close(gdb);
		gdb_end_session(gdb, PROTO_EXIT_STATUS, NULL);
	} else if (gdb->state == GDB_LEAVING) {
		if (gdb_heard_answer(gdb, buffer, (size_t)n))
			gdb_left(gdb);
	} else {
		keeper_session_write(gdb->session, PROTO_STDOUT, buffer, (size_t)n);
		gdb_watch(gdb);
	}
}

static struct error *gdb_on_io(int fd, uint32_t events, void *argument)
{
	struct gdb_link *gdb = argument;

	if (events & EPOLLOUT)
		gdb_flush(gdb);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		gdb_read(gdb);
	return NULL;
}

/* ---- The session ---- */

/* Follow the client's packets as far as to know whether it detaches: '$', which occurs
 * nowhere else than at a packet's beginning, and the letter behind it. */
static void gdb_follow(struct gdb_link *gdb, const char *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (gdb->packet_begins)
			gdb->detached = data[i] == 'D' || data[i] == 'k';
		gdb->packet_begins = data[i] == '$';
	}
}

static void gdb_input(struct keeper_session *session, const void *bytes, size_t size,
		      void *data)
{
	struct gdb_link *gdb = data;

	/* Bounded by the credit, which is granted as the stub takes it.  What comes before
	 * the stub is connected waits here. */
	text_append_bytes(&gdb->output, bytes, size);
	gdb_follow(gdb, bytes, size);
	if (gdb->state == GDB_CONNECTED)
		gdb_flush(gdb);
}

static void gdb_room(struct keeper_session *session, void *data)
{
	gdb_watch(data);
}

static void gdb_input_end(struct keeper_session *session, void *data)
{
	keeper_session_exit(session, PROTO_EXIT_STATUS, 0, NULL);
}

/* The session is over, by whatever way. */
static void gdb_end(void *data)
{
	struct gdb_link *gdb = data;

	gdb->session = NULL;
	if (gdb->state != GDB_CONNECTED)
		return;
	if (gdb->detached || gdb->keeper->qemu_gone) {
		gdb_close(gdb);
		return;
	}
	log_debug("keeper: the debugger went without detaching");
	gdb->state = GDB_LEAVING;
	memset(gdb->heard, 0, sizeof(gdb->heard));
	text_append(&gdb->output, GDB_FORGET_BREAKPOINTS);
	/* Without a timer (no memory) QEMU's answer alone ends it. */
	error_ignore(loop_add_timer(gdb->keeper->loop, clock_ms() + GDB_LEAVE_TIMEOUT_MS,
				    gdb_on_timeout, gdb, &gdb->timer));
	gdb_flush(gdb);
}

static const struct keeper_session_handlers gdb_handlers = {
	.input = gdb_input,
	.input_end = gdb_input_end,
	.room = gdb_room,
	.end = gdb_end,
};

/* ---- Opening ---- */

static struct error *gdb_connect(struct gdb_link *gdb)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_free_ char *path = path_join(gdb->keeper->runtime.path, "gdbstub");
	_cleanup_close_ int fd = -1;

	if (strlen(path) >= sizeof(address.sun_path))
		return error_hint(error_new(ERROR_FAILED,
					    "%s is too long for a socket's name", path),
				  "Set XDG_RUNTIME_DIR to a shorter directory.");
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return error_os(errno, "cannot make a socket");
	/* Local: connects at once, or not at all. */
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return error_os(errno, "cannot connect to QEMU's gdbstub");
	TRY(loop_add_io(gdb->keeper->loop, fd, EPOLLIN, gdb_on_io, gdb, &gdb->source));
	gdb->fd = take_fd(fd);
	gdb->state = GDB_CONNECTED;
	gdb->ran = !gdb->keeper->paused;
	gdb_flush(gdb);
	return NULL;
}

static void gdb_fail(struct gdb_link *gdb, const char *why)
{
	gdb_close(gdb);
	gdb_end_session(gdb, PROTO_EXIT_REFUSED, why);
}

static void gdb_on_opened(const struct qmp_reply *reply, void *argument)
{
	struct gdb_link *gdb = argument;
	_cleanup_error_ struct error *err = NULL;
	const char *said = reply->result ? json_object_get_string(reply->result) : "";

	if (gdb->state != GDB_OPENING)
		return;
	if (!reply->result) {
		gdb_fail(gdb, reply->error);
		return;
	}
	if (!gdb->listening && !strstr(said, "Waiting for gdb connection")) {
		gdb_fail(gdb, *said ? said : "QEMU does not open its gdbstub");
		return;
	}
	gdb->listening = true;
	if (!gdb->session) {
		gdb_close(gdb); /* it has gone meanwhile */
		return;
	}
	err = gdb_connect(gdb);
	if (err)
		gdb_fail(gdb, error_sentence(err));
}

static void gdb_open(struct gdb_link *gdb)
{
	_cleanup_free_ char *line = NULL;

	gdb->state = GDB_OPENING;
	if (gdb->listening) {
		/* QEMU hears of the last client's end, then answers this. */
		qmp_execute(gdb->keeper->qmp, "query-status", NULL, gdb_on_opened, gdb);
		return;
	}
	line = xasprintf("gdbserver unix:%s/gdbstub,server=on,wait=off",
			 gdb->keeper->runtime.path);
	qmp_execute_human(gdb->keeper->qmp, line, gdb_on_opened, gdb);
}

struct error *gdb_start(struct keeper *keeper, struct keeper_session *session,
			const struct start_request *request, void *argument)
{
	struct gdb_link *gdb = keeper->gdb;

	if (keeper->qemu_gone)
		return error_new(ERROR_CLOSED, "the guest has ended");
	if (!gdb) {
		gdb = keeper->gdb = xnew(struct gdb_link);
		gdb->keeper = keeper;
		gdb->fd = -1;
	}
	if (gdb->state == GDB_LEAVING)
		gdb_left(gdb);
	if (gdb->state != GDB_CLOSED)
		return error_new(ERROR_BUSY,
				 "another debugger is connected to this guest");
	gdb->session = session;
	gdb->detached = gdb->packet_begins = false;
	keeper_session_handle(session, &gdb_handlers, gdb);
	gdb_open(gdb);
	return NULL;
}

void gdb_link_free(struct keeper *keeper)
{
	struct gdb_link *gdb = take_ptr(keeper->gdb);

	if (!gdb)
		return;
	gdb_close(gdb);
	text_deinit(&gdb->output);
	free(gdb);
}
