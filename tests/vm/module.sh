#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The loop of a driver author: new, build, load, edit, load again; and what goes wrong.
. "$(dirname "$0")/lib.sh"

check_status "new" 0 klab module new demo
check_is "its directory" "$(cat out)" "$work/demo"
check_status "the same again" 125 klab module new demo
check_has "is there" err 'is there already'
check_status "the name of a kernel's module" 125 klab module new virtio_blk
check_has "says whose" err 'has a module virtio_blk already'
check_status "no C identifier" 2 klab module new a-b
check_status "a word too many" 2 klab module new a b c
check_status "no module there" 125 klab module build "$HOME"
check_has "says what is missing" err 'no Kbuild'

check_status "build, with all warnings" 0 klab module build demo W=1
check_is "prints the module" "$(cat out)" "$work/demo/demo.ko"
check_hasnt "no warning" err 'warning'
check_status "its own test" 0 klab run --add demo/demo.ko:/ --add demo/test:/ \
	--module dummy -- sh -c '/test && ls /sys/module/dummy >/dev/null && modprobe -r dummy'
check_has "passes" out 'demo: passed'
check_status "a module that the kernel lacks" 125 klab run --module no_such_thing -- true
check_has "is named" err 'no module no_such_thing'

check_status "load without a guest" 125 klab module load demo
check_status "a guest" 0 klab run -d --name vm
check_status "load" 0 klab module load vm ./demo size=32
check_has "the log since" out 'demo: loaded, holds 32 bytes'
check_is "nothing of before" "$(grep -c 'Linux version' out)" 0
check_has "taint is explained" err 'only marks'
sed -i 's/loaded, holds/now holds/' demo/demo.c
check_status "edit, build" 0 klab module build -q demo
check_status "load again" 0 klab module load demo/demo.ko
check_has "the old one went" out 'demo: unloaded'
check_has "the new one speaks" out 'demo: now holds 4096 bytes'
check_hasnt "the log is that since" out 'size|holds 32'
check_status "a parameter that it lacks" 0 klab module load demo/demo.ko nosuch=1
check_has "is ignored, and said" err 'no parameter of that name'
check_status "a value that it refuses" 1 klab module load demo/demo.ko size=abc
check_has "says so" err 'refuses the value'
check_has "and that the old one is gone" err 'of before is unloaded'
check_status "an init that fails" 1 klab module load demo/demo.ko size=0
check_has "with its words" err 'Invalid (argument|parameters)'
check_status "load once more" 0 klab module load demo/demo.ko
klab exec vm -- sh -c 'sleep 60 </dev/demo & sleep 0.1' >/dev/null
check_status "in use" 1 klab module load demo/demo.ko
check_has "says so" err 'in use'
klab exec vm -- killall sleep

sed -i 's/int err;/int err/' demo/demo.c
check_status "an error" 125 klab module build demo
check_has "the compiler's words" err 'demo.c:[0-9]+:[0-9]+: error:'
check_has "klab's" err 'does not build against debian-'
sed -i 's/int err$/int err;/' demo/demo.c
check_status "mended" 0 klab module build -q demo
check_status "the module is as it was" 0 klab exec vm -- test -e /dev/demo

# A symbol that nobody has, and one of a module that is not there.
sed -i 's/^static int __init demo_dev_init/extern void no_such_symbol(void);\n&/
	s/^	int err;/&\n\n	no_such_symbol();/' demo/demo.c
check_status "a symbol that nobody has" 0 klab module build -q demo KBUILD_MODPOST_WARN=1
check_status "is not loaded" 1 klab module load ./demo
check_has "names it" err 'no symbol no_such_symbol'

# One of a module that is there, but not loaded.
sed -i 's/^extern void no_such_symbol.*/#include <linux\/crc-itu-t.h>/
	s/no_such_symbol();/crc_itu_t(0, "x", 1);/' demo/demo.c
check_status "a symbol of another module" 0 klab module build -q demo
check_status "is not loaded" 1 klab module load ./demo
check_has "names the module" err 'demo needs crc_itu_t, which is not loaded'
check_has "and how to get it" err '--module crc_itu_t'

