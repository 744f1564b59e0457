#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A first debugger: gdb on a new guest and on a running one, by scripts.
. "$(dirname "$0")/lib.sh"

case $ARCH in
x86_64) pc=rip ;;
aarch64) pc=pc ;;
esac

check_status "halted at the first instruction" 0 klab debug --batch -ex "info registers $pc"
check_has "a program counter" out "$pc +0x"
check_has "KASLR is off, and said so" err 'KASLR is off'
if ! "$KLAB" kernels --json | grep -q '"dwarf": *true'; then
	check_has "what is missing is said" err 'klab fetch debian --debug'
fi

check_status "a function without symbols" 125 klab debug --batch -b start_kernel -ex bt
check_has "says what is missing" err 'without symbols'
check_has "and how to get it" err 'klab fetch debian --debug'

check_status "a guest" 0 klab run -d --name vm
check_status "attach" 0 klab gdb --batch -ex "info registers $pc" vm
check_has "a program counter" out "$pc +0x"
check_status "the guest goes on" 0 klab exec --timeout 30 vm -- true
check_status "attach again" 0 klab gdb --batch -ex "x/i \$$pc" -ex detach vm
check_status "the guest goes on" 0 klab exec --timeout 30 vm -- true
check_status "words behind -- are gdb's" 0 klab gdb vm -- -batch -ex 'print 6 * 7'
check_has "its answer" out '= 42'

# Killed without a detach: the guest must not stand still for ever.
"$KLAB" gdb --stdio vm </dev/zero >/dev/null 2>&1 &
pid=$!
guest_is() { "$KLAB" monitor vm -- info status | grep -q "$1"; }
check_status "gdb has come" 0 until_true 30 guest_is paused
kill -9 "$pid"
wait "$pid" 2>/dev/null
check_status "it has gone" 0 until_true 30 guest_is running
klab monitor vm -- stop
"$KLAB" exec --timeout 60 vm -- echo done >out 2>err &
pid=$!
until_true 10 grep -q 'is halted' err
check_has "exec says why it waits" err 'the guest vm is halted'
klab monitor vm -- cont
wait "$pid"
check_is "and goes on with the guest" "$? $(cat out)" "0 done"
check_status "the guest goes on after gdb was killed" 0 klab exec --timeout 30 vm -- true
check_status "a status of gdb" 3 klab gdb --batch -ex 'quit 3' vm
klab stop --force vm
check_status "no guest" 125 klab gdb --batch vm
