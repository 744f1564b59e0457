// SPDX-License-Identifier: GPL-2.0-or-later
/* The kinds of --net: a table of words, each with the one who resolves it. */
#include "lab/network.h"

#include <net/if.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "lab/tap.h"
#include "os/file.h"

/* The first bytes of all MAC addresses: QEMU's, locally administered. */
#define MAC_PREFIX "52:54:00:"
#define MAC_USER MAC_PREFIX "12:34:56"
#define LINK_ENDS 2

struct network {
	char *socket; /* this end */
	char *lock;
	int lock_fd;
};

struct resolution {
	const char *value; /* behind the kind's word */
	struct machine_net *net;
	struct text *setup;
	struct network *network; /* NULL; LINK sets it */
};

/* An order for the agent, see guest/setup.h. */
static void order(struct text *setup, const char *mac, const char *address,
		  const char *router)
{
	text_appendf(setup, "net %s %s %s\n", mac, address ? address : "-",
		     router ? router : "-");
}

/* Options that change the addresses: then they are the user's business. */
static bool has_own_addresses(const char *options)
{
	static const char *const words[] = { "net=", "host=", "dhcpstart=", "ipv4=" };
	_cleanup_strv_ struct strv parts = { 0 };

	strv_split(options, ",", &parts);
	for (size_t i = 0; i < parts.count; i++)
		for (size_t j = 0; j < ARRAY_SIZE(words); j++)
			if (has_prefix(parts.items[i], words[j]))
				return true;
	return false;
}

static struct error *resolve_user(struct resolution *r)
{
	bool own = has_own_addresses(r->value);

	r->net->kind = MACHINE_NET_USER;
	r->net->name = xstrdup(r->value);
	r->net->mac = xstrdup(MAC_USER);
	order(r->setup, MAC_USER, own ? NULL : "10.0.2.15/24", own ? NULL : "10.0.2.2");
	return NULL;
}

/* The same for the same device, another for another: they may meet on one bridge. */
static char *mac_of_name(const char *name)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	return xasprintf(MAC_PREFIX "%02x:%02x:%02x", hash >> 16 & 0xff, hash >> 8 & 0xff,
			 hash & 0xff);
}

static struct error *resolve_tap(struct resolution *r)
{
	TRY(tap_check(r->value));
	r->net->kind = MACHINE_NET_TAP;
	r->net->name = xstrdup(r->value);
	r->net->mac = mac_of_name(r->value);
	order(r->setup, r->net->mac, NULL, NULL);
	return NULL;
}

/* A lock says whose an end is; without its holder the socket is rubbish. */
static struct error *claim_end(const char *path, unsigned int end, struct network *ret)
{
	_cleanup_free_ char *socket = xasprintf("%s.%u", path, end);
	_cleanup_free_ char *lock = xasprintf("%s.lock", socket);

	TRY(lock_take(lock, LOCK_KIND_EXCLUSIVE, 0, "the link's end", &ret->lock_fd));
	ret->socket = take_ptr(socket);
	ret->lock = take_ptr(lock);
	return NULL;
}

static struct error *claim_any_end(const char *path, struct network *ret,
				   unsigned int *ret_end)
{
	for (unsigned int end = 1; end <= LINK_ENDS; end++) {
		struct error *err = claim_end(path, end, ret);

		*ret_end = end;
		if (!error_is(err, ERROR_BUSY))
			return err;
		error_ignore(err); /* the other end, then */
	}
	return error_hint(error_new(ERROR_BUSY, "two guests are connected by %s already",
				    path),
			  "a link has two ends; take another path for another one");
}

static struct error *resolve_link(struct resolution *r)
{
	_cleanup_(network_freep) struct network *network = xnew(struct network);
	_cleanup_free_ char *path = NULL, *address = NULL;
	unsigned int end;

	network->lock_fd = -1;
	TRY(path_absolute(r->value, &path));
	if (strlen(path) + strlen(".1") >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return error_hint(error_new(ERROR_USAGE, "%s is too long for a socket",
					    path),
				  "take a path of at most 100 bytes");
	TRY(claim_any_end(path, network, &end));
	address = xasprintf("10.0.3.%u/24", end);
	r->net->kind = MACHINE_NET_LINK;
	r->net->name = xstrdup(network->socket);
	r->net->peer = xasprintf("%s.%u", path, LINK_ENDS + 1 - end);
	r->net->mac = xasprintf(MAC_PREFIX "6b:6c:%02x", end);
	order(r->setup, r->net->mac, address, NULL);
	r->network = take_ptr(network);
	return NULL;
}

static struct error *check_tap_name(const char *value)
{
	if (*value && strlen(value) < IFNAMSIZ && !strpbrk(value, "/,:= "))
		return NULL;
	return error_new(ERROR_USAGE, "\"%s\" cannot name a network device", value);
}

static struct error *check_path(const char *value)
{
	if (*value && !has_suffix(value, "/"))
		return NULL;
	return error_new(ERROR_USAGE, "\"%s\" is no path for a socket", value);
}

static const struct kind {
	const char *word;
	struct error *(*check)(const char *value); /* NULL: anything goes */
	struct error *(*resolve)(struct resolution *resolution);
} kinds[] = {
	{ "user,", NULL, resolve_user },
	{ "tap=", check_tap_name, resolve_tap },
	{ "socket=", check_path, resolve_link },
};

static const struct kind *find_kind(const char *word, const char **ret_value)
{
	if (streq(word, "user"))
		word = "user,";
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		*ret_value = after_prefix(word, kinds[i].word);
		if (*ret_value)
			return &kinds[i];
	}
	return NULL;
}

struct error *network_check_word(const char *word)
{
	const char *value;
	const struct kind *kind = find_kind(word, &value);

	if (streq(word, "none"))
		return NULL;
	if (!kind)
		return error_hint(error_new(ERROR_USAGE,
					    "\"%s\" is not a network of klab", word),
				  "none, user, user,hostfwd=tcp::8080-:80, tap=NAME, or "
				  "socket=PATH");
	return kind->check ? kind->check(value) : NULL;
}

struct error *network_plan(const char *word, struct machine_net *net, struct text *setup,
			   struct network **ret)
{
	struct resolution resolution = { .net = net, .setup = setup };

	*ret = NULL;
	if (!word || streq(word, "none"))
		return NULL;
	TRY(network_check_word(word));
	TRY_WRAP(find_kind(word, &resolution.value)->resolve(&resolution), "--net");
	*ret = resolution.network;
	return NULL;
}

static void remove_end(const struct network *network)
{
	_cleanup_close_ int fd = -1;
	/* Busy: after a fork the other process has it. */
	struct error *err =
		lock_take(network->lock, LOCK_KIND_EXCLUSIVE, 0, "the link's end", &fd);

	if (!err) {
		(void)unlink(network->socket); /* QEMU may not have got so far */
		(void)unlink(network->lock);
	}
	error_ignore(err); /* there is nothing to do for us, then */
}

void network_free(struct network *network)
{
	if (!network)
		return;
	close_fd(network->lock_fd);
	if (network->lock)
		remove_end(network);
	free(network->socket);
	free(network->lock);
	free(network);
}