# For another kernel: by the version magic, where nothing else tells them apart.
magic=$(strings -a demo/demo.ko | sed -n 's/^vermagic=//p')
release=${magic%% *}
sed -i "s/vermagic=$release/vermagic=${release//6/7}/; s/mod_unload/mod_unlaod/" demo/demo.ko
check_status "for another kernel" 1 klab module load vm ./demo
check_has "names both" err "was built for \".*mod_unlaod.*, the running kernel is \"$release "
other=aarch64
[[ $ARCH == x86_64 ]] || other=x86_64
check_status "for the other architecture" 0 klab module build -q demo --arch $other \
	KBUILD_MODPOST_WARN=1
check_status "is not loaded" 1 klab module load vm ./demo
check_has "says so" err 'another architecture'
echo nonsense >bad.ko
check_status "no module at all" 125 klab module load bad.ko
check_has "says so" err 'no kernel module'
check_status "a file that is not there" 125 klab module load gone.ko
check_is "nothing is left in the guest" "$(klab exec vm -- ls /tmp)" ""

check_status "no compiler" 125 klab module build demo CROSS_COMPILE=no-such-
check_has "says which" err 'no compiler no-such-gcc'
mkdir "a b"
echo 'obj-m := demo.o' >"a b/Kbuild"
check_status "a blank in the path" 125 klab module build "a b"
check_has "says so" err 'blank or a colon'

# gdb has the module's symbols where it is now, also after it was loaded anew meanwhile.
klab module new seen >/dev/null 2>&1
klab module build -q seen >/dev/null 2>&1
check_status "a module to look at" 0 klab module load vm ./seen
"$KLAB" gdb --batch -ex 'info line seen_dev_read' -ex continue -ex 'info line seen_added' vm \
	>gdb.out 2>gdb.err &
gdb=$!
check_status "gdb has its symbols" 0 until_true 60 grep -q 'Line .* of ".*/seen.c" starts at' gdb.out
cat >>seen/seen.c <<'END'
void seen_added(void);
void seen_added(void) { pr_info("added\n"); }
END
check_status "edited" 0 klab module build -q seen
check_status "and loaded while gdb is there" 0 klab module load vm ./seen
pkill -INT -P "$gdb"
wait "$gdb"
check_has "it was loaded" out 'seen: loaded'
check_has "gdb has those of the new one" gdb.out 'of ".*/seen.c" starts at address 0x[0-9a-f]+ <seen_added>'
check_has "at its address" gdb.out "starts at address 0xffff[0-9a-f]+ <seen_added>"
check_status "the guest goes on" 0 klab exec --timeout 30 vm -- true

