#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The host's root by virtio-fs, in one QEMU.
#
#	virtiofs.sh ARCH QEMU DIR
#
# QEMU is "host" or a directory, DIR the one with virtiofsd (tools/test-qemu).
qemu=$2
PATH=$3:$PATH
. "$(dirname "$0")/../vm/lib.sh"

command -v virtiofsd >/dev/null || {
	echo "no virtiofsd: tools/test-qemu brings it"
	exit 1
}
[[ $qemu == host ]] || export KLAB_QEMU=$qemu/qemu-system-$ARCH

cat >script <<'END'
echo "driver: $(ls /sys/bus/virtio/drivers/virtiofs/ | grep -c '^virtio')"
echo "here: $PWD $(cat here)"
echo written >here && echo above >/etc/klab-test && echo "written: $(cat here /etc/klab-test | tr '\n' ' ')"
echo "below: $(ls /proc/self/mountinfo) $(ls /usr/bin | wc -l)"
mkdir /below && mount -t virtiofs -o ro klab0 /below && mount -o remount,rw /below
cat /below/"$PWD"/here
touch /below/"$PWD"/evil || rm /below/"$PWD"/here || echo "refused: yes"
END
echo mine >here
check_status "a program of the host" 0 klab run --root host:virtiofs -- bash script
for line in 'driver: 1' "here: $PWD mine" 'written: written above ' 'mine' 'refused: yes'; do
	check_has "${line%%:*}" out "^$line\$"
done
check_has "what is mounted below is the guest's" out "^below: /proc/self/mountinfo $(ls /usr/bin | wc -l)\$"
check_is "nothing of it is here" "$(cat here; ls evil /etc/klab-test 2>/dev/null)" mine

compile() {
	echo "int main(void) { return $1; }" >t.c && gcc -o t t.c
}
compile 7
check_status "a guest that stays" 0 klab run -d --name vm --root host:virtiofs
check_status "runs a program" 7 klab exec --cwd "$PWD" vm -- ./t
klab exec vm -- sh -c 'echo 1 >/before; reboot -f' >/dev/null 2>&1
check_status "has its root again after a reboot" 0 eval \
	'until_true 100 klab exec --cwd "$PWD" vm -- sh -c "test ! -e /before && test -s here"'
keeper=$(klab list --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["guests"][0]["pid"])')
server=$(pgrep -P "$keeper" -f virtiofsd)
check_status "there is one server" 0 test -d "/proc/${server:-none}"
klab stop --force vm
check_status "which goes with the guest" 0 eval 'until_true 30 test ! -d "/proc/$server"'
