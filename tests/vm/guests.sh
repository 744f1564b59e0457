#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Guests that stay: exec, shell, cp, console, monitor, logs, list, stop.
. "$(dirname "$0")/lib.sh"

check_status "no guest" 0 klab list --json
check_is "an empty list" "$(tr -d ' \n' <out)" '{"guests":[]}'
check_status "exec without a guest" 125 klab exec -- true
check_has "says so" err 'no guest'

check_status "a guest that stays" 0 klab run -d --name vm
check_is "its name" "$(cat out)" vm
check_status "its name again" 125 klab run -d --name vm
check_has "is taken" err 'vm'
check_status "list" 0 klab list
check_has "has it" out '^ *vm '
check_status "exec" 9 klab exec vm -- sh -c 'echo here; exit 9'
check_is "its output" "$(cat out)" here
check_status "exec in the only one" 0 klab exec -- cat /proc/sys/kernel/hostname
check_status "many at once" 0 eval \
	'for i in 1 2 3 4 5 6 7 8; do klab exec vm -- sh -c "sleep 0.\$0; echo \$0" $i & done; wait'
check_is "all answered" "$(sort out | tr -d '\n')" 12345678
check_status "a shell with a script" 3 eval 'echo "exit 3" | klab shell vm'

mkdir -p tree/sub
printf '#!/bin/sh\necho ran\n' >tree/run
chmod 755 tree/run
ln -s run tree/link
head -c 3000000 /dev/urandom >tree/sub/blob
check_status "copy in" 0 klab cp tree vm:/root/
check_status "modes arrive" 0 klab exec vm -- /root/tree/link
check_is "it runs" "$(cat out)" ran
check_status "copy out" 0 klab cp vm:/root/tree back
((++tests))
diff -r tree back && ok "the same tree" || fail "the trees differ"
check_is "the link is a link" "$(readlink back/link)" run
check_status "copy of nothing" 1 klab cp vm:/no/such/file .
check_has "says what" err '/no/such/file'
check_status "copy to nowhere" 1 klab cp tree vm:/no/such/dir/x
check_has "says what" err '/no/such/dir'

check_status "monitor" 0 klab monitor vm -- info status
check_has "answers" out 'running'
check_status "monitor by QMP" 0 klab monitor --qmp vm -- '{"execute": "query-status"}'
check_has "answers" out '"running"'
check_status "monitor, lines" 0 eval 'printf "info status\ninfo name\n" | klab monitor vm'
check_has "answers" out 'running'
check_status "monitor, nonsense" 0 klab monitor vm -- no-such-thing
check_has "QEMU says so" out 'unknown command'
klab exec vm -- sh -c 'echo "<0>a line for the log" >/dev/kmsg'
check_status "logs" 0 klab logs vm
check_has "has the line" out 'a line for the log'
timeout 60 "$KLAB" console vm </dev/zero >console.out 2>&1 &
console=$!
until_true 20 eval 'klab exec vm -- sh -c "echo \"<0>to the console\" >/dev/kmsg"; grep -q "to the console" console.out'
check_has "console shows it" console.out 'to the console'
kill "$console"
wait "$console" 2>/dev/null

check_status "a second guest" 0 klab run -d --name other
check_status "exec without a name" 2 klab exec -- true
check_has "names both" err 'other.*vm|vm.*other'
check_status "stop" 0 klab stop vm
check_status "it is gone" 125 klab exec vm -- true
check_status "stop at once" 0 klab stop --force other
check_status "list" 0 klab list --json
check_is "is empty again" "$(tr -d ' \n' <out)" '{"guests":[]}'
check_is "nothing is left to run" "$(pgrep -f "$XDG_CACHE_HOME.*qemu-none" | wc -l)" 0

check_status "a guest that reboots" 0 klab run -d --name again
klab exec again -- sh -c 'echo 1 >/before; reboot; sleep 100' >/dev/null 2>&1
check_status "comes back" 0 eval 'until_true 100 klab exec again -- test ! -e /before'
# Whose agent is on its way: it powers off when that has come.
klab monitor again -- system_reset
check_status "stop just after a reset" 0 klab stop again
check_status "logs" 0 klab logs
check_has "powered off by itself" out 'Power down'

check_status "a guest that panics" 0 klab run -d --name panicked
check_status "ends the commands in it" 120 klab exec panicked -- sh -c 'echo c >/proc/sysrq-trigger; sleep 1000'
check_status "and stands still" 0 klab list
check_has "which its state says" out '^panicked +panicked '
check_status "it takes no more" 120 klab exec panicked -- true
check_has "says why" err "kernel panicked"
check_status "a reset" 0 klab monitor panicked -- system_reset
check_status "brings it back" 0 klab exec --timeout 100 panicked -- true
check_status "to panic once more" 120 klab exec panicked -- sh -c 'echo c >/proc/sysrq-trigger; sleep 1000'
check_status "it is stopped at once" 0 klab stop panicked
