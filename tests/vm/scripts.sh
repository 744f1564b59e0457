#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# klab inside other people's scripts: git bisect, settings, manifests, rerun, --dry-run.
. "$(dirname "$0")/lib.sh"

# A bug that is planted in a history of files which the guest gets to see.
git init -q tree
(
	cd tree || exit 1
	git config user.name test
	git config user.email test@example.org
	for i in 1 2 3 4 5 6 7; do
		((i < 5)) && echo good >state || echo bad >state
		echo "$i" >n
		git add . && git commit -qm "commit $i"
	done
	git bisect start HEAD HEAD~6 >/dev/null
	timeout 400 git bisect run "$KLAB" run --add state -- grep -q good /state >../bisect.out 2>&1
)
check_has "bisect finds it" bisect.out 'commit 5'
check_has "bisect says first bad" bisect.out 'is the first bad commit'

mkdir -p "$HOME/.config/klab"
echo 'memory = 300M' >"$HOME/.config/klab/klab.conf"
check_status "the user's settings" 0 klab run --dry-run
check_has "are used" out '-m 300M?( |$)'
mkdir project
echo 'memory = 400M' >project/klab.conf
check_status "the project's settings" 0 eval '(cd project && klab run --dry-run)'
check_has "win over the user's" out '-m 400M?( |$)'
check_status "the environment" 0 eval '(cd project && KLAB_MEMORY=500M klab run --dry-run)'
check_has "wins over the project's" out '-m 500M?( |$)'
check_status "the command line" 0 eval '(cd project && KLAB_MEMORY=500M klab run -m 600M --dry-run)'
check_has "wins over all" out '-m 600M?( |$)'
echo 'memry = 400M' >project/klab.conf
check_status "a setting that is none" 2 eval '(cd project && klab run --dry-run)'
check_has "names file and line" err 'klab.conf:1'
check_has "and what was meant" err 'memory'
rm -rf project "$HOME/.config"

check_status "a run to repeat" 6 klab run --json -- sh -c 'echo once; exit 6'
id=$(json err id)
check_has "its manifest" "$HOME/.local/state/klab/runs/$id/manifest.json" '"sha256"'
check_status "rerun" 6 klab rerun "$id"
check_is "the same output" "$(cat out)" once
check_status "rerun of nothing" 125 klab rerun 19700101-000000-abcdef
check_status "logs by id" 0 klab logs "$id"

check_status "dry run" 0 klab run --dry-run -- true
check_has "is a QEMU command" out '^[^ ]*qemu-system'
command=$(cat out)
((++tests))
(eval "timeout 60 $command" </dev/null >pasted 2>&1) &
if until_true 50 grep -qaE 'Linux version|klab-agent' pasted; then
	ok "that boots when it is pasted"
else
	fail "the pasted command does not boot: $(head -c 500 pasted)"
fi
kill %1 2>/dev/null
pkill -P $! 2>/dev/null
wait 2>/dev/null

truncate -s 16M disk.img
check_status "a disk" 0 klab run --disk disk.img,rw -- sh -c 'echo written >/dev/vda; sync; wc -c </dev/vda'
check_is "its size" "$(cat out)" 16777216
check_is "what was written stays" "$(head -c 7 disk.img)" written
check_status "a read-only disk" 1 klab run --disk disk.img,ro -- sh -c 'echo again >/dev/vda'
check_status "network" 0 klab run --net user -- sh -c 'ls /sys/class/net | grep -v lo | head -n 1'
check_has "there is a card" out '^e'
check_status "no network" 0 klab run -- sh -c 'ls /sys/class/net'
check_is "only lo" "$(cat out)" lo
check_status "four CPUs and 512 MiB" 0 klab run -p 4 -m 512 -- sh -c 'nproc; sed -n "s/MemTotal: *\([0-9]*\).*/\1/p" /proc/meminfo'
check_is "four" "$(head -n 1 out)" 4
check_status "the kernel's command line" 0 klab run -a 'my.word="a b"' -- cat /proc/cmdline
check_has "has ours" out 'my.word="a b"'
check_status "KASLR" 0 klab run --json --kaslr -- cat /proc/cmdline
check_hasnt "no nokaslr" out nokaslr
check_is "the verdict says so" "$(json err kaslr) $(json err boot)" "true image"
check_status "the plain image" 0 klab run --json --boot image -- true
check_is "the verdict says so" "$(json err boot)" image
if [[ $ARCH == x86_64 ]]; then
	check_status "PVH" 0 klab run --json --boot pvh -- true
	check_is "the verdict says so" "$(json err boot)" pvh
	check_status "with the firmware that is done first" 0 klab run -- \
		sh -c 'cat /sys/class/dmi/id/bios_version; readlink /sbin/modprobe'
	check_is "it and modprobe are there" "$(cat out)" $'0.1\nbusybox'
	check_status "with the machine's own" 0 klab run --plain -- cat /sys/class/dmi/id/bios_version
	check_has "is SeaBIOS" out '^[1-9]'
	check_status "other devices too" 0 klab run -m 3G --disk disk.img --net user --qemu-opts \
		"-device pcie-root-port,id=rp1,chassis=1 -device e1000,bus=rp1 -device qemu-xhci" -- \
		sh -c 'head -c 7 /dev/vda; cat /sys/bus/pci/devices/*/class | sort | uniq | tr "\n" " "'
	check_has "they are there" out '^written.*0x020000.*0x060400.*0x0c0330'
fi
check_status "an empty command line of ours" 0 klab run --plain -- cat /proc/cmdline
check_hasnt "no fast parameters" out cryptomgr

check_status "doctor finds all that a run needs" 0 klab doctor
check_has "the machine too" out 'ok +machine: '
check_status "as JSON" 0 klab doctor --json
check_is "says so" "$(python3 -c 'import json; print(json.load(open("out"))["well"])')" True
check_status "doctor with a QEMU for other guests" 1 env \
	KLAB_QEMU="qemu-system-$([[ $ARCH == x86_64 ]] && echo aarch64 || echo x86_64)" "$KLAB" doctor
check_has "says what it lacks" out 'bad +machine: '
check_status "doctor without QEMU" 1 env PATH=/nowhere "$KLAB" doctor
check_has "says how to get it" out 'apt-get install qemu-system|install what Debian calls qemu-system'
