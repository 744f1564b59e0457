// SPDX-License-Identifier: GPL-2.0-or-later
/* What --net becomes: the machine's card, the agent's order, an end that is held. */
#include "lab/network.h"

#include "base/mem.h"
#include "os/file.h"
#include "unit.h"

struct guest {
	struct machine machine;
	struct text setup;
	struct network *network;
};

static struct error *plan(struct guest *guest, const char *word)
{
	*guest = (struct guest){ 0 };
	return network_plan(word, &guest->machine.net, &guest->setup, &guest->network);
}

static void guest_deinit(struct guest *guest)
{
	network_free(guest->network);
	machine_deinit(&guest->machine);
	text_deinit(&guest->setup);
}

static void test_none(void **state)
{
	static const char *const words[] = { NULL, "none" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct guest guest;

		assert_ok(plan(&guest, words[i]));
		assert_int_equal(guest.machine.net.kind, MACHINE_NET_NONE);
		assert_string_equal(text_str(&guest.setup), "");
		guest_deinit(&guest);
	}
}

static void test_user(void **state)
{
	static const struct {
		const char *word, *options, *addresses;
	} rows[] = {
		{ "user", "", "10.0.2.15/24 10.0.2.2" },
		{ "user,hostfwd=tcp::80-:80", "hostfwd=tcp::80-:80",
		  "10.0.2.15/24 10.0.2.2" },
		{ "user,restrict=on,net=192.168.7.0/24", "restrict=on,net=192.168.7.0/24",
		  "- -" },
		{ "user,hostname=net=", "hostname=net=", "10.0.2.15/24 10.0.2.2" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *order = NULL;
		struct guest guest;

		assert_ok(plan(&guest, rows[i].word));
		assert_int_equal(guest.machine.net.kind, MACHINE_NET_USER);
		assert_string_equal(guest.machine.net.name, rows[i].options);
		order = xasprintf("net %s %s\n", guest.machine.net.mac,
				  rows[i].addresses);
		assert_string_equal(text_str(&guest.setup), order);
		guest_deinit(&guest);
	}
}

/* Two ends, each with its own addresses; a third guest has none, until one is free. */
static void test_link(void **state)
{
	_cleanup_temp_dir_ char *directory = NULL;
	_cleanup_free_ char *path = NULL, *word = NULL;
	struct guest a, b, c;

	assert_ok(temp_dir_make("klab-network", &directory));
	path = path_join(directory, "link");
	word = xasprintf("socket=%s", path);
	assert_ok(plan(&a, word));
	assert_ok(plan(&b, word));
	assert_error(plan(&c, word), ERROR_BUSY, "two guests are connected");
	assert_int_equal(a.machine.net.kind, MACHINE_NET_LINK);
	assert_string_equal(a.machine.net.name, b.machine.net.peer);
	assert_string_equal(b.machine.net.name, a.machine.net.peer);
	assert_string_not_equal(a.machine.net.mac, b.machine.net.mac);
	assert_string_equal(text_str(&a.setup), "net 52:54:00:6b:6c:01 10.0.3.1/24 -\n");
	assert_string_equal(text_str(&b.setup), "net 52:54:00:6b:6c:02 10.0.3.2/24 -\n");
	assert_ok(file_write(a.machine.net.name, "", 0, 0600)); /* as QEMU leaves it */
	assert_true(path_exists(a.machine.net.name));
	guest_deinit(&a);
	assert_ok(plan(&c, word));
	assert_string_equal(c.machine.net.peer, b.machine.net.name);
	guest_deinit(&b);
	guest_deinit(&c);
	assert_int_equal(rmdir(directory), 0); /* nothing is left */
	assert_ok(dir_make(directory, 0700));
}

static void test_link_paths(void **state)
{
	char word[200] = "socket=/tmp/";
	struct guest guest;

	memset(word + strlen(word), 'x', 101);
	assert_error(plan(&guest, word), ERROR_USAGE, "too long for a socket");
	assert_error(plan(&guest, "socket=/nonexistent/x"), ERROR_OS,
		     "/nonexistent/x.1.lock");
}

static void test_no_tap(void **state)
{
	struct guest guest;
	struct error *err = plan(&guest, "tap=klab-no-such");

	assert_non_null(strstr(error_hint_text(err),
			       "ip tuntap add dev klab-no-such mode tap user "));
	assert_error(err, ERROR_MISSING, "--net: there is no tap device klab-no-such");
	/* Every machine has this one, and it is none. */
	err = plan(&guest, "tap=lo");
	assert_non_null(err);
	error_free(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),   cmocka_unit_test(test_user),
		cmocka_unit_test(test_link),   cmocka_unit_test(test_link_paths),
		cmocka_unit_test(test_no_tap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
