#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The host's own root: its programs under the guest's kernel, and nothing written to it.
. "$(dirname "$0")/lib.sh"

if [[ $ARCH != "$(uname -m)" ]]; then
	check_status "programs of another architecture" 2 klab run --root host -- true
	check_has "are refused" err "this host's programs are for $(uname -m), the guest is $ARCH"
	exit
fi

cat >script <<'END'
echo "here: $PWD $(cat here)"
python3 -c 'import os; print("kernel:", os.uname().nodename, os.stat("/proc/1").st_uid)'
echo written >here && echo more >beside && echo "written: $(cat here beside)"
echo klab >/etc/klab-test && rm -rf /etc/skel && echo "above: $(cat /etc/klab-test) $(ls -d /etc/skel 2>&1)"
echo home >/root/klab-test && echo "home: $(cat ~/klab-test)"
touch /again/"$PWD"/evil 2>/dev/null || echo "read-only: yes"
mount -o remount,rw /again && touch /again/"$PWD"/evil 2>/dev/null || echo "read-only outside too: yes"
echo kept >/kept/file && echo "kept: $(cat "$PWD/below/file")"
cat below/secret 2>/dev/null || echo "closed: $(stat -c %a below/secret)"
/sbin/modprobe dummy && echo "modules: $(ls /sys/module | grep -x dummy)"
for place in /dev /proc /run /sys; do
	mountpoint -q $place && echo "own: $place"
done
END
echo mine >here
mkdir below
echo secret >below/secret
chmod 000 below/secret
check_status "a program of the host" 0 klab run --root host --module dummy \
	--rodir /again=/ --rwdir "/kept=below" -- bash script
for line in "here: $PWD mine" 'kernel: klab 0' 'written: written' 'home: home' 'kept: kept' \
	'read-only: yes' 'read-only outside too: yes' 'modules: dummy' 'own: /dev' 'own: /proc' \
	'own: /run' 'own: /sys'; do
	check_has "${line%:*}" out "^${line//./\\.}\$"
done
check_has "what is above" out '^above: klab .*No such file'
# root reads everything, also here.
((EUID == 0)) || check_has "what its user cannot read is closed to the guest" out '^closed: 0$'
check_is "nothing of it is here" "$(cat here; ls; ls /etc/klab-test evil 2>/dev/null)" $'mine\nbelow\nerr\nhere\nhome\nout\nrun\nscript'
check_is "but for what was shared" "$(cat below/file)" kept

klab run --root host --dry-run -- true >said
check_is "QEMU itself lets nobody write" "$(grep -o 'path=/,.*' said | grep -c 'readonly=on')" 1

# A guest that stays, and a directory whose changes it sees.
printf '#!/bin/sh\necho one\n' >program
chmod +x program
check_status "a guest that stays" 0 klab run -d --name vm --root host --rodir "$PWD/below=$PWD/below"
check_status "exec" 0 klab exec --sh vm -- "$PWD/program; cd; pwd; cat /etc/hostname"
check_is "runs what is here" "$(cat out)" $'one\n/root\nklab'
echo later >below/later
check_status "a share over it" 0 klab exec vm -- cat "$PWD/below/later"
check_is "shows what comes later" "$(cat out)" later
check_status "cp" 0 klab cp program vm:/usr/local/bin/klab-test
check_status "into it" 0 klab exec vm -- klab-test
check_is "puts it there" "$(cat out)" one
check_status "a shell on a terminal" 7 eval 'printf "%s\n" "echo \"shell: \$0\"" "exit 7" | klab shell --tty vm'
check_has "is bash" out 'shell: -?bash'
check_status "a shell" 0 eval 'klab shell vm <<<"type test >/dev/null && exit 7; exit 0" || (($? == 7))'
klab stop --force vm
check_is "not here" "$(ls /usr/local/bin/klab-test 2>/dev/null)" ''

check_status "a kernel that does not load overlay" 125 klab run --root host -a module_blacklist=overlay -- true
check_has "says so" err 'the kernel has no overlay file system \(CONFIG_OVERLAY_FS\)'

# A kernel without the modules is told before it is started.
mkdir without
for kernel in "$XDG_CACHE_HOME/klab/entries/kernel"/debian-6.1.*-amd64; do
	cp -r "$kernel/boot" without/
	cp -rs "$kernel/lib" without/
	break
done
rm -rf without/lib/modules/*/kernel/fs/overlayfs
check_status "a kernel without overlay" 125 klab run -k "$PWD/without" --root host -- true
check_has "names the module" err 'it has no module overlay'
check_has "says what to do" err 'CONFIG_OVERLAY_FS.*--root debian'
rm -rf without/lib/modules/*/kernel/fs/9p
check_status "a kernel without 9p" 125 klab run -k "$PWD/without" --root host:9p -- true
check_has "names the module" err 'it has no module 9p'

check_refused() {
	local what=$1
	shift
	check_status "$what" 2 klab run --root host "$@" -- true
}
check_refused "--rw" --rw
check_has "says why" err '--rw: no guest writes to the host'
check_has "what can be done" err '--rwdir'
check_refused "--disk-name" --disk-name work
check_refused "--add" --add here
check_refused "--initrd" --initrd none
check_status "no image is made of it" 2 klab image build --root host -o image
check_has "says so" err 'is no disk'
