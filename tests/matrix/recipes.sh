#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Roots by recipe, what tests/vm/recipes.sh leaves out: the life of BusyBox's init, other
# words for the same roots, and second stages.
. "$(dirname "$0")/../vm/lib.sh"

check_status "a command beside initsh" 0 klab run --root initsh -- \
	sh -c 'tr "\0" " " </proc/1/cmdline'
check_is "the script is PID 1" "$(cat out)" '/bin/busybox sh /bin/init.sh '

check_status "sysv" 0 klab run -d --name sysv --root sysv
console=$(ls -td "$HOME"/.local/state/klab/runs/* | head -n 1)/console.log
log() { tr -d '\r' <"$console" >console; }
# Init's own, on the console.
cat >shell <<'END'
awk '$4 == 1 && $2 == "(sh)" { print $1 }' /proc/[0-9]*/stat 2>/dev/null
END
klab cp shell sysv:/tmp/shell
klab exec sysv -- sh /tmp/shell >before
check_has "a shell on the console" before '^[0-9]+$'
klab exec sysv -- kill -9 "$(<before)"
check_status "is started again" 0 until_true 30 eval \
	'klab exec sysv -- sh /tmp/shell >after && [[ -s after ]] && ! cmp -s before after'
# The keys exist on x86_64 alone; what they do is this signal.
case $ARCH in
x86_64) check_status "Ctrl-Alt-Del" 0 klab monitor sysv -- sendkey ctrl-alt-delete ;;
*) check_status "Ctrl-Alt-Del" 0 klab exec sysv -- kill -INT 1 ;;
esac
check_status "unmounts and boots again" 0 until_true 60 eval \
	'log; grep -q "Unmounting" console && [[ $(grep -c "^rcS has run" console) == 2 ]]'
check_status "stop" 0 klab stop sysv
log
check_is "unmounts too" "$(grep -c 'Unmounting' console)" 2
check_status "a command" 3 klab run --root sysv -- sh -c 'exit 3'

check_status "with the agent as PID 1 a shell is the agent's" 0 eval \
	'echo "exec cat /proc/1/comm" | klab run --root sysv --init klab'
check_is "as without a recipe" "$(cat out)" init

# The default, by its name, and with a script of its own where no agent is.
check_status "busybox" 0 klab run --root busybox -- sh -c 'cat /etc/hostname; readlink /bin'
check_is "as without a name" "$(cat out)" $'klab\nusr/bin'
check_status "without the agent" 0 eval \
	'{ until_true 60 grep -q ":~# " out; echo "cat /proc/1/comm; exit"; } | klab run --no-agent'
check_has "init is the script" out '^init'

# A disk with a second stage.
own_store
mkdir -p "$HOME/.config/klab/images"
cat >"$HOME/.config/klab/images/disk.recipe" <<'END'
about	a disk of the test's
format	ext4
dir	/dev	0755 0 0
dir	/proc	0555 0 0
dir	/sys	0555 0 0
busybox	/bin/busybox applets
setup	/setup
text	/setup	0755 0 0
	| #!/bin/sh
	| set -e
	| echo "made by $$" >/made
	| rm /setup
END
made=$(klab run --root disk -- cat /made)
check_is "made once" "$(klab run --root disk -- cat /made)" "$made"
check_has "by the second stage" <(echo "$made") '^made by [0-9]'
before=$(stored disk)
sed -i 's|set -e|echo it is broken; exit 3|' "$HOME/.config/klab/images/disk.recipe"
check_status "a second stage that fails" 125 klab run --root disk -- true
check_has "is told" err '/setup failed in the guest: it is broken'
check_is "nothing half-made is left" "$(stored disk)" "$before"

mkdir -p "$HOME/.config/klab/images"
cat >"$HOME/.config/klab/images/slow.recipe" <<'END'
about	a disk whose services take their time
format	ext4
init	/slow console ready
dir	/dev	0755 0 0
dir	/proc	0555 0 0
dir	/sys	0555 0 0
dir	/run	0755 0 0
busybox	/bin/busybox applets
text	/slow	0755 0 0
	| #!/bin/sh
	| mount -t proc proc /proc
	| mount -t tmpfs run /run
	| sleep 3
	| echo up >/run/up
	| echo >/dev/klab-ready
	| exec sleep 10000
END
check_status "a disk with an init" 0 klab run --root slow --disk-name slow -- cat /run/up
check_is "whose services are awaited" "$(cat out)" up
rm "$HOME/.config/klab/images/slow.recipe"
check_status "by its name alone" 0 klab run --disk-name slow -- cat /run/up
check_is "too, and without its recipe" "$(cat out)" up
check_status "another init" 0 klab run --disk-name slow --init klab -- cat /proc/1/comm
check_is "is not waited for" "$(cat out)" init
