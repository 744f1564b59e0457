#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The root debian: made by an ordinary user or root, booted by systemd.  Making it takes
# minutes and the archive, so it stays in the store of these tests.
#
#	debian.sh ARCH
. "$(dirname "$0")/../vm/lib.sh"
export KLAB_TEST_DEADLINE=3000

case $ARCH in
x86_64) debian=amd64 line=ttyS0 ;;
aarch64) debian=arm64 line=ttyAMA0 ;;
esac

# Killed while it is made: nothing half-made is there, and what was downloaded stays.
disks() { find "$XDG_CACHE_HOME/klab/entries/disk" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l; }
mkdir -p "$HOME/.config/klab/images"
sed 's/^about.*/about another one/' "${KLAB%/*}/data/images/debian.recipe" >"$HOME/.config/klab/images/mine.recipe"
before=$(disks)
timeout -s KILL 60 "$KLAB" run --root mine -- true >/dev/null 2>&1
check_is "nothing half-made" "$(disks)" "$before"
check_status "nothing runs any more" 0 until_true 20 eval '! klab list --json | grep -q pid'
printf '#!/bin/sh\necho broken; exit 1\n' >broken
sed -e "s|^about.*|file /broken $PWD/broken 0755 0 0|; s|^setup.*|setup /broken|" \
	"${KLAB%/*}/data/images/debian.recipe" >"$HOME/.config/klab/images/mine.recipe"
check_status "a second stage that fails" 125 klab run --root mine -- true
check_has "says what it said" err '/broken failed in the guest: broken'
check_is "nothing half-made" "$(disks)" "$before"

check_status "debian" 0 klab run --root debian -- sh -c \
	'cat /proc/1/comm; dpkg --print-architecture; dpkg --audit; id -un; stat -c "%U %a" /usr/bin/su /tmp'
check_is "systemd, whole, with owners and modes" "$(cat out)" \
	"systemd
$debian
root
root 4755
root 1777"

check_status "a guest that stays" 0 klab run -d --name deb --root debian --net user
check_status "nothing has failed" 0 klab exec deb -- systemctl is-system-running --wait
check_status "both are there" 0 klab exec deb -- getent passwd root user0
check_status "root is logged in on the serial line" 0 until_true 60 \
	klab exec deb -- pgrep -t "$line" bash
check_status "the agent lives beside systemd" 0 klab exec deb -- sh -c 'cat /proc/*/comm | grep klab-agent'
echo here >file
check_status "cp" 0 klab cp file deb:/root/file
check_status "exec" 0 klab exec deb -- cat /root/file
check_is "its content" "$(cat out)" here
check_status "a network" 0 klab exec deb -- ip -4 -o addr
check_has "with an address" out '10\.0\.2\.15'
console=$(ls -td "$HOME"/.local/state/klab/runs/* | head -n 1)/console.log
check_status "stop" 0 klab stop deb
check_has "systemd shut down" "$console" 'reboot: Power down|Reached target.*[Pp]ower'

# Seen 3: kept with --rw, forgotten without, clean or repaired after a kill.
check_status "what is written" 0 klab run --root debian -- touch /root/gone
check_status "is forgotten" 1 klab run --root debian -- test -e /root/gone
check_status "with a name" 0 klab run --root debian --disk-name deb -- sh -c 'echo kept >/root/kept'
check_status "it is kept" 0 klab run --root debian --disk-name deb -- cat /root/kept
check_is "its content" "$(cat out)" kept
check_status "a guest that is killed" 0 klab run -d --name dies --root debian --disk-name deb
klab exec dies -- sh -c 'echo written >/root/last; sync' >/dev/null 2>&1
klab stop --force dies
check_status "comes up again" 0 klab run --root debian --disk-name deb -- cat /root/last
check_is "with what was synced" "$(cat out)" written

check_status "a suite that is not there" 125 klab run --root debian:nosuch -- true
check_has "is told" err 'nosuch'
check_status "a suite where none can be" 2 klab run --root sysv:bookworm -- true
