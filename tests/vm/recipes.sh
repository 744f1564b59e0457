#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Roots by recipe: klab's own, each with what it promises, and the user's.  What takes longer
# is in tests/matrix/recipes.sh.
. "$(dirname "$0")/lib.sh"

# A static program as /init, with libc and without.
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

# A shell script.
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

# BusyBox's init with inittab, rcS, fstab, mdev.
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
check_status "stop" 0 klab stop sysv
log
check_has "unmounts" console 'Unmounting'

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
check_status "a root of one's own, by its path" 5 klab run --root "$HOME/.config/klab/images/mine.recipe" -- \
	sh -c 'cat /home/x/note; stat -c "%a %u %g %h" /home/x /home/x/note /home/x/again; stat -c %F /home/x/s; number'
check_is "its program, its text, and whose all is" "$(cat out)" "of one's own
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

# QEMU gets only the kernel.
check_status "no root" 0 klab run --root none --dry-run
check_hasnt "no initramfs" out ' -initrd'
check_status "a kernel that has none either" 120 klab run --root none
check_has "explained" err '^klab: .*no root file system'
check_status "and a command" 2 klab run --root none -- true
