#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Roots by recipe: klab's own, each with what it promises, and the user's.
. "$(dirname "$0")/lib.sh"

# features.md 4, 16: a static program as /init, with libc and without.
for recipe in hello hello-nolibc; do
	check_status "$recipe" 0 klab run --json --root $recipe
	check_has "says hello" out '^Hello, world!'
	check_is "powers off by itself" "$(json err ended)" poweroff
done
check_status "a command where no agent is" 2 klab run --root hello -- true
check_has "says so" err "without klab's agent no command can be run"
check_status "a share where no agent is" 2 klab run --root hello --rodir /x=.
check_has "says so" err 'need klab.s initramfs'
check_status "no modules are in it" 0 klab image show --root hello --json
check_hasnt "none" out 'modules|klab'

# 13, 14: a shell script.
script_lines() {
	until_true 60 grep -q '/ # ' out
	printf '%s\n' 'ls -d /dev/null /proc/1 /sys/kernel /debug/. /nfs /dev/pts/ptmx' 'tty' exit
}
check_status "initsh" 0 eval 'script_lines | klab run --root initsh'
check_has "greets" out '^Hello from userspace!'
for path in /dev/null /proc/1 /sys/kernel /debug/. /nfs /dev/pts/ptmx; do
	check_has "has $path" out "(^| )$path( |.?$)"
done
check_has "a terminal" out '^/dev/tty(S|AMA)0'
check_has "exit powers off" out 'Power down'
check_status "a command beside it" 0 klab run --root initsh -- \
	sh -c 'tr "\0" " " </proc/1/cmdline'
check_is "the script is PID 1" "$(cat out)" '/bin/busybox sh /bin/init.sh '

# 15: BusyBox's init with inittab, rcS, fstab, mdev.
check_status "sysv" 0 klab run -d --name sysv --root sysv --net user
console=$(ls -td "$HOME"/.local/state/klab/runs/* | head -n 1)/console.log
log() { tr -d '\r' <"$console" >console; }
log
check_has "is ready when rcS has run" console '^rcS has run'
cat >look <<'END'
cat /proc/1/comm
for dir in /proc /sys /dev /dev/pts /dev/shm /tmp /run /sys/kernel/debug; do
	grep -q " $dir " /proc/mounts || echo "not mounted: $dir"
done
stat -c '%n %a %G' /dev/null /dev/ptmx
hostname
pidof mdev >/dev/null && echo mdev listens
grep -c '^root:' /etc/passwd
END
check_status "cp" 0 klab cp look sysv:/tmp/look
check_status "exec" 0 klab exec sysv -- sh /tmp/look
check_is "as rcS made it" "$(cat out)" $'init\n/dev/null 666 root\n/dev/ptmx 666 tty\nklab\nmdev listens\n1'
check_status "a network" 0 klab exec sysv -- ip -4 -o addr
check_has "with an address" out '10\.0\.2\.15'
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

# One's own.
mkdir -p "$HOME/.config/klab/images"
cat >"$HOME/.config/klab/images/mine.recipe" <<'END'
about	what the test wants
dir	/dev	0755 0 0
dir	/proc	0555 0 0
dir	/sys	0555 0 0
dir	/home/x	0750 1000 1000
busybox	/bin/busybox applets
text	/home/x/note 0600 1000 100
	| of one's own
file	/home/x/once number.c 0644 5 6 /home/x/again
sock	/home/x/s 0600 0 0
program	/bin/number number.c 0755 0 0 -DNUMBER=5
END
echo 'int main(void) { return NUMBER; }' >"$HOME/.config/klab/images/number.c"
check_status "a program of one's own" 5 klab run --root mine -- number
check_status "by its path" 0 klab run --root "$HOME/.config/klab/images/mine.recipe" -- \
	sh -c 'cat /home/x/note; stat -c "%a %u %g %h" /home/x /home/x/note /home/x/again; stat -c %F /home/x/s'
check_is "its text, and whose all is" "$(cat out)" "of one's own
750 1000 1000 2
600 1000 100 1
644 5 6 2
socket"

# One that becomes a disk, and has a second stage.
cat >"$HOME/.config/klab/images/disk.recipe" <<'END'
about	a disk of the test's
format	ext4
dir	/dev	0755 0 0
dir	/proc	0555 0 0
dir	/sys	0555 0 0
dir	/home/x	0750 1000 1000
busybox	/bin/busybox applets
setup	/setup
text	/setup	0755 0 0
	| #!/bin/sh
	| set -e
	| echo "made as $(id -u) by $$, PID 1 is $(cat /proc/1/comm)" >/made
	| chown 1000:1000 /made
	| rm /setup
END
check_status "a disk" 0 klab run --root disk -- sh -c 'stat -c "%u %a" /made /home/x; ls /setup; sed "s/by [0-9]*/by N/" /made; grep " / " /proc/mounts'
check_has "as the second stage left it" out '^made as 0 by N, PID 1 is init'
check_has "with owners" out '^1000 644'
check_has "and those of the recipe" out '^1000 750'
check_hasnt "without the program" out '/setup'
check_has "an ext4" out ' / ext4 '
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

made=$(klab run --root disk -- cat /made)
check_is "made once" "$(klab run --root disk -- cat /made)" "$made"
sed -i 's|set -e|echo it is broken; exit 3|' "$HOME/.config/klab/images/disk.recipe"
check_status "a second stage that fails" 125 klab run --root disk -- true
check_has "is told" err '/setup failed in the guest: it is broken'

refused() { check_status "$1" "$2" klab run --root ./bad.recipe -- true; }
printf 'dir /dev 0755 0 0\nfile /x\n' >bad.recipe
refused "a line that lacks words" 125
check_has "is named" err '^klab: ./bad.recipe:2: file takes NAME SOURCE MODE UID GID'
printf 'dir /a/../../x 0755 0 0\n' >bad.recipe
refused "a way out of the image" 125
check_has "is named" err '^klab: ./bad.recipe:1: /a/../../x leads out of the image'
head -c 100 /dev/urandom >bad.recipe
refused "no recipe at all" 125
printf 'file /x nothing 0644 0 0\n' >bad.recipe
refused "a file that is not there" 125
check_has "is named" err '^klab: ./bad.recipe:1: the file ./nothing: No such file'
printf 'program /x x.c 0755 0 0\n' >bad.recipe
echo 'int main(void) { return none; }' >x.c
refused "a program that does not compile" 125
check_has "as the compiler says it" err '^klab: ./bad.recipe:1: ./x.c does not compile for .*x.c:1:.* error'
check_status "no such recipe" 125 klab run --root nothing -- true
check_has "what there is" err 'busybox, debian, disk, hello, hello-nolibc, initsh, mine, sysv'

# 17: QEMU gets only the kernel.
check_status "no root" 0 klab run --root none --dry-run
check_hasnt "no initramfs" out ' -initrd'
check_status "a kernel that has none either" 120 klab run --root none
check_has "explained" err '^klab: .*no root file system'
check_status "and a command" 2 klab run --root none -- true
