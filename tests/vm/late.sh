#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --eval-late: what the guest runs by itself at the end of its start (features 38).
. "$(dirname "$0")/lib.sh"

console() { tr -d '\r' <"$(json err console)"; }

check_status "the agent as PID 1" 0 klab run --json --eval-late 'cd /tmp; x=made' \
	--eval-late $'echo "$x in $PWD" >file\necho "it said so"' -- cat /tmp/file
check_is "one script, before the command" "$(cat out)" 'made in /tmp'
console >console
check_has "whose output is the console's" console '^it said so$'
check_status "a shell" 0 klab run --eval-late 'echo late >/run/order' --eval 'echo eval >>/run/order' <<<'cat /run/order'
check_is "comes after it, --eval and all" "$(cat out)" $'late\neval'

check_status "a line that fails" 125 klab run --json --eval-late 'echo first; false; echo second' -- true
check_has "is told" err '^klab: --eval-late failed with status 1: the console has what it wrote'
console >console
check_has "what was before it was run" console '^first$'
check_hasnt "and nothing after it" console '^second$'
check_status "one that is killed" 125 klab run --eval-late 'kill -9 $$' -- true
check_has "is told" err '^klab: --eval-late was killed by signal 9'
check_status "a guest that was to stay" 125 klab run -d --name broken --eval-late 'exit 7'
check_has "does not" err 'failed with status 7'
check_status "one that goes on" 0 klab run --eval-late 'sleep 1000 & echo $! >/run/pid' -- \
	sh -c 'kill -0 "$(cat /run/pid)"'

# 38: beside another init, when its services are up; prints, and powers off unattended.
check_status "BusyBox's init" 0 klab run --json --root sysv \
	--eval-late 'echo "late: $(cat /proc/1/comm), $(hostname)"; poweroff'
# Behind the prompt of the shell that is on the console too.
check_has "prints" out 'late: init, klab.?$'
check_is "powers off" "$(json err ended)" poweroff
check_is "its services came first" \
	"$(tr -d '\r' <out | grep -oE 'rcS has run|late: init|Unmounting' | tr '\n' ,)" \
	'rcS has run,late: init,Unmounting,'

# A guest that stays; after a reboot it runs again.
check_status "-d" 0 klab run -d --name vm --root sysv --eval-late 'echo up >/run/late'
check_status "waits for it" 0 klab exec vm -- cat /run/late
check_is "it was run" "$(cat out)" up
check_status "a reboot" 0 klab exec vm -- sh -c 'rm /run/late; reboot'
check_status "runs it again" 0 until_true 100 klab exec vm -- test -e /run/late
klab stop vm

check_status "without the agent" 2 klab run --no-agent --eval-late true
check_has "says so" err 'agent, which runs it'
check_status "in somebody's initramfs" 2 klab run --initrd /dev/null --eval-late true -- true
check_status "longer than there is room" 2 klab run --eval-late "$(head -c 9000 /dev/zero | tr '\0' x)" -- true
check_status "--eval on the console of another init" 2 klab run --root sysv --eval true
check_has "says what does that" err 'eval-late LINE'
