#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The networks: none, QEMU's own, another guest, a tap device.
. "$(dirname "$0")/lib.sh"

check_status "no network" 0 klab run -- ls /sys/class/net
check_is "has only lo" "$(cat out)" lo
check_status "a kernel that does not load the driver" 125 klab run --net user \
	-a module_blacklist=virtio_net -- true
check_has "says so" err '^klab: there is no network card: .*CONFIG_VIRTIO_NET'
check_status "addresses of one's own" 0 klab run --net user,net=192.168.7.0/24 --sh -- \
	'cat /sys/class/net/e*/flags; ip -4 addr show scope global'
check_is "the card is up, without an address" "$(cat out)" 0x1003

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
fetch() { python3 -c "import urllib.request as u; print(u.urlopen('http://127.0.0.1:$port/$1', timeout=20).read().decode().strip())"; }
mkdir www
echo from the guest >www/page
check_status "a guest with a web server" 0 klab run -d --name web --add www:/srv/ \
	--net "user,hostfwd=tcp:127.0.0.1:$port-:80"
check_status "reaches the router at once" 0 klab exec web -- ping -c 1 -W 10 10.0.2.2
check_status "has its address, route and name server" 0 klab exec web --sh -- \
	'ip -4 -o addr show scope global; ip route; cat /etc/resolv.conf'
check_has "address" out 'inet 10\.0\.2\.15/24 '
check_has "route" out '^default via 10\.0\.2\.2 '
check_has "name server" out '^nameserver 10\.0\.2\.3$'
klab exec web -- httpd -h /srv/www
check_status "a page by hostfwd" 0 fetch page
check_is "is the guest's" "$(cat out)" 'from the guest'
klab stop --force web

# Two guests; which one is the first is not said.
check_status "one end" 0 klab run -d --name one --net socket=link
check_status "alone, sends into the void" 1 klab exec one -- ping -c 1 -W 1 10.0.3.2
check_status "the other end" 0 klab run -d --name two --net "socket=$PWD/link"
check_status "a third" 125 klab run --net socket=link -- true
check_has "is told" err 'two guests are connected by .*/link already'
addresses() {
	klab exec "$1" --sh -- 'ip -o addr show | sed -n "s/.* inet6* \(10[^/]*\|fe80[^/]*\).*/\1/p"; cat /sys/class/net/e*/address'
}
check_is "their addresses" "$(addresses one | tr '\n' ' ')" \
	'10.0.3.1 fe80::5054:ff:fe6b:6c01 52:54:00:6b:6c:01 '
check_is "differ" "$(addresses two | tr '\n' ' ')" \
	'10.0.3.2 fe80::5054:ff:fe6b:6c02 52:54:00:6b:6c:02 '
check_status "one hears two" 0 klab exec one -- ping -c 2 -W 10 10.0.3.2
check_status "two hears one" 0 klab exec two -- ping -c 2 -W 10 10.0.3.1
check_status "by IPv6 too" 0 klab exec one --sh -- \
	'ping6 -c 2 -W 10 fe80::5054:ff:fe6b:6c02%$(ls /sys/class/net | grep ^e)'
klab exec one --sh -- 'head -c 300000 /dev/zero >/tmp/bytes; httpd -h /tmp'
check_status "bytes" 0 klab exec two -- wget -q -O /got http://10.0.3.1/bytes
check_status "arrive" 0 klab exec two -- wc -c /got
check_is "all of them" "$(cat out)" '300000 /got'
kill -9 "$(klab list --json | python3 -c '
import json, sys
print(next(g["pid"] for g in json.load(sys.stdin)["guests"] if g["name"] == "two"))')"
check_status "another takes the place of one that was killed" 0 \
	klab run --net socket=link -- ping -c 2 -W 10 10.0.3.1
klab stop --force one
check_status "nothing is left of the link" 0 until_true 20 eval '! compgen -G "link*"'

# Tap: a network namespace stands in for the administrator.
check_status "no tap device" 125 klab run --net tap=klab-none -- true
check_has "says how to make one" err \
	"ip tuntap add dev klab-none mode tap user $(id -un) && .*ip link set klab-none up"
[[ ! -w /dev/net/tun ]] ||
	check_status "not a tap device" 2 klab run --net tap=lo -- true

who=()
((EUID == 0)) || who=(--user --map-root-user)
unshare "${who[@]}" --net true 2>/dev/null || {
	echo "no network namespace can be made here: tap devices are not tested"
	exit 0
}
coproc namespace { exec unshare "${who[@]}" --net sh -c 'ip link set lo up; echo up; exec cat'; }
namespace_pid=$namespace_PID
read -r -u "${namespace[0]}" _
who=()
((EUID == 0)) || who=(--user --preserve-credentials)
inside() { nsenter --target "$namespace_pid" "${who[@]}" --net "$@"; }
host_link_local() { inside ip -6 -o addr show dev kt0 scope link -tentative | grep -o 'fe80[^/]*'; }

if inside ip tuntap add dev kt0 mode tap user 0; then
	check_status "a tap device that is down" 125 inside "$KLAB" run --net tap=kt0 -- true
	check_has "says so" err 'is down'
	check_has "and what to do" err 'ip link set kt0 up'
	inside ip link set kt0 up
	check_status "a tap device" 0 inside timeout 150 "$KLAB" run -d --name tapped --net tap=kt0
	check_status "is for one guest" 125 inside "$KLAB" run --net tap=kt0 -- true
	check_has "says so" err 'another process uses the tap device kt0'
	guest_link_local() { addresses tapped | grep ^fe80; }
	check_status "the guest's address" 0 until_true 20 guest_link_local
	check_status "the host's address" 0 until_true 20 host_link_local
	check_status "the guest hears the host" 0 klab exec tapped --sh -- \
		"ping6 -c 2 -W 10 $(host_link_local)%\$(ls /sys/class/net | grep ^e)"
	check_status "the host hears the guest" 0 inside busybox ping6 -c 2 -W 10 "$(guest_link_local)%kt0"
	klab stop --force tapped
else
	echo "no tap device can be made here: not tested"
fi
kill "$namespace_pid"
wait "$namespace_pid" 2>/dev/null || true # it was told to go
