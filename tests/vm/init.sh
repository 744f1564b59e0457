#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Another init as PID 1: it gets what the kernel gives an init, and nothing of klab's; the
# agent beside it runs commands in the world that it made.
. "$(dirname "$0")/lib.sh"

mkdir -p tree/etc/init.d
cat >tree/bare <<'END'
#!/bin/sh
echo "pid $$ words $* a=$a home=$HOME"
echo "entries $(ls /proc | wc -w) $(ls /sys | wc -w)"
mount -t proc none /proc && mount -t tmpfs none /mnt && echo made >/mnt/file
echo ready
while :; do sleep 1; done
END
cat >tree/brief <<'END'
#!/bin/sh
sleep 2
exit 7
END
cat >tree/etc/inittab <<'END'
::sysinit:/etc/init.d/rcS
::respawn:-/bin/sh -c 'sleep 1000'
::shutdown:/bin/sh -c 'echo the hook ran >/dev/console'
END
cat >tree/etc/init.d/rcS <<'END'
#!/bin/sh
mount -t proc proc /proc
mount -t devtmpfs dev /dev
echo rcS ran >/run/rcS
END
cat >tree/tell <<'END'
#!/bin/sh
mount -t proc none /proc && mount -t tmpfs none /mnt
tr '\0' '\n' </proc/1/cmdline | tail -n +2 >/mnt/arguments
tr '\0' '\n' </proc/1/environ >/mnt/environment
cat /proc/cmdline >/mnt/cmdline
echo all >/mnt/told
while :; do sleep 1; done
END
chmod +x tree/bare tree/brief tree/tell tree/etc/init.d/rcS

# The console of the last run whose verdict is in v.json, or of a guest.
console() { tr -d '\r' <"$(json v.json console)" >console; }

check_status "a script as PID 1" 0 klab run --json=v.json --overlay tree --init /bare \
	-a 'a=b c.d=e word -- x y=z' -- sh -c 'until [ -e /mnt/file ]; do sleep 0.1; done; cat /mnt/file; head -n 1 /proc/1/cmdline | tr "\0" " "'
check_is "its mounts are there" "$(cat out)" $'made\n/bin/sh /bare word x y=z '
console
check_has "words and environment" console '^pid 1 words word x y=z a=b home=/$'
check_has "nothing was mounted" console '^entries 0 0$'
check_status "a directory and a user in its world" 0 klab run --overlay tree --init /bare --cwd /mnt \
	--user 7:8 -- sh -c 'id -u; id -g'
check_is "as asked" "$(cat out)" $'7\n8'

# What becomes of each word: --explain-cmdline (features 38 and 40) against the kernel.
explained() {
	python3 -c '
import json, sys
v = json.load(open("explained"))
lists = {"arguments": [v["init"]] + v["arguments"], "environment": v["environment"],
	 "cmdline": [v["cmdline"]]}
print("\n".join(lists[sys.argv[1]]))' "$1"
}
for words in 'lost init=/tell kept asdf=qwer zxcv dotted.word=1 printk.time=1 quiet no_such' \
	'init=/tell a="b c" "d=e f" x"y z" TERM=vt100 "g h" --  "i j"=k quiet x.y=z' \
	'init=/tell hung_task_panic=0 loglevel=7 log-level=7 noinitrdx=1 a=1 a=2 bare- =b'; do
	check_status "words for init" 0 klab run --overlay tree -a "$words" -- \
		sh -c 'until [ -e /mnt/told ]; do sleep 0.1; done; cd /mnt; cat arguments; echo; cat environment; echo; cat cmdline'
	cp out told
	check_status "explained" 0 klab run --explain-cmdline --json --overlay tree -a "$words" -- true
	cp out explained
	check_is "as the kernel did it" "$(explained arguments; echo; explained environment; echo; explained cmdline)" \
		"$(cat told)"
done
check_status "as a table" 0 klab run --explain-cmdline --init /tell \
	-a 'asdf=qwer dummy.numdummies=3 no_such.word=1 zxcv -- quiet'
check_has "the kernel's" out '^console=tty.* +the kernel$'
check_has "a module's" out '^dummy.numdummies=3 +the module, when modprobe loads it$'
check_has "nobody's" out '^no_such.word=1 +nobody: there is no such module'
check_has "init's" out '^asdf=qwer +init.s environment$'
check_has "all of it" out "^init is called: +/tell zxcv quiet$"
check_status "modprobe gives it" 0 klab run --module dummy -a dummy.numdummies=3 -- \
	sh -c 'modprobe -r dummy && modprobe dummy && ls /sys/class/net | grep -c dummy'
check_is "as it is told" "$(cat out)" 3

mkdir shared
check_status "with a share and a network" 0 klab run --overlay tree --init /bare --net user --rwdir /srv=shared -- \
	sh -c 'until [ -e /mnt/file ]; do sleep 0.1; done; cp /mnt/file /srv; ip -4 -o addr | grep -c 10.0.2.15'
check_is "both are there" "$(cat out shared/file)" $'1\nmade'

check_status "an init that ends" 120 klab run --json --overlay tree --init /brief -- sleep 60
check_has "explained" err 'init ended'
check_status "an init that is not there" 120 klab run --overlay tree --init /nowhere -- true
check_has "explained" err 'cannot be started'
check_has "named" err '/nowhere'
check_status "a relative one" 2 klab run --init bare -- true
check_status "quoted on the command line" 0 klab run --overlay tree -a 'init="/bare"' -- \
	sh -c 'until [ -e /mnt/file ]; do sleep 0.1; done'

check_status "BusyBox's init" 0 klab run -d --name sysv --overlay tree --init /sbin/init
check_status "its rcS ran" 0 eval 'until_true 30 klab exec sysv -- cat /run/rcS 2>err'
check_status "copies go to its root" 0 klab cp tree/brief sysv:/run/brief
check_status "and are there" 0 klab exec sysv -- sh -c 'cat /run/rcS /run/brief /proc/1/comm'
check_is "both" "$(cat out)" $'rcS ran\n#!/bin/sh\nsleep 2\nexit 7\ninit'
check_status "stop asks it" 0 klab stop sysv
check_has "its shutdown hook ran" <(cat "$(ls -td "$HOME"/.local/state/klab/runs/* | head -n 1)/console.log") \
	'the hook ran'

check_status "without the agent the kernel starts it" 0 klab run --no-agent --init /bin/busybox --dry-run
check_has "by its own word" out ' rdinit=/bin/busybox'
