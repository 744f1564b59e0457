#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Failure told well: each rule of lab/explain.c that can be provoked for real, is.
. "$(dirname "$0")/lib.sh"

case $ARCH in
x86_64) cross=x86_64-linux-gnu-gcc other=aarch64-linux-gnu-gcc ;;
aarch64) cross=aarch64-linux-gnu-gcc other=x86_64-linux-gnu-gcc ;;
esac
native=gcc
command -v "$cross" >/dev/null || cross=$native
command -v "$other" >/dev/null || other=$native

# An initramfs whose only content is the given file as /init, with the given mode.
initramfs() {
	rm -rf root && mkdir -p root/dev root/proc
	cp "$1" root/init && chmod "$2" root/init
	(cd root && find . | cpio -o -H newc --quiet) >"$3"
}
compile() { "$1" -static -Os -o "$2" -x c - || exit 1; }

run() { klab run --json --boot-timeout 60 "$@" -- true; }

check_status "no root file system" 120 run --initrd none
check_has "explained" err '^klab: .*no root file system'
check_has "the console's last lines are shown" err '^  \| .*No filesystem could mount root'
check_has "the console's path is shown" err '^klab: .*console.log'

printf '#!/bin/nothing\n' >script
initramfs script 755 cpio
check_status "init missing its interpreter" 120 run --initrd "$PWD/cpio"
check_has "explained" err '^klab: .*init'

: >empty
initramfs empty 644 cpio
check_status "init not executable" 120 run --initrd "$PWD/cpio"
check_has "explained" err '^klab: .*(not executable|no root file system)'

compile "$other" foreign <<<'int main(void) { return 0; }'
initramfs foreign 755 cpio
check_status "init of another architecture" 120 run --initrd "$PWD/cpio"
check_has "explained" err '^klab: .*another architecture'

compile "$cross" returns <<<'int main(void) { return 0; }'
initramfs returns 755 cpio
check_status "init that returns" 120 run --initrd "$PWD/cpio"
check_has "explained" err '^klab: .*init ended'

case $ARCH in
x86_64) trap_code='__asm__("ud2")' ;;
aarch64) trap_code='__asm__(".word 0")' ;;
esac
compile "$cross" illegal <<<"int main(void) { $trap_code; return 0; }"
initramfs illegal 755 cpio
check_status "init with an illegal instruction" 120 run --initrd "$PWD/cpio"
check_has "explained" err '^klab: .*illegal instruction'

compile "$cross" sleeps <<<'#include <unistd.h>
int main(void) { for (;;) pause(); }'
initramfs sleeps 755 cpio
KLAB_TEST_DEADLINE=100 check_status "an init without the agent" 121 \
	klab run --json --boot-timeout 15 --initrd "$PWD/cpio" -- true
check_has "explained" err '^klab: .*did not come up in time'
check_is "its verdict" "$(json err ended)" hang

check_status "a silent console" 121 klab run --json --boot-timeout 5 \
	-a console=none -a console=ttyS7 -a quiet -a loglevel=0 --initrd "$PWD/cpio" -- true
check_has "explained" err '^klab: '

check_status "the channel's driver is missing" 121 klab run --json --boot-timeout 40 \
	-a module_blacklist=virtio_pci,virtio_console -a initcall_blacklist=virtio_pci_driver_init,virtio_console_init -- true
check_has "explained" err "^klab: .*no driver for klab's channel"

check_status "out of memory in the guest" 120 klab run --json -m 256 \
	-a sysctl.vm.panic_on_oom=1 -- sh -c 'x=x; while :; do x=$x$x; done'
check_has "explained" err '^klab: .*out of memory'

head -c 400000000 /dev/zero >big
check_status "an initramfs larger than memory" 125 klab run -m 256 --add big -- true
check_has "says how much would do" err '-m [0-9]+'
rm -f big

head -c 9000000 /dev/urandom >random
check_status "a random file as kernel" 125 klab run -k "$PWD/random" -- true
check_has "says so" err 'is not a kernel|not a kernel'
: >nothing
check_status "an empty file as kernel" 125 klab run -k "$PWD/nothing" -- true
check_has "says so" err 'empty'
kernel=$(klab run --dry-run --boot image -- true | sed -n "s/.* -kernel \([^ ]*\).*/\1/p" | tr -d "'")
head -c 3000000 "$kernel" >short
check_status "a truncated kernel" 125 klab run --boot auto -k "$PWD/short" -- true
check_has "says so" err '^klab: .*(truncated|cut|damaged|corrupt|promises|ends)'
case $ARCH in
x86_64) elsewhere=aarch64 ;;
aarch64) elsewhere=x86_64 ;;
esac
check_status "a kernel of another architecture" 125 klab run --arch "$elsewhere" -k "$kernel" -- true
check_has "says so" err "$ARCH"

cat >failing-qemu <<'END'
#!/bin/sh
echo "cannot set up guest memory 'ram': Cannot allocate memory" >&2
exit 1
END
chmod +x failing-qemu
check_status "a QEMU that gives up" 125 klab run --accel tcg --qemu "$PWD/failing-qemu" -- true
check_has "explained" err '^klab: .*memory'
check_status "no QEMU" 125 env PATH=/nowhere "$KLAB" run -- true
check_has "says how to get it" err 'apt-get install qemu-system'

check_status "a device that QEMU does not know" 125 klab run --qemu-opts '-device no-such-device' -- true
check_has "QEMU's own words, and whose they are" err 'words of --qemu-opts.*no-such-device'
check_status "a QEMU that aborts" 125 klab run --qemu-opts '-device pcie-root-port,id=port' -- true
check_has "its own words too" err 'duplicate property'

(
	ulimit -f 2000
	klab run --add /bin/bash:/bin/new-"$RANDOM" -- true >out 2>err
	echo $? >status
)
check_is "no room for the image" "$(cat status)" 125
check_has "says so" err '^klab: .*(space|too large|disk|File)'