# watch: now, on each save, and not what does not build; Ctrl-C ends it.
klab module new blink >/dev/null 2>&1
"$KLAB" module watch vm ./blink size=8 >watch.out 2>watch.err &
watcher=$!
check_status "watch loads it now" 0 until_true 60 grep -q 'blink: loaded, holds 8 bytes' watch.out
check_status "and waits" 0 until_true 20 grep -q 'waiting for a change' watch.err
sed -i 's/loaded, holds/edited, holds/' blink/blink.c
check_status "a save" 0 until_true 60 grep -q 'blink: edited, holds 8 bytes' watch.out
check_status "and waits" 0 until_true 20 eval '(($(grep -c "waiting for" watch.err) == 2))'
sed -i 's/int err;/int err/' blink/blink.c
check_status "a mistake" 0 until_true 60 eval '(($(grep -c "waiting for" watch.err) == 3))'
check_has "the compiler's words" watch.err 'blink.c:[0-9]+:[0-9]+: error:'
check_status "the module is as it was" 0 klab exec vm -- test -e /dev/blink
sed -i 's/int err$/int err;/; s/edited, holds/mended, holds/' blink/blink.c
check_status "mended" 0 until_true 60 grep -q 'blink: mended, holds 8 bytes' watch.out
check_status "and waits" 0 until_true 20 eval '(($(grep -c "waiting for" watch.err) == 4))'
# A kernel that crashes is followed by another, by itself: an oops and a panic by the module,
# and an oops by something else, which shows at the next save.
waits() { (($(grep -c 'waiting for' watch.err) == $1)); }
sed -i 's/^\tpr_info("mended/\t*(volatile int *)16 = 1;\n&/' blink/blink.c
check_status "an edit that oopses" 0 until_true 100 waits 5
cp blink/blink.ko oops.ko
check_has "its text" watch.out 'Oops: |Internal error: Oops'
check_has "is explained" watch.err 'the kernel crashed in blink'
check_has "the guest is started again" watch.err 'the guest vm has crashed: it is started again'
check_status "it is there" 0 klab exec vm -- sh -c '[ ! -d /sys/module/blink ]'
sed -i 's/.*(volatile int.*/\tpanic("by blink");/' blink/blink.c
check_status "one that panics" 0 until_true 100 waits 6
check_has "is told" watch.err "the kernel of the guest vm has panicked"
check_status "the guest is there" 0 klab exec vm -- sh -c '[ ! -d /sys/module/blink ]'
check_status "an oops by another hand" 1 klab module load vm oops.ko
sed -i '/panic("by blink/d; s/mended, holds/after all, holds/' blink/blink.c
check_status "mended" 0 until_true 100 grep -q 'blink: after all, holds 8 bytes' watch.out
check_has "after it was told" watch.err 'has crashed before'
check_status "and waits" 0 until_true 20 waits 7
kill -TERM "$watcher"
wait "$watcher"
check_is "ends when told so" $? 0
check_status "a guest that is not there" 125 klab module watch gone ./blink

# Into the kernel of the machine itself.  The machine is a guest that has this host's files:
# nothing is loaded here.
if [[ $(uname -m) == "$ARCH" ]]; then
	check_status "--host, built for another kernel" 125 klab module load --host --yes demo/demo.ko
	check_has "is not even tried" err 'was built for ".*", this machine runs'
	check_status "--host and a guest" 2 klab module load vm --host demo/demo.ko
	check_status "--host and another verb" 2 klab module build --host demo
	cat >machine <<-END
		#!/bin/sh
		for d in proc sys dev; do mount --bind /\$d /h/\$d || exit 9; done
		for d in tmp run root; do mount -t tmpfs t /h/\$d || exit 9; done
		cp /fresh.ko /bin/busybox /h/run/
		for name in insmod rmmod dmesg; do ln -s busybox /h/run/\$name; done
		load() {
			chroot /h /usr/bin/env PATH=/run:/usr/bin HOME=/root /run/klab module load --host "\$@" 2>&1
			echo "status \$?"
		}
		touch /h/run/klab && mount --bind /klab /h/run/klab && chmod +x /h/run/klab
		load /run/fresh.ko </dev/null
		grep -c fresh /proc/modules
		load --yes /run/fresh.ko size=64
		load --yes /run/fresh.ko size=65
		load --yes /run/fresh.ko size=abc
		ls /h/run/fresh.ko /h/tmp
	END
	check_status "new" 0 klab module new fresh
	check_status "and build" 0 klab module build -q fresh
	check_status "a machine" 0 klab run -m 2G --rodir /h=/ --add fresh/fresh.ko:/ --add machine:/ \
		--add "$KLAB:/klab" -- sh /machine
	check_has "nobody said yes" out 'nobody is there to be asked: load fresh.ko into it'
	check_is "so it was not loaded" "$(sed -n '/^status 125/{n;p}' out)" 0
	check_has "a warning" out 'the kernel of this machine, not of a guest'
	check_has "loaded" out 'fresh: loaded, holds 64 bytes'
	check_has "and again in its place" out 'fresh: loaded, holds 65 bytes'
	check_has "a reason speaks of the machine" out 'refuses the value of a parameter'
	check_is "the file stays, nothing else is left" "$(tail -n 3 out)" $'/h/run/fresh.ko\n\n/h/tmp:'
fi
